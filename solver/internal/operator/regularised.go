package operator

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
)

// Regularised is a symmetric matrix that is positive definite but for rounding, as those of
// an interior point near its end: it is factored with a little more on the diagonal if need
// be, and the refinement of the solutions makes up for the difference.
type Regularised struct {
	A        blas64.Symmetric // upper triangle; Factor overwrites both
	chol     blas64.Triangular
	diagonal []float64 // of A
	x, r     []float64
	books    interface{ Book(operations float64) }
}

// Refinements of a solution there are at most; they end when one does not halve the
// residual.
const Refinements = 6

// NewRegularised is one of order k, whose operations go into the books.
func NewRegularised(k int, books interface{ Book(operations float64) }) *Regularised {
	return &Regularised{
		A:        blas64.Symmetric{N: k, Stride: k, Data: make([]float64, k*k), Uplo: blas.Upper},
		diagonal: make([]float64, k), x: make([]float64, k), r: make([]float64, k), books: books,
	}
}

// Factor factors A, or A with least and more of its diagonal added, up to 1e-8; false if
// that does not suffice. A stays below the diagonal, and its diagonal apart.
func (m *Regularised) Factor(least float64) bool {
	size := m.A.N
	for i := range size {
		m.diagonal[i] = m.A.Data[i*size+i]
		for k := i + 1; k < size; k++ {
			m.A.Data[k*size+i] = m.A.Data[i*size+k]
		}
	}
	m.books.Book(FactorWork(size))
	var ok bool
	m.chol, ok = dense.Potrf(m.A)
	for more := least; !ok && more < 1e-8; more *= 100 {
		for i := range size {
			m.A.Data[i*size+i] = m.diagonal[i] * (1 + more)
			for k := i + 1; k < size; k++ {
				m.A.Data[i*size+k] = m.A.Data[k*size+i]
			}
		}
		m.books.Book(FactorWork(size))
		m.chol, ok = dense.Potrf(m.A)
	}
	return ok
}

// Solve overwrites b with the solution and returns what is left of b by it, relatively.
func (m *Regularised) Solve(b []float64) (left float64) { return Refine(m, b, m.x, m.r, Refinements) }

// Once implements Approximate.
func (m *Regularised) Once(b []float64) { SolveFactored(m.chol, b) }

// Residual implements Approximate.
func (m *Regularised) Residual(r, b, x []float64) {
	size := m.A.N
	m.books.Book(2 * SubstitutionWork * float64(size) * float64(size)) // half of it the substitution
	copy(r, b)
	for i := range size {
		r[i] -= (m.diagonal[i] - m.A.Data[i*size+i]) * x[i]
	}
	low := m.A
	low.Uplo = blas.Lower
	dense.Symv(-1, low, Vector(x), 1, Vector(r))
}
