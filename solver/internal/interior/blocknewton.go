package interior

import (
	"fmt"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// blockNewton forms and factors the Newton matrix itself, dB x dB. For squares
// F'F consists of products that do not change with the iterate.
type blockNewton struct {
	ip      *Interior
	gram    *operator.GramCache
	system  *operator.Regularised
	hess    blas64.General // B x d^2
	colSums []float64      // F'1
	couple  operator.CouplingRows
}

func NewBlockNewton(ip *Interior) *blockNewton {
	b, d := len(ip.T), ip.Op.D
	s := &blockNewton{ip: ip, gram: ip.gram, hess: operator.NewGeneral(b, d*d)}
	s.system, s.colSums = operator.NewRegularised(b*d, ip.Op.X), make([]float64, b*d)
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
	ip := s.ip
	if ip.squares() {
		s.couple = operator.CouplingRows{A: s.system.A, Blocks: ip.Op.Blocks, Gram: s.gram, D: ip.Op.D}
		operator.ParallelTask(len(ip.T), &s.couple)
	} else {
		ip.data.AddTo(s.system.A, ip.rows)
	}
	if ip.relu {
		ip.Op.X.Grams(s.hess, (*operator.Weights)(&ip.weight))
	}
	operator.ParallelTask(len(ip.T), (*diagonalBlocks)(s))
	return s.system.Factor(leastAdded)
}

// leastAdded is the first share of the diagonal that is added where the matrix is singular
// to rounding, as it is near the end when the optimum is not unique.
const leastAdded = 1e-14

// diagonalBlocks adds the cones, and the intercept's part of every row.
type diagonalBlocks blockNewton

func (s *diagonalBlocks) Part(j int) {
	ip := s.ip
	a := s.system.A
	d, size := ip.Op.D, a.N
	diag := a.Data[j*d*size+j*d:]
	ip.cone[j].addSchur(diag, size)
	if ip.relu {
		h := operator.RowOf(s.hess, j)
		for k := range d {
			floats.Add(diag[k*size:k*size+d], h[k*d:k*d+d])
		}
	}
	if ip.intercept && ip.squares() {
		for i := j * d; i < (j+1)*d; i++ {
			floats.AddScaled(a.Data[i*size+i:i*size+size], -s.colSums[i]/float64(ip.Op.N), s.colSums[i:])
		}
	}
}

// Solve refines with the matrix itself.
func (s *blockNewton) Solve(b []float64) (left float64) { return s.system.Solve(b) }

func (s *blockNewton) Describe() string {
	return fmt.Sprintf("interior point, blocks %d x %d", s.system.A.N, s.system.A.N)
}
