package moments

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
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

// The gradient of the augmented Lagrangian is that of differences, with triangles whose
// multipliers are at work.
func TestCoupledGradient(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 91))
	for _, slope := range []float64{0, 0.1, -1} {
		p := random(t, rng, loss.Squared, slope, true)
		r, x0 := newRelaxation(p)
		r.loss, r.sharp = loss.Smoothed(p.Loss, p.Y, true, 0.3), 0.3
		floats.Scale(1.5, x0)
		r.value(make([]float64, len(x0)), x0)
		c, x := newCoupled(r, x0, r.k+2)
		for i := range x {
			x[i] += 0.1 * rng.NormFloat64()
		}
		for j := range c.side {
			_, _, even := c.split(x, j)
			for i := range even {
				even[i] += 3 * rng.ExpFloat64()
			}
		}
		grad, other := make([]float64, len(x)), make([]float64, len(x))
		c.penalty = 0.3
		c.value(grad, x)
		c.separate()
		if len(c.side[0].triangles)+len(c.side[1].triangles) == 0 {
			t.Fatal("no triangles")
		}
		c.move(grad, x)
		c.value(grad, x)
		const h = 1e-6
		for k, v := range x {
			x[k] = v + h
			after := c.value(other, x)
			x[k] = v - h
			slope := (after - c.value(other, x)) / (2 * h)
			if x[k] = v; math.Abs(slope-grad[k]) > 1e-5*(1+math.Abs(slope)) {
				t.Errorf("slope %v: variable %d: %v, by differences %v", c.slope, k, grad[k], slope)
			}
		}
	}
}

// The triangle found has the right side that is claimed, and no other factors near it or
// drawn at random have a smaller one.
func TestNearestTriangle(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 91))
	for range 100 {
		n, k := 3+rng.IntN(10), 1+rng.IntN(4)
		z, cost := make([]float64, n*k), make([]float64, n)
		for i := range z {
			z[i] = rng.NormFloat64()
		}
		for i := range cost {
			cost[i] = rng.ExpFloat64()
		}
		radius := 0.1 + 3*rng.Float64()
		right := func(a []float64) float64 {
			rest := append([]float64(nil), z[:k]...)
			sum := 0.0
			for i := 1; i < n; i++ {
				floats.AddScaled(rest, -a[i], z[i*k:(i+1)*k])
				sum += math.Abs(a[i]) * cost[i]
			}
			return sum + radius*floats.Norm(rest, 2)
		}
		var terms []Term
		var value float64
		for range 10 { // each goes on where the last one ended
			terms, value = newNearby(n, k).search(z, transposed(z, n, k), cost, 0, radius, terms)
		}
		a := make([]float64, n)
		for _, f := range terms {
			if f.Row == 0 {
				t.Fatal("the row itself")
			}
			a[f.Row] += f.Factor
		}
		if math.Abs(right(a)-value) > 1e-9*(1+value) {
			t.Errorf("right side %v, claimed %v", right(a), value)
		}
		for trial := range 400 {
			b := append([]float64(nil), a...)
			for i := 1; i < n; i++ {
				if scale := math.Pow(10, -float64(trial%5)); rng.IntN(2) == 0 {
					b[i] += scale * rng.NormFloat64()
				}
			}
			if v := right(b); v < value*(1-2e-3) {
				t.Errorf("%d x %d: right side %v, %v is possible", n, k, value, v)
				break
			}
		}
	}
}

// transposed is z (n x k) as k x n.
func transposed(z []float64, n, k int) blas64.General {
	t := operator.NewGeneral(k, n)
	for i := range n {
		for j := range k {
			t.Data[j*n+i] = z[i*k+j]
		}
	}
	return t
}
