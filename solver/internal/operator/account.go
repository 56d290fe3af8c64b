package operator

import (
	"math"
	"sync/atomic"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// An Account books what is done with a data matrix, in floating-point operations as a
// product of dense matrices makes them: 2 for a multiplication and an addition. What is
// slower than that, because it waits for memory or has divisions and logarithms in it,
// counts for as many operations as it takes the time of. Every product with a Design books
// itself, and whoever factors, projects or branches beside it books that (Design.Book). The sum is
// that of whole numbers, so it is the same for any number of threads and on every machine.
// A nil Account books nothing and has no limit.
type Account struct {
	limit  float64 // 0: none
	booked atomic.Int64
}

// NewAccount is an account with a limit of operations >= 0, 0 for none. The limit is for
// its users to keep: nothing is refused.
func NewAccount(limit float64) *Account { return &Account{limit: limit} }

// Book adds operations >= 0. It may be called from several goroutines.
func (a *Account) Book(operations float64) {
	if a != nil {
		a.booked.Add(int64(operations))
	}
}

// Booked is the sum so far.
func (a *Account) Booked() float64 {
	if a == nil {
		return 0
	}
	return float64(a.booked.Load())
}

// Extend allows more operations: those of a phase with a budget of its own.
func (a *Account) Extend(operations float64) {
	if a != nil && a.limit > 0 {
		a.limit += operations
	}
}

// Left is what the limit leaves, +Inf without one. It is below 0 where more was booked.
func (a *Account) Left() float64 {
	if a == nil || a.limit == 0 {
		return math.Inf(1)
	}
	return a.limit - a.Booked()
}

// What slow operations count for (measured on two cores with AVX-512 by
// BenchmarkAccount; a product of dense matrices counts 2 for an entry and a row).
const (
	// EntryWork of a stored entry that a product reads.
	EntryWork = 8
	// PassWork of an entry of a matrix that a pass over it reads and changes.
	PassWork = 6
	// gramWork of a product of two entries of a row in X' diag(w) X.
	gramWork = 3
	// SubstitutionWork of an entry of a triangular matrix with which an equation is solved.
	SubstitutionWork = 6
)

// FactorWork is what the factor of a symmetric matrix of order k counts for.
func FactorWork(k int) float64 { return float64(k) * float64(k) * (float64(k)/3 + SubstitutionWork) }

// counted is a Design that books.
type counted struct {
	Design
	account *Account
	sparse  bool
}

// Counted is d with an account in the place of its own, d itself where that is nil.
func Counted(d Design, a *Account) Design {
	if a == nil {
		return d
	}
	if c, ok := d.(*counted); ok {
		d = c.Design
	}
	_, isSparse := d.(*sparseDesign)
	return &counted{d, a, isSparse}
}

// NewCountedDesign is NewDesign with an account, which may be nil.
func NewCountedDesign(x mat.Matrix, a *Account) (Design, error) {
	d, err := NewDesign(x)
	if err != nil {
		return nil, err
	}
	return Counted(d, a), nil
}

func (x *counted) Account() *Account { return x.account }

func (x *counted) Book(operations float64) { x.account.Book(operations) }

// product books one of k rows. A sparse one of many rows works on transposes, and its
// transposed product on slabs of them: so many passes over d x k numbers.
func (x *counted) product(k, passes int) {
	work := float64(x.Stored()) * float64(2*k+EntryWork)
	if _, d := x.Dims(); x.sparse && k >= SparseTogether {
		work += PassWork / 2 * float64(passes) * float64(d) * float64(k)
	}
	x.Book(work)
}

func (x *counted) Mul(z, u blas64.General) {
	x.product(u.Rows, 4)
	x.Design.Mul(z, u)
}

// BookMul books on x a Mul by u of so many rows that is made block by block.
func BookMul(x Design, rows int) {
	if c, ok := x.(*counted); ok {
		c.product(rows, 4)
	}
}

func (x *counted) MulTrans(c, t blas64.General) {
	x.product(t.Rows, 2*sparseSlabs)
	x.Design.MulTrans(c, t)
}

func (x *counted) Gram(k, w []float64) {
	x.Book(gramWork * x.pairs())
	x.Design.Gram(k, w)
}

func (x *counted) Grams(k blas64.General, w RowWeights) {
	x.Book(gramWork * x.pairs() * float64(k.Rows))
	x.Design.Grams(k, w)
}

// pairs is the number of products of two entries of a row, as if all rows had as many.
func (x *counted) pairs() float64 {
	n, _ := x.Dims()
	return float64(x.Stored()) * float64(x.Stored()) / float64(n)
}
