package approx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/approx"
	"multigrade/proofs"
)

// Lies about a trained scheme are refused, each by the claim it is about.
func TestTrainedLies(t *testing.T) {
	honest := trained(t, "sin(2*pi*x) + abs(x-1/3)/2", 1, knots(8, 0), func(o *approx.TrainOptions) { o.Grades = 1 })
	for what, c := range map[string]struct {
		claim, detail string
		lie           func(g *approx.TrainedModelGrade)
	}{
		"a narrower dead zone":     {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Eps *= 0.9 }},
		"a little narrower":        {proofs.ClaimDeadZone, "", func(g *approx.TrainedModelGrade) { g.Eps *= 0.98 }},
		"a wider dead zone":        {proofs.ClaimSup, "proved", func(g *approx.TrainedModelGrade) { g.Eps *= 1.1 }},
		"another constant":         {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Constant += 0.2 * g.Eps }},
		"another weight":           {proofs.ClaimDeadZone, "refuted at (", func(g *approx.TrainedModelGrade) { g.Units[2].B += 0.1; g.Units[2].Alpha += 3 * g.Eps }},
		"a unit less":              {proofs.ClaimUnits, "claimed", func(g *approx.TrainedModelGrade) { g.Units = g.Units[1:] }},
		"fewer neurons":            {proofs.ClaimUnits, "claimed", func(g *approx.TrainedModelGrade) { g.Neurons-- }},
		"a narrower network":       {proofs.ClaimUnits, "claimed", func(g *approx.TrainedModelGrade) { g.Width-- }},
		"a trivial grade":          {proofs.ClaimUnits, "nontrivial", func(g *approx.TrainedModelGrade) { g.Nontrivial = false }},
		"a smaller bound":          {proofs.ClaimSup, "proved", func(g *approx.TrainedModelGrade) { g.SupBound *= 0.999 }},
		"a witness outside":        {proofs.ClaimStrict, "not in the cube", func(g *approx.TrainedModelGrade) { g.Witness = []float64{1.0001} }},
		"a witness that is none":   {proofs.ClaimStrict, "the dead zone", func(g *approx.TrainedModelGrade) { g.Witness = []float64{zero(g)} }},
		"an L1 norm from above":    {proofs.ClaimNorms, "L1", func(g *approx.TrainedModelGrade) { g.L1[1] = (g.L1[0] + g.L1[1]) / 2 }},
		"an L2 norm from below":    {proofs.ClaimNorms, "L2", func(g *approx.TrainedModelGrade) { g.L2[0] = g.L2[1] }},
		"a maximum from below":     {proofs.ClaimNorms, "Linf", func(g *approx.TrainedModelGrade) { g.Linf[0] = g.Linf[1] }},
		"a maximum that is better": {proofs.ClaimNorms, "Linf", func(g *approx.TrainedModelGrade) { g.Linf[1] = (g.Linf[0] + g.Linf[1]) / 2 }},
	} {
		m := describeTrained(t, honest)
		m.Grades[0].Units = append([]approx.Unit(nil), m.Grades[0].Units...)
		c.lie(&m.Grades[0])
		refusedTrained(t, what, m, c.claim, c.detail)
	}
	for _, text := range []string{"sin(2*pi*x)", "cos(2*pi*x) + abs(x-1/3)/2", "sin(2*pi*x+1e-3) + abs(x-1/3)/2"} {
		m := describeTrained(t, honest)
		m.Target.Text = text
		refusedTrained(t, text, m, proofs.ClaimNorms, "")
	}
}

// zero is a point where the network changes its sign, to a thousandth.
func zero(g *approx.TrainedModelGrade) float64 {
	net, err := approx.NewShallow(1, g.Constant, g.Units)
	if err != nil {
		panic(err)
	}
	for i := 1; ; i++ {
		if x := float64(i) / 1000; net.Float([]float64{x})*net.Float([]float64{x - 0.001}) <= 0 {
			return x
		}
	}
}

// refusedTrained wants an invalid claim of that name with that detail, and no panic.
func refusedTrained(t *testing.T, what string, m *approx.TrainedModel, claim, detail string) {
	t.Helper()
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	r := checkTrainedText(t, dir, raw)
	for _, c := range r.Claims {
		if c.Verdict == proofs.Invalid && c.Name == claim && strings.Contains(c.Detail, detail) {
			return
		}
	}
	t.Errorf("%s: no %s refused with %q", what, claim, detail)
}

func checkTrainedText(t *testing.T, dir string, raw []byte) proofs.Report {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "trained.json"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := proofs.CheckTrainedCube(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// What is not a model of a trained scheme is malformed, wherever it is cut.
func TestTrainedMalformed(t *testing.T) {
	s := trained(t, "abs(x-0.3)", 1, knots(4, 0), func(o *approx.TrainOptions) { o.Grades, o.Samples = 2, 8 })
	dir := t.TempDir()
	if err := approx.SaveTrained(dir, s); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "trained.json"))
	if err != nil {
		t.Fatal(err)
	}
	if v := checkTrainedText(t, dir, text).Verdict(); v != proofs.Valid {
		t.Fatalf("unchanged: %v", v)
	}
	for _, edit := range [][2]string{
		{`"multigrade-approx-trained"`, `"multigrade-approx"`}, {`"version": 1`, `"version": 2`}, {`"done"`, `"finished"`}, {`"dim": 1`, `"dim": 0`},
		{`"expression"`, `"table"`}, {`"expression"`, `"samples"`}, {`abs(`, `abs`}, {`abs(x`, `abs(y`}, {`"grade": 1`, `"grade": 2`}, {`"eps": `, `"eps": -`},
		{`"witness": [`, `"witness": [0.5, `}, {`"n": 4096`, `"n": 4095`}, {`"n": 4096`, `"n": 0`}, {`"w": [`, `"w": [1,`}, {`"alpha": `, `"alpha": 1e200`},
		{`"b": `, `"c": `}, {`"l1": [`, `"l1": [1e9,`}, {`"format"`, `"form"`}, {"}\n", "} {}\n"},
	} {
		changed := bytes.Replace(text, []byte(edit[0]), []byte(edit[1]), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("%s is not in the file:\n%s", edit[0], text)
		}
		if v := checkTrainedText(t, dir, changed).Verdict(); v != proofs.Malformed {
			t.Errorf("%s -> %s: %v", edit[0], edit[1], v)
		}
	}
	for n := 0; n < len(text)-1; n += 5 {
		if v := checkTrainedText(t, dir, text[:n]).Verdict(); v != proofs.Malformed {
			t.Errorf("cut after %d bytes: %v", n, v)
		}
	}
}
