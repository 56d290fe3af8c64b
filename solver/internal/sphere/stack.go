package sphere

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
)

// Stack is X as bounds of m(nu) = max over |w| <= 1 of |nu'phi(Xw)| see it: for relu
// itself, for other slopes s the 2n rows [X; -X], with the weights [nu; -s nu], for
// which m is that of relu (operator.Activation). Everything else in this package is
// about relu.
type Stack struct {
	X     operator.Design
	Line  []float64 // of its rows, as BoundOptions.Line
	slope float64
}

// NewStack makes it of x and its design; line is nil or says of each row of x where
// it is on a line.
func NewStack(x mat.Matrix, design operator.Design, a operator.Activation, line []float64) *Stack {
	s := &Stack{X: design, Line: line, slope: a.Slope}
	if s.slope == 0 {
		return s
	}
	switch both := beneath(x).(type) {
	case *mat.Dense:
		s.X = operator.Counted(operator.RowsOf(both, operator.Columns(design)), design.Account())
	default:
		s.X, _ = operator.NewCountedDesign(both, design.Account()) // of the type that x has
	}
	if line != nil {
		s.Line = ranks(line)
	}
	return s
}

// Cones are what a search of MaxNeuron begins with where there are no pieces, both signs; 0
// where there is none then.
func (s *Stack) Cones() int {
	r := len(operator.UsedColumns(s.X))
	if _, d := s.X.Dims(); operator.Columns(s.X) != d || r < 1 || r > maxBoundRank {
		return 0
	}
	return 2 << r
}

// MaxNeuron bounds m(nu), with the Line of the stack.
func (s *Stack) MaxNeuron(ctx context.Context, nu []float64, o BoundOptions) (*NeuronBound, error) {
	o.Line, o.stacked = s.Line, s.slope != 0
	return maxNeuron(ctx, s.X, s.weights(nu), o)
}

// bounder is the state of a search for nu that is not begun, with the Line of the stack.
func (s *Stack) bounder(ctx context.Context, nu []float64, o BoundOptions) *bounder {
	o.Line, o.stacked = s.Line, s.slope != 0
	n, d := s.X.Dims()
	return &bounder{ctx: ctx, x: s.X, n: n, d: d, nu: s.weights(nu), o: o, columns: operator.UsedColumns(s.X)}
}

// ClosedForm is a bound of m(nu) without a search.
func (s *Stack) ClosedForm(nu []float64) float64 {
	return NewClosedForm(context.Background(), s.X, s.weights(nu), math.Inf(1)).Bound
}

// weights are those of relu.
func (s *Stack) weights(nu []float64) []float64 {
	if s.slope == 0 {
		return nu
	}
	w := slices.Grow(slices.Clone(nu), len(nu))
	for _, v := range nu {
		w = append(w, -s.slope*v)
	}
	return w
}

// beneath is [X; -X].
func beneath(x mat.Matrix) mat.Matrix {
	n, d := x.Dims()
	if csr, ok := x.(*sparse.CSR); ok {
		raw := csr.RawMatrix()
		start, index, values := slices.Clone(raw.Indptr), slices.Concat(raw.Ind, raw.Ind), slices.Concat(raw.Data, raw.Data)
		for _, end := range raw.Indptr[1:] {
			start = append(start, raw.Indptr[n]+end)
		}
		for k := len(raw.Data); k < len(values); k++ {
			values[k] = -values[k]
		}
		return sparse.NewCSR(2*n, d, start, index, values)
	}
	out := mat.NewDense(2*n, d, nil)
	for i := range n {
		for j := range d {
			out.Set(i, j, x.At(i, j))
			out.Set(n+i, j, -x.At(i, j))
		}
	}
	return out
}

// ranks places the rows of X on a line in the order of the given one, and those of
// -X, in the same order, behind them.
func ranks(line []float64) []float64 {
	n := len(line)
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(line[i], line[j]) })
	out := make([]float64, 2*n)
	for k, i := range order {
		out[i], out[n+i] = float64(k), float64(n+k)
	}
	return out
}
