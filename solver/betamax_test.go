package solver

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/program"
)

// Over a complete list of patterns the two values of beta_max are one.
func TestBetaMaxGlobal(t *testing.T) {
	p, _ := waveProblem(t, Squared)
	ctx := context.Background()
	listed, err := BetaMax(ctx, p)
	if err != nil {
		t.Fatal(err)
	}
	all, err := BetaMaxGlobal(ctx, p, DefaultBoundOptions())
	if err != nil || math.Abs(all-listed) > 1e-9*listed {
		t.Errorf("%v over all patterns, %v over the list of all, %v", all, listed, err)
	}
	p.Cells = p.Cells[:5]
	few, err := BetaMax(ctx, p)
	if err != nil || few > all*(1+1e-9) {
		t.Errorf("%v over five patterns, %v over all, %v", few, all, err)
	}
}

// BetaRounding goes with the target, is far below beta_max where there is something to
// gain, and positive where there is not.
func TestBetaRounding(t *testing.T) {
	p, _ := waveProblem(t, Squared)
	least, err := BetaRounding(p)
	if err != nil {
		t.Fatal(err)
	}
	largest, err := BetaMax(context.Background(), p)
	if err != nil || !(least > 0 && least < 1e-6*largest) {
		t.Errorf("%v, beta_max %v, %v", least, largest, err)
	}
	floats.Scale(1024, p.Y)
	if scaled, err := BetaRounding(p); err != nil || math.Abs(scaled-1024*least) > 1e-12*scaled {
		t.Errorf("%v times 1024 is %v, %v", least, scaled, err)
	}
	floats.Scale(0, p.Y)
	if any, err := BetaRounding(p); err != nil || !(any > 0) {
		t.Errorf("%v without a target, %v", any, err)
	}
}

// Whatever ended the search for beta_max, no larger one is known than that of the gated program, and none smaller than the
// right one is given.
func TestBetaMaxLate(t *testing.T) {
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, a := range []program.Activation{program.ReLU, program.Gated, {Slope: -1}} {
		for _, rows := range []int{40, 442} {
			p := diabetesProblem(t, 20, a)
			if rows < 442 {
				x := diabetesRows(p, rows)
				p.X, p.Y, p.Cells = x, p.Y[:rows], cellsOf(t, x, p.Cells)
			}
			want, err := BetaMax(t.Context(), p)
			if err != nil {
				t.Fatal(err)
			}
			late, err := BetaMax(over, p)
			if err != nil {
				t.Fatal(err)
			}
			gated := *p
			gated.Activation.Gated = true
			most, err := BetaMax(t.Context(), &gated)
			if err != nil {
				t.Fatal(err)
			}
			if late < want || late > most*(1+1e-9) {
				t.Errorf("%v, %d rows: %v late, %v in time, gated %v", a, rows, late, want, most)
			}
		}
	}
}
