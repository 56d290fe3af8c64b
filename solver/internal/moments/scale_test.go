package moments

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/lbfgs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// The methods do not depend on the units of the data: where the columns and the targets are multiplied by powers of four, whose
// roots are exact, all of them come to the same dual points, to the bit.
func TestUnits(t *testing.T) {
	const n, d, columns, targets, work = 40, 4, 0x1p26, 0x1p-20, 1e9
	for _, l := range []loss.Loss{loss.Squared, loss.L1} {
		// dual are the points that the methods come to, in the unit of targets for squares and without one for distances.
		dual := func(columns, targets float64) (nu [3][]float64) {
			rng := rand.New(rand.NewPCG(6, 91))
			x, y := mat.NewDense(n, d, nil), make([]float64, n)
			for i := range n {
				for j := range d {
					x.Set(i, j, columns*rng.NormFloat64())
				}
				y[i] = targets * (math.Sin(2*x.At(i, 0)/columns) + 0.3*rng.NormFloat64())
			}
			design, err := operator.NewDesign(x)
			if err != nil {
				t.Fatal(err)
			}
			unit := targets
			if l == loss.L1 {
				unit = 1
			}
			p := &Problem{X: design, Loss: l, Y: y, Beta: 0.01 * columns * unit, Intercept: true, Work: work}
			note := func(k int, v []float64) {
				for _, a := range v {
					nu[k] = append(nu[k], a/unit)
				}
			}
			ctx := context.Background()
			r, at := newRelaxation(p)
			r.loss, r.sharp = loss.Smoothed(l, y, true, 0.03), 0.03*r.typical
			m := lbfgs.Minimiser{Memory: 20, Metric: r.units(len(at)), F: r.value}
			m.Run(ctx, at, 100, 1e-4)
			r.value(make([]float64, len(at)), at)
			note(0, r.nu)
			lagrangian := p.newLagrangian(r, at)
			lagrangian.search(ctx, work)
			lagrangian.c.value(lagrangian.grad, lagrangian.x)
			note(1, lagrangian.c.nu)
			if loss.HasKinks(l) {
				return nu
			}
			own := bareCoupled(r, r.d)
			for j, h := range lagrangian.c.side {
				own.side[j] = h.again(r, 0)
			}
			c, ok := p.begin(r, lagrangian, own)
			if _, more := c.search(ctx, math.Inf(1)); !ok || !more {
				t.Fatal("the interior-point method came to nothing")
			}
			note(2, c.nu)
			return nu
		}
		one, other := dual(1, 1), dual(columns, targets)
		for k, nu := range one {
			for i, v := range nu {
				if other[k][i] != v {
					t.Errorf("%s, method %d: entry %d of nu is %v, in other units %v", l.Name(), k, i, v, other[k][i])
					break
				}
			}
		}
	}
}
