package solver

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/refit"
)

// waveProblem is a program on sixty samples of a noisy wave over all its cells, with
// its solution.
func waveProblem(t *testing.T, l Loss) (*Problem, *Result) {
	t.Helper()
	const n = 60
	rnd := rand.New(rand.NewPCG(7, 8))
	p := &Problem{Y: make([]float64, n), Beta: 0.01, Loss: l, Intercept: true}
	x := mat.NewDense(n, 2, nil)
	for i := range n {
		u := float64(i) / n
		x.SetRow(i, []float64{math.Sqrt(12) * (u - 0.5), 1})
		p.Y[i] = 3*math.Sin(7*u) + math.Sin(20*u) + 0.1*rnd.NormFloat64()
	}
	p.X = x
	ctx := context.Background()
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		t.Fatal(err)
	}
	for c, err := range a.Cells(ctx) {
		if err != nil {
			t.Fatal(err)
		}
		if !c.Pattern.IsZero() {
			p.Cells = append(p.Cells, c)
		}
	}
	if len(p.Cells) != 2*n-1 {
		t.Fatalf("%d cells, want %d", len(p.Cells), 2*n-1)
	}
	r, err := Solve(ctx, p, DefaultOptions())
	if err != nil || r.Status != Optimal {
		t.Fatal(r, err)
	}
	return p, r
}

// gathered is Gather with the gap that the result may have.
func gathered(t *testing.T, p *Problem, r *Result, gap float64) *Result {
	t.Helper()
	c, err := Gather(context.Background(), p, r, r.Dual/(1-gap), DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// exactObjective is the network's objective in the program, in 200 bits.
func exactObjective(p *Problem, net *Network) *big.Float {
	number := func(v float64) *big.Float { return new(big.Float).SetPrec(200).SetFloat64(v) }
	times := func(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(200).Mul(a, b) }
	n, d := p.X.Dims()
	loss, penalty := number(0), number(0)
	for i := range n {
		e := number(net.Constant)
		for _, u := range net.Neurons {
			z := number(0)
			for j := range d {
				z.Add(z, times(number(u.W[j]), number(p.X.At(i, j))))
			}
			if z.Sign() > 0 {
				e.Add(e, times(number(u.Alpha), z))
			}
		}
		e.Sub(e, number(p.Y[i]))
		loss.Add(loss, times(e, e))
	}
	for _, u := range net.Neurons {
		square := number(0)
		for _, w := range u.W {
			square.Add(square, times(number(w), number(w)))
		}
		penalty.Add(penalty, times(number(math.Abs(u.Alpha)), new(big.Float).SetPrec(200).Sqrt(square)))
	}
	loss.Quo(loss, number(2*float64(n)))
	return loss.Add(loss, penalty.Mul(penalty, number(p.Beta)))
}

// What is gathered is smaller, within the tolerance, in its cones exactly, and
// its objective is bounded from above, of squares tightly.
func TestGather(t *testing.T) {
	const tol = 1e-6
	for _, l := range []Loss{Squared, L1, Huber(0.3)} {
		p, r := waveProblem(t, l)
		c := gathered(t, p, r, tol)
		t.Logf("%s: %d neurons become %d, gap %.1e becomes %.1e", l.Name(), len(r.Network.Neurons), len(c.Network.Neurons), r.RelGap, c.RelGap)
		if len(c.Network.Neurons) > len(r.Network.Neurons) || c.RelGap > tol || c.Dual != r.Dual {
			t.Errorf("%s: %d neurons, gap %v", l.Name(), len(c.Network.Neurons), c.RelGap)
		}
		if v, err := ConeViolation(p, &c.Network); v != 0 || err != nil {
			t.Errorf("%s: cone violation %v, %v", l.Name(), v, err)
		}
		if l != Squared {
			continue
		}
		exact, _ := exactObjective(p, &c.Network).Float64()
		if c.Primal < exact || c.Primal > exact*(1+1e-9) || c.OwnObjective < exact || c.OwnObjective > exact*(1+1e-3) {
			t.Errorf("primal %v, own objective %v, exactly %v", c.Primal, c.OwnObjective, exact)
		}
	}
}

// Neurons spread over a wall are gathered again, and what is the optimum already
// stays; no more is gathered than the objective allows.
func TestGatherSpread(t *testing.T) {
	for _, l := range []Loss{Squared, L1} {
		p, r := waveProblem(t, l)
		best := gathered(t, p, r, 1e-6)
		spread := *best
		spread.Network.Neurons = nil
		for _, u := range best.Network.Neurons {
			half := u
			half.Alpha /= 2
			spread.Network.Neurons = append(spread.Network.Neurons, half, half)
		}
		again := gathered(t, p, &spread, 1e-6)
		if got, want := len(again.Network.Neurons), len(best.Network.Neurons); got > want {
			t.Errorf("%s: %d neurons, want at most %d", l.Name(), got, want)
		}
		if c := gathered(t, p, &spread, -1e-3); c != &spread {
			t.Errorf("%s: an objective below the bound is said to be reached: %v", l.Name(), c.Primal)
		}
	}
}

// Where there is no time, and of gated units, the result comes back as it is.
func TestGatherNot(t *testing.T) {
	p, r := waveProblem(t, Squared)
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if c, err := Gather(ended, p, r, math.Inf(1), DefaultOptions()); c != r || err != nil {
		t.Errorf("%v, %v", c, err)
	}
	p.Activation = program.Gated
	if c := gathered(t, p, r, 0.5); c != r {
		t.Error("gated units were gathered")
	}
}

// Output weights that cancel each other, as an interruption leaves them, still end
// below the zero network.
func TestRefit(t *testing.T) {
	p, _ := waveProblem(t, Squared)
	p.Cells, p.Beta = nil, 1e-3
	net := &Network{Activation: program.ReLU, Neurons: []Neuron{{Cell: NoCell, W: []float64{1, 0.1}, Alpha: 1e6}, {Cell: NoCell, W: []float64{1, 0.1001}, Alpha: -1e6}, {Cell: NoCell, W: []float64{-1, 0.2}, Alpha: 1e5}}}
	floats.AddConst(-floats.Sum(p.Y)/float64(len(p.Y)), p.Y)
	zero := ZeroObjective(p)
	fit, objective, err := Refit(context.Background(), p, net)
	if err != nil || !(objective < 0.99*zero) || len(fit.Neurons) == 0 {
		t.Errorf("objective %v, %v without neurons, %v", objective, zero, err)
	}
	if exact, _ := exactObjective(p, &fit).Float64(); objective < exact || objective > exact*(1+1e-9) {
		t.Errorf("objective %v, exactly %v", objective, exact)
	}
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	units := refit.Units(net)
	plain := refit.NewMasses(p, units, refit.NewProducts(p, x, units), 0)
	if plain.Run(context.Background()); plain.Objective() < zero {
		t.Errorf("the network is below the zero network from its own weights, %v, so nothing is tested", plain.Objective())
	}
	p.Loss = L1
	if _, _, err := Refit(context.Background(), p, net); err == nil {
		t.Error("the output weights of another loss were fitted")
	}
}

// A solve that is only asked whether an objective can be had ends when that is known, either way.
func TestSolveEnough(t *testing.T) {
	for _, l := range []Loss{Squared, L1, LInf} {
		p, r := waveProblem(t, l)
		for _, factor := range []float64{1.01, 0.99} {
			o := DefaultOptions()
			o.enough = factor * r.Primal
			c, err := Solve(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			if known := c.Primal <= o.enough; known != (factor > 1) || !known && c.Dual <= o.enough {
				t.Errorf("%s, %v of the optimum: primal %v, dual %v, enough %v", l.Name(), factor, c.Primal, c.Dual, o.enough)
			}
			if c.Iterations >= r.Iterations {
				t.Errorf("%s, %v of the optimum: %d iterations, to the optimum %d", l.Name(), factor, c.Iterations, r.Iterations)
			}
		}
	}
}
