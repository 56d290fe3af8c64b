package interior

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// TestMassesOfEveryLoss: the masses are a point of the program, and a multiple of the dual point that no unit violates is
// worth as much to 1e-8, computed from the definitions; units twice, and of zeros, do no harm.
func TestMassesOfEveryLoss(t *testing.T) {
	for _, l := range loss.Every() {
		if !loss.Everywhere(l) {
			continue
		}
		for seed := range uint64(6) {
			rng := rand.New(rand.NewPCG(seed, 3))
			n, k := 20+rng.IntN(30), 2+rng.IntN(14)
			f, y := mat.NewDense(n, k, nil), make([]float64, n)
			for i := range n {
				for j := range k {
					f.Set(i, j, max(0, rng.NormFloat64())*float64(1-2*(j%2)))
				}
				y[i] = f.At(i, 0) + rng.NormFloat64()
				if l.Labels() {
					y[i] = math.Copysign(1, y[i])
				}
				if seed == 1 {
					f.Set(i, k-1, f.At(i, 0))
				}
				if seed == 2 {
					f.Set(i, k-1, 0)
				}
			}
			x, err := operator.NewDesign(f)
			if err != nil {
				t.Fatal(err)
			}
			lambda, intercept := math.Pow(10, -float64(seed%3))*float64(n)/10, seed%2 == 0
			m := Masses{F: x, Y: y, Loss: l, Intercept: intercept, Lambda: lambda}
			w := m.Solve(context.Background(), 1e-9, 1000)
			pred := make([]float64, n)
			mat.NewVecDense(n, pred).MulVec(f, mat.NewVecDense(k, w.A))
			floats.AddConst(w.C, pred)
			primal := l.Value(pred, y) + lambda/float64(n)*floats.Sum(w.A)
			if floats.Min(w.A) < 0 || !intercept && w.C != 0 || math.Abs(primal-w.Objective) > 1e-12*primal {
				t.Errorf("%s, seed %d: masses %v, constant %v, objective %v, want %v", l.Name(), seed, w.A, w.C, w.Objective, primal)
			}
			l.Project(w.Nu, y, intercept)
			if intercept && math.Abs(floats.Sum(w.Nu)) > 1e-9*float64(n) {
				t.Errorf("%s, seed %d: nu sums to %v", l.Name(), seed, floats.Sum(w.Nu))
			}
			price := make([]float64, k)
			mat.NewVecDense(k, price).MulVec(f.T(), mat.NewVecDense(n, w.Nu))
			if over := floats.Max(price) / lambda; over > 1 {
				floats.Scale(1/over, w.Nu)
			}
			if dual := l.Dual(w.Nu, y); !(primal-dual <= 1e-8*primal) {
				t.Errorf("%s, seed %d: objective %v, bound %v after %d steps", l.Name(), seed, primal, dual, w.Steps)
			}
		}
	}
}
