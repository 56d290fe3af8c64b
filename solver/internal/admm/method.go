package admm

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Method is ADMM over one working set after another, with the polish.
type Method struct {
	o        Options
	state    *ADMM
	patience int     // iterations before a polish is tried, whatever the residuals
	newton   int     // Newton steps so far
	residual float64 // asked for last over this working set, +Inf over a new one

	spare *projectors // made when first needed
}

var _ program.Method = (*Method)(nil)

const (
	// stride is the number of iterations between reports.
	stride = 100
	// hopeless is the gap from which the end of a polish that came to nothing is not
	// gone on from: its steps may have led far away.
	hopeless = 0.5
	// FirstPatience is doubled by every polish that comes to nothing, up to
	// mostPatience: a program for which that is too little ends as stalled.
	FirstPatience = 200
	mostPatience  = 1600
	// unpolished: where a gap is asked for and no polish is affordable, residuals are to be so
	// much of it. On a grade of 400 x 90 residuals of .009 left a gap of .18.
	unpolished = 0.01
	// coarseness: names are read off iterates with residuals of so much of the
	// gap asked for.
	coarseness = 0.3
	// tightening divides the residuals asked for where the working set is that of the last call, for which
	// they were too large. On all of a9a with columns of unit variance they were small from the
	// 200th iteration on and the gap .03 at the 860th, in steps of 20.
	tightening = 3
	// CoarsePolish is the gap asked for up to which a working set is polished: for a coarser one
	// residuals are as good, and a Newton step costs as much as tens of iterations. Measured on
	// planted programs of 1000 x 20 to 2000 x 100 (100 patterns), CPU time over that of a polish of every
	// working set: squares 0.35 to 0.6, huber and the logistic loss 0.3 to 0.7, losses with kinks 0.2 to 0.8; with 5e-4
	// and 2e-5 the same to a fifth, with 5e-3 and more twice as much. Where the loss is not finite everywhere an iterate
	// need have no objective, so it is polished.
	CoarsePolish = 1e-4
)

// New is the method before its first working set.
func New(o Options) program.Method { return &Method{o: o, patience: FirstPatience} }

// Name is that of the phase in reports of progress.
func (*Method) Name() string { return "ADMM" }

// Describe names the method with its linear system.
func (m *Method) Describe() string {
	if m.newton == 0 {
		return "ADMM, " + m.state.Sys.Describe()
	}
	return fmt.Sprintf("ADMM, %s, polished by %d Newton steps", m.state.Sys.Describe(), m.newton)
}

// Traits: without a polish tol is for the residuals.
func (m *Method) Traits() program.Traits { return program.Traits{FirstOrder: !m.o.Polish} }

// Solve iterates until the residuals are small enough, or for as long as it has
// patience, and polishes where tol is fine enough for that. Where there is no polish, it iterates until the residuals
// are at most tol.
func (m *Method) Solve(ctx context.Context, w *program.WorkingSet, tol float64, budget program.Budget) (program.Solution, error) {
	if err := m.prepare(w); err != nil {
		return program.Solution{}, err
	}
	s := m.state
	if m.o.Polish {
		m.residual = min(coarseness*tol, m.residual/tightening)
		m.iterate(ctx, m.residual, m.patience, budget)
		if l := s.p.LossOrSquared(); tol > CoarsePolish && loss.Everywhere(l) {
			return m.solution(w, l != loss.Squared)
		}
		named := s.named(w.Violated)
		if q := s.newPolish(w, named, budget); q != nil && budget.Left() > 0 {
			ended := q.run(ctx, tol, budget)
			if !ended {
				m.patience = min(2*m.patience, mostPatience)
			}
			if q.err != nil {
				if ctx.Err() != nil { // what the polish began from stays
					return m.solution(w, true)
				}
				return program.Solution{}, q.err
			}
			if ended && q.outside() {
				s.loss.l = loss.Inside(s.p.LossOrSquared(), s.p.Y)
			}
			if ended || q.gap() < hopeless {
				s.adopt(q, named)
			}
			m.newton += q.steps
			budget.Spend(q.steps)
			out, err := m.solution(w, true)
			out.Stalled = !ended && ctx.Err() == nil && budget.Left() > 0
			return out, err
		}
	}
	eps := tol
	if m.o.Polish {
		eps *= unpolished
	}
	m.iterate(ctx, eps, budget.Left(), budget)
	return m.solution(w, s.p.LossOrSquared() != loss.Squared)
}

// prepare makes a state for the working set, from the last one.
func (m *Method) prepare(w *program.WorkingSet) error {
	if m.state != nil && slices.Equal(m.state.Op.Blocks, w.Blocks) {
		return nil
	}
	if m.spare == nil {
		m.spare = newProjectors(w.P)
	}
	next, err := NewADMM(w.Operators(), w.Gram, w.P, m.spare, m.o)
	if err != nil {
		return err
	}
	switch {
	case m.state != nil:
		next.StartFrom(m.state)
	case w.Start != nil:
		next.StartAt(w.Start)
	}
	m.state, m.residual = next, math.Inf(1)
	return nil
}

// iterate makes at most so many iterations.
func (m *Method) iterate(ctx context.Context, eps float64, most int, budget program.Budget) {
	for most = min(most, budget.Left()); most > 0; {
		part := min(stride, most)
		done := m.state.Run(ctx, eps, part)
		most -= part
		budget.Spend(done)
		if done < part {
			return
		}
	}
}

// solution is the iterate, and its own dual point if asked for.
func (m *Method) solution(w *program.WorkingSet, dual bool) (program.Solution, error) {
	s := m.state
	out := program.Solution{Blocks: w.Blocks, U: operator.CloneGeneral(s.V), Active: make([]bool, len(w.Blocks)), C: s.Constant}
	if dual {
		out.Nu = make([]float64, len(s.A))
		floats.ScaleTo(out.Nu, -s.Rho, s.A)
	}
	for j := range w.Blocks {
		out.Active[j] = floats.Norm(operator.RowOf(s.V, j), 2) > 0
	}
	return out, s.err
}

// Continue goes on with the iterates it has.
func (m *Method) Continue(p *program.Problem, _ float64) []float64 {
	if m.state != nil {
		m.state.Restart(p)
	}
	m.patience, m.residual = FirstPatience, math.Inf(1)
	return nil
}

// Forget does nothing: ADMM converges from anywhere.
func (*Method) Forget() {}

// Renumber drops the iterates.
func (m *Method) Renumber(map[int]int) { m.state = nil }
