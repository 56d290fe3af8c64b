package solver_test

import (
	"bytes"
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/proofs"
	"multigrade/solver"
)

// globalInstance solves a small program and bounds its largest neuron.
type globalInstance struct {
	p     *solver.Problem
	r     *solver.Result
	b     *solver.NeuronBound
	nu    []float64
	bound float64
}

func solveGlobally(t *testing.T, seed uint64, n, d int, intercept bool) *globalInstance {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
		y[i] = math.Max(0, x.At(i, 0)) - math.Max(0, x.At(i, d-1)-x.At(i, 0)) + 0.1*rng.NormFloat64()
	}
	ctx := context.Background()
	cells, err := hyperplane.SampleGaussian(ctx, x, 40, seed)
	if err != nil {
		t.Fatal(err)
	}
	p := &solver.Problem{X: x, Y: y, Cells: cells, Beta: 0.03, Intercept: intercept}
	g := &globalInstance{p: p}
	if g.r, err = solver.Solve(ctx, p, solver.DefaultOptions()); err != nil {
		t.Fatal(err)
	}
	if g.b, err = solver.MaxNeuron(ctx, x, g.r.Certificate.Nu, solver.DefaultBoundOptions()); err != nil {
		t.Fatal(err)
	}
	g.nu, g.bound = solver.GlobalDual(p, g.r.Certificate.Nu, g.b)
	return g
}

// certificate is the standalone certificate of both claims.
func (g *globalInstance) certificate(t *testing.T) *proofs.Certificate {
	t.Helper()
	n, d := g.p.X.Dims()
	x, err := proofs.NewDense(n, d, g.p.X.(*mat.Dense).RawMatrix().Data)
	if err != nil {
		t.Fatal(err)
	}
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: n, Cols: d, Activation: proofs.ReLU, Loss: proofs.Squared, Intercept: g.p.Intercept,
			Beta: g.p.Beta, SHA256: proofs.ProgramHash(x, g.p.Y)},
		Data:     &proofs.Data{X: x, Y: g.p.Y},
		Network:  proofs.Network{Constant: g.r.Network.Constant},
		Dual:     proofs.Dual{Scope: proofs.ScopeRestricted, Nu: g.r.Certificate.Nu},
		Patterns: make([]proofs.Pattern, len(g.p.Cells)),
		Gap:      proofs.Gap{Tol: 1e-6, Status: proofs.StatusLimit},
	}
	for _, u := range g.r.Network.Neurons {
		c.Network.Neurons = append(c.Network.Neurons, proofs.Neuron{Pattern: u.Cell, Alpha: u.Alpha, W: u.W})
	}
	for k, cell := range g.p.Cells {
		c.Patterns[k].Words = cell.Pattern.Words()
	}
	for _, m := range g.r.Certificate.Multipliers {
		mu := make([]proofs.Multiplier, len(m.Mu))
		for k, e := range m.Mu {
			mu[k] = proofs.Multiplier{Row: e.Row, Value: e.Value}
		}
		if m.Sign > 0 {
			c.Patterns[m.Cell].Plus = mu
		} else {
			c.Patterns[m.Cell].Minus = mu
		}
	}
	if c.Network.Primal, c.Network.Objective, c.Dual.Bound, err = proofs.Enclose(c, x, g.p.Y); err != nil {
		t.Fatal(err)
	}
	c.Gap.Rel = proofs.RelGap(c.Network.Primal, c.Dual.Bound)
	c.Global = &proofs.Global{Nu: g.nu, Status: proofs.StatusLimit, Plus: g.b.Certificate.Plus, Minus: g.b.Certificate.Minus}
	if c.Global.Bound, err = proofs.EncloseGlobal(c, g.nu, g.p.Y); err != nil {
		t.Fatal(err)
	}
	c.Global.Rel = proofs.RelGap(c.Network.Primal, c.Global.Bound)
	return c
}

func TestGlobalCertificateIsValid(t *testing.T) {
	for _, s := range []struct {
		n, d      int
		intercept bool
	}{{30, 1, false}, {40, 2, false}, {60, 2, true}, {40, 3, true}, {50, 4, false}} {
		g := solveGlobally(t, uint64(s.n+s.d), s.n, s.d, s.intercept)
		if !g.b.Exact {
			t.Errorf("%v: upper %v, lower %v", s, g.b.Upper, g.b.Lower)
		}
		c := g.certificate(t)
		var text bytes.Buffer
		if err := proofs.Encode(&text, c); err != nil {
			t.Fatal(err)
		}
		report, err := proofs.CheckReader(&text)
		if err != nil || report.Verdict() != proofs.Valid {
			t.Fatalf("%v: %+v, %v", s, report, err)
		}
		if c.Global.Bound > c.Network.Primal {
			t.Errorf("%v: global bound %v above primal %v", s, c.Global.Bound, c.Network.Primal)
		}
		if math.Abs(c.Global.Bound-g.bound) > 1e-12*math.Abs(g.bound) {
			t.Errorf("%v: bounds %v and %v", s, c.Global.Bound, g.bound)
		}
	}
}

// Whatever is changed in the evidence is refused.
func TestGlobalTampering(t *testing.T) {
	g := solveGlobally(t, 5, 40, 3, false)
	honest := g.certificate(t)
	x, y := honest.Data.X, honest.Data.Y
	if r := proofs.CheckCertificate(honest, x, y); r.Verdict() != proofs.Valid {
		t.Fatalf("%+v", r)
	}
	refused := func(what string, change func(c *proofs.Global)) {
		c, w := *honest, *honest.Global
		w.Nu, w.Plus, w.Minus = slices.Clone(w.Nu), slices.Clone(w.Plus), slices.Clone(w.Minus)
		c.Global = &w
		change(&w)
		if r := proofs.CheckCertificate(&c, x, y); r.Verdict() == proofs.Valid {
			t.Errorf("%s: not refused", what)
		}
	}
	refused("bound", func(c *proofs.Global) { c.Bound = math.Nextafter(c.Bound, 1) })
	refused("gap", func(c *proofs.Global) { c.Rel = math.Nextafter(c.Rel, 1) })
	refused("status", func(c *proofs.Global) { c.Status, c.Rel = proofs.StatusOptimal, 1 })
	refused("dual scaled", func(c *proofs.Global) {
		for i := range c.Nu {
			c.Nu[i] *= 1.0001
		}
	})
	refused("trees exchanged", func(c *proofs.Global) { c.Plus, c.Minus = c.Minus, c.Plus })
	refused("missing leaf", func(c *proofs.Global) { c.Plus = c.Plus[:len(c.Plus)-1] })
	refused("one more leaf", func(c *proofs.Global) { c.Minus = append(c.Minus, '.') })
	refused("no trees", func(c *proofs.Global) { c.Plus, c.Minus = nil, nil })
	refused("roots only", func(c *proofs.Global) {
		c.Plus = []byte(strings.Repeat(".", 8))
	})
	for k := range honest.Global.Plus {
		if honest.Global.Plus[k] == '.' {
			refused("leaf split", func(c *proofs.Global) { c.Plus[k] = '0' })
			continue
		}
		refused("node cut off", func(c *proofs.Global) { c.Plus[k] = '.' })
		refused("unknown edge", func(c *proofs.Global) { c.Plus[k] = '3' })
	}
	// In the file, any other character is refused, even one that would do.
	var text bytes.Buffer
	if err := proofs.Encode(&text, honest); err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text.Bytes(), []byte("tree+"))
	at += bytes.IndexByte(text.Bytes()[at+6:], ' ') + 7
	for k := at; k < text.Len() && text.Bytes()[k] != '\n'; k++ {
		for _, other := range []byte("0123. ") {
			changed := slices.Clone(text.Bytes())
			if changed[k] == other {
				continue
			}
			changed[k] = other
			if r, err := proofs.CheckReader(bytes.NewReader(changed)); err != nil || r.Verdict() == proofs.Valid {
				t.Fatalf("character %d changed to %c: not refused", k-at, other)
			}
		}
	}
}
