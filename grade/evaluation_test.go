package grade

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// An evaluation has, to the bit, the values that each output has by itself, the root mean squares of its activations,
// and features of that scale, whether they are kept or not.
func TestEvaluation(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	for range 20 {
		n, d := 1+rng.IntN(2*rowsAtOnce), 1+rng.IntN(6)
		h := mat.NewDense(n, d, nil)
		for i := range n {
			for j := range d {
				h.Set(i, j, rng.NormFloat64())
			}
		}
		g := &Grade{Activation: "relu"}
		for range 1 + rng.IntN(3) {
			o := Output{Constant: rng.NormFloat64(), Neurons: []Neuron{}}
			for range rng.IntN(7) {
				u := Neuron{Alpha: rng.NormFloat64(), W: make([]float64, d+1)}
				for j := range u.W {
					u.W[j] = rng.NormFloat64()
				}
				o.Neurons = append(o.Neurons, u)
			}
			g.Outputs = append(g.Outputs, o)
		}
		v, sums := g.evaluate(h, true, true), g.evaluate(h, true, false)
		for k := range g.Outputs {
			want := g.Outputs[k].values(g.phi(), h, true)
			if !slices.Equal(v.f[k], want) || !slices.Equal(sums.f[k], want) {
				t.Fatalf("%d x %d: the values of output %d are others", n, d, k+1)
			}
		}
		g.FeatureScale = v.scales()
		if g.FeatureScale == nil || len(g.FeatureScale) != g.Neurons() || !slices.Equal(g.FeatureScale, sums.scales()) {
			t.Fatalf("scales %v and %v of %d neurons", g.FeatureScale, sums.scales(), g.Neurons())
		}
		if sums.z != nil || sums.features(nil) != nil || (v.z == nil) != (g.Neurons() == 0) {
			t.Fatal("features where none are wanted, or none where they are")
		}
		if g.Neurons() == 0 {
			continue
		}
		x := v.features(nil)
		for m := range g.Neurons() {
			square := 0.0
			for i := range n {
				square += x.At(i, m) * x.At(i, m)
			}
			if rms := math.Sqrt(square / float64(n)); rms > 0 && math.Abs(rms-1) > 1e-12 {
				t.Fatalf("feature %d has root mean square %v", m+1, rms)
			}
		}
	}
}

// What a split was asked before it passes is not asked again, and a copy of it goes its own way.
func TestSplitEvaluatesOnce(t *testing.T) {
	g := &Grade{Activation: "relu", Outputs: []Output{{Neurons: []Neuron{{W: []float64{1}, Alpha: 2}}}}, FeatureScale: []float64{3}}
	p := &splitState{h: mat.NewDense(2, 1, []float64{-1, 5}), e: [][]float64{{7, 7}}, total: [][]float64{{0, 0}}}
	v := p.evaluate(g, false, false)
	if p.evaluate(g, false, false) != v {
		t.Error("it is evaluated twice")
	}
	if v = p.evaluate(g, false, true); v.z == nil || p.evaluate(g, false, false) != v {
		t.Error("activations are not kept, or are made again")
	}
	other := p.copy()
	other.pass(g, false)
	p.pass(g, false)
	if !mat.Equal(p.h, mat.NewDense(2, 1, []float64{0, 15})) || !mat.Equal(p.h, other.h) || !slices.Equal(p.e[0], []float64{7, -3}) || !slices.Equal(other.e[0], p.e[0]) {
		t.Errorf("%v and %v, %v and %v left", mat.Formatted(p.h), mat.Formatted(other.h), p.e, other.e)
	}
}
