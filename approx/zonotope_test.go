package approx

import (
	"math"
	"math/rand/v2"
	"testing"
)

// Forms on random boxes contain the networks' values behind their dead zones, and a second box costs no memory.
func TestZonotope(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 12))
	for range 200 {
		dim := 1 + r.IntN(2)
		s := &Stack{dim: dim}
		for k := range 1 + r.IntN(4) {
			var units []Unit
			if k > 0 && !s.layers[k-1].hidden {
				units, _ = s.layers[k-1].undo(units, dim)
			}
			for range 1 + r.IntN(5) {
				u := Unit{W: make([]float64, s.inputs()), B: r.NormFloat64() / 2, Alpha: r.NormFloat64()}
				for j := range u.W {
					u.W[j] = r.NormFloat64()
				}
				units = append(units, u)
			}
			net, err := NewShallow(s.inputs(), float64(r.IntN(9)-4)/8, units)
			if err != nil {
				t.Fatal(err)
			}
			if s, err = s.add(stackLayer{net, float64(r.IntN(5)) / 16, k > 0 && r.IntN(3) == 0, r.IntN(2) == 0}); err != nil {
				t.Fatal(err)
			}
		}
		middle, half := make([]float64, dim), make([]float64, dim)
		for j := range middle {
			half[j] = math.Ldexp(1, -1-r.IntN(12))
			middle[j] = half[j] + (1-2*half[j])*r.Float64()
		}
		v := newZonotope(s)
		q := v.on(middle, half, len(s.layers))
		by := v.radius(q)
		at := func(x []float64) float64 {
			k, sum := 0, 0.0
			g := s.Float(x)
			for _, l := range s.layers {
				if !l.hidden {
					sum += zoneOf(g[k], l.edges())
					k++
				}
			}
			return sum
		}
		departs := v.deviation(q)
		x, y, z := make([]float64, dim), make([]float64, dim), make([]float64, dim)
		for range 100 {
			for j := range x {
				x[j], y[j] = middle[j]+half[j]*(2*r.Float64()-1), middle[j]+half[j]*(2*r.Float64()-1)
				z[j] = (x[j] + y[j]) / 2
			}
			rounded := 1e-10 * (1 + q.size)
			if p := at(x); math.Abs(p-q.centre) > by+rounded {
				t.Fatalf("at %v the sum is %v, said to be within %v of %v", x, p, by, q.centre)
			}
			if bend := math.Abs(at(z) - (at(x)+at(y))/2); bend > departs+rounded {
				t.Fatalf("between %v and %v the sum bends by %v, said to be at most %v", x, y, bend, departs)
			}
		}
		if n := testing.AllocsPerRun(3, func() { v.on(middle, half, len(s.layers)) }); n > 0 {
			t.Fatalf("%v allocations on the same box again", n)
		}
	}
}
