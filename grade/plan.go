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
// are. It is made before the training, by rehearsals in which every row that is
// not for the test is held out once.
type Plan struct {
	Folds   int      `json:"folds"`
	Before  float64  `json:"before"` // error without a grade, as Trial.Error
	Choices []Choice `json:"choices"`
	// Stopped says why there are fewer grades than asked for, "" otherwise.
	Stopped string `json:"stopped,omitempty"`
}

// Choice is how the beta of a grade was chosen.
type Choice struct {
	Ratio  float64 `json:"ratio"`            // of beta_max
	Error  float64 `json:"validation_error"` // behind the grade alone, as Trial.Error
	Trials []Trial `json:"trials"`           // all ratios tried, falling
}

// Trial is one ratio of beta_max and the error of the grade rehearsed at it, or
// with the next one behind it, if that is less: the mean over the held-out rows of all folds of
// the loss, summed over the targets, in the program's units.
type Trial struct {
	Ratio float64 `json:"ratio"`
	Error float64 `json:"validation_error"`
}

// planner makes a plan; folds are behind the grades planned so far.
type planner struct {
	o     *Options
	folds []fold
	plan  *Plan
}

// newPlan plans the grades of a model on the data.
func newPlan(ctx context.Context, o *Options, data *Data) (*Plan, error) {
	folds, err := newFolds(o, data)
	if err != nil {
		return nil, err
	}
	p := &planner{o: o, folds: folds, plan: &Plan{Folds: len(folds)}}
	p.plan.Before = p.now().mean()
	for k := 1; k <= o.Grades && p.plan.Stopped == ""; k++ {
		if err := p.step(ctx, k); err != nil {
			return nil, fmt.Errorf("grade %d: %w", k, err)
		}
		if ctx.Err() != nil {
			p.cutShort(k)
			break
		}
	}
	return p.plan, nil
}

// cutShort ends a plan whose time is over in step k. Its first grade is trained even
// so, at the beta that is the default, if nothing was tried.
func (p *planner) cutShort(k int) {
	if p.plan.Stopped = fmt.Sprintf("the time for choosing beta was over in grade %d", k); len(p.plan.Choices) == 0 {
		p.plan.Choices = append(p.plan.Choices, Choice{Ratio: DefaultOptions().Beta, Error: p.plan.Before, Trials: []Trial{}})
	}
}

// now are the losses behind the grades planned so far.
func (p *planner) now() rowLosses { return heldOut(p.folds, p.o.Loss) }

// step plans grade k and moves the folds past it, or ends the plan.
func (p *planner) step(ctx context.Context, k int) error {
	now := p.now()
	trials, err := p.trials(ctx, k, now)
	if err != nil {
		return err
	}
	best := bestTrial(trials)
	if best < 0 && ctx.Err() != nil {
		return nil // nothing is known of the grade
	}
	if best < 0 || !pays(now, trials[best].losses) {
		p.plan.Stopped = fmt.Sprintf("no beta was found at which grade %d lowers the validation error of %.4g by more than %.2g%% and the standard error of that", k, now.mean(), 100*(1-worthwhile))
		return nil
	}
	if p.o.OneStandardError {
		best = largestWithin(trials, trials[best].losses.mean()+trials[best].losses.standardError())
	}
	p.folds = trials[best].behind
	c := Choice{Ratio: trials[best].ratio, Error: p.now().mean()}
	for _, s := range trials {
		c.Trials = append(c.Trials, Trial{s.ratio, s.losses.mean()})
	}
	p.plan.Choices = append(p.plan.Choices, c)
	if !allBuild(trials[best].grades) && k < p.o.Grades {
		p.plan.Stopped = fmt.Sprintf("grade %d has no neurons in a fold, so there is nothing to build on", k)
	}
	return nil
}

// trials rehearses grade k at ratio after ratio until patience has run out. now
// are the losses before the grade; a ratio at which the grade itself does not
// lower their mean is no trial.
func (p *planner) trials(ctx context.Context, k int, now rowLosses) ([]trial, error) {
	r, err := newRehearsal(ctx, p.o, k, p.folds)
	if ended(ctx, err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var done []trial
	since := 0
	for _, ratio := range ratios {
		p.report(k, ratio)
		grades, err := r.at(ctx, ratio)
		if ended(ctx, err) {
			break
		}
		if err != nil {
			return nil, err
		}
		since++
		if behind := r.past(grades); heldOut(behind, p.o.Loss).mean() < now.mean() {
			losses, err := r.follow(ctx, grades, ratio)
			if ended(ctx, err) {
				losses, err = heldOut(behind, p.o.Loss), nil // of the grade alone
			}
			if err != nil {
				return nil, err
			}
			if b := bestTrial(done); b < 0 || losses.mean() < done[b].losses.mean() {
				since = 0
			}
			done = append(done, trial{ratio, losses, grades, behind})
		}
		if since >= patience && len(done) > 0 || since > patience+1 {
			break
		}
	}
	return done, nil
}

// ended reports whether err says that ctx has ended.
func ended(ctx context.Context, err error) bool {
	return err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err())
}

func (p *planner) report(k int, ratio float64) {
	if p.o.Progress == nil {
		return
	}
	p.o.Progress(Progress{Grade: k, Grades: p.o.Grades, Output: 1, Outputs: len(p.folds[0].train.e),
		Progress: solver.Progress{Phase: fmt.Sprintf("trying beta %v beta_max", ratio), Primal: math.NaN(), Dual: math.NaN(), RelGap: math.NaN()}})
}

// makePlan makes the plan, or takes over that of an earlier run, where beta is
// chosen. Where its time ends before, the plan is as good as what was tried.
func (t *trainer) makePlan(ctx context.Context, data *Data) error {
	if !t.o.ChooseBeta {
		return nil
	}
	if t.run.Plan = t.o.Plan; t.run.Plan != nil {
		return nil
	}
	planning := ctx
	if !t.deadline.IsZero() {
		var cancel context.CancelFunc
		planning, cancel = context.WithTimeout(ctx, time.Duration(planShare*float64(time.Until(t.deadline))))
		defer cancel()
	}
	plan, err := newPlan(planning, t.o, data)
	if err != nil {
		return err
	}
	t.run.Plan = plan
	if t.timed(planning); t.o.Planned == nil {
		return nil
	}
	return t.o.Planned(plan, !t.cut.Load())
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
