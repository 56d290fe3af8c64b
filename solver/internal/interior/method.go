package interior

import (
	"context"
	"math"
	"slices"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Method is the interior point over one working set after another.
type Method struct {
	o      Options
	now    *Interior // of the last call, nil where going on from it is of no use
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
	// restartFactor is by how much the complementarity of a cold start is more after
	// every stall, mostRestarts times: what rounding spoils on one way to the last digits it spoils
	// elsewhere on another. Less would make the way longer: over the working set of tellingGap 41
	// steps from the default, 50 from ten times as much, 48, 68 and 79 from a tenth, a
	// hundredth and a thousandth, and from less it stalls.
	restartFactor = 3
	mostRestarts  = 4
	// stride is the number of iterations between reports.
	stride = 5
	// freshShare is the largest share of blocks that the last solution did not have
	// with which a start from it pays: the steps are tiny until the new ones are where
	// they must be. Measured on planted problems of 300 x 5 to 800 x 50, all working
	// sets together: 47 to 82 iterations with a start from nothing beyond 0.2 or 0.35,
	// 67 to 114 with warm starts alone, 54 to 120 with none.
	freshShare = 0.25
)

// Solve iterates to the relative gap tol, once more from nothing if rounding
// ended the way from the last solution.
func (m *Method) Solve(ctx context.Context, w *program.WorkingSet, tol float64, budget program.Budget) (program.Solution, error) {
	ip := m.begin(w)
	for ip.Best.Gap > tol && budget.Left() > 0 {
		done := ip.Solve(ctx, tol, min(stride, budget.Left()))
		budget.Spend(done)
		if done < stride {
			break
		}
	}
	m.system = ip.Newton.Describe()
	stalled := ip.Best.Gap > tol && ctx.Err() == nil && budget.Left() > 0
	m.now = ip
	if stalled {
		m.now = nil
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

// begin is the interior point over w: that of the last call if it was over the same
// blocks, else one that starts from what the last one left of them, or from nothing.
func (m *Method) begin(w *program.WorkingSet) *Interior {
	if ip := m.now; ip != nil && slices.Equal(ip.Op.Blocks, w.Blocks) {
		return ip
	}
	m.now = nil
	_, d := w.X.Dims()
	centres := operator.NewGeneral(len(w.Blocks), d)
	for k, b := range w.Blocks {
		copy(operator.RowOf(centres, k), w.Centres[b.Cell])
	}
	o := m.o
	o.StartGap = min(o.StartGap*math.Pow(restartFactor, float64(m.stalls%(mostRestarts+1))), largestStartGap)
	warm := m.warm
	if warm != nil && m.fresh(w) > freshShare*float64(len(w.Blocks)) {
		warm = nil
	}
	return NewInterior(w.Operators(), w.Gram, w.P, centres, warm, o)
}

// fresh is the number of blocks that the last call did not leave.
func (m *Method) fresh(w *program.WorkingSet) (count float64) {
	for _, b := range w.Blocks {
		if _, ok := m.warm.Index[b]; !ok {
			count++
		}
	}
	return count
}

// Continue starts from the first solution at the last beta.
func (m *Method) Continue(_ *program.Problem, shrunk float64) []float64 {
	m.now = nil
	if m.coarse != nil {
		m.warm, m.coarse = m.coarse.Scaled(shrunk), nil
	}
	return nil
}

// Forget makes the next call start from nothing.
func (m *Method) Forget() { m.now, m.warm = nil, nil }

// Renumber keeps what is known of the blocks that remain.
func (m *Method) Renumber(place map[int]int) {
	m.now = nil
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
