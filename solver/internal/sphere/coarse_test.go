package sphere

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
)

// Starts of climbs over many rows are the given ones and ends of climbs over some rows: unit vectors apart from each other, the same for any number of processors. Climbs that end where a step gains little end nearly as high.
func TestCoarseStarts(t *testing.T) {
	const n, d, random, tol = coarseStride * coarseLeast, 3, 24, 1e-6
	rng := rand.New(rand.NewPCG(31, 8))
	x, nu := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range nu {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
		nu[i] = math.Sin(3*x.At(i, 0)) + 0.5*rng.NormFloat64()
	}
	design, err := operator.NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	given := operator.NewGeneral(1, d)
	given.Data[1] = 1
	var first []float64
	for _, procs := range []int{1, 3} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			p := NewPricing(design, operator.Activation{}, 1, math.Inf(1))
			plain := p.RandomStarts(random, operator.NewGeneral(0, d))
			if err := p.Coarsely(tol); err != nil {
				t.Fatal(err)
			}
			w := p.Starts(t.Context(), given, random, nu)
			if w.Rows < 2 || w.Rows > 1+random || !slices.Equal(operator.RowOf(w, 0), given.Data) {
				t.Fatalf("%d starts, the first %v", w.Rows, operator.RowOf(w, 0))
			}
			for j := 1; j < w.Rows; j++ {
				wj := operator.RowOf(w, j)
				if math.Abs(floats.Norm(wj, 2)-1) > 1e-12 {
					t.Errorf("start %d has the norm %v", j, floats.Norm(wj, 2))
				}
				for k := 1; k < j; k++ {
					if floats.Dot(wj, operator.RowOf(w, k)) > direction.Trained+1e-12 {
						t.Errorf("starts %d and %d are near", k, j)
					}
				}
			}
			before := slices.Clone(w.Data)
			if first == nil {
				first = before
			} else if !slices.Equal(first, before) {
				t.Errorf("other starts on %d processors", procs)
			}
			highest := slices.Max(p.Ascent.Climb(t.Context(), w, nu))
			p.Ascent.enough = 0
			if most := slices.Max(p.Ascent.Climb(t.Context(), plain, nu)); highest < most*(1-tol) {
				t.Errorf("the highest end is %v, of climbs to the end from random starts %v", highest, most)
			}
		}()
	}
}
