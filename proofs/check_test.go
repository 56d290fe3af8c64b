package proofs

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// large is a certificate of a common size with honest claims: 50 neurons, the
// residual scaled into feasibility.
func large(rows, cols, patterns int) *Certificate {
	rng := rand.New(rand.NewPCG(21, 22))
	x := Matrix{rows: rows, cols: cols, values: make([]float64, rows*cols)}
	for k := range x.values {
		x.values[k] = rng.NormFloat64()
	}
	e := make([]float64, rows)
	for i := range e {
		e[i] = rng.NormFloat64()
	}
	var all *Certificate
	for len(allPatterns(all)) < patterns {
		_, c := madeUp{}.fit(rng, &model{Loss: Squared}, x, e)
		if all == nil {
			all = c
			continue
		}
		for _, u := range c.Network.Neurons {
			u.Pattern += len(all.Patterns)
			if len(all.Network.Neurons) < 50 {
				all.Network.Neurons = append(all.Network.Neurons, u)
			}
		}
		all.Patterns = append(all.Patterns, c.Patterns...)
	}
	all.Dual.Nu = madeUp{}.dualPoint(all, x, e)
	problem{}.finish(all, x, e)
	all.Gap.Status = StatusLimit
	return all
}

func allPatterns(c *Certificate) []Pattern {
	if c == nil {
		return nil
	}
	return c.Patterns
}

func TestLargeCertificate(t *testing.T) {
	c := large(300, 10, 60)
	if r := CheckCertificate(c, c.Data.X, c.Data.Y); r.Verdict() != Valid {
		t.Errorf("%+v", r.Claims)
	}
}

func BenchmarkCheckCertificate(b *testing.B) {
	c := large(1000, 20, 200)
	b.ResetTimer()
	for b.Loop() {
		if CheckCertificate(c, c.Data.X, c.Data.Y).Verdict() != Valid {
			b.Fatal("not valid")
		}
	}
}

// manyLeaves is a program of Gaussian data and dual point, n beta being 1 + room
// times the largest of |nu'relu(Xw)| that random starts lead to, with trees grown for it.
func manyLeaves(rows, cols int, room float64) *Certificate {
	rng := rand.New(rand.NewPCG(71, 72))
	x, nu := problem{rows: rows, cols: cols}.matrix(rng), make([]float64, rows)
	for i := range nu {
		nu[i] = rng.NormFloat64()
	}
	largest := 0.0
	for range 200 {
		w := make([]float64, cols)
		for j := range w {
			w[j] = rng.NormFloat64()
		}
		largest = max(largest, climb(x, nu, w))
	}
	c := &Certificate{Program: Program{Rows: rows, Cols: cols, Activation: ReLU, Loss: Squared, Beta: largest / float64(rows) * (1 + room)}, Dual: Dual{Scope: ScopeRestricted, Nu: nu}}
	problem{}.finish(c, x, nu)
	c.Global = &Global{Nu: nu}
	k := &checker{c: c, x: x, y: nu}
	c.Global.Plus, c.Global.Minus = k.grownTree(1), k.grownTree(-1)
	return finishGlobal(c)
}

// climb moves w to X'D nu for its pattern D, or away from it where nu'relu(Xw) < 0,
// and returns the largest ||X'D nu|| on the way that D's own cone attains.
func climb(x Matrix, nu, w []float64) (largest float64) {
	for range 20 {
		g, value := make([]float64, len(w)), 0.0
		for i, v := range nu {
			if z := rowDot(x, i, w); z > 0 {
				row, _ := x.Row(i)
				addTo(g, v, row)
				value += v * z
			}
		}
		largest = max(largest, math.Abs(value)/math.Sqrt(dot(w, w)))
		scaleAll(g, nil, math.Copysign(1, value))
		w = g
	}
	return largest
}

// grownTree bisects the longest edge until every leaf is true by more than a
// checker may ask for.
func (k *checker) grownTree(s float64) (text []byte) {
	x, r := k.x.nonzeroColumns()
	t := k.newTreeCheck(nil, nil, x, r, s)
	t.radius *= 1 - 1e-8
	w := &treeWorker{treeCheck: t, leaf: newLeafCheck(r, t.radius, t.slack)}
	var grow func(depth int)
	grow = func(depth int) {
		c := w.cone(depth)
		if w.leaf.check(c) <= t.radius {
			text = append(text, treeLeaf)
			return
		}
		edge := c.longestEdge()
		text = append(text, edge)
		a, b := edgeVertices(edge)
		w.cone(depth+1).child(c, a, b)
		grow(depth + 1)
		w.cone(depth+1).child(c, b, a)
		grow(depth + 1)
	}
	for orthant := range 1 << r {
		w.cone(0).orthant(orthant)
		w.cone(0).sortAll(x, k.c.Global.Nu, s)
		grow(0)
	}
	return text
}

func (c *cone) longestEdge() (edge byte) {
	longest, number := 0.0, byte(treeEdge)
	for b := range c.r {
		for a := range b {
			square := 0.0
			for k := range c.r {
				by := c.vertex[a*c.r+k] - c.vertex[b*c.r+k]
				square += by * by
			}
			if square > longest {
				longest, edge = square, number
			}
			number++
		}
	}
	return edge
}

func TestManyLeaves(t *testing.T) {
	c := manyLeaves(40, 3, 0.02)
	if bisected := len(c.Global.Plus) + len(c.Global.Minus) - 2*8; bisected < 20 {
		t.Errorf("%d nodes more than the orthants", bisected)
	}
	if r := CheckCertificate(c, c.Data.X, c.Data.Y); r.Verdict() != Valid {
		t.Errorf("%+v", r.Claims)
	}
	c.Program.Beta /= 1.03
	if r := CheckCertificate(c, c.Data.X, c.Data.Y); !falseClaims(r)[ClaimGlobalFeasible] {
		t.Error("accepted with beta too small")
	}
}

// BenchmarkCheckTree checks evidence over all patterns of rank 5, where it is most
// of a certificate.
func BenchmarkCheckTree(b *testing.B) {
	c := manyLeaves(400, 5, 0.1)
	b.Logf("%d and %d nodes", len(c.Global.Plus), len(c.Global.Minus))
	b.ResetTimer()
	for b.Loop() {
		if CheckCertificate(c, c.Data.X, c.Data.Y).Verdict() != Valid {
			b.Fatal("not valid")
		}
	}
}

// TestArgumentsUnchanged: checking changes neither certificate nor data.
func TestArgumentsUnchanged(t *testing.T) {
	c := interceptBase()
	before := encoded(c)
	CheckCertificate(c, c.Data.X, c.Data.Y)
	if encoded(c) != before {
		t.Error("the certificate is another one after the check")
	}
}

// TestOtherData: a certificate says nothing about data of another shape.
func TestOtherData(t *testing.T) {
	c := pythagoras()
	for _, x := range []Matrix{{}, {rows: 2, cols: 1, values: []float64{3, 4}}, {rows: 1, cols: 3, values: []float64{3, 4, 5}}} {
		if r := CheckCertificate(c, x, make([]float64, x.rows)); r.Verdict() != Invalid || len(r.Claims) != 1 {
			t.Errorf("%d x %d: %+v", x.rows, x.cols, r.Claims)
		}
	}
	if r := CheckCertificate(c, c.Data.X, nil); r.Verdict() != Invalid {
		t.Errorf("no target: %+v", r.Claims)
	}
}

// TestIllFormedCertificate: what Decode would refuse is malformed when built in
// memory, too, and not written by Encode.
func TestIllFormedCertificate(t *testing.T) {
	for name, change := range map[string]func(*Certificate){
		"pattern of a neuron": func(c *Certificate) { c.Network.Neurons[0].Pattern = 1 },
		"weights":             func(c *Certificate) { c.Network.Neurons[0].W = nil },
		"gate":                func(c *Certificate) { c.Network.Neurons[0].Gate = []float64{1, 0} },
		"nu":                  func(c *Certificate) { c.Dual.Nu = nil },
		"words":               func(c *Certificate) { c.Patterns[0].Words = nil },
		"multiplier row":      func(c *Certificate) { c.Patterns[0].Plus = []Multiplier{{4, 1}} },
		"activation":          func(c *Certificate) { c.Program.Activation = "tanh" },
		"scope":               func(c *Certificate) { c.Dual.Scope = "global" },
		"status":              func(c *Certificate) { c.Gap.Status = "" },
		"hash":                func(c *Certificate) { c.Program.SHA256 = "" },
	} {
		c := boundary()
		change(c)
		if r := CheckCertificate(c, c.Data.X, c.Data.Y); r.Verdict() != Malformed {
			t.Errorf("%s: %+v", name, r.Claims)
		}
		if err := Encode(discard{}, c); err == nil {
			t.Errorf("%s: encoded", name)
		}
	}
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }

// TestEnclose: the bounds hold and are close, on problems of known optimum.
func TestEnclose(t *testing.T) {
	for k, s := range corpusProblems() {
		c := s.solved(uint64(100+k), nil)
		if rel := RelGap(c.Network.Primal, c.Dual.Bound); rel > 1e-10 || rel < 0 {
			t.Errorf("%v: relative gap %v at the optimum", s, rel)
		}
		r := CheckCertificate(c, c.Data.X, c.Data.Y)
		if r.Verdict() != Valid {
			t.Errorf("%v: %+v", s, r.Claims)
		}
	}
}

func TestVerdicts(t *testing.T) {
	var r Report
	if r.Verdict() != Malformed {
		t.Error("a report without claims has shown something")
	}
	for _, v := range []Verdict{Valid, Invalid, Valid, Malformed, Invalid} {
		r.add("claim", "scope", v, "detail")
	}
	want := []Verdict{Valid, Invalid, Invalid, Malformed, Malformed}
	var got []Verdict
	for k := range r.Claims {
		got = append(got, Report{r.Claims[:k+1]}.Verdict())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	raw, err := json.Marshal(Report{r.Claims[:1]})
	if err != nil || string(raw) != `{"verdict":"valid","claims":[{"claim":"claim","scope":"scope","verdict":"valid","detail":"detail"}]}` {
		t.Errorf("%s %v", raw, err)
	}
}
