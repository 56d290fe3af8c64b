package auglag_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/auglag"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// newtonMatrix is I + sigma C F P F' C by its definition, one column at a time.
func newtonMatrix(m *auglag.AugLag) *mat.Dense {
	n, d := m.Op.N, m.Op.D
	dense := mat.NewDense(n, n, nil)
	for i := range n {
		e := make([]float64, n)
		e[i] = 1
		m.Centre(e)
		w := operator.NewGeneral(len(m.Op.Blocks), d)
		m.BlockProducts(w, e)
		for j := range m.Op.Blocks {
			wj, u, tau := operator.RowOf(w, j), operator.RowOf(m.Next, j), m.Tau[j]
			if tau >= 1 {
				clear(wj)
				continue
			}
			along := tau * floats.Dot(u, wj) / floats.Dot(u, u)
			floats.Scale(1-tau, wj)
			floats.AddScaled(wj, along, u)
		}
		z := operator.NewGeneral(len(m.Op.Blocks), n)
		m.Op.X.Mul(z, w)
		f := make([]float64, n)
		m.Op.Predict(f, z)
		m.Centre(f)
		for k, v := range f {
			dense.Set(k, i, m.Sigma*v)
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
			p := madeup.Squares(t, rng, program.Gated, shape[0], shape[1], shape[2], intercept, 0.1)
			m := madeup.SteadyAugLag(t, p, 1)
			if len(m.Active) == 0 || !m.Sys.Factor(m) {
				t.Fatalf("%v: %d active blocks", shape, len(m.Active))
			}
			if want := shape[1]*len(m.Active) >= shape[0]; m.Sys.Outer != want {
				t.Errorf("%v, %d active: n x n is %v", shape, len(m.Active), m.Sys.Outer)
			}
			b := make([]float64, shape[0])
			for i := range b {
				b[i] = rng.NormFloat64()
			}
			m.Centre(b)
			x := append([]float64(nil), b...)
			m.Sys.Solve(m, x)
			m.Centre(x)
			var back mat.VecDense
			back.MulVec(newtonMatrix(m), mat.NewVecDense(len(x), x))
			if e := floats.Distance(back.RawVector().Data, b, 2); e > 1e-9*floats.Norm(b, 2) {
				t.Errorf("%v, constant %v: residual %.2g of %.2g", shape, intercept, e, floats.Norm(b, 2))
			}
		}
	}
}

// psi is the function that the Newton steps minimise, by its definition at nu.
func psi(m *auglag.AugLag, nu []float64) float64 {
	w := operator.NewGeneral(len(m.Op.Blocks), m.Op.D)
	m.BlockProducts(w, nu)
	sum := floats.Dot(nu, nu)/2 - floats.Dot(nu, m.P.Y)
	for j := range m.Op.Blocks {
		a := operator.RowOf(w, j)
		floats.Scale(m.Sigma, a)
		floats.Add(a, operator.RowOf(m.U, j))
		over := max(floats.Norm(a, 2)-m.Sigma*m.Lambda, 0)
		sum += over * over / (2 * m.Sigma)
	}
	return sum
}

// The gradient is that of psi, and a step reduces psi.
func TestAugLagDescends(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 2))
	for _, sigma := range []float64{0.01, 1, 100} {
		p := madeup.Squares(t, rng, program.Gated, 50, 3, 20, true, 0.05)
		m := madeup.SteadyAugLag(t, p, sigma)
		dir := make([]float64, len(m.Nu))
		for i := range dir {
			dir[i] = rng.NormFloat64()
		}
		m.Centre(dir)
		const h = 1e-5
		there := append([]float64(nil), m.Nu...)
		floats.AddScaled(there, h, dir)
		up := psi(m, there)
		floats.AddScaled(there, -2*h, dir)
		if slope, want := (up-psi(m, there))/(2*h), floats.Dot(m.Grad, dir); math.Abs(slope-want) > 1e-5*(1+m.GradNorm)*floats.Norm(dir, 2) {
			t.Errorf("sigma %v: slope %v, gradient says %v", sigma, slope, want)
		}
		m.O.Inexactness = 0 // no change of the multipliers, so of psi
		before := psi(m, m.Nu)
		if m.GradNorm > 1e-8 && m.Step() && psi(m, m.Nu) > before*(1+1e-12) {
			t.Errorf("sigma %v: psi rises from %v to %v", sigma, before, psi(m, m.Nu))
		}
	}
}

// It converges from anywhere, also with a start far off and every sigma.
func TestAugLagConverges(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 3))
	ctx := context.Background()
	for _, sigma := range []float64{1e-6, 1, 1e6} {
		for _, far := range []float64{0, 1, 1e4} {
			p := madeup.Squares(t, rng, program.Gated, 60, 4, 25, far == 1, 0.01)
			op, gram := madeup.Operators(t, p)
			m := auglag.NewAugLag(op, gram, p, auglag.DefaultOptions())
			nu := make([]float64, op.N)
			for i := range nu {
				nu[i] = far * rng.NormFloat64()
			}
			m.Start(p, &auglag.Point{Nu: nu, Sigma: sigma})
			if steps := m.Solve(ctx, 1e-9, 500); program.RelGap(m.Primal, m.Dual) > 1e-9 {
				t.Errorf("sigma %v, start %v: gap %.2g after %d steps", sigma, far, program.RelGap(m.Primal, m.Dual), steps)
			}
		}
	}
}
