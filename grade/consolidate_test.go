package grade

import (
	"context"
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// waveProblem is the first grade's program of wave over all its cells.
func waveProblem(t *testing.T) (*solver.Problem, *solver.Result) {
	t.Helper()
	d := wave(60)
	s := Standardise(d.X, upTo(60))
	x := WithBias(s.Apply(d.X, upTo(60)))
	o := DefaultOptions()
	o.Scope = Restricted
	patterns, err := choosePatterns(context.Background(), x, 1, &o)
	if err != nil || !patterns.Complete || patterns.Total.Int64() != 120 || len(patterns.Cells) != 119 {
		t.Fatalf("%+v, %v", patterns, err)
	}
	p := &solver.Problem{X: x, Y: d.Y[0], Cells: patterns.Cells, Beta: 0.01, Loss: solver.Squared, Intercept: true}
	r, err := solver.Solve(context.Background(), p, solver.DefaultOptions())
	if err != nil || r.Status != solver.Optimal {
		t.Fatal(r, err)
	}
	return p, r
}

// exactObjective is the network's objective in the program, in 200 bits.
func exactObjective(p *solver.Problem, net *solver.Network) *big.Float {
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
// its objective is bounded from above, tightly.
func TestConsolidate(t *testing.T) {
	p, r := waveProblem(t)
	const tol = 1e-6
	c := consolidate(p, r, r.Dual/(1-tol))
	t.Logf("%d neurons become %d, gap %.1e becomes %.1e", len(r.Network.Neurons), len(c.Network.Neurons), r.RelGap, c.RelGap)
	if len(c.Network.Neurons) > len(r.Network.Neurons) || c.RelGap > tol || c.Dual != r.Dual {
		t.Errorf("%d neurons, gap %v", len(c.Network.Neurons), c.RelGap)
	}
	exact, _ := exactObjective(p, &c.Network).Float64()
	if c.Primal < exact || c.Primal > exact*(1+1e-9) || c.OwnObjective < exact || c.OwnObjective > exact*(1+1e-3) {
		t.Errorf("primal %v, own objective %v, exactly %v", c.Primal, c.OwnObjective, exact)
	}
	for k, u := range c.Network.Neurons {
		if !inCone(p.X, u.W, p.Cells[u.Cell].Pattern) {
			t.Errorf("neuron %d is not in its cone", k)
		}
	}
}

// A neuron spread over a wall is gathered again, and one that is the optimum
// already stays.
func TestConsolidateSpread(t *testing.T) {
	p, r := waveProblem(t)
	best := consolidate(p, r, r.Dual*(1+1e-6))
	spread := *best
	spread.Network.Neurons = nil
	for _, u := range best.Network.Neurons {
		half := u
		half.Alpha /= 2
		spread.Network.Neurons = append(spread.Network.Neurons, half, half)
	}
	again := consolidate(p, &spread, r.Dual*(1+1e-6))
	if got, want := len(again.Network.Neurons), len(best.Network.Neurons); got > want {
		t.Errorf("%d neurons, want at most %d", got, want)
	}
}

// The cone is closed: rows on its walls belong to it, whatever the pattern says.
func TestInCone(t *testing.T) {
	p, _ := waveProblem(t)
	cell := p.Cells[3]
	if !inCone(p.X, cell.Gate, cell.Pattern) || inCone(p.X, scaled(-1, cell.Gate), cell.Pattern) {
		t.Error("the gate of a cell lies in it, its opposite does not")
	}
	x := mat.NewDense(60, 2, nil)
	for i := range 60 {
		x.Set(i, 0, 1)
	}
	if !inCone(x, []float64{0, 1}, cell.Pattern) {
		t.Error("a vector on all walls is not in the cone")
	}
}
