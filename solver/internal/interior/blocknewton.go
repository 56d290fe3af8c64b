package interior

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// blockNewton forms and factors the Newton matrix itself, dB x dB. For squares
// F'F consists of products that do not change with the iterate.
type blockNewton struct {
	ip             *Interior
	gram           *operator.GramCache
	system         blas64.Symmetric
	chol           blas64.Triangular
	diag, sol, res []float64
	hess           blas64.General // B x d^2
	colSums        []float64      // F'1
	couple         operator.CouplingRows
}

func NewBlockNewton(ip *Interior) *blockNewton {
	b, d := len(ip.T), ip.Op.D
	s := &blockNewton{ip: ip, gram: ip.gram, hess: operator.NewGeneral(b, d*d)}
	s.system = blas64.Symmetric{N: b * d, Stride: b * d, Data: make([]float64, b*d*b*d), Uplo: blas.Upper}
	for _, v := range []*[]float64{&s.diag, &s.sol, &s.res, &s.colSums} {
		*v = make([]float64, b*d)
	}
	if ip.squares() {
		ip.gram.Require(ip.Op.Blocks)
	}
	if ip.intercept && ip.squares() {
		s.sumColumns()
	}
	return s
}

// sumColumns sets colSums = F'1.
func (s *blockNewton) sumColumns() {
	ip := s.ip
	for i := range ip.minusR {
		ip.minusR[i] = 1
	}
	ip.Op.SignedRows(ip.rows, ip.minusR, blas64.General{})
	ip.Op.X.MulTrans(ip.Op.PerBlock(s.colSums), ip.rows)
}

func (s *blockNewton) Factor() bool {
	ip, size := s.ip, s.system.N
	if ip.squares() {
		s.couple = operator.CouplingRows{A: s.system, Blocks: ip.Op.Blocks, Gram: s.gram, D: ip.Op.D}
		operator.ParallelTask(len(ip.T), &s.couple)
	} else {
		ip.data.AddTo(s.system, ip.rows)
	}
	if ip.relu {
		ip.Op.X.Grams(s.hess, (*operator.Weights)(&ip.weight))
	}
	operator.ParallelTask(len(ip.T), (*diagonalBlocks)(s))
	for i := range size {
		s.diag[i] = s.system.Data[i*size+i]
		for k := i + 1; k < size; k++ {
			s.system.Data[k*size+i] = s.system.Data[i*size+k]
		}
	}
	return s.choleskyRegularised()
}

// diagonalBlocks adds the cones, and the intercept's part of every row.
type diagonalBlocks blockNewton

func (s *diagonalBlocks) Part(j int) {
	ip := s.ip
	d, size := ip.Op.D, s.system.N
	diag := s.system.Data[j*d*size+j*d:]
	ip.cone[j].addSchur(diag, size)
	if ip.relu {
		h := operator.RowOf(s.hess, j)
		for a := range d {
			floats.Add(diag[a*size:a*size+d], h[a*d:a*d+d])
		}
	}
	if ip.intercept && ip.squares() {
		for i := j * d; i < (j+1)*d; i++ {
			floats.AddScaled(s.system.Data[i*size+i:i*size+size], -s.colSums[i]/float64(ip.Op.N), s.colSums[i:])
		}
	}
}

// choleskyRegularised factors the system, if need be with a little more on the
// diagonal: near the end the matrix is singular to rounding when the optimum is
// not unique. The refinement of the solutions makes up for the difference.
func (s *blockNewton) choleskyRegularised() bool {
	var ok bool
	s.ip.Op.X.Book(operator.FactorWork(s.system.N))
	s.chol, ok = dense.Potrf(s.system)
	for more := 1e-14; !ok && more < 1e-8; more *= 100 {
		size := s.system.N
		for i := range size {
			s.system.Data[i*size+i] = s.diag[i] * (1 + more)
			for k := i + 1; k < size; k++ {
				s.system.Data[i*size+k] = s.system.Data[k*size+i]
			}
		}
		s.ip.Op.X.Book(operator.FactorWork(size))
		s.chol, ok = dense.Potrf(s.system)
	}
	return ok
}

// Solve refines with the matrix itself, which Potrf leaves in the lower triangle.
func (s *blockNewton) Solve(b []float64) (left float64) {
	size, whole := len(b), max(floats.Norm(b, 2), math.SmallestNonzeroFloat64)
	copy(s.sol, b)
	operator.SolveFactored(s.chol, s.sol)
	last := math.Inf(1)
	for range refinements {
		s.ip.Op.X.Book(2 * operator.SubstitutionWork * float64(size) * float64(size)) // half of it the product
		copy(s.res, b)
		for i := range size {
			s.res[i] -= (s.diag[i] - s.system.Data[i*size+i]) * s.sol[i]
		}
		low := s.system
		low.Uplo = blas.Lower
		dense.Symv(-1, low, blas64.Vector{N: size, Inc: 1, Data: s.sol}, 1, blas64.Vector{N: size, Inc: 1, Data: s.res})
		now := floats.Norm(s.res, 2)
		if !(now < last/2) {
			break
		}
		last = now
		operator.SolveFactored(s.chol, s.res)
		floats.Add(s.sol, s.res)
	}
	copy(b, s.sol)
	return last / whole
}

func (s *blockNewton) Describe() string {
	return fmt.Sprintf("interior point, blocks %d x %d", s.system.N, s.system.N)
}
