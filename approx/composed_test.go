package approx_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"multigrade/approx"
	"multigrade/proofs"
)

func composed(t testing.TB, text string, dim int, fit approx.Fit, change func(*approx.TrainOptions)) *approx.TrainedScheme {
	t.Helper()
	o := approx.DefaultTrainOptions(32)
	if change != nil {
		change(&o)
	}
	s, err := approx.TrainComposed(context.Background(), expression(t, text, dim), fit, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Whatever the networks are, no residual grows, none exceeds its bound, and the checker agrees; on noisy weights every unit sees
// all of the features before.
func TestComposedResidualsAtRandomPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for _, c := range []struct {
		text  string
		dim   int
		noise float64
	}{
		{"sin(2*pi*x) + abs(x-1/3)/2", 1, 0}, {"sin(2*pi*x) + abs(x-1/3)/2", 1, 0.003}, {"sqrt(x)-0.4", 1, 0.001}, {"1e-9*exp(-3*x)", 1, 0},
		{"sin(5*x)+abs(x-y)/20", 2, 0.001},
	} {
		s := composed(t, c.text, c.dim, knots(8, c.noise), func(o *approx.TrainOptions) { o.Grades = 3; o.Samples = 64 / c.dim / c.dim })
		if len(s.Grades) < 2 {
			t.Errorf("%s: %d grades, stopped %q", c.text, len(s.Grades), s.Stopped)
		}
		e := expression(t, c.text, c.dim)
		x := make([]float64, c.dim)
		for range 2000 {
			for j := range x {
				x[j] = r.Float64()
			}
			before := math.Abs(e.Float(x))
			for k, g := range s.Grades {
				after := math.Abs(e.Float(x) - s.Value(x, k+1))
				if tiny := 1e-13 * s.Initial.Linf.Hi; after > before+tiny || after > g.Sup+tiny {
					t.Fatalf("%s, grade %d, at %v: |e| = %v after %v, bound %v", c.text, k+1, x, after, before, g.Sup)
				}
				before = after
			}
			for k := range s.Grades {
				n, err := s.Network(k)
				if err != nil {
					t.Fatal(err)
				}
				want := s.Value(x, k+1) - s.Value(x, k)
				if got := n.Float(x); math.Abs(got-want) > 1e-11*s.Initial.Linf.Hi {
					t.Fatalf("%s, grade %d, at %v: the network written out gives %v, want %v", c.text, k+1, x, got, want)
				}
			}
		}
		wantValid(t, c.text, checkTrained(t, s))
	}
}

func TestComposedLies(t *testing.T) {
	honest := composed(t, "sin(2*pi*x) + abs(x-1/3)/2", 1, knots(8, 0.001), func(o *approx.TrainOptions) { o.Grades = 2 })
	if len(honest.Grades) != 2 {
		t.Fatalf("%d grades", len(honest.Grades))
	}
	for what, c := range map[string]struct {
		claim, detail string
		lie           func(g *approx.TrainedModelGrade)
	}{
		"a narrower dead zone": {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Eps *= 0.9 }},
		"a wider dead zone":    {proofs.ClaimSup, "proved", func(g *approx.TrainedModelGrade) { g.Eps *= 1.1 }},
		"another constant":     {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Constant += 0.2 * g.Eps }},
		"another weight on a feature": {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) {
			u := g.Units[len(g.Units)-1]
			for j := range u.W {
				u.W[j] *= 1.2
			}
		}},
		"fewer neurons":         {proofs.ClaimUnits, "claimed", func(g *approx.TrainedModelGrade) { g.Neurons-- }},
		"a shallower network":   {proofs.ClaimUnits, "claimed", func(g *approx.TrainedModelGrade) { g.Depth-- }},
		"a soft dead zone":      {proofs.ClaimNorms, "L1", func(g *approx.TrainedModelGrade) { g.Firm = false }},
		"a smaller bound":       {proofs.ClaimSup, "proved", func(g *approx.TrainedModelGrade) { g.SupBound *= 0.999 }},
		"an L1 norm from above": {proofs.ClaimNorms, "L1", func(g *approx.TrainedModelGrade) { g.L1[1] = (g.L1[0] + g.L1[1]) / 2 }},
	} {
		m := describeTrained(t, honest)
		g := &m.Grades[1]
		units := make([]approx.Unit, len(g.Units))
		for i, u := range g.Units {
			units[i] = approx.Unit{W: append([]float64(nil), u.W...), B: u.B, Alpha: u.Alpha}
		}
		g.Units = units
		c.lie(g)
		refusedTrained(t, what, m, c.claim, c.detail)
	}
	for _, text := range []string{"sin(2*pi*x)", "cos(2*pi*x) + abs(x-1/3)/2"} {
		m := describeTrained(t, honest)
		m.Target.Text = text
		refusedTrained(t, text, m, proofs.ClaimDeadZone, "refuted at (")
	}
}
