// Package circles finds the largest neurons of rows of rank 2 and 3, all of them.
//
// f(w) = sum_i nu_i relu(x_i.w) is linear on the cells of the arrangement of the planes x_i.w = 0, so on
// the unit sphere a local maximum of |f| lies where the gradient c of a cell points into it, on an edge, at the
// projection of c to the edge's plane, or at a vertex. All edges are on the m great circles w.x_i = 0. Along one of them
// the others are crossed one after the other, and c changes by one term at every crossing: with the crossings in order a
// circle is O(m) operations, all of them O(m^2), and every cell is met at its edges. The order depends on the rows alone
// (O(m^2 log m), once) and is kept. In rank 2 there is one circle, of which the cells are the arcs.
//
// Crossings closer than rounding tells apart may be kept in the wrong order. That changes c on an arc by
// terms nu_j x_j where x_j.w is within rounding of 0, so f by no more than the rounding errors it has anyway:
// what is found bounds f on the whole sphere.
package circles

import (
	"context"
	"math"
	"slices"

	"multigrade/solver/internal/operator"
)

// Circles are rows x_i of rank 2 or 3 with the order in which the circles w.x_i = 0 cross. It is immutable.
type Circles struct {
	design  operator.Design
	n, d, r int
	columns []int     // r columns that are not zero
	m       int       // planes: rows that are no multiples of one another, as far as rounding tells
	plane   []int32   // n: the plane of a row, -1 where the row is zero
	factor  []float64 // n: row = factor times the plane's
	x       []float64 // m x 3: the planes' rows (rank 2: the last entry is 0)
	norm    []float64 // m
	axes    []float64 // m x 9: an orthonormal basis, the third the normal of the plane; rank 2: of one circle only
	order   []uint16  // a row of m-1 (rank 2: one of m) planes for each circle
}

// mostPlanes is the largest number of planes: their order takes m^2 numbers of two bytes.
const mostPlanes = 1 << 13

// SortWork is about the number of floating-point operations that New takes for n rows in r columns that are not zero.
func SortWork(n, r int) float64 {
	return math.Pow(float64(n), float64(r-1)) * 8 * math.Log2(float64(n)+2)
}

// LargestWork is that of Largest.
func LargestWork(n, r int) float64 { return math.Pow(float64(n), float64(r-1)) * 60 }

// New sorts the rows of x; nil where they have another number of columns that are not zero than 2 and 3,
// more planes than mostPlanes, sizes whose squares leave float64, or ctx has ended.
func New(ctx context.Context, x operator.Design) *Circles {
	n, d := x.Dims()
	c := &Circles{design: x, n: n, d: d}
	used := make([]bool, d)
	for i := range n {
		x.Row(i, func(j int, v float64) { used[j] = used[j] || v != 0 })
	}
	for j, u := range used {
		if u {
			c.columns = append(c.columns, j)
		}
	}
	if c.r = len(c.columns); c.r != 2 && c.r != 3 || !c.planes(x) || c.m > mostPlanes {
		return nil
	}
	x.Book(SortWork(c.m, c.r))
	if c.r == 2 {
		c.axes, c.order = []float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, make([]uint16, c.m)
		c.sort(newWalk(c), 0)
		return c
	}
	c.axes, c.order = make([]float64, 9*c.m), make([]uint16, c.m*(c.m-1))
	walks := make([]*walk, operator.MaxWorkers())
	operator.ParallelWorkers(c.m, func(worker, i int) {
		if ctx.Err() != nil {
			return
		}
		if walks[worker] == nil {
			walks[worker] = newWalk(c)
		}
		c.basis(i)
		c.sort(walks[worker], i)
	})
	if ctx.Err() != nil {
		return nil
	}
	return c
}

// planes puts rows that are multiples of one another on one plane. It reports whether the rows' sizes are such that
// products of two of them are far from the ends of float64.
func (c *Circles) planes(x operator.Design) bool {
	place := make([]int, c.d)
	for k, j := range c.columns {
		place[j] = k
	}
	c.plane, c.factor = make([]int32, c.n), make([]float64, c.n)
	known := make(map[[3]float64]int32)
	for i := range c.n {
		var row, key [3]float64
		x.Row(i, func(j int, v float64) {
			if v != 0 {
				row[place[j]] = v
			}
		})
		norm := math.Hypot(math.Hypot(row[0], row[1]), row[2])
		if norm == 0 {
			c.plane[i] = -1
			continue
		}
		if !(norm > 0x1p-200 && norm < 0x1p200) {
			return false
		}
		p := 0
		for k, v := range row {
			if math.Abs(v) > 0.25*norm { // the first large one: quotients are as exact as the row
				p = k
				break
			}
		}
		for k, v := range row {
			key[k] = v/row[p] + 0 // not -0
		}
		h, met := known[key]
		if !met {
			h = int32(c.m)
			known[key] = h
			c.m++
			c.x, c.norm = append(c.x, row[:]...), append(c.norm, norm)
		}
		c.plane[i], c.factor[i] = h, row[p]/c.x[3*int(h)+p]
	}
	return true
}

// basis makes the axes of circle i: two in its plane, then the unit normal x_i/|x_i|.
func (c *Circles) basis(i int) {
	a, b, nrm := c.axes[9*i:9*i+3], c.axes[9*i+3:9*i+6], c.axes[9*i+6:9*i+9]
	least := 0
	for k := range 3 {
		nrm[k] = c.x[3*i+k] / c.norm[i]
		if math.Abs(nrm[k]) < math.Abs(nrm[least]) {
			least = k
		}
	}
	for k := range 3 {
		a[k] = -nrm[k] * nrm[least]
	}
	a[least]++
	size := math.Sqrt(a[0]*a[0] + a[1]*a[1] + a[2]*a[2])
	for k := range 3 {
		a[k] /= size
	}
	b[0], b[1], b[2] = nrm[1]*a[2]-nrm[2]*a[1], nrm[2]*a[0]-nrm[0]*a[2], nrm[0]*a[1]-nrm[1]*a[0]
}

// crossing is where a circle crosses a plane: at the angle whose cotangent is -key.
type crossing struct {
	key   float64
	plane uint16
}

// sort orders the planes by where circle i crosses them, from axis a half around.
func (c *Circles) sort(w *walk, i int) {
	w.turn(i)
	w.crossings = w.crossings[:0]
	for j := range c.m {
		if j == i && c.r == 3 {
			continue
		}
		px, py := w.q[3*j], w.q[3*j+1]
		key := math.Inf(1) // met at the very end
		if px != 0 {
			key = py / px
		}
		w.crossings = append(w.crossings, crossing{key, uint16(j)})
	}
	slices.SortFunc(w.crossings, func(a, b crossing) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return int(a.plane) - int(b.plane)
	})
	order := c.orderOf(i)
	for k, x := range w.crossings {
		order[k] = x.plane
	}
}

// orderOf is the order of circle i.
func (c *Circles) orderOf(i int) []uint16 {
	if c.r == 2 {
		return c.order
	}
	return c.order[i*(c.m-1) : (i+1)*(c.m-1)]
}

// circles is how many there are.
func (c *Circles) circles() int {
	if c.r == 2 {
		return 1
	}
	return c.m
}
