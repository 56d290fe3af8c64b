package sphere

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The history of a search, over cones or pieces, has few points, of more and more nodes,
// encloses m(nu) at each, narrows, ends at the result and does not depend on threads.
func TestHistory(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	nu := make([]float64, 120)
	for i := range nu {
		nu[i] = rng.NormFloat64()
	}
	cloud, line := mat.NewDense(len(nu), 5, nil), mat.NewDense(len(nu), 9, nil)
	places := make([]float64, len(nu))
	for i := range nu {
		for j := range 5 {
			cloud.Set(i, j, rng.NormFloat64())
		}
		places[i] = float64(i) / float64(len(nu))
		line.Set(i, 0, 1)
		for j := 1; j < 9; j++ {
			line.Set(i, j, math.Max(0, places[i]-float64(j-1)/8))
		}
	}
	for _, c := range []struct {
		x      *mat.Dense
		line   []float64
		method string
	}{{cloud, nil, "branch and bound"}, {line, places, "pieces"}} {
		for _, leaves := range []int{100, 1 << 20} {
			o := DefaultBoundOptions()
			o.Tol, o.MaxLeaves, o.Line = 1e-4, leaves, c.line
			b, err := MaxNeuron(context.Background(), c.x, nu, o)
			if err != nil {
				t.Fatal(err)
			}
			h := b.History
			end := h[len(h)-1]
			if b.Method != c.method || len(h) < 2 || len(h) > 40 || end.Upper != b.Upper || end.Lower != b.Lower {
				t.Errorf("%s, %d points, the end %+v of [%v, %v]", b.Method, len(h), end, b.Lower, b.Upper)
			}
			for k, p := range h {
				if p.Nodes < 2 || p.Lower > end.Upper || p.Upper < end.Lower || p.Lower > p.Upper ||
					k > 0 && (p.Nodes <= h[k-1].Nodes || p.Upper > h[k-1].Upper || p.Lower < h[k-1].Lower) ||
					0 < k && k < len(h)-1 && float64(p.Nodes) < historyStep*float64(h[k-1].Nodes) {
					t.Errorf("%s, point %d: %+v after %+v", b.Method, k, p, h[max(k-1, 0)])
				}
			}
			again, err := MaxNeuron(context.Background(), c.x, nu, o)
			if err != nil || !slices.Equal(again.History, h) {
				t.Errorf("%s: another history again, %v", c.method, err)
			}
			if len(h) > 1 && b.Exact != (leaves > 100 || c.line != nil) {
				t.Errorf("%s with %d leaves: %v, ended %+v", b.Method, leaves, b.Exact, end)
			}
		}
		o := DefaultBoundOptions()
		o.MaxLeaves = 0
		if b, err := MaxNeuron(context.Background(), c.x, nu, o); err != nil || b.History != nil {
			t.Errorf("a history without a search, %v", err)
		}
	}
}
