package moments

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/lbfgs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// Problem is what is bounded: the minimum over all networks of
// L(c + f(X)) + beta times the cost of their neurons.
type Problem struct {
	X         operator.Design // n x d
	Slope     float64         // of the activation, not gated
	Loss      loss.Loss
	Y         []float64 // n
	Beta      float64   // > 0
	Intercept bool      // c is free
	// Useful is a value that a bound must exceed to be of use, Enough one that it need
	// not exceed.
	Useful, Enough float64
	// Hopeless is a value that is of no use, and from below which augmented Lagrangians do not lift a bound to use: a relaxation
	// that comes to it is left at once, unless Work suffices for the interior-point method with triangles, which may.
	Hopeless float64
	// Best is the least value known, at least Enough.
	Best float64
	// Work limits the floating-point operations, roughly counted, and WithTrees those
	// together with trees over the signs of rows.
	Work, WithTrees float64
}

// Bound is a dual point and what proves that it is feasible for all patterns.
type Bound struct {
	Nu          []float64 // n
	Upper       float64   // >= m(Nu) = max |Nu'phi(Xw)|, |w| <= 1
	Plus, Minus *Parabolas
	// BranchesPlus and BranchesMinus are the trees that are the evidence instead, if not nil.
	BranchesPlus, BranchesMinus Tree
}

const (
	// columns of the factors: with 6, 12 and all d + 1 the minima of t10, d_teacher
	// and b_diabetes agreed to five digits.
	columns = 8
	// stageIterations of L-BFGS for one width of the kinks, of which 100 to 250 were made.
	stageIterations = 300
	// leastIterations without which a stage is not begun.
	leastIterations = 100
	// clearly hopeless is a relaxation with rounded kinks below so much of that: without them it is at most Hopeless.
	clearly = 0.9
	// largestOrder of the matrices, each factored some sixty times.
	largestOrder = 2000
)

// sharpness are the widths of the kinks, as a share of the typical deviation of the
// targets. With the last one, bounds were within a relative 1e-3 of those with kinks.
var sharpness = [...]float64{0.1, 0.03, 0.01, 0.003}

// iterationWork is about the cost of a value and a gradient: four products with X
// and the ends, with a line search that takes 1.1 of them.
func (p *Problem) iterationWork() float64 {
	n, _ := p.X.Dims()
	return 1.1 * (8*float64(p.X.Stored())*float64(columns) + 200*float64(n))
}

// evidenceWork is the cost of the matrices of both signs and their factors, for two tries, and
// of what lies between these.
func (p *Problem) evidenceWork() float64 {
	n, d := p.X.Dims()
	return 2*(4*float64(n)*float64(d)*float64(d)+120*float64(d)*float64(d)*float64(d)/3) + stageIterations*p.iterationWork()
}

// coupleWork is about what the relaxation leaves for triangles.
func (p *Problem) coupleWork() float64 {
	return p.Work - p.evidenceWork() - float64(len(sharpness)*stageIterations)*p.iterationWork()
}

// Best relaxes, and returns the bound of the dual point that it comes to, nil where a
// bound of use is out of reach, and the work that it took. Where the relaxation is hopeless, reach is a value that it
// does not exceed, else infinite. When ctx ends it returns what it has.
func Best(ctx context.Context, p Problem) (best *Bound, spent, reach float64) {
	reach = math.Inf(1)
	_, d := p.X.Dims()
	each := p.iterationWork()
	if d > largestOrder || p.evidenceWork()+leastIterations*each > p.Work {
		return nil, 0, reach
	}
	r, x := newRelaxation(&p)
	if r.typical == 0 {
		return nil, 0, reach
	}
	hopeless := p.Hopeless
	if p.settles(r.n, r.d, p.coupleWork()) {
		hopeless = math.Inf(-1)
	}
	at := make([]float64, len(x))
	for _, width := range sharpness {
		most := (p.Work - spent - p.evidenceWork()) / each // evaluations
		left := int(min(most, stageIterations))
		if left < leastIterations || ctx.Err() != nil {
			break
		}
		r.loss = loss.Smoothed(p.Loss, p.Y, p.Intercept, width)
		r.sharp = width * r.typical
		evaluations, least := 0, math.Inf(1)
		m := lbfgs.Minimiser{Memory: 20, Metric: r.units(len(x)), F: func(grad, x []float64) float64 {
			evaluations++
			value := r.value(grad, x)
			least = min(least, value)
			return value
		}, Enough: func() bool { return least <= clearly*hopeless || float64(evaluations) >= most }}
		m.Run(ctx, x, left, 1e-4)
		spent += float64(evaluations) * each
		relaxed := r.exactly(at, x, p.Loss)
		if relaxed <= hopeless {
			return nil, spent, relaxed
		}
		if relaxed <= p.Useful {
			if p.Useful >= p.Enough {
				return nil, spent, reach
			}
			break
		}
	}
	if spent == 0 || ctx.Err() != nil {
		return nil, spent, reach
	}
	r.value(at, x)
	best = r.bound(ctx, p.Loss, x)
	spent += p.evidenceWork()
	value := p.value(best)
	if value < p.Enough {
		if better, more := p.couple(ctx, r, x, value, p.Work-spent); better != nil {
			spent += more
			if v := p.value(better); v > value {
				best, value = better, v
			}
		}
	}
	if !(value > p.Useful) || floats.Norm(best.Nu, math.Inf(1)) == 0 || math.IsInf(best.Upper, 1) {
		return nil, spent, reach
	}
	return best, spent, reach
}

// value is what the bound proves of the optimum.
func (p *Problem) value(b *Bound) float64 {
	if math.IsInf(b.Upper, 1) {
		return 0
	}
	limit := loss.LargestScale(p.Beta*float64(len(b.Nu)), b.Upper)
	return loss.BestMultiple(p.Loss, b.Nu, p.Y, limit).Value
}

// bound is that of the moments x, at which r was evaluated last.
func (r *relaxation) bound(ctx context.Context, l loss.Loss, x []float64) *Bound {
	b := &Bound{Nu: slices.Clone(r.nu)}
	l.Project(b.Nu, r.y, r.intercept)
	var plus, minus float64
	size := r.k*r.d + 1
	b.Plus, plus = r.best(ctx, slices.Clone(x[:size]), r.side[0], 1, b.Nu)
	b.Minus, minus = r.best(ctx, slices.Clone(x[size:2*size]), r.side[1], -1, b.Nu)
	b.Upper = max(plus, minus)
	return b
}

// best is the evidence for s nu. Where the moments x of a side are not those of the largest
// s nu'phi, because they have hardly a weight or have not settled, these are looked for.
func (r *relaxation) best(ctx context.Context, x []float64, f *factor, s float64, nu []float64) (*Parabolas, float64) {
	const close = 1e-3
	p, upper := r.parabolas(ctx, f, s, nu)
	if upper <= r.beta*float64(r.n)*(1+close) {
		return p, upper
	}
	floats.Scale(math.Sqrt(r.cost)/f.rho, x)
	m := lbfgs.Minimiser{Memory: 20, Metric: r.units(len(x)), F: func(grad, x []float64) float64 { return r.largest(grad, x, f, s, nu) }}
	m.Run(ctx, x, stageIterations, 1e-6)
	r.largest(make([]float64, len(x)), x, f, s, nu)
	if better, value := r.parabolas(ctx, f, s, nu); value < upper {
		return better, value
	}
	return p, upper
}

// typical is the size of predictions: the deviation of the targets from the best
// constant, 1 for classes.
func (p *Problem) typical() float64 {
	if p.Loss.Labels() {
		return 1
	}
	c, _ := loss.NullModel(p.Loss, p.Y, p.Intercept)
	sum := 0.0
	for _, v := range p.Y {
		sum += (v - c) * (v - c)
	}
	return math.Sqrt(sum / float64(len(p.Y)))
}

// newRelaxation returns it with a start, drawn at random, whose predictions are about
// as large as they should be.
func newRelaxation(p *Problem) (*relaxation, []float64) {
	lead := p.leading()
	n, d := lead.Dims()
	vec := func() []float64 { return make([]float64, n) }
	r := &relaxation{x: lead, full: p.X, n: n, d: d, k: columns, slope: p.Slope, height: operator.RowNorms(p.X), labels: p.Loss.Labels(),
		y: p.Y, beta: p.Beta, intercept: p.Intercept, lo: vec(), hi: vec(), z: vec(), nu: vec()}
	for j := range r.side {
		r.side[j] = newFactor(n, d, r.k)
	}
	r.typical = p.typical()
	r.cost = r.typical / max(floats.Sum(r.height)/float64(n), 0x1p-500)
	size := r.k*d + 1
	x := make([]float64, 2*size, 2*size+1)
	rng := rand.New(rand.NewPCG(1, 2))
	scale := math.Sqrt(r.cost / float64(size))
	for i := range x {
		x[i] = scale * rng.NormFloat64()
	}
	if p.Intercept {
		c, _ := loss.NullModel(p.Loss, p.Y, true)
		x = append(x, c)
	}
	return r, x
}

// units are the squares of those of so many variables, of which a constant is the last.
func (r *relaxation) units(variables int) []float64 {
	out := slices.Repeat([]float64{r.cost}, variables)
	if variables > 2*(r.k*r.d+1) {
		out[variables-1] = r.typical * r.typical
	}
	return out
}

// exactly is the relaxed objective at x without rounded kinks, which no bound of this
// kind exceeds. grad is overwritten.
func (r *relaxation) exactly(grad, x []float64, l loss.Loss) float64 {
	smooth, sharp := r.loss, r.sharp
	defer func() { r.loss, r.sharp = smooth, sharp }()
	r.loss, r.sharp = l, sharp*0x1p-30
	return r.value(grad, x)
}
