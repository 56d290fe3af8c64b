package cube

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"sort"

	"multigrade/proofs/internal/exact"
)

// A grid cuts the cube into cells, cubes whose simplices are those of a Kuhn triangulation: a lattice, or a graded interval.
type grid interface {
	dimension() int
	cells() int
	// corners writes the box of cell i and the nodes at its corners, bit j of their position being set at the upper end of coordinate j; volume is its volume.
	corners(i int, box []exact.Bracket, nodes []int)
	volume(i int) float64
	// point writes the coordinates of node i.
	point(i int, x []float64)
	// orders lists the simplices of a cell as chains of corners.
	orders() [][]int
	// narrowest is the least side of the cells at node i, steepest the largest difference of its value to another one's there.
	narrowest(i int) float64
	steepest(v []float64, i int) float64
}

// An adaptiveGrid is one whose cells have different sizes.
type adaptiveGrid interface {
	grid
	// size is the number of nodes.
	size() int
	// finer interpolates values on a grid whose cells are parts of this one's. exactly says which values are exact; wrong bounds the rounding
	// errors of the others that are committed here.
	finer(fine adaptiveGrid, v []float64, exactly []bool) (w []float64, known []bool, wrong float64, err error)
	// interpolant evaluates, exactly, what is linear on the simplices with these values at the nodes.
	interpolant(v []float64, x []*big.Rat) *big.Rat
}

var (
	_ grid         = lattice{}
	_ adaptiveGrid = graded(nil)
	_ adaptiveGrid = (*tree)(nil)
)

// A graded interval is [0,1] cut at these points, the first 0, the last 1; cells have widths that are powers of 1/2.
type graded []float64

// deepestLevel bounds the halvings of [0,1], so that points and middles are exact.
const deepestLevel = 48

// readGraded cuts [0,1] into cells of width 2^-level, from left to right, each at a multiple of its width.
func readGraded(levels []byte) (graded, error) {
	g := make(graded, 1, len(levels)+1)
	for i, l := range levels {
		w := math.Ldexp(1, -int(l))
		if x := g[i]; l > deepestLevel || x+w > 1 || math.Mod(x, w) != 0 {
			return nil, fmt.Errorf("cell %d has level %d at %v", i, l, x)
		}
		g = append(g, g[i]+w)
	}
	if g[len(levels)] != 1 {
		return nil, errors.New("the cells end before 1")
	}
	return g, nil
}

// wholeCube is the grid of one cell.
func wholeCube(dim int) adaptiveGrid {
	g, err := readAdaptive(dim, []byte{0})
	if err != nil {
		panic(err)
	}
	return g
}

// readAdaptive makes the grid with cells of these levels, in their order.
func readAdaptive(dim int, levels []byte) (adaptiveGrid, error) {
	if dim == 1 {
		return readGraded(levels)
	}
	return readTree(dim, levels)
}

func (g graded) dimension() int           { return 1 }
func (g graded) cells() int               { return len(g) - 1 }
func (g graded) volume(i int) float64     { return g[i+1] - g[i] }
func (g graded) point(i int, x []float64) { x[0] = g[i] }
func (g graded) size() int                { return len(g) }
func (g graded) orders() [][]int          { return [][]int{{0, 1}} }

func (g graded) corners(i int, box []exact.Bracket, nodes []int) {
	box[0] = exact.Bracket{Lo: g[i], Hi: g[i+1]}
	nodes[0], nodes[1] = i, i+1
}

func (g graded) narrowest(i int) float64 {
	return min(g.volume(max(i-1, 0)), g.volume(min(i, len(g)-2)))
}

func (g graded) steepest(v []float64, i int) (most float64) {
	for _, j := range []int{max(i-1, 0), min(i+1, len(v)-1)} {
		most = max(most, exact.SumAbove(v[j], -v[i]), exact.SumAbove(v[i], -v[j]))
	}
	return most
}

func (g graded) finer(next adaptiveGrid, v []float64, exactly []bool) (w []float64, known []bool, wrong float64, err error) {
	fine := next.(graded)
	w, known = make([]float64, len(fine)), make([]bool, len(fine))
	at := 0
	for i, x := range fine {
		if x > g[at] {
			at++
		}
		if x > g[at] {
			return nil, nil, 0, fmt.Errorf("there is no node at %v, but there was before", g[at])
		}
		if x == g[at] {
			w[i], known[i] = v[at], exactly[at]
			continue
		}
		if v[at] == v[at-1] {
			w[i], known[i] = v[at], exactly[at] && exactly[at-1]
			continue
		}
		share := (x - g[at-1]) / (g[at] - g[at-1]) // exact: multiples of 2^-48, over a power of two
		rise := v[at] - v[at-1]
		w[i] = v[at-1] + share*rise
		wrong = max(wrong, exact.Outward(exact.UnitRoundoff*(3*math.Abs(rise)+math.Abs(w[i])))+exact.Underflow)
	}
	return w, known, wrong, nil
}

func (g graded) interpolant(v []float64, point []*big.Rat) *big.Rat {
	x := point[0]
	f, _ := x.Float64()
	i := min(max(sort.SearchFloat64s(g, f), 1), len(g)-1)
	for i > 1 && new(big.Rat).SetFloat64(g[i-1]).Cmp(x) > 0 {
		i--
	}
	for i < len(g)-1 && new(big.Rat).SetFloat64(g[i]).Cmp(x) < 0 {
		i++
	}
	rat := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	share := new(big.Rat).Sub(x, rat(g[i-1]))
	share.Quo(share, rat(g[i]-g[i-1]))
	rise := new(big.Rat).Sub(rat(v[i]), rat(v[i-1]))
	return rise.Add(rise.Mul(rise, share), rat(v[i-1]))
}
