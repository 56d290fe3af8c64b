package solver

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

func diabetesRows(p *program.Problem, n int) *mat.Dense {
	_, d := p.X.Dims()
	return mat.DenseCopyOf(p.X.(*mat.Dense).Slice(0, n, 0, d))
}

// cellsOf lists the cells of x that the gates of some others fall in.
func cellsOf(t *testing.T, x *mat.Dense, cells []hyperplane.Cell) []hyperplane.Cell {
	t.Helper()
	gates := mat.NewDense(len(cells), len(cells[0].Gate), nil)
	for j, c := range cells {
		gates.SetRow(j, c.Gate)
	}
	g, err := hyperplane.FromGates(x, gates)
	if err != nil {
		t.Fatal(err)
	}
	return g.Cells
}

// The ReLU network of a gated optimum predicts the same and is bounded as
// claimed.
func TestDecompose(t *testing.T) {
	ctx := context.Background()
	for _, intercept := range []bool{false, true} {
		p := diabetesProblem(t, 40, program.Gated)
		p.Beta, p.Intercept = 0.02, intercept
		gated, err := Solve(ctx, p, DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		dec, err := Decompose(ctx, 0, p, gated.Network, gated.Dual)
		if err != nil {
			t.Fatal(err)
		}
		want, got := predictionsOf(p, gated.Network), predictionsOf(p, dec.Network)
		if d := floats.Distance(want, got, math.Inf(1)); d > 1e-9 {
			t.Errorf("predictions differ by %v", d)
		}
		relu := *p
		relu.Activation = program.ReLU
		exact, err := Solve(ctx, &relu, DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("gated %d units, objective %.6f; ReLU %d neurons, objective %.6f, factor %.3f, optimum %.6f",
			len(gated.Network.Neurons), gated.Primal, len(dec.Network.Neurons), dec.Primal, dec.Factor, exact.Primal)
		if dec.Primal < exact.Dual || dec.Dual > exact.Primal || dec.Factor < 1 || dec.Primal > dec.Factor*gated.Primal*(1+1e-9) {
			t.Errorf("bounds [%v, %v], factor %v; optimum in [%v, %v]", dec.Dual, dec.Primal, dec.Factor, exact.Dual, exact.Primal)
		}
		for _, nr := range dec.Network.Neurons {
			if q := p.Cells[nr.Cell].Pattern; !inCone(p.X, q, nr.W) {
				t.Errorf("a neuron of cell %d is outside its cone", nr.Cell)
			}
		}
	}
}

func inCone(x mat.Matrix, q hyperplane.Pattern, w []float64) bool {
	n, _ := x.Dims()
	for i := range n {
		z := floats.Dot(mat.Row(nil, i, x), w)
		if z < 0 && q.Active(i) || z > 0 && !q.Active(i) {
			return false
		}
	}
	return true
}

// The split of one unit is optimal: its dual, the largest value of lambda'(S X u)+
// over lambda >= 0 with |X'S lambda'| bounded, is hard to form, so the optimum is
// compared with the split by projection, and along random feasible directions.
func TestConeSplitIsOptimal(t *testing.T) {
	p := diabetesProblem(t, 6, program.ReLU)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	rec := &program.Recoverer{P: p, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
	for j := range p.Cells {
		u := p.Cells[(j+1)%len(p.Cells)].Gate
		inside := program.Centre(t.Context(), x, p.Cells[j], rec.Zero)
		c := newConeSplit(rec, j, u, inside)
		v := c.start()
		c.solve(context.Background(), v)
		best := c.length(v)
		if math.IsInf(c.value(v, 1), 0) {
			t.Fatalf("cell %d: the split is infeasible", j)
		}
		for k := range p.Cells {
			// towards and away from other cells' centres, as far as feasible
			for _, size := range []float64{1e-4, -1e-4, 1e-2, -1e-2} {
				trial := append([]float64(nil), v...)
				floats.AddScaled(trial, size, program.Centre(t.Context(), x, p.Cells[k], rec.Zero))
				if !math.IsInf(c.value(trial, 1), 0) && c.length(trial) < best*(1-1e-8) {
					t.Errorf("cell %d: length %v, near it %v", j, best, c.length(trial))
				}
			}
		}
		w := make([]float64, len(u))
		if _, err := hyperplane.NewProjector(p.X).Project(w, u, p.Cells[j].Pattern, nil); err != nil {
			t.Fatal(err)
		}
		floats.AddScaled(w, 1e-9, inside)
		if !math.IsInf(c.value(w, 1), 0) && c.length(w) < best*(1-1e-6) {
			t.Errorf("cell %d: length %v, by projection %v", j, best, c.length(w))
		}
	}
}

// A unit inside its cone, or opposite to it, becomes one neuron of the same norm.
func TestDecomposeInside(t *testing.T) {
	p := diabetesProblem(t, 3, program.Gated)
	p.Beta = 1
	net := program.Network{Activation: program.Gated}
	for j, c := range p.Cells {
		w := append([]float64(nil), c.Gate...)
		if j == 1 {
			floats.Scale(-1, w)
		}
		net.Neurons = append(net.Neurons, program.Neuron{Cell: j, Gate: c.Gate, W: w, Alpha: 1})
	}
	dec, err := Decompose(context.Background(), 0, p, net, 0)
	if err != nil {
		t.Fatal(err)
	}
	if len(dec.Network.Neurons) != 3 || math.Abs(dec.Factor-1) > 1e-9 {
		t.Errorf("%d neurons, factor %v", len(dec.Network.Neurons), dec.Factor)
	}
	if a := dec.Network.Neurons[1].Alpha; a >= 0 {
		t.Errorf("the unit opposite to its cone has output weight %v", a)
	}
}

// A decomposition whose time is over has the same predictions, by multiples of gates, and does no Newton steps for it.
func TestDecomposeLate(t *testing.T) {
	p := diabetesProblem(t, 20, program.Gated)
	p.Beta = 0.02
	gated, err := Solve(t.Context(), p, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	split := func(ctx context.Context) (*Decomposition, float64) {
		p.Account = NewAccount(0)
		dec, err := Decompose(ctx, 0, p, gated.Network, gated.Dual)
		if err != nil {
			t.Fatal(err)
		}
		return dec, p.Account.Booked()
	}
	_, whole := split(t.Context())
	dec, late := split(over)
	if late > 0.02*whole {
		t.Errorf("%v booked of %v in time", late, whole)
	}
	if d := floats.Distance(predictionsOf(p, gated.Network), predictionsOf(p, dec.Network), math.Inf(1)); d > 1e-9 {
		t.Errorf("predictions differ by %v", d)
	}
	for _, nr := range dec.Network.Neurons {
		if q := p.Cells[nr.Cell].Pattern; !inCone(p.X, q, nr.W) {
			t.Errorf("a neuron of cell %d is outside its cone", nr.Cell)
		}
	}
}
