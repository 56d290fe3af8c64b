package loss_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
)

// lawCase is a loss with random targets and a prediction; some samples lie
// exactly on a kink.
func lawCase(rng *rand.Rand, l loss.Loss) (z, y []float64) {
	n := 1 + rng.IntN(7)
	z, y = make([]float64, n), make([]float64, n)
	for i := range y {
		y[i], z[i] = 2*rng.NormFloat64(), 3*rng.NormFloat64()
		if l.Labels() {
			y[i] = math.Copysign(1, y[i])
		}
		if rng.IntN(4) == 0 {
			z[i] = y[i]
		}
		if l == loss.Monotone { // within the box, sometimes at its ends
			z[i] = y[i] + math.Abs(y[i])*min(max(3*rng.Float64()-1.5, -1), 1)
		}
	}
	return z, y
}

// eachLaw runs a law for every loss on many random cases.
func eachLaw(t *testing.T, law func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64)) {
	for _, l := range append([]loss.Loss{loss.Huber(0.3)}, loss.Every()...) {
		t.Run(l.Name(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(11, 13))
			for range 300 {
				z, y := lawCase(rng, l)
				law(t, rng, l, z, y)
			}
		})
	}
	for _, l := range append([]loss.Loss{loss.Huber(0.3)}, loss.Every()...) {
		t.Run("weighted "+l.Name(), func(t *testing.T) {
			if _, err := loss.Weighted(l, []float64{1, 1}); (err != nil) != (l == loss.LInf || l == loss.Monotone) {
				t.Fatalf("weights: %v", err)
			} else if err != nil {
				return
			}
			rng := rand.New(rand.NewPCG(19, 13))
			for k := range 300 {
				z, y := lawCase(rng, l)
				weight, offset := make([]float64, len(z)), make([]float64, len(z))
				for i := range weight {
					weight[i], offset[i] = math.Exp(rng.NormFloat64()), 2*rng.NormFloat64()
				}
				w, err := loss.Weighted(l, weight)
				if err == nil && k%3 == 0 {
					w, err = loss.Shifted(w, offset)
				}
				if err != nil {
					t.Fatal(err)
				}
				law(t, rng, w, z, y)
			}
		})
	}
	for _, l := range []loss.Loss{loss.Logistic, loss.Hinge, loss.Huber(0.3)} {
		t.Run("shifted "+l.Name(), func(t *testing.T) {
			rng := rand.New(rand.NewPCG(17, 13))
			for range 300 {
				z, y := lawCase(rng, l)
				offset := make([]float64, len(z))
				for i := range offset {
					offset[i] = 2 * rng.NormFloat64()
				}
				s, err := loss.Shifted(l, offset)
				if err != nil {
					t.Fatal(err)
				}
				law(t, rng, s, z, y)
			}
		})
	}
}

// TestFenchelYoung: L(z) + nu'z/n >= D(nu), with equality at nu in -n dL(z).
func TestFenchelYoung(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64) {
		n := float64(len(z))
		nu := make([]float64, len(z))
		l.Residual(nu, z, y)
		value, dual := l.Value(z, y)+floats.Dot(nu, z)/n, l.Dual(nu, y)
		if size := 1 + math.Abs(value) + l.Value(z, y); math.Abs(value-dual) > 1e-12*size {
			t.Fatalf("L(z) + nu'z/n = %v, D(nu) = %v for z %v, y %v, nu %v", value, dual, z, y, nu)
		}
		for i := range nu {
			nu[i] = 1.5 * rng.NormFloat64()
			if rng.IntN(2) == 0 {
				nu[i] = math.Copysign(nu[i], y[i])
			}
		}
		if d, v := l.Dual(nu, y), l.Value(z, y)+floats.Dot(nu, z)/n; d > v+1e-12*(1+math.Abs(v)) {
			t.Fatalf("D(nu) = %v > L(z) + nu'z/n = %v", d, v)
		}
	})
}

// TestConjugate compares Dual with a numerical infimum of L(z) + nu'z/n, in the
// domain; outside it there is none.
func TestConjugate(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64) {
		if len(z) > 2 {
			return
		}
		n := float64(len(z))
		nu := make([]float64, len(z))
		for i := range nu {
			nu[i] = 2 * rng.NormFloat64()
		}
		f := func(z []float64) float64 {
			if l == loss.Monotone && math.IsInf(l.Value(z, y), 1) { // so that a search finds the domain
				return 1e3*loss.Merit(l, z, y) + 1e3*floats.Distance(z, y, 1)
			}
			return l.Value(z, y) + floats.Dot(nu, z)/n
		}
		want := l.Dual(nu, y)
		if math.IsInf(want, -1) {
			far := append([]float64(nil), nu...)
			floats.Scale(-1e9, far)
			if l != loss.LInf && f(far) > -1e3 && f(far) > 1e-3 {
				worst := math.Inf(1)
				for i := range far { // one coordinate is enough for a sum
					one := append([]float64(nil), y...)
					for _, s := range []float64{1, -1} {
						one[i] = s * 1e9
						worst = min(worst, f(one))
					}
				}
				if worst > -1e3 {
					t.Fatalf("nu = %v is outside the domain, but L + nu'z/n stays above %v", nu, worst)
				}
			}
			return
		}
		best := lowest(f, make([]float64, len(z)), 0)
		if best < want-1e-9*(1+math.Abs(want)) || best > want+1e-6*(1+math.Abs(want)) {
			t.Fatalf("inf L + nu'z/n is about %v, Dual says %v (nu %v, y %v)", best, want, nu, y)
		}
	})
}

// lowest is the minimum of a convex f over the coordinates from k on, each in
// [-60, 60], by nested ternary search.
func lowest(f func([]float64) float64, z []float64, k int) float64 {
	if k == len(z) {
		return f(z)
	}
	at := func(v float64) float64 {
		z[k] = v
		return lowest(f, z, k+1)
	}
	lo, hi := -60.0, 60.0
	for range 60 {
		a, b := lo+(hi-lo)/3, hi-(hi-lo)/3
		if at(a) < at(b) {
			hi = b
		} else {
			lo = a
		}
	}
	return at((lo + hi) / 2)
}

// TestProx: the minimiser's inequality f(p) + rho/2|p-v|^2 + rho/2|p-w|^2 <=
// f(w) + rho/2|w-v|^2, aliasing, and Moreau: nu = rho (p - v) is in -n dL(p).
func TestProx(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, v, y []float64) {
		n := float64(len(v))
		rho := math.Exp(2 * rng.NormFloat64())
		p := make([]float64, len(v))
		l.Prox(p, v, y, rho)
		cost := func(w []float64) float64 {
			d := floats.Distance(w, v, 2)
			return n*l.Value(w, y) + rho/2*d*d
		}
		w := make([]float64, len(v))
		for _, spread := range []float64{1e-3, 0.1, 3} {
			for i := range w {
				w[i] = p[i] + spread*rng.NormFloat64()
			}
			d := floats.Distance(w, p, 2)
			if c := cost(w); cost(p)+rho/2*d*d > c+1e-11*(1+c) {
				t.Fatalf("prox of %v is %v: %v costs %v, not %v more", v, p, w, c-cost(p), rho/2*d*d)
			}
		}
		nu := make([]float64, len(v))
		for i := range nu {
			nu[i] = rho * (p[i] - v[i])
		}
		l.Project(nu, y, false)
		dual, value := l.Dual(nu, y), l.Value(p, y)+floats.Dot(nu, p)/n
		if math.IsInf(dual, -1) {
			floats.Scale(1-1e-12, nu)
			dual = l.Dual(nu, y)
		}
		if math.Abs(dual-value) > 1e-9*(1+math.Abs(value)+rho) {
			t.Fatalf("Moreau: L(p) + nu'p/n = %v, D(nu) = %v", value, dual)
		}
		alias := append([]float64(nil), v...)
		l.Prox(alias, alias, y, rho)
		if !floats.EqualApprox(alias, p, 1e-14) {
			t.Fatalf("in place %v, elsewhere %v", alias, p)
		}
	})
}

// TestProxFromAnywhere: where a search for it starts makes no difference but of rounding,
// for penalties of all sizes.
func TestProxFromAnywhere(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, v, y []float64) {
		rho := math.Pow(10, 12*rng.Float64()-6)
		p, from := make([]float64, len(v)), make([]float64, len(v))
		l.Prox(p, v, y, rho)
		for _, start := range []float64{1e-3, 1, 1e3, 1e300, math.Inf(1), math.NaN()} {
			for i := range from {
				from[i] = p[i] + start*rng.NormFloat64()
			}
			l.Prox(from, v, y, rho)
			for i := range p {
				if !(math.Abs(from[i]-p[i]) <= 1e-14*(1+math.Abs(p[i]))) {
					t.Fatalf("rho %v, v %v: %v from %v away, else %v", rho, v[i], from[i], start, p[i])
				}
			}
		}
	})
}

// TestConstant: no constant is better than Constant's.
func TestConstant(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64) {
		c := l.Constant(z, y)
		at := func(c float64) float64 {
			w := append([]float64(nil), z...)
			floats.AddConst(c, w)
			return l.Value(w, y)
		}
		for _, d := range []float64{1e-6, 1e-2, 0.5, 4} {
			if low := min(at(c+d), at(c-d)); low < at(c)-1e-12*(1+at(c)) {
				t.Fatalf("L(z + c) = %v at Constant = %v, %v beside it", at(c), c, low)
			}
		}
	})
}

// TestProject: the projection stays where it is in the domain, sums to zero if
// asked to, and extent reaches the end of the domain.
func TestProject(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64) {
		nu := make([]float64, len(z))
		for i := range nu {
			nu[i] = 3 * rng.NormFloat64()
		}
		for _, balanced := range []bool{false, true} {
			l.Project(nu, y, balanced)
			inside := append([]float64(nil), nu...)
			floats.Scale(1-1e-12, inside)
			if d := l.Dual(inside, y); math.IsInf(d, -1) || math.IsNaN(d) {
				t.Fatalf("D = %v at the projection %v", d, nu)
			}
			if sum := floats.Sum(nu); balanced && math.Abs(sum) > 1e-11*(1+floats.Norm(nu, 1)) {
				t.Fatalf("the projection %v sums to %v", nu, sum)
			}
		}
		if e := l.Extent(nu, y); !math.IsInf(e, 1) {
			beyond := append([]float64(nil), nu...)
			floats.Scale(e*(1+1e-9), beyond)
			if !math.IsInf(l.Dual(beyond, y), -1) {
				t.Fatalf("extent %v of %v: D is finite beyond", e, nu)
			}
		}
	})
}

// TestValueAbove: the bound holds wherever z is, and is tight without doubt
// about z.
func TestValueAbove(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64) {
		e, w := make([]float64, len(z)), make([]float64, len(z))
		if l == loss.Monotone {
			for i, v := range z { // at an end of the box nothing is proved
				z[i] = y[i] + (v-y[i])*(1-1e-12)
			}
		}
		if v := l.ValueAbove(z, e, y); v < l.Value(z, y) || v > l.Value(z, y)*(1+1e-12)+1e-12 {
			t.Fatalf("valueAbove is %v, the value %v", v, l.Value(z, y))
		}
		for i := range e {
			e[i] = math.Abs(rng.NormFloat64())
			w[i] = z[i] + e[i]*(2*rng.Float64()-1)
		}
		if v := l.ValueAbove(z, e, y); v < l.Value(w, y) {
			t.Fatalf("valueAbove is %v, the value at %v is %v", v, w, l.Value(w, y))
		}
	})
}

func TestParseLoss(t *testing.T) {
	for _, l := range loss.Every() {
		text := l.Name()
		number, ok := loss.Parameter(l)
		if ok {
			text = fmt.Sprintf("%s:%v", text, number)
		}
		if got, err := loss.ParseLoss(text); err != nil || got != l {
			t.Errorf("%s is parsed as %v, %v", text, got, err)
		}
		if got, err := loss.WithParameter(l.Name(), number); err != nil || got != l {
			t.Errorf("%s in a file is read as %v, %v", text, got, err)
		}
		if _, err := loss.WithParameter(l.Name(), -1); err == nil {
			t.Errorf("%s is accepted with the number -1", l.Name())
		}
	}
	if _, err := loss.ParseLoss("l2"); err == nil {
		t.Error("l2 is accepted")
	}
}

// TestLabels: targets a loss has no meaning for are refused.
func TestLabels(t *testing.T) {
	for _, l := range []loss.Loss{loss.Logistic, loss.Hinge} {
		if l.Validate([]float64{1, -1}) != nil || l.Validate([]float64{1, 0}) == nil {
			t.Errorf("%s: labels 1, -1: %v; 1, 0: %v", l.Name(), l.Validate([]float64{1, -1}), l.Validate([]float64{1, 0}))
		}
	}
	for _, delta := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		if loss.Huber(delta).Validate(nil) == nil {
			t.Errorf("threshold %v is accepted", delta)
		}
	}
}

// TestEnvelopeHessian: diag(w) - q q' is the derivative of v - Prox(v), by
// differences, away from kinks.
func TestEnvelopeHessian(t *testing.T) {
	const step = 1e-6
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, v, y []float64) {
		n := len(v)
		rho := math.Pow(10, 3*rng.Float64()-1.5)
		z, w, q, h := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
		for i := range h {
			v[i] += 0.3 * rng.NormFloat64()
			h[i] = rng.NormFloat64()
		}
		residual := func(alpha float64) []float64 {
			at := floats.AddScaledTo(make([]float64, n), v, alpha, h)
			l.Prox(z, at, y, rho)
			return floats.SubTo(at, at, z)
		}
		hessian := func(alpha float64) []float64 {
			at := floats.AddScaledTo(make([]float64, n), v, alpha, h)
			l.Prox(z, at, y, rho)
			rankOne := l.EnvelopeHessian(w, q, z, at, y, rho)
			wh := floats.MulTo(make([]float64, n), w, h)
			if rankOne {
				floats.AddScaled(wh, -floats.Dot(q, h), q)
			}
			return wh
		}
		want := hessian(0)
		if !floats.EqualApprox(hessian(step), want, 1e-4) || !floats.EqualApprox(hessian(-step), want, 1e-4) {
			return // a kink
		}
		got := floats.SubTo(make([]float64, n), residual(step), residual(-step))
		floats.Scale(1/(2*step), got)
		if !floats.EqualApprox(got, want, 1e-6) {
			t.Fatalf("rho %v, v %v, y %v: derivative %v, by differences %v", rho, v, y, want, got)
		}
	})
}

// TestBestMultiple: no multiple of nu in [0, limit] within the domain of D has a larger value than the one that is the
// best, and its value is D's.
func TestBestMultiple(t *testing.T) {
	eachLaw(t, func(t *testing.T, rng *rand.Rand, l loss.Loss, z, y []float64) {
		nu, scaled := make([]float64, len(z)), make([]float64, len(z))
		l.Residual(nu, z, y)
		if rng.IntN(2) == 0 {
			floats.Scale(math.Exp(2*rng.NormFloat64()), nu)
		}
		if floats.Norm(nu, 1) == 0 {
			return
		}
		limit := math.Exp(2 * rng.NormFloat64())
		best := loss.BestMultiple(l, nu, y, limit)
		at := func(m float64) float64 { return l.Dual(floats.ScaleTo(scaled, m, nu), y) }
		if !(best.T >= 0 && best.T <= limit) || math.Abs(at(best.T)-best.Value) > 1e-12*(1+math.Abs(best.Value)) {
			t.Fatalf("%v of at most %v, D there is %v", best, limit, at(best.T))
		}
		end := min(limit, l.Extent(nu, y)*(1-0x1p-40))
		for k := range 200 {
			m := end * float64(k) / 199
			if v := at(m); v > best.Value+1e-9*(1+math.Abs(v)) {
				t.Fatalf("%v of at most %v, but %v at %v; nu %v, y %v", best, limit, v, m, nu, y)
			}
		}
	})
}
