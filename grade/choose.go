package grade

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"multigrade/solver"
)

// Choosing beta. Grade k is rehearsed (rehearsal.go) at falling ratios of
// beta_max, and behind each of them the grades still to come, at the same ratio
// of their own beta_max, as long as they help: what counts is how far the whole
// run gets, for a grade that fits all it can alone often leaves the next ones
// nothing but noise. The ratio whose validation error is least, or with one
// standard error the largest ratio within that of it, is the grade's. A grade is
// added only if it lowers the validation error.

// ratios are the values of beta / beta_max tried, falling.
var ratios = [...]float64{0.3, 0.1, 0.03, 0.01, 0.003, 0.001}

const (
	// patience is the number of ratios in a row that may bring nothing better.
	patience = 2
	// worthwhile is the factor by which a rehearsed grade has to lower the
	// validation error.
	worthwhile = 0.99
)

// Choice is how the beta of a grade was chosen.
type Choice struct {
	Ratio  float64 // of beta_max
	Trials []Trial // all ratios tried, falling
}

// Trial is one ratio of beta_max and the least validation error of the grades
// from this one on that were rehearsed at it: the mean over the validation rows
// of the loss, summed over the targets, in the program's units.
type Trial struct {
	Ratio, Error float64
}

// choice is a Choice with the networks to start from, one per target.
type choice struct {
	Choice
	starts []*solver.Network
}

// trial is a Trial with what a choice needs.
type trial struct {
	ratio  float64
	losses rowLosses
	starts []*solver.Network
}

// rowLosses are the losses of the rows of a part, summed over the targets.
type rowLosses []float64

func (v rowLosses) mean() float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

// standardError is that of the mean.
func (v rowLosses) standardError() float64 {
	_, sd := meanSD(v)
	return sd / math.Sqrt(float64(len(v)))
}

// choose chooses the beta of grade k; nil, and the reason, if no beta makes a
// grade that helps.
func (t *trainer) choose(ctx context.Context, k int) (c *choice, reason string, err error) {
	if !t.deadline.IsZero() {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, t.deadline)
		defer cancel()
	}
	r, err := t.newRehearsal(ctx, k, []*part{t.parts[0], t.part(OnValidation)})
	if err != nil {
		return nil, "", err
	}
	now := r.parts[1].rowLosses(t.o.Loss).mean()
	trials, err := r.trials(ctx, now)
	if err != nil {
		return nil, "", err
	}
	best := bestTrial(trials)
	if best < 0 || !(trials[best].losses.mean() < worthwhile*now) {
		return nil, fmt.Sprintf("no beta was found at which grade %d lowers the validation error of %.4g by %.2g%%", k, now, 100*(1-worthwhile)), nil
	}
	if t.o.OneStandardError {
		best = largestWithin(trials, trials[best].losses.mean()+trials[best].losses.standardError())
	}
	c = &choice{Choice: Choice{Ratio: trials[best].ratio}, starts: trials[best].starts}
	for _, s := range trials {
		c.Trials = append(c.Trials, Trial{s.ratio, s.losses.mean()})
	}
	return c, "", nil
}

// trials rehearses ratio after ratio until patience has run out. now is the
// validation error before the grade; a ratio at which the grade itself does not
// lower it is no trial.
func (r *rehearsal) trials(ctx context.Context, now float64) ([]trial, error) {
	var done []trial
	since := 0
	for _, ratio := range ratios {
		g, nets, err := r.at(ctx, ratio)
		if err != nil {
			return nil, err
		}
		r.t.reportChoice(r.k, ratio)
		since++
		if r.past(g)[1].rowLosses(r.t.o.Loss).mean() < now {
			losses, err := r.follow(ctx, g, ratio)
			if err != nil {
				return nil, err
			}
			if b := bestTrial(done); b < 0 || losses.mean() < done[b].losses.mean() {
				since = 0
			}
			done = append(done, trial{ratio, losses, nets})
		}
		if since >= patience && len(done) > 0 || since > patience+1 {
			break
		}
	}
	return done, nil
}

// bestTrial is the trial with the least error, -1 if there is none.
func bestTrial(trials []trial) int {
	best := -1
	for i := range trials {
		if best < 0 || trials[i].losses.mean() < trials[best].losses.mean() {
			best = i
		}
	}
	return best
}

// largestWithin is the first trial, the one with the largest ratio, whose error
// is at most limit.
func largestWithin(trials []trial, limit float64) int {
	for i := range trials {
		if trials[i].losses.mean() <= limit {
			return i
		}
	}
	return -1
}

func (t *trainer) reportChoice(k int, ratio float64) {
	if t.o.Progress == nil {
		return
	}
	t.o.Progress(Progress{Grade: k, Grades: t.o.Grades, Output: 1, Outputs: len(t.parts[0].e),
		Progress: solver.Progress{Phase: fmt.Sprintf("trying beta %v beta_max", ratio), Primal: math.NaN(), Dual: math.NaN(), RelGap: math.NaN()}})
}

// chosen is the choice for grade k where beta is chosen. ok is false when the
// run ends here.
func (t *trainer) chosen(ctx context.Context, k int) (c *choice, ok bool, err error) {
	if !t.o.ChooseBeta {
		return nil, true, nil
	}
	c, reason, err := t.choose(ctx, k)
	switch {
	case errors.Is(err, context.DeadlineExceeded) && !t.deadline.IsZero() && !time.Now().Before(t.deadline):
		t.stop(solver.Limit, fmt.Sprintf("the time limit came while the beta of grade %d was chosen", k))
		return nil, false, nil
	case err != nil:
		return nil, false, err
	case c == nil:
		t.run.Stopped = reason
		return nil, false, nil
	}
	return c, true, nil
}

// helps reports whether the grade lowers the validation error, where beta is
// chosen by it; if not, the run ends without the grade.
func (t *trainer) helps(g *Trained) bool {
	if !t.o.ChooseBeta {
		return true
	}
	p := t.part(OnValidation)
	before := p.rowLosses(t.o.Loss).mean()
	behind := p.copy()
	behind.pass(g.Grade, t.o.Bias)
	after := behind.rowLosses(t.o.Loss).mean()
	if after < before {
		return true
	}
	t.run.Stopped = fmt.Sprintf("grade %d was not added, it would take the validation error from %.4g to %.4g", g.Grade.Number, before, after)
	return false
}
