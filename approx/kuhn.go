package approx

import (
	"context"
	"math"
	"sort"
)

// Grid is the uniform grid of (N+1)^Dim nodes on [0,1]^Dim with its Kuhn triangulation: every cell is cut into
// the Dim! simplices {x : u_p1 >= u_p2 >= ...}, u being the coordinates within the cell. All its faces lie on
// hyperplanes x_i = k/N and x_i - x_j = k/N, so the triangulation of 2N refines that of N.
// Nodal values are stored row-major, the first coordinate slowest.
type Grid struct{ Dim, N int }

// Nodes returns the number of nodes, +Inf-like MaxInt if it does not fit.
func (g Grid) Nodes() int { return power(g.N+1, g.Dim) }

// Cells returns the number of cubes.
func (g Grid) Cells() int { return power(g.N, g.Dim) }

func power(base, n int) int {
	r := 1
	for range n {
		if r > math.MaxInt/base {
			return math.MaxInt
		}
		r *= base
	}
	return r
}

// strides returns the step in the node index per coordinate.
func (g Grid) strides() []int {
	s := make([]int, g.Dim)
	for j, k := g.Dim-1, 1; j >= 0; j, k = j-1, k*(g.N+1) {
		s[j] = k
	}
	return s
}

// Node writes the coordinates of node i into x.
func (g Grid) Node(i int, x []float64) {
	for j := g.Dim - 1; j >= 0; j-- {
		x[j] = float64(i%(g.N+1)) / float64(g.N)
		i /= g.N + 1
	}
}

// corners returns the node offsets of the 2^Dim corners of a cell: bit j of the position is coordinate j.
func (g Grid) corners() []int {
	s := g.strides()
	off := make([]int, 1<<g.Dim)
	for m := range off {
		for j := range s {
			off[m] += m >> j & 1 * s[j]
		}
	}
	return off
}

// simplices returns, for each of the Dim! simplices of a cell, its Dim+1 vertices as positions in corners():
// the chain 0, e_p1, e_p1+e_p2, ...
func simplices(dim int) [][]int {
	var all [][]int
	var extend func(chain []int)
	extend = func(chain []int) {
		if len(chain) == dim+1 {
			all = append(all, append([]int(nil), chain...))
			return
		}
		last := chain[len(chain)-1]
		for j := range dim {
			if last>>j&1 == 0 {
				extend(append(chain, last|1<<j))
			}
		}
	}
	extend([]int{0})
	return all
}

// rows calls visit for every run of cells along the last coordinate whose first coordinate lies in [from, to):
// first is the node index of the first cell's lower corner, lower its integer coordinates (the last is 0). The context is looked
// at before each; if it has ended, so does rows.
func (g Grid) rows(ctx context.Context, from, to int, visit func(first int, lower []int)) error {
	lower := make([]int, g.Dim)
	s := g.strides()
	if g.Dim == 1 {
		lower[0] = from
		visit(from, lower)
		return ctx.Err()
	}
	lower[0] = from
	for lower[0] < to {
		if err := ctx.Err(); err != nil {
			return err
		}
		first := 0
		for j, k := range lower {
			first += k * s[j]
		}
		visit(first, lower)
		j := g.Dim - 2
		for lower[j]++; j > 0 && lower[j] == g.N; lower[j]++ {
			lower[j] = 0
			j--
		}
	}
	return nil
}

// span returns how many cells a run of rows has.
func (g Grid) span(from, to int) int {
	if g.Dim == 1 {
		return to - from
	}
	return g.N
}

// refine returns the values of the interpolant at the nodes of the grid with 2N: a new node is the midpoint of
// exactly one edge, that from its coordinates rounded down to its coordinates rounded up.
func (g Grid) refine(v []float64) []float64 {
	fine := Grid{g.Dim, 2 * g.N}
	w := make([]float64, fine.Nodes())
	s := g.strides()
	at := make([]int, g.Dim)
	for i := range w {
		lo, hi := 0, 0
		for j, k := range at {
			lo += k / 2 * s[j]
			hi += (k + 1) / 2 * s[j]
		}
		w[i] = v[lo]
		if lo != hi {
			w[i] = (v[lo] + v[hi]) / 2
		}
		for j := g.Dim - 1; j >= 0; j-- {
			if at[j]++; at[j] <= fine.N {
				break
			}
			at[j] = 0
		}
	}
	return w
}

// Interpolate evaluates the Kuhn interpolant of the nodal values v at x in [0,1]^Dim in float64 arithmetic.
func (g Grid) Interpolate(v, x []float64) float64 {
	s := g.strides()
	u := make([]float64, g.Dim)
	order := make([]int, g.Dim)
	i := 0
	for j := range x {
		t := x[j] * float64(g.N)
		k := min(int(t), g.N-1)
		u[j], order[j] = t-float64(k), j
		i += k * s[j]
	}
	sort.SliceStable(order, func(a, b int) bool { return u[order[a]] > u[order[b]] })
	value, left := 0.0, 1.0
	for _, j := range order {
		value += (left - u[j]) * v[i]
		left = u[j]
		i += s[j]
	}
	return value + left*v[i]
}
