package solver

import (
	"context"
	"math"
	"sort"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/program"
)

// listed is the oracle of a program over listed patterns: it prices every block, adds
// the violated ones and drops the idle ones. At most a few dozen blocks are active at
// an optimum, whatever the number listed.
type listed struct {
	s        *search
	accuracy float64 // the accuracy of the last solve over the working set
	stuck    bool    // the last round brought no better network
	asIs     bool    // the first solve is over the working set as it is, whose dual point says more
}

var _ oracle = (*listed)(nil)

// coarsest is the accuracy of the first solves over a working set, which the next
// blocks make worthless.
const coarsest = 0.03

func (l *listed) price(ctx context.Context) (float64, error) {
	if err := l.s.priceSome(ctx, l.s.nu, l.enough()); err != nil {
		return math.NaN(), err
	}
	gap := program.RelGap(l.s.best.Objective, l.s.dual)
	l.s.report("pricing", gap)
	return gap, nil
}

const (
	// roughGap is the gap from which blocks need not be priced that would not enter: the bound of their
	// values would be no good either.
	roughGap = 0.5
	// roughChoice violated blocks are looked at for each that may enter.
	roughChoice = 4
)

// enough is the number of violated blocks that pricing may end with.
func (l *listed) enough() int {
	t := l.s.traits()
	if !l.s.listed || l.s.screening != nil || t.FirstOrder || t.IdleIsCheap || program.RelGap(l.s.best.Objective, l.s.dual) < roughGap {
		return len(l.s.pricer.Blocks)
	}
	return roughChoice * l.room()
}

// room is the number of blocks that may enter the working set.
func (l *listed) room() int { return max(firstBlocks, len(l.s.work)) }

func (l *listed) end(ctx context.Context, gap float64) Status {
	switch {
	case gap <= l.s.o.Tol:
		return Optimal
	case ctx.Err() != nil || l.s.iterations >= l.s.o.MaxIter || !l.s.affords(0) || l.answered():
		return Limit
	}
	return going
}

// answered says that what the options call enough is there, or proved not to be.
func (l *listed) answered() bool {
	enough := l.s.o.enough
	return enough > 0 && (l.s.best.Objective <= enough || l.s.dual > enough)
}

func (l *listed) enter(gap float64) (float64, Status) {
	if l.asIs = l.asIs && len(l.s.work) > 0; l.asIs {
		l.asIs = false
		l.accuracy = math.Min(l.accuracy, math.Max(0.05*gap, 0.25*l.s.o.Tol))
		return l.accuracy, going
	}
	added := l.updateWork()
	if len(l.s.work) == 0 {
		return 0, Stalled // nothing is violated, the rest of the gap is rounding
	}
	next := math.Min(l.accuracy, math.Max(0.05*gap, 0.25*l.s.o.Tol))
	handed := l.s.last != l.s.inner(l.s.choose(len(l.s.work))) // to another method, to try as much
	if added == 0 && next >= l.accuracy && !handed {
		if l.accuracy < l.tightest() {
			return 0, Stalled
		}
		next = l.accuracy / 10
	}
	l.accuracy = next
	return next, going
}

func (l *listed) learn(_ context.Context, r round) error {
	l.stuck = !r.better
	return nil
}

// dropBelow is the gap below which a block that is idle is dropped, after a solution that
// was not of the coarsest. Coarse ones say little about what is idle: with squares
// dropped at any gap the working sets lost what they had again and again, 72 to 283
// iterations on planted problems of 800 x 20, 800 x 50 and 4000 x 10 instead of 40 to
// 82, and the logistic loss on 10,000 rows of a9a took 79 instead of 52.
const dropBelow = 0.1

// mayDrop is false where dropping blocks could go on for ever.
func (l *listed) mayDrop() bool {
	return !l.stuck && l.accuracy < coarsest && program.RelGap(l.s.best.Objective, l.s.dual) < dropBelow
}

// tightest is the accuracy below which the inner method is not asked to go: a
// gap for the interior point, for ADMM residuals, which say less.
func (l *listed) tightest() float64 {
	if l.s.last != nil && l.s.last.Traits().FirstOrder {
		return 1e-14
	}
	return 1e-3 * l.s.o.Tol
}

// updateWork adds violated blocks and returns how many; with them, or when ADMM
// has most of the working set at zero, the idle ones are dropped.
func (l *listed) updateWork() int {
	violated := l.violated()
	idle := 0
	for _, j := range l.s.work {
		if l.s.idle[j] {
			idle++
		}
	}
	mostly := l.s.last != nil && l.s.last.Traits().FirstOrder && 2*idle > len(l.s.work) && idle < len(l.s.work)
	if len(violated) > 0 || mostly {
		if l.mayDrop() {
			l.dropIdle()
		}
		l.s.work = append(l.s.work, violated...)
		sort.Ints(l.s.work)
	}
	return len(violated)
}

// violated lists violated blocks to add to the working set, the most violated
// first: no more than it already has (at least firstBlocks), and none whose best neuron
// is close to that of a block listed before it, for neighbouring cells share
// their best neuron. Some methods get all of them at once (program.Traits).
func (l *listed) violated() []int {
	in := make(map[int]bool, len(l.s.work))
	for _, j := range l.s.work {
		in[j] = true
	}
	var violated []int
	for j, v := range l.s.pricer.Value {
		if v > l.s.lambda*l.entry() && !in[j] && !l.s.pricer.Rough[j] && !l.s.screenedOut(j) {
			violated = append(violated, j)
		}
	}
	if t := l.s.traits(); !t.FirstOrder && !t.IdleIsCheap {
		sort.SliceStable(violated, func(a, b int) bool {
			return l.s.pricer.Value[violated[a]] > l.s.pricer.Value[violated[b]]
		})
		violated = l.s.spread(violated, l.room(), direction.Candidate)
	}
	return violated
}

// firstBlocks is the number of blocks that a working set begins with. As it doubles, a
// set that is too small costs little and one that is too large much: with 24 and 8 the
// logistic loss on 3000 rows of a9a (124 columns, 4 and 6 active blocks) took more than
// 7.2 and 1.6 CPU seconds, planted problems of 800 x 20 to 2000 x 50 the same.
const firstBlocks = 8

// entry is the value, over lambda, from which a block enters the working set.
func (l *listed) entry() float64 {
	if l.s.traits().IdleIsCheap {
		return 0.8
	}
	return 1 + 1e-12
}

// dropIdle removes the blocks that were zero at the last solution and are not
// violated there.
func (l *listed) dropIdle() {
	kept := l.s.work[:0]
	for _, j := range l.s.work {
		if !l.s.screenedOut(j) && (!l.s.idle[j] || l.s.pricer.Value[j] > l.s.lambda*(1-1e-3)) {
			kept = append(kept, j)
		}
	}
	l.s.work = kept
}
