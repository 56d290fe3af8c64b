package solver

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// A sketch comes close to the optimum over all patterns from above, in balanced
// neurons, and a search over all patterns that starts from it proves as much as
// one that starts by itself.
func TestSketch(t *testing.T) {
	ctx := context.Background()
	p := diabetesProblem(t, 0, program.ReLU)
	p.Cells, p.Intercept = nil, true
	s, err := train.NewSketch(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Beta = 0.1
	var net *program.Network
	for _, beta := range []float64{0.3, p.Beta} {
		if net, err = s.At(ctx, beta, net, train.SketchOptions{Iterations: 400, Rounds: 2}); err != nil {
			t.Fatal(err)
		}
	}
	o := DefaultGlobalOptions()
	o.Tol, o.BoundLeaves, o.Start = 1e-5, 0, net
	r, err := SolveGlobal(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != Optimal || r.GlobalStatus > Priced {
		t.Errorf("from the sketch: %v, %v", r.Status, r.GlobalStatus)
	}
	o.StartOnly = true
	only, err := SolveGlobal(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	if only.GlobalStatus != Limit || len(only.Network.Neurons) > len(net.Neurons) || only.Iterations > 0 {
		t.Errorf("the start alone: %v, %d neurons of %d, %d iterations", only.GlobalStatus, len(only.Network.Neurons), len(net.Neurons), only.Iterations)
	}
	if f := sketchObjective(p, net); only.Primal > f*(1+1e-9) || only.Primal < r.Dual || only.Dual > r.Primal || only.GlobalBound > r.Primal {
		t.Errorf("the start alone has %v in [%v, %v], the sketch %v, the optimum is in [%v, %v]", only.Primal, only.GlobalBound, only.Dual, f, r.Dual, r.Primal)
	}
	o.StartOnly, o.Start = false, nil
	alone, err := SolveGlobal(ctx, p, o)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(r.Primal-alone.Primal) > 1e-4*alone.Primal {
		t.Errorf("from the sketch %v, alone %v", r.Primal, alone.Primal)
	}
	if f := sketchObjective(p, net); f < r.Dual || f > 1.01*r.Primal {
		t.Errorf("the sketch has %v, the optimum is in [%v, %v]", f, r.Dual, r.Primal)
	}
	if len(net.Neurons) == 0 || len(net.Neurons) > 4*len(r.Network.Neurons)+20 {
		t.Errorf("%d neurons sketched, %d solved", len(net.Neurons), len(r.Network.Neurons))
	}
}

// sketchObjective is the objective with weight decay; neurons have |w| = |alpha|.
func sketchObjective(p *program.Problem, net *program.Network) float64 {
	n, _ := p.X.Dims()
	f := make([]float64, n)
	cost := 0.0
	for _, u := range net.Neurons {
		var z mat.VecDense
		z.MulVec(p.X, mat.NewVecDense(len(u.W), u.W))
		for i := range f {
			f[i] += u.Alpha * math.Max(z.AtVec(i), 0)
		}
		cost += (mat.Dot(mat.NewVecDense(len(u.W), u.W), mat.NewVecDense(len(u.W), u.W)) + u.Alpha*u.Alpha) / 2
	}
	for i := range f {
		f[i] += net.Constant
	}
	return loss.Squared.Value(f, p.Y) + p.Beta*cost
}

func TestSketchRefuses(t *testing.T) {
	p := diabetesProblem(t, 5, program.Gated)
	if _, err := train.NewSketch(p, 1); err == nil {
		t.Error("a gated program was accepted")
	}
	p.Activation = program.ReLU
	s, err := train.NewSketch(p, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, beta := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := s.At(context.Background(), beta, nil, train.SketchOptions{Iterations: 1}); err == nil {
			t.Errorf("beta %v was accepted", beta)
		}
	}
}
