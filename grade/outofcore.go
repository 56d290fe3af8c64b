package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
	"multigrade/solver/rowsum"
)

// TrainRows trains a model on rows that are too many for memory, in scope restricted: the solver only
// makes passes over the file, and so does all that is measured; the features of the grades before
// are computed anew in every pass. To the bit the model does to its inputs and the ledger are what
// Train would have made of the same networks; these are the optima to the same tolerance, found by
// another method. A run that was ended is taken up behind the grades that earlier gives back, each of
// which takes two passes.
func TrainRows(ctx context.Context, data *RowData, o Options, earlier Earlier, observer Observer) (*Run, error) {
	if err := errors.Join(o.Validate(), o.CheckRows()); err != nil {
		return nil, err
	}
	if data.Ratios != nil && len(data.Ratios) != o.Grades {
		return nil, fmt.Errorf("%w: the betas of %d grades for %d", ErrOptions, len(data.Ratios), o.Grades)
	}
	t := &rowTrainer{o: &o, data: data, earlier: earlier, observer: observer}
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	within := ctx
	if o.Limits.Time > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, o.Limits.Time)
		defer cancel()
	}
	for k := 1; k <= o.Grades && t.run.Stopped == ""; k++ {
		err := t.step(ctx, within, k)
		switch {
		case err == nil:
		case k > 1 && within.Err() != nil && errors.Is(err, within.Err()):
			t.run.stop(cutBefore(k, within.Err()))
		default:
			return nil, err
		}
	}
	return t.run, nil
}

// rowTrainer is the state of TrainRows.
type rowTrainer struct {
	o        *Options
	data     *RowData
	rows     *programRows
	earlier  Earlier
	observer Observer
	run      *Run
}

// step trains grade k, if it makes sense.
func (t *rowTrainer) step(ctx, within context.Context, k int) error {
	n, d := t.rows.Dims()
	if k > 1 {
		last := t.run.Ledger[len(t.run.Ledger)-1]
		switch need := t.o.RowBytes(n, d); {
		case within.Err() != nil:
			return within.Err()
		case last.Neurons == 0:
			t.run.Stopped = withoutNeurons(k - 1)
			return nil
		case t.fitted(&last):
			t.run.Stopped = nothingLeft(k - 1)
			return nil
		case t.data.Memory > 0 && need > t.data.Memory:
			t.run.stop(solver.Limit, fmt.Sprintf("grade %d, of %d columns, would take about %.3g GB of memory: allow more, or take fewer patterns or a larger beta", k, d, float64(need)/1e9))
			return nil
		}
	}
	if s := t.earlier.finished(k, 0); s != nil {
		return t.takeUp(ctx, s)
	}
	search, err := t.search(within, k)
	if err != nil {
		return err
	}
	defer search.Close()
	s, err := t.solve(within, search)
	if err != nil {
		return err
	}
	lasting := within.Err() == nil
	if s.Hash, err = t.rows.hash(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	trained, err := t.finish(ctx, s)
	if err != nil {
		return err
	}
	if err := t.observer.Solved(k, 1, s, lasting); err != nil {
		return err
	}
	t.observer.Trained(trained)
	return nil
}

// takeUp adds the next grade as an earlier run finished it.
func (t *rowTrainer) takeUp(ctx context.Context, s *Solved) error {
	hash, err := t.rows.hash(ctx)
	if err != nil {
		return err
	}
	_, d := t.rows.Dims()
	if err := s.isOf(hash, t.o, d); err != nil {
		return err
	}
	trained, err := t.finish(ctx, s)
	if err == nil {
		t.observer.Trained(trained)
	}
	return err
}

// prepare decides on the task and standardises.
func (t *rowTrainer) prepare(ctx context.Context) (err error) {
	n, cols := t.data.File.Dims()
	switch {
	case n < 2:
		return fmt.Errorf("%w: %d row, want at least 2", ErrData, n)
	case t.data.Labels.Task == Multiclass:
		return fmt.Errorf("%w: %d classes, and out of core a target has two at most", ErrOptions, len(t.data.Labels.Classes))
	}
	if err := t.o.checkTask(t.data.Labels.Task); err != nil {
		return err
	}
	m := newModel(t.o, &Data{Source: t.data.Source, Labels: Labels{Task: t.data.Labels.Task, Classes: t.data.Labels.Classes, Y: make([][]float64, 1)}})
	if t.rows, err = newProgramRows(t.data.File, m, t.data.Labels); err != nil {
		return err
	}
	sums, err := rowSums(ctx, t.data.File)
	if err != nil {
		return err
	}
	if err := t.data.checkRange(sums, t.o.Standardize); err != nil {
		return err
	}
	mean, sd := make([]float64, cols), make([]float64, cols)
	for j := range sums {
		mean[j], sd[j] = sums[j].result()
	}
	d := cols - 1
	if t.o.Standardize {
		m.Input = Standardisation{Shift: mean[:d:d], Scale: sd[:d:d]}
	}
	if t.o.Standardize && !t.rows.classes {
		m.Output = Standardisation{Shift: mean[d:], Scale: sd[d:]}
	}
	if t.o.Carry {
		m.CarryShift = make([]float64, d)
		for j := range m.CarryShift { // standardised values rise with the column's
			m.CarryShift[j] = max(0, -m.Input.value(sums[j].lo, j))
		}
	}
	t.run = &Run{Model: m, LogLoss: math.NaN(), Variance: map[string][]float64{OnTrain: {float64(sd[d] * sd[d])}}}
	if c := &sums[d]; !t.rows.classes && t.rows.target(c.lo) == 0 && t.rows.target(c.hi) == 0 {
		return t.nothing(ctx)
	}
	return nil
}

// nothing ends a run whose target is fitted without a grade.
func (t *rowTrainer) nothing(ctx context.Context) error {
	zero := &Grade{Activation: t.o.unit().String(), Outputs: []Output{{}}}
	before, _, _, err := t.measure(ctx, zero)
	if err != nil {
		return err
	}
	t.run.Ledger = append(t.run.Ledger, before)
	t.run.Stopped = nothingLeft(0)
	return nil
}

// gates are those given for the first grade, or Gaussian ones, the same that Train draws.
func (t *rowTrainer) gates(k int) *mat.Dense {
	if t.o.Gates != nil && k == 1 {
		return t.o.Gates
	}
	n, d := t.rows.Dims()
	return hyperplane.GaussianGates(d, t.o.sampleSize(n), gradeSeed(t.o.Seed, k))
}

// search begins that for the network of grade k; it is to be closed.
func (t *rowTrainer) search(ctx context.Context, k int) (*solver.RowSearch, error) {
	so := solver.DefaultRowOptions()
	so.Tol = t.o.Tol
	so.Rounds = min(so.Rounds, t.o.Limits.Iterations)
	so.Progress = func(p solver.RowProgress) {
		t.observer.Progress(Progress{Grade: k, Grades: t.o.Grades, Output: 1, Outputs: 1,
			Progress: solver.Progress{Phase: "rows", Iteration: p.Passes, Primal: p.Primal, Dual: p.Dual, RelGap: p.RelGap, Active: p.Active}})
	}
	if t.data.Pass != nil {
		so.Pass = func(ctx context.Context, r *rowsum.Runner, p rowsum.Pass) (*rowsum.Part, error) {
			return t.data.Pass(ctx, t.rows.program(), r, p)
		}
	}
	p := &solver.RowProblem{Rows: t.rows, Gates: t.gates(k), Activation: t.o.Activation, Loss: t.o.Loss, Intercept: t.o.Intercept, Shifted: t.rows.shifted(), Scratch: t.data.Scratch}
	return solver.NewRowSearch(ctx, p, so)
}

// solve solves the program and accounts for it.
func (t *rowTrainer) solve(ctx context.Context, search *solver.RowSearch) (*Solved, error) {
	most, err := search.BetaMax(ctx)
	if err != nil {
		return nil, err
	}
	var beta float64
	share := t.o.Beta
	if k := len(t.run.Model.Grades); t.data.Ratios != nil {
		share = RelativeBeta(t.data.Ratios[k])
	}
	switch b := share.(type) { // CheckRows refuses others
	case AbsoluteBeta:
		beta = float64(b)
	case RelativeBeta:
		beta = float64(b) * most
		if idle := search.BetaRounding(); most <= idle {
			beta = idle // as Train: nothing can be gained, and this shows it
		}
	}
	if !(beta > 0) {
		return nil, fmt.Errorf("%w: beta is %v, and out of core it has to be > 0", ErrOptions, beta)
	}
	r, err := search.Solve(ctx, beta)
	if err != nil {
		return nil, err
	}
	n, d := t.rows.Dims()
	s := &Solved{Output: newOutput(beta, &r.Network), Evidence: &Evidence{Rows: n, Dim: d, Shifted: t.rows.shifted(), Rowwise: &r.RowEvidence, Result: &r.Result}}
	_, patterns := r.Dims()
	rank, err := t.rank(n, d)
	if err != nil {
		return nil, err
	}
	s.Account = Account{Rank: rank, Patterns: patterns, BetaMax: most, Method: r.Method, Iterations: r.Iterations,
		Primal: r.Primal, Dual: r.Dual, RelGap: r.RelGap, Listed: r.Status, Status: r.Status, GlobalRelGap: 1, GlobalMethod: "none"}
	return s, nil
}

// fitted is splitState's, by the entry of the last grade.
func (t *rowTrainer) fitted(last *Entry) bool {
	if t.run.Model.Margins() {
		return last.Loss <= t.o.Tol*t.run.Ledger[0].Loss
	}
	return last.Linf == 0
}

// rankRows is how many rows the rank is found of at least, if there are so many: beyond that a column
// that depends on the others in all of them, but not in the file, is one in a thousand rows.
const rankRows = 1024

// rank is that of as many rows of the program, at most all, each from another of stretches of the
// same length.
func (t *rowTrainer) rank(n, d int) (int, error) {
	rows := min(n, max(rankRows, 2*d))
	x, y := mat.NewDense(rows, d, nil), make([]float64, 1)
	for i := range rows {
		if err := t.rows.Read(x.RawRowView(i), y, nil, i*n/rows); err != nil {
			return 0, err
		}
	}
	return hyperplane.Rank(x)
}

// finish measures what the grade left and puts it into the run.
func (t *rowTrainer) finish(ctx context.Context, s *Solved) (*Trained, error) {
	ctx = context.WithoutCancel(ctx)
	_, d := t.rows.Dims()
	m := t.run.Model
	g := &Grade{Number: len(m.Grades) + 1, Activation: t.o.unit().String(), Loss: t.o.Loss.Name(), Carry: t.o.Carry, InputDim: d, Outputs: []Output{s.Output}}
	before, after, scales, err := t.measure(ctx, g)
	if err != nil {
		return nil, err
	}
	if after.Loss > before.Loss { // by rounding: as Train, the zero network
		if s.Evidence == nil {
			return nil, fmt.Errorf("%w: its loss is %v, of no network %v", ErrFinished, after.Loss, before.Loss)
		}
		t.withoutNeurons(s, before.Loss)
		g.Outputs[0] = s.Output
		if _, after, scales, err = t.measure(ctx, g); err != nil {
			return nil, err
		}
	}
	g.FeatureScale = scales
	m.Grades = append(m.Grades, *g)
	if g.Number == 1 {
		t.run.Ledger = append(t.run.Ledger, before)
	}
	after.Grade, after.Neurons, after.Beta = g.Number, len(s.Output.Neurons), s.Output.Beta
	after.Primal, after.Dual, after.RelGap, after.Status = s.Primal, s.Dual, s.RelGap, s.Listed.String()
	t.run.Ledger = append(t.run.Ledger, after)
	trained := &Trained{Grade: g, Scope: Restricted, Outputs: []*Solved{s}}
	t.run.Grades = append(t.run.Grades, trained)
	t.run.ended(s.Status)
	return trained, nil
}

// withoutNeurons puts the zero network in the place of the solver's; loss is what it leaves.
func (t *rowTrainer) withoutNeurons(s *Solved, loss float64) {
	n, _ := t.rows.Dims()
	r := s.Evidence.Result.WithoutNeuronsOf(loss, n, t.o.Tol)
	s.Evidence.Result = r
	s.Output, s.Replaced = newOutput(s.Output.Beta, &r.Network), true
	s.Primal, s.RelGap, s.Listed, s.Status = r.Primal, r.RelGap, r.Status, r.Status
}

// rowMeasuring is the sums of a ledger's entry, over rows in their order.
type rowMeasuring struct {
	norms measuring
	loss  float64 // of the rows, together, or the largest of a maximum
	right int
}

// add adds rows with e_k and f_1 + ... + f_k.
func (s *rowMeasuring) add(m *Model, l solver.Loss, p *splitState, e, total []float64) {
	r, before := p.residuals(m, 0, e, total), p.e[0]
	after := e
	if m.Margins() {
		before, after = labelResidual(before, p.y[0]), r
	}
	s.norms.add(r, before, after)
	for i := range e {
		if v := lossOf(l, fit{e: e[i : i+1], total: total[i : i+1], y: p.y[0][i : i+1]}); l == solver.LInf {
			s.loss = max(s.loss, v)
		} else {
			s.loss += v
		}
		if rightClass([][]float64{total}, p.y, i) {
			s.right++
		}
	}
}

func (s *rowMeasuring) entry(m *Model) Entry {
	n := float64(s.norms.rows)
	e := Entry{Split: OnTrain, Output: 1, Rows: s.norms.rows, Norms: s.norms.norms(), Loss: s.loss, Accuracy: math.NaN()}
	if m.Loss != solver.LInf.Name() {
		e.Loss /= n
	}
	if m.Task != Regression.String() {
		e.Accuracy = float64(s.right) / n
	}
	return e
}

// measure is the ledger's entries before and after the grade, and the scales of its features.
func (t *rowTrainer) measure(ctx context.Context, g *Grade) (before, after Entry, scales []float64, err error) {
	m, o := t.run.Model, &g.Outputs[0]
	var sums [2]rowMeasuring
	scales = make([]float64, len(o.Neurons))
	most := min(m.Data.Rows, stretchRows)
	var room [6][]float64
	for k := range room {
		room[k] = make([]float64, most)
	}
	features := mat.NewDense(most, max(1, len(o.Neurons)), nil)
	err = inOrder(ctx, t.data.File, func(_ int, raw *mat.Dense) {
		n, cols := raw.Dims()
		f, e, total := room[0][:n], room[1][:n], room[2][:n]
		p := &splitState{name: OnTrain, y: [][]float64{room[3][:n]}, e: [][]float64{room[4][:n]}, total: [][]float64{room[5][:n]}}
		hidden := features.Slice(0, n, 0, max(1, len(o.Neurons))).(*mat.Dense)
		inParts(n, func(from, to int) {
			part := t.rows.state(raw.Slice(from, to, 0, cols).(*mat.Dense))
			for _, v := range []struct{ to, of [][]float64 }{{p.y, part.y}, {p.e, part.e}, {p.total, part.total}} {
				copy(v.to[0][from:to], v.of[0])
			}
			v := g.evaluate(part.h, m.Bias, true)
			copy(f[from:to], v.f[0])
			if v.z != nil {
				hidden.Slice(from, to, 0, len(o.Neurons)).(*mat.Dense).Copy(v.z)
			}
		})
		for i, v := range f {
			e[i], total[i] = p.e[0][i]-v, p.total[0][i]+v
		}
		sums[0].add(m, t.o.Loss, p, p.e[0], p.total[0])
		sums[1].add(m, t.o.Loss, p, e, total)
		for i := range n {
			for k := range scales {
				v := hidden.At(i, k)
				scales[k] += float64(v * v)
			}
		}
	})
	if err != nil {
		return before, after, nil, err
	}
	toScales(scales, m.Data.Rows)
	return sums[0].entry(m), sums[1].entry(m), scales, nil
}

// inParts calls f for parts of n rows, side by side.
func inParts(n int, f func(from, to int)) {
	parts := min(n, runtime.GOMAXPROCS(0))
	boundedGroup(parts, func(k int) error { f(k*n/parts, (k+1)*n/parts); return nil })
}
