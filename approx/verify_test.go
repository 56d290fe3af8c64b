package approx_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"multigrade/approx"
	"multigrade/proofs"
)

func build(t testing.TB, target approx.Target, change func(*approx.Options)) *approx.Scheme {
	t.Helper()
	o := approx.DefaultOptions()
	o.Threads = 2
	change(&o)
	s, err := approx.Build(context.Background(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func expression(t testing.TB, text string, dim int) *approx.Expr {
	t.Helper()
	e, err := approx.ParseExpr(text, dim)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// check saves the scheme and runs the checker on the directory.
func check(t testing.TB, s *approx.Scheme) proofs.Report {
	t.Helper()
	dir := t.TempDir()
	if err := approx.Save(dir, s); err != nil {
		t.Fatal(err)
	}
	return checkDir(t, dir)
}

func checkDir(t testing.TB, dir string) proofs.Report {
	t.Helper()
	r, err := proofs.CheckCube(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func wantValid(t testing.TB, what string, r proofs.Report) {
	t.Helper()
	for _, c := range r.Claims {
		if c.Verdict != proofs.Valid && c.Verdict != proofs.Unchecked {
			t.Errorf("%s: %v %s, %s: %s", what, c.Verdict, c.Name, c.Scope, c.Detail)
		}
	}
}

func find(r proofs.Report, name string, grade int) *proofs.Claim {
	for i, c := range r.Claims {
		if c.Name == name && strings.HasPrefix(c.Scope, fmt.Sprintf("grade %d,", grade)) {
			return &r.Claims[i]
		}
	}
	return nil
}

var honest = []struct {
	text        string
	dim, grades int
}{
	{"sin(2*pi*x) + abs(x-1/3)/2", 1, 12}, {"sqrt(x)", 1, 12}, {"max(x, 1-x)^3", 1, 12}, {"abs(x-1/3)-abs(x-0.7)/3", 1, 10},
	{"exp(-x)", 1, 14}, {"abs(x-0.3)^0.3-0.4", 1, 10}, {"-0.3", 1, 3}, {"0", 1, 3}, {"x", 1, 5}, {"1/(x^2-x+0.3)", 1, 8},
	{"abs(x*4-floor(x*4)-0.5)", 1, 6}, {"tan(x)-log(1+x)*(x+0.1)^-0.5", 1, 9}, {"cos(40*x)", 1, 10}, {"1e6*x^3-x", 1, 9},
	{"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2", 2, 6}, {"sqrt(x*y)", 2, 5}, {"sqrt(abs(x-y))", 2, 5}, {"min(x,y)/3+abs(x-2*y+0.1)", 2, 5},
	{"(x+1)^(y+0.5)", 2, 5}, {"exp(-x1-x2^2)*sin(3*x3)", 3, 4}, {"x1*x2-x3*x4", 4, 3},
}

func TestCheckerAcceptsHonestRuns(t *testing.T) {
	for _, c := range honest {
		s := build(t, expression(t, c.text, c.dim), func(o *approx.Options) { o.Grades = c.grades })
		wantValid(t, c.text, check(t, s))
	}
}

func TestCheckerAcceptsAdaptiveRuns(t *testing.T) {
	for _, c := range honest[:14] {
		if c.dim == 1 {
			s := build(t, expression(t, c.text, 1), func(o *approx.Options) { o.Grades, o.Adaptive = min(c.grades, 7), true })
			wantValid(t, c.text, check(t, s))
		}
	}
	for text, grades := range map[string]int{"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2": 3, "sqrt(x*y)": 4, "min(x,y)/3+abs(x-2*y+0.1)": 3, "x*y-z/2": 2, "exp(-50*((x-.3)^2+(y-.6)^2))": 3} {
		s := build(t, expression(t, text, 0), func(o *approx.Options) { o.Grades, o.Adaptive = grades, true })
		wantValid(t, text, check(t, s))
	}
	table, err := approx.NewTable(1, 3, []float64{0, 1, -2, 0.5})
	if err != nil {
		t.Fatal(err)
	}
	wantValid(t, "table", check(t, build(t, table, func(o *approx.Options) { o.Grades, o.Adaptive = 6, true })))
}

// A value of a graded grid moved beyond the residual, a cell divided elsewhere, a node left out, a level that does not fit: never valid.
func TestTamperedAdaptiveRuns(t *testing.T) {
	fresh := func() *approx.Scheme {
		return build(t, expression(t, "sin(2*pi*x)+abs(x-1/3)/2", 1), func(o *approx.Options) { o.Grades, o.Adaptive = 4, true })
	}
	for name, tamper := range map[string]func(g, last *approx.Grade){
		"value": func(g, _ *approx.Grade) {
			i := slices.IndexFunc(g.Values, func(v float64) bool { return v != 0 })
			g.Values[i] *= 2.5
		},
		"levels exchanged": func(g, _ *approx.Grade) {
			i := 0
			for g.Graded.Levels[i] == g.Graded.Levels[i+1] {
				i++
			}
			l := g.Graded.Levels
			l[i], l[i+1] = l[i+1], l[i]
		},
		"nodes before left out": func(g, last *approx.Grade) { g.Graded.Levels, g.Values = last.Graded.Levels[:1], last.Values[:2] },
		"deeper than exact":     func(g, _ *approx.Grade) { g.Graded.Levels[0] = 200 },
	} {
		s := fresh()
		tamper(s.Grades[2], s.Grades[0])
		r := check(t, s)
		if r.Verdict() == proofs.Valid {
			t.Errorf("%s: accepted", name)
		}
		if c := find(r, proofs.ClaimPointwise, 3); name == "value" && (c == nil || !strings.HasPrefix(c.Detail, "refuted at (")) {
			t.Errorf("%s: no point refutes it: %v", name, c)
		}
	}
}

// In the plane: a value beyond the residual is refuted by a point; values at nodes with cells of different sizes, a level where no cell begins, and cells larger
// than before are malformed.
func TestTamperedAdaptivePlane(t *testing.T) {
	for name, tamper := range map[string]func(s *approx.Scheme, g *approx.Grade){
		"value": func(_ *approx.Scheme, g *approx.Grade) {
			i := slices.IndexFunc(g.Values, func(v float64) bool { return v != 0 })
			g.Values[i] *= 2.5
		},
		"all values": func(_ *approx.Scheme, g *approx.Grade) {
			g.Hats = len(g.Values)
			for i := range g.Values {
				g.Values[i] = 1e-9
			}
		},
		"a level": func(_ *approx.Scheme, g *approx.Grade) { g.Graded.Levels[0]++ },
		"order":   func(s *approx.Scheme, _ *approx.Grade) { slices.Reverse(s.Grades) },
	} {
		s := build(t, expression(t, "sqrt(x*y)", 2), func(o *approx.Options) { o.Grades, o.Adaptive = 3, true })
		tamper(s, s.Grades[2])
		r := check(t, s)
		want := proofs.Malformed
		if name == "value" {
			want = proofs.Invalid
		}
		if r.Verdict() != want {
			t.Errorf("%s: %v", name, r.Verdict())
		}
		if c := find(r, proofs.ClaimPointwise, 3); name == "value" && (c == nil || !strings.HasPrefix(c.Detail, "refuted at (")) {
			t.Errorf("%s: no point refutes it: %v", name, c)
		}
	}
}

func TestCheckerAcceptsTablesAndSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for dim, sides := range map[int][]int{1: {1, 7, 16, 100}, 2: {5, 8}, 3: {3, 4}} {
		for _, m := range sides {
			v := make([]float64, power(m+1, dim))
			for i := range v {
				v[i] = r.Float64() - 0.3
			}
			table, err := approx.NewTable(dim, m, v)
			if err != nil {
				t.Fatal(err)
			}
			s := build(t, table, func(o *approx.Options) { o.Grades = 7 - 2*(dim-1) })
			wantValid(t, fmt.Sprintf("table, dim %d, m %d", dim, m), check(t, s))
			if m&(m-1) != 0 || m < 4 {
				continue
			}
			samples, err := approx.NewSamples(dim, m, v, 2*float64(m))
			if err != nil {
				t.Fatal(err)
			}
			s = build(t, samples, func(o *approx.Options) { o.Grades = int(math.Log2(float64(m))) })
			wantValid(t, fmt.Sprintf("samples, dim %d, m %d", dim, m), check(t, s))
		}
	}
}

func power(b, n int) int {
	r := 1
	for range n {
		r *= b
	}
	return r
}

func TestCheckerAcceptsHalvingAndInterruptedRuns(t *testing.T) {
	wantValid(t, "halving", check(t, build(t, expression(t, "sqrt(x)", 1), func(o *approx.Options) {
		o.Refinement, o.MaxNodes = approx.Halving, 1<<15
	})))
	s := build(t, expression(t, "sqrt(x)", 1), func(o *approx.Options) { o.Grades = 6 })
	s.Grades, s.Interrupted = s.Grades[:3], true
	wantValid(t, "interrupted", check(t, s))
}

// violated looks for a point where grade k (from 0) makes the residual grow.
func violated(s *approx.Scheme, e *approx.Expr, k int, r *rand.Rand) bool {
	g := s.Grades[k].Grid
	x := make([]float64, g.Dim)
	for range 6000 {
		for j := range x {
			x[j] = r.Float64()
			if r.IntN(3) == 0 {
				x[j] = (math.Floor(x[j]*float64(g.N)) + r.Float64()*0.01) / float64(g.N)
			}
		}
		before, after := math.Abs(e.Float(x)-s.Value(x, k)), math.Abs(e.Float(x)-s.Value(x, k+1))
		if after > before+1e-12 {
			return true
		}
	}
	return false
}

// A threshold below the lemma's: either the pointwise claim is refuted at a point, or it is proved, and then no
// sample contradicts it.
func TestLoweredThreshold(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	refuted := 0
	for _, c := range []struct {
		text        string
		dim, grades int
	}{{"sin(2*pi*x) + abs(x-1/3)/2", 1, 7}, {"sqrt(x)-0.5", 1, 7}, {"max(x, 1-x)^3", 1, 6}, {"abs(x-1/3)-0.2", 1, 6}, {"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2", 2, 5}} {
		for _, factor := range []float64{0.9, 0.5, 0.2, 0.05, 0.001} {
			e := expression(t, c.text, c.dim)
			s := build(t, e, func(o *approx.Options) { o.Grades, o.Threshold = c.grades, factor })
			report := check(t, s)
			for k := range s.Grades {
				claim := find(report, proofs.ClaimPointwise, k+1)
				switch {
				case claim.Verdict == proofs.Valid && violated(s, e, k, r):
					t.Errorf("%s, threshold times %v, grade %d: accepted, but a sample contradicts it", c.text, factor, k+1)
				case claim.Verdict != proofs.Valid && strings.HasPrefix(claim.Detail, "refuted at ("):
					refuted++
				case claim.Verdict != proofs.Valid && !strings.HasPrefix(claim.Detail, "not proved on ["):
					t.Errorf("%s, threshold times %v, grade %d: %s", c.text, factor, k+1, claim.Detail)
				}
			}
		}
	}
	if refuted < 10 {
		t.Errorf("only %d grades were refuted", refuted)
	}
}

// One nodal value moved outwards, by little or by more than any threshold: then it is beyond the residual; pointwise monotonicity is refuted or still
// proved.
func TestMovedNodalValue(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	refuted, proved := 0, 0
	for _, text := range []string{"sin(2*pi*x) + abs(x-1/3)/2", "sqrt(x)-0.5", "max(x, 1-x)^3", "abs(x-1/3)-0.25"} {
		e := expression(t, text, 1)
		for round := range 15 {
			s := build(t, e, func(o *approx.Options) { o.Grades = 8 })
			k := 3 + r.IntN(5)
			g := s.Grades[k]
			if g.Trivial() {
				g.Values = make([]float64, g.Grid.Nodes())
			}
			i := r.IntN(len(g.Values))
			step, beyond := 1e-6*g.Tau, round%2 == 1 && g.Values[i] != 0
			if beyond {
				step = 1.01*g.Tau + 3*g.Rounding
			}
			if g.Values[i] == 0 {
				g.Hats++
				step = math.Copysign(step, r.Float64()-0.5)
			}
			g.Values[i] += math.Copysign(step, g.Values[i]+step)
			report := check(t, s)
			if c := find(report, proofs.ClaimThreshold, k+1); beyond && (c.Verdict != proofs.Invalid || !strings.Contains(c.Detail, "at (")) {
				t.Errorf("%s, grade %d, node %d: threshold claim %v, %s", text, k+1, i, c.Verdict, c.Detail)
			}
			c := find(report, proofs.ClaimPointwise, k+1)
			switch {
			case c.Verdict != proofs.Valid && strings.HasPrefix(c.Detail, "refuted at ("):
				refuted++
			case c.Verdict != proofs.Valid:
				t.Errorf("%s, grade %d, node %d: %s", text, k+1, i, c.Detail)
			case violated(s, e, k, r):
				t.Errorf("%s, grade %d, node %d: accepted, but a sample contradicts it", text, k+1, i)
			default:
				proved++
			}
		}
	}
	if refuted == 0 || proved == 0 {
		t.Errorf("%d refuted, %d proved: want some of both", refuted, proved)
	}
}

// One hat on the wrong node.
func TestHatOnTheWrongNode(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	tried, refused := 0, 0
	for _, c := range []struct {
		text string
		dim  int
	}{{"sin(2*pi*x) + abs(x-1/3)/2", 1}, {"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2", 2}} {
		for range 10 {
			s := build(t, expression(t, c.text, c.dim), func(o *approx.Options) { o.Grades = 6 })
			g := s.Grades[5]
			from, to := r.IntN(len(g.Values)), r.IntN(len(g.Values))
			if g.Values[from] == g.Values[to] {
				continue
			}
			g.Values[from], g.Values[to] = g.Values[to], g.Values[from]
			report := check(t, s)
			tried++
			if find(report, proofs.ClaimThreshold, 6).Verdict == proofs.Invalid {
				refused++
			}
			if p := find(report, proofs.ClaimPointwise, 6); p.Verdict == proofs.Valid && violated(s, expression(t, c.text, c.dim), 5, r) {
				t.Errorf("%s: values of nodes %d and %d exchanged: accepted, but a sample contradicts it", c.text, from, to)
			}
		}
	}
	if refused < tried/2 {
		t.Errorf("%d of %d exchanges of values were refused", refused, tried)
	}
}

func TestClaimsThatAreTooGood(t *testing.T) {
	for name, change := range map[string]func(g *approx.Grade){
		proofs.ClaimSup:       func(g *approx.Grade) { g.Sup *= 0.95 },
		proofs.ClaimThreshold: func(g *approx.Grade) { g.Tau *= 0.999999 },
		proofs.ClaimAside:     func(g *approx.Grade) { g.Below *= 0.4 },
		proofs.ClaimVariation: func(g *approx.Grade) { g.Variation *= 1 - 1e-9 },
		"aside ":              func(g *approx.Grade) { g.Above = 0 },
		"aside  ":             func(g *approx.Grade) { g.Eps *= 0.4 },
		proofs.ClaimNorms:     func(g *approx.Grade) { g.Norms.L1.Hi = (g.Norms.L1.Lo + g.Norms.L1.Hi) / 2 },
		"norms ":              func(g *approx.Grade) { g.Norms.L2.Lo = g.Norms.L2.Hi },
		"norms  ":             func(g *approx.Grade) { g.Norms.Linf.Lo = g.Norms.Linf.Hi },
	} {
		s := build(t, expression(t, "sin(2*pi*x) + abs(x-1/3)/2", 1), func(o *approx.Options) { o.Grades = 7 })
		change(s.Grades[6])
		report := check(t, s)
		bad := 0
		for _, c := range report.Claims {
			if c.Verdict == proofs.Invalid {
				bad++
				if c.Name != strings.TrimSpace(name) && !strings.HasPrefix(c.Detail, "Linf") || !strings.HasPrefix(c.Scope, "grade 7") {
					t.Errorf("%s changed: %s, %s refused", name, c.Name, c.Scope)
				}
			}
		}
		if bad == 0 {
			t.Errorf("%s changed: accepted", name)
		}
	}
}

// A trivial grade that is not: the values are dropped.
func TestDroppedGrade(t *testing.T) {
	s := build(t, expression(t, "sin(2*pi*x)", 1), func(o *approx.Options) { o.Grades = 7 })
	s.Grades[5].Values, s.Grades[5].Hats = nil, 0
	report := check(t, s)
	if find(report, proofs.ClaimThreshold, 6).Verdict != proofs.Invalid || find(report, proofs.ClaimSup, 6).Verdict != proofs.Invalid {
		t.Error("a grade without its values was accepted")
	}
}

// Another target under the same values.
func TestExchangedTarget(t *testing.T) {
	s := build(t, expression(t, "sin(2*pi*x)", 1), func(o *approx.Options) { o.Grades = 6 })
	for _, text := range []string{"sin(2*pi*x)+1e-9", "cos(2*pi*x)", "sin(2*pi*x+1e-7)"} {
		s.Target = expression(t, text, 1)
		if check(t, s).Verdict() != proofs.Invalid {
			t.Errorf("%s: accepted", text)
		}
	}
}

// Every field of approx.json changed or removed, and every truncation of nodes.bin: never valid, never a panic.
func TestEditedFiles(t *testing.T) {
	s := build(t, expression(t, "sin(2*pi*x)+abs(x-1/3)/2", 1), func(o *approx.Options) { o.Grades = 5 })
	dir := t.TempDir()
	if err := approx.Save(dir, s); err != nil {
		t.Fatal(err)
	}
	model, values := filepath.Join(dir, "approx.json"), filepath.Join(dir, "nodes.bin")
	text, _ := os.ReadFile(model)
	data, _ := os.ReadFile(values)
	refuse := func(what string) {
		t.Helper()
		if v := checkDir(t, dir).Verdict(); v == proofs.Valid {
			t.Errorf("%s: accepted", what)
		}
	}
	for _, edit := range [][2]string{
		{`"multigrade-approx"`, `"other"`}, {`"version": 4`, `"version": 1`}, {`"version": 4`, `"version": 5`}, {`"dim": 1`, `"dim": 2`}, {`"dim": 1`, `"dim": 0`},
		{`"expression"`, `"table"`}, {`"expression"`, `"samples"`}, {`sin(`, `sin`}, {`sin(2`, `sin(y`}, {`"done"`, `"DONE"`}, {`"n": 4`, `"n": 3`},
		{`"n": 4`, `"n": 8`}, {`"grade": 2`, `"grade": 3`}, {`"nontrivial": true`, `"nontrivial": false`}, {`"width": 7`, `"width": 6`},
		{`"hats": `, `"hats": 1`}, {`"depth": `, `"depth": 1`}, {`"sha256": "`, `"sha256": "0`}, {`"tau": 0.`, `"tau": -0.`}, {`"tau": 0.`, `"tau": 0.00`},
		{`"format"`, `"format2"`}, {`"l1": [`, `"l1": [1e9,`}, {`"rounding": 1`, `"rounding": 0.000000`}, {"}\n", "} {}\n"},
	} {
		changed := bytes.Replace(text, []byte(edit[0]), []byte(edit[1]), 1)
		if bytes.Equal(changed, text) {
			t.Fatalf("%s is not in the file", edit[0])
		}
		os.WriteFile(model, changed, 0o600)
		refuse(edit[0] + " -> " + edit[1])
	}
	for n := 0; n < len(text)-1; n += 7 {
		os.WriteFile(model, text[:n], 0o600)
		if v := checkDir(t, dir).Verdict(); v != proofs.Malformed {
			t.Errorf("approx.json cut after %d bytes: %v", n, v)
		}
	}
	os.WriteFile(model, text, 0o600)
	for n := range data {
		os.WriteFile(values, data[:n], 0o600)
		if v := checkDir(t, dir).Verdict(); v != proofs.Malformed {
			t.Errorf("nodes.bin cut after %d bytes: %v", n, v)
		}
	}
	r := rand.New(rand.NewPCG(5, 1))
	for range 300 {
		changed := append([]byte(nil), data...)
		changed[r.IntN(len(data))] ^= 1 << r.IntN(8)
		os.WriteFile(values, changed, 0o600)
		refuse("a bit of nodes.bin")
	}
	os.WriteFile(values, data, 0o600)
	wantValid(t, "restored", checkDir(t, dir))
}

func TestSaveAndLoad(t *testing.T) {
	dir := t.TempDir()
	s := build(t, expression(t, "sin(2*pi*x)*cos(pi*y)+abs(x-y)/2", 2), func(o *approx.Options) { o.Grades = 5 })
	if err := approx.Save(dir, s); err != nil {
		t.Fatal(err)
	}
	back, err := approx.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := approx.Describe(s)
	b, _ := approx.Describe(back)
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	if !bytes.Equal(x, y) {
		t.Error("a scheme changed by saving and loading it")
	}
	for k, g := range s.Grades {
		for i, v := range g.Values {
			if back.Grades[k].Values[i] != v {
				t.Fatalf("grade %d, node %d: %v, want %v", k+1, i, back.Grades[k].Values[i], v)
			}
		}
	}
	if err := os.Truncate(filepath.Join(dir, "nodes.bin"), 100); err != nil {
		t.Fatal(err)
	}
	if _, err := approx.Load(dir); err == nil {
		t.Error("a truncated file was loaded")
	}
}

// What thresholds per simplex are for: the L1 norm falls with the error of interpolation wherever the target is not near 0, though
// the supremum is held up at one place.
func TestL1NormsOfLocalThresholds(t *testing.T) {
	for _, c := range []struct {
		text        string
		dim, grades int
		l1          float64
	}{
		{"sin(2*pi*x) + abs(x-1/3)/2", 1, 10, 3e-6}, {"sqrt(x)", 1, 10, 6e-5}, {"x^0.1", 1, 10, 1e-3},
		{"exp(-3*x)*cos(7*x)+max(0,x-0.7)", 1, 10, 2e-6}, {"sin(30*x*y)", 2, 3, 0.04},
	} {
		s := build(t, expression(t, c.text, c.dim), func(o *approx.Options) { o.Grades = c.grades })
		if got := s.Grades[len(s.Grades)-1].Norms.L1.Hi; s.Nontrivial() != c.grades || got > c.l1 {
			t.Errorf("%s: %d nontrivial grades of %d, L1 norm up to %v, want %v", c.text, s.Nontrivial(), c.grades, got, c.l1)
		}
		wantValid(t, c.text, check(t, s))
	}
}

// Where nothing can be corrected a scheme says so.
func TestNothingToCorrect(t *testing.T) {
	for text, want := range map[string]string{"0": "0 everywhere", "sin(1e5*x)": "nothing can be corrected"} {
		s := build(t, expression(t, text, 1), func(o *approx.Options) { o.Grades, o.MaxNodes = 4, 1<<10+1 })
		if s.Nontrivial() != 0 || !strings.Contains(s.Stopped, want) {
			t.Errorf("%s: %d nontrivial grades, %q", text, s.Nontrivial(), s.Stopped)
		}
		wantValid(t, text, check(t, s))
	}
}

// Where nothing is known to within rounding, nothing is corrected, and the checker agrees.
func TestUnknownValues(t *testing.T) {
	s := build(t, expression(t, "100*x+cos(1e300*x)/1000", 1), func(o *approx.Options) { o.Grades, o.MaxNodes = 3, 1025 })
	if s.Nontrivial() != 0 {
		t.Errorf("%d grades correct values that are not known", s.Nontrivial())
	}
	if v := check(t, s).Verdict(); v != proofs.Valid {
		t.Error(v)
	}
	s = build(t, expression(t, "100*x+sin(6e5*x)/1000", 1), func(o *approx.Options) { o.Grades = 3 })
	if v := check(t, s).Verdict(); v != proofs.Valid || s.Nontrivial() != 3 {
		t.Errorf("%v, %d grades", v, s.Nontrivial())
	}
}
