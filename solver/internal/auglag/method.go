package auglag

import (
	"context"
	"slices"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Method is the augmented Lagrangian over one working set after another.
type Method struct {
	o             Options
	state         *AugLag
	ahead, behind *Point    // where it starts next, if not nil; the end of the last point of a path
	xx            []float64 // n x n: X X', once it is known
}

var _ program.Method = (*Method)(nil)

// New is the method before its first working set.
func New(o Options) program.Method { return &Method{o: o} }

// Name is that of the phase in reports of progress.
func (*Method) Name() string { return "augmented Lagrangian" }

// Describe names the method with its linear system.
func (m *Method) Describe() string { return m.state.Sys.Describe() }

// Traits: an idle block costs two products a step.
func (*Method) Traits() program.Traits { return program.Traits{IdleIsCheap: true} }

// stride is the number of steps between reports.
const stride = 5

// scarce is the number of steps left below which the budget is asked after every one: the next may
// have more active blocks and take many times as much.
const scarce = 1000

// Solve steps to the relative gap tol.
func (m *Method) Solve(ctx context.Context, w *program.WorkingSet, tol float64, budget program.Budget) (program.Solution, error) {
	m.prepare(w)
	s := m.state
	for more := true; more && budget.Left() > 0; {
		steps := min(stride, budget.Left())
		if budget.Left() < scarce {
			steps = 1
		}
		done := s.Solve(ctx, tol, steps)
		budget.Spend(done)
		more = done == steps
	}
	out := program.Solution{Blocks: w.Blocks, U: s.Next, Active: make([]bool, len(w.Blocks)), C: s.Constant, Nu: slices.Clone(s.Nu)}
	out.Stalled = program.RelGap(s.Primal, s.Dual) > tol && ctx.Err() == nil && budget.Left() > 0
	for _, j := range s.Active {
		out.Active[j] = true
	}
	return out, nil
}

// prepare makes the state ready for the working set, where the last run ended or
// at ahead.
func (m *Method) prepare(w *program.WorkingSet) {
	if m.state == nil || !slices.Equal(m.state.Op.Blocks, w.Blocks) {
		next := NewAugLag(w.Operators(), w.Gram, w.P, m.o)
		switch {
		case m.ahead != nil:
		case m.state == nil:
			m.ahead = &Point{Nu: w.Nu, Sigma: next.Sigma}
		default:
			m.ahead = m.state.Point()
		}
		m.keepXX()
		next.Sys.Xx = m.xx
		m.state = next
	}
	if m.ahead != nil {
		m.state.Start(w.P, m.ahead)
		m.ahead = nil
	}
}

// Continue starts where the last two points of the path point to; they are beta
// and shrunk beta away.
func (m *Method) Continue(_ *program.Problem, shrunk float64) []float64 {
	if m.state == nil {
		return nil
	}
	here := m.state.Point()
	m.ahead = here
	if m.behind != nil {
		m.ahead = here.Beyond(m.behind, shrunk)
	}
	m.ahead.Sigma *= SigmaOfNeighbour
	m.behind = here
	return slices.Clone(m.ahead.Nu)
}

// Forget does nothing: Newton's method on psi converges from anywhere.
func (*Method) Forget() {}

// Renumber goes on from where the last run ended, by the blocks' new names.
func (m *Method) Renumber(place map[int]int) {
	if m.state != nil {
		m.keepXX()
		m.ahead, m.state = m.state.Point(), nil
	}
	for _, pt := range []*Point{m.ahead, m.behind} {
		if pt == nil {
			continue
		}
		index := make(map[operator.Block]int)
		for b, k := range pt.index {
			if c, ok := place[b.Cell]; ok {
				index[operator.Block{Cell: c, Sign: b.Sign}] = k
			}
		}
		pt.index = index
	}
}

func (m *Method) keepXX() {
	if m.state != nil {
		m.xx = m.state.Sys.Xx
	}
}
