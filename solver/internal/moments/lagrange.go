package moments

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/lbfgs"
)

const (
	// mostColumns of the factors of coupled moments. What triangles leave of a row calls for
	// moments in its direction: with 8 columns the minimum of a grade of 24 was 1% above that
	// with 24.
	mostColumns = 32
	// searchIterations of L-BFGS are made between two moves of the multipliers while
	// triangles are looked for, every second time; settleIterations when that has ended.
	searchIterations, settleIterations = 100, 300
	// evenMetric is about how many times less than along an entry of V the Lagrangian is curved along an e, which counts
	// for one row, both in their units: with it, the bound is near the Lagrangian from the first rounds on. Measured on airfoil
	// (1503 x 6, gap over all patterns, the same work): without it 0.155, with 40 0.142, 400 0.145, 12,000 0.148.
	// Of wine_red (1599 x 12) 0.115 is proved in 22 CPU seconds, without it 0.061 in 26. Where the interior-point method
	// settles, the gaps are, with 100, 300 and 1000: of elevation data (300 x 37) .330, .331 and .329, of a third grade
	// (308 x 24) .159, .175 and .189, of 400 x 11 .117 with all.
	evenMetric = 100
	// The search for triangles ends when so many rounds as still raised the Lagrangian by less than a share of rise: on
	// airfoil the gap is 0.134 after a quarter less time than with 0.01 and 0.132.
	still, rise = 12, 0.02
	// stiffening of the penalty from one to the next while triangles are looked for.
	stiffening = 1.05
	// stiffest is the largest penalty, of the first.
	stiffest = 100
	// searchRounds is the most of them: from then on, hardly any triangle was new.
	searchRounds = 150
	// searchShare of the work is the most that one search for triangles may cost: it goes with
	// the square of the number of rows, and is not interrupted.
	searchShare = 0.05
	// settleShare of the work is for multipliers that settle, without which they prove little.
	settleShare = 0.35
	// settled is the share of the Lagrangian that a bound may be short of it.
	settled = 1e-3
	// stalest is how often in a row the bound may rise by less than that before it is left.
	stalest = 6
)

// lagrangian is the method of augmented Lagrangians on its way.
type lagrangian struct {
	c               *coupled
	x, grad, metric []float64
	first           float64 // penalty
	spent           float64 // operations
}

// newLagrangian begins where r stands with x0; nil where nothing is left to do.
func (p *Problem) newLagrangian(r *relaxation, x0 []float64) *lagrangian {
	c, x := newCoupled(r, x0, max(r.k, min(r.d, mostColumns)))
	first := 2 * floats.Norm(r.nu, 2) / (math.Pow(float64(r.n), 1.5) * r.typical)
	if !(first > 0) {
		return nil
	}
	c.penalty = first
	return &lagrangian{c: c, x: x, grad: make([]float64, len(x)), metric: c.metric(r, len(x)), first: first}
}

// minimise makes so many iterations at most while the work spent is less than work, and returns the Lagrangian.
func (l *lagrangian) minimise(ctx context.Context, iterations int, work float64) float64 {
	iterations = min(iterations, 1+int((work-l.spent)/(1.1*l.c.evaluationWork())))
	m := lbfgs.Minimiser{Memory: 30, Metric: l.metric, F: func(grad, x []float64) float64 {
		l.spent += l.c.evaluationWork()
		return l.c.value(grad, x)
	}, Enough: func() bool { return l.spent >= work }}
	return m.Run(ctx, l.x, iterations, 1e-9)
}

// search looks for triangles, until that raises the Lagrangian little or the work is done.
func (l *lagrangian) search(ctx context.Context, work float64) {
	var reached []float64
	for round := 0; round < searchRounds && l.spent < work && ctx.Err() == nil; round++ {
		reached = append(reached, l.minimise(ctx, searchIterations, work))
		if round >= still && reached[round]-reached[round-still] <= rise*math.Abs(reached[round]) {
			break
		}
		l.c.move(l.grad, l.x)
		if l.c.penalty < stiffest*l.first {
			l.c.penalty *= stiffening
		}
		if round%2 == 1 {
			found, cost := l.c.separate()
			if l.spent += cost; found == 0 {
				break
			}
		}
	}
}

// settle moves the multipliers until they prove about the Lagrangian, and returns the best bound on the way.
func (l *lagrangian) settle(ctx context.Context, p *Problem, work float64) (best *Bound) {
	value, stale := 0.0, 0
	for stale < stalest && l.spent+p.evidenceWork() < work && ctx.Err() == nil {
		reached := l.minimise(ctx, settleIterations, work-p.evidenceWork())
		l.c.move(l.grad, l.x)
		b := l.c.bound(ctx, p)
		l.spent += p.evidenceWork()
		v := p.value(b)
		if stale++; v > value*(1+settled) {
			stale = 0
		}
		if v > value {
			best, value = b, v
		}
		if v >= min(p.Enough, reached-settled*math.Abs(reached)) {
			break
		}
	}
	return best
}

// metric is that of the minimisation in so many unknowns.
func (c *coupled) metric(r *relaxation, unknowns int) []float64 {
	out, square := slices.Repeat([]float64{r.cost}, unknowns), r.typical*r.typical
	for j := range c.side {
		_, _, even := c.split(out, j)
		for k := range even {
			even[k] = evenMetric * square
		}
	}
	if c.intercept {
		out[unknowns-1] = square
	}
	return out
}

// evaluationWork is about the cost of a value and a gradient.
func (c *coupled) evaluationWork() float64 {
	triangles := 0
	for _, h := range c.side {
		triangles += len(h.triangles)
	}
	return float64(c.k) * (8*float64(c.x.Stored()) + 40*float64(c.n) + float64(c.d)*float64(triangles))
}

// move moves the multipliers at x.
func (c *coupled) move(grad, x []float64) {
	c.settle = true
	c.value(grad, x)
	c.settle = false
}

// bound is that of the multipliers.
func (c *coupled) bound(ctx context.Context, p *Problem) *Bound {
	b := &Bound{Nu: slices.Clone(c.nu)}
	p.Loss.Project(b.Nu, p.Y, p.Intercept)
	var plus, minus float64
	b.Plus, plus = c.evidence(ctx, c.side[0], b.Nu)
	b.Minus, minus = c.evidence(ctx, c.side[1], b.Nu)
	b.Upper = max(plus, minus)
	return b
}
