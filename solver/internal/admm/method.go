package admm

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Method is ADMM over one working set after another.
type Method struct{ state *Admm }

var _ program.Method = (*Method)(nil)

// New is the method before its first working set.
func New() program.Method { return &Method{} }

// Name is that of the phase in reports of progress.
func (*Method) Name() string { return "ADMM" }

// Describe names the method with its linear system.
func (m *Method) Describe() string { return "ADMM, " + m.state.Sys.Describe() }

// Traits are those of a first-order method.
func (*Method) Traits() program.Traits { return program.Traits{FirstOrder: true} }

// stride is the number of iterations between reports.
const stride = 200

// Solve iterates until the residuals are at most eps.
func (m *Method) Solve(ctx context.Context, w *program.WorkingSet, eps float64, budget program.Budget) (program.Solution, error) {
	if m.state == nil || !slices.Equal(m.state.Op.Blocks, w.Blocks) {
		next, err := NewADMM(w.Operators(), w.Gram, w.P)
		if err != nil {
			return program.Solution{}, err
		}
		if m.state != nil {
			next.StartFrom(m.state)
		}
		m.state = next
	}
	s := m.state
	for budget.Left() > 0 {
		done := s.Run(ctx, eps, min(stride, budget.Left()))
		budget.Spend(done)
		if done < stride {
			break
		}
	}
	out := program.Solution{Blocks: w.Blocks, U: s.V, Active: make([]bool, len(w.Blocks)), C: s.Constant}
	if w.P.LossOrSquared() != loss.Squared {
		out.Nu = make([]float64, len(s.A))
		floats.ScaleTo(out.Nu, -s.Rho, s.A)
	}
	for j := range w.Blocks {
		out.Active[j] = floats.Norm(operator.RowOf(s.V, j), 2) > 0
	}
	return out, nil
}

// Continue goes on with the iterates it has.
func (m *Method) Continue(p *program.Problem, _ float64) []float64 {
	if m.state != nil {
		m.state.Restart(p)
	}
	return nil
}

// Forget does nothing: ADMM converges from anywhere.
func (*Method) Forget() {}

// Renumber drops the iterates.
func (m *Method) Renumber(map[int]int) { m.state = nil }
