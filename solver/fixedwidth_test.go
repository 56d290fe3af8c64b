package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// wavy is a program with d columns, the last of ones, and a target of sines.
func wavy(rng *rand.Rand, n, d int, beta float64) *program.Problem {
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for k := range d - 1 {
			x.Set(i, k, rng.NormFloat64())
			y[i] += math.Sin(3*x.At(i, k)) / float64(k+1)
		}
		x.Set(i, d-1, 1)
	}
	return &program.Problem{X: x, Y: y, Beta: beta, Intercept: true}
}

func fixedWidth(t *testing.T, p *program.Problem, change func(*train.WidthOptions)) *train.FixedWidth {
	t.Helper()
	o := train.DefaultWidthOptions(5)
	o.Pool = 60
	if change != nil {
		change(&o)
	}
	f, err := train.NewFixedWidth(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// trainingObjective is loss and group norms of net on p, from the definition.
func trainingObjective(p *program.Problem, net *program.Network) float64 {
	n, d := p.X.Dims()
	loss, norms := 0.0, 0.0
	for i := range n {
		e := net.Constant - p.Y[i]
		for _, u := range net.Neurons {
			z := 0.0
			for k := range d {
				z += p.X.At(i, k) * u.W[k]
			}
			e += u.Alpha * math.Max(z, 0)
		}
		loss += e * e / float64(2*n)
	}
	for _, u := range net.Neurons {
		norms += math.Abs(u.Alpha) * floats.Norm(u.W, 2)
	}
	return loss + p.Beta*norms
}

// The step by the weights minimises the linearised objective, that by products
// nearly.
func TestDampedStep(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 6 {
		q, v := randomMarquardt(t, rng)
		lambda := rng.Float64()
		weights, krylov := train.NewDampedWeights(q), train.NewDampedKrylov(q)
		byWeights, byProducts := make([]float64, len(v)), make([]float64, len(v))
		weights.Form(q, v)
		krylov.Form(q, v)
		if !weights.Step(byWeights, v, q, lambda) || !krylov.Step(byProducts, v, q, lambda) {
			t.Fatal("singular system")
		}
		value := func(next []float64) float64 {
			u, last, step := linearised(weights.Jt, q, v, next), len(v)-1, slices.Clone(next)
			floats.Sub(step, v)
			return floats.Dot(u, u)/float64(2*q.N) + q.Beta/2*floats.Dot(next[:last], next[:last]) + lambda/2*floats.Dot(step[:last], step[:last])
		}
		if least, got := value(byWeights), value(byProducts); got < least*(1-1e-9) || got > least*1.01 { // it ends early
			t.Fatalf("products leave %v, weights %v", got, least)
		}
		u, last := linearised(weights.Jt, q, v, byWeights), len(v)-1
		for k := range last {
			slope := floats.Dot(operator.RowOf(weights.Jt, k), u)/float64(q.N) + q.Beta*byWeights[k] + lambda*(byWeights[k]-v[k])
			if math.Abs(slope) > 1e-8 {
				t.Fatalf("entry %d: slope %v at the minimum", k, slope)
			}
		}
	}
}

// The step by the rows satisfies the equations in its comment.
func TestDampedRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(19, 20))
	for range 6 {
		q, v := randomMarquardt(t, rng)
		lambda := rng.Float64()
		rows, weights, next := train.NewDampedRows(q), train.NewDampedWeights(q), make([]float64, len(v))
		rows.Form(q, v)
		weights.Form(q, v)
		if !rows.Step(next, v, q, lambda) {
			t.Fatal("singular system")
		}
		u := linearised(weights.Jt, q, v, next)
		m := rows.Metric(q.Beta, lambda, q.D)
		for j := range q.M {
			wj, step := operator.RowOf(q.Weights(v), j), make([]float64, q.D)
			floats.SubTo(step, operator.RowOf(q.Weights(next), j), wj)
			for k := range q.D {
				slope := floats.Dot(operator.RowOf(weights.Jt, j*q.D+k), u)/float64(q.N) + q.Beta*wj[k] + rows.S[j]*floats.Dot(m.Data[k*q.D:k*q.D+q.D], step)
				if math.Abs(slope) > 1e-7 {
					t.Fatalf("neuron %d, weight %d: slope %v", j, k, slope)
				}
			}
			a, na := q.Outputs(v)[j], q.Outputs(next)[j]
			if slope := floats.Dot(operator.RowOf(weights.Jt, q.M*q.D+j), u)/float64(q.N) + q.Beta*a + (q.Beta+lambda)/rows.S[j]*(na-a); math.Abs(slope) > 1e-7 {
				t.Fatalf("output weight %d: slope %v", j, slope)
			}
		}
		if q.Intercept && math.Abs(floats.Sum(u)) > 1e-7 {
			t.Fatalf("the residuals sum to %v", floats.Sum(u))
		}
	}
}

// randomMarquardt is a small training at random variables.
func randomMarquardt(t *testing.T, rng *rand.Rand) (*train.Marquardt, []float64) {
	t.Helper()
	n, d, m := 10+rng.IntN(30), 2+rng.IntN(4), 1+rng.IntN(5)
	p := wavy(rng, n, d, 0.01*rng.Float64())
	p.Intercept = rng.IntN(2) == 0
	f := fixedWidth(t, p, nil)
	q := train.NewMarquardt(f.X, &f.P, m)
	v := make([]float64, len(q.Grad))
	for k := range v {
		v[k] = rng.NormFloat64()
	}
	if !p.Intercept {
		*q.Constant(v) = 0
	}
	q.At(v)
	return q, v
}

// linearised is r + J (next - v), the constant included.
func linearised(jt blas64.General, q *train.Marquardt, v, next []float64) []float64 {
	u := slices.Clone(q.R)
	for k := range v {
		floats.AddScaled(u, next[k]-v[k], operator.RowOf(jt, k))
	}
	return u
}

// Elimination costs what it says: with one neuron gone, the best output weights
// of the others give the least squares of all choices of one.
func TestEliminate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	p := wavy(rng, 40, 3, 1e-3)
	f := fixedWidth(t, p, nil)
	q := train.NewMarquardt(f.X, &f.P, 6)
	v := make([]float64, len(q.Grad))
	for k := range v {
		v[k] = rng.NormFloat64()
	}
	ridge := func(v []float64) float64 {
		q := train.NewMarquardt(f.X, &f.P, f.Width(v))
		q.At(v)
		return floats.Dot(q.R, q.R)/float64(2*q.N) + p.Beta/2*floats.Dot(q.Outputs(v), q.Outputs(v))
	}
	got := ridge(f.Eliminate(v, 5))
	for j := range 6 {
		// The other neurons with their weights, output weights fitted.
		net := f.Network(v)
		net.Neurons = slices.Delete(net.Neurons, j, j+1)
		_, u := train.DescentOf(f.X, &f.P, &net)
		fitted := f.Eliminate(u, 5)
		if value := ridge(fitted); got > value*(1+1e-7) {
			t.Errorf("without neuron %d: %v, eliminated to %v", j, value, got)
		}
	}
}

// The first choice of the pursuit is the candidate that explains most, and its
// weights are those of least squares.
func TestPursue(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	p := wavy(rng, 50, 3, 0)
	f := fixedWidth(t, p, nil)
	pool := f.Candidates(60)
	loss := func(v []float64) float64 {
		q := train.NewMarquardt(f.X, &f.P, f.Width(v))
		return q.At(v)
	}
	v := f.Pursue(pool, 1)
	for j := range pool.Rows {
		one := blas64.General{Rows: 1, Cols: pool.Cols, Stride: pool.Stride, Data: operator.RowOf(pool, j)}
		if other := loss(f.Pursue(one, 1)); loss(v) > other*(1+1e-9) {
			t.Fatalf("candidate %d explains more: %v < %v", j, other, loss(v))
		}
	}
	v = f.Pursue(pool, 8)
	net := f.Network(v)
	result, err := optimize.Minimize(optimize.Problem{Func: func(a []float64) float64 {
		u := slices.Clone(v)
		copy(u[len(u)-len(a):], a)
		return loss(u)
	}}, slices.Clone(v[len(v)-len(net.Neurons)-1:]), &optimize.Settings{FuncEvaluations: 2000}, &optimize.NelderMead{})
	if err != nil && result == nil {
		t.Fatal(err)
	}
	if result.F < loss(v)*(1-1e-6) {
		t.Errorf("output weights are not those of least squares: %v, found %v", loss(v), result.F)
	}
}

// Drawn neurons all have the same size, and together that of the target.
func TestDrawn(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, intercept := range []bool{true, false} {
		p := wavy(rng, 60, 4, 0)
		p.Intercept = intercept
		f := fixedWidth(t, p, nil)
		v := f.Drawn(12)
		q := train.NewMarquardt(f.X, &f.P, 12)
		q.At(v)
		target := slices.Clone(p.Y)
		if intercept {
			floats.AddConst(-floats.Sum(p.Y)/60, target)
		}
		want := floats.Dot(target, target) / 12
		for j, a := range q.Outputs(v) {
			h := operator.RowOf(q.H, j)
			if got := a * a * floats.Dot(h, h); math.Abs(got/want-1) > 1e-9 {
				t.Errorf("neuron %d: square %v, want %v", j, got, want)
			}
		}
	}
}

// Spread kinks cut the rows into equal parts, in whatever order the rows are, and
// the output weights are fitted.
func TestSpread(t *testing.T) {
	rng := rand.New(rand.NewPCG(23, 24))
	p := wavy(rng, 80, 2, 1e-6)
	f := fixedWidth(t, p, func(o *train.WidthOptions) { o.Neurons = 8 })
	net, err := f.Spread()
	if err != nil {
		t.Fatal(err)
	}
	if len(net.Neurons) != 8 {
		t.Fatalf("%d neurons, want 8", len(net.Neurons))
	}
	x := mat.Col(nil, 0, p.X)
	slices.Sort(x)
	var kinks []float64
	right := 0
	for _, u := range net.Neurons {
		kinks = append(kinks, -u.W[1]/u.W[0])
		if u.W[0] > 0 {
			right++
		}
	}
	slices.Sort(kinks)
	for k, at := range kinks {
		if below, _ := slices.BinarySearch(x, at-1e-9); below != 10*k+5 && below != 10*k+4 {
			t.Errorf("kink %d has %d rows below", k, below)
		}
	}
	if right != 4 {
		t.Errorf("%d of 8 kinks open to the right", right)
	}
	_, v := train.DescentOf(f.X, &f.P, &net)
	q := train.NewMarquardt(f.X, &f.P, 8)
	q.At(v)
	for j := range 8 {
		if slope := floats.Dot(operator.RowOf(q.H, j), q.R); math.Abs(slope) > 1e-6 {
			t.Errorf("output weight %d: slope %v", j, slope)
		}
	}
	if _, err := fixedWidth(t, wavy(rng, 20, 3, 0), nil).Spread(); err == nil {
		t.Error("kinks are spread along two inputs")
	}
}

// Kinks lie at rows of X.
func TestKinks(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	p := wavy(rng, 30, 2, 0)
	pool := fixedWidth(t, p, nil).Candidates(60)
	for k := range pool.Rows {
		least := math.Inf(1)
		for i := range 30 {
			least = math.Min(least, math.Abs(pool.Data[2*k]*p.X.At(i, 0)+pool.Data[2*k+1]))
		}
		if least != 0 {
			t.Fatalf("candidate %d has its kink %v from the nearest row", k, least)
		}
	}
}

// The budget is kept, training lowers the objective, and the optimum of the
// convex program is a lower bound.
func TestFixedWidth(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for k, d := range []int{2, 4, 4} {
		p := wavy(rng, 80, d, 1e-3)
		f := fixedWidth(t, p, func(o *train.WidthOptions) { o.Start = train.WidthStart(k / 2) })
		wide := f.Wide(context.Background())
		few := f.Shrink(context.Background(), wide)
		if len(few.Neurons) > 5 {
			t.Errorf("d = %d: %d neurons, budget 5", d, len(few.Neurons))
		}
		zero := trainingObjective(p, &program.Network{Constant: floats.Sum(p.Y) / 80})
		a, b := trainingObjective(p, &wide), trainingObjective(p, &few)
		if !(a < zero && b < zero) {
			t.Errorf("d = %d: objectives %v wide, %v kept, %v with none", d, a, b, zero)
		}
		o := DefaultGlobalOptions()
		o.Tol, o.BoundLeaves, o.Start = 1e-4, 5000, &wide
		r, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.GlobalBound > b || r.GlobalBound > a || r.Primal > a*(1+1e-9) {
			t.Errorf("d = %d: bound %v, optimum %v, wide %v, kept %v", d, r.GlobalBound, r.Primal, a, b)
		}
	}
}

// The same network whatever the number of processors; another seed is another.
func TestFixedWidthDeterministic(t *testing.T) {
	p := wavy(rand.New(rand.NewPCG(13, 14)), 100, 4, 1e-4)
	run := func(seed uint64) []float64 {
		f := fixedWidth(t, p, func(o *train.WidthOptions) { o.Seed = seed })
		net := f.Shrink(context.Background(), f.Wide(context.Background()))
		_, v := train.DescentOf(f.X, &f.P, &net)
		return v
	}
	first := run(1)
	before := runtime.GOMAXPROCS(1)
	second := run(1)
	runtime.GOMAXPROCS(before)
	if !slices.Equal(first, second) {
		t.Error("one processor gives another network")
	}
	if slices.Equal(first, run(2)) {
		t.Error("another seed gives the same network")
	}
}

// Of many rows one of every k is trained on, not always the same.
func TestThinned(t *testing.T) {
	p := wavy(rand.New(rand.NewPCG(15, 16)), 101, 3, 0)
	x, y := train.Thinned(p.X, p.Y, 30)
	n, _ := x.Dims()
	if n > 30 || n != len(y) || n < 20 {
		t.Fatalf("%d rows and %d targets of 101, limit 30", n, len(y))
	}
	places := map[int]bool{}
	for k := range y {
		i := slices.Index(p.Y, y[k])
		if i/4 != k {
			t.Fatalf("row %d is row %d of X, want one of four from %d", k, i, 4*k)
		}
		places[i%4] = true
		if i < 0 || !slices.Equal(mat.Row(nil, k, x), mat.Row(nil, i, p.X)) {
			t.Fatalf("row %d is not row %d of X", k, i)
		}
	}
	if len(places) != 4 {
		t.Errorf("only places %v of four are taken", places)
	}
}

func TestWidthOptions(t *testing.T) {
	p := wavy(rand.New(rand.NewPCG(17, 18)), 10, 2, 0)
	for name, change := range map[string]func(*train.WidthOptions, *program.Problem){
		"neurons": func(o *train.WidthOptions, _ *program.Problem) { o.Neurons = 0 },
		"surplus": func(o *train.WidthOptions, _ *program.Problem) { o.Surplus = 0.5 },
		"start":   func(o *train.WidthOptions, _ *program.Problem) { o.Start = 7 },
		"pool":    func(o *train.WidthOptions, _ *program.Problem) { o.Pool = 0 },
		"rows":    func(o *train.WidthOptions, _ *program.Problem) { o.Rows = 1 },
		"steps":   func(o *train.WidthOptions, _ *program.Problem) { o.FinalSteps = -1 },
		"loss":    func(_ *train.WidthOptions, p *program.Problem) { p.Loss = loss.L1 },
	} {
		o, q := train.DefaultWidthOptions(2), *p
		change(&o, &q)
		if _, err := train.NewFixedWidth(&q, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
