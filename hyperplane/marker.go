package hyperplane

import (
	"fmt"
	"math"
	"math/bits"
	"runtime"
	"sync/atomic"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
	"multigrade/internal/parallel"
)

// Marker finds the patterns of many gates over the rows of one X (n x d): as PatternOf, but for many gates at a time
// and with products in blocks, some ten times as fast. It may be used by several goroutines.
type Marker struct {
	x    *rows
	size []float64 // n: the sum of |x_ik|
}

// NewMarker returns the marker of the rows of x (n x d), which it reads but does not copy when it is a *mat.Dense or a
// *sparse.CSR. Entries must be finite.
func NewMarker(x mat.Matrix) *Marker { return newMarker(newRows(x)) }

func newMarker(r *rows) *Marker {
	m := &Marker{x: r, size: make([]float64, r.n)}
	for i := range m.size {
		_, val := r.row(i)
		for _, v := range val {
			m.size[i] += math.Abs(v)
		}
	}
	return m
}

// Pattern returns the pattern of the gate g (d), all signs exact, and whether it lies strictly inside its cell: on the
// hyperplane of no row that is not zero. It panics if len(g) != d or an entry of g is not finite.
func (m *Marker) Pattern(g []float64) (p Pattern, inside bool) {
	if len(g) != m.x.d {
		panic(fmt.Sprintf("hyperplane: gate of length %d for %d columns", len(g), m.x.d))
	}
	if err := checkFinite("gate", g); err != nil {
		panic(err.Error())
	}
	patterns, zero := m.patterns(blas64.General{Rows: 1, Cols: len(g), Stride: len(g), Data: g})
	return patterns[0], !m.touches(zero[0])
}

// Patterns is Pattern for the rows of gates (P x d).
func (m *Marker) Patterns(gates *mat.Dense) (patterns []Pattern, inside []bool) {
	patterns, zero := m.patterns(m.checked(gates))
	inside = make([]bool, len(zero))
	for k, z := range zero {
		inside[k] = !m.touches(z)
	}
	return patterns, inside
}

// Sides are for each row g of gates (P x d) the patterns of g and of -g: the rows with x_i.g > 0 and those with x_i.g < 0.
func (m *Marker) Sides(gates *mat.Dense) (above, below []Pattern) {
	above, below = m.patterns(m.checked(gates))
	for k, p := range above {
		words := below[k].words
		for w, zero := range words {
			words[w] = ^(p.words[w] | zero)
		}
		if rest := m.x.n % 64; rest > 0 {
			words[len(words)-1] &= 1<<rest - 1
		}
	}
	return above, below
}

// checked is the raw matrix of gates that fit and are finite.
func (m *Marker) checked(gates *mat.Dense) blas64.General {
	count, d := gates.Dims()
	if d != m.x.d {
		panic(fmt.Sprintf("hyperplane: gates with %d columns for %d", d, m.x.d))
	}
	for k := range count {
		if err := checkFinite("gate", gates.RawRowView(k)); err != nil {
			panic(err.Error())
		}
	}
	return gates.RawMatrix()
}

// touches says that one of the rows with a zero product is not zero.
func (m *Marker) touches(zero Pattern) bool {
	for k, word := range zero.words {
		for ; word != 0; word &= word - 1 {
			if !m.x.isZero(64*k + bits.TrailingZeros64(word)) {
				return true
			}
		}
	}
	return false
}

// Block of rows and gates whose products are made at a time: they stay in the second-level cache. Blocks of rows are
// words of patterns.
const (
	markedRows  = 512
	markedGates = 64
)

// patterns are those of the rows of gates (P x d), finite, and the rows whose product with each is 0.
func (m *Marker) patterns(gates blas64.General) (patterns, zero []Pattern) {
	n := m.x.n
	patterns, zero = make([]Pattern, gates.Rows), make([]Pattern, gates.Rows)
	size := make([]float64, gates.Rows)
	for k := range patterns {
		patterns[k], zero[k] = Pattern{n: n, words: make([]uint64, wordsFor(n))}, Pattern{n: n, words: make([]uint64, wordsFor(n))}
		for _, v := range gates.Data[k*gates.Stride:][:gates.Cols] {
			size[k] = max(size[k], math.Abs(v))
		}
	}
	var next atomic.Int64
	group := parallel.Group{}
	work := func() {
		products := make([]float64, markedGates*min(markedRows, n))
		for lo := int(next.Add(1)-1) * markedRows; lo < n; lo = int(next.Add(1)-1) * markedRows {
			rows := min(markedRows, n-lo)
			for first := 0; first < gates.Rows; first += markedGates {
				some := blas64.General{Rows: min(markedGates, gates.Rows-first), Cols: gates.Cols, Stride: gates.Stride, Data: gates.Data[first*gates.Stride:]}
				z := blas64.General{Rows: some.Rows, Cols: rows, Stride: rows, Data: products}
				m.x.products(z, some, lo)
				for k := range some.Rows {
					w := some.Data[k*some.Stride:][:some.Cols]
					m.mark(patterns[first+k].words[lo/64:], zero[first+k].words[lo/64:], z.Data[k*rows:][:rows], w, size[first+k], lo)
				}
			}
		}
	}
	for range min(runtime.GOMAXPROCS(0), (n+markedRows-1)/markedRows) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
	return patterns, zero
}

// products sets Z (P x rows) to the products of gates (P x d) with rows lo, lo+1, ...
func (r *rows) products(z, gates blas64.General, lo int) {
	if r.ptr == nil {
		x := blas64.General{Rows: z.Cols, Cols: r.d, Stride: r.dense.Stride, Data: r.dense.Data[lo*r.dense.Stride:]}
		dense.Gemm(blas.NoTrans, blas.Trans, 1, gates, x, 0, z)
		return
	}
	for k := range z.Rows {
		w := gates.Data[k*gates.Stride:][:gates.Cols]
		for i := range z.Cols {
			z.Data[k*z.Stride+i] = r.dot(lo+i, w)
		}
	}
}

// mark sets the bits of the rows lo, lo+1, ... in words by the products z with w, whose largest entry is largest, where
// rounding cannot have changed a sign, and by exact arithmetic elsewhere, and in zero those of products that are 0. With the sum m of |x_ik| times the largest |w_k| the error of a product in whatever order is at most
// (d+1) u m (1 + small) + d underflows.
func (m *Marker) mark(words, zero []uint64, z, w []float64, largest float64, lo int) {
	d := float64(m.x.d)
	unsure, tiny := 2*(d+2)*unitRoundoff*largest, d*0x1p-1074
	size := m.size[lo:][:len(z)]
	for k := 0; k*64 < len(z); k++ {
		word := uint64(0)
		block := z[k*64 : min(k*64+64, len(z))]
		for i, v := range block {
			if s := size[k*64+i]; math.Abs(v) > unsure*s+tiny && s*largest < math.MaxFloat64/4 {
				word |= (math.Float64bits(v)>>63 ^ 1) << i
				continue
			}
			row := lo + k*64 + i
			switch m.x.sign(row, w) {
			case 1:
				word |= 1 << i
			case 0:
				zero[k] |= 1 << i
			}
		}
		words[k] = word
	}
}
