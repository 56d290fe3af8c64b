package cube

import (
	"math"
	"multigrade/proofs/internal/exact"
)

// A lattice is the grid with n cells per coordinate on [0,1]^dim, each cell cut into
// dim! simplices by the order of the coordinates within it (Kuhn). n is a power of two,
// so that coordinates are exact and the simplices of 2n refine those of n.
type lattice struct{ dim, n int }

func (g lattice) nodes() (int, bool) {
	r := 1
	for range g.dim {
		if r > math.MaxInt32*64/(g.n+1) {
			return 0, false
		}
		r *= g.n + 1
	}
	return r, true
}

func (g lattice) cells() int {
	r := 1
	for range g.dim {
		r *= g.n
	}
	return r
}

// step is the distance of neighbouring nodes along coordinate j.
func (g lattice) step(j int) int {
	r := 1
	for range g.dim - 1 - j {
		r *= g.n + 1
	}
	return r
}

// offsets lists the nodes of a cell relative to its lowest; bit j of the position is
// the step along coordinate j.
func (g lattice) offsets() []int {
	r := []int{0}
	for j := range g.dim {
		for _, o := range r[:1<<j] {
			r = append(r, o+g.step(j))
		}
	}
	return r
}

// orders lists the simplices of a cell as chains of corners from none to all bits.
func (g lattice) orders() [][]int {
	r := [][]int{{0}}
	for range g.dim {
		var longer [][]int
		for _, c := range r {
			for j := range g.dim {
				if bit := 1 << j; c[len(c)-1]&bit == 0 {
					longer = append(longer, append(c[:len(c):len(c)], c[len(c)-1]|bit))
				}
			}
		}
		r = longer
	}
	return r
}

// point writes the coordinates of node i.
func (g lattice) point(i int, x []float64) {
	for j := len(x) - 1; j >= 0; j-- {
		x[j] = float64(i%(g.n+1)) / float64(g.n)
		i /= g.n + 1
	}
}

func (g lattice) corners(i int, box []exact.Bracket, nodes []int) {
	low := g.cell(i, box)
	for m, o := range g.offsets() {
		nodes[m] = low + o
	}
}

// cell writes the box of cell i (row by row) and returns its lowest node.
func (g lattice) cell(i int, box []exact.Bracket) int {
	node, step := 0, 1
	for j := g.dim - 1; j >= 0; j-- {
		k := i % g.n
		i /= g.n
		node += k * step
		step *= g.n + 1
		box[j] = exact.Bracket{Lo: float64(k) / float64(g.n), Hi: float64(k+1) / float64(g.n)}
	}
	return node
}

// halve interpolates nodal values on the lattice with 2n. A new node is the middle of
// one edge of a simplex, from its coordinates rounded down to those rounded up. wrong
// bounds the rounding errors committed.
func (g lattice) halve(v []float64) (fine []float64, wrong float64) {
	f := lattice{g.dim, 2 * g.n}
	count, _ := f.nodes()
	fine = make([]float64, count)
	for i := range fine {
		down, up, rest, step := 0, 0, i, 1
		for range g.dim {
			k := rest % (f.n + 1)
			rest /= f.n + 1
			down += k / 2 * step
			up += (k + 1) / 2 * step
			step *= g.n + 1
		}
		s := v[down] + v[up]
		if b := s - v[down]; v[up] != b || s-b != v[down] {
			wrong = max(wrong, math.Abs(s)*exact.UnitRoundoff+exact.Underflow)
		}
		fine[i] = s / 2
		if math.Abs(s) < exact.Underflow && s != 0 {
			wrong = max(wrong, exact.Underflow)
		}
	}
	return fine, wrong
}

func (g lattice) dimension() int { return g.dim }

func (g lattice) volume(int) float64 { return 1 / float64(g.cells()) } // exact: n is a power of two

func (g lattice) narrowest(int) float64 { return 1 / float64(g.n) }

// steepest is rounded up.
func (g lattice) steepest(v []float64, i int) (most float64) {
	x := make([]int, g.dim)
	for j := range x {
		x[j] = i / g.step(j) % (g.n + 1)
	}
	var visit func(j, node int)
	visit = func(j, node int) {
		if j == g.dim {
			most = max(most, exact.SumAbove(v[node], -v[i]), exact.SumAbove(v[i], -v[node]))
			return
		}
		for k := max(0, x[j]-1); k <= min(g.n, x[j]+1); k++ {
			visit(j+1, node+(k-x[j])*g.step(j))
		}
	}
	visit(0, i)
	return most
}
