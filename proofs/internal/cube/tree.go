package cube

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"sort"

	"multigrade/proofs/internal/exact"
)

// A tree is a graded grid of more than one variable: [0,1]^dim is a cell, or divided into 2^dim cubes, and each of these is, and so on. A place is the number of
// one of the smallest cubes there could be, in the order in which a cube's parts follow one another, part m before m+1, m having a bit for each
// coordinate: its digits in base 2^dim say which part is taken at each level. Nodes are numbered as they come, cell by cell, corner by corner.
type tree struct {
	dim    int
	levels []byte
	places []uint64     // where each cell begins
	nodes  []int        // 2^dim for each cell
	spots  []spot       // of the nodes
	number map[spot]int // of the node at a spot
	widths []float64    // of the smallest cell at each node
}

// mostTree is the largest dimension of a tree. A spot is a point in units of the smallest cells' sides.
const mostTree = 3

type spot [mostTree]uint32

// mostTreeCells bounds what a file makes the checker take memory for: about a gigabyte.
const mostTreeCells = 1 << 23

// treeDepth bounds the levels, so that places and spots fit.
func treeDepth(dim int) int { return 63/dim - 1 }

// readTree makes the grid with cells of these levels, in their order.
func readTree(dim int, levels []byte) (*tree, error) {
	t := &tree{dim: dim, levels: levels, number: make(map[spot]int, 2*len(levels))}
	place, end := uint64(0), uint64(1)<<(dim*treeDepth(dim))
	for i, l := range levels {
		if int(l) > treeDepth(dim) || place >= end || place%t.span(l) != 0 {
			return nil, fmt.Errorf("cell %d has level %d at a place where there is none", i, l)
		}
		t.places = append(t.places, place)
		low := t.spotOf(place)
		for m := range 1 << dim {
			t.nodes = append(t.nodes, t.visit(corner(low, m, t.side(l)), math.Ldexp(1, -int(l))))
		}
		place += t.span(l)
	}
	if place != end {
		return nil, errors.New("the cells end before the cube does")
	}
	return t, nil
}

// span is how many of the smallest cells a cell of that level has room for, side how many along a coordinate.
func (t *tree) span(level byte) uint64 { return 1 << (t.dim * (treeDepth(t.dim) - int(level))) }
func (t *tree) side(level byte) uint32 { return 1 << (treeDepth(t.dim) - int(level)) }

// visit returns the number of the node at a spot, a corner of a cell that wide.
func (t *tree) visit(s spot, wide float64) int {
	n, known := t.number[s]
	if !known {
		n = len(t.spots)
		t.number[s] = n
		t.spots, t.widths = append(t.spots, s), append(t.widths, wide)
	}
	t.widths[n] = min(t.widths[n], wide)
	return n
}

// corner m of the cube with that lowest corner.
func corner(low spot, m int, side uint32) spot {
	for j := range low {
		low[j] += uint32(m>>j&1) * side
	}
	return low
}

// spotOf is the lowest corner of the smallest cube at a place.
func (t *tree) spotOf(place uint64) (s spot) {
	for level := range treeDepth(t.dim) {
		for j := range t.dim {
			s[j] |= uint32(place>>(level*t.dim+j)&1) << level
		}
	}
	return s
}

// cellAt is the cell with the smallest cube that has that lowest corner.
func (t *tree) cellAt(s spot) int {
	place := uint64(0)
	for level := range treeDepth(t.dim) {
		for j := range t.dim {
			place |= uint64(s[j]>>level&1) << (level*t.dim + j)
		}
	}
	i, found := slices.BinarySearch(t.places, place)
	if !found {
		i--
	}
	return i
}

func (t *tree) dimension() int       { return t.dim }
func (t *tree) size() int            { return len(t.spots) }
func (t *tree) cells() int           { return len(t.levels) }
func (t *tree) volume(i int) float64 { return math.Ldexp(1, -t.dim*int(t.levels[i])) }
func (t *tree) orders() [][]int      { return lattice{t.dim, 1}.orders() }

func (t *tree) corners(i int, box []exact.Bracket, nodes []int) {
	copy(nodes, t.nodes[i<<t.dim:])
	low := t.spots[nodes[0]]
	for j := range box {
		box[j] = exact.Bracket{Lo: t.coordinate(low[j]), Hi: t.coordinate(low[j] + t.side(t.levels[i]))}
	}
}

func (t *tree) coordinate(v uint32) float64 { return math.Ldexp(float64(v), -treeDepth(t.dim)) }

func (t *tree) point(i int, x []float64) {
	for j := range x {
		x[j] = t.coordinate(t.spots[i][j])
	}
}

func (t *tree) narrowest(i int) float64 { return t.widths[i] }

// steepest looks at the corners of all cells that have the node as one, by their common size: the node is even.
func (t *tree) steepest(v []float64, i int) (most float64) {
	side := uint32(math.Ldexp(t.widths[i], treeDepth(t.dim)))
	at := t.spots[i]
	var visit func(j int, s spot)
	visit = func(j int, s spot) {
		if j == t.dim {
			if k, known := t.number[s]; known {
				most = max(most, exact.SumAbove(v[k], -v[i]), exact.SumAbove(v[i], -v[k]))
			}
			return
		}
		for _, c := range []uint32{at[j] - side, at[j], at[j] + side} { // beyond 0 there is no node
			s[j] = c
			visit(j+1, s)
		}
	}
	visit(0, at)
	return most
}

// even says that all cells at each node with a value have it as a corner and are of one size: then the value has a hat, linear on all simplices.
func (t *tree) even(values []float64) error {
	cells, uneven := make([]int, len(values)), make([]bool, len(values))
	for i, l := range t.levels {
		for _, n := range t.nodes[i<<t.dim : (i+1)<<t.dim] {
			cells[n]++
			uneven[n] = uneven[n] || t.widths[n] != math.Ldexp(1, -int(l))
		}
	}
	x := make([]float64, t.dim)
	for n, v := range values {
		if v == 0 {
			continue
		}
		t.point(n, x)
		want := 1
		for _, c := range x {
			if c > 0 && c < 1 {
				want *= 2
			}
		}
		if uneven[n] || cells[n] != want {
			return fmt.Errorf("node %d at %s has a value, but cells of different sizes", n, pointString(x))
		}
	}
	return nil
}

func (t *tree) finer(next adaptiveGrid, v []float64, exactly []bool) (w []float64, known []bool, wrong float64, err error) {
	fine := next.(*tree)
	w, known = make([]float64, len(fine.spots)), make([]bool, len(fine.spots))
	done := make([]bool, len(w))
	for s, k := range t.number {
		n, there := fine.number[s]
		if !there {
			return nil, nil, 0, errors.New("a node of the grade before is none of this one")
		}
		w[n], known[n], done[n] = v[k], exactly[k], true
	}
	at := 0
	for i, place := range fine.places {
		if at+1 < len(t.places) && t.places[at+1] <= place {
			at++
		}
		if fine.levels[i] < t.levels[at] {
			return nil, nil, 0, fmt.Errorf("cell %d is larger than one of the grade before", i)
		}
		for _, n := range fine.nodes[i<<t.dim : (i+1)<<t.dim] {
			if !done[n] {
				off := 0.0
				w[n], known[n], off = t.within(at, fine.spots[n], v, exactly)
				wrong, done[n] = max(wrong, off), true
			}
		}
	}
	return w, known, wrong, nil
}

// within interpolates in a cell. The shares are exact; a sum of d + 1 products errs by at most (d + 2) roundings of the largest value.
func (t *tree) within(cell int, s spot, v []float64, exactly []bool) (w float64, known bool, wrong float64) {
	low, side := t.spots[t.nodes[cell<<t.dim]], t.side(t.levels[cell])
	share, order := make([]float64, t.dim), make([]int, t.dim)
	for j := range share {
		share[j], order[j] = float64(s[j]-low[j])/float64(side), j
	}
	sort.SliceStable(order, func(a, b int) bool { return share[order[a]] > share[order[b]] })
	m, left, top := 0, 1.0, 0.0
	known = true
	var first float64
	same, any := true, false
	for k := 0; k <= t.dim; k++ {
		right := 0.0
		if k < t.dim {
			right = share[order[k]]
		}
		if part := left - right; part > 0 {
			n := t.nodes[cell<<t.dim+m]
			w += part * v[n]
			top, known = max(top, math.Abs(v[n])), known && exactly[n]
			same = same && (!any || v[n] == first)
			first, any = v[n], true
		}
		if k < t.dim {
			m |= 1 << order[k]
		}
		left = right
	}
	if same {
		return first, known, 0
	}
	return w, false, exact.Outward(exact.UnitRoundoff*float64(2*t.dim+4)*top) + exact.Underflow
}

func (t *tree) interpolant(v []float64, x []*big.Rat) *big.Rat {
	var s spot
	unit := big.NewRat(1<<treeDepth(t.dim), 1)
	for j, c := range x {
		at := new(big.Rat).Mul(c, unit)
		s[j] = uint32(min(new(big.Int).Quo(at.Num(), at.Denom()).Int64(), 1<<treeDepth(t.dim)-1))
	}
	i := t.cellAt(s)
	low, width := t.spots[t.nodes[i<<t.dim]], new(big.Rat).SetFloat64(math.Ldexp(1, int(t.levels[i])))
	inner, corners := make([]*big.Rat, t.dim), make([]float64, 1<<t.dim)
	for j, c := range x {
		inner[j] = new(big.Rat).Sub(c, new(big.Rat).SetFloat64(t.coordinate(low[j])))
		inner[j].Mul(inner[j], width)
	}
	unitCell := lattice{t.dim, 1}
	for m, o := range unitCell.offsets() {
		corners[o] = v[t.nodes[i<<t.dim+m]]
	}
	return exactInterpolant(unitCell, corners, inner)
}
