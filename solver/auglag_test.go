package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// steadyAugLag is an augmented Lagrangian over all blocks of a gated problem, a
// few steps from its start.
func steadyAugLag(t *testing.T, p *Problem, sigma float64) *augLag {
	t.Helper()
	op, gram, s := steadyParts(t, p)
	m := newAugLag(op, gram, p)
	m.start(p, &augLagPoint{nu: s.zeroPointDual(), sigma: sigma})
	for range 3 {
		m.step()
	}
	return m
}

// zeroPointDual is y, centred if there is a constant: the dual point of u = 0.
func (s *search) zeroPointDual() []float64 {
	_, nu := idlePoint(s.p.LossOrSquared(), s.p.Y, s.p.Intercept)
	return nu
}

// newtonMatrix is I + sigma C F P F' C by its definition, one column at a time.
func newtonMatrix(m *augLag) *mat.Dense {
	n, d := m.op.n, m.op.d
	dense := mat.NewDense(n, n, nil)
	for i := range n {
		e := make([]float64, n)
		e[i] = 1
		m.centre(e)
		w := newGeneral(len(m.op.blocks), d)
		m.blockProducts(w, e)
		for j := range m.op.blocks {
			wj, u, tau := rowOf(w, j), rowOf(m.next, j), m.tau[j]
			if tau >= 1 {
				clear(wj)
				continue
			}
			along := tau * floats.Dot(u, wj) / floats.Dot(u, u)
			floats.Scale(1-tau, wj)
			floats.AddScaled(wj, along, u)
		}
		z := newGeneral(len(m.op.blocks), n)
		m.op.x.mul(z, w)
		f := make([]float64, n)
		m.op.predict(f, z)
		m.centre(f)
		for k, v := range f {
			dense.Set(k, i, m.sigma*v)
		}
		dense.Set(i, i, dense.At(i, i)+1)
	}
	return dense
}

// The step solves the Newton system of the definition, by both systems.
func TestAugLagNewtonMatrix(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 1))
	for _, intercept := range []bool{false, true} {
		for _, shape := range [][3]int{{40, 3, 4}, {12, 4, 20}} {
			p := squares(t, rng, Gated, shape[0], shape[1], shape[2], intercept, 0.1)
			m := steadyAugLag(t, p, 1)
			if len(m.active) == 0 || !m.sys.factor(m) {
				t.Fatalf("%v: %d active blocks", shape, len(m.active))
			}
			if want := shape[1]*len(m.active) >= shape[0]; m.sys.outer != want {
				t.Errorf("%v, %d active: n x n is %v", shape, len(m.active), m.sys.outer)
			}
			b := make([]float64, shape[0])
			for i := range b {
				b[i] = rng.NormFloat64()
			}
			m.centre(b)
			x := append([]float64(nil), b...)
			m.sys.solve(m, x)
			m.centre(x)
			var back mat.VecDense
			back.MulVec(newtonMatrix(m), mat.NewVecDense(len(x), x))
			if e := floats.Distance(back.RawVector().Data, b, 2); e > 1e-9*floats.Norm(b, 2) {
				t.Errorf("%v, constant %v: residual %.2g of %.2g", shape, intercept, e, floats.Norm(b, 2))
			}
		}
	}
}

// psi is the function that the Newton steps minimise, by its definition at nu.
func psi(m *augLag, nu []float64) float64 {
	w := newGeneral(len(m.op.blocks), m.op.d)
	m.blockProducts(w, nu)
	sum := floats.Dot(nu, nu)/2 - floats.Dot(nu, m.p.Y)
	for j := range m.op.blocks {
		a := rowOf(w, j)
		floats.Scale(m.sigma, a)
		floats.Add(a, rowOf(m.u, j))
		over := max(floats.Norm(a, 2)-m.sigma*m.lambda, 0)
		sum += over * over / (2 * m.sigma)
	}
	return sum
}

// The gradient is that of psi, and a step reduces psi.
func TestAugLagDescends(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 2))
	for _, sigma := range []float64{0.01, 1, 100} {
		p := squares(t, rng, Gated, 50, 3, 20, true, 0.05)
		m := steadyAugLag(t, p, sigma)
		dir := make([]float64, len(m.nu))
		for i := range dir {
			dir[i] = rng.NormFloat64()
		}
		m.centre(dir)
		const h = 1e-5
		there := append([]float64(nil), m.nu...)
		floats.AddScaled(there, h, dir)
		up := psi(m, there)
		floats.AddScaled(there, -2*h, dir)
		if slope, want := (up-psi(m, there))/(2*h), floats.Dot(m.grad, dir); math.Abs(slope-want) > 1e-5*(1+m.gradNorm)*floats.Norm(dir, 2) {
			t.Errorf("sigma %v: slope %v, gradient says %v", sigma, slope, want)
		}
		m.inexact = 0 // no change of the multipliers, so of psi
		before := psi(m, m.nu)
		if m.gradNorm > 1e-8 && m.step() && psi(m, m.nu) > before*(1+1e-12) {
			t.Errorf("sigma %v: psi rises from %v to %v", sigma, before, psi(m, m.nu))
		}
	}
}

// It converges from anywhere, also with a start far off and every sigma.
func TestAugLagConverges(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 3))
	ctx := context.Background()
	for _, sigma := range []float64{1e-6, 1, 1e6} {
		for _, far := range []float64{0, 1, 1e4} {
			p := squares(t, rng, Gated, 60, 4, 25, far == 1, 0.01)
			op, gram, _ := steadyParts(t, p)
			m := newAugLag(op, gram, p)
			nu := make([]float64, op.n)
			for i := range nu {
				nu[i] = far * rng.NormFloat64()
			}
			m.start(p, &augLagPoint{nu: nu, sigma: sigma})
			if steps := m.solve(ctx, 1e-9, 500); RelGap(m.primal, m.dual) > 1e-9 {
				t.Errorf("sigma %v, start %v: gap %.2g after %d steps", sigma, far, RelGap(m.primal, m.dual), steps)
			}
		}
	}
}

// A stalled run hands over to another method.
func TestAugLagHandsOver(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 4))
	p := squares(t, rng, Gated, 40, 3, 12, false, 0.05)
	x, err := newDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	s := newSearch(p, DefaultOptions(), x)
	s.augStalled = true
	ctx := context.Background()
	if err := s.finish(ctx, ctx); err != nil {
		t.Fatal(err)
	}
	if s.aug != nil || s.status != Optimal {
		t.Errorf("augmented Lagrangian used: %v, %s by %s", s.aug != nil, s.status, s.method)
	}
}
