package moments

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
)

// smooth are the losses without kinks.
func smooth() []loss.Loss {
	return slices.DeleteFunc(loss.Every(), loss.HasKinks)
}

// begun is the interior-point method at its start, for a problem of its own with triangles if cut.
func begun(t *testing.T, rng *rand.Rand, l loss.Loss, slope float64, cut bool) (*central, *relaxation, []float64) {
	t.Helper()
	p := random(t, rng, l, slope, true)
	r, x := newRelaxation(p)
	r.loss, r.sharp = l, 1e-3
	r.value(make([]float64, len(x)), x)
	c := newCentral(bareCoupled(r, r.d), l)
	c.stiff = 1e6
	from, at := newCoupled(r, x, r.k)
	from.value(make([]float64, len(at)), at)
	if !c.start(from, 0.1) {
		t.Fatal("no start")
	}
	if cut {
		for j, s := range c.side {
			for k, i := range c.live {
				low := max(math.Abs(s.t[i]), s.s[i]/c.height[i])
				c.x[c.base(j)+c.m+k] = low + (s.roots[i]-low)*[]float64{0.02, 0.98}[rng.IntN(2)]
			}
		}
		if !c.set(c.x) {
			t.Fatal("not in the domain")
		}
		if found, _ := c.cut(); found == 0 || !c.set(c.x) {
			t.Fatal("no triangles")
		}
	}
	return c, r, x
}

// The gradient of the objective, and the changes of the constraints along a step, are those
// of differences.
func TestInteriorDerivatives(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 91))
	for _, l := range smooth() {
		for _, slope := range []float64{0, 0.1, -1} {
			c, _, _ := begun(t, rng, l, slope, true)
			step := make([]float64, c.order)
			for k := range step {
				step[k] = rng.NormFloat64()
			}
			c.derive()
			c.side[0].path = []signed{{2, 1}}
			c.side[1].path = []signed{{5, -1}, {3, 1}}
			for _, s := range c.side {
				for range s.path {
					s.slack, s.mult = append(s.slack, 0.3), append(s.mult, 0.2)
				}
			}
			if !c.set(c.x) {
				t.Fatal("not in the domain")
			}
			c.derive()
			var dg [2][]float64
			for j, s := range c.side {
				s.along(c, step[c.base(j):c.base(j)+c.m+len(c.live)])
				dg[j] = slices.Clone(s.dg)
			}
			slope, x := floats.Dot(c.grad, step), slices.Clone(c.x)
			const h = 1e-6
			at := func(h float64) (objective float64, g [2][]float64) {
				floats.AddScaledTo(c.next, x, h, step)
				if !c.set(c.next) {
					t.Fatal("not in the domain")
				}
				return c.objective(), [2][]float64{slices.Clone(c.side[0].g), slices.Clone(c.side[1].g)}
			}
			up, gUp := at(h)
			down, gDown := at(-h)
			if d := (up - down) / (2 * h); math.Abs(d-slope) > 1e-5*(1+math.Abs(d)) {
				t.Errorf("%s: objective changes by %v, by differences %v", l.Name(), slope, d)
			}
			for j, s := range c.side {
				for k := range s.g {
					if c.skipped(k) {
						continue
					}
					if d := (gUp[j][k] - gDown[j][k]) / (2 * h); math.Abs(d-dg[j][k]) > 1e-4*(1+math.Abs(d)) {
						t.Errorf("%s: constraint %d of %d changes by %v, by differences %v", l.Name(), k, len(s.g), dg[j][k], d)
					}
				}
			}
		}
	}
}

// Sides in parts, coupled by the predictions, have the steps of the matrix in one.
func TestPartsSolveAsWhole(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 91))
	for _, l := range smooth() {
		for _, slope := range []float64{0, 0.1, -1} {
			c, _, _ := begun(t, rng, l, slope, true)
			rhs := make([]float64, c.order)
			for k := range rhs {
				rhs[k] = rng.NormFloat64()
			}
			var solved [2][]float64
			for k, system := range []newtonSystem{newWhole(c), newParts(c)} {
				c.system = system
				c.derive()
				if !system.factor(c, 1e-13) {
					t.Fatal("not definite")
				}
				solved[k] = slices.Clone(rhs)
				system.solve(c, solved[k])
			}
			size := floats.Norm(solved[0], 2)
			if d := floats.Distance(solved[0], solved[1], 2); d > 1e-6*size {
				t.Errorf("%s, slope %v: %v apart, of size %v", l.Name(), slope, d, size)
			}
		}
	}
}

// Without triangles the interior-point method comes to the minimum that L-BFGS comes to on
// the factors, and its multipliers prove as much.
func TestInteriorMinimum(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 91))
	for _, l := range smooth() {
		for _, slope := range []float64{0, 0.1, -1} {
			c, r, _ := begun(t, rng, l, slope, false)
			if _, ok := c.towards(context.Background(), accuracy, math.Inf(1)); !ok {
				t.Fatalf("%s, slope %v: no minimum", l.Name(), slope)
			}
			p := &Problem{X: r.x, Slope: slope, Loss: l, Y: r.y, Beta: r.beta, Intercept: true, Work: 1e8}
			c.multipliers()
			proved := p.value(c.bound(context.Background(), p))
			if reached := c.objective(); proved > reached*(1+1e-6) || proved < reached*(1-1e-2) {
				t.Errorf("%s, slope %v: %v is proved of the minimum %v", l.Name(), slope, proved, reached)
			}
			p.Useful, p.Enough = 0, 0 // no triangles
			b, _, _ := Best(context.Background(), *p)
			if b == nil {
				t.Fatal("no bound")
			}
			if other := p.value(b); proved < other*(1-1e-2) || slope == 0 && proved > other*(1+1e-2) { // e is one for both parts of a slope
				t.Errorf("%s, slope %v: %v is proved, by L-BFGS %v", l.Name(), slope, proved, other)
			}
		}
	}
}
