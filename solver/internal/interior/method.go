package interior

import (
	"context"
	"math"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Method is the interior point over one working set after another.
type Method struct {
	o      Options
	warm   *Snapshot // where the next call starts, nil for afresh
	coarse *Snapshot // of the first call at this beta, for the next beta
	stalls int       // each lets a start from nothing be elsewhere
	system string
}

var _ program.Method = (*Method)(nil)

// New is the method before its first working set.
func New(o Options) program.Method { return &Method{o: o} }

// Name is that of the phase in reports of progress.
func (*Method) Name() string { return "interior point" }

// Describe names the method with its linear system.
func (m *Method) Describe() string { return m.system }

// Traits are none.
func (*Method) Traits() program.Traits { return program.Traits{} }

const (
	// restartShare is by how much the complementarity of a cold start is less after
	// every stall: what rounding spoils on one way to the last digits it spoils
	// elsewhere on another.
	restartShare = 0.3
	// stride is the number of iterations between reports.
	stride = 5
)

// Solve iterates to the relative gap tol, once more from nothing if rounding
// ended the way from the last solution.
func (m *Method) Solve(ctx context.Context, w *program.WorkingSet, tol float64, budget program.Budget) (program.Solution, error) {
	_, d := w.X.Dims()
	centres := operator.NewGeneral(len(w.Blocks), d)
	for k, b := range w.Blocks {
		copy(operator.RowOf(centres, k), w.Centres[b.Cell])
	}
	o := m.o
	o.StartGap *= math.Pow(restartShare, float64(m.stalls))
	ip := NewInterior(w.Operators(), w.Gram, w.P, centres, m.warm, o)
	for ip.Best.Gap > tol && budget.Left() > 0 {
		done := ip.Solve(ctx, tol, min(stride, budget.Left()))
		budget.Spend(done)
		if done < stride {
			break
		}
	}
	m.system = ip.Newton.Describe()
	stalled := ip.Best.Gap > tol && ctx.Err() == nil && budget.Left() > 0
	if stalled {
		m.stalls++
		if m.warm != nil {
			m.warm = nil // the last iterate was no good to start from
			return m.Solve(ctx, w, tol, budget)
		}
	}
	if ip.Saved != nil {
		m.warm = ip.Saved
		if m.coarse == nil {
			m.coarse = ip.Saved
		}
	}
	out := program.Solution{Blocks: w.Blocks, U: ip.Best.U, Active: make([]bool, len(w.Blocks)), C: ip.Best.C, Nu: ip.Best.MinusR, Stalled: stalled}
	// An idle block has t lambda of about socWeight mu / (1 - |z|/lambda).
	idle := 30 * ip.SocWeight * ip.Best.Mu
	for j, t := range ip.Best.T {
		out.Active[j] = t*ip.Lambda > idle
	}
	return out, nil
}

// Continue starts from the first solution at the last beta.
func (m *Method) Continue(_ *program.Problem, shrunk float64) []float64 {
	if m.coarse != nil {
		m.warm, m.coarse = m.coarse.Scaled(shrunk), nil
	}
	return nil
}

// Forget makes the next call start from nothing.
func (m *Method) Forget() { m.warm = nil }

// Renumber keeps what is known of the blocks that remain.
func (m *Method) Renumber(place map[int]int) {
	if m.warm == nil {
		return
	}
	index := make(map[operator.Block]int)
	for b, j := range m.warm.Index {
		if k, ok := place[b.Cell]; ok {
			index[operator.Block{Cell: k, Sign: b.Sign}] = j
		}
	}
	warm := *m.warm
	warm.Index = index
	m.warm = &warm
}
