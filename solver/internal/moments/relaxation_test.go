package moments

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// random is a problem of n rows and d columns, one of which is zero.
func random(t *testing.T, rng *rand.Rand, l loss.Loss, slope float64, intercept bool) *Problem {
	t.Helper()
	const n, d = 12, 3
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			if i > 0 {
				x.Set(i, j, rng.NormFloat64())
			}
		}
		if y[i] = rng.NormFloat64(); l.Labels() {
			y[i] = math.Copysign(1, y[i])
		}
	}
	design, err := operator.NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	return &Problem{X: design, Slope: slope, Loss: l, Y: y, Beta: 0.02, Intercept: intercept, Work: 1e9}
}

// The gradient of the relaxed objective is that of differences.
func TestGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 91))
	for _, l := range loss.Every() {
		for _, slope := range []float64{0, 0.1, -1} {
			p := random(t, rng, l, slope, slope != 0)
			r, x := newRelaxation(p)
			r.loss, r.sharp = loss.Smoothed(l, p.Y, p.Intercept, 0.3), 0.3
			floats.Scale(1.5, x)
			grad, other := make([]float64, len(x)), make([]float64, len(x))
			r.value(grad, x)
			const h = 1e-6
			for k, v := range x {
				x[k] = v + h
				after := r.value(other, x)
				x[k] = v - h
				slope := (after - r.value(other, x)) / (2 * h)
				if x[k] = v; math.Abs(slope-grad[k]) > 1e-5*(1+math.Abs(slope)) {
					t.Errorf("%s: variable %d: %v, by differences %v", l.Name(), k, grad[k], slope)
				}
			}
		}
	}
}

// The relaxed objective at the moments of a network is at most its own objective.
func TestRelaxes(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 91))
	for _, l := range loss.Every() {
		for _, slope := range []float64{0, 0.1, -1} {
			p := random(t, rng, l, slope, false)
			r, x := newRelaxation(p)
			r.loss, r.sharp = l, 1e-9
			clear(x)
			// One neuron of each sign: V = w e_1', and tau = |w|^2 is the cost.
			prediction, cost := make([]float64, r.n), 0.0
			for side := range 2 {
				w := x[side*(r.k*r.d+1) : side*(r.k*r.d+1)+r.d]
				for j := range w {
					w[j] = rng.NormFloat64()
				}
				norm := floats.Norm(w, 2)
				cost += norm * norm
				for i := range prediction {
					z := 0.0
					p.X.Row(i, func(j int, v float64) { z += v * w[j] })
					prediction[i] += float64(1-2*side) * norm * (max(z, 0) + slope*min(z, 0))
				}
			}
			whole := l.Value(prediction, p.Y) + p.Beta*cost
			if relaxed := r.value(make([]float64, len(x)), x); relaxed > whole*(1+1e-6) {
				t.Errorf("%s, slope %v: relaxed to %v, the network has %v", l.Name(), slope, relaxed, whole)
			}
		}
	}
}
