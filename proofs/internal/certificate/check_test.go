package certificate

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// large is a certificate of a common size with honest claims: 50 neurons, the
// residual scaled into feasibility.
func large(rows, cols, patterns int) *Certificate {
	rng := rand.New(rand.NewPCG(21, 22))
	x := exact.Matrix{Rows: rows, Cols: cols, Values: make([]float64, rows*cols)}
	for k := range x.Values {
		x.Values[k] = rng.NormFloat64()
	}
	e := make([]float64, rows)
	for i := range e {
		e[i] = rng.NormFloat64()
	}
	c := &Certificate{Program: Program{Rows: rows, Cols: cols, Activation: ReLU, Loss: Squared, Beta: 0.0625}, Dual: Dual{Scope: ScopeRestricted}}
	shape, largest := problem{Rows: rows, Cols: cols}, 0.0
	for p := range patterns {
		w := make([]float64, cols)
		for j := range w {
			w[j] = rng.NormFloat64() / float64(rows)
		}
		words := make([]uint64, (rows+63)/64)
		for i := range rows {
			if q := x.Product(i, w); q.Sign(q.Ball()) > 0 {
				words[i/64] |= 1 << (i % 64)
			}
		}
		c.Patterns = append(c.Patterns, Pattern{Words: words})
		if p < 50 {
			c.Network.Neurons = append(c.Network.Neurons, Neuron{Pattern: p, Alpha: math.Copysign(1, rng.NormFloat64()), W: w})
		}
		v := shape.adjoint(x, c.Patterns[p], e)
		largest = max(largest, math.Sqrt(dot(v, v)))
	}
	c.Dual.Nu = append([]float64{}, e...)
	scaleAll(c.Dual.Nu, nil, 0.999*float64(rows)*c.Program.Beta/largest)
	problem{}.finish(c, x, e)
	c.Gap.Status = StatusLimit
	return c
}

func TestLargeCertificate(t *testing.T) {
	c := large(300, 10, 60)
	if r := Check(c, c.Data.X, c.Data.Y); r.Verdict() != verdict.Valid {
		t.Errorf("%+v", r.Claims)
	}
}

func BenchmarkCheckCertificate(b *testing.B) {
	c := large(1000, 20, 200)
	b.ResetTimer()
	for b.Loop() {
		if Check(c, c.Data.X, c.Data.Y).Verdict() != verdict.Valid {
			b.Fatal("not valid")
		}
	}
}

// TestArgumentsUnchanged: checking changes neither certificate nor data.
func TestArgumentsUnchanged(t *testing.T) {
	c := interceptBase()
	before := encoded(c)
	Check(c, c.Data.X, c.Data.Y)
	if encoded(c) != before {
		t.Error("the certificate is another one after the check")
	}
}

// TestOtherData: a certificate says nothing about data of another shape.
func TestOtherData(t *testing.T) {
	c := pythagoras()
	for _, x := range []exact.Matrix{{}, {Rows: 2, Cols: 1, Values: []float64{3, 4}}, {Rows: 1, Cols: 3, Values: []float64{3, 4, 5}}} {
		if r := Check(c, x, make([]float64, x.Rows)); r.Verdict() != verdict.Invalid || len(r.Claims) != 1 {
			t.Errorf("%d x %d: %+v", x.Rows, x.Cols, r.Claims)
		}
	}
	if r := Check(c, c.Data.X, nil); r.Verdict() != verdict.Invalid {
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
		if r := Check(c, c.Data.X, c.Data.Y); r.Verdict() != verdict.Malformed {
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
		r := Check(c, c.Data.X, c.Data.Y)
		if r.Verdict() != verdict.Valid {
			t.Errorf("%v: %+v", s, r.Claims)
		}
	}
}

// TestEncloseNothing: where the network leaves no loss the bounds are 0, not what
// underflow can lose, so that the gap to a dual point 0 is 0.
func TestEncloseNothing(t *testing.T) {
	x := exact.Matrix{Rows: 3, Cols: 1, Values: []float64{1, -2, 3}}
	y := []float64{0.1, 0.1, 0.1}
	for _, name := range []string{Squared, Huber, L1, LInf, Quantile} {
		for _, constant := range []float64{0.1, 0.1 + 0x1p-56} {
			c := &Certificate{
				Program:  Program{Rows: 3, Cols: 1, Activation: ReLU, Loss: name, Intercept: true, Beta: 0.5, SHA256: ProgramHash(x, y)},
				Network:  Network{Constant: constant},
				Dual:     Dual{Scope: ScopeRestricted, Nu: make([]float64, 3)},
				Patterns: []Pattern{{Words: []uint64{5}}},
				Gap:      Gap{Tol: 1e-6, Status: StatusOptimal},
			}
			if Losses[name].parameter != nil {
				c.Program.Threshold = 0.25
			}
			var err error
			if c.Network.Primal, c.Network.Objective, c.Dual.Bound, err = Enclose(c, x, y); err != nil {
				t.Fatal(err)
			}
			c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			want := verdict.Valid
			if constant != 0.1 {
				want = verdict.Invalid
			}
			if r := Check(c, x, y); r.Verdict() != want || (c.Network.Primal == 0) != (constant == 0.1) || c.Network.Objective != c.Network.Primal {
				t.Errorf("%s, constant %v: primal %v, objective %v: %+v", name, constant, c.Network.Primal, c.Network.Objective, r.Claims)
			}
		}
	}
}

func TestVerdicts(t *testing.T) {
	var r verdict.Report
	if r.Verdict() != verdict.Malformed {
		t.Error("a report without claims has shown something")
	}
	for _, v := range []verdict.Verdict{verdict.Valid, verdict.Invalid, verdict.Valid, verdict.Malformed, verdict.Invalid} {
		r.Add("claim", "scope", v, "detail")
	}
	want := []verdict.Verdict{verdict.Valid, verdict.Invalid, verdict.Invalid, verdict.Malformed, verdict.Malformed}
	var got []verdict.Verdict
	for k := range r.Claims {
		got = append(got, verdict.Report{Claims: r.Claims[:k+1]}.Verdict())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	raw, err := json.Marshal(verdict.Report{Claims: r.Claims[:1]})
	if err != nil || string(raw) != `{"verdict":"valid","claims":[{"claim":"claim","scope":"scope","verdict":"valid","detail":"detail"}]}` {
		t.Errorf("%s %v", raw, err)
	}
}
