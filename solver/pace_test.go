package solver

import (
	"math"
	"testing"
)

// TestPaceLooksAtTheLeastGap: a round whose dual point is poor takes nothing away, and what is nearly closed closes.
func TestPaceLooksAtTheLeastGap(t *testing.T) {
	var p pace
	for k, gap := range []float64{1e-2, 3e-3, 9e-5, 5e-3, 6e-3, 4e-3} {
		if p.note(float64(10*k), gap, 1); p.closes(1e-6) != (k >= 2) {
			t.Errorf("gap %g: nearly closed %v", gap, p.closes(1e-6))
		}
	}
	if p.vain(1e-6, 1000, 100) {
		t.Error("the gap came to 9e-5 in 50 operations, and 100 for the same way once more are in vain")
	}
	if !p.vain(1e-6, 1000, 30) {
		t.Error("30 are not")
	}
}

// TestPaceKnowsWhatIsInVain: rounds of 10 operations, 100 being left of 1000, the gap from 1e-2
// on with a tolerance of 1e-6.
func TestPaceKnowsWhatIsInVain(t *testing.T) {
	for _, c := range []struct {
		name       string
		fall, gain float64 // of the gap and, relative, of the objective in a round
		rounds     int
		budget     float64
		vain       bool
	}{
		{"slow and far from the end", 0.9, 1e-7, 5, 1000, true},
		{"the gap rises", 1.1, 1e-7, 5, 1000, true},
		{"the gap stands", 1, 0, 5, 1000, true},
		{"the objective moves", 0.9, 2e-3, 5, 1000, false},
		{"the gap will be closed", 0.3, 1e-7, 5, 1000, false},
		{"too early to say", 0.9, 1e-7, 4, 1000, false},
		{"no limit", 0.9, 1e-7, 5, math.Inf(1), false},
	} {
		var p pace
		gap, objective := 1e-2, 1.
		for k := range c.rounds {
			p.note(float64(10*k), gap, objective)
			gap, objective = gap*c.fall, objective*(1-c.gain)
		}
		if got := p.vain(1e-6, c.budget, 100); got != c.vain {
			t.Errorf("%s: %v, want %v", c.name, got, c.vain)
		}
	}
}

// TestPaceKnowsWhatIsStuck: the gap falls in the first rounds and stands in those behind, in which the objective gains so much.
func TestPaceKnowsWhatIsStuck(t *testing.T) {
	for _, c := range []struct {
		falling, standing int
		gain              float64
		stuck             bool
	}{{5, 3, 1e-8, true}, {5, 2, 1e-8, false}, {5, 3, 1e-5, false}, {1, 3, 1e-8, false}, {8, 0, 1e-8, false}} {
		var p pace
		objective := 1.
		for k := range c.falling + c.standing {
			p.note(0, math.Pow(0.1, float64(min(k, c.falling-1)))*float64(1+max(0, k-c.falling+1)), objective)
			objective *= 1 - c.gain
		}
		if got := p.stuck(1e-6); got != c.stuck {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
