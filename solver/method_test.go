package solver

import (
	"context"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// TestAutoTakesADMM: gated programs with a loss that is finite everywhere and ReLU
// programs with kinks are for ADMM, whose optimum is that of the interior point, on a
// path, too; where ADMM came to nothing the interior point goes on.
func TestAutoTakesADMM(t *testing.T) {
	for _, c := range []struct {
		l       loss.Loss
		a       program.Activation
		columns int
	}{
		{loss.Huber(0.3), program.Gated, gatedColumns}, {loss.L1, program.Gated, gatedColumns}, {loss.Logistic, program.Gated, gatedColumns},
		{loss.L1, program.ReLU, coneColumns}, {loss.Hinge, program.ReLU, coneColumns}, {loss.LInf, program.ReLU, coneColumns},
	} {
		l := c.l
		rng := rand.New(rand.NewPCG(12, 8))
		p := madeup.Planted(t, rng, l, c.a, 70, c.columns, 15, true)
		most, err := BetaMax(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = 0.1 * most
		o := DefaultOptions()
		r := solved(t, p, o)
		o.Method = Interior
		want := solved(t, p, o)
		if r.Status != Optimal || !strings.HasPrefix(r.Method, "ADMM") || !near(r.Primal, want.Primal, 2e-6) {
			t.Errorf("%s: %s by %s, objective %v, want optimal by ADMM, %v", l.Name(), r.Status, r.Method, r.Primal, want.Primal)
		}
		w := DefaultPathOptions()
		w.Points, w.Ratio = 6, 0.05
		points, err := Path(context.Background(), p, w)
		if err != nil {
			t.Fatal(err)
		}
		for _, pt := range points {
			q := *p
			q.Beta = pt.Beta
			if bad := checked(t, &q, pt.Result, o.Tol); pt.Status != Optimal || bad != nil {
				t.Errorf("%s, beta %v: %s by %s, %v", l.Name(), pt.Beta, pt.Status, pt.Method, bad)
			}
		}
		x, err := operator.NewDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(p, DefaultOptions(), x)
		s.failed[ADMM] = true
		if err := s.finish(context.Background()); err != nil {
			t.Fatal(err)
		}
		if s.methods[ADMM] != nil || s.status != Optimal {
			t.Errorf("%s: ADMM used again: %v, %s by %s", l.Name(), s.methods[ADMM] != nil, s.status, s.method)
		}
	}
}

// A stalled run hands over to another method.
func TestNewtonHandsOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 4))
	p := madeup.Squares(t, rng, program.Gated, 40, 3, 12, false, 0.05)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(p, DefaultOptions(), x)
	s.failed[Newton] = true
	ctx := context.Background()
	if err := s.finish(ctx); err != nil {
		t.Fatal(err)
	}
	if s.methods[Newton] != nil || s.status != Optimal {
		t.Errorf("augmented Lagrangian used: %v, %s by %s", s.methods[Newton] != nil, s.status, s.method)
	}
}

// Where the interior point came to nothing, ADMM goes on, and where that did, too, the
// interior point has the last word; where pricing is exact, it alone has one.
func TestInteriorHandsOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 5))
	p := madeup.Planted(t, rng, loss.LInf, program.ReLU, 40, 3, 12, true)
	p.Beta = 0.01
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ both, sharp, interior bool }{{false, false, false}, {true, false, true}, {false, true, true}} {
		s := newSearch(p, DefaultOptions(), x)
		s.failed[Interior], s.failed[ADMM], s.sharp = true, c.both, c.sharp
		if err := s.finish(context.Background()); err != nil {
			t.Fatal(err)
		}
		if (s.methods[Interior] != nil) != c.interior || (s.methods[ADMM] != nil) == c.interior || s.status != Optimal {
			t.Errorf("%+v: %v by %s", c, s.status, s.method)
		}
		mustCheck(t, p, s.result(), s.o.Tol)
	}
}

// ADMM ends at the optimum in any unit of y.
func TestADMMUnits(t *testing.T) {
	for _, l := range []loss.Loss{loss.L1, loss.LInf} {
		rng := rand.New(rand.NewPCG(9, 6))
		p := madeup.Planted(t, rng, l, program.ReLU, 30, 3, 12, true)
		o := DefaultOptions()
		o.Method, o.MaxIter = ADMM, 20_000
		p.Beta = 0.01
		want := solved(t, p, o)
		for _, scale := range []float64{0x1p-30, 1e-8, 1e8} {
			q := *p
			q.Y = make([]float64, len(p.Y))
			floats.ScaleTo(q.Y, scale, p.Y)
			r := solved(t, &q, o)
			if r.Status != Optimal || !near(r.Primal/scale, want.Primal, 2e-6) {
				t.Errorf("%s, y times %g: %s, %v, want %v", l.Name(), scale, r.Status, r.Primal/scale, want.Primal)
			}
		}
	}
}

// TestAutoTakesInteriorForExactPricing: many rows are for passes over them, but where pricing is exact.
func TestAutoTakesInteriorForExactPricing(t *testing.T) {
	p := madeup.Planted(t, rand.New(rand.NewPCG(3, 15)), loss.Squared, program.ReLU, fewestRows, 3, 2, true)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(p, DefaultOptions(), x)
	if m := s.choose(20); m != Rows {
		t.Errorf("%d rows: %s, want %s", fewestRows, m, Rows)
	}
	if s.sharp = true; s.choose(20) != Interior {
		t.Errorf("%d rows, exact pricing: %s, want %s", fewestRows, s.choose(20), Interior)
	}
}

// TestAutoTakesADMMForListedPatterns: from listedColumns on, with every loss that is finite everywhere, whatever the
// number of unknowns beside the rows unless the columns are very many, and not over all patterns; the optimum is that of the interior point.
func TestAutoTakesADMMForListedPatterns(t *testing.T) {
	for _, l := range []loss.Loss{loss.Squared, loss.Huber(0.3), loss.Logistic, loss.L1, loss.Quantile(0.2)} {
		p := madeup.Planted(t, rand.New(rand.NewPCG(14, 3)), l, program.ReLU, 120, listedColumns, 30, true)
		x, err := operator.NewDesign(p.X)
		if err != nil {
			t.Fatal(err)
		}
		s := newSearch(p, DefaultOptions(), x)
		if s.listed = true; s.choose(2) != ADMM || s.choose(200) != ADMM {
			t.Errorf("%s: %s and %s, want %s", l.Name(), s.choose(2), s.choose(200), ADMM)
		}
		if s.listed = false; !loss.HasKinks(l) && s.choose(20) != Interior {
			t.Errorf("%s over all patterns: %s, want %s", l.Name(), s.choose(20), Interior)
		}
		most, err := BetaMax(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = 0.03 * most
		o := DefaultOptions()
		got := solved(t, p, o)
		o.Method = Interior
		want := solved(t, p, o)
		if got.Status != Optimal || want.Status != Optimal || !near(got.Primal, want.Primal, 2e-6) || !strings.HasPrefix(got.Method, "ADMM") {
			t.Errorf("%s: %s, %v by %s, want %v", l.Name(), got.Status, got.Primal, got.Method, want.Primal)
		}
	}
}

// TestAutoTakesInteriorForWideSquares: many unknowns of many columns are not for ADMM, few are.
func TestAutoTakesInteriorForWideSquares(t *testing.T) {
	p := madeup.Planted(t, rand.New(rand.NewPCG(14, 4)), loss.Squared, program.ReLU, 200, widestMeasured+1, 2, false)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(p, DefaultOptions(), x)
	if s.listed = true; s.choose(2) != ADMM || s.choose(4) != Interior {
		t.Errorf("%s for 2 blocks and %s for 4, want %s and %s", s.choose(2), s.choose(4), ADMM, Interior)
	}
}
