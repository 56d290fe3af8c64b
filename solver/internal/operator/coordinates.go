package operator

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
)

// Coordinates are the rank coordinates of a matrix X (n x d) of rank r < d,
//
//	X = Z Q',    Z n x r,    Q d x r with orthonormal columns,
//
// so that with w = Q z, X w = Z z and |w| = |z|: programs about X are programs about
// Z, with the same patterns, predictions, norms and dual points. A part of w that is
// orthogonal to the columns of Q does nothing but cost, so nothing is lost.
//
// Q comes from the rows of X by the method of Gram and Schmidt, the row farthest from
// the span of those taken next, each orthogonalised twice. A row whose distance,
// relative to its norm, is rounding is in the span.
type Coordinates struct {
	// Z is the matrix in rank coordinates (n x r).
	Z *mat.Dense

	x     Design         // of X
	z     Design         // of Z
	q     blas64.General // r x d: Q'
	n, d  int
	scale []float64 // n: 1/|x_i|, 0 for zero rows
	apart []float64 // n: the distance of x_i/|x_i| from the span, squared
	exact float64   // the largest of them when they were last computed anew
}

const (
	// leastColumns is the number of columns from which rank coordinates are looked
	// for: with up to 12 a bound over all patterns may rest on cones in the columns of X.
	leastColumns = 13
	// worthwhile is the largest rank relative to the columns: the least work of a block
	// goes with its square, so this halves it.
	worthwhile = 0.7
	// mostFinding is the number of operations that finding them may take, some seconds.
	mostFinding = 2e10
	// mostStored is the number of entries of Z and Q together, 1 GB.
	mostStored = 1 << 27
	// renewed: distances that fell by this factor since they were computed anew are, as
	// they come by subtraction of squares.
	renewed = 1e-10
	// coordinateRows are the rows of X whose distances are computed together.
	coordinateRows = 256
)

// CoordinatesOf are the rank coordinates of X, nil where they are not worth it: the
// rank is not much smaller than the number of columns, or would take too long to find. They are computed
// once, and whoever asks books what that took.
func CoordinatesOf(x Design) *Coordinates { return booked(x, coordinates{}, newCoordinates) }

type coordinates struct{}

func newCoordinates(x Design) *Coordinates {
	n, d := x.Dims()
	most := int(worthwhile * float64(d))
	r := min(n, most+1)
	if d < leastColumns || float64(n)*float64(d)*float64(r) > mostFinding || float64(n+d)*float64(r) > mostStored {
		return nil
	}
	x.Book(2 * float64(n) * float64(d) * float64(r))
	c := &Coordinates{x: x, n: n, d: d, scale: make([]float64, n), apart: make([]float64, n)}
	for i, norm := range RowNorms(x) {
		if norm > 0 {
			c.scale[i], c.apart[i] = 1/norm, 1
		}
	}
	if n > d && c.surelyMore(most) || !c.find(most) {
		return nil
	}
	c.place()
	return c
}

// surelyMore says that the rank of X to single precision is more than most, by a
// Cholesky factorisation with pivots of the d x d Gram matrix of its rows at norm 1.
func (c *Coordinates) surelyMore(most int) bool {
	const single = 1e-12 // of squares
	d := c.d
	k, w := make([]float64, d*d), make([]float64, c.n)
	floats.MulTo(w, c.scale, c.scale)
	c.x.Gram(k, w)
	diagonal, rows := make([]float64, d), make([]float64, 0, (most+1)*d)
	for j := range diagonal {
		diagonal[j] = k[j*d+j]
	}
	least := single * floats.Max(diagonal)
	for s := range most + 1 {
		p := floats.MaxIdx(diagonal)
		if !(diagonal[p] > least) {
			return false
		}
		row := append(rows[len(rows):], k[p*d:p*d+d]...)
		for t := range s {
			floats.AddScaled(row, -rows[t*d+p], rows[t*d:t*d+d])
		}
		floats.Scale(1/math.Sqrt(diagonal[p]), row)
		rows = rows[:len(rows)+d]
		for j, v := range row {
			diagonal[j] -= v * v
		}
		diagonal[p] = 0
	}
	return true
}

// rounding is the distance of a row of norm 1 from the span that counts as none.
func (c *Coordinates) rounding() float64 { return Roundoff(c.d) }

// find chooses the rows of Q', at most so many; false where they do not suffice.
func (c *Coordinates) find(most int) bool {
	q := blas64.General{Cols: c.d, Stride: c.d}
	along, v := NewGeneral(1, c.n), NewGeneral(1, c.d)
	c.exact = 1
	for {
		i := floats.MaxIdx(c.apart)
		if c.apart[i] < renewed*c.exact {
			c.measure(q)
			i = floats.MaxIdx(c.apart)
			c.exact = c.apart[i]
		}
		if c.apart[i] == 0 {
			break
		}
		if q.Rows == most {
			return false
		}
		clear(v.Data)
		c.x.Row(i, func(j int, a float64) { v.Data[j] = a * c.scale[i] })
		rest := orthogonalise(v.Data, q)
		if rest == 0 {
			return false // so near that the distance is a matter of the order of summation
		}
		c.apart[i] = 0
		floats.Scale(1/rest, v.Data)
		floats.Scale(1/orthogonalise(v.Data, q), v.Data)
		q.Data, q.Rows = append(q.Data, v.Data...), q.Rows+1
		c.x.Mul(along, v)
		for k, a := range along.Data {
			a *= c.scale[k]
			c.apart[k] = max(0, c.apart[k]-a*a)
		}
	}
	c.q = q
	return q.Rows > 0
}

// orthogonalise takes off v its components along the rows of q and returns the norm
// of what is left.
func orthogonalise(v []float64, q blas64.General) float64 {
	if q.Rows > 0 {
		part := make([]float64, q.Rows)
		dense.Gemv(blas.NoTrans, 1, q, Vector(v), 0, Vector(part))
		dense.Gemv(blas.Trans, -1, q, Vector(part), 1, Vector(v))
	}
	return floats.Norm(v, 2)
}

// measure computes the distances of all rows from the span of q anew; those that are
// rounding are 0.
func (c *Coordinates) measure(q blas64.General) {
	rows, along := NewGeneral(coordinateRows, c.d), NewGeneral(coordinateRows, q.Rows)
	for from := 0; from < c.n; from += coordinateRows {
		k := min(coordinateRows, c.n-from)
		e := FirstRows(rows, k)
		clear(e.Data)
		for i := range k {
			c.x.Row(from+i, func(j int, a float64) { e.Data[i*c.d+j] = a * c.scale[from+i] })
		}
		if q.Rows > 0 {
			t := FirstRows(along, k)
			dense.Gemm(blas.NoTrans, blas.Trans, 1, e, q, 0, t)
			dense.Gemm(blas.NoTrans, blas.NoTrans, -1, t, q, 1, e)
		}
		for i := range k {
			left := floats.Norm(RowOf(e, i), 2)
			if left <= c.rounding() {
				left = 0
			}
			c.apart[from+i] = left * left
		}
	}
}

// place sets Z = X Q.
func (c *Coordinates) place() {
	r := c.q.Rows
	zt := NewGeneral(r, c.n)
	c.x.Mul(zt, c.q)
	z := NewGeneral(c.n, r)
	dense.Transpose(z, zt)
	c.Z = mat.NewDense(c.n, r, z.Data)
	c.z = RowsOf(c.Z, c.d)
}

// Up is w = Q z.
func (c *Coordinates) Up(z []float64) []float64 {
	w := make([]float64, c.d)
	for k, v := range z {
		floats.AddScaled(w, v, RowOf(c.q, k))
	}
	return w
}

// Down is z = Q'w.
func (c *Coordinates) Down(w []float64) []float64 {
	z := make([]float64, c.q.Rows)
	for k := range z {
		z[k] = floats.Dot(RowOf(c.q, k), w)
	}
	return z
}

// Design is Z as what it is, rows of X in other coordinates: Columns tells those who
// prove something about X. Its products are booked on a, which may be nil.
func (c *Coordinates) Design(a *Account) Design { return Counted(c.z, a) }

// RowsOf is the design of z, whose rows are those of a matrix of so many columns, in
// rank coordinates of that matrix if there are more than z has.
func RowsOf(z *mat.Dense, columns int) Design {
	if _, r := z.Dims(); r == columns {
		return newDenseDesign(z)
	}
	return &rankDesign{newDenseDesign(z), columns}
}

// rankDesign is Z and the number of columns of X.
type rankDesign struct {
	*denseDesign
	columns int
}

// Columns is the number of columns of the matrix that evidence made with x is about:
// that of x unless x is in rank coordinates. What is true of these rows is true of those
// of the matrix up to changes of a relative Roundoff(Columns) of each.
func Columns(x Design) int {
	if c, ok := x.(*counted); ok {
		x = c.Design
	}
	if c, ok := x.(*rankDesign); ok {
		return c.columns
	}
	_, d := x.Dims()
	return d
}
