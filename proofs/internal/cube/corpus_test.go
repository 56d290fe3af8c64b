package cube

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"maps"
	"multigrade/proofs/internal/verdict"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The corpus of trained schemes on the cube: testdata/{valid,invalid,malformed}. What to expect of a file
// stands in its field stopped, which claims nothing: "expect valid", "expect CLAIM: words of the detail", or words of
// the error.
var expectStopped = regexp.MustCompile(`"stopped": *"expect ([^"]*)"`)

// tent is f = |x - 1/3| with the network |x - 1/2| - 1/12, off by 1/6 + 1/12 at most.
func tent() *trainedModel {
	m := &trainedModel{Format: "multigrade-approx-trained", Version: 1, Status: "done", Stopped: "expect valid", Samples: 8,
		Target: cubeTarget{Kind: "expression", Dim: 1, Text: "abs(x-1/3)"}}
	m.Initial = cubeInitial{256, cubeNorms{L1: []float64{0.277, 0.279}, L2: []float64{0.33, 0.34}, Linf: []float64{0.666, 0.667}}}
	m.Grades = []trainedGrade{{Grade: 1, Neurons: 2, Eps: 0.255, Nontrivial: true, Witness: []float64{1}, Width: 4, Depth: 4, N: 256, SupBound: 0.51,
		cubeNetwork: cubeNetwork{-0.08333, []cubeUnit{{[]float64{1}, -0.5, 1}, {[]float64{-1}, 0.5, 1}}},
		cubeNorms:   cubeNorms{L1: []float64{0, 0.279}, L2: []float64{0, 0.34}, Linf: []float64{0.3, 0.51}}}}
	return m
}

// plain is f = x + 1 in the plane, and the constant 3/2, off by 1/2.
func plain() *trainedModel {
	m := &trainedModel{Format: "multigrade-approx-trained", Version: 1, Status: "interrupted", Stopped: "expect valid", Samples: 8,
		Target: cubeTarget{Kind: "expression", Dim: 2, Text: "x+1"}}
	m.Initial = cubeInitial{32, cubeNorms{L1: []float64{1.49, 1.51}, L2: []float64{1.52, 1.53}, Linf: []float64{1.99, 2}}}
	m.Grades = []trainedGrade{{Grade: 1, Eps: 0.505, Nontrivial: true, Witness: []float64{0.25, 0}, Width: 5, Depth: 2, N: 32, SupBound: 1.01,
		cubeNetwork: cubeNetwork{1.5, nil}, cubeNorms: cubeNorms{L1: []float64{0.504, 0.506}, L2: []float64{0.57, 0.59}, Linf: []float64{1, 1.01}}}}
	return m
}

// parabola is f = x (1 - x) with a quarter of the tent, its ramps in a hidden layer, and 1/32: off by 1/32 at most.
func parabola() *trainedModel {
	m := &trainedModel{Format: "multigrade-approx-trained", Version: 3, Status: "done", Stopped: "expect valid", Samples: 1,
		Target: cubeTarget{Kind: "expression", Dim: 1, Text: "x*(1-x)"}}
	m.Initial = cubeInitial{256, cubeNorms{L1: []float64{0.166, 0.167}, L2: []float64{0.182, 0.183}, Linf: []float64{0.2499, 0.2501}}}
	m.Grades = []trainedGrade{{Grade: 1, Neurons: 2, Eps: 0.0316, Nontrivial: true, Witness: []float64{0.5}, Width: 3, Depth: 3, N: 256, SupBound: 0.0632,
		Hidden:      [][]cubeUnit{{{[]float64{1}, 0, 0}, {[]float64{1}, -0.5, 0}}},
		cubeNetwork: cubeNetwork{0.03125, []cubeUnit{{[]float64{0, 1, 0}, 0, 0.5}, {[]float64{0, 0, 1}, 0, -1}}},
		cubeNorms:   cubeNorms{L1: []float64{0.0416, 0.0421}, L2: []float64{0.045, 0.047}, Linf: []float64{0.0625, 0.0632}}}}
	return m
}

// firm is parabola behind a firm dead zone.
func firm() *trainedModel {
	m := parabola()
	m.Version = 4
	g := &m.Grades[0]
	g.Firm, g.Width = true, 5
	g.L1, g.L2, g.Linf = []float64{0.017, 0.0171}, []float64{0.0202, 0.0204}, []float64{0.031, 0.0632}
	return m
}

// none has no grade.
func none() *trainedModel {
	m := tent()
	m.Grades = []trainedGrade{}
	return m
}

func trainedText(expect string, m *trainedModel) string {
	m.Stopped = "expect " + expect
	raw, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		panic(err)
	}
	return string(raw) + "\n"
}

func trainedCorpus() map[string]map[string]string {
	valid := map[string]string{"tent": trainedText("valid", tent()), "plain": trainedText("valid", plain()), "none": trainedText("valid", none()), "parabola": trainedText("valid", parabola()), "firm": trainedText("valid", firm())}
	invalid, malformed := map[string]string{}, map[string]string{}
	lie := func(name, expect string, m *trainedModel, change func(m *trainedModel, g *trainedGrade)) {
		change(m, &m.Grades[0])
		invalid[name] = trainedText(expect, m)
	}
	lie("eps", "dead-zone: refuted at (", tent(), func(_ *trainedModel, g *trainedGrade) { g.Eps = 0.249 })
	lie("eps-plain", "dead-zone: refuted at (", plain(), func(_ *trainedModel, g *trainedGrade) { g.Eps = 0.4999999 })
	lie("constant", "dead-zone: refuted at (", plain(), func(_ *trainedModel, g *trainedGrade) { g.Constant = 1.51 })
	lie("weight", "dead-zone: refuted at (", tent(), func(_ *trainedModel, g *trainedGrade) { g.Units[0].W[0] = 0.98 })
	lie("bias", "dead-zone: refuted at (", tent(), func(_ *trainedModel, g *trainedGrade) { g.Units[0].B = -0.51 })
	lie("hidden-weight", "dead-zone: refuted at (", parabola(), func(_ *trainedModel, g *trainedGrade) { g.Hidden[0][1].W[0] = 0.9 })
	lie("hidden-bias", "dead-zone: refuted at (", parabola(), func(_ *trainedModel, g *trainedGrade) { g.Hidden[0][0].B = -0.01 })
	lie("hidden-eps", "dead-zone: refuted at (", parabola(), func(_ *trainedModel, g *trainedGrade) { g.Eps = 0.0312 })
	lie("hidden-depth", "units: claimed", parabola(), func(_ *trainedModel, g *trainedGrade) { g.Depth = 2 })
	lie("firm-eps", "dead-zone: refuted at (", firm(), func(_ *trainedModel, g *trainedGrade) { g.Eps = 0.0312 })
	lie("firm-witness", "strict: the dead zone is up to 0.0632", firm(), func(_ *trainedModel, g *trainedGrade) { g.Witness[0] = 0.0416 })
	lie("firm-width", "units: claimed", firm(), func(_ *trainedModel, g *trainedGrade) { g.Width = 3 })
	lie("firm-l1", "norms: L1", firm(), func(_ *trainedModel, g *trainedGrade) { g.Firm, g.Width = false, 3 })
	lie("target", "dead-zone: refuted at (", tent(), func(m *trainedModel, g *trainedGrade) { m.Target.Text = "abs(x-1/3.1)" })
	lie("sup", "sup: proved", plain(), func(_ *trainedModel, g *trainedGrade) { g.SupBound = 1.0099 })
	lie("sup-of-linf", "sup: proved", plain(), func(_ *trainedModel, g *trainedGrade) { g.Linf[1] = 1.0099 })
	lie("witness", "strict: the dead zone", tent(), func(_ *trainedModel, g *trainedGrade) { g.Witness[0] = 0.5 })
	lie("witness-outside", "strict: not in the cube", plain(), func(_ *trainedModel, g *trainedGrade) { g.Witness[1] = -1e-300 })
	lie("l1", "norms: L1", plain(), func(_ *trainedModel, g *trainedGrade) { g.L1[0] = 0.5051 })
	lie("l2", "norms: L2", plain(), func(_ *trainedModel, g *trainedGrade) { g.L2[1] = 0.58 })
	lie("linf", "norms: Linf", plain(), func(_ *trainedModel, g *trainedGrade) { g.Linf[0] = 1.0051 })
	lie("initial", "norms: Linf", plain(), func(m *trainedModel, _ *trainedGrade) { m.Initial.Linf[1] = 1.999999 })
	lie("neurons", "units: claimed 3", tent(), func(_ *trainedModel, g *trainedGrade) { g.Neurons = 3 })
	lie("width", "units: claimed", tent(), func(_ *trainedModel, g *trainedGrade) { g.Width = 3 })
	lie("depth", "units: claimed", tent(), func(_ *trainedModel, g *trainedGrade) { g.Depth = 3 })
	lie("trivial", "units: nontrivial false", tent(), func(_ *trainedModel, g *trainedGrade) { g.Nontrivial = false })
	lie("pole", "pointwise: not defined", tent(), func(m *trainedModel, _ *trainedGrade) { m.Target.Text = "1/(x-1/2)" })
	misshapen := func(name, expect string, change func(m *trainedModel, g *trainedGrade)) {
		m := parabola()
		change(m, &m.Grades[0])
		malformed[name] = trainedText(expect, m)
	}
	misshapen("hidden-alpha", "alpha is 1, expected 0", func(_ *trainedModel, g *trainedGrade) { g.Hidden[0][1].Alpha = 1 })
	misshapen("hidden-version", "expected none in version 2", func(m *trainedModel, _ *trainedGrade) { m.Version = 2 })
	misshapen("hidden-weights", "2 weights, expected 1", func(_ *trainedModel, g *trainedGrade) { g.Hidden[0][0].W = []float64{1, 0} })
	misshapen("firm-version", "true in version 3, expected version 4", func(_ *trainedModel, g *trainedGrade) { g.Firm = true })
	misshapen("hidden-none", "3 weights, expected 1", func(_ *trainedModel, g *trainedGrade) { g.Hidden = nil })
	edit := func(name, expect, from, to string) {
		text := trainedText(expect, tent())
		if !strings.Contains(text, from) {
			panic(from)
		}
		malformed[name] = strings.Replace(text, from, to, 1)
	}
	edit("format", "format", `"multigrade-approx-trained"`, `"multigrade-approx"`)
	edit("version", "version", `"version": 1`, `"version": 5`)
	edit("status", "status", `"done"`, `"well"`)
	edit("kind", "target.kind", `"expression"`, `"table"`)
	edit("dim", "target.dim", `"dim": 1`, `"dim": 10`)
	edit("text", "target.text", `abs(x`, `abs(y`)
	edit("lipschitz", "target.lipschitz", `"lipschitz": 0`, `"lipschitz": -1`)
	edit("number", "grades[0].grade", `"grade": 1`, `"grade": 2`)
	edit("eps", "grades[0].eps", `"eps": 0`, `"eps": -0`)
	edit("lattice", "grades[0].n", "\"n\": 256,\n   \"sup", "\"n\": 255,\n   \"sup")
	edit("lattice-initial", "initial.n", `"n": 256`, `"n": 1073741824`)
	edit("enclosure", "l1", `"l1": [`, `"l1": [ 1e9,`)
	edit("weights", "units[0]", `"w": [`, `"w": [ 1,`)
	edit("large", "units[0]", `"alpha": 1`, `"alpha": 1e200`)
	edit("witness", "witness", `"witness": [`, `"witness": [ 1,`)
	edit("field", "unknown field", `"boxes"`, `"bozes"`)
	edit("after", "something follows", "\n}\n", "\n} {}\n")
	edit("cut", "unexpected EOF", "\n}\n", "\n")
	return map[string]map[string]string{"valid": valid, "invalid": invalid, "malformed": malformed}
}

var update = flag.Bool("update", false, "write testdata/{valid,invalid,malformed} anew from the generator")

func TestMain(m *testing.M) {
	flag.Parse()
	if *update {
		if err := writeTrainedCorpus(); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func writeTrainedCorpus() error {
	for folder, members := range trainedCorpus() {
		dir := filepath.Join("testdata", folder)
		if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
			return err
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if err := os.WriteFile(filepath.Join(dir, name+".json"), []byte(members[name]), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func TestTrainedCorpus(t *testing.T) {
	for folder, want := range map[string]struct {
		verdict verdict.Verdict
		atLeast int
	}{"valid": {verdict.Valid, 3}, "invalid": {verdict.Invalid, 15}, "malformed": {verdict.Malformed, 15}} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.json"))
		if err != nil || len(paths) < want.atLeast {
			t.Errorf("%d members in %s, want at least %d (%v)", len(paths), folder, want.atLeast, err)
		}
		for _, path := range paths {
			t.Run(folder+"/"+filepath.Base(path), func(t *testing.T) { checkTrainedMember(t, path, want.verdict) })
		}
	}
}

func checkTrainedMember(t *testing.T, path string, want verdict.Verdict) {
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	expect := expectStopped.FindSubmatch(raw)
	if expect == nil {
		t.Fatal("it does not say what to expect")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, TrainedFile), raw, 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := CheckTrained(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if r.Verdict() != want {
		t.Fatalf("%v: %+v", r.Verdict(), r.Claims)
	}
	claim, words, named := strings.Cut(string(expect[1]), ": ")
	if !named {
		words = claim
	}
	for _, c := range r.Claims {
		if c.Verdict == want && (want == verdict.Valid || strings.Contains(c.Detail, words) && (!named || c.Name == claim)) {
			return
		}
	}
	t.Errorf("no claim as expected, %q: %+v", expect[1], r.Claims)
}
