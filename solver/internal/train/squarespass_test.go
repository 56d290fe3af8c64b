package train

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// TestSquaresPass: value, gradient and residuals are those of the definition, whatever the number of
// blocks of rows, and have the same bits on any number of processors.
func TestSquaresPass(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for _, n := range []int{1, 50, 300, 40*largestPass + 17} {
		for k, activation := range []program.Activation{program.ReLU, operator.Leaky(0.1), operator.Absolute} {
			const d, m = 3, 7
			x, y := mat.NewDense(n, d, nil), make([]float64, n)
			for i := range n {
				for j := range d {
					x.Set(i, j, rng.NormFloat64())
				}
				y[i] = rng.NormFloat64()
			}
			p := &program.Problem{X: x, Y: y, Beta: 0.1, Activation: activation, Intercept: k > 0}
			design, err := operator.NewDesign(x)
			if err != nil {
				t.Fatal(err)
			}
			q := NewDescent(design, p, m)
			if q.pass == nil {
				t.Fatal("no pass")
			}
			v := make([]float64, len(q.Grad))
			for i := range v {
				v[i] = rng.NormFloat64()
			}
			var last []float64
			for _, procs := range []int{1, 2, 5} {
				before := runtime.GOMAXPROCS(procs)
				q.Evaluate(v)
				runtime.GOMAXPROCS(before)
				now := append(slices.Clone(q.Grad), q.Value)
				if last != nil && !slices.Equal(now, last) {
					t.Errorf("%d rows, %v: other numbers on %d processors", n, activation, procs)
				}
				last = now
			}
			value, grad := byDefinition(q, v)
			if math.Abs(value-q.Value) > 1e-12*value || floats.Distance(grad, q.Grad, 2) > 1e-12*floats.Norm(grad, 2) {
				t.Errorf("%d rows, %v: value %v, want %v; gradient %v, want %v", n, activation, q.Value, value, q.Grad, grad)
			}
		}
	}
}

// byDefinition are the value and gradient of t at v, one row after the other.
func byDefinition(t *Descent, v []float64) (value float64, grad []float64) {
	grad = make([]float64, len(v))
	w, a := t.Weights(v), t.Outputs(v)
	floats.AddScaled(grad[:len(v)-1], t.Beta, v[:len(v)-1])
	value = t.Beta / 2 * (floats.Dot(w.Data, w.Data) + floats.Dot(a, a))
	scale := 1 / float64(t.N)
	for i, y := range t.y {
		_, row := t.x.Entries(i)
		r := *t.Constant(v) - y
		for j, aj := range a {
			r += aj * t.p.Activation.Of(floats.Dot(row, operator.RowOf(w, j)))
		}
		value += scale * r * r / 2
		for j, aj := range a {
			z := floats.Dot(row, operator.RowOf(w, j))
			slope := t.p.Activation.Slope
			if z > 0 {
				slope = 1
			}
			floats.AddScaled(operator.RowOf(t.Weights(grad), j), scale*r*aj*slope, row)
			t.Outputs(grad)[j] += scale * r * t.p.Activation.Of(z)
		}
		if t.Intercept {
			*t.Constant(grad) += scale * r
		}
	}
	return value, grad
}
