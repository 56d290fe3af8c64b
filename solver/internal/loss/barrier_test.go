package loss

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestBarrier: nu and w are the derivatives of phi_mu, nu is in the domain of the dual
// function, and there loss and dual function are at most 2 mu apart.
func TestBarrier(t *testing.T) {
	for _, l := range Every() {
		b, err := NewBarrier(l)
		if l == LInf || l == Monotone {
			if err == nil {
				t.Errorf("%s is no sum over the samples, but has a barrier", l.Name())
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(r *rapid.T) {
			z, y := []float64{rapid.Float64Range(-30, 30).Draw(r, "z")}, []float64{rapid.Float64Range(-2, 2).Draw(r, "y")}
			if l.Labels() {
				y[0] = math.Copysign(1, y[0])
			}
			mu := math.Pow(10, rapid.Float64Range(-9, 0).Draw(r, "mu"))
			nu, w := make([]float64, 1), make([]float64, 1)
			sum := b.Slopes(nu, w, z, y, mu)
			gap := l.Value(z, y) + nu[0]*z[0] - l.Dual(nu, y)
			room := 1e-12 * (1 + math.Abs(z[0]))
			if limit := 2*mu + room; b.Kinked() && !(gap >= -room && gap <= limit) || !b.Kinked() && math.Abs(gap) > room {
				r.Fatalf("%s: loss and dual function are %v apart, mu %v", l.Name(), gap, mu)
			}
			if !(w[0] > 0) {
				r.Fatalf("%s: w = %v", l.Name(), w[0])
			}
			h := 1e-6 * min(1, 1/w[0])
			at := func(dz float64) (value, slope float64) {
				n, c := make([]float64, 1), make([]float64, 1)
				value = b.Slopes(n, c, []float64{z[0] + dz}, y, mu)
				return value, n[0]
			}
			up, nuUp := at(h)
			down, nuDown := at(-h)
			if up < sum-nu[0]*h-room || down < sum+nu[0]*h-room {
				r.Fatalf("%s: nu = %v is no slope at z = %v, y = %v, mu = %v: %v, %v, %v", l.Name(), nu[0], z[0], y[0], mu, down, sum, up)
			}
			if w[0]*h > 1e-10 && math.Abs((nuDown-nuUp)/(2*h)-w[0]) > 0.05*w[0] {
				r.Fatalf("%s: w = %v, differences give %v", l.Name(), w[0], (nuDown-nuUp)/(2*h))
			}
		})
	}
}
