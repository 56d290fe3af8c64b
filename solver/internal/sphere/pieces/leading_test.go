package pieces

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Leading majorants are some of those given, and the more there are, the less they miss: all
// of them nothing, most of them little of what phi varies by.
func TestLeading(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		phi := randomTerm(rng, 40)
		e := newEllipse([]float64{1, 0.2}, []float64{0.3, 1})
		points := phi.boundary(e.polygon(0, 0))
		size := 0.0
		var all []majorant
		for _, g := range upperFacets(append(points, point{}), e) {
			m := majorant{alpha: g[0], beta: g[1]}
			for _, q := range points {
				m.gamma = math.Max(m.gamma, q.phi-m.alpha*q.a-m.beta*q.b)
				size = math.Max(size, math.Abs(q.phi))
			}
			all = append(all, m)
		}
		last := math.Inf(1)
		for _, most := range []int{2, 4, 8, 16, len(all)} {
			some := leading(all, points, most)
			if len(some) > most {
				t.Fatalf("%d majorants, want at most %d", len(some), most)
			}
			miss := 0.0
			for _, q := range points {
				miss = math.Max(miss, least(some, q.a, q.b)-least(all, q.a, q.b))
			}
			for k := range some {
				if !slices.Contains(all, some[k]) {
					t.Fatalf("%+v is none of those given", some[k])
				}
			}
			if miss > last+1e-12 || most == 16 && miss > 0.2*size || most == len(all) && miss > 0 {
				t.Errorf("%d of %d majorants miss %v of %v, fewer of them %v", most, len(all), miss, size, last)
			}
			last = miss
		}
	}
}
