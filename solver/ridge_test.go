package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/proofs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// TestRidge: the solution is that of the normal equations of the blocks side by side, and the
// independent checker accepts every claim.
func TestRidge(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for _, c := range []struct {
		n, d, cells       int
		intercept, sparse bool
		ratio             float64
	}{{40, 3, 5, true, false, 1e-2}, {40, 3, 5, false, true, 1}, {30, 4, 60, true, false, 1e-3}, {12, 2, 30, true, true, 1e-5}} {
		p := madeup.Squares(t, rng, program.Gated, c.n, c.d, c.cells, c.intercept, 0.1)
		if c.sparse {
			p.X = madeup.CSR(p.X)
		}
		scale, err := RidgeScale(p)
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = c.ratio * scale
		r, err := NewRidge(p)
		if err != nil {
			t.Fatal(err)
		}
		const tol = 1e-8
		got, err := r.At(context.Background(), p.Beta, tol)
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != Optimal || got.RelGap > tol {
			t.Errorf("%+v: %v, gap %g", c, got.Status, got.RelGap)
		}
		checkRidge(t, p, got, tol)
		want := ridgeOptimum(t, p)
		if !(math.Abs(got.Primal-want) <= 1e-9*want) {
			t.Errorf("%+v: objective %.12g, the normal equations say %.12g", c, got.Primal, want)
		}
	}
}

func checkRidge(t *testing.T, p *Problem, r *Result, tol float64) {
	t.Helper()
	x := proofMatrix(t, p.X)
	c := proofCertificate(p, r, tol, proofs.ProgramHash(x, p.Y))
	c.Program.Ridge = true
	report := proofs.CheckCertificate(c, x, p.Y)
	if report.Verdict() != proofs.Valid || len(report.Claims) != 8 {
		t.Fatalf("%+v", report.Claims)
	}
}

// ridgeOptimum is the optimum by the normal equations in u and c.
func ridgeOptimum(t *testing.T, p *Problem) float64 {
	n, d := p.X.Dims()
	size := d * len(p.Cells)
	z := mat.NewDense(n, size+1, nil)
	for i := range n {
		for k, cell := range p.Cells {
			if cell.Pattern.Active(i) {
				for j := range d {
					z.Set(i, k*d+j, p.X.At(i, j))
				}
			}
		}
		if p.Intercept {
			z.Set(i, size, 1)
		}
	}
	var a, b, u mat.Dense
	a.Mul(z.T(), z)
	for k := range size {
		a.Set(k, k, a.At(k, k)+float64(n)*p.Beta)
	}
	if !p.Intercept {
		a.Set(size, size, 1)
	}
	y := mat.NewDense(n, 1, p.Y)
	b.Mul(z.T(), y)
	if err := u.Solve(&a, &b); err != nil {
		t.Fatal(err)
	}
	value := 0.0
	for k := range size {
		value += p.Beta / 2 * u.At(k, 0) * u.At(k, 0)
	}
	var e mat.Dense
	e.Mul(z, &u)
	e.Sub(&e, y)
	for i := range n {
		value += e.At(i, 0) * e.At(i, 0) / (2 * float64(n))
	}
	return value
}

// TestRidgeRefuses: other programs, and a beta that is none.
func TestRidgeRefuses(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 1))
	p := madeup.Squares(t, rng, program.Gated, 20, 3, 4, true, 0.1)
	for name, change := range map[string]func(*Problem){
		"relu":     func(p *Problem) { p.Activation = program.ReLU },
		"loss":     func(p *Problem) { p.Loss = loss.L1 },
		"patterns": func(p *Problem) { p.Cells = nil },
	} {
		q := *p
		change(&q)
		if _, err := NewRidge(&q); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	r, err := NewRidge(p)
	if err != nil {
		t.Fatal(err)
	}
	for _, beta := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if _, err := r.At(context.Background(), beta, 1e-6); err == nil {
			t.Errorf("beta %v: no error", beta)
		}
	}
}

// TestRidgeIdle: a target that is constant takes no neurons, and the bound is 0.
func TestRidgeIdle(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 1))
	p := madeup.Squares(t, rng, program.Gated, 20, 3, 4, true, 0.1)
	for i := range p.Y {
		p.Y[i] = 0
	}
	p.Beta = 1
	r, err := NewRidge(p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.At(context.Background(), p.Beta, 1e-6)
	if err != nil || len(got.Network.Neurons) != 0 || got.Primal != 0 || got.Dual != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	checkRidge(t, p, got, 1e-6)
}

// TestRidgeAgain: a beta has the same solution after another one, in whose factor's place the
// next one's stands.
func TestRidgeAgain(t *testing.T) {
	p := madeup.Squares(t, rand.New(rand.NewPCG(6, 1)), program.Gated, 300, 3, 9, true, 0.1)
	r, err := NewRidge(p)
	if err != nil {
		t.Fatal(err)
	}
	var all []*Result
	for _, beta := range []float64{0.1, 1e-6, 0.1} {
		got, err := r.At(context.Background(), beta, 1e-6)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got)
	}
	if !reflect.DeepEqual(all[0], all[2]) || all[0].Primal == all[1].Primal {
		t.Errorf("objectives %v, %v and %v", all[0].Primal, all[1].Primal, all[2].Primal)
	}
}

// TestRidgeDraft: where the time is over before the factor is done, or before it is begun, there is an
// error in the place of a solution, and a draft whose bounds the checker accepts and which is
// nearer to the optimum than no network; of a few rows it is the optimum.
func TestRidgeDraft(t *testing.T) {
	for _, rows := range []int{300, 1700} {
		p := madeup.Squares(t, rand.New(rand.NewPCG(7, 1)), program.Gated, rows, 3, 20, true, 0.1)
		scale, err := RidgeScale(p)
		if err != nil {
			t.Fatal(err)
		}
		p.Beta = 1e-3 * scale
		r, err := NewRidge(p)
		if err != nil {
			t.Fatal(err)
		}
		best, err := r.At(t.Context(), p.Beta, 1e-8)
		if err != nil || best.Status != Optimal {
			t.Fatal(best, err)
		}
		checkRidge(t, p, best, 1e-8)
		ctx := &asked{Context: t.Context()}
		ctx.times.Store(3)
		if rows <= factorTile {
			ctx.times.Store(0)
		}
		if _, err := r.At(ctx, p.Beta, 1e-8); err != context.Canceled {
			t.Errorf("%d rows: %v, want it interrupted", rows, err)
		}
		draft, err := r.Draft(ctx, p.Beta, 1e-8)
		if err != nil {
			t.Fatal(err)
		}
		checkRidge(t, p, draft, 1e-8)
		want := Interrupted
		if rows <= draftRows {
			want = Optimal
		}
		if draft.Status != want || draft.Primal < best.Dual || draft.Primal > best.Primal+0.1*(ZeroObjective(p)-best.Primal) {
			t.Errorf("%d rows: %v, objective %v, the optimum is %v, without neurons %v", rows, draft.Status, draft.Primal, best.Primal, ZeroObjective(p))
		}
	}
}
