package exact

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// wild draws float64 of very different sizes, zeros and near-cancelling pairs.
func wild(rng *rand.Rand, spread int) float64 {
	if rng.IntN(12) == 0 {
		return 0
	}
	return math.Ldexp(rng.Float64()*2-1, min(rng.IntN(2*spread+1)-spread, 1020))
}

func Rat(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

// contains: |x - mid| <= rad, exactly.
func (a Ball) contains(x *big.Rat) bool {
	if !Finite(a.Mid) || !Finite(a.Rad) {
		return true
	}
	d := new(big.Rat).Sub(x, Rat(a.Mid))
	return d.Abs(d).Cmp(Rat(a.Rad)) <= 0
}

// TestBallsContainTheExactResult: every operation on balls around known members
// contains the exact result, from subnormal to overflowing numbers.
func TestBallsContainTheExactResult(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for k := range 5000 {
		spread := []int{3, 60, 530, 1060}[k%4]
		member := func() (Ball, *big.Rat) {
			b := Ball{wild(rng, spread), math.Abs(wild(rng, spread))}
			at := Rat(b.Rad)
			at.Mul(at, Rat(2*rng.Float64()-1))
			return b, at.Add(at, Rat(b.Mid))
		}
		a, x := member()
		b, y := member()
		for name, got := range map[string]struct {
			b Ball
			x *big.Rat
		}{
			"add": {a.Add(b), rationalSum(x, y)}, "sub": {a.Sub(b), rationalDifference(x, y)}, "mul": {a.Mul(b), rationalProduct(x, y)}, "square": {a.Square(), rationalProduct(x, x)},
			"div": {a.Div(12), rationalProduct(x, big.NewRat(1, 12))}, "relu": {a.Relu(), maxRat(x)},
		} {
			if !got.b.contains(got.x) {
				t.Fatalf("%s of %v, %v: %v does not contain %v", name, a, b, got.b, got.x)
			}
		}
		root, square := a.Square().Sqrt(), new(big.Rat).Abs(x) // the root of x^2 is |x|
		if !root.contains(square) {
			t.Fatalf("sqrt of %v: %v does not contain %v", a.Square(), root, square)
		}
		switch lo, hi := a.Lower(), a.Upper(); {
		case Finite(lo) && Rat(lo).Cmp(x) > 0, Finite(hi) && Rat(hi).Cmp(x) < 0:
			t.Fatalf("%v in [%v, %v]", x, lo, hi)
		}
		if order := a.Compare(b); order == LessOrEqual && x.Cmp(y) > 0 || order == Greater && x.Cmp(y) <= 0 {
			t.Fatalf("%v and %v: %v", a, b, order)
		}
	}
}

func maxRat(x *big.Rat) *big.Rat {
	if x.Sign() < 0 {
		return new(big.Rat)
	}
	return x
}

// TestProducts: both enclosures contain the exact product and the sign is the
// exact one, with cancellation down to the last bit.
func TestProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	undecided := 0
	for k := range 3000 {
		n := 1 + rng.IntN(12)
		spread := []int{2, 40, 500, 1040}[k%4]
		values, w := make([]float64, n), make([]float64, n)
		for j := range w {
			values[j], w[j] = wild(rng, spread), wild(rng, spread)
		}
		if n > 1 && k%2 == 0 { // the last term all but cancels the others
			sum := 0.0
			for j := range n - 1 {
				sum += values[j] * w[j]
			}
			values[n-1], w[n-1] = 1, -sum
		}
		want := new(big.Rat)
		for j := range w {
			want.Add(want, rationalProduct(Rat(values[j]), Rat(w[j])))
		}
		p := product{values: values, w: w}
		if got := p.Exact().rat(); got.Cmp(want) != 0 {
			t.Fatalf("exact: %v, want %v", got, want)
		}
		if !p.Ball().contains(want) || !p.sharp().contains(want) {
			t.Fatalf("%v %v: %v or %v does not contain %v", values, w, p.Ball(), p.sharp(), want)
		}
		if got := p.Sign(p.Ball()); got != want.Sign() {
			t.Fatalf("%v %v: sign %d, want %d", values, w, got, want.Sign())
		}
		if b := p.Ball(); math.Abs(b.Mid) <= b.Rad {
			undecided++
		}
	}
	if undecided < 100 {
		t.Errorf("only %d products needed more than float64", undecided)
	}
}

// TestDyadic: sums, products, comparisons and roots against big.Rat.
func TestDyadic(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 3000 {
		a, b := wild(rng, 1060), wild(rng, 1060)
		x, y := Of(a), Of(b)
		if x.rat().Cmp(Rat(a)) != 0 {
			t.Fatalf("%v is %v", a, x.rat())
		}
		sum, difference, prod := new(Dyadic).Add(x, y), new(Dyadic).Add(x, new(Dyadic).Neg(y)), new(Dyadic).Mul(x, y)
		if sum.rat().Cmp(rationalSum(Rat(a), Rat(b))) != 0 || difference.rat().Cmp(rationalDifference(Rat(a), Rat(b))) != 0 || prod.rat().Cmp(rationalProduct(Rat(a), Rat(b))) != 0 {
			t.Fatalf("%v, %v: %v %v %v", a, b, sum.rat(), difference.rat(), prod.rat())
		}
		if x.Compare(y) != Rat(a).Cmp(Rat(b)) {
			t.Fatalf("%v, %v: compare %d", a, b, x.Compare(y))
		}
		alias := Of(a)
		if alias.Add(alias, alias); alias.Compare(new(Dyadic).Product(2, a)) != 0 {
			t.Fatalf("%v + itself = %v", a, alias.rat())
		}
		square := new(Dyadic).Mul(x, x)
		if lo, hi := square.SqrtBounds(80); lo.Compare(hi) != 0 || lo.Compare(Of(math.Abs(a))) != 0 {
			t.Fatalf("root of %v^2 in [%v, %v]", a, lo.rat(), hi.rat())
		}
		lo, hi := Of(math.Abs(a)).SqrtBounds(100)
		if lo, hi := new(Dyadic).Mul(lo, lo), new(Dyadic).Mul(hi, hi); lo.Compare(Of(math.Abs(a))) > 0 || hi.Compare(Of(math.Abs(a))) < 0 {
			t.Fatalf("root of %v not between its bounds", a)
		}
	}
}

func rationalSum(a, b *big.Rat) *big.Rat        { return new(big.Rat).Add(a, b) }
func rationalDifference(a, b *big.Rat) *big.Rat { return new(big.Rat).Sub(a, b) }
func rationalProduct(a, b *big.Rat) *big.Rat    { return new(big.Rat).Mul(a, b) }
