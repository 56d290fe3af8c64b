package solver

import (
	"math"
	"slices"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// list appends the cells of the given gates that are not listed yet.
func (g *everywhere) list(gates [][]float64) error {
	if len(gates) == 0 {
		return nil
	}
	found, err := g.cellsOf(gates)
	if err != nil {
		return err
	}
	g.grow(g.fresh(found))
	return nil
}

// cellsOf are those of gates, each or its opposite (facing).
func (g *everywhere) cellsOf(gates [][]float64) ([]hyperplane.Cell, error) {
	gates = slices.Clone(gates)
	if g.facing.chooses() {
		cells, _ := g.faced(gates)
		for k, c := range cells {
			gates[k] = c.Gate
		}
	}
	m := mat.NewDense(len(gates), len(gates[0]), nil)
	for k, w := range gates {
		m.SetRow(k, w)
	}
	found, err := g.marker.FromGates(m)
	if err != nil {
		return nil, err
	}
	return found.Cells, nil
}

// faced are the gates, or their opposites where turned (facing), with their patterns.
func (g *everywhere) faced(gates [][]float64) (cells []hyperplane.Cell, turned []bool) {
	cells, turned = make([]hyperplane.Cell, len(gates)), make([]bool, len(gates))
	for k, gate := range gates {
		cells[k].Gate = gate
	}
	g.mark(cells)
	var other []hyperplane.Cell
	for k, c := range cells {
		if turned[k] = g.facing.gives(c.Pattern); turned[k] {
			other = append(other, hyperplane.Cell{Gate: opposite(c.Gate)})
		}
	}
	g.mark(other)
	for k := range cells {
		if turned[k] {
			cells[k], other = other[0], other[1:]
		}
	}
	return cells, turned
}

// The clearance of a gate g is min |x_i.g| / (|x_i| |g|). Gates closer to a wall
// than goodClearance or, with many rows, rowShare/n, where ascents often end, are moved near the analytic
// centre of their cell. Cells in which that has less than minClearance are
// slivers, as rounding makes them around rows that depend on each other: float64
// cannot work in them, and a few neighbours are listed instead, whose closures
// come close to theirs.
const (
	goodClearance = 1e-4
	minClearance  = 1e-9
	nearCentre    = 0.25 // the Newton decrement there
	rowShare      = 0.01
)

func (g *everywhere) clearance(gate []float64) float64 {
	return floats.Min(g.clearances(gate)) / floats.Norm(gate, 2)
}

// clearances are |x_i.g| / |x_i|, +Inf for rows of zeros.
func (g *everywhere) clearances(gate []float64) []float64 { return g.perNorm(g.products(gate)) }

// perNorm sets products z_i to |z_i| / |x_i|, +Inf for rows of zeros.
func (g *everywhere) perNorm(z []float64) []float64 {
	for i, v := range z {
		if z[i] = math.Abs(v) / g.s.rec.RowNorm[i]; g.s.rec.RowNorm[i] == 0 {
			z[i] = math.Inf(1)
		}
	}
	return z
}

// clearanceOf each cell's gate.
func (g *everywhere) clearanceOf(cells []hyperplane.Cell) []float64 {
	clearance := make([]float64, 0, len(cells))
	for some := range slices.Chunk(cells, operator.RowsAtOnce(g.s.pricer.N)) {
		gates, first := gatesOf(some), len(clearance)
		z := operator.NewGeneral(len(some), g.s.pricer.N)
		g.s.x.Mul(z, gates)
		clearance = clearance[:first+len(some)]
		operator.Parallel(len(some), func(k int) {
			clearance[first+k] = floats.Min(g.perNorm(operator.RowOf(z, k))) / floats.Norm(some[k].Gate, 2)
		})
	}
	return clearance
}

// gatesOf the cells, of which there are some, are the rows of a matrix.
func gatesOf(cells []hyperplane.Cell) blas64.General {
	gates := operator.NewGeneral(len(cells), len(cells[0].Gate))
	for k, c := range cells {
		copy(operator.RowOf(gates, k), c.Gate)
	}
	return gates
}

// products are x_i.gate, in a new slice.
func (g *everywhere) products(gate []float64) []float64 {
	n, d := g.s.x.Dims()
	z := operator.NewGeneral(1, n)
	g.s.x.Mul(z, blas64.General{Rows: 1, Cols: d, Stride: d, Data: gate})
	return z.Data
}

// goodClearance is enough for a gate to stay where it is. A method that takes a cell in its own
// scale wants no more than a share of what the nearest of so many rows usually leaves.
func (g *everywhere) goodClearance() float64 {
	if g.s.traits().Centreless {
		return min(goodClearance, rowShare/float64(g.s.pricer.N))
	}
	return goodClearance
}

// moved returns the cell with a gate well inside, near its centre, and whether there is one.
func (g *everywhere) moved(c hyperplane.Cell) (hyperplane.Cell, bool) {
	if g.s.traits().Centreless {
		if gate, ok := g.amongFew(c); ok {
			c.Gate = gate
			return c, true
		}
	}
	gate := program.CentreWithin(g.ctx, g.s.x, c, g.s.rec.Zero, nearCentre)
	if !(g.clearance(gate) >= minClearance) || !g.within(gate, c.Pattern) {
		return c, false
	}
	c.Gate = gate
	return c, true
}

// within says that a gate lies strictly inside the cell of a pattern.
func (g *everywhere) within(gate []float64, p hyperplane.Pattern) bool {
	q, inside := g.marker.Pattern(gate)
	return inside && q.Equal(p)
}

// around returns, for each of the given slivers, a few cells around it that have a gate well inside.
func (g *everywhere) around(slivers []hyperplane.Cell) [][]hyperplane.Cell {
	const neighbours, away = 2, 1e-6
	near := make([]hyperplane.Cell, 0, neighbours*len(slivers))
	for _, c := range slivers {
		step := away * floats.Norm(c.Gate, 2) / math.Sqrt(float64(len(c.Gate)))
		for range neighbours {
			gate := slices.Clone(c.Gate)
			for k := range gate {
				gate[k] += step * g.outside.Rng.NormFloat64()
			}
			near = append(near, hyperplane.Cell{Gate: gate})
		}
	}
	g.mark(near)
	near, inside := g.inner(near)
	cells := make([][]hyperplane.Cell, len(slivers))
	for k, c := range near {
		if inside[k] && !c.Pattern.IsZero() {
			cells[k/neighbours] = append(cells[k/neighbours], c)
		}
	}
	return cells
}

// mark sets the patterns of cells to those of their gates.
func (g *everywhere) mark(cells []hyperplane.Cell) (inside []bool) { return markEach(g.marker, cells) }

func markEach(m *hyperplane.Marker, cells []hyperplane.Cell) (inside []bool) {
	if len(cells) == 0 {
		return nil
	}
	gates := gatesOf(cells)
	patterns, inside := m.Patterns(mat.NewDense(gates.Rows, gates.Cols, gates.Data))
	for k, p := range patterns {
		cells[k].Pattern = p
	}
	return inside
}

// inner returns the cells with gates well inside, and whether there are such. Where the
// context has ended, or centring is beyond what is left, a gate stays where it is.
func (g *everywhere) inner(cells []hyperplane.Cell) (in []hyperplane.Cell, inside []bool) {
	in, inside = slices.Clone(cells), make([]bool, len(cells))
	if len(cells) == 0 {
		return in, inside
	}
	clearance, room := g.clearanceOf(cells), g.s.left()/g.s.centreWork() // whatever the number of processors, for the same bits
	if g.ctx.Err() != nil {
		room = 0
	}
	operator.Parallel(len(cells), func(k int) {
		if inside[k] = clearance[k] >= g.goodClearance(); !inside[k] && float64(k+1) < room {
			in[k], inside[k] = g.moved(cells[k])
		}
	})
	var stay []int
	for k := range cells {
		if float64(k+1) >= room && !inside[k] && clearance[k] >= minClearance {
			stay = append(stay, k)
		}
	}
	some := make([]hyperplane.Cell, len(stay))
	for j, k := range stay {
		some[j] = cells[k]
	}
	strictly := g.mark(some)
	for j, k := range stay {
		inside[k] = strictly[j] && some[j].Pattern.Equal(cells[k].Pattern)
	}
	return in, inside
}

// listFacing lists the cell of a gate that faces its side, or one around it, and returns its index, -1 where there is
// none but slivers and the zero pattern.
func (g *everywhere) listFacing(gate []float64) int {
	c := []hyperplane.Cell{{Gate: gate}}
	g.mark(c)
	if k := g.find(c[0].Pattern); k >= 0 || c[0].Pattern.IsZero() {
		return k
	}
	in, ok := g.inner(c)
	return g.listInner(in[0], ok[0])
}

// listInner lists c, whose gate is well inside if ok, or a cell around it.
func (g *everywhere) listInner(c hyperplane.Cell, ok bool) int {
	if !ok {
		near := g.around([]hyperplane.Cell{c})[0]
		if len(near) == 0 {
			return -1
		}
		c = near[0]
	}
	if k := g.find(c.Pattern); k >= 0 {
		return k
	}
	g.grow([]hyperplane.Cell{c})
	return len(g.s.p.Cells) - 1
}

// listEach is listFacing for each gate, moved inside on all processors; a cell may be that of the opposite gate (facing),
// turned.
func (g *everywhere) listEach(gates [][]float64) (cell []int, turned []bool) {
	if len(gates) == 0 {
		return nil, nil
	}
	cells, turned := g.faced(gates)
	cell = make([]int, len(gates))
	var fresh []int // the first of each pattern that is not listed
	met := make(map[uint64][]hyperplane.Pattern)
	for k, c := range cells {
		p := c.Pattern
		if h := p.Hash(); !p.IsZero() && g.find(p) < 0 && !slices.ContainsFunc(met[h], p.Equal) {
			met[h] = append(met[h], p)
			fresh = append(fresh, k)
		}
	}
	some := make([]hyperplane.Cell, len(fresh))
	for f, k := range fresh {
		some[f] = cells[k]
	}
	in, inside := g.inner(some)
	for k, c := range cells {
		f, first := slices.BinarySearch(fresh, k)
		switch j := g.find(c.Pattern); {
		case j >= 0 || c.Pattern.IsZero():
			cell[k] = j
		case first:
			cell[k] = g.listInner(in[f], inside[f])
		default: // the pattern of a sliver met before
			cell[k] = g.listFacing(c.Gate)
		}
	}
	return cell, turned
}

// fresh are the cells, or those around slivers, that are not listed yet, with
// gates well inside.
func (g *everywhere) fresh(found []hyperplane.Cell) []hyperplane.Cell {
	found = slices.DeleteFunc(slices.Clone(found), func(c hyperplane.Cell) bool { return c.Pattern.IsZero() || g.find(c.Pattern) >= 0 })
	found, inside := g.inner(found)
	var slivers []hyperplane.Cell
	for k, c := range found {
		if !inside[k] {
			slivers = append(slivers, c)
		}
	}
	near := g.around(slivers)
	var cells []hyperplane.Cell
	met := make(map[uint64][]hyperplane.Pattern)
	add := func(c hyperplane.Cell) {
		h := c.Pattern.Hash()
		if g.find(c.Pattern) < 0 && !slices.ContainsFunc(met[h], c.Pattern.Equal) {
			met[h] = append(met[h], c.Pattern)
			cells = append(cells, c)
		}
	}
	for k, c := range found {
		if inside[k] {
			add(c)
			continue
		}
		for _, c := range near[0] {
			add(c)
		}
		near = near[1:]
	}
	return cells
}

// find returns the index of a pattern in the list, -1 if it is not there.
func (g *everywhere) find(p hyperplane.Pattern) int {
	for _, k := range g.index[p.Hash()] {
		if g.s.p.Cells[k].Pattern.Equal(p) {
			return k
		}
	}
	return -1
}

// grow appends cells, all new, to the list. The bound over the list so far does
// not hold for the longer one.
func (g *everywhere) grow(cells []hyperplane.Cell) {
	if len(cells) == 0 {
		return
	}
	for _, c := range cells {
		h := c.Pattern.Hash()
		g.index[h] = append(g.index[h], len(g.s.p.Cells))
		g.s.p.Cells = append(g.s.p.Cells, c)
	}
	g.s.gram.Cells = g.s.p.Cells
	g.s.pricer.Grow(g.s.p)
	g.s.dual, g.s.cert = 0, program.Certificate{Nu: make([]float64, len(g.s.p.Y))}
}

// blockIndex is the index of a block in the pricer's list.
func (g *everywhere) blockIndex(b operator.Block) int {
	if g.s.p.Activation.Gated {
		return b.Cell
	}
	if b.Sign < 0 {
		return 2*b.Cell + 1
	}
	return 2 * b.Cell
}

// purge shortens a list that has become much longer than the working set.
func (g *everywhere) purge() {
	const patience = 400
	used := g.used()
	if len(g.s.p.Cells) > patience+4*len(used) {
		g.keep(used)
	}
}

// used lists the cells of the working set and of the best network, ascending.
func (g *everywhere) used() []int {
	in := make(map[int]bool)
	for _, j := range g.s.work {
		in[g.s.pricer.Blocks[j].Cell] = true
	}
	for _, nr := range g.s.best.Net.Neurons {
		in[nr.Cell] = true
	}
	cells := make([]int, 0, len(in))
	for c := range in {
		cells = append(cells, c)
	}
	sort.Ints(cells)
	return cells
}

// keep shortens the list to the given cells, ascending, which include the used
// ones. A bound over the longer list holds for the shorter one.
func (g *everywhere) keep(cells []int) {
	place := make(map[int]int, len(cells))
	old := g.s.pricer
	kept := make([]hyperplane.Cell, len(cells))
	g.index = make(map[uint64][]int)
	for k, c := range cells {
		place[c] = k
		kept[k] = g.s.p.Cells[c]
		h := kept[k].Pattern.Hash()
		g.index[h] = append(g.index[h], k)
	}
	g.s.p.Cells = kept
	pr := *old
	pr.Value, pr.Mu = nil, nil
	pr.Grow(g.s.p)
	g.s.pricer = &pr
	idle := make(map[int]bool)
	for j, b := range pr.Blocks {
		before := operator.Block{Cell: cells[b.Cell], Sign: b.Sign}
		i := g.blockIndex(before)
		pr.Value[j], pr.Mu[j], idle[j] = old.Value[i], old.Mu[i], g.s.idle[i]
		if pr.Coned {
			copy(operator.RowOf(pr.Argmax, j), operator.RowOf(old.Argmax, i))
		}
	}
	for k, j := range g.s.work {
		b := old.Blocks[j]
		g.s.work[k] = g.blockIndex(operator.Block{Cell: place[b.Cell], Sign: b.Sign})
	}
	g.s.idle, g.solved, g.cost = idle, nil, nil
	g.renumber(place)
}

// renumber moves what is kept by cell to the cells' new places.
func (g *everywhere) renumber(place map[int]int) {
	centres := make(map[int][]float64)
	for c, v := range g.s.centres {
		if k, ok := place[c]; ok {
			centres[k] = v
		}
	}
	g.s.centres = centres
	pairs := make(map[[2]int][]float64)
	for key, v := range g.s.gram.Pairs {
		a, ok := place[key[0]]
		b, also := place[key[1]]
		if ok && also {
			pairs[operator.OrderedPair(a, b)] = v
		}
	}
	g.s.gram.Pairs, g.s.gram.Cells = pairs, g.s.p.Cells
	g.s.eachMethod(func(m program.Method) { m.Renumber(place) })
	g.s.best.Net.Neurons = slices.Clone(g.s.best.Net.Neurons)
	for j := range g.s.best.Net.Neurons {
		g.s.best.Net.Neurons[j].Cell = place[g.s.best.Net.Neurons[j].Cell]
	}
	var mu []program.CellMultipliers
	for _, m := range g.s.cert.Multipliers {
		if k, ok := place[m.Cell]; ok {
			m.Cell = k
			mu = append(mu, m)
		}
	}
	g.s.cert.Multipliers = mu
}
