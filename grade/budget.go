package grade

import (
	"context"
	"time"
)

// A time limit is a budget for the whole run: choosing beta may use planShare of it,
// and every grade as much as is left divided by the grades to come, itself among
// them. What a stage does not use is there for the next. What the clock had a part
// in does not come out the same again, nor does anything after it.

// planShare is the part of a time limit for choosing beta: without a limit that costs
// about as much as the training.
const planShare = 0.4

// betaShare is the part of a grade's time for beta_max, which is a search of its own.
const betaShare = 0.2

// late reports whether the time limit has come.
func (t *trainer) late() bool { return !t.deadline.IsZero() && !time.Now().Before(t.deadline) }

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

// part is a context that ends with the given part of what is left of the grade's
// time.
func (t *trainer) part(ctx context.Context, share float64) (context.Context, context.CancelFunc) {
	if t.deadline.IsZero() {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, time.Duration(share*float64(time.Until(t.share))))
}

// timeLeft of the grade is at least a nanosecond, which is no time.
func (t *trainer) timeLeft() time.Duration { return max(time.Until(t.share), time.Nanosecond) }

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
