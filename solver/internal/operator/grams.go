package operator

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
)

// RowWeights are B weights for each of n rows.
type RowWeights interface {
	// Block returns those of the rows from <= i < to (B x (to-from)). It is valid
	// until the next call.
	Block(from, to int) blas64.General
}

// Weights is a B x n matrix as RowWeights.
type Weights blas64.General

// Block implements RowWeights.
func (w *Weights) Block(from, to int) blas64.General {
	return blas64.General{Rows: w.Rows, Cols: to - from, Stride: w.Stride, Data: w.Data[from:]}
}

// All matrices X' diag(w_j) X together are one product: with z_i the d(d+1)/2
// products of two entries of row i,
//
//	K = W Z,   K B x d(d+1)/2,  W B x n,  Z n x d(d+1)/2
//
// formed from gramRows rows and about gramPairs pairs of columns of X at a time,
// so that Z stays in the cache. Measured on 20,000 x 10 with 40 weights, one
// thread: 2.9 times as fast as one X' diag(w) X after the other.
//
// With many columns and few weights Z is what costs, and the matrices one after the
// other are faster, each a product of sqrt(w) X with itself. Measured in 1e9 n d^2 B a
// CPU second, together and one by one (AVX-512): d = 20, B = 24: 37, 14; d = 50, B = 8
// and 48: 19, 22 and 52, 22; d = 100, B = 8 and 24: 18, 38 and 38, 38; d = 300, B = 8:
// 20, 64; d = 784, B = 16: 32, 70.
const (
	gramRows  = 1024
	gramPairs = 256
	// gramsTogether times as many weights as columns, at least, go together.
	gramsTogether = 0.25
)

// gramProduct is the scratch of a Grams.
type gramProduct struct {
	x    *denseDesign
	z    blas64.General // pairs x rows: Z'
	k    blas64.General // B x d(d+1)/2
	to   blas64.General // B x d^2
	a, b int            // the first columns of the pairs in z are a <= . < b
	from int            // the first row in z
}

func (x *denseDesign) scratch() *gramProduct {
	if g := x.grams.Take(); g != nil {
		return g
	}
	return new(gramProduct)
}

// Gram takes dot products of columns where they are few, a product of sqrt(w) X
// with itself where that is faster.
func (x *denseDesign) Gram(k, w []float64) {
	g := x.scratch()
	n, d := x.Dims()
	clear(k)
	for from := 0; from < n; from += gramRows {
		block := w[from:min(from+gramRows, n)]
		if d < 8 {
			g.addDots(x, k, block, from)
		} else {
			g.addSquare(x, k, block, from)
		}
	}
	for a := range d {
		for b := range a {
			k[a*d+b] = k[b*d+a]
		}
	}
	x.grams.Give(g)
}

// addDots adds the part of the rows from first on to the upper triangle of k.
func (g *gramProduct) addDots(x *denseDesign, k, w []float64, first int) {
	d, rows := x.x.Cols, len(w)
	g.z.Data = Grown(g.z.Data, rows)
	scaled := g.z.Data
	for a := range d {
		floats.MulTo(scaled, w, x.col(a)[first:first+rows])
		for b := a; b < d; b++ {
			k[a*d+b] += floats.Dot(scaled, x.col(b)[first:first+rows])
		}
	}
}

// addSquare is addDots for w >= 0.
func (g *gramProduct) addSquare(x *denseDesign, k, w []float64, first int) {
	d, rows := x.x.Cols, len(w)
	g.z.Data = Grown(g.z.Data, (d+1)*rows)
	root := g.z.Data[d*rows:]
	for i, v := range w {
		root[i] = math.Sqrt(v)
	}
	scaled := blas64.General{Rows: d, Cols: rows, Stride: rows, Data: g.z.Data[:d*rows]}
	for a := range d {
		floats.MulTo(RowOf(scaled, a), root, x.col(a)[first:first+rows])
	}
	dense.Syrk(blas.NoTrans, 1, scaled, 1, blas64.Symmetric{N: d, Stride: d, Data: k, Uplo: blas.Upper})
}

func (x *denseDesign) Grams(k blas64.General, w RowWeights) {
	g := x.scratch()
	if float64(k.Rows) < gramsTogether*float64(x.x.Cols) {
		g.oneByOne(x, k, w)
	} else {
		g.run(x, k, w)
	}
	x.grams.Give(g)
}

// oneByOne sets the rows of k to the matrices of the weights w, each by itself.
func (g *gramProduct) oneByOne(x *denseDesign, k blas64.General, w RowWeights) {
	n, d := x.Dims()
	clear(k.Data)
	for from := 0; from < n; from += gramRows {
		block := w.Block(from, min(from+gramRows, n))
		for j := range k.Rows {
			if row := RowOf(block, j); floats.Min(row) >= 0 {
				g.addSquare(x, RowOf(k, j), row, from)
			} else {
				g.addProduct(x, RowOf(k, j), row, from)
			}
		}
	}
	for j := range k.Rows {
		kj := RowOf(k, j)
		for a := range d {
			for b := range a {
				kj[a*d+b] = kj[b*d+a]
			}
		}
	}
}

// addProduct is addDots for many columns, w of any sign.
func (g *gramProduct) addProduct(x *denseDesign, k, w []float64, first int) {
	d, rows := x.x.Cols, len(w)
	g.z.Data = Grown(g.z.Data, d*rows)
	scaled := blas64.General{Rows: d, Cols: rows, Stride: rows, Data: g.z.Data[:d*rows]}
	for a := range d {
		floats.MulTo(RowOf(scaled, a), w, x.col(a)[first:first+rows])
	}
	own := blas64.General{Rows: d, Cols: rows, Stride: x.xt.Stride, Data: x.xt.Data[first:]}
	dense.Gemm(blas.NoTrans, blas.Trans, 1, scaled, own, 1, blas64.General{Rows: d, Cols: d, Stride: d, Data: k})
}

// run sets the rows of k to the matrices of the weights w.
func (g *gramProduct) run(x *denseDesign, k blas64.General, w RowWeights) {
	n, d := x.Dims()
	pairs := d * (d + 1) / 2
	g.x, g.to = x, k
	g.k = blas64.General{Rows: k.Rows, Cols: pairs, Stride: pairs, Data: Grown(g.k.Data, k.Rows*pairs)}
	clear(g.k.Data)
	for from := 0; from < n; from += gramRows {
		g.from = from
		rows := min(gramRows, n-from)
		block := w.Block(from, from+rows)
		for g.a = 0; g.a < d; g.a = g.b {
			g.b = g.last(g.a, d)
			first, count := pairOf(g.a, d), pairOf(g.b, d)-pairOf(g.a, d)
			g.z = blas64.General{Rows: count, Cols: rows, Stride: rows, Data: Grown(g.z.Data, count*rows)}
			ParallelTask(g.b-g.a, (*pairProducts)(g))
			dense.Gemm(blas.NoTrans, blas.Trans, 1, block, g.z, 1, blas64.General{Rows: k.Rows, Cols: count, Stride: pairs, Data: g.k.Data[first:]})
		}
	}
	ParallelTask(k.Rows, (*unpackGrams)(g))
	g.x, g.to = nil, blas64.General{}
}

// last returns the end of the first columns from a on whose pairs are formed
// together.
func (g *gramProduct) last(a, d int) int {
	b := a + 1
	for b < d && pairOf(b+1, d)-pairOf(a, d) <= gramPairs {
		b++
	}
	return b
}

// pairOf is the number of the pair (a, a) when the pairs a <= b < d are counted
// row by row.
func pairOf(a, d int) int { return a*d - a*(a-1)/2 }

// pairProducts fills the rows of z that belong to one first column.
type pairProducts gramProduct

func (t *pairProducts) Part(i int) {
	g, d := (*gramProduct)(t), t.x.x.Cols
	a, rows := g.a+i, g.z.Cols
	ca := g.x.col(a)[g.from : g.from+rows]
	at := pairOf(a, d) - pairOf(g.a, d)
	for b := a; b < d; b++ {
		floats.MulTo(RowOf(g.z, at+b-a), ca, g.x.col(b)[g.from:g.from+rows])
	}
}

// unpackGrams writes both triangles of one matrix.
type unpackGrams gramProduct

func (t *unpackGrams) Part(j int) {
	d := t.x.x.Cols
	k, packed := RowOf(t.to, j), RowOf(t.k, j)
	for a := range d {
		for b := a; b < d; b++ {
			v := packed[pairOf(a, d)+b-a]
			k[a*d+b], k[b*d+a] = v, v
		}
	}
}
