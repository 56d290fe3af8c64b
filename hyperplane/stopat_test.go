package hyperplane

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// A projection ended early is small enough, is c + X'S mu with mu >= 0, and is
// no smaller than the projection; one that cannot be small enough is exact.
func TestProjectorStopAt(t *testing.T) {
	const n, d = 80, 12
	rnd := rand.New(rand.NewPCG(3, 4))
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, rnd.NormFloat64())
		}
	}
	cells, err := SampleGaussian(context.Background(), x, 20, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := NewProjector(x)
	early := 0
	for _, c := range cells {
		v, full, got := make([]float64, d), make([]float64, d), make([]float64, d)
		for j := range v {
			v[j] = rnd.NormFloat64()
		}
		p.StopAt(0)
		if _, err := p.Project(full, v, c.Pattern, nil); err != nil {
			t.Fatal(err)
		}
		least := floats.Norm(full, 2)
		for _, stop := range []float64{0.5 * least, 0.5 * (least + floats.Norm(v, 2))} {
			p.StopAt(stop)
			mu, err := p.Project(got, v, c.Pattern, nil)
			if err != nil {
				t.Fatal(err)
			}
			size := floats.Norm(got, 2)
			if size > math.Max(stop, least)*(1+1e-9) || size < least*(1-1e-9) {
				t.Errorf("norm %v, stop at %v, projection %v", size, stop, least)
			}
			if stop < least && floats.Distance(got, full, 2) > 1e-9*(1+least) {
				t.Errorf("not the projection, though it is larger than %v", stop)
			}
			if size > least*(1+1e-6) {
				early++
			}
			sum := append([]float64(nil), v...)
			for _, m := range mu {
				if m.Value < 0 {
					t.Errorf("multiplier %v", m.Value)
				}
				floats.AddScaled(sum, m.Value*c.Pattern.Sign(m.Row), x.RawRowView(m.Row))
			}
			if floats.Distance(sum, got, 2) > 1e-9 {
				t.Errorf("dst is not c + X'S mu")
			}
		}
	}
	if early == 0 {
		t.Error("no projection ended early")
	}
}
