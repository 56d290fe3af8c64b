package byrows

import (
	"context"
	"errors"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

// Method solves programs of squares over working sets of patterns that come and go: a model is the
// program then, and what it takes of the rows, products of columns and the walls of cones, stays from
// one working set to the next.
type Method struct {
	s     *Search
	cells []int // of the patterns of s
}

var _ program.Method = (*Method)(nil)

// NewMethod is the method before its first working set.
func NewMethod() program.Method { return new(Method) }

// Name is that of the phase in reports of progress.
func (*Method) Name() string { return "rows" }

// Describe names the method.
func (*Method) Describe() string { return "models of the rows" }

// Traits are that no centres are wanted.
func (*Method) Traits() program.Traits { return program.Traits{Centreless: true} }

// Continue has nothing that depends on beta.
func (*Method) Continue(*program.Problem, float64) []float64 { return nil }

// Forget makes the next call start from zero.
func (m *Method) Forget() {
	if m.s != nil {
		m.s.at = point{}
	}
}

// Renumber keeps the patterns that remain.
func (m *Method) Renumber(place map[int]int) {
	if m.s == nil {
		return
	}
	var kept []int
	for p, c := range m.cells {
		if _, ok := place[c]; ok {
			kept = append(kept, p)
		}
	}
	m.keep(kept)
	for k, c := range m.cells {
		m.cells[k] = place[c]
	}
}

// Solve goes to the solution of the model, which is that of the program; where rounding kept it from
// the accuracy, the next call goes on from there.
func (m *Method) Solve(ctx context.Context, w *program.WorkingSet, tol float64, budget program.Budget) (program.Solution, error) {
	n, d := w.X.Dims()
	out := program.Solution{Blocks: w.Blocks, U: operator.NewGeneral(len(w.Blocks), d), Active: make([]bool, len(w.Blocks)), Stalled: true}
	if m.s == nil {
		m.s = &Search{n: n, d: d, store: rowsum.Memory{}, derives: true}
		m.s.curved, _ = loss.NewCurved(loss.Squared)
		m.s.run = new(rowsum.Runner)
		if !w.P.Activation.Gated {
			m.s.run.Slope = w.P.Activation.Slope
		}
	}
	s := m.s
	s.p = Problem{Rows: DenseRows{w.P.X.(*mat.Dense), w.P.Y}, Gates: s.p.Gates, Patterns: s.p.Patterns, Activation: w.P.Activation, Loss: loss.Squared, Intercept: w.P.Intercept}
	s.o = Options{Tol: tol, Account: w.X.Account()}
	s.run.Rows, s.lambda = s.p.Rows, w.P.Beta*float64(n)
	if walled, err := m.take(ctx, w); err != nil || !walled {
		return out, err
	}
	s.at = s.at.within(s.blocks, s.d)
	if err := s.evaluate(ctx); err != nil {
		return out, err
	}
	if budget.Left() > 0 {
		if _, err := s.newtonStep(ctx); err != nil {
			return out, err
		}
		budget.Spend(1)
	}
	for k, b := range s.blocks {
		s.at.of(operator.RowOf(out.U, k), b)
		out.Active[k] = slices.Contains(s.at.blocks, b)
	}
	out.C, out.Stalled = s.at.constant, false
	return out, nil
}

// take makes the working set that of w, with the patterns that it has not had yet; false where a gate
// lies on the hyperplane of a row.
func (m *Method) take(ctx context.Context, w *program.WorkingSet) (walled bool, err error) {
	s := m.s
	var fresh []int
	number := make(map[int]int, len(m.cells))
	for p, c := range m.cells {
		number[c] = p
	}
	used := make(map[int]bool)
	s.blocks = s.blocks[:0]
	for _, b := range w.Blocks {
		p, ok := number[b.Cell]
		if !ok {
			p = len(m.cells) + len(fresh)
			number[b.Cell], fresh = p, append(fresh, b.Cell)
		}
		used[p] = true
		s.blocks = append(s.blocks, block{p, b.Sign})
	}
	if len(m.cells) > idleShare*len(used) {
		var kept []int
		for p := range m.cells {
			if used[p] {
				kept = append(kept, p)
			}
		}
		m.keep(kept)
		return m.take(ctx, w)
	}
	if err := m.add(ctx, w, fresh); err != nil || len(fresh) == 0 {
		return err == nil, err
	}
	if err = s.findWalls(ctx, len(m.cells)-len(fresh)); errors.Is(err, ErrGate) {
		return false, nil
	}
	return err == nil, err
}

// idleShare times the patterns in use may be kept: they often come back.
const idleShare = 3

// add takes over cells as patterns.
func (m *Method) add(ctx context.Context, w *program.WorkingSet, fresh []int) error {
	if len(fresh) == 0 {
		return ctx.Err()
	}
	patterns := slices.Clone(m.s.p.Patterns)
	for _, c := range fresh {
		patterns = append(patterns, w.P.Cells[c].Pattern)
		m.s.cones = append(m.s.cones, &cone{gate: slices.Clone(w.P.Cells[c].Gate)})
	}
	m.bind(append(m.cells, fresh...), patterns)
	return ctx.Err()
}

// bind makes patterns those of the cells, whose gates the cones have.
func (m *Method) bind(cells []int, patterns []hyperplane.Pattern) {
	s := m.s
	var gates *mat.Dense
	if len(cells) > 0 {
		gates = mat.NewDense(len(cells), s.d, nil)
		for p, c := range s.cones {
			gates.SetRow(p, c.gate)
		}
	}
	m.cells = cells
	s.p.Patterns, s.p.Gates = patterns, gates
	s.run.Patterns, s.run.Gates = patterns, gates
}

// keep leaves the given patterns, ascending, and the point without the others.
func (m *Method) keep(kept []int) {
	s := m.s
	number := make(map[int]int, len(kept))
	cells, patterns, cones := make([]int, len(kept)), make([]hyperplane.Pattern, len(kept)), make([]*cone, len(kept))
	for k, p := range kept {
		number[p], cells[k], patterns[k], cones[k] = k, m.cells[p], s.p.Patterns[p], s.cones[p]
	}
	s.gram = s.gram.of(s.d, number)
	at := point{constant: s.at.constant}
	for k, b := range s.at.blocks {
		if p, ok := number[b.pattern]; ok {
			at.blocks, at.u.Data = append(at.blocks, block{p, b.sign}), append(at.u.Data, operator.RowOf(s.at.u, k)...)
		}
	}
	at.u.Rows, at.u.Cols, at.u.Stride = len(at.blocks), s.d, s.d
	s.cones, s.at = cones, at
	m.bind(cells, patterns)
}

// of is the part of the matrix for the patterns that have a new number.
func (g gram) of(d int, number map[int]int) gram {
	var out gram
	var columns []int
	for k, p := range g.patterns {
		if q, ok := number[p]; ok {
			out.patterns = append(out.patterns, q)
			for i := range d {
				columns = append(columns, k*d+i)
			}
		}
	}
	if len(columns) == 0 {
		return gram{}
	}
	columns = append(columns, g.h.Rows-1)
	out.h = operator.NewGeneral(len(columns), len(columns))
	for i, a := range columns {
		for j, b := range columns {
			out.h.Data[i*out.h.Stride+j] = g.h.Data[a*g.h.Stride+b]
		}
	}
	return out
}

// DenseRows are rows in memory.
type DenseRows struct {
	X *mat.Dense
	Y []float64
}

// Dims is rowsum.Rows'.
func (r DenseRows) Dims() (n, d int) { return r.X.Dims() }

// Read is rowsum.Rows'.
func (r DenseRows) Read(x, y, _ []float64, first int) error {
	copy(y, r.Y[first:])
	m := r.X.RawMatrix()
	if m.Stride == m.Cols {
		copy(x, m.Data[first*m.Cols:])
		return nil
	}
	for i := range y {
		copy(x[i*m.Cols:(i+1)*m.Cols], r.X.RawRowView(first+i))
	}
	return nil
}

// Suits reports whether the method is for p.
func Suits(p *program.Problem) bool {
	_, dense := p.X.(*mat.Dense)
	return dense && p.LossOrSquared() == loss.Squared
}
