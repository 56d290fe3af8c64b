package approx

import (
	"context"
	"math"
	"testing"
	"time"
)

// The oscillation on the next grid: an edge of it is half an edge's direction of this one, and f - I_h f adds at
// most eps at each end: delta' <= delta/2 + 2 eps, up to rounding.
func TestOscillationHalvesUpToEps(t *testing.T) {
	for _, c := range schemes {
		s := mustBuild(t, mustParse(t, c.text, c.dim), c.grades)
		for k := 1; k < len(s.Grades); k++ {
			before, g := s.Grades[k-1], s.Grades[k]
			if bound := before.Delta/2 + 2*before.Eps; g.Delta > bound*(1+1e-9)+1e-13 {
				t.Errorf("%s, grade %d: delta %v above %v", c.text, k+1, g.Delta, bound)
			}
		}
	}
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
	delta := s.Grades[0].Delta
	for _, g := range s.Grades {
		bounds = append(bounds, 2*g.Eps+delta)
		delta = delta/2 + 2*g.Eps
	}
	return bounds
}

// exponent is the mean of log2 of the last four ratios.
func exponent(sup []float64) float64 {
	n := len(sup)
	return math.Log2(sup[n-5]/sup[n-1]) / 4
}

func TestRates(t *testing.T) {
	grades := 12
	if *long {
		grades = 16
	}
	for _, c := range rates {
		s := mustBuild(t, mustParse(t, c.text, 1), grades)
		bounds := apriori(s)
		var sup []float64
		for k, g := range s.Grades {
			sup = append(sup, g.Sup)
			if g.Sup > bounds[k]/DefaultOptions().Worth*(1+1e-9) {
				t.Errorf("%s, grade %d: bound %v above a priori %v", c.text, k+1, g.Sup, bounds[k])
			}
		}
		if rate := exponent(sup); rate < c.exponent-0.03 {
			t.Errorf("%s: rate %.3f, expected %v at least", c.text, rate, c.exponent)
		}
		t.Logf("%-24s %-26s eps %.2e  a priori %.3e (rate %.2f)  proved %.3e (rate %.2f)", c.name, c.text,
			s.Grades[grades-1].Eps, bounds[grades-1], exponent(bounds), sup[grades-1], exponent(sup))
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
			last := s.Grades[grades-1]
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
