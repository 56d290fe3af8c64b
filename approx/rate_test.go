package approx

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// A grade leaves at a node at most its threshold where it is active, and at most eps and the oscillation around it where
// not, so the oscillation rises by eps at most; an edge of the next grid is half an edge, for d <= 2, and f - I_h f is at most eps at its ends.
func TestVariationHalvesUpToEps(t *testing.T) {
	for _, c := range schemes {
		if c.dim > 2 {
			continue
		}
		s := mustBuild(t, mustParse(t, c.text, c.dim), c.grades)
		for k := 1; k < len(s.Grades); k++ {
			before, g := s.Grades[k-1], s.Grades[k]
			if bound := (before.Variation+before.Eps)/2 + 2*before.Eps; g.Variation > bound*(1+1e-9)+1e-13 {
				t.Errorf("%s, grade %d: variation %v above %v", c.text, k+1, g.Variation, bound)
			}
		}
	}
}

// Refinement halves the variation of any nodal values; their oscillation only for d <= 2: the chain 0, 1, 0, 1 has the finer chain 0, 1/2, 1, 1/2
// of the same steps, but also one whose middle steps are both rises.
func TestRefinementHalvesTheVariation(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for dim := 1; dim <= 4; dim++ {
		for range 200 {
			g := Grid{dim, 1 + r.IntN(2)}
			v := make([]float64, g.Nodes())
			for i := range v {
				v[i] = float64(r.IntN(65) - 32)
			}
			fine := Grid{dim, 2 * g.N}
			before, after := mustVariation(t, g, v), mustVariation(t, fine, g.refine(v))
			delta := g.oscillation(v)
			if after > before/2*(1+1e-12) || delta > before || before > float64((dim+1)/2)*delta*(1+1e-12) {
				t.Fatalf("dim %d: variation %v, refined %v, oscillation %v", dim, before, after, delta)
			}
			if osc := fine.oscillation(g.refine(v)); dim <= 2 && osc > delta/2*(1+1e-12) {
				t.Fatalf("dim %d: oscillation %v, refined %v", dim, delta, osc)
			}
		}
	}
}

func TestOscillationNeedNotHalveInSpace(t *testing.T) {
	g := Grid{3, 1}
	v := make([]float64, 8)
	v[4], v[7] = 1, 1 // the chain (0,0,0), (1,0,0), (1,1,0), (1,1,1) has the values 0, 1, 0, 1
	for i, want := range []float64{0, 0, 0, 0, 1, 0, 0, 1} {
		if v[i] != want {
			t.Fatalf("value %d is %v", i, v[i])
		}
	}
	fine := Grid{3, 2}
	if before, after := g.oscillation(v), fine.oscillation(g.refine(v)); !(after > 0.99*before) {
		t.Errorf("oscillation %v, refined %v: expected as large", before, after)
	}
}

func mustVariation(t *testing.T, g Grid, v []float64) float64 {
	t.Helper()
	r, err := g.variation(context.Background(), v, 2)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// rates are targets from smooth to merely Hoelder continuous, with the exponent that the recursion gives.
var rates = []struct {
	name, text string
	exponent   float64
}{
	{"analytic, positive", "exp(-x)", 1},
	{"analytic, changing sign", "sin(2*pi*x)", 1},
	{"kink", "sin(2*pi*x)+abs(x-1/3)/2", 1},
	{"Hoelder 1/2", "sqrt(x)", 0.5},
	{"Hoelder 1/2 inside", "abs(x-1/3)^0.5", 0.5},
	{"Hoelder 1/4", "abs(x-1/3)^0.25-0.5", 0.25},
}

// apriori is 2 eps + delta with delta from the recursion instead of the nodal values.
func apriori(s *Scheme) []float64 {
	var bounds []float64
	delta := s.Grades[0].Variation
	for _, g := range s.Grades {
		bounds = append(bounds, 2*g.Eps+delta)
		delta = (delta+4./3*g.Eps)/2 + 2*g.Eps
	}
	return bounds
}

// exponent is the mean of log2 of the last eight ratios: where f vanishes the bound follows the distance of the zero from the nodes.
func exponent(sup []float64) float64 {
	n := len(sup)
	return math.Log2(sup[n-9]/sup[n-1]) / 8
}

func TestRates(t *testing.T) {
	grades := 12
	if *long {
		grades = 16
	}
	for _, c := range rates {
		o := DefaultOptions()
		o.Grades, o.Threads, o.Worth = grades, 2, 1
		s, err := Build(context.Background(), mustParse(t, c.text, 1), o)
		if err != nil {
			t.Fatal(err)
		}
		bounds := apriori(s)
		var sup []float64
		for k, g := range s.Grades {
			sup = append(sup, g.Sup)
			if g.Sup > bounds[k]*(1+1e-9) {
				t.Errorf("%s, grade %d: bound %v above a priori %v", c.text, k+1, g.Sup, bounds[k])
			}
		}
		if rate := exponent(sup); rate < c.exponent-0.05 {
			t.Errorf("%s: rate %.3f, expected %v at least", c.text, rate, c.exponent)
		}
		t.Logf("%-24s %-26s eps %.2e  a priori %.3e (rate %.2f)  proved %.3e (rate %.2f)", c.name, c.text,
			s.Grades[len(sup)-1].Eps, bounds[len(sup)-1], exponent(bounds), sup[len(sup)-1], exponent(sup))
	}
}

var largest = []struct {
	text        string
	dim, grades int
}{
	{"sin(2*pi*x) + abs(x-1/3)/2", 1, 20},
	{"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2", 2, 11},
	{"exp(-x1-x2^2)*sin(3*x3)", 3, 7},
	{"exp(-x1-x2^2)*sin(3*x3)+x4/4", 4, 5},
}

func TestLargestGrids(t *testing.T) {
	if !*long {
		t.Skip("with -long only")
	}
	for _, c := range largest {
		e := mustParse(t, c.text, c.dim)
		for grades := c.grades - 3; grades <= c.grades; grades++ {
			start := time.Now()
			s := mustBuild(t, e, grades)
			last := s.Grades[len(s.Grades)-1]
			t.Logf("d = %d, N = %d: %.2f s, bound %.3e, %d hats", c.dim, last.Grid.N, time.Since(start).Seconds(), last.Sup, last.Hats)
		}
	}
}

func benchmarkBuild(b *testing.B, text string, dim, grades int) {
	e := mustParse(b, text, dim)
	o := DefaultOptions()
	o.Grades = grades
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Build(context.Background(), e, o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLine4096(b *testing.B)   { benchmarkBuild(b, largest[0].text, 1, 12) }
func BenchmarkSquare256(b *testing.B)  { benchmarkBuild(b, largest[1].text, 2, 8) }
func BenchmarkCube32(b *testing.B)     { benchmarkBuild(b, largest[2].text, 3, 5) }
func BenchmarkTesseract8(b *testing.B) { benchmarkBuild(b, largest[3].text, 4, 3) }

func BenchmarkGradientEnclosure(b *testing.B) {
	w := mustParse(b, largest[1].text, 2).newEvaluation()
	box := []Interval{{0.25, 0.2505}, {0.5, 0.5005}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.gradient(box); err != nil {
			b.Fatal(err)
		}
	}
}
