package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"multigrade/solver"
)

// Plan says at which beta every grade is trained, and how many grades there
// are. It is made before the training, by cross-validation: every row that is
// not for the test is held out once, or more often.
type Plan struct {
	Folds   int      `json:"folds"` // repeats included
	Rows    int      `json:"rows"`  // that were held out, in all folds together
	Before  Score    `json:"before"`
	Choices []Choice `json:"choices"`
	// Width is the budget of neurons of every grade that was chosen, 0: none; Widths are
	// the scores behind the first grade with those tried, rising, and last with none.
	Width  int          `json:"width,omitempty"`
	Widths []WidthTrial `json:"widths,omitempty"`
	// Penalty, if not "", is the one that was chosen in the place of the options'; Penalties
	// are the scores with those tried, that of the options first.
	Penalty   string         `json:"penalty,omitempty"`
	Penalties []PenaltyTrial `json:"penalties,omitempty"`
	// Work is what it took, in 1e9 floating-point operations (solver.Account).
	Work float64 `json:"work"`
	// Stopped says why there are fewer grades than asked for, "" otherwise.
	Stopped string `json:"stopped,omitempty"`
	// Calibrations are those behind 0, 1, ... grades, as far as they were tried.
	Calibrations []*Calibration `json:"calibrations,omitempty"`
}

// Choice is how the beta of a grade was chosen.
type Choice struct {
	Ratio  float64 `json:"ratio"` // of beta_max
	Score          // behind the grade
	Trials []Trial `json:"trials"` // all ratios that were tried, falling
	// Steps led to the networks that the score is of, and lead to the model's.
	Steps []Step `json:"steps,omitempty"`
}

// tried says that beta was found by trials; c may be nil.
func (c *Choice) tried() bool { return c != nil && len(c.Trials) > 0 }

// Trial is one ratio of beta_max and the score behind the grade, and those before it, at
// that ratio. Share is how much of the iterations its training had.
type Trial struct {
	Ratio float64 `json:"ratio"`
	Share float64 `json:"share"`
	Score
}

// WidthTrial is a budget of neurons, 0: none, and the score behind the first grade with it.
type WidthTrial struct {
	Width int `json:"width"`
	Score
}

// Budget is the one of neurons that was chosen, nil without.
func (p *Plan) Budget(o *Options) *Budget {
	if p == nil || p.Width == 0 {
		return nil
	}
	return chosenBudget(p.Width, o.Limits.Work)
}

// behind is the score behind grade k, from 0; nil where it was not planned.
func (p *Plan) behind(k int) *Score {
	switch {
	case k == 0:
		return &p.Before
	case k > len(p.Choices):
		return nil
	}
	return &p.Choices[k-1].Score
}

// Scores is the plan without its calibrations, of which a model takes one over.
func (p *Plan) Scores() *Plan {
	if p == nil {
		return nil
	}
	s := *p
	s.Calibrations = nil
	return &s
}

// newPlan plans the grades of a model on the data.
func newPlan(ctx context.Context, o *Options, cv CrossValidation, data *Data, observer Observer) (*Plan, error) {
	folds, err := newFolds(o, cv, data)
	if err != nil {
		return nil, err
	}
	idle := newHeldOut(folds, o.Loss)
	plan := &Plan{Folds: len(folds), Rows: len(idle.loss), Before: idle.score(), Calibrations: []*Calibration{newCalibration(OnCV, idle)}}
	search, err := newHalving(ctx, o, cv, folds)
	if ended(ctx, err) {
		plan.cutShort()
		return plan, nil
	}
	if err != nil {
		return nil, err
	}
	search.report = o.reportTrial(observer, len(search.folds[0].train.y))
	if err := search.run(ctx); err != nil {
		return nil, err
	}
	plan.fill(o, search)
	if cv.Ridge {
		if err := plan.tryRidge(ctx, o, cv, data, observer, search); err != nil {
			return nil, err
		}
	}
	if ctx.Err() != nil && len(search.all) == 0 {
		plan.cutShort()
	}
	return plan, nil
}

// fill writes down what the search chose.
func (p *Plan) fill(o *Options, s *halving) {
	p.Width, p.Widths = s.width, s.widths
	chosen, grades := s.choose()
	p.Work = s.account.Booked() / billion
	for k := 1; k <= grades; k++ {
		c := Choice{Ratio: chosen.at(k), Score: chosen.behind(k).score(), Trials: []Trial{}, Steps: chosen.stepsTo(k)}
		if k > 1 {
			c.Trials = chosen.later[k-2].trials
		} else {
			for _, tried := range s.all {
				c.Trials = append(c.Trials, Trial{Ratio: tried.ratio, Share: rounds[tried.round].share, Score: tried.behind(1).score()})
			}
		}
		p.Choices = append(p.Choices, c)
		p.Calibrations = append(p.Calibrations, newCalibration(OnCV, chosen.behind(k)))
	}
	switch {
	case grades == o.Grades:
	case grades == 0:
		p.Stopped = "no beta was found at which a grade lowers the cross-validated loss by more than the standard error of that"
	case len(chosen.after) == grades && chosen.cut:
		p.Stopped = fmt.Sprintf("the time for choosing beta was over before grade %d had been tried", grades+1)
	case len(chosen.after) == grades && !chosen.builds:
		p.Stopped = fmt.Sprintf("grade %d has no neurons in a fold, or none can be active on what they leave, so there is nothing to build on", grades)
	default:
		p.Stopped = fmt.Sprintf("grade %d does not lower the cross-validated loss by more than %.2g%% and the standard error of that", grades+1, 100*worthwhile)
	}
}

// cutShort ends a plan whose time was over before anything was tried. A grade is
// trained even so, at the beta that is the default.
func (p *Plan) cutShort() {
	p.Stopped = "the time for choosing beta was over before anything was tried"
	p.Choices = append(p.Choices, Choice{Ratio: float64(DefaultBeta), Score: p.Before, Trials: []Trial{}})
}

// ended reports whether err says that ctx has ended.
func ended(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
}

// reportTrial tells the observer which ratio is tried.
func (o *Options) reportTrial(observer Observer, outputs int) func(round int, ratio float64) {
	what := "cross-validation"
	if o.Penalty != GroupNorm {
		what += " with penalty " + o.Penalty.String()
	}
	return func(round int, ratio float64) {
		observer.Progress(Progress{Grade: 1, Grades: o.Grades, Output: 1, Outputs: outputs,
			Progress: solver.Progress{Phase: fmt.Sprintf("%s, round %d: beta %.3g beta_max", what, round+1, ratio), Primal: math.NaN(), Dual: math.NaN(), RelGap: math.NaN()}})
	}
}

// makePlan makes the plan, or takes over that of an earlier run, where beta is
// chosen. Where its time ends before, the plan is as good as what was tried.
func (t *trainer) makePlan(ctx context.Context, data *Data) error {
	cv, chosen := t.o.Beta.(CrossValidation)
	if !chosen {
		return nil
	}
	if t.run.Plan = t.earlier.Plan; t.run.Plan != nil {
		t.o = t.run.Plan.Options(t.o)
		return nil
	}
	planning := ctx
	if !t.deadline.IsZero() {
		var cancel context.CancelFunc
		cv, planning, cancel = planWithin(ctx, cv, t.o.Limits.Time, time.Until(t.deadline))
		defer cancel()
	}
	plan, err := newPlan(planning, t.o, cv, data, t.observer)
	if err != nil {
		return err
	}
	t.run.Plan = plan
	t.timed(planning)
	t.o = t.run.Plan.Options(t.o)
	return t.observer.Planned(plan, !t.cut.Load())
}

// choice is that of grade k; ok is false where the plan ends before it.
func (t *trainer) choice(k int) (c *Choice, ok bool) {
	switch p := t.run.Plan; {
	case p == nil:
		return nil, true
	case k <= len(p.Choices):
		return &p.Choices[k-1], true
	default:
		t.run.Stopped = p.Stopped
		return nil, false
	}
}
