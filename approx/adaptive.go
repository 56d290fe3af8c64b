package approx

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
)

// A grade on a graded grid: the grid is refined where the residual's bounds are large until those that this grade would leave are at most adaptSup
// and adaptL1 times those before it, then the correction is made. The factors are those of a doubling of a uniform grid for a
// target that is smooth but for zeros.
const (
	adaptSup = 0.5
	adaptL1  = 0.25
	// adaptShare of the L1 bound is what the cells have together that are refined for its sake.
	adaptShare = 0.5
	// adaptRounds bounds the refinements of one grade: more than a cell can be halved.
	adaptRounds = 64
)

// adaptive builds on graded grids.
type adaptive struct {
	*build
	mesh    *mesh
	node    []gradedNode
	dev     []deviation // per cell
	radius  float64     // each f of a node is within this of the truth
	slack   float64     // and each residual
	norms   []cellNorms // per cell, after the tentative grade
	least   float64     // the least correction that is made
	chains  [][]int
	measure *cellMeasure
}

type gradedNode struct {
	f, sum float64 // the target, and the corrections so far
	zero   bool    // f is 0
	// What the cells at it demand, and the tentative correction.
	below, above, value float64
	barred              uint8
}

// adaptDimensions bounds the dimension: to where second derivatives are taken, and nodes have keys.
const adaptDimensions = bentDimension

// adaptNodes bounds the nodes of a graded grid of more than one variable, besides Options.MaxNodes: about ten seconds for a grade.
const adaptNodes = 3 << 19

func (b *build) adapt(ctx context.Context) error {
	d := b.t.Dim()
	if d > adaptDimensions {
		return fmt.Errorf("graded grids are for targets of at most %d variables: this one has %d", adaptDimensions, d)
	}
	if _, ok := b.t.(*Samples); ok {
		return fmt.Errorf("graded grids need a target that is known everywhere: this one is known at samples")
	}
	if err := b.start(ctx); err != nil {
		return err
	}
	if d > 1 {
		b.o.MaxNodes = min(b.o.MaxNodes, adaptNodes)
	}
	a := &adaptive{build: b, chains: simplices(d), measure: newCellMeasure(d)}
	err := a.divide(ctx, Graded{d, []uint8{0}}, nil)
	for err == nil && b.scheme.Nontrivial() < b.o.Grades {
		if b.before().Linf.Hi == 0 {
			b.scheme.Stopped = "the residual is 0 everywhere"
			return nil
		}
		var g *Grade
		if g, err = a.grade(ctx); err != nil || g == nil {
			return err
		}
		b.scheme.Grades = append(b.scheme.Grades, g)
		if b.o.Progress != nil {
			b.o.Progress(g)
		}
	}
	return err
}

// divide goes over to a grid in which the marked cells of the one so far are halved, or to the first one.
func (a *adaptive) divide(ctx context.Context, fine Graded, marked []bool) error {
	before, node, dev := a.mesh, a.node, a.dev
	a.mesh = fine.mesh()
	a.node, a.dev = make([]gradedNode, len(a.mesh.key)), make([]deviation, fine.Len())
	fresh := make([]bool, len(a.node))
	for n, key := range a.mesh.key {
		fresh[n] = true
		if before != nil {
			if k, known := before.node[key]; known {
				a.node[n], fresh[n] = node[k], false
			}
		}
	}
	var cells []int // that are new
	at := 0
	for i := range dev {
		if !marked[i] {
			a.dev[at] = dev[i]
			at++
			continue
		}
		for range 1 << fine.Dim {
			cells = append(cells, at)
			at++
		}
		a.halve(before, node, i, fresh)
	}
	if before == nil {
		cells = []int{0}
	}
	if err := a.visit(ctx, fresh); err != nil {
		return err
	}
	return a.deviate(ctx, cells)
}

// halve interpolates the sum of the corrections at the new nodes of a cell before: each is in the middle of one edge.
func (a *adaptive) halve(before *mesh, node []gradedNode, cell int, fresh []bool) {
	d := before.Dim
	corner := before.corner[cell<<d : (cell+1)<<d]
	low, half := before.key[corner[0]], before.Levels[cell]+1
	for part := range 1 << d {
		for c := range 1 << d {
			n := a.mesh.node[low+before.step(part, half)+before.step(c, half)]
			if fresh[n] {
				a.node[n].sum = (node[corner[part&c]].sum + node[corner[part|c]].sum) / 2
			}
		}
	}
}

// visit evaluates the target at the new nodes.
func (a *adaptive) visit(ctx context.Context, fresh []bool) error {
	radii := make([]float64, blocks)
	err := parallel(ctx, a.o.Threads, len(a.node), blocks, func() func(block, from, to int) error {
		bound, x := a.t.newBounder(), make([]float64, a.mesh.Dim)
		return func(block, from, to int) error {
			for i := from; i < to; i++ {
				if !fresh[i] {
					continue
				}
				a.mesh.point(a.mesh.key[i], x)
				v, err := bound.at(x)
				if err != nil {
					return err
				}
				n := &a.node[i]
				n.f, n.zero = v.Mid(), v.Lo == 0 && v.Hi == 0
				radii[block] = max(radii[block], addUp(v.Hi, -n.f), addUp(n.f, -v.Lo))
			}
			return nil
		}
	})
	a.radius = max(a.radius, slices.Max(radii))
	return err
}

// deviate bounds f less its interpolant on those cells.
func (a *adaptive) deviate(ctx context.Context, cells []int) error {
	d := a.mesh.Dim
	return parallel(ctx, a.o.Threads, len(cells), blocks, func() func(block, from, to int) error {
		bound, box, x := a.t.newBounder(), make([]Interval, d), make([]float64, d)
		return func(block, from, to int) error {
			for _, i := range cells[from:to] {
				corner := a.mesh.corner[i<<d : (i+1)<<d]
				a.mesh.point(a.mesh.key[corner[0]], x)
				values := Point(a.node[corner[0]].f)
				for _, n := range corner[1:] {
					values = values.hull(Point(a.node[n].f))
				}
				for j, v := range x {
					box[j] = Interval{v, v + math.Ldexp(1, -int(a.mesh.Levels[i]))}
				}
				var err error
				if a.dev[i], err = boundCell(ctx, bound, box, Interval{addDown(values.Lo, -a.radius), addUp(values.Hi, a.radius)}); err != nil {
					return err
				}
			}
			return nil
		}
	})
}

// grade refines until the next correction is good enough and makes it; nil if there is none.
func (a *adaptive) grade(ctx context.Context) (*Grade, error) {
	before, full := a.before(), false
	for range adaptRounds {
		g := a.tentative()
		supMet, l1Met := g.Sup <= adaptSup*before.Linf.Hi, g.Norms.L1.Hi <= adaptL1*before.L1.Hi
		if supMet && l1Met {
			return a.take(g), nil
		}
		marked, n := a.mark(supMet, l1Met, adaptSup*before.Linf.Hi)
		if full = len(a.node)+n*(power(3, a.mesh.Dim)-1<<a.mesh.Dim) > a.o.MaxNodes; n == 0 || full {
			break
		}
		if err := a.divide(ctx, a.mesh.refine(marked), marked); err != nil {
			return nil, err
		}
	}
	if g := a.tentative(); g.Hats > 0 && g.Norms.L1.Hi <= a.o.Worth*before.L1.Hi {
		return a.take(g), nil
	}
	switch n := a.mesh.Len(); {
	case full:
		a.scheme.Stopped = fmt.Sprintf("a finer grid than that of %d cells, the smallest 2^-%d wide, would have too many nodes", n, a.mesh.deepest())
	case n == 1:
		a.scheme.Stopped = "nothing worth while can be corrected on a single cell"
	default:
		a.scheme.Stopped = fmt.Sprintf("nothing worth while can be corrected on a grid of %d cells, the smallest 2^-%d wide", n, a.mesh.deepest())
	}
	return nil, nil
}

// tentative finds the correction on the grid as it is and what it would leave, on every cell and in all.
func (a *adaptive) tentative() *Grade {
	d := a.mesh.Dim
	g := &Grade{Grid: Grid{d, 1 << a.mesh.deepest()}, Graded: a.mesh.Graded, mesh: a.mesh}
	a.demand()
	a.least = a.worth(a.slack)
	for i := range a.node {
		n := &a.node[i]
		n.value = 0
		if !a.mesh.even[i] {
			continue
		}
		c := n.f - n.sum
		v, off := correction(c, n.below, n.above, n.barred, a.slack, a.least)
		if n.value = math.Copysign(v, c); v > 0 {
			g.Hats++
			g.Tau = max(g.Tau, off)
		}
	}
	var all cellNorms
	square, below, above, steepest := 0.0, 0.0, 0.0, 0.0
	a.norms = a.norms[:0]
	for i := range a.dev {
		corner := a.mesh.corner[i<<d : (i+1)<<d]
		steepest = max(steepest, a.steepest(corner))
		for m, k := range corner {
			a.measure.value[m] = a.node[k].left()
		}
		e, volume := &a.dev[i], a.mesh.volume(a.mesh.Levels[i])
		r := a.measure.norms(a.slack, e.below, e.above, e.mean)
		a.norms = append(a.norms, r)
		all.add(r, volume)
		square = addUp(square, mulUp(e.square, volume))
		below, above = max(below, e.below), max(above, e.above)
	}
	g.state(below, above, a.slack)
	g.Variation = addUp(steepest, mulUp(statedRoundings*float64(d), a.slack))
	g.Norms = all.enclose(float64(len(a.dev)*len(a.chains)), a.slack, square)
	g.Norms = g.Norms.after(a.before(), false)
	g.Sup, g.Rounding = g.Norms.Linf.Hi, mulUp(16, a.slack)
	return g
}

// left is what the tentative correction leaves.
func (n *gradedNode) left() float64 { return n.f - n.sum - n.value }

// steepest is the variation of the residual within the simplices of a cell (Grid.variation).
func (a *adaptive) steepest(corner []int32) (most float64) {
	for _, chain := range a.chains {
		rise, fall := 0.0, 0.0
		for i, m := range chain[1:] {
			p, q := &a.node[corner[chain[i]]], &a.node[corner[m]]
			step := (q.f - q.sum) - (p.f - p.sum)
			rise, fall = rise+max(step, 0), fall+max(-step, 0)
		}
		most = max(most, rise, fall)
	}
	return most
}

// demand collects at every node what the cells at it demand.
func (a *adaptive) demand() {
	top := 0.0
	for i := range a.node {
		n := &a.node[i]
		top = max(top, math.Abs(n.f)+math.Abs(n.sum))
		n.below, n.above, n.barred = 0, 0, 0
		if n.zero {
			n.barred = knownZero
		}
	}
	// A sum at a node has been halved and rounded at most once per level, and added to once per grade; two roundings follow. The checker, which
	// halves and adds in its own way, has room for four times as much.
	a.slack = addUp(a.radius, top*float64(a.mesh.finest+len(a.scheme.Grades)+4)*0x1p-51)
	d := a.mesh.Dim
	for i := range a.dev {
		below, above := a.o.Threshold*a.dev[i].below, a.o.Threshold*a.dev[i].above
		corner := a.mesh.corner[i<<d : (i+1)<<d]
		for _, k := range corner {
			n := &a.node[k]
			n.below, n.above = max(n.below, below), max(n.above, above)
		}
		for _, chain := range a.chains {
			var bar uint8
			for _, m := range chain {
				n := &a.node[corner[m]]
				bar |= barring(n.f-n.sum, n.barred&knownZero != 0, below, above, a.slack)
			}
			for _, m := range chain {
				a.node[corner[m]].barred |= bar
			}
		}
	}
}

// mark marks the cells to halve: those beyond the bound that is wanted of the supremum, and those with the largest shares of the L1 norm.
func (a *adaptive) mark(supMet, l1Met bool, sup float64) (marked []bool, n int) {
	marked = make([]bool, len(a.dev))
	share, order, total := make([]float64, len(a.dev)), make([]int, len(a.dev)), 0.0
	for i := range a.dev {
		share[i], order[i] = a.norms[i].most*a.mesh.volume(a.mesh.Levels[i]), i
		total += share[i]
		marked[i] = !supMet && a.norms[i].sup > sup
	}
	if !l1Met {
		sort.SliceStable(order, func(i, j int) bool { return share[order[i]] > share[order[j]] })
		sum := 0.0
		for _, i := range order {
			if sum >= adaptShare*total {
				break
			}
			sum += share[i]
			marked[i] = true
		}
	}
	for i := range marked {
		// Where less is left than the least correction nothing comes of smaller cells.
		marked[i] = marked[i] && a.norms[i].sup > a.least
	}
	if a.mesh.Dim > 1 {
		marked = a.levelled(marked)
	}
	for i, l := range a.mesh.Levels {
		if marked[i] = marked[i] && int(l) < a.mesh.finest; marked[i] {
			n++
		}
	}
	return marked, n
}

// levelled turns to the cells that keep a node from being even: where more is left at such a corner of a marked cell than the cell's deviation, halving it would
// leave that, and the larger cells around the corner are halved instead.
func (a *adaptive) levelled(marked []bool) []bool {
	d := a.mesh.Dim
	instead := make([]bool, len(marked))
	for i := range marked {
		if !marked[i] {
			continue
		}
		worst := -1
		for _, k := range a.mesh.corner[i<<d : (i+1)<<d] {
			if !a.mesh.even[k] && (worst < 0 || math.Abs(a.node[k].left()) > math.Abs(a.node[worst].left())) {
				worst = int(k)
			}
		}
		if worst < 0 || math.Abs(a.node[worst].left()) <= a.dev[i].bound() {
			instead[i] = true
			continue
		}
		for c := range 1 << d {
			if j := a.mesh.beside(a.mesh.key[worst], c); j >= 0 && a.mesh.Levels[j] < a.mesh.level[worst] {
				instead[j] = true
			}
		}
	}
	return instead
}

// take makes the tentative correction.
func (a *adaptive) take(g *Grade) *Grade {
	g.Values = make([]float64, len(a.node))
	for i := range a.node {
		n := &a.node[i]
		g.Values[i] = n.value
		n.sum += n.value
	}
	return g
}
