package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
	"multigrade/solver/rowsum"
)

// TrainRows trains a model of one grade on rows that are too many for memory, in scope
// restricted: the solver only makes passes over the file, and so does all that is measured. To
// the bit the model does to its inputs and the ledger are what Train would have made of the same
// network; the network is the optimum to the same tolerance, found by another method.
func TrainRows(ctx context.Context, data *RowData, o Options, observer Observer) (*Run, error) {
	if err := errors.Join(o.Validate(), o.CheckRows()); err != nil {
		return nil, err
	}
	t := &rowTrainer{o: &o, data: data, observer: observer}
	defer t.close()
	if err := t.prepare(ctx); err != nil {
		return nil, err
	}
	within := ctx
	if o.Limits.Time > 0 {
		var cancel context.CancelFunc
		within, cancel = context.WithTimeout(ctx, o.Limits.Time)
		defer cancel()
	}
	s, err := t.solve(within)
	if err != nil {
		return nil, err
	}
	return t.run, t.finish(ctx, s)
}

// rowTrainer is the state of TrainRows.
type rowTrainer struct {
	o        *Options
	data     *RowData
	rows     *programRows
	observer Observer
	run      *Run
	search   *solver.RowSearch // nil before it
}

// close frees what was kept of the rows.
func (t *rowTrainer) close() {
	if t.search != nil {
		t.search.Close()
	}
}

// prepare decides on the task and standardises.
func (t *rowTrainer) prepare(ctx context.Context) (err error) {
	n, cols := t.data.File.Dims()
	switch {
	case n < 2:
		return fmt.Errorf("%w: %d row, want at least 2", ErrData, n)
	case t.data.Labels.Task == Multiclass:
		return fmt.Errorf("%w: %d classes, and out of core a target has two at most", ErrData, len(t.data.Labels.Classes))
	case t.data.Labels.Task == Regression && t.o.Loss.Labels():
		return fmt.Errorf("%w: loss %s is for classes, the target is a regression's", ErrData, t.o.Loss.Name())
	}
	m := newModel(t.o, &Data{Source: t.data.Source, Labels: Labels{Task: t.data.Labels.Task, Classes: t.data.Labels.Classes, Y: make([][]float64, 1)}})
	t.rows = &programRows{file: t.data.File, model: m, classes: t.data.Labels.Task != Regression}
	if t.rows.classes {
		if t.rows.second, err = strconv.ParseFloat(t.data.Labels.Classes[1], 64); err != nil {
			return err
		}
	}
	mean, sd, err := rowStandardisation(ctx, t.data.File)
	if err != nil {
		return err
	}
	d := cols - 1
	if t.o.Standardize {
		m.Input = Standardisation{Shift: mean[:d:d], Scale: sd[:d:d]}
	}
	if t.o.Standardize && !t.rows.classes {
		m.Output = Standardisation{Shift: mean[d:], Scale: sd[d:]}
	}
	t.run = &Run{Model: m, LogLoss: math.NaN(), Variance: map[string][]float64{OnTrain: {float64(sd[d] * sd[d])}}}
	return nil
}

// gates are those given, or Gaussian ones, the same that Train draws.
func (t *rowTrainer) gates() *mat.Dense {
	if t.o.Gates != nil {
		return t.o.Gates
	}
	n, d := t.rows.Dims()
	return hyperplane.GaussianGates(d, t.o.sampleSize(n), gradeSeed(t.o.Seed, 1))
}

// solve solves the program and accounts for it.
func (t *rowTrainer) solve(ctx context.Context) (*Solved, error) {
	so := solver.DefaultRowOptions()
	so.Tol = t.o.Tol
	so.Rounds = min(so.Rounds, t.o.Limits.Iterations)
	so.Progress = func(p solver.RowProgress) {
		t.observer.Progress(Progress{Grade: 1, Grades: 1, Output: 1, Outputs: 1,
			Progress: solver.Progress{Phase: "rows", Iteration: p.Passes, Primal: p.Primal, Dual: p.Dual, RelGap: p.RelGap, Active: p.Active}})
	}
	if t.data.Pass != nil {
		so.Pass = func(ctx context.Context, r *rowsum.Runner, p rowsum.Pass) (*rowsum.Part, error) {
			return t.data.Pass(ctx, t.rows.program(), r, p)
		}
	}
	search, err := solver.NewRowSearch(ctx, &solver.RowProblem{Rows: t.rows, Gates: t.gates(), Activation: t.o.Activation, Loss: t.o.Loss, Intercept: t.o.Intercept, Scratch: t.data.Scratch}, so)
	if err != nil {
		return nil, err
	}
	t.search = search
	most, err := search.BetaMax(ctx)
	if err != nil {
		return nil, err
	}
	var beta float64
	switch b := t.o.Beta.(type) { // CheckRows refuses others
	case AbsoluteBeta:
		beta = float64(b)
	case RelativeBeta:
		beta = float64(b) * most
	}
	if !(beta > 0) {
		return nil, fmt.Errorf("%w: beta is %v, and out of core it has to be > 0", ErrData, beta)
	}
	r, err := search.Solve(ctx, beta)
	if err != nil {
		return nil, err
	}
	n, d := t.rows.Dims()
	s := &Solved{Output: newOutput(beta, &r.Network), Evidence: &Evidence{Rows: n, Dim: d, Rowwise: &r.RowEvidence, Result: &r.Result}}
	_, patterns := r.Dims()
	rank := d
	for _, scale := range t.run.Model.Input.Scale {
		if scale == 0 { // a column of zeros
			rank--
		}
	}
	s.Account = Account{Rank: rank, Patterns: patterns, BetaMax: most, Method: r.Method, Iterations: r.Iterations,
		Primal: r.Primal, Dual: r.Dual, RelGap: r.RelGap, Listed: r.Status, Status: r.Status, GlobalRelGap: 1, GlobalMethod: "none"}
	return s, nil
}

// finish measures what the grade left and puts it into the run.
func (t *rowTrainer) finish(ctx context.Context, s *Solved) (err error) {
	ctx = context.WithoutCancel(ctx)
	if s.Hash, err = t.rows.hash(ctx); err != nil {
		return err
	}
	_, d := t.rows.Dims()
	m := t.run.Model
	g := &Grade{Number: 1, Activation: t.o.unit().String(), Loss: t.o.Loss.Name(), InputDim: d, Outputs: []Output{s.Output}}
	before, after, scales, err := t.measure(ctx, g)
	if err != nil {
		return err
	}
	if after.Loss > before.Loss { // by rounding: as Train, the zero network
		t.withoutNeurons(s, before.Loss)
		g.Outputs[0] = s.Output
		if _, after, scales, err = t.measure(ctx, g); err != nil {
			return err
		}
	}
	g.FeatureScale = scales
	m.Grades = append(m.Grades, *g)
	after.Grade, after.Neurons, after.Beta = 1, len(s.Output.Neurons), s.Output.Beta
	after.Primal, after.Dual, after.RelGap, after.Status = s.Primal, s.Dual, s.RelGap, s.Listed.String()
	t.run.Ledger = Ledger{before, after}
	trained := &Trained{Grade: g, Scope: Restricted, Outputs: []*Solved{s}}
	t.run.Grades, t.run.Status = []*Trained{trained}, s.Status
	t.observer.Trained(trained)
	return t.observer.Solved(1, 1, s, false) // another call would begin anew
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
	loss  float64 // of the rows, together
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
		s.loss += lossOf(l, fit{e: e[i : i+1], total: total[i : i+1], y: p.y[0][i : i+1]})
		if rightClass([][]float64{total}, p.y, i) {
			s.right++
		}
	}
}

func (s *rowMeasuring) entry(m *Model) Entry {
	n := float64(s.norms.rows)
	e := Entry{Split: OnTrain, Output: 1, Rows: s.norms.rows, Norms: s.norms.norms(), Loss: s.loss / n, Accuracy: math.NaN()}
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
	err = inOrder(ctx, t.data.File, func(_ int, raw *mat.Dense) {
		p := t.split(raw)
		n, _ := raw.Dims()
		f, hidden := make([]float64, n), mat.NewDense(n, max(1, len(o.Neurons)), nil)
		inParts(n, func(from, to int) {
			h := p.h.(*mat.Dense).Slice(from, to, 0, m.Data.Features).(*mat.Dense)
			copy(f[from:to], o.values(g.phi(), h, m.Bias))
			if z := g.hidden(h, m.Bias); z != nil {
				hidden.Slice(from, to, 0, len(o.Neurons)).(*mat.Dense).Copy(z)
			}
		})
		e, total := make([]float64, n), make([]float64, n)
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

// split is rows of the file as rows of the training split before the first grade.
func (t *rowTrainer) split(raw *mat.Dense) *splitState {
	n, cols := raw.Dims()
	y, e, h := make([]float64, n), make([]float64, n), mat.NewDense(n, cols-1, nil)
	inParts(n, func(from, to int) {
		for i := from; i < to; i++ {
			row, x := raw.RawRowView(i), h.RawRowView(i)
			for j := range x {
				x[j] = t.run.Model.Input.value(row[j], j)
			}
			y[i], e[i] = t.rows.label(row[cols-1]), t.rows.target(row[cols-1])
		}
	})
	return &splitState{name: OnTrain, h: h, y: [][]float64{y}, e: [][]float64{e}, total: [][]float64{make([]float64, n)}}
}

// inParts calls f for parts of n rows, side by side.
func inParts(n int, f func(from, to int)) {
	parts := runtime.GOMAXPROCS(0)
	boundedGroup(parts, func(k int) error { f(k*n/parts, (k+1)*n/parts); return nil })
}
