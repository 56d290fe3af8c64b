package rowsum

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// Point is a network by its patterns: z = c + sum_p A_p X v_p.
type Point struct {
	Constant float64
	Patterns []int          // those with a v, ascending
	V        blas64.General // len(Patterns) x d
}

// Smoothing is the loss as the passes take it.
type Smoothing struct {
	Loss    loss.Loss
	barrier *loss.Barrier
	// Mu is the barrier's parameter; of no account for losses without kinks.
	Mu float64
}

// NewSmoothing is an error for losses that are no sums over the samples.
func NewSmoothing(l loss.Loss) (*Smoothing, error) {
	b, err := loss.NewBarrier(l)
	return &Smoothing{Loss: l, barrier: b}, err
}

// Quadratic reports whether the loss is squares.
func (s *Smoothing) Quadratic() bool { return s.barrier.Quadratic() }

// Kinked reports whether Mu matters.
func (s *Smoothing) Kinked() bool { return s.barrier.Kinked() }

// diagonal sets a to entries of A_p for the rows from <= i < from+len(a) of the block,
// from a multiple of 64.
func (b *Block) diagonal(a []float64, pattern, from int) {
	operator.Activation{Slope: b.Slope}.DiagonalOf(a, b.Words[pattern][from/64:])
}

// predict sets z to the prediction at a point.
func (b *Block) predict(z []float64, at *Point, w *Workspace) {
	for i := range z {
		z[i] = at.Constant
	}
	b.addPrediction(z, at, w)
}

func (b *Block) addPrediction(z []float64, at *Point, w *Workspace) {
	if len(at.Patterns) == 0 {
		return
	}
	rows := w.matrix("predict", len(at.Patterns), len(z))
	dense.Gemm(blas.NoTrans, blas.Trans, 1, at.V, b.X, 0, rows)
	a := w.take("diagonal", len(z))
	for k, p := range at.Patterns {
		b.diagonal(a, p, 0)
		floats.Mul(a, operator.RowOf(rows, k))
		floats.Add(z, a)
	}
}

// norms sets v to the norms of the block's rows.
func (b *Block) norms(v []float64) {
	for i := range v {
		v[i] = floats.Norm(operator.RowOf(b.X, i), 2)
	}
}

// addProducts adds X'A_p r to row p of q (P x d), p = 0..P-1.
func (b *Block) addProducts(q, r []float64, w *Workspace) {
	masked := w.matrix("products", len(b.Words), len(r))
	for p := range b.Words {
		row := operator.RowOf(masked, p)
		b.diagonal(row, p, 0)
		floats.Mul(row, r)
	}
	d := b.X.Cols
	dense.Gemm(blas.NoTrans, blas.NoTrans, 1, masked, b.X, 1, blas64.General{Rows: len(b.Words), Cols: d, Stride: d, Data: q})
}

// Prices is a pass that evaluates the program at a point.
type Prices struct {
	At       *Point
	Loss     *Smoothing
	Patterns int // P
	D        int
	// Nu, if not nil, gets nu of all rows.
	Nu []float64
}

// Where the sums of Prices are: of phi, of phi_mu, of nu, of its slopes w, n D(nu), nu'y and
// |nu|^2, and then X'A_p nu for every p.
const (
	PriceLoss = iota
	PriceSmooth
	PriceNu
	PriceWeight
	PriceDual
	PriceNuY
	PriceNuNu
	PriceProducts
)

func (p *Prices) Size() int               { return PriceProducts + p.Patterns*p.D }
func (p *Prices) Keep() (lists, rows int) { return 0, 0 }

func (p *Prices) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, nu, w := ws.take("z", m), ws.take("nu", m), ws.take("w", m)
	b.predict(z, p.At, ws)
	s := out.Sum
	s[PriceLoss] = float64(m) * loss.Merit(p.Loss.Loss, z, b.Y)
	s[PriceSmooth] = p.Loss.barrier.Slopes(nu, w, z, b.Y, p.Loss.Mu)
	s[PriceNu], s[PriceWeight] = floats.Sum(nu), floats.Sum(w)
	s[PriceDual] = float64(m) * p.Loss.Loss.Dual(nu, b.Y)
	s[PriceNuY], s[PriceNuNu] = floats.Dot(nu, b.Y), floats.Dot(nu, nu)
	if p.Nu != nil {
		copy(p.Nu[b.First:], nu)
	}
	b.addProducts(s[PriceProducts:], nu, ws)
}

// Products is the pass that sums X'A_p nu for a given nu (n), and what D(nu) is made of.
type Products struct {
	Nu       []float64
	Loss     loss.Loss
	Patterns int
	D        int
}

// Where the sums of Products are: n D(nu), a bound of its rounding errors, and then
// X'A_p nu for every p.
const (
	ProductDual = iota
	ProductError
	ProductProducts
)

func (p *Products) Size() int               { return ProductProducts + p.Patterns*p.D }
func (p *Products) Keep() (lists, rows int) { return 0, 0 }

func (p *Products) Block(out *Part, b *Block, ws *Workspace) {
	nu, m := p.Nu[b.First:b.First+len(b.Y)], float64(len(b.Y))
	out.Sum[ProductDual] = m * p.Loss.Dual(nu, b.Y)
	out.Sum[ProductError] = m * p.Loss.DualError(nu, b.Y)
	b.addProducts(out.Sum[ProductProducts:], nu, ws)
}

// Line is the pass that sums phi_mu at points on a line, At + t Step, t of Lengths.
type Line struct {
	At, Step *Point
	Lengths  []float64
	Loss     *Smoothing
}

func (l *Line) Size() int               { return len(l.Lengths) }
func (l *Line) Keep() (lists, rows int) { return 0, 0 }

func (l *Line) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, dz, at := ws.take("z", m), ws.take("dz", m), ws.take("at", m)
	nu, w := ws.take("nu", m), ws.take("w", m)
	b.predict(z, l.At, ws)
	b.predict(dz, l.Step, ws)
	for k, t := range l.Lengths {
		floats.AddScaledTo(at, z, t, dz)
		out.Sum[k] = l.Loss.barrier.Slopes(nu, w, at, b.Y, l.Loss.Mu)
	}
}

// Gram is the pass that sums the products of columns f of F = [A_p X r .. | 1], r the rows
// of the bases, with weights w = phi_mu” at a point (1 for squares): the last
// Columns - First of them with all.
type Gram struct {
	At       *Point
	Loss     *Smoothing
	Patterns []int            // of each basis
	Bases    []blas64.General // k_p x d
	First    int              // column; those before are in an earlier sum
}

// Columns is how many columns F has, with the one of ones.
func (g *Gram) Columns() int {
	k := 1
	for _, r := range g.Bases {
		k += r.Rows
	}
	return k
}

func (g *Gram) Size() int               { return (g.Columns() - g.First) * g.Columns() }
func (g *Gram) Keep() (lists, rows int) { return 0, 0 }

// gramRows is how many rows of F are made at a time, a multiple of 64.
const gramRows = 512

func (g *Gram) Block(out *Part, b *Block, ws *Workspace) {
	k := g.Columns()
	var root []float64
	if !g.Loss.Quadratic() {
		m := len(b.Y)
		z, nu := ws.take("z", m), ws.take("nu", m)
		root = ws.take("w", m)
		b.predict(z, g.At, ws)
		g.Loss.barrier.Slopes(nu, root, z, b.Y, g.Loss.Mu)
		for i, v := range root {
			root[i] = math.Sqrt(v)
		}
	}
	sum := blas64.General{Rows: k - g.First, Cols: k, Stride: k, Data: out.Sum}
	for from := 0; from < len(b.Y); from += gramRows {
		rows := min(gramRows, len(b.Y)-from)
		f := ws.matrix("columns", k, rows)
		g.columns(f, b, from, root, ws)
		if g.First > 0 {
			last := blas64.General{Rows: k - g.First, Cols: rows, Stride: rows, Data: f.Data[g.First*rows:]}
			dense.Gemm(blas.NoTrans, blas.Trans, 1, last, f, 1, sum)
			continue
		}
		dense.Syrk(blas.NoTrans, 1, f, 1, blas64.Symmetric{N: k, Stride: k, Data: out.Sum, Uplo: blas.Upper})
	}
	if g.First == 0 {
		for i := range k {
			for j := range i {
				out.Sum[i*k+j] = out.Sum[j*k+i]
			}
		}
	}
}

// columns sets the rows of f to diag(root) F of the rows from on.
func (g *Gram) columns(f blas64.General, b *Block, from int, root []float64, ws *Workspace) {
	rows, d, at := f.Cols, b.X.Cols, 0
	x := blas64.General{Rows: rows, Cols: d, Stride: d, Data: b.X.Data[from*d:]}
	a := ws.take("mask", rows)
	for k, r := range g.Bases {
		own := blas64.General{Rows: r.Rows, Cols: rows, Stride: rows, Data: f.Data[at*rows:]}
		dense.Gemm(blas.NoTrans, blas.Trans, 1, r, x, 0, own)
		b.diagonal(a, g.Patterns[k], from)
		if root != nil {
			floats.Mul(a, root[from:from+rows])
		}
		for i := range r.Rows {
			floats.Mul(operator.RowOf(own, i), a)
		}
		at += r.Rows
	}
	ones := operator.RowOf(f, at)
	if root != nil {
		copy(ones, root[from:from+rows])
		return
	}
	for i := range ones {
		ones[i] = 1
	}
}

// Both is two passes in one reading of the rows.
type Both struct{ First, Second Pass }

func (p Both) Size() int { return p.First.Size() + p.Second.Size() }

func (p Both) Keep() (lists, rows int) {
	l, k := p.First.Keep()
	m, j := p.Second.Keep()
	return l + m, max(k, j)
}

func (p Both) Block(out *Part, b *Block, ws *Workspace) {
	first, second := p.Split(out)
	p.First.Block(first, b, ws)
	p.Second.Block(second, b, ws)
	copy(out.Extreme, first.Extreme)
	copy(out.Extreme[len(first.Extreme):], second.Extreme)
}

// Split is the parts of the two.
func (p Both) Split(out *Part) (first, second *Part) {
	lists, _ := p.First.Keep()
	k := p.First.Size()
	return &Part{out.Sum[:k:k], out.Extreme[:lists:lists]}, &Part{out.Sum[k:], out.Extreme[lists:]}
}
