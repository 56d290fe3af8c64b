package solver

import (
	"context"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// widened is p with the columns of X taken apart into d, which have the same rank, and
// with gates for them.
func widened(rng *rand.Rand, p *program.Problem, d int) *program.Problem {
	_, r := p.X.Dims()
	q := mat.NewDense(d, r, nil)
	q.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, q)
	var qr mat.QR
	qr.Factorize(q)
	var full mat.Dense
	qr.QTo(&full)
	basis := full.Slice(0, d, 0, r)
	wide := *p
	var x mat.Dense
	x.Mul(p.X, basis.T())
	wide.X, wide.Cells = &x, make([]hyperplane.Cell, len(p.Cells))
	for k, c := range p.Cells {
		gate := mat.NewVecDense(d, nil)
		gate.MulVec(basis, mat.NewVecDense(r, c.Gate))
		wide.Cells[k] = hyperplane.Cell{Pattern: c.Pattern, Gate: gate.RawVector().Data}
	}
	return &wide
}

// A program of wide data has the optimum of that in its rank, and certificates about
// the wide data, for every loss and activation, dense and sparse.
func TestRankedSolve(t *testing.T) {
	rng := rand.New(rand.NewPCG(95, 96))
	for k, l := range loss.Every() {
		for _, a := range []program.Activation{program.ReLU, program.Gated, {Slope: -1}} {
			p := madeup.Planted(t, rng, l, a, 20, 5, 12, k%2 == 0)
			p.Beta = 0.02
			wide := widened(rng, p, 30)
			if k%3 == 0 {
				wide.X = madeup.CSR(wide.X)
			}
			r, w := solved(t, p, DefaultOptions()), solved(t, wide, DefaultOptions())
			if w.Status != Optimal || !near(r.Primal, w.Primal, 3e-6) {
				t.Errorf("%s, %s: %s at %v, in the rank of the data %v", l.Name(), a, w.Status, w.Primal, r.Primal)
			}
		}
	}
}

// So has training over all patterns, whose evidence is about the wide data.
func TestRankedSolveGlobal(t *testing.T) {
	rng := rand.New(rand.NewPCG(97, 98))
	for k, l := range loss.Every() {
		for _, a := range []program.Activation{program.ReLU, {Slope: 0.1}} {
			p := madeup.Planted(t, rng, l, a, 14, 3, 5, k%2 == 1)
			p.Beta = 0.03
			wide := widened(rng, p, 80) // more columns than pieces may have
			wide.Cells = wide.Cells[:2]
			o := quickGlobal()
			o.MaxRounds = 40
			r, err := SolveGlobal(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			w, err := SolveGlobal(context.Background(), wide, o)
			if err != nil {
				t.Fatal(err)
			}
			if w.GlobalBound > r.Primal || r.GlobalBound > w.Primal {
				t.Errorf("%s, %s: [%v, %v], in the rank of the data [%v, %v]", l.Name(), a, w.GlobalBound, w.Primal, r.GlobalBound, r.Primal)
			}
			checkMoments(t, wide, w, w.GlobalNu, w.Evidence)
		}
	}
}

// The other ways to solve a program: the path, beta_max, training, cone decomposition.
func TestRankedWays(t *testing.T) {
	rng := rand.New(rand.NewPCG(99, 100))
	p := madeup.Squares(t, rng, program.ReLU, 20, 4, 10, true, 0.1)
	wide := widened(rng, p, 25)
	ctx := context.Background()
	o := DefaultPathOptions()
	o.Points, o.Ratio = 4, 0.05
	narrow, err := Path(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	path, err := Path(ctx, wide, o)
	if err != nil {
		t.Fatal(err)
	}
	for k, pt := range path {
		at := *wide
		at.Beta = pt.Beta
		mustCheck(t, &at, pt.Result, o.Tol)
		if !near(pt.Beta, narrow[k].Beta, 1e-12) || !near(pt.Primal, narrow[k].Primal, 3e-6) {
			t.Errorf("point %d: %v at %v, in the rank of the data %v at %v", k, pt.Primal, pt.Beta, narrow[k].Primal, narrow[k].Beta)
		}
	}
	b := DefaultBoundOptions()
	b.Seeds = [][]float64{wide.Cells[0].Gate}
	largest, err := BetaMaxGlobal(ctx, wide, b)
	if listed := path[0].Beta; err != nil || largest < listed*(1-1e-9) {
		t.Errorf("beta_max over all patterns %v (%v), over the listed ones %v", largest, err, listed)
	}
	b.Seeds[0] = b.Seeds[0][:3]
	if _, err := BetaMaxGlobal(ctx, wide, b); err == nil {
		t.Error("a seed of 3 entries for 25 columns is taken")
	}

	gated := *wide
	gated.Activation = program.Gated
	g := solved(t, &gated, DefaultOptions())
	d, err := Decompose(ctx, 0, &gated, g.Network, g.Dual)
	if err != nil || d.Primal < g.Dual {
		t.Fatalf("decomposition %v, the gated program at least %v (%v)", d, g.Dual, err)
	}
	relu := *wide
	if violation, err := ConeViolation(&relu, &d.Network); err != nil || violation != 0 {
		t.Errorf("decomposed: a cone is violated by %v (%v)", violation, err)
	}

	s, err := NewSketch(wide, 1)
	if err != nil {
		t.Fatal(err)
	}
	net, err := s.At(ctx, wide.Beta, nil, SketchOptions{Iterations: 60})
	if err != nil {
		t.Fatal(err)
	}
	global := DefaultGlobalOptions()
	global.Start, global.StartOnly = net, true
	start, err := SolveGlobal(ctx, wide, global)
	if err != nil || start.Primal > 0.9*ZeroObjective(wide) {
		t.Errorf("a sketch has %v, no network %v (%v)", start.Primal, ZeroObjective(wide), err)
	}
	fixed, err := NewFixedWidth(wide, DefaultWidthOptions(4))
	if err != nil {
		t.Fatal(err)
	}
	small := fixed.Shrink(ctx, *net)
	if _, v, err := Refit(context.Background(), wide, &small); err != nil || len(small.Neurons) > 4 || v > 0.9*ZeroObjective(wide) {
		t.Errorf("%d neurons have %v (%v)", len(small.Neurons), v, err)
	}
}

// Nothing is as large as the square of the columns.
func TestRankedMemory(t *testing.T) {
	const d = 2000
	rng := rand.New(rand.NewPCG(101, 102))
	p := widened(rng, madeup.Squares(t, rng, program.ReLU, 12, 4, 10, true, 0.1), d)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := solved(t, p, DefaultOptions())
	runtime.ReadMemStats(&after)
	if allocated := after.TotalAlloc - before.TotalAlloc; r.Status != Optimal || allocated > 8*d*d {
		t.Errorf("%s after allocating %d bytes, a square of the columns has %d", r.Status, allocated, 8*d*d)
	}
}

// Patterns that a caller lists keep their gates, others get gates in the row space.
func TestRankedGates(t *testing.T) {
	rng := rand.New(rand.NewPCG(103, 104))
	wide := widened(rng, madeup.Squares(t, rng, program.Gated, 20, 4, 10, true, 0.1), 25)
	var svd mat.SVD
	svd.Factorize(wide.X, mat.SVDFull)
	var v mat.Dense
	svd.VTo(&v)
	for k := range wide.Cells { // what is orthogonal to the rows changes no pattern
		gate := mat.NewVecDense(25, wide.Cells[k].Gate)
		gate.AddScaledVec(gate, 0.5, v.ColView(24))
	}
	x, err := operator.NewDesign(wide.X)
	if err != nil {
		t.Fatal(err)
	}
	listed := *wide
	listed.Cells = wide.Cells[:1]
	cells, err := inRank(&listed, x).cells(inRank(wide, x).q.Cells)
	if err != nil {
		t.Fatal(err)
	}
	for k, c := range cells {
		if kept := slices.Equal(c.Gate, wide.Cells[k].Gate); kept != (k == 0) || !hyperplane.PatternOf(wide.X, c.Gate).Equal(wide.Cells[k].Pattern) {
			t.Errorf("cell %d: gate %v for that of the caller, %v", k, c.Gate, wide.Cells[k].Gate)
		}
	}
}
