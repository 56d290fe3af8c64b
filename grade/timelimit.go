package grade

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"
)

// A time limit is a budget for the whole run: choosing beta may use planShare of it,
// and every grade as much as is left divided by the grades to come, itself among
// them. What a stage does not use is there for the next. What the clock had a part
// in does not come out the same again, nor does anything after it.

// planShare is the part of a time limit for choosing beta: without a limit that costs
// about as much as the training.
const planShare = 0.4

// planRate is the work, in 1e9 operations a second, that cross-validation counts on
// where its time is limited, so that all its rounds are shorter instead of the last
// ones missing: about a quarter of what two idle cores with AVX-512 do.
const planRate = 9

// planWithin is the context of a choice of beta under a time limit, of which so much is left, and
// how much the choice may cost then.
func planWithin(ctx context.Context, cv CrossValidation, limit, left time.Duration) (CrossValidation, context.Context, context.CancelFunc) {
	cv.Work = min(cv.Work, planRate*planShare*limit.Seconds())
	within, cancel := context.WithTimeout(ctx, time.Duration(planShare*float64(left)))
	return cv, within, cancel
}

// betaShare is the part of a grade's time, and of its work, for beta_max, which is a search of its own.
const betaShare = 0.2

// betaWork is the most work for beta_max where its search hardly ever ends: of ten data sets
// five, which took 0.05 to 4 CPU seconds, have the same beta_max to twelve digits, one (airfoil)
// a beta_max smaller by 4e-4.
const betaWork = 2e9

// late reports whether the time limit has come.
func (t *trainer) late() bool { return !t.deadline.IsZero() && !time.Now().Before(t.deadline) }

// overtime is how long a run that is over may still do what takes more than overtimeShort.
const overtime, overtimeShort = time.Second, 250 * time.Millisecond

// affords says that a grade which is expected to take so long may begin: the run is not over, or will not be so for long.
func (t *trainer) affords(expected time.Duration) bool {
	over := time.Duration(0)
	if !t.deadline.IsZero() {
		over = time.Since(t.deadline)
	}
	if at := t.ended.Load(); at != nil {
		over = max(over, time.Since(*at))
	}
	return over <= 0 || expected <= overtimeShort || over+expected <= overtime
}

// A pace tells from how long the last grade took how long the next will.
type pace struct {
	begun time.Time
	size  float64
}

// begin a grade on a split.
func (p *pace) begin(s *splitState) { p.begun, p.size = time.Now(), s.size() }

// expected is for the grade behind the one that was begun, on the split that has passed it.
func (p *pace) expected(s *splitState) time.Duration {
	return time.Duration(float64(time.Since(p.begun)) * s.size() / p.size)
}

// untilDeadline is a context that ends with the time of the run, or so long after it.
func (t *trainer) untilDeadline(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	if t.deadline.IsZero() {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, t.deadline.Add(after))
}

// allot gives grade k its time and returns a context that ends with it.
func (t *trainer) allot(ctx context.Context, k int) (context.Context, context.CancelFunc) {
	if t.deadline.IsZero() {
		return ctx, func() {}
	}
	grades := t.o.Grades
	if t.run.Plan != nil {
		grades = min(grades, max(k, len(t.run.Plan.Choices)))
	}
	t.share = time.Now().Add(time.Until(t.deadline) / time.Duration(grades-k+1))
	return context.WithDeadline(ctx, t.share)
}

// patternGrace is how long the patterns of the first grade may take to choose whatever
// the time limit: without them there is no network.
const patternGrace = 250 * time.Millisecond

// begun is the context to choose the patterns of grade k in: within, of the first grade
// for patternGrace at least.
func begun(ctx, within context.Context, k int) (context.Context, context.CancelFunc) {
	end, limited := within.Deadline()
	if least := time.Now().Add(patternGrace); limited && k == 1 && end.Before(least) {
		return context.WithDeadline(ctx, least)
	}
	return within, func() {}
}

// graced is a context that goes on for a while after ctx was ended.
func graced(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })
	return longer, func() { stop(); cancel() }
}

// shareOf is a context that ends with the given part of what is left until ctx does.
func shareOf(ctx context.Context, share float64) (context.Context, context.CancelFunc) {
	end, limited := ctx.Deadline()
	if !limited {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(share*float64(time.Until(end))))
}

// turns divide a grade's time among its outputs, which are solved as many at a time
// as there are processors: each has what is left divided by the rounds still to come.
type turns struct {
	left atomic.Int64 // outputs that have not begun
}

// rounds still to come with the output that begins now.
func (s *turns) rounds() int {
	left, processors := int(s.left.Add(-1))+1, runtime.GOMAXPROCS(0)
	return (left + processors - 1) / processors
}

// timeLeft until ctx ends is at least a nanosecond, which is no time; 0 is no limit.
func timeLeft(ctx context.Context) time.Duration {
	end, limited := ctx.Deadline()
	if !limited {
		return 0
	}
	return max(time.Until(end), time.Nanosecond)
}

// timed notes that the clock, or an interruption, had a part in what was done under
// ctx.
func (t *trainer) timed(ctx context.Context) {
	if ctx.Err() != nil {
		t.cut.Store(true)
	}
}

// lasting reports whether all that was done so far would come out the same again.
func (t *trainer) lasting(ctx context.Context) bool {
	over := !t.deadline.IsZero() && !time.Now().Before(t.share)
	if ctx.Err() != nil || over {
		t.cut.Store(true)
	}
	return !t.cut.Load()
}
