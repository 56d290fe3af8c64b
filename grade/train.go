package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Data is what a model is trained on.
type Data struct {
	Source
	X mat.Matrix // rows x features, *mat.Dense or *sparse.CSR
	Y []float64  // one target per row
}

// Trained is the account of one grade: its program and how it was solved.
type Trained struct {
	Grade      *Grade
	Patterns   *Patterns
	Rows, Dim  int     // n and d_k of X_k
	BetaMax    float64 // regularisation from which on the zero network is optimal
	Hash       string  // ProgramHash of X_k and e_{k-1}
	Activation solver.Activation
	Scope      Scope
	Target     []float64 // e_{k-1} on the training rows, which Hash includes
	// Result as the solver returned it; when Replaced, with the zero network in
	// place of the solver's and the values that belong to it.
	Result *solver.Result
	// Replaced says that the solver's network would have raised the training
	// residual, and was not used.
	Replaced bool
	// Rounds of pricing, scope global.
	Rounds int
	// Bound of the optimum over all patterns, in either scope.
	Bound Bound
}

// Run is the outcome of Train.
type Run struct {
	Model  *Model
	Ledger Ledger
	Grades []*Trained
	Status solver.Status // the worst of the grades'
	// Stopped says why there are fewer grades than asked for, "" otherwise.
	Stopped string
	// Variance of the target on each part of the data, in the target's units.
	Variance map[string]float64
}

// part is one share of the rows on its way through the grades.
type part struct {
	name  string
	y     []float64  // target, as in the data
	h     mat.Matrix // h_{k-1}, standardised features at first
	e     []float64  // e_{k-1}
	total []float64  // f_1 + ... + f_{k-1}
}

// trainer is the state of a run between two grades.
type trainer struct {
	o        *Options
	deadline time.Time // zero: no limit
	run      *Run
	parts    []*part // the training rows first
}

// ErrData is wrapped by errors about data that cannot be trained on.
var ErrData = errors.New("unsuitable data")

// Train fits a multigrade model. An ended ctx is not an error: the run then
// holds the grades so far, the last one as far as it came, with status
// Interrupted. Errors are about data or options, or a failed solver.
func Train(ctx context.Context, data *Data, o Options) (*Run, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t := &trainer{o: &o}
	if o.TimeLimit > 0 {
		t.deadline = time.Now().Add(o.TimeLimit)
	}
	if err := t.prepare(data); err != nil {
		return nil, err
	}
	for k := 1; k <= o.Grades && t.run.Stopped == ""; k++ {
		if err := t.step(ctx, k); err != nil {
			return nil, err
		}
	}
	return t.run, nil
}

// prepare splits and standardises the data and opens the ledger with e_0.
func (t *trainer) prepare(data *Data) error {
	n, _ := data.X.Dims()
	if len(data.Y) != n {
		return fmt.Errorf("%w: %d targets for %d rows", ErrData, len(data.Y), n)
	}
	split := NewSplit(n, t.o.Shares.Holdout, t.o.Shares.Validation)
	if len(split.Train) < 2 {
		return fmt.Errorf("%w: %d of %d rows are left for training, want at least 2", ErrData, len(split.Train), n)
	}
	m := t.newModel(data, split)
	t.run = &Run{Model: m, Variance: map[string]float64{}}
	for _, p := range []struct {
		name string
		rows []int
	}{{OnTrain, split.Train}, {OnValidation, split.Validation}, {OnTest, split.Test}} {
		if len(p.rows) > 0 {
			t.addPart(data, p.name, p.rows)
		}
	}
	return nil
}

func (t *trainer) newModel(data *Data, split Split) *Model {
	m := &Model{Format: modelFormat, Version: modelVersion, Data: data.Source, Split: t.o.Shares,
		Standardize: t.o.Standardize, Bias: t.o.Bias, Intercept: t.o.Intercept,
		Input: Identity(data.Features), Output: Identity(1), Grades: []Grade{}}
	if t.o.Standardize {
		m.Input = Standardise(data.X, split.Train)
		m.Output = StandardiseTarget(data.Y, split.Train)
	}
	return m
}

func (t *trainer) addPart(data *Data, name string, rows []int) {
	m := t.run.Model
	p := &part{name: name, h: m.Input.Apply(data.X, rows), y: make([]float64, len(rows)),
		e: make([]float64, len(rows)), total: make([]float64, len(rows))}
	for k, i := range rows {
		p.y[k] = data.Y[i]
		p.e[k] = m.Output.value(data.Y[i], 0)
	}
	_, sd := meanSD(p.y)
	t.run.Variance[name] = float64(sd * sd)
	t.parts = append(t.parts, p)
	t.run.Ledger = append(t.run.Ledger, Entry{Split: name, Rows: len(rows), Norms: p.norms(m.Output, p.e)})
}

// norms measures e_k, now in p.e, against e_{k-1}.
func (p *part) norms(output Standardisation, before []float64) Norms {
	shift, scale := output.Shift[0], output.Scale[0]
	r := make([]float64, len(p.e))
	for i, e := range p.e {
		r[i] = float64(scale * e)
		if scale == 0 {
			r[i] = p.y[i] - shift - p.total[i]
		}
	}
	return measure(r, before, p.e)
}

// step trains grade k and moves every part of the data past it.
func (t *trainer) step(ctx context.Context, k int) error {
	train := t.parts[0]
	if sumSquares(train.e) == 0 {
		t.run.Stopped = fmt.Sprintf("nothing is left to fit after grade %d", k-1)
		return nil
	}
	x := train.h
	if t.o.Bias {
		x = WithBias(x)
	}
	trained, err := t.solve(ctx, k, x, train.e)
	if err != nil {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			t.stop(solver.Interrupted, fmt.Sprintf("interrupted before grade %d was under way", k))
			return nil
		}
		return fmt.Errorf("grade %d: %w", k, err)
	}
	t.keep(trained)
	t.judge(ctx, trained)
	return nil
}

// stop ends the run after the grades so far.
func (t *trainer) stop(status solver.Status, reason string) {
	t.run.Status = max(t.run.Status, status)
	t.run.Stopped = reason
}

// judge draws the conclusions from a grade's outcome: the run's status, and
// whether another grade makes sense.
func (t *trainer) judge(ctx context.Context, g *Trained) {
	status := g.Status(t.o.Tol)
	t.run.Status = max(t.run.Status, status)
	k := g.Grade.Number
	switch {
	case k == t.o.Grades:
	case status == solver.Interrupted || ctx.Err() != nil:
		t.stop(solver.Interrupted, fmt.Sprintf("interrupted in grade %d", k))
	case !t.deadline.IsZero() && !time.Now().Before(t.deadline):
		t.stop(solver.Limit, fmt.Sprintf("the time limit came in grade %d", k))
	case g.Grade.Neurons() == 0:
		t.run.Stopped = fmt.Sprintf("grade %d has no neurons, so there is nothing to build on", k)
	}
}

// solve sets up and solves the program of grade k: X_k and e_{k-1}.
func (t *trainer) solve(ctx context.Context, k int, x mat.Matrix, e []float64) (*Trained, error) {
	patterns, err := choosePatterns(ctx, x, k, t.o)
	if err != nil {
		return nil, err
	}
	p := &solver.Problem{X: x, Y: e, Cells: patterns.Cells, Activation: t.o.Activation, Loss: solver.Squared, Intercept: t.o.Intercept}
	g := &Trained{Grade: &Grade{Number: k}, Patterns: patterns, Hash: ProgramHash(x, e), Activation: t.o.Activation, Scope: t.o.Scope, Target: e}
	g.Rows, g.Dim = x.Dims()
	listed := t.o.Scope == Restricted || patterns.Complete
	if g.BetaMax, err = t.betaMax(ctx, p); err != nil {
		return nil, err
	}
	p.Beta = t.o.Beta
	if !t.o.BetaAbsolute {
		p.Beta = float64(t.o.Beta * g.BetaMax)
	}
	if p.Beta == 0 && len(p.Cells) == 0 { // a constant is all there is to fit, and any patterns will do
		if err = patterns.sample(ctx, x, k, t.o); err != nil {
			return nil, err
		}
		p.Cells, listed = patterns.Cells, true
	}
	if listed {
		err = t.solveListed(ctx, p, g)
	} else {
		err = t.solveGlobal(ctx, p, g)
	}
	if err != nil {
		return nil, err
	}
	g.Result = consolidate(p, g.Result, g.largestPrimal(t.o.Tol))
	t.compose(g, k, p)
	g.Bound.RelGap = solver.RelGap(g.Result.Primal, g.Bound.Value)
	return g, nil
}

// betaMax is the regularisation from which on the zero network is optimal, over
// all patterns for ReLU in scope global, else over the listed ones.
func (t *trainer) betaMax(ctx context.Context, p *solver.Problem) (float64, error) {
	if t.o.Scope == Global && p.Activation == solver.ReLU {
		return globalBetaMax(ctx, p)
	}
	return solver.BetaMax(ctx, p)
}

func (t *trainer) solverOptions(k int) solver.Options {
	s := t.o.solver()
	if !t.deadline.IsZero() {
		s.TimeLimit = max(time.Until(t.deadline), time.Nanosecond)
	}
	if t.o.Progress != nil {
		s.Progress = func(p solver.Progress) { t.o.Progress(Progress{Grade: k, Grades: t.o.Grades, Progress: p}) }
	}
	return s
}

// compose turns the solver's network into a grade; if that would raise the
// training residual, the zero network.
func (t *trainer) compose(g *Trained, k int, p *solver.Problem) {
	g.Grade = newGrade(k, g.Dim, p, &g.Result.Network)
	if t.raises(g.Grade) {
		g.Replaced = true
		g.Result = zeroResult(g.Result, p, t.o.Tol)
		g.Grade = newGrade(k, g.Dim, p, &g.Result.Network)
	}
	if z := g.Grade.hidden(t.parts[0].h, t.o.Bias); z != nil {
		g.Grade.FeatureScale = featureScales(z)
	}
}

// raises reports whether the grade's network would leave more of the training
// residual than there was, in the program's units or in the target's: rounding
// can make a difference where the network is as good as zero.
func (t *trainer) raises(g *Grade) bool {
	train, output := t.parts[0], t.run.Model.Output
	after := residual(train, g, t.o.Bias)
	next := part{y: train.y, e: after, total: train.total} // total matters only for a constant target, which has no grades
	return sumSquares(after) > sumSquares(train.e) || next.norms(output, train.e).MSE > train.norms(output, train.e).MSE
}

func newGrade(k, dim int, p *solver.Problem, net *solver.Network) *Grade {
	out := Output{Beta: p.Beta, Constant: net.Constant, Neurons: []Neuron{}}
	for _, u := range net.Neurons {
		out.Neurons = append(out.Neurons, Neuron{W: u.W, Gate: u.Gate, Alpha: u.Alpha})
	}
	return &Grade{Number: k, Activation: p.Activation.String(), Loss: p.Loss.Name(), InputDim: dim,
		Outputs: []Output{out}, FeatureScale: []float64{}}
}

// zeroResult keeps the solver's lower bound and puts the zero network beside
// it, whose objective ||y||^2 / 2n is rounded up.
func zeroResult(r *solver.Result, p *solver.Problem, tol float64) *solver.Result {
	zero := *r
	n := float64(len(p.Y))
	zero.Network = solver.Network{Activation: r.Network.Activation}
	zero.Violation = 0
	zero.Primal = sumSquares(p.Y) / (2 * n) * (1 + (n+8)*0x1p-52)
	zero.OwnObjective = zero.Primal
	zero.RelGap = solver.RelGap(zero.Primal, zero.Dual)
	if zero.Status == solver.Optimal && zero.RelGap > tol {
		zero.Status = solver.Limit
	}
	return &zero
}

// residual returns e_k = e_{k-1} - f_k on the part.
func residual(p *part, g *Grade, bias bool) []float64 {
	e := g.Outputs[0].values(p.h, bias)
	for i := range e {
		e[i] = p.e[i] - e[i]
	}
	return e
}

// keep appends the grade to the model and its norms to the ledger, and moves
// every part on: residual, prediction, features.
func (t *trainer) keep(g *Trained) {
	m := t.run.Model
	m.Grades = append(m.Grades, *g.Grade)
	t.run.Grades = append(t.run.Grades, g)
	r := g.Result
	for _, p := range t.parts {
		before := p.e
		f := g.Grade.Outputs[0].values(p.h, t.o.Bias)
		p.e = make([]float64, len(f))
		for i := range f {
			p.e[i] = before[i] - f[i]
			p.total[i] += f[i]
		}
		t.run.Ledger = append(t.run.Ledger, Entry{Grade: g.Grade.Number, Split: p.name, Rows: len(p.e), Norms: p.norms(m.Output, before),
			Neurons: g.Grade.Neurons(), Beta: g.Grade.Outputs[0].Beta,
			Primal: r.Primal, Dual: r.Dual, RelGap: r.RelGap, Status: r.Status.String()})
		p.h = g.Grade.features(p.h, t.o.Bias)
	}
	if t.o.Trained != nil {
		t.o.Trained(g)
	}
}

func sumSquares(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += float64(x * x)
	}
	return s
}

// R2 returns the coefficient of determination 1 - MSE/variance of the last
// grade on the split; NaN when the target does not vary there.
func (r *Run) R2(split string) float64 {
	e := r.Ledger.Find(len(r.Grades), split)
	if e == nil || r.Variance[split] == 0 {
		return math.NaN()
	}
	return 1 - e.MSE/r.Variance[split]
}
