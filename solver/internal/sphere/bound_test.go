package sphere_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/sphere"
)

// residualProblem has Gaussian rows with a last column of ones, and as nu the
// residual of a few neurons.
func residualProblem(n, d int) (*mat.Dense, []float64) {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	x, nu := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d - 1 {
			x.Set(i, j, rng.NormFloat64())
		}
		x.Set(i, d-1, 1)
		nu[i] = math.Max(0, x.At(i, 0)-0.3) - math.Max(0, -x.At(i, 0)-0.2) + rng.NormFloat64()
	}
	return x, nu
}

// The bound decreases with the leaves spent, and ends where it was told to.
func TestMaxNeuronStops(t *testing.T) {
	x, nu := residualProblem(200, 5)
	last := math.Inf(1)
	for _, leaves := range []int{0, 500, 2000, 8000} {
		o := sphere.DefaultBoundOptions()
		o.MaxLeaves = leaves
		b, err := sphere.MaxNeuron(context.Background(), x, nu, o)
		if err != nil {
			t.Fatal(err)
		}
		if b.Upper > last {
			t.Errorf("%d leaves: %v, with fewer %v", leaves, b.Upper, last)
		}
		last = b.Upper
	}
	o := sphere.DefaultBoundOptions()
	o.Target = last * 1.01
	b, err := sphere.MaxNeuron(context.Background(), x, nu, o)
	if err != nil {
		t.Fatal(err)
	}
	if b.Upper > o.Target {
		t.Errorf("upper %v, target %v", b.Upper, o.Target)
	}
	o.Target, o.Violation = b.Lower/2, b.Lower/2
	if b, err = sphere.MaxNeuron(context.Background(), x, nu, o); err != nil {
		t.Fatal(err)
	}
	if b.Lower <= o.Violation || b.Leaves > 64 || len(b.Found) == 0 {
		t.Errorf("lower %v, violation %v, %d leaves, %d found", b.Lower, o.Violation, b.Leaves, len(b.Found))
	}
	for k, w := range b.Found {
		if v := math.Abs(neuronValue(x, nu, w)); v <= o.Target {
			t.Errorf("neuron %d found has %v, target %v", k, v, o.Target)
		}
	}
}

// A context that has ended leaves what holds without a search.
func TestMaxNeuronInterrupted(t *testing.T) {
	x, nu := residualProblem(100, 6)
	ctx, cancel := context.WithTimeout(context.Background(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	b, err := sphere.MaxNeuron(ctx, x, nu, sphere.DefaultBoundOptions())
	if err != nil {
		t.Fatal(err)
	}
	if b.Method != "closed form" || !(b.Upper >= b.Lower) || b.Exact {
		t.Errorf("%+v", b)
	}
}

func TestMaxNeuronRefuses(t *testing.T) {
	x, nu := residualProblem(10, 2)
	for name, o := range map[string]sphere.BoundOptions{
		"tol": {}, "target": {Tol: 1, Target: -1}, "leaves": {Tol: 1, MaxLeaves: -1}, "seed": {Tol: 1, Seeds: [][]float64{{1}}},
	} {
		if _, err := sphere.MaxNeuron(context.Background(), x, nu, o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := sphere.MaxNeuron(context.Background(), x, nu[1:], sphere.DefaultBoundOptions()); err == nil {
		t.Error("short nu: no error")
	}
}

func BenchmarkMaxNeuron(b *testing.B) {
	for _, s := range []struct{ n, d int }{{2000, 2}, {100_000, 2}, {300, 3}, {1000, 3}, {400, 4}} {
		x, nu := residualProblem(s.n, s.d)
		b.Run(fmt.Sprintf("%dx%d", s.n, s.d), func(b *testing.B) {
			for b.Loop() {
				r, err := sphere.MaxNeuron(context.Background(), x, nu, sphere.DefaultBoundOptions())
				if err != nil || !r.Exact {
					b.Fatal(err, r.Upper, r.Lower)
				}
				b.ReportMetric(float64(r.Leaves), "leaves")
			}
		})
	}
}
