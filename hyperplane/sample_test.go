package hyperplane

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func TestSampleIsDistinctInsideAndReproducible(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	for trial := range 36 {
		x := degenerateRows(rng, trial, 5+rng.IntN(40), 1+rng.IntN(8))
		o := DefaultSampleOptions()
		o.Gates = 200
		s, err := Sample(t.Context(), x, o)
		if err != nil {
			t.Fatal(err)
		}
		seen := newPatternSet(0)
		for _, c := range s.Cells {
			if c.Pattern.IsZero() || !seen.add(c.Pattern) || !newRows(x).inside(c.Pattern, c.Gate) {
				t.Fatalf("trial %d: cell %v, gate %v", trial, c.Pattern, c.Gate)
			}
			if !PatternOf(x, c.Gate).Equal(c.Pattern) {
				t.Fatalf("trial %d: the gate of %v has another pattern", trial, c.Pattern)
			}
		}
		again, _ := Sample(t.Context(), x, o)
		if len(again.Cells) != len(s.Cells) || again.Drawn != s.Drawn || s.Drawn < 200 || s.Drawn > 201 {
			t.Fatalf("trial %d: %d cells of %d gates, then %d of %d", trial, len(s.Cells), s.Drawn, len(again.Cells), again.Drawn)
		}
		for k := range s.Cells {
			if !again.Cells[k].Pattern.Equal(s.Cells[k].Pattern) {
				t.Fatalf("trial %d: cell %d differs on the second run", trial, k)
			}
		}
	}
}

// With many more gates than cells, gates beside data points and walks find all of them, small as they may be, and the
// estimate agrees.
func TestSamplersFindAllCells(t *testing.T) {
	x := gaussian(rand.New(rand.NewPCG(43, 44)), 9, 3)
	want := int(Cover(9, 3).Int64())
	zero := 0
	for _, c := range enumerate(t, x) {
		if c.Pattern.IsZero() {
			zero = 1
		}
	}
	for _, o := range []SampleOptions{
		{Gates: 5000, Seed: 1, Through: 1}, {Gates: 20000, Seed: 1, Walk: 1},
	} {
		s, err := Sample(t.Context(), x, o)
		if err != nil || len(s.Cells) != want-zero {
			t.Errorf("%+v: %d cells, %v, want %d", o, len(s.Cells), err, want-zero)
		}
		if o.Walk == 0 && math.Abs(s.Estimate-float64(want-zero)) > 2 {
			t.Errorf("%+v: estimate %g, want %d", o, s.Estimate, want-zero)
		}
	}
}

func TestSampleOptions(t *testing.T) {
	x := mat.NewDense(1, 1, []float64{1})
	for _, o := range []SampleOptions{{Gates: 1}, {Gates: -1, Walk: 1}, {Gates: 1, Gaussian: -1, Walk: 2}, {Gates: 1, Through: math.NaN()}} {
		if _, err := Sample(t.Context(), x, o); err == nil {
			t.Errorf("%+v accepted", o)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := Sample(ctx, x, DefaultSampleOptions()); err != context.Canceled || s == nil || s.Drawn > 2 {
		t.Errorf("cancelled: %v, %v", s, err)
	}
	if _, err := SampleGaussian(t.Context(), mat.NewDense(1, 1, []float64{math.NaN()}), 1, 1); err == nil {
		t.Error("NaN accepted")
	}
}

func BenchmarkSample(b *testing.B) {
	x := gaussian(rand.New(rand.NewPCG(1, 2)), 1000, 20)
	for _, o := range []SampleOptions{
		{Gates: 1000, Seed: 1, Gaussian: 1}, {Gates: 1000, Seed: 1, Through: 1}, {Gates: 1000, Seed: 1, Walk: 1},
	} {
		name := map[bool]string{true: "gaussian"}[o.Gaussian > 0] + map[bool]string{true: "through"}[o.Through > 0] + map[bool]string{true: "walk"}[o.Walk > 0]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Sample(b.Context(), x, o); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
