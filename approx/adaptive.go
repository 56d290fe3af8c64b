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
	bound   bounder
	graded  Graded
	node    []gradedNode
	dev     []deviation // per cell
	radius  float64     // each f of a node is within this of the truth
	slack   float64     // and each residual
	measure *cellMeasure
	norms   []cellNorms // per cell, after the tentative grade
	least   float64     // the least correction that is made
}

type gradedNode struct {
	x, f, sum float64 // the target, and the corrections so far
	zero      bool    // f is 0
	// What the cells at it demand, and the tentative correction.
	below, above, value float64
	barred              uint8
}

func (b *build) adapt(ctx context.Context) error {
	if b.t.Dim() != 1 {
		return fmt.Errorf("graded grids are for targets of one variable: this one has %d", b.t.Dim())
	}
	if _, ok := b.t.(*Samples); ok {
		return fmt.Errorf("graded grids need a target that is known everywhere: this one is known at samples")
	}
	if err := b.start(ctx); err != nil {
		return err
	}
	a := &adaptive{build: b, bound: b.t.newBounder(), graded: Graded{[]uint8{0}}, measure: newCellMeasure(1)}
	for _, x := range []float64{0, 1} {
		n, err := a.visit(x, 0)
		if err != nil {
			return err
		}
		a.node = append(a.node, n)
	}
	d, err := a.deviate(ctx, 0, 0)
	a.dev = []deviation{d}
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

// visit makes a node with that sum of corrections.
func (a *adaptive) visit(x, sum float64) (gradedNode, error) {
	v, err := a.bound.at([]float64{x})
	if err != nil {
		return gradedNode{}, err
	}
	f := v.Mid()
	a.radius = max(a.radius, addUp(v.Hi, -f), addUp(f, -v.Lo))
	return gradedNode{x: x, f: f, sum: sum, zero: v.Lo == 0 && v.Hi == 0}, nil
}

// deviate bounds f less its interpolant on cell i of that level.
func (a *adaptive) deviate(ctx context.Context, i int, level uint8) (deviation, error) {
	p, q := &a.node[i], &a.node[i+1]
	corners := Point(p.f).hull(Point(q.f))
	return boundCell(ctx, a.bound, []Interval{{p.x, q.x}}, Interval{addDown(corners.Lo, -a.radius), addUp(corners.Hi, a.radius)})
}

// grade refines until the next correction is good enough and makes it; nil if there is none.
func (a *adaptive) grade(ctx context.Context) (*Grade, error) {
	before := a.before()
	for range adaptRounds {
		g := a.tentative()
		supMet, l1Met := g.Sup <= adaptSup*before.Linf.Hi, g.Norms.L1.Hi <= adaptL1*before.L1.Hi
		if supMet && l1Met {
			return a.take(g), nil
		}
		marked, n := a.mark(supMet, l1Met, adaptSup*before.Linf.Hi)
		if n == 0 || len(a.node)+n > a.o.MaxNodes {
			break
		}
		if err := a.refine(ctx, marked); err != nil {
			return nil, err
		}
	}
	if g := a.tentative(); g.Hats > 0 && g.Norms.L1.Hi <= a.o.Worth*before.L1.Hi {
		return a.take(g), nil
	}
	a.scheme.Stopped = "nothing worth while can be corrected on a single cell"
	if n := a.graded.Len(); n > 1 {
		a.scheme.Stopped = fmt.Sprintf("nothing worth while can be corrected on a grid of %d cells, the smallest 2^-%d wide", n, a.graded.deepest())
	}
	return nil, nil
}

// refine halves the marked cells. The corrections at the middle of a cell are linear between its ends.
func (a *adaptive) refine(ctx context.Context, marked []bool) error {
	fine, before := a.graded.refine(marked)
	old, oldDev := a.node, a.dev
	a.graded, a.node, a.dev = fine, make([]gradedNode, len(before)), make([]deviation, len(fine.Levels))
	for i, k := range before {
		if k >= 0 {
			a.node[i] = old[k]
			continue
		}
		p, q := &old[before[i-1]], &old[before[i+1]]
		var err error
		if a.node[i], err = a.visit(p.x+(q.x-p.x)/2, (p.sum+q.sum)/2); err != nil {
			return err
		}
	}
	for i := range a.dev {
		if before[i] >= 0 && before[i+1] >= 0 {
			a.dev[i] = oldDev[before[i]]
			continue
		}
		var err error
		if a.dev[i], err = a.deviate(ctx, i, fine.Levels[i]); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// tentative finds the correction on the grid as it is and what it would leave, on every cell and in all.
func (a *adaptive) tentative() *Grade {
	g := &Grade{Grid: Grid{1, 1 << a.graded.deepest()}, Graded: a.graded}
	a.demand()
	a.least = a.worth(a.slack)
	for i := range a.node {
		n := &a.node[i]
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
		p, q := &a.node[i], &a.node[i+1]
		steepest = max(steepest, math.Abs((q.f-q.sum)-(p.f-p.sum)))
		for m := range a.measure.value {
			n := &a.node[i+m]
			a.measure.value[m] = n.f - n.sum - n.value
		}
		d := &a.dev[i]
		r := a.measure.norms(a.slack, d.below, d.above, d.mean)
		a.norms = append(a.norms, r)
		all.add(r, width(a.graded.Levels[i]))
		square = addUp(square, mulUp(d.square, width(a.graded.Levels[i])))
		below, above = max(below, d.below), max(above, d.above)
	}
	g.state(below, above, a.slack)
	g.Variation = addUp(steepest, mulUp(statedRoundings, a.slack))
	g.Norms = all.enclose(float64(len(a.dev)), a.slack, square)
	g.Norms = g.Norms.after(a.before(), false)
	g.Sup, g.Rounding = g.Norms.Linf.Hi, mulUp(16, a.slack)
	return g
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
	a.slack = addUp(a.radius, top*float64(finestLevel+len(a.scheme.Grades)+4)*0x1p-51)
	for i := range a.dev {
		below, above := a.o.Threshold*a.dev[i].below, a.o.Threshold*a.dev[i].above
		ends := a.node[i : i+2]
		var bar uint8
		for m := range ends {
			n := &ends[m]
			bar |= barring(n.f-n.sum, n.zero, below, above, a.slack)
			n.below, n.above = max(n.below, below), max(n.above, above)
		}
		ends[0].barred |= bar
		ends[1].barred |= bar
	}
}

// mark marks the cells to halve: those beyond the bound that is wanted of the supremum, and those with the largest shares of the L1 norm.
func (a *adaptive) mark(supMet, l1Met bool, sup float64) (marked []bool, n int) {
	marked = make([]bool, len(a.dev))
	share, order, total := make([]float64, len(a.dev)), make([]int, len(a.dev)), 0.0
	for i := range a.dev {
		share[i], order[i] = a.norms[i].most*width(a.graded.Levels[i]), i
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
	for i, l := range a.graded.Levels {
		// Where less is left than the least correction nothing comes of smaller cells.
		if marked[i] = marked[i] && l < finestLevel && a.norms[i].sup > a.least; marked[i] {
			n++
		}
	}
	return marked, n
}

// take makes the tentative correction.
func (a *adaptive) take(g *Grade) *Grade {
	g.Values = make([]float64, len(a.node))
	for i := range a.node {
		n := &a.node[i]
		g.Values[i] = n.value
		n.sum += n.value
	}
	g.Graded.Levels = slices.Clone(g.Graded.Levels)
	return g
}
