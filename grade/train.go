package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Data is what a model is trained on.
type Data struct {
	Source
	X mat.Matrix // rows x features, *mat.Dense or *sparse.CSR
	Labels
	// Weight of every row in the training, > 0; nil: all rows weigh the same. It is used
	// where it is a row to train on: rows held out are measured without it.
	Weight []float64
	// WeightColumn is the name of the column that it is from.
	WeightColumn string
	// Groups, one per row, are what cross-validation never cuts; nil: there are none.
	Groups []int
	// GroupColumn is the name of the column that they are from.
	GroupColumn string
	// Imputed says where means stand in the place of missing numbers: in
	// cross-validation they are the means of the fold's training rows.
	Imputed []Imputed
	Test    *Data // further rows to test on, with the same features and classes; or nil
}

// Imputed are the rows of feature Column where a number was missing.
type Imputed struct {
	Column int
	Rows   []int
}

// Run is the outcome of Train.
type Run struct {
	Model  *Model
	Ledger Ledger
	Grades []*Trained
	Status solver.Status // the worst of the grades'
	// Cut says that the clock or an interruption ended a grade or the run, which
	// another call would go on with.
	Cut bool
	// Stopped says why there are fewer grades than asked for, or first drafts of them, "" otherwise.
	Stopped string
	Plan    *Plan // nil where beta was given
	// Coverage of the prediction intervals; nil where the model has none.
	Coverage *Coverage
	// Quantiles on the test rows; nil of other models.
	Quantiles *QuantileShares
	// LogLoss of the model's probabilities on the test rows; NaN without these or those.
	LogLoss float64
	// Variance of every target on each split of the data, in the target's units.
	Variance map[string][]float64
}

// trainer is the state of a run between two grades.
type trainer struct {
	o        *Options
	earlier  Earlier
	observer Observer
	deadline time.Time                 // zero: no limit
	share    time.Time                 // the deadline of the grade in work
	cut      atomic.Bool               // the clock or an interruption had a part in what was done
	ended    atomic.Pointer[time.Time] // when the context of the run did, nil before
	run      *Run
	splits   []*splitState // the training rows first
	progress sync.Mutex    // one report at a time
	solved   sync.Mutex    // likewise
	first    *Patterns     // of grade 1, the search's and the draft's; nil before
	draft    *Draft        // nil: there is none
	standing bool          // the model is to be the draft
}

// ErrData is wrapped by errors about data that cannot be trained on, ErrOptions by those
// about options that are not for the data.
var (
	ErrData    = errors.New("unsuitable data")
	ErrOptions = errors.New("unsuitable options")
)

// Refused reports whether the data or the options are to blame for err.
func Refused(err error) bool { return errors.Is(err, ErrData) || errors.Is(err, ErrOptions) }

// Train fits a multigrade model. An ended ctx is not an error: the run then
// holds the grades so far, the last one as far as it came, with status
// Interrupted. Errors are about data or options, or a failed solver.
func Train(ctx context.Context, data *Data, o Options) (*Run, error) {
	return Resume(ctx, data, o, Earlier{}, Silent{})
}

// Resume is Train that an observer is told of and that takes over what an earlier
// run left: it solves only what is missing, and comes to the same model.
func Resume(ctx context.Context, data *Data, o Options, earlier Earlier, observer Observer) (*Run, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	t := &trainer{o: &o, earlier: earlier, observer: observer}
	if o.Limits.Time > 0 {
		t.deadline = time.Now().Add(o.Limits.Time)
	}
	defer context.AfterFunc(ctx, func() { t.ended.Store(new(time.Now())) })()
	if err := t.prepare(data); err != nil {
		return nil, err
	}
	if err := t.makeDraft(ctx); err != nil {
		return nil, err
	}
	if err := t.makePlan(ctx, data); err != nil {
		return nil, err
	}
	t.run.Ledger.crossValidated(t.run.Model, 0, t.run.Plan)
	for k := 1; k <= o.Grades && t.run.Stopped == ""; k++ {
		if err := t.step(ctx, k); err != nil {
			return nil, err
		}
	}
	t.conclude(ctx)
	t.calibrate()
	return t.run, nil
}

// conclude says of a run that ended by another limit that the clock or an interruption had a part in it, where they had:
// it would not come out the same again, and there is more to do.
func (t *trainer) conclude(ctx context.Context) {
	switch {
	case t.run.Status != solver.Limit || !t.cut.Load():
	case ctx.Err() != nil:
		t.run.ended(solver.Interrupted)
	default:
		t.run.ended(solver.TimeLimit)
	}
}

// prepare splits and standardises the data and opens the ledger with e_0.
func (t *trainer) prepare(data *Data) error {
	n, _ := data.X.Dims()
	m := newModel(t.o, data)
	if outputs := m.Outputs(); outputs == 0 || len(m.Targets(data.Y)) != outputs {
		return fmt.Errorf("%w: %d targets for %d outputs", ErrData, len(data.Y), outputs)
	}
	for t, y := range data.Y {
		if len(y) != n {
			return fmt.Errorf("%w: output %d has %d targets for %d rows", ErrData, t+1, len(y), n)
		}
	}
	if err := t.o.checkTask(data.Task); err != nil {
		return err
	}
	if err := t.o.checkWeights(data); err != nil {
		return err
	}
	if err := t.o.checkPenalty(data); err != nil {
		return err
	}
	if _, sparse := data.X.(*sparse.CSR); sparse && t.o.Method == solver.Rows {
		return fmt.Errorf("%w: method rows is for dense data", ErrOptions)
	}
	if t.o.Width != nil && t.o.Width.Spread && data.Features != 1 {
		return fmt.Errorf("%w: kinks are spread along one feature, the data have %d", ErrOptions, data.Features)
	}
	if data.Task != Regression && t.o.DeadZone {
		return fmt.Errorf("%w: a dead zone is for a regression, the target is classes", ErrOptions)
	}
	if t.o.Width != nil && t.o.Width.Neurons < len(data.Y) {
		return fmt.Errorf("%w: a width of %d for %d targets, each of which needs a neuron", ErrOptions, t.o.Width.Neurons, len(data.Y))
	}
	switch {
	case t.o.Shares.Stride > 1 && data.Width == 0:
		return fmt.Errorf("%w: a stride is for images", ErrOptions)
	case t.o.Quantiles != nil && (data.Task != Regression || len(data.Y) != 1):
		return fmt.Errorf("%w: several quantiles are for a regression with one target", ErrOptions)
	case data.Test != nil && (t.o.Shares.Stride > 1 || t.o.Shares.Holdout > 0):
		return fmt.Errorf("%w: test rows come from a file of their own, and rows are held out", ErrOptions)
	case data.Test != nil:
		if err := m.setTest(data.Test); err != nil {
			return err
		}
	}
	split := t.o.Shares.Split(data)
	if err := data.checkShares(t.o.Shares, split.Test); err != nil {
		return err
	}
	if len(split.Train) < 2 {
		return fmt.Errorf("%w: %d of %d rows are left for training, want at least 2", ErrData, len(split.Train), n)
	}
	if err := data.checkRange(split.Train, t.o.Standardize); err != nil {
		return err
	}
	if t.o.Loss == solver.Logistic && t.o.Intercept {
		if err := data.checkClasses(split.Train); err != nil {
			return err
		}
	}
	m.standardise(t.o, data, split)
	t.run = &Run{Model: m, Variance: map[string][]float64{}}
	t.splits = newSplitStates(m, data, split)
	for _, p := range t.splits {
		t.run.Variance[p.name] = p.variance()
		t.run.Ledger.open(m, p, t.o)
	}
	return nil
}

// checkClasses reports a class that no training row has, or every one: with a free
// constant the logistic loss then has no least value.
func (data *Data) checkClasses(rows []int) error {
	for t, y := range data.Y {
		first := y[rows[0]]
		if !slices.ContainsFunc(rows, func(i int) bool { return y[i] != first }) {
			has := "has none"
			if first > 0 {
				has = "has them all"
			}
			class := data.Classes[len(data.Classes)-len(data.Y)+t] // of two classes the output is about the second
			return fmt.Errorf("%w: of the %d training rows class %s %s: hold out fewer, or take a loss that is not logistic", ErrData, len(rows), class, has)
		}
	}
	return nil
}

// setTest checks that the test data fit the model's and notes where they come from.
func (m *Model) setTest(test *Data) error {
	rows, d := test.X.Dims()
	if d != m.Data.Features || len(m.Targets(test.Y)) != m.Outputs() || test.Rows != rows {
		return fmt.Errorf("%w: %d test rows of %d features and %d outputs, want %d and %d", ErrData, rows, d, len(test.Y), m.Data.Features, m.Outputs())
	}
	m.Test = &TestSource{Name: test.Name, SHA256: test.SHA256, Rows: rows, Reading: test.Reading}
	return nil
}

func newModel(o *Options, data *Data) *Model {
	m := &Model{Format: modelFormat, Version: modelVersion, Data: data.Source, Task: data.Task.String(), Classes: data.Classes, Split: o.Shares,
		Loss: o.Loss.Name(), Standardize: o.Standardize, Bias: o.Bias, Intercept: o.Intercept,
		Input: Identity(data.Features), Grades: []Grade{}}
	if m.Quantiles = o.Quantiles; m.Quantiles == nil {
		m.Threshold, _ = solver.Parameter(o.Loss)
	}
	m.Output = Identity(len(m.Targets(data.Y)))
	if data.Weight != nil || o.BalancedClasses {
		m.Weights = &Weights{Column: data.WeightColumn, Balanced: o.BalancedClasses}
	}
	return m
}

// standardise derives from the training rows what the model does to its inputs
// and, other than labels, its targets.
func (m *Model) standardise(o *Options, data *Data, split Split) {
	if o.Standardize {
		m.Input = Standardise(data.X, split.Train)
	}
	if o.Standardize && data.Task == Regression {
		m.Output = StandardiseTargets(m.Targets(data.Y), split.Train)
	}
	if o.Carry {
		m.CarryShift = carryShifts(m.Input.Apply(data.X, split.Train))
	}
}

// nothingLeft and withoutNeurons are why there is no grade behind grade k.
func nothingLeft(k int) string { return fmt.Sprintf("nothing is left to fit after grade %d", k) }

func withoutNeurons(k int) string {
	return fmt.Sprintf("grade %d has no neurons, so there is nothing to build on", k)
}

// step trains grade k and moves every split of the data past it.
func (t *trainer) step(ctx context.Context, k int) error {
	if t.splits[0].allFitted(t.o.Loss, t.o.Tol) {
		t.run.Stopped = nothingLeft(k - 1)
		return nil
	}
	c, ok := t.choice(k)
	if !ok {
		return nil
	}
	training := ctx
	if t.o.Penalty == Ridge {
		var end context.CancelFunc
		training, end = graced(ctx, ridgeGrace)
		defer end()
	}
	within, cancel := t.allot(training, k)
	defer cancel()
	if k == 1 && t.draftStands(ctx, nil, c) {
		return t.takeDraft(ctx, training, c)
	}
	trained, err := t.grade(training, within, k, c)
	if k == 1 && (err == nil || errors.Is(err, errOutdone) || ended(ctx, err) || ended(within, err)) && t.draftStands(ctx, trained, c) {
		return t.takeDraft(ctx, training, c)
	}
	if err != nil {
		if k > 1 && errors.Is(err, errNoPattern) {
			t.run.Stopped = fmt.Sprintf("grade %d has no activation pattern: every gate leaves all rows inactive", k)
			return nil
		}
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			t.run.stop(cutBefore(k, context.Canceled))
			return nil
		}
		if ended(within, err) {
			t.run.stop(cutBefore(k, context.DeadlineExceeded))
			return nil
		}
		return fmt.Errorf("grade %d: %w", k, err)
	}
	t.keep(trained)
	t.judge(ctx, trained)
	return nil
}

// grade solves the programs of grade k, one per target, at the beta of the
// options or, if not nil, of c, and composes the grade.
func (t *trainer) grade(ctx, within context.Context, k int, c *Choice) (*Trained, error) {
	x := solver.Share(t.splits[0].input(t.o.Bias))
	var patterns *Patterns
	var err error
	if !t.allFinished(k) {
		if patterns, err = t.patterns(ctx, within, k, x.Matrix); err != nil {
			return nil, err
		}
	}
	_, dim := x.Dims()
	g := &Grade{Number: k, Activation: t.o.unit().String(), Loss: t.o.Loss.Name(), Carry: t.o.Carry, InputDim: dim}
	trained := &Trained{Grade: g, Scope: t.o.Scope, Choice: c}
	if trained.Outputs, err = t.outputs(ctx, within, k, c, x, patterns); err != nil {
		return nil, err
	}
	for _, s := range trained.Outputs {
		g.Outputs = append(g.Outputs, s.Output)
	}
	g.FeatureScale = t.splits[0].evaluate(g, t.o.Bias, k < t.o.Grades).scales()
	return trained, nil
}

// patterns lists the cells of grade k, of grade 1 once.
func (t *trainer) patterns(ctx, within context.Context, k int, x mat.Matrix) (*Patterns, error) {
	if k == 1 && t.first != nil {
		return t.first, nil
	}
	choosing, cancel := begun(ctx, within, k)
	defer cancel()
	p, err := choosePatterns(choosing, x, k, t.o)
	if k == 1 {
		t.first = p
	}
	return p, err
}

// outputs solves the programs of all targets, which share X_k and nothing else,
// side by side.
func (t *trainer) outputs(ctx, within context.Context, k int, c *Choice, x *solver.Shared, patterns *Patterns) ([]*Solved, error) {
	solved := make([]*Solved, len(t.splits[0].e))
	var s turns
	s.left.Store(int64(len(solved)))
	return solved, boundedGroup(len(solved), func(j int) (err error) {
		turn, cancel := shareOf(within, 1/float64(s.rounds()))
		defer cancel()
		solved[j], err = t.output(ctx, turn, k, j, c, x, patterns)
		return err
	})
}

// ended notes how a grade, an output of it or the run ended.
func (r *Run) ended(status solver.Status) {
	r.Status = max(r.Status, status)
	r.Cut = r.Cut || cutShort(status)
}

// cutBefore is how a run ends whose context did for that reason before grade k was under way.
func cutBefore(k int, reason error) (solver.Status, string) {
	if errors.Is(reason, context.Canceled) {
		return solver.Interrupted, fmt.Sprintf("interrupted before grade %d was under way", k)
	}
	return solver.TimeLimit, fmt.Sprintf("the time limit came before grade %d was under way", k)
}

// stop ends the run after the grades so far.
func (r *Run) stop(status solver.Status, reason string) {
	r.ended(status)
	r.Stopped = reason
}

// judge draws the conclusions from a grade's outcome: the run's status, and
// whether another grade makes sense.
func (t *trainer) judge(ctx context.Context, g *Trained) {
	for _, s := range g.Outputs {
		t.run.ended(s.Status)
	}
	k := g.Grade.Number
	switch {
	case k == t.o.Grades:
	case g.Status() == solver.Interrupted || ctx.Err() != nil:
		t.run.stop(solver.Interrupted, fmt.Sprintf("interrupted in grade %d", k))
	case t.late():
		t.run.stop(solver.TimeLimit, fmt.Sprintf("the time limit came in grade %d", k))
	case g.Grade.Neurons() == 0:
		t.run.Stopped = withoutNeurons(k)
	case g.shut():
		t.run.Stopped = fmt.Sprintf("grade %d changes nothing: on the training rows its network stays within its dead zone of %.4g", k, g.Sum().DeadZone.Eps)
	}
}

// keep appends the grade to the model and its norms to the ledger, and moves
// every split on.
func (t *trainer) keep(g *Trained) {
	m := t.run.Model
	m.Grades = append(m.Grades, *g.Grade)
	t.run.Grades = append(t.run.Grades, g)
	t.run.Ledger.crossValidated(m, g.Grade.Number, t.run.Plan)
	for _, p := range t.splits {
		t.run.Ledger.add(m, p, g, t.o)
		if g.Grade.Number < t.o.Grades {
			p.pass(g.Grade, t.o.Bias)
		} else {
			p.passLast(g.Grade, t.o.Bias)
		}
	}
	t.observer.Trained(g)
}

// CV is the cross-validated score of all grades; nil where beta was given.
func (r *Run) CV() *Score {
	if r.Plan == nil {
		return nil
	}
	return r.Plan.behind(len(r.Grades))
}

// R2 returns the coefficient of determination of the last grade on the split,
// 1 - MSE/variance, both summed over the targets; NaN when nothing varies there,
// and for classes.
func (r *Run) R2(split string) float64 {
	mse, variance := 0.0, 0.0
	for t, v := range r.Variance[split] {
		mse += r.Ledger.Output(len(r.Grades), split, t).MSE
		variance += v
	}
	if variance == 0 || r.Model.Task != Regression.String() {
		return math.NaN()
	}
	return 1 - mse/variance
}
