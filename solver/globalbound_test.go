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
	cert  solver.GlobalCertificate
	bound float64
}

func solveGlobally(t *testing.T, seed uint64, n, d int, intercept bool, leaves int) *globalInstance {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 3))
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
		y[i] = math.Max(0, x.At(i, 0)) - math.Max(0, x.At(i, d-1)-x.At(i, 0)) + 0.1*rng.NormFloat64()
	}
	return boundGlobally(t, seed, x, y, intercept, leaves)
}

// boundGlobally is solveGlobally for the given data.
func boundGlobally(t *testing.T, seed uint64, x *mat.Dense, y []float64, intercept bool, leaves int) *globalInstance {
	t.Helper()
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
	o := solver.DefaultBoundOptions()
	o.MaxLeaves = leaves
	if g.b, err = solver.MaxNeuron(ctx, x, solver.ReLU, g.r.Certificate.Nu, o); err != nil {
		t.Fatal(err)
	}
	g.nu, g.cert, g.bound = solver.GlobalDual(p, g.r.Certificate.Nu, g.b)
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
	c.Global = &proofs.Global{Nu: g.nu, Status: proofs.StatusLimit, Plus: g.cert.Plus, Minus: g.cert.Minus,
		QuadraticPlus: proofs.Quadratic(g.cert.QuadraticPlus), QuadraticMinus: proofs.Quadratic(g.cert.QuadraticMinus)}
	if c.Global.Bound, err = proofs.EncloseGlobal(c, g.nu, g.p.Y); err != nil {
		t.Fatal(err)
	}
	c.Global.Rel = proofs.RelGap(c.Network.Primal, c.Global.Bound)
	if g.cert.Pieces != nil {
		c.Global.Pieces = piecesOf(g.cert.Pieces)
	}
	return c
}

// mustBeValid checks a certificate as its reader does.
func mustBeValid(t *testing.T, c *proofs.Certificate) {
	t.Helper()
	var text bytes.Buffer
	if err := proofs.Encode(&text, c); err != nil {
		t.Fatal(err)
	}
	if report, err := proofs.CheckReader(&text); err != nil || report.Verdict() != proofs.Valid {
		t.Fatalf("%+v, %v", report, err)
	}
}

func TestGlobalCertificateIsValid(t *testing.T) {
	for _, s := range []struct {
		n, d      int
		intercept bool
		leaves    int
	}{{30, 1, false, 1 << 20}, {40, 2, false, 1 << 20}, {60, 2, true, 1 << 20}, {40, 3, true, 1 << 20}, {50, 4, false, 1 << 20},
		{50, 5, false, 3000}, {50, 4, true, 0}, {40, 20, false, 0}} {
		g := solveGlobally(t, uint64(s.n+s.d), s.n, s.d, s.intercept, s.leaves)
		if s.leaves > 10000 && !g.b.Exact {
			t.Errorf("%v: upper %v, lower %v", s, g.b.Upper, g.b.Lower)
		}
		c := g.certificate(t)
		mustBeValid(t, c)
		if c.Global.Bound > c.Network.Primal {
			t.Errorf("%v: global bound %v above primal %v", s, c.Global.Bound, c.Network.Primal)
		}
		if math.Abs(c.Global.Bound-g.bound) > 1e-12*math.Abs(g.bound) {
			t.Errorf("%v: bounds %v and %v", s, c.Global.Bound, g.bound)
		}
	}
}

// Nine columns that are three but for a little noise: the trees go deep into
// thin cones, are cut off by the limit, and what they claim is proved.
func TestGlobalCertificateOfThinCones(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 3))
	for _, noise := range []float64{1e-2, 1e-7} {
		const n, d = 60, 9
		x, y := mat.NewDense(n, d, nil), make([]float64, n)
		for i := range n {
			for j := range d {
				v := rng.NormFloat64()
				if j >= 3 {
					v = x.At(i, j%3) + noise*v
				}
				x.Set(i, j, v)
			}
			y[i] = math.Max(0, x.At(i, 0)) - math.Max(0, x.At(i, 2)-x.At(i, 1)) + 0.1*rng.NormFloat64()
		}
		g := boundGlobally(t, 1, x, y, true, 6000)
		if g.b.Method != "branch and bound" || g.b.Exact {
			t.Errorf("noise %v: %s, upper %v, lower %v", noise, g.b.Method, g.b.Upper, g.b.Lower)
		}
		if nodes := len(g.cert.Plus) + len(g.cert.Minus); nodes > 2*g.b.Leaves {
			t.Errorf("noise %v: %d nodes for %d leaves", noise, nodes, g.b.Leaves)
		}
		c := g.certificate(t)
		if r := proofs.CheckCertificate(c, c.Data.X, c.Data.Y); r.Verdict() != proofs.Valid {
			t.Errorf("noise %v: %+v", noise, r)
		}
	}
}

// A target without anything to fit has the dual point 0 and the bound 0.
func TestGlobalCertificateOfZero(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 4))
	x := mat.NewDense(20, 14, nil)
	for i := range 20 {
		for j := range 14 {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	g := boundGlobally(t, 1, x, make([]float64, 20), false, 0)
	c := g.certificate(t)
	if r := proofs.CheckCertificate(c, c.Data.X, c.Data.Y); r.Verdict() != proofs.Valid || g.bound != 0 {
		t.Errorf("bound %v: %+v", g.bound, r)
	}
}

// Whatever is changed in the evidence is refused.
func TestGlobalTampering(t *testing.T) {
	g := solveGlobally(t, 5, 40, 3, false, 1<<20)
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
	other := solveGlobally(t, 6, 40, 14, true, 0).certificate(t)
	honest, x, y = other, other.Data.X, other.Data.Y
	if r := proofs.CheckCertificate(honest, x, y); r.Verdict() != proofs.Valid {
		t.Fatalf("%+v", r)
	}
	for _, q := range []func(c *proofs.Global) *proofs.Quadratic{
		func(c *proofs.Global) *proofs.Quadratic { return &c.QuadraticPlus },
		func(c *proofs.Global) *proofs.Quadratic { return &c.QuadraticMinus },
	} {
		refused("mu", func(c *proofs.Global) { q(c).Mu *= 0.9999 })
		refused("tau", func(c *proofs.Global) { q(c).Tau *= 0.9999 })
		refused("scale", func(c *proofs.Global) { q(c).Scale *= 0.9999 })
		refused("large mu", func(c *proofs.Global) { q(c).Mu *= 4 })
		refused("large tau", func(c *proofs.Global) { q(c).Tau *= 40 })
		refused("large scale", func(c *proofs.Global) { q(c).Scale *= 40 })
		refused("no scale", func(c *proofs.Global) { q(c).Scale = 0 })
	}
	refused("dual not summing to zero", func(c *proofs.Global) { c.Nu[0] += 0x1p-40 })
}

// In the file, any other character is refused, even one that would do.
func TestGlobalTextTampering(t *testing.T) {
	honest := solveGlobally(t, 5, 40, 3, false, 1<<20).certificate(t)
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
