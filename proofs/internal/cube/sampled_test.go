package cube

import (
	"context"
	"math"
	"strings"
	"testing"

	"multigrade/proofs/internal/verdict"
)

// known is |x| on [-1, 3] in two composed grades: with x' = (x - 1)/2 and y' = (y - 1)/4 the first makes |x| - 1/2 of it, the second,
// on the scaled units of the first, takes the 1/2 off and adds 1/8 of a hat on x, which c(x) has carried.
func known() *Sampled {
	return &Sampled{Target: "abs(x)", Lo: []float64{-1}, Hi: []float64{3}, Shift: []float64{1}, Scale: []float64{2}, OutShift: 1, OutScale: 4,
		Carry: []float64{1},
		Grades: []SampledGrade{
			{Constant: -0.25 - 0.125, DeadZone: -1, FeatureScale: []float64{3, 5},
				Units: []SampledUnit{{[]float64{2}, 1, 0.25}, {[]float64{-2}, -1, 0.25}}},
			// h_1 = 3 relu(x), 5 relu(-x), x' + 1 = (x + 1)/2
			{Constant: 0.125, DeadZone: -1, FeatureScale: []float64{1}, Units: []SampledUnit{{[]float64{0, 0, 1}, -1, 0.25}, {[]float64{1. / 3, 0, 0}, -1, -0.125}}},
		}}
}

func TestSampledKnownAnswers(t *testing.T) {
	r, err := known().Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"max |e_0| in [1.99998, 2.0000", // | |x| - 1 | on [-1, 3]
		"max |e_1| in [0.499995, 0.50", "|e_1| <= |e_0|",
		// e_2 = |x| - (|x| - 1/2) - 1/2 - relu((x - 1)/2) + relu(x - 1)/2 = 0
		"max |e_2| in [0, ", "|e_2| <= |e_1|",
	}
	if len(r.Claims) != len(want) {
		t.Fatalf("%d claims: %v", len(r.Claims), r.Claims)
	}
	for i, c := range r.Claims {
		larger := strings.Contains(c.Detail, "larger at")
		if i == 2 && larger { // |e_1| = 1/2 is larger near |x| = 1
			continue
		}
		if c.Verdict != verdict.Valid || !strings.Contains(c.Detail, want[i]) || larger {
			t.Errorf("claim %d: %v, want %q", i, c, want[i])
		}
	}
}

// With a dead zone that is wide enough no residual grows; with one that is not, a point says so.
func TestSampledDeadZone(t *testing.T) {
	for eps, want := range map[float64]string{0.13: "everywhere, by the dead zone", 0.0625: "larger at"} {
		s := known()
		s.Grades = s.Grades[:1]
		s.Grades[0].DeadZone = eps
		r, err := s.Check(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if last := r.Claims[len(r.Claims)-1]; !strings.Contains(last.Detail, want) {
			t.Errorf("dead zone %v: %s", eps, last.Detail)
		}
	}
}

func TestSampledRefusals(t *testing.T) {
	for text, change := range map[string]func(s *Sampled){
		"variable":          func(s *Sampled) { s.Target = "x+y" },
		"not finite":        func(s *Sampled) { s.Target = "log(x+1)" },
		"scale":             func(s *Sampled) { s.OutScale = 0 },
		"4 inputs":          func(s *Sampled) { s.Lo, s.Hi = make([]float64, 4), make([]float64, 4) },
		"is between 2 and ": func(s *Sampled) { s.Lo[0], s.Hi[0] = 2, math.Inf(1) },
	} {
		s := known()
		change(s)
		if _, err := s.Check(context.Background()); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v, want %q", err, text)
		}
	}
}

func TestSamplesOfAFormula(t *testing.T) {
	row := func(i int) ([]float64, float64) { return []float64{float64(i)}, float64(i*i) + 1e-8 }
	if _, err := Samples("x^2", 1, row, 5); err != nil {
		t.Error(err)
	}
	if _, err := Samples("x^2+x/1000", 1, row, 5); err == nil || !strings.Contains(err.Error(), "row 2: at (1)") {
		t.Errorf("%v, want row 2", err)
	}
}
