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

// diagonal sets a to entries of A_p for the rows from <= i < from+len(a) of the block,
// from a multiple of 64.
func (b *Block) diagonal(a []float64, pattern, from int) {
	operator.Activation{Slope: b.Slope}.DiagonalOf(a, b.Words[pattern][from/64:])
}

// predict sets z to the prediction at a point.
func (b *Block) predict(z []float64, at *Point, w *Workspace) {
	b.step(z, at, w)
	if b.Offset != nil {
		floats.Add(z, b.Offset)
	}
}

// step sets dz to what the prediction changes by with a change of the point.
func (b *Block) step(dz []float64, by *Point, w *Workspace) {
	for i := range dz {
		dz[i] = by.Constant
	}
	b.addPrediction(dz, by, w)
}

// shiftedDual is nu'o, which an offset takes off n D(nu).
func (b *Block) shiftedDual(nu []float64) float64 {
	if b.Offset == nil {
		return 0
	}
	return floats.Dot(nu, b.Offset)
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

// addProducts adds X'A_p r to row k of q (d columns), p being the k-th of the patterns.
func (b *Block) addProducts(q []float64, patterns []int, r []float64, w *Workspace) {
	masked := w.matrix("products", len(patterns), len(r))
	for k, p := range patterns {
		row := operator.RowOf(masked, k)
		b.diagonal(row, p, 0)
		floats.Mul(row, r)
	}
	if d := b.X.Cols; len(patterns) > 0 {
		dense.Gemm(blas.NoTrans, blas.NoTrans, 1, masked, b.X, 1, blas64.General{Rows: len(patterns), Cols: d, Stride: d, Data: q})
	}
}

// every lists the first n patterns, which are all.
func every(n int) []int {
	all := make([]int, n)
	for p := range all {
		all[p] = p
	}
	return all
}

// products is about how many operations k numbers take that a row is multiplied or masked to.
func products(k, d int) float64 { return float64(k) * (2*float64(d) + operator.PassWork) }

// rowWork is about how many operations a loss and its derivatives take for a row.
const rowWork = 8 * operator.PassWork

// Prices is the pass that evaluates a program with a curved loss at a point: nu = -n dL(z).
type Prices struct {
	At       *Point
	Loss     loss.Loss
	Curved   loss.Curved // of Loss
	Patterns int         // P
	D        int
	// Nu, if not nil, gets nu of all rows.
	Nu Column
}

// Where the sums of Prices are: of phi, of nu, of phi”, n D(nu), nu'y and |nu|^2, and then
// X'A_p nu for every p.
const (
	PriceLoss = iota
	PriceNu
	PriceWeight
	PriceDual
	PriceNuY
	PriceNuNu
	PriceProducts
)

func (p *Prices) Size() int               { return PriceProducts + p.Patterns*p.D }
func (p *Prices) Keep() (lists, rows int) { return 0, 0 }
func (p *Prices) Work(d int) float64 {
	return products(len(p.At.Patterns)+p.Patterns, d) + rowWork
}

// Kept is Keeper's.
func (p *Prices) Kept() (columns []Column, read, set bool) {
	if p.Nu == nil {
		return nil, false, false
	}
	return []Column{p.Nu}, false, true
}

func (p *Prices) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, nu, w := ws.take("z", m), ws.take("nu", m), ws.take("w", m)
	b.predict(z, p.At, ws)
	s := out.Sum
	s[PriceLoss] = p.Curved.Slopes(nu, w, z, b.Y)
	s[PriceNu], s[PriceWeight] = floats.Sum(nu), floats.Sum(w)
	s[PriceDual] = float64(m)*p.Loss.Dual(nu, b.Y) - b.shiftedDual(nu)
	s[PriceNuY], s[PriceNuNu] = floats.Dot(nu, b.Y), floats.Dot(nu, nu)
	if p.Nu != nil {
		copy(b.Kept[0], nu)
	}
	b.addProducts(s[PriceProducts:], every(p.Patterns), nu, ws)
}

// Products is the pass that sums X'A_p nu for a given nu (n), and what D(nu) is made of.
type Products struct {
	Nu       Column
	Loss     loss.Loss
	Patterns int
	D        int
}

// Where the sums of Products are: n D(nu), for a maximum as if nu were in its domain, a bound of its
// rounding errors, sum |nu_i| |x_i|, sum |nu_i|, and then X'A_p nu for every p.
const (
	ProductDual = iota
	ProductError
	ProductSize
	ProductAbsNu
	ProductProducts
)

func (p *Products) Size() int               { return ProductProducts + p.Patterns*p.D }
func (p *Products) Keep() (lists, rows int) { return 0, 0 }
func (p *Products) Work(d int) float64      { return products(p.Patterns+1, d) + rowWork }

// Kept is Keeper's.
func (p *Products) Kept() (columns []Column, read, set bool) { return []Column{p.Nu}, true, false }

func (p *Products) Block(out *Part, b *Block, ws *Workspace) {
	nu, m := b.Kept[0], float64(len(b.Y))
	out.Sum[ProductError] = m * p.Loss.DualError(nu, b.Y)
	if out.Sum[ProductAbsNu] = floats.Norm(nu, 1); p.Loss == loss.LInf {
		out.Sum[ProductDual] = floats.Dot(nu, b.Y)
	} else {
		out.Sum[ProductDual] = m * p.Loss.Dual(nu, b.Y)
	}
	for i, o := range b.Offset {
		out.Sum[ProductDual] -= nu[i] * o
		out.Sum[ProductError] += operator.Roundoff(len(nu)+4) * math.Abs(nu[i]*o)
	}
	norm := ws.take("norms", len(b.Y))
	b.norms(norm)
	for i, v := range nu {
		out.Sum[ProductSize] += math.Abs(v) * norm[i]
	}
	b.addProducts(out.Sum[ProductProducts:], every(p.Patterns), nu, ws)
}

// Line is the pass that sums phi at points on a line, At + t Step, t of Lengths.
type Line struct {
	At, Step *Point
	Lengths  []float64
	Curved   loss.Curved
}

func (l *Line) Size() int               { return len(l.Lengths) }
func (l *Line) Keep() (lists, rows int) { return 0, 0 }
func (l *Line) Work(d int) float64 {
	return products(len(l.At.Patterns)+len(l.Step.Patterns), d) + rowWork*float64(len(l.Lengths))
}

func (l *Line) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, dz, at := ws.take("z", m), ws.take("dz", m), ws.take("at", m)
	nu, w := ws.take("nu", m), ws.take("w", m)
	b.predict(z, l.At, ws)
	b.step(dz, l.Step, ws)
	for k, t := range l.Lengths {
		floats.AddScaledTo(at, z, t, dz)
		out.Sum[k] = l.Curved.Slopes(nu, w, at, b.Y)
	}
}

// Gram is the pass that sums F'diag(phi”)F, F = [A_p X .. | 1] for the patterns of a working
// set: the last Columns - First rows of it.
type Gram struct {
	At       *Point
	Curved   loss.Curved
	Patterns []int
	D        int
	First    int // column; the products of those before are in an earlier sum
}

// Columns is how many columns F has, with the one of ones.
func (g *Gram) Columns() int { return len(g.Patterns)*g.D + 1 }

func (g *Gram) Size() int               { return (g.Columns() - g.First) * g.Columns() }
func (g *Gram) Keep() (lists, rows int) { return 0, 0 }
func (g *Gram) Work(d int) float64 {
	work := gramWork(g.Columns(), g.First)
	if !g.Curved.Quadratic() {
		work += products(len(g.At.Patterns), d) + rowWork
	}
	return work
}

// gramWork is that of the columns from first on with all of them.
func gramWork(columns, first int) float64 {
	return float64(columns-first)*float64(columns+first) + operator.PassWork*float64(columns)
}

func (g *Gram) Block(out *Part, b *Block, ws *Workspace) {
	var w []float64
	if !g.Curved.Quadratic() {
		m := len(b.Y)
		z, nu := ws.take("z", m), ws.take("nu", m)
		w = ws.take("w", m)
		b.predict(z, g.At, ws)
		g.Curved.Slopes(nu, w, z, b.Y)
	}
	b.addGram(out.Sum, g.Patterns, g.First, w, ws)
}

// gramRows is how many rows of F are made at a time, a multiple of 64.
const gramRows = 512

// addGram adds the rows from column first on of F'diag(w)F to sum, all of whose rows are as long
// as F has columns; w is nil for ones, and is overwritten with its square roots.
func (b *Block) addGram(sum []float64, patterns []int, first int, w []float64, ws *Workspace) {
	k := len(patterns)*b.X.Cols + 1
	for i, v := range w {
		w[i] = math.Sqrt(v)
	}
	all := blas64.General{Rows: k - first, Cols: k, Stride: k, Data: sum}
	for from := 0; from < len(b.Y); from += gramRows {
		rows := min(gramRows, len(b.Y)-from)
		f := ws.matrix("columns", k, rows)
		b.columns(f, patterns, from, w, ws)
		if first > 0 {
			last := blas64.General{Rows: k - first, Cols: rows, Stride: rows, Data: f.Data[first*rows:]}
			dense.Gemm(blas.NoTrans, blas.Trans, 1, last, f, 1, all)
			continue
		}
		dense.Syrk(blas.NoTrans, 1, f, 1, blas64.Symmetric{N: k, Stride: k, Data: sum, Uplo: blas.Upper})
	}
	if first > 0 {
		return
	}
	for i := range k {
		for j := range i {
			sum[i*k+j] = sum[j*k+i]
		}
	}
}

// columns sets the rows of f to the columns of diag(root) F at the rows from on.
func (b *Block) columns(f blas64.General, patterns []int, from int, root []float64, ws *Workspace) {
	rows, d := f.Cols, b.X.Cols
	a, x := ws.take("mask", rows), ws.matrix("turned", d, rows)
	for i := range rows {
		for j, v := range operator.RowOf(b.X, from+i) {
			x.Data[j*rows+i] = v
		}
	}
	for k, p := range patterns {
		b.diagonal(a, p, from)
		if root != nil {
			floats.Mul(a, root[from:from+rows])
		}
		for j := range d {
			floats.MulTo(operator.RowOf(f, k*d+j), a, operator.RowOf(x, j))
		}
	}
	ones := operator.RowOf(f, f.Rows-1)
	if root != nil {
		copy(ones, root[from:from+rows])
		return
	}
	for i := range ones {
		ones[i] = 1
	}
}
