package approx_test

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"testing"

	"multigrade/approx"
	"multigrade/proofs"
)

func squares(t testing.TB, text string, dim, grades int) *approx.TrainedScheme {
	t.Helper()
	o := approx.DefaultTrainOptions(1)
	o.Grades, o.Sharp = grades, 0
	s, err := approx.Compose(context.Background(), expression(t, text, dim), o)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s
}

// Every grade leaves a quarter, grows nowhere, and the checker and the networks written out agree.
func TestComposeQuarters(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for _, c := range []struct {
		text        string
		dim, grades int
		constant    int // units per grade, 0: not the same for all
	}{
		{"x*(1-x)", 1, 6, 4}, {"x^2/3 - x + 1/7", 1, 5, 4}, {"x*y", 2, 3, 8}, {"(x-y)^2 - x*y/2 + y", 2, 3, 8},
		{"exp(-x)", 1, 4, 0}, {"x^3 - x", 1, 4, 0}, {"sin(2*pi*x)", 1, 2, 0},
	} {
		s := squares(t, c.text, c.dim, c.grades)
		if len(s.Grades) != c.grades {
			t.Errorf("%s: %d grades, stopped %q", c.text, len(s.Grades), s.Stopped)
			continue
		}
		e, x := expression(t, c.text, c.dim), make([]float64, c.dim)
		for k, g := range s.Grades {
			most := 0.3
			if c.constant == 0 {
				most = 0.5
			}
			if k > 0 && g.Eps > most*s.Grades[k-1].Eps {
				t.Errorf("%s, grade %d: dead zone %g after %g", c.text, k+1, g.Eps, s.Grades[k-1].Eps)
			}
			if n := len(g.Net.Units()); c.constant > 0 && k > 0 && (n != c.constant || len(g.Hidden) > 0) {
				t.Errorf("%s, grade %d: %d units and %d hidden layers, want %d and none", c.text, k+1, n, len(g.Hidden), c.constant)
			}
		}
		for range 500 {
			for j := range x {
				x[j] = r.Float64()
			}
			before := math.Abs(e.Float(x))
			for k, g := range s.Grades {
				after := math.Abs(e.Float(x) - s.Value(x, k+1))
				if after > before+1e-13 || after > g.Sup+1e-13 {
					t.Fatalf("%s, grade %d, at %v: |e| = %v after %v, bound %v", c.text, k+1, x, after, before, g.Sup)
				}
				before = after
				n, err := s.Network(k)
				if err != nil {
					t.Fatal(err)
				}
				if got, want := n.Float(x), s.Value(x, k+1)-s.Value(x, k); math.Abs(got-want) > 1e-11 {
					t.Fatalf("%s, grade %d, at %v: the network written out gives %v, want %v", c.text, k+1, x, got, want)
				}
			}
		}
		wantValid(t, c.text, checkTrained(t, s))
	}
}

// A grade with hidden layers, told wrong in each of its parts, is refused.
func TestComposeLies(t *testing.T) {
	honest := squares(t, "exp(-x)", 1, 2)
	for what, c := range map[string]struct {
		claim, detail string
		lie           func(g *approx.TrainedModelGrade)
	}{
		"a narrower dead zone": {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Eps *= 0.9 }},
		"another weight":       {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Hidden[0][len(g.Hidden[0])-1].W[0] *= 1.5 }},
		"another bias":         {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Hidden[1][len(g.Hidden[1])-1].B += 0.1 }},
		"a shallower network":  {proofs.ClaimUnits, "claimed", func(g *approx.TrainedModelGrade) { g.Depth-- }},
		"a smaller bound":      {proofs.ClaimSup, "proved", func(g *approx.TrainedModelGrade) { g.SupBound *= 0.999 }},
	} {
		m := describeTrained(t, honest)
		g := &m.Grades[1]
		hidden := make([][]approx.Unit, len(g.Hidden))
		for i, layer := range g.Hidden {
			for _, u := range layer {
				hidden[i] = append(hidden[i], approx.Unit{W: append([]float64(nil), u.W...), B: u.B})
			}
		}
		g.Hidden = hidden
		c.lie(g)
		refusedTrained(t, what, m, c.claim, c.detail)
	}
}

// What has no polynomial near it is said, not computed.
func TestComposeRefuses(t *testing.T) {
	for _, text := range []string{"x*y*z", "exp(x+y+z)"} {
		if _, err := approx.Compose(context.Background(), expression(t, text, 3), approx.DefaultTrainOptions(1)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
	for _, text := range []string{"abs(x-1/3)", "sqrt(x)", "max(x,1/2)"} {
		if _, err := approx.Compose(context.Background(), expression(t, text, 1), approx.DefaultTrainOptions(1)); err == nil {
			t.Errorf("%s: no error", text)
		}
	}
}

// Hidden layers of another shape, with an output, or of an older version are malformed.
func TestComposeMalformed(t *testing.T) {
	honest := squares(t, "exp(-x)", 1, 2)
	for what, lie := range map[string]func(m *approx.TrainedModel, g *approx.TrainedModelGrade){
		"a hidden unit with output": func(_ *approx.TrainedModel, g *approx.TrainedModelGrade) {
			g.Hidden[0] = append([]approx.Unit(nil), g.Hidden[0]...)
			g.Hidden[0][0].Alpha = 1
		},
		"a layer less":     func(_ *approx.TrainedModel, g *approx.TrainedModelGrade) { g.Hidden = g.Hidden[1:] },
		"an older version": func(m *approx.TrainedModel, _ *approx.TrainedModelGrade) { m.Version = 2 },
		"a later version":  func(m *approx.TrainedModel, _ *approx.TrainedModelGrade) { m.Version = 5 },
	} {
		m := describeTrained(t, honest)
		m.Grades[1].Hidden = append([][]approx.Unit(nil), m.Grades[1].Hidden...)
		lie(m, &m.Grades[1])
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if v := checkTrainedText(t, t.TempDir(), text).Verdict(); v != proofs.Malformed {
			t.Errorf("%s: %v", what, v)
		}
	}
}

// Tents are dyadic: no rounding is in the way of a proof, and bisections double from grade to grade.
func TestComposeTentsExactly(t *testing.T) {
	s := squares(t, "x*(1-x)", 1, 10)
	for k, g := range s.Grades[1:] {
		if before := s.Grades[k].Boxes; g.Boxes != 2*before+1 {
			t.Errorf("grade %d: %d bisections after %d", k+2, g.Boxes, before)
		}
	}
}
