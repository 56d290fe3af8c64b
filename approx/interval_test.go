package approx

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func randomFloat(r *rand.Rand) float64 {
	switch r.IntN(8) {
	case 0:
		return float64(r.IntN(9) - 4)
	case 1:
		return math.Ldexp(r.Float64()-0.5, r.IntN(2000)-1000)
	}
	return math.Ldexp(r.Float64()-0.5, r.IntN(20)-10)
}

func rat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

// Every directed operation is on its side of the exact result and no more than one step away.
func TestDirectedOperationsAgainstRationals(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(name string, lo, hi float64, want *big.Rat) {
		t.Helper()
		if math.IsInf(lo, 0) || math.IsInf(hi, 0) {
			return
		}
		if rat(lo).Cmp(want) > 0 || rat(hi).Cmp(want) < 0 {
			t.Fatalf("%s: [%g, %g] misses %s", name, lo, hi, want.FloatString(30))
		}
		if f, exact := want.Float64(); exact && math.Abs(f) > 1e-280 && lo != hi {
			t.Fatalf("%s: [%g, %g], but the result %g is exact", name, lo, hi, f)
		}
		if hi > above(above(lo)) {
			t.Fatalf("%s: [%g, %g] is wider than needed", name, lo, hi)
		}
	}
	for range 20000 {
		a, b := randomFloat(r), randomFloat(r)
		check("+", addDown(a, b), addUp(a, b), new(big.Rat).Add(rat(a), rat(b)))
		check("*", mulDown(a, b), mulUp(a, b), new(big.Rat).Mul(rat(a), rat(b)))
		if b = math.Abs(b); b > 0 {
			check("/", divDown(a, b), divUp(a, b), new(big.Rat).Quo(rat(a), rat(b)))
		}
		if lo, hi := sqrtDown(b), sqrtUp(b); rat(lo).Mul(rat(lo), rat(lo)).Cmp(rat(b)) > 0 || rat(hi).Mul(rat(hi), rat(hi)).Cmp(rat(b)) < 0 {
			t.Fatalf("sqrt %g: [%g, %g]", b, lo, hi)
		}
	}
}

func TestInfiniteEnds(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct{ got, want float64 }{
		{addDown(inf, -inf), -inf}, {addUp(inf, -inf), inf}, {addDown(math.MaxFloat64, math.MaxFloat64), math.MaxFloat64},
		{addUp(math.MaxFloat64, math.MaxFloat64), inf}, {mulDown(0, inf), 0}, {mulUp(0, -inf), 0},
		{mulDown(1e200, 1e200), math.MaxFloat64}, {mulUp(1e200, 1e200), inf}, {mulDown(inf, 2), inf},
		{divDown(1, inf), 0}, {divUp(-1, inf), 0}, {divDown(inf, 2), inf}, {divUp(inf, inf), inf},
	} {
		if c.got != c.want {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
	if u := divUp(1, inf); !(u > 0) {
		t.Errorf("1/inf above: %v, want positive", u)
	}
}

// series returns the sum of term(k) in 200 bits; terms must fall.
func bigExp(x float64) *big.Float {
	const bits = 300
	sum, term := big.NewFloat(1).SetPrec(bits), big.NewFloat(1).SetPrec(bits)
	v := new(big.Float).SetPrec(bits).SetFloat64(math.Ldexp(x, -12)) // exp(x) = exp(x/4096)^4096
	for k := 1; k < 60; k++ {
		term.Mul(term, v)
		term.Quo(term, new(big.Float).SetPrec(bits).SetInt64(int64(k)))
		sum.Add(sum, term)
	}
	for range 12 {
		sum.Mul(sum, sum)
	}
	return sum
}

func bigSin(x float64) *big.Float {
	const bits = 400
	v := new(big.Float).SetPrec(bits).SetFloat64(x)
	term := new(big.Float).SetPrec(bits).Set(v)
	sum := new(big.Float).SetPrec(bits).Set(v)
	square := new(big.Float).SetPrec(bits).Mul(v, v)
	for k := 1; k < 200; k++ {
		term.Mul(term, square)
		term.Quo(term, new(big.Float).SetPrec(bits).SetInt64(int64(-2*k*(2*k+1))))
		sum.Add(sum, term)
	}
	return sum
}

// The assumption on package math, and that the intervals use it rightly.
func TestElementaryAgainstSeries(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	contains := func(name string, x float64, i Interval, want *big.Float) {
		t.Helper()
		if big.NewFloat(i.Lo).Cmp(want) > 0 || big.NewFloat(i.Hi).Cmp(want) < 0 {
			t.Fatalf("%s(%g) in %v misses %s", name, x, i, want.Text('g', 30))
		}
		if i.Hi-i.Lo > 1e-14*math.Max(1, i.Mag()) {
			t.Fatalf("%s(%g): %v is too wide", name, x, i)
		}
	}
	for range 2000 {
		x := (r.Float64() - 0.5) * math.Ldexp(1, r.IntN(6))
		contains("exp", x, Point(x).exp(), bigExp(x))
		contains("sin", x, Point(x).sin(), bigSin(x))
		// log is exp's inverse: log(y) in I iff exp(I.Lo) <= y <= exp(I.Hi).
		y := math.Exp(x)
		if l := Point(y).log(); bigExp(l.Lo).Cmp(big.NewFloat(y)) > 0 || bigExp(l.Hi).Cmp(big.NewFloat(y)) < 0 {
			t.Fatalf("log(%g) not in %v", y, l)
		}
		// cos(x) = 1 - 2 sin(x/2)^2
		c := bigSin(x / 2)
		c.Mul(c, c).Mul(c, big.NewFloat(-2)).Add(c, big.NewFloat(1))
		contains("cos", x, Point(x).cos(), c)
	}
}

// bigTurned is sin x and cos x by k doublings of the angle.
func bigTurned(x float64, k int) (sin, cos *big.Float) {
	bits := uint(400 + 4*k)
	v := new(big.Float).SetPrec(bits).SetMantExp(big.NewFloat(x), -k-8)
	square := new(big.Float).SetPrec(bits).Mul(v, v)
	sin, cos = new(big.Float).SetPrec(bits), new(big.Float).SetPrec(bits)
	odd, even := new(big.Float).SetPrec(bits).Set(v), new(big.Float).SetPrec(bits).SetInt64(1)
	for n := int64(0); n < int64(bits); n += 2 {
		sin.Add(sin, odd)
		cos.Add(cos, even)
		odd.Mul(odd, square).Quo(odd, new(big.Float).SetPrec(bits).SetInt64(-(n+2)*(n+3)))
		even.Mul(even, square).Quo(even, new(big.Float).SetPrec(bits).SetInt64(-(n+1)*(n+2)))
	}
	one := new(big.Float).SetPrec(bits).SetInt64(1)
	for range k + 8 {
		sin.Mul(sin, cos)
		sin.Add(sin, sin)
		cos.Mul(cos, cos)
		cos.Add(cos, cos).Sub(cos, one)
	}
	return sin, cos
}

// The assumption on package math holds for large arguments, too.
func TestSineFarOut(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 5))
	x := []float64{1 << 19, 1e6, -1e6, 1 << 29, 1<<29 + 1, 1e15, 1e22, 6381956970095103 * 0x1p797}
	for range 40 {
		x = append(x, math.Ldexp(r.Float64()-0.5, 18+r.IntN(200)))
	}
	for _, x := range x {
		sin, cos := bigTurned(x, math.Ilogb(x)+1)
		for _, c := range []struct {
			got  Interval
			want *big.Float
		}{{Point(x).sin(), sin}, {Point(x).cos(), cos}} {
			if big.NewFloat(c.got.Lo).Cmp(c.want) > 0 || big.NewFloat(c.got.Hi).Cmp(c.want) < 0 || c.got.Hi-c.got.Lo > 0x1p-48 {
				t.Errorf("at %v: %v misses %s", x, c.got, c.want.Text('g', 25))
			}
		}
		for _, step := range []float64{1e-3, 1, 6, 7} {
			box := Interval{x, x + step}
			s, c := box.sin(), box.cos()
			for i := range 20 {
				y := x + step*float64(i)/20
				if p := Point(y).sin(); p.Lo < s.Lo-1e-14 || p.Hi > s.Hi+1e-14 {
					t.Errorf("sin(%v) in %v, not in %v, that of %v", y, p, s, box)
				}
				if p := Point(y).cos(); p.Lo < c.Lo-1e-14 || p.Hi > c.Hi+1e-14 {
					t.Errorf("cos(%v) in %v, not in %v, that of %v", y, p, c, box)
				}
			}
		}
	}
}

var formulas = []string{
	"sin(2*pi*x) + abs(x-1/3)/2", "sqrt(x)", "max(x, 1-x)^3", "sin(2*pi*x)*cos(pi*y)+abs(x-y)/2",
	"exp(-x-y^2)*sin(3*x)", "x^0.7+y^(1/3)", "log(1+x*y)/(2+cos(5*x))", "min(x,y)*max(x^2,1-y)", "tan(x/2)-x^3*y",
	"(x-y)^2+(x-0.5)^5", "abs(x-0.25)^1.5", "1/(1+25*x^2)", "(1+x)^(y+0.5)", "exp(sin(7*x+y))-floor(2.5)", "(x+0.1)^-2",
}

// Values on random boxes lie in the enclosure, and difference quotients within that of the gradient.
func TestEnclosuresContainSamples(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, text := range formulas {
		e, err := ParseExpr(text, 2)
		if err != nil {
			t.Fatal(err)
		}
		w := e.newEvaluation()
		for range 300 {
			box := make([]Interval, 2)
			for j := range box {
				a, b := r.Float64(), r.Float64()*math.Ldexp(1, -r.IntN(10))
				box[j] = Interval{a, math.Min(1, a+b)}
				if r.IntN(5) == 0 {
					box[j].Lo = 0
				}
			}
			v, err := w.gradient(box)
			if err != nil {
				t.Fatalf("%q on %v: %v", text, box, err)
			}
			slope := append([]Interval(nil), w.slope(len(e.code)-1)...)
			for range 20 {
				p, q := make([]float64, 2), make([]float64, 2)
				bound := Point(0)
				for j, b := range box {
					p[j], q[j] = b.Lo+r.Float64()*(b.Hi-b.Lo), b.Lo+r.Float64()*(b.Hi-b.Lo)
					bound = bound.add(slope[j].mul(Point(p[j]).sub(Point(q[j]))))
				}
				fp, fq := e.Float(p), e.Float(q)
				if tol := 1e-13 * (1 + math.Abs(fp)); fp < v.Lo-tol || fp > v.Hi+tol {
					t.Fatalf("%q(%v) = %v not in %v on %v", text, p, fp, v, box)
				}
				if tol := 1e-12 * (1 + math.Abs(fp)); fp-fq < bound.Lo-tol || fp-fq > bound.Hi+tol {
					t.Fatalf("%q: f(%v) - f(%v) = %v not in %v", text, p, q, fp-fq, bound)
				}
			}
		}
	}
}

func TestLipschitzConstant(t *testing.T) {
	for text, want := range map[string]float64{"3*x-2*y": 5, "abs(x-1/3)": 1, "sin(4*x)": 4, "sqrt(x)": math.Inf(1)} {
		e, _ := ParseExpr(text, 2)
		got, err := e.Lipschitz([]Interval{{0, 1}, {0, 1}})
		if err != nil || got < want || got > want*(1+1e-12) {
			t.Errorf("%q: %v, error %v, want %v", text, got, err, want)
		}
	}
}
