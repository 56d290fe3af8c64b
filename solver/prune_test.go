package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// predictionsOf evaluates a network from scratch: relu for ReLU, gates for
// gated units.
func predictionsOf(p *program.Problem, net program.Network) []float64 {
	n, d := p.X.Dims()
	out := make([]float64, n)
	for i := range out {
		out[i] = net.Constant
		for _, nr := range net.Neurons {
			z, g := 0.0, 0.0
			for k := range d {
				z += nr.W[k] * p.X.At(i, k)
				if nr.Gate != nil {
					g += nr.Gate[k] * p.X.At(i, k)
				}
			}
			if nr.Gate == nil && z > 0 || nr.Gate != nil && g > 0 {
				out[i] += nr.Alpha * z
			}
		}
	}
	return out
}

// crowd is a feasible network with many more neurons than independent
// contributions: k points in the cone of each of a few cells, both signs.
func crowd(t *testing.T, p *program.Problem, k int, rnd *rand.Rand) program.Network {
	t.Helper()
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	rec := &program.Recoverer{P: p, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
	net := program.Network{Activation: p.Activation, Constant: 0.3}
	for j, c := range p.Cells {
		inside := program.Centre(t.Context(), x, c, rec.Zero)
		for i := range k {
			u := make([]float64, len(inside))
			floats.AddScaled(u, math.Exp(rnd.NormFloat64()), inside)
			floats.AddScaled(u, 0.5, c.Gate)
			for a := range u {
				u[a] += 0.01 * rnd.NormFloat64()
			}
			nr, ok := rec.Neuron(operator.Block{Cell: j, Sign: float64(1 - 2*(i%2))}, u, inside)
			if !ok {
				t.Fatal("no neuron")
			}
			net.Neurons = append(net.Neurons, nr)
		}
	}
	return net
}

// Pruning keeps predictions, does not raise the objective, ends with no more
// neurons than rows, and stays feasible.
func TestPruneCrowd(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for _, intercept := range []bool{false, true} {
			p := diabetesProblem(t, 60, a)
			p = onFirstRows(t, p, 25)
			p.Beta, p.Intercept = 0.01, intercept
			net := crowd(t, p, 4, rnd)
			pruned, err := Prune(p, net)
			if err != nil {
				t.Fatal(err)
			}
			n, _ := p.X.Dims()
			if len(pruned.Neurons) > n {
				t.Errorf("%v: %d of %d neurons left for %d rows", a, len(pruned.Neurons), len(net.Neurons), n)
			}
			before, after := objectiveOf(t, p, net), objectiveOf(t, p, pruned)
			if after > before*(1+1e-9) {
				t.Errorf("%v: objective from %v to %v", a, before, after)
			}
			old, now := predictionsOf(p, net), predictionsOf(p, pruned)
			if !floats.EqualApprox(old, now, 1e-7*floats.Norm(old, 2)) {
				t.Errorf("%v: predictions moved by %v", a, floats.Distance(old, now, math.Inf(1)))
			}
			again, err := Prune(p, pruned)
			if err != nil || len(again.Neurons) != len(pruned.Neurons) {
				t.Errorf("%v: pruned again to %d of %d, %v", a, len(again.Neurons), len(pruned.Neurons), err)
			}
		}
	}
}

// onFirstRows is the problem on the first n rows, with the distinct cells there.
func onFirstRows(t *testing.T, p *program.Problem, n int) *program.Problem {
	t.Helper()
	q := *p
	x := diabetesRows(p, n)
	q.X, q.Y = x, p.Y[:n]
	q.Cells = cellsOf(t, x, p.Cells)
	return &q
}

func objectiveOf(t *testing.T, p *program.Problem, net program.Network) float64 {
	t.Helper()
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	rec := &program.Recoverer{P: p, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
	pt := program.Point{Net: net}
	rec.Evaluate(&pt)
	return pt.Objective
}

// Neurons that are independent come back bit for bit.
func TestPruneMinimal(t *testing.T) {
	p := diabetesProblem(t, 20, program.ReLU)
	p.Beta = 0.05
	r, err := Solve(context.Background(), p, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	pruned, err := Prune(p, r.Network)
	if err != nil {
		t.Fatal(err)
	}
	if len(pruned.Neurons) != len(r.Network.Neurons) {
		t.Fatalf("%d of %d neurons left", len(pruned.Neurons), len(r.Network.Neurons))
	}
	for j, nr := range pruned.Neurons {
		if !floats.Equal(nr.W, r.Network.Neurons[j].W) || nr.Alpha != r.Network.Neurons[j].Alpha {
			t.Errorf("neuron %d changed", j)
		}
	}
}

// A wrong network is refused.
func TestPruneRefuses(t *testing.T) {
	p := diabetesProblem(t, 5, program.ReLU)
	for _, net := range []program.Network{
		{Activation: program.Gated},
		{Neurons: []program.Neuron{{Cell: 5, W: make([]float64, 11)}}},
		{Neurons: []program.Neuron{{Cell: 0, W: make([]float64, 10)}}},
	} {
		if _, err := Prune(p, net); err == nil {
			t.Errorf("%+v accepted", net)
		}
	}
}

// With the option, solves of small problems with all their cells end certified
// with no more neurons than rows.
func TestSolvePrunes(t *testing.T) {
	ctx := context.Background()
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		p := onFirstRows(t, diabetesProblem(t, 200, a), 12)
		p.Beta = 1e-3
		o := DefaultOptions()
		full, err := Solve(ctx, p, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Prune = true
		r, err := Solve(ctx, p, o)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%v: %d neurons, pruned %d, gap %.1e and %.1e", a, len(full.Network.Neurons), len(r.Network.Neurons), full.RelGap, r.RelGap)
		if r.Status != full.Status || len(r.Network.Neurons) > 12 || r.RelGap > full.RelGap+o.Tol {
			t.Errorf("%v: %v with %d neurons, gap %v; without pruning %v, %d, %v", a, r.Status, len(r.Network.Neurons), r.RelGap,
				full.Status, len(full.Network.Neurons), full.RelGap)
		}
	}
}
