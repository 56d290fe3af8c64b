package grade

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"multigrade/solver"
)

// Penalty says what the neurons of a grade cost.
type Penalty int

const (
	// GroupNorm: beta times the sum of the norms |alpha_j| |w_j|, which leaves few neurons.
	GroupNorm Penalty = iota
	// Ridge: beta/2 times the sum of their squares, one gated neuron for every listed
	// pattern (solver.Ridge).
	Ridge
)

var penaltyNames = [...]string{GroupNorm: "group", Ridge: "ridge"}

// PenaltyNames lists them.
func PenaltyNames() []string { return slices.Clone(penaltyNames[:]) }

func (p Penalty) String() string {
	if p < 0 || int(p) >= len(penaltyNames) {
		return fmt.Sprintf("Penalty(%d)", int(p))
	}
	return penaltyNames[p]
}

// ParsePenalty is the inverse of Penalty.String.
func ParsePenalty(name string) (Penalty, error) {
	if k := slices.Index(penaltyNames[:], name); k >= 0 {
		return Penalty(k), nil
	}
	return 0, fmt.Errorf("penalty %q, want group or ridge", name)
}

const (
	// ridgePatterns is the number of gates of the grade that a choice by cross-validation
	// tries with Ridge. On wine_red 300, 1000 and 4000 of them leave 0.665, 0.647 and 0.626 on
	// the test rows, all patterns together 0.620.
	ridgePatterns = 2000
	// ridgeWork is the share of CrossValidation.Work that this may cost besides.
	ridgeWork = 0.5
	// ridgeErrors are the standard errors by which Ridge has to be better held out: its thousands
	// of neurons take the place of some dozens, of which more is proved. On wine_red it is by
	// 2.1 to 3.3; of seeds of auto_mpg and diabetes one finds it better by 1.0 to 1.5 and the
	// next one worse, and on the test rows it is.
	ridgeErrors = 2
	// ridgeGrace is how long a grade with Ridge may go on after an interruption, behind which it is
	// a draft: 2000 rows take no longer.
	ridgeGrace = time.Second / 2
	// maxRidgeRows bounds the n x n matrix of a grade with Ridge to 3.2 GB.
	maxRidgeRows = 20_000
)

// ridgeRatios of solver.RidgeScale are those tried, falling by half decades; the best were
// between 1e-3 (diabetes) and 1e-9 (airfoil, where nothing is noise).
var ridgeRatios = func() []float64 {
	r := []float64{1e-2}
	for k := range 12 {
		r = append(r, r[k]*finerDecade)
	}
	return r
}()

// validatePenalty reports what does not go with Ridge.
func (o *Options) validatePenalty() error {
	switch {
	case o.Penalty == GroupNorm:
		return nil
	case o.Penalty != Ridge:
		return fmt.Errorf("unknown penalty %d", int(o.Penalty))
	case !o.Activation.Gated || o.Scope != Restricted || o.Grades != 1:
		return fmt.Errorf("penalty ridge is for one grade of activation gated in scope restricted, got %d of %v in scope %v", o.Grades, o.Activation, o.Scope)
	case o.Loss == solver.Monotone:
		return errors.New("penalty ridge does not go with monotone grades")
	case o.Loss != solver.Squared:
		return fmt.Errorf("penalty ridge is for loss squared, got %s", o.Loss.Name())
	case o.BalancedClasses:
		return errors.New("penalty ridge is for rows without weights, got those of balanced classes")
	case o.Method != solver.Auto:
		return fmt.Errorf("penalty ridge has a method of its own, got %v", o.Method)
	case o.Width != nil || o.DeadZone:
		return errors.New("penalty ridge goes with neither a width nor a dead zone")
	}
	return nil
}

// checkPenalty reports data that Ridge is not for.
func (o *Options) checkPenalty(data *Data) error {
	n, _ := data.X.Dims()
	switch {
	case o.Penalty != Ridge:
		return nil
	case data.Weight != nil:
		return fmt.Errorf("%w: penalty ridge is for rows without weights", ErrOptions)
	case n > maxRidgeRows:
		return fmt.Errorf("%w: %d rows, penalty ridge is for at most %d", ErrOptions, n, maxRidgeRows)
	}
	return nil
}

// ridge are the options of the grade with Ridge that stands for the grades of o; ok is false
// where there is none for them and the data.
func (o *Options) ridge(data *Data) (r Options, ok bool) {
	r = *o
	r.setRidge()
	return r, o.Penalty == GroupNorm && o.Gates == nil && data.Task == Regression && data.Weight == nil && r.Validate() == nil
}

// setRidge makes the options those of one grade with Ridge.
func (o *Options) setRidge() {
	o.Penalty, o.Activation, o.Scope, o.Grades, o.Patterns = Ridge, solver.Gated, Restricted, 1, ridgePatterns
}

// overRidge is the grade with Ridge, solved at one beta after another.
type overRidge struct{ *solver.Ridge }

func (w overRidge) At(ctx context.Context, beta float64, _ *solver.Network, _ solver.SketchOptions) (*solver.Network, error) {
	r, err := w.Ridge.At(ctx, beta, listedTol)
	if err != nil {
		return nil, err
	}
	return &r.Network, nil
}

// solveRidge solves p over its cells, a part of the rows where ctx ends. Nothing is said about other patterns: more of them are
// another program, of another optimum.
func (t *trainer) solveRidge(ctx context.Context, p *program) error {
	r, err := solver.NewRidge(p.Problem)
	if err != nil {
		return err
	}
	p.result, err = r.At(ctx, p.Beta, t.o.Tol)
	if errors.Is(err, solver.ErrWork) || ended(ctx, err) {
		t.timed(ctx)
		p.result, err = r.Draft(ctx, p.Beta, t.o.Tol)
	}
	if err != nil {
		return err
	}
	p.bound = Bound{RelGap: 1, Method: "no loss is negative", found: p.result.Status}
	return nil
}

// PenaltyTrial is a penalty and the score of the grades that were the best with it.
type PenaltyTrial struct {
	Penalty string `json:"penalty"`
	Score
}

// PenaltyText says which penalty the grades of the plan have.
func (p *Plan) PenaltyText() string {
	if p.Penalty == Ridge.String() {
		return fmt.Sprintf("ridge, one grade of a gated neuron for each of %d sampled patterns", ridgePatterns)
	}
	return "group, the norms of the neurons"
}

// tryRidge lets a grade with Ridge take the place of what was planned, where that pays by
// ridgeErrors, within a share of the work; where its ratios would cost more, it is not tried.
func (p *Plan) tryRidge(ctx context.Context, o *Options, cv CrossValidation, data *Data, observer Observer, s *halving) error {
	r, ok := o.ridge(data)
	if !ok || ctx.Err() != nil {
		return nil
	}
	allowed := ridgeWork * cv.Work
	cv.Width, cv.Work = false, allowed*float64(len(rounds)+1) // all of it is the first round's
	work := 0.0
	for _, f := range s.folds {
		work += float64(len(f.train.y)) * solver.RidgeWork(len(f.train.y[0]))
	}
	if work*float64(patience+leastTried) > allowed*billion {
		return nil
	}
	other, err := newHalving(ctx, &r, cv, s.folds)
	if ended(ctx, err) {
		return nil
	}
	if err != nil {
		return err
	}
	other.report = r.reportTrial(observer, len(s.folds[0].train.y))
	if err := other.run(ctx); err != nil {
		return err
	}
	ridge, one := other.choose()
	if one == 0 || ctx.Err() != nil {
		return nil
	}
	now := s.before
	if c, grades := s.choose(); c != nil {
		now = c.behind(grades)
	}
	p.Penalties = []PenaltyTrial{{GroupNorm.String(), now.score()}, {Ridge.String(), ridge.behind(1).score()}}
	work = p.Work
	if paysBy(s.before, now, ridge.behind(1), ridgeErrors) {
		p.Penalty, p.Choices, p.Calibrations, p.Stopped, p.Width, p.Widths = Ridge.String(), nil, p.Calibrations[:1], "", 0, nil
		p.fill(&r, other)
	}
	p.Work = work + other.account.Booked()/billion
	return nil
}

// Options are o with what the plan chose besides beta in the place of what is to be chosen:
// those that the grades are trained with. The plan may be nil.
func (p *Plan) Options(o *Options) *Options {
	chosen := *o
	if b := p.Budget(o); b != nil {
		chosen.Width = b
	}
	if p != nil && p.Penalty == Ridge.String() {
		chosen.setRidge()
	}
	return &chosen
}
