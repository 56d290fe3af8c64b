package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/proofs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/moments"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// momentsBound is the bound of p by moments and its evidence.
func momentsBound(t *testing.T, p *program.Problem, work float64) (nu []float64, evidence sphere.GlobalCertificate, bound float64) {
	t.Helper()
	b := bestMoments(t, p, work)
	if b == nil {
		t.Fatal("no bound")
	}
	return GlobalDual(p, b.Nu, &sphere.NeuronBound{Upper: b.Upper,
		Certificate: sphere.GlobalCertificate{ParabolasPlus: b.Plus, ParabolasMinus: b.Minus}})
}

// bestMoments is the bound before it is scaled, nil where there is none.
func bestMoments(t *testing.T, p *program.Problem, work float64) *moments.Bound {
	t.Helper()
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	b, spent, _ := moments.Best(context.Background(), moments.Problem{X: x, Slope: p.Activation.Slope, Loss: p.LossOrSquared(), Y: p.Y,
		Beta: p.Beta, Intercept: p.Intercept, Useful: -1, Enough: math.Inf(1), Work: work})
	if !(spent > 0) || spent > 1.25*work {
		t.Fatalf("%v, %v", b, spent)
	}
	return b
}

// The bound by moments is at most the optimum over all patterns, mostly more than what
// the closed form makes of the optimum's own dual point and hardly ever less, for every
// loss, activation, with weights and offsets, and an independent checker finds it proved.
func TestMomentsBound(t *testing.T) {
	rng := rand.New(rand.NewPCG(81, 82))
	losses := slices.Concat(loss.Every(), weightedLosses(t)) // the latter get weights
	activations := []program.Activation{{}, {}, {Slope: 0.1}, {Slope: -1}}
	better, worse, moved, draws := 0, 0, 0, 10*len(losses)
	for k := range draws {
		p := madeup.Planted(t, rng, losses[k%len(losses)], activations[rng.IntN(len(activations))], 8+rng.IntN(10), 1+rng.IntN(2), 1, rng.IntN(2) == 0)
		p.Cells = nil
		n := len(p.Y)
		var err error
		if k%len(losses) >= len(loss.Every()) {
			weight := make([]float64, n)
			for i := range weight {
				weight[i] = 0.5 + rng.Float64()
			}
			if p.Loss, err = loss.Weighted(p.Loss, weight); err != nil {
				t.Fatal(err)
			}
		}
		if p.Loss.Labels() && rng.IntN(2) == 0 {
			offset := make([]float64, n)
			for i := range offset {
				offset[i] = rng.NormFloat64()
			}
			if p.Loss, err = loss.Shifted(p.Loss, offset); err != nil {
				t.Fatal(err)
			}
		}
		if rng.IntN(3) == 0 {
			p.X = madeup.CSR(p.X)
		}
		p.Beta = []float64{0.01, 0.05}[rng.IntN(2)]
		r, err := SolveGlobal(context.Background(), p, quickGlobal())
		if err != nil {
			t.Fatal(err)
		}
		nu, evidence, bound := momentsBound(t, p, 4e7)
		if bound > r.Primal {
			t.Errorf("draw %d, %s, %s: bound %v, primal %v (%s)", k, p.Loss.Name(), p.Activation, bound, r.Primal, r.GlobalStatus)
		}
		closed, err := GlobalBound(p, r.GlobalNu)
		if err != nil {
			t.Fatal(err)
		}
		switch { // kinks of the loss and of phi can end the minimisation early
		case bound < closed-0.01*r.Primal:
			worse++
			t.Logf("draw %d, %s, %s: bound %v, in closed form %v, primal %v", k, p.Loss.Name(), p.Activation, bound, closed, r.Primal)
		case bound > closed:
			better++
		}
		if evidence.ParabolasPlus != nil && len(evidence.ParabolasPlus.Transfers)+len(evidence.ParabolasMinus.Transfers) > 0 {
			moved++
		}
		checkMoments(t, p, r, nu, evidence)
	}
	t.Logf("of %d bounds %d are better than the closed form, %d worse, %d by transfers", draws, better, worse, moved)
	if 2*better < draws || 50*worse > draws || 2*moved < draws {
		t.Errorf("of %d bounds %d are better than the closed form, %d worse", draws, better, worse)
	}
}

// quickGlobal closes the gaps of small problems of low rank.
func quickGlobal() GlobalOptions {
	o := DefaultGlobalOptions()
	o.Neurons, o.BoundLeaves, o.Tol = 8, 20000, 1e-5
	return o
}

func checkMoments(t *testing.T, p *program.Problem, r *GlobalResult, nu []float64, e sphere.GlobalCertificate) {
	t.Helper()
	q := *p
	q.Cells = r.Cells
	x := proofMatrix(t, p.X)
	c := proofCertificate(&q, &r.Result, 1e-5, proofs.ProgramHash(x, slices.Concat(p.Y, offsetOf(p), weightsOf(p))))
	c.Global = &proofs.Global{Nu: nu, Status: proofs.StatusPriced}
	if e.BranchesPlus != nil {
		c.Global.BranchesPlus, c.Global.BranchesMinus = proofBranches(e.BranchesPlus), proofBranches(e.BranchesMinus)
	} else if e.ParabolasPlus == nil { // a bound of 0
		c.Global.QuadraticPlus, c.Global.QuadraticMinus = proofs.Quadratic(e.QuadraticPlus), proofs.Quadratic(e.QuadraticMinus)
	} else {
		c.Global.ParabolasPlus, c.Global.ParabolasMinus = proofParabolas(e.ParabolasPlus), proofParabolas(e.ParabolasMinus)
	}
	var err error
	if c.Global.Bound, err = proofs.EncloseGlobal(c, nu, p.Y); err != nil {
		t.Fatal(err)
	}
	c.Global.Rel = proofs.RelGap(c.Network.Primal, c.Global.Bound)
	for _, claim := range proofs.CheckCertificate(c, x, p.Y).Claims {
		if claim.Verdict != proofs.Valid {
			t.Errorf("%s, %s: %s: %s: %s", p.Loss.Name(), p.Activation, claim.Verdict, claim.Name, claim.Detail)
		}
	}
}

func proofBranches(tree moments.Tree) (out []proofs.BranchNode) {
	for _, node := range tree {
		n := proofs.BranchNode{Row: node.Row}
		if node.Leaf != nil {
			n.Leaf = proofParabolas(node.Leaf)
		}
		out = append(out, n)
	}
	return out
}

func proofParabolas(p *moments.Parabolas) *proofs.Parabolas {
	out := &proofs.Parabolas{Mu: p.Mu, Tau: p.Tau, Slope: p.Slope, Curvature: p.Curvature, Signs: p.Signs}
	for _, t := range p.Transfers {
		moved := proofs.Transfer{Row: t.Row, Weight: t.Weight, Curvature: t.Curvature}
		for _, a := range t.Terms {
			moved.Terms = append(moved.Terms, proofs.Term(a))
		}
		out.Transfers = append(out.Transfers, moved)
	}
	return out
}

// A tree over the signs of rows proves more than the whole ball, never more than the optimum,
// for every loss without kinks and every activation, and the independent checker finds it proved.
func TestBranchedMoments(t *testing.T) {
	rng := rand.New(rand.NewPCG(87, 88))
	losses := slices.DeleteFunc(slices.Concat(loss.Every(), weightedLosses(t)), loss.HasKinks)
	activations := []program.Activation{{}, {Slope: 0.1}, {Slope: -1}}
	trees, before, after := 0, 0.0, 0.0
	for k := range 2 * len(losses) {
		p := madeup.Planted(t, rng, losses[k%len(losses)], activations[k%len(activations)], 24+rng.IntN(8), 2+rng.IntN(2), 1, k%2 == 0)
		p.Cells, p.Beta = nil, 0.01
		r, err := SolveGlobal(context.Background(), p, quickGlobal())
		if err != nil {
			t.Fatal(err)
		}
		x, err := operator.NewDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		m := moments.Problem{X: x, Slope: p.Activation.Slope, Loss: p.LossOrSquared(), Y: p.Y, Beta: p.Beta, Intercept: p.Intercept, Useful: -1, Enough: r.Primal * (1 - 1e-4), Work: 1e9}
		whole, _, _ := moments.Best(context.Background(), m)
		m.WithTrees = m.Work + 3e8
		parts, _, _ := moments.Best(context.Background(), m)
		if whole == nil || parts == nil {
			continue
		}
		_, _, least := GlobalDual(p, whole.Nu, &sphere.NeuronBound{Upper: whole.Upper, Certificate: sphere.GlobalCertificate{ParabolasPlus: whole.Plus, ParabolasMinus: whole.Minus}})
		nu, evidence, bound := GlobalDual(p, parts.Nu, &sphere.NeuronBound{Upper: parts.Upper, Certificate: sphere.GlobalCertificate{
			ParabolasPlus: parts.Plus, ParabolasMinus: parts.Minus, BranchesPlus: parts.BranchesPlus, BranchesMinus: parts.BranchesMinus}})
		if bound > r.Primal || bound < least {
			t.Errorf("draw %d, %s, %s: bound %v, on the whole ball %v, primal %v", k, p.Loss.Name(), p.Activation, bound, least, r.Primal)
		}
		if evidence.BranchesPlus != nil {
			trees++
			before, after = before+program.RelGap(r.Primal, least), after+program.RelGap(r.Primal, bound)
		}
		checkMoments(t, p, r, nu, evidence)
	}
	t.Logf("%d trees: mean gap %v before, %v after", trees, before/float64(trees), after/float64(trees))
	if trees < 2 || after > before/2 {
		t.Errorf("%d trees: gaps %v before, %v after", trees, before, after)
	}
}

// Directions of hardly any variance are left out of the moments, and cost nothing of the bound, whose evidence is about
// all columns and found proved by the independent checker.
func TestMomentsOfLeadingDirections(t *testing.T) {
	const work = 4e8
	rng := rand.New(rand.NewPCG(93, 94))
	for _, a := range []program.Activation{{}, {Slope: 0.1}, {Slope: -1}} {
		p := madeup.Planted(t, rng, loss.Squared, a, 30, 3, 1, true)
		p.Cells, p.Beta = nil, 0.02
		_, _, narrow := momentsBound(t, p, work)
		wide := *p
		n, d := p.X.Dims()
		x := mat.NewDense(n, 2*d+1, nil)
		for i := range n {
			for j := range 2*d + 1 {
				if j < d {
					x.Set(i, j, p.X.At(i, j))
				} else {
					x.Set(i, j, 1e-6*rng.NormFloat64())
				}
			}
		}
		wide.X = x
		o := quickGlobal()
		o.BoundLeaves = 0
		r, err := SolveGlobal(context.Background(), &wide, o)
		if err != nil {
			t.Fatal(err)
		}
		nu, evidence, bound := momentsBound(t, &wide, work)
		if bound > r.Primal || bound < narrow*(1-1e-3) {
			t.Errorf("%s: bound %v, without the directions %v, primal %v", a, bound, narrow, r.Primal)
		}
		checkMoments(t, &wide, r, nu, evidence)
	}
}

// Where the targets are made of a direction of hardly any variance, a bound does not lose it.
func TestMomentsOfSmallDirections(t *testing.T) {
	const work, n = 4e9, 60
	rng := rand.New(rand.NewPCG(95, 96))
	x, y := mat.NewDense(n, 4, nil), make([]float64, n)
	for i := range n {
		small := rng.NormFloat64()
		x.SetRow(i, []float64{rng.NormFloat64(), rng.NormFloat64(), 3e-4 * small, 0})
		y[i] = max(small, 0)
	}
	p := &Problem{X: x, Y: y, Activation: program.ReLU, Loss: loss.Squared, Beta: 1e-6}
	o := quickGlobal()
	o.BoundLeaves = 0
	r, err := SolveGlobal(context.Background(), p, o)
	if err != nil {
		t.Fatal(err)
	}
	nu, evidence, bound := momentsBound(t, p, work)
	if bound > r.Primal || bound < 0.8*r.Primal {
		t.Errorf("bound %v, primal %v", bound, r.Primal)
	}
	checkMoments(t, p, r, nu, evidence)
}

// A relaxation that cannot come to a bound of use is left after its first stage, and one
// that the work does not pay for is not begun.
func TestMomentsAreLeft(t *testing.T) {
	p := madeup.Planted(t, rand.New(rand.NewPCG(83, 84)), loss.Squared, program.Activation{}, 40, 4, 1, true)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	m := moments.Problem{X: x, Loss: p.Loss, Y: p.Y, Beta: 0.02, Intercept: true, Useful: -1, Work: 1e9}
	_, whole, _ := moments.Best(context.Background(), m)
	m.Useful = 1e9
	if b, spent, _ := moments.Best(context.Background(), m); b != nil || !(spent < whole/2) {
		t.Errorf("a bound above 1e9: %v after %v of %v", b, spent, whole)
	}
	m.Useful, m.Hopeless = -1, 1e9
	if b, _, reach := moments.Best(context.Background(), m); b == nil || !math.IsInf(reach, 1) {
		t.Errorf("with work for triangles: %v, reach %v", b, reach)
	}
	m.Loss = loss.L1 // which has none for them
	if b, spent, reach := moments.Best(context.Background(), m); b != nil || !(reach < 1e9) || !(spent < whole/2) {
		t.Errorf("hopeless below 1e9: %v after %v of %v, reach %v", b, spent, whole, reach)
	}
	m.Loss, m.Hopeless, m.Work = p.Loss, 0, 1000
	if b, spent, _ := moments.Best(context.Background(), m); b != nil || spent != 0 {
		t.Errorf("with 1000 operations: %v after %v", b, spent)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	m.Work = 1e9
	if b, spent, _ := moments.Best(ctx, m); b != nil || spent != 0 {
		t.Errorf("interrupted: %v after %v", b, spent)
	}
}

// A search that its context ends at once states the bound by moments all the same, and
// without grace that in closed form.
func TestMomentsAfterTheEnd(t *testing.T) {
	p := madeup.Planted(t, rand.New(rand.NewPCG(85, 86)), loss.Squared, program.Activation{}, 200, 13, 1, true)
	p.Cells, p.Beta = nil, 0.05
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	bounds := map[string]float64{}
	for grace, method := range map[time.Duration]string{0: "closed form", 10 * time.Second: "moments"} {
		o := DefaultGlobalOptions()
		o.Grace = grace
		r, err := SolveGlobal(ctx, p, o)
		if err != nil {
			t.Fatal(err)
		}
		if r.GlobalStatus != Interrupted || r.Global.Method != method {
			t.Errorf("grace %v: %s, %s", grace, r.GlobalStatus, r.Global.Method)
		}
		bounds[method] = r.GlobalBound
		checkMoments(t, p, r, r.GlobalNu, r.Evidence)
	}
	if !(bounds["moments"] > bounds["closed form"]) {
		t.Error(bounds)
	}
}
