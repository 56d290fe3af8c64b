package approx

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// randomShallow has units whose kinks meet the cube, some of them at its corners or nowhere, and weights of all sizes.
func randomShallow(t testing.TB, r *rand.Rand, dim, n int) *Shallow {
	t.Helper()
	units := make([]Unit, n)
	for i := range units {
		u := Unit{W: make([]float64, dim), Alpha: math.Ldexp(r.NormFloat64(), r.IntN(10)-5)}
		for j := range u.W {
			u.W[j] = []float64{r.NormFloat64(), 1, -2, 0}[r.IntN(4)]
			u.B -= u.W[j] * []float64{r.Float64(), 0, 0.5, 1, 3}[r.IntN(5)]
		}
		units[i] = u
	}
	s, err := NewShallow(dim, r.NormFloat64(), units)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// rat is the network in rational arithmetic.
func (s *Shallow) rat(x []*big.Rat) *big.Rat {
	sum, exact := new(big.Rat).SetFloat64(s.constant), func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	for _, u := range s.units {
		z := exact(u.B)
		for j, w := range u.W {
			z.Add(z, new(big.Rat).Mul(exact(w), x[j]))
		}
		if z.Sign() > 0 {
			sum.Add(sum, z.Mul(z, exact(u.Alpha)))
		}
	}
	return sum
}

func ratDeadZone(g *big.Rat, eps float64) *big.Rat {
	e := new(big.Rat).SetFloat64(eps)
	if up := new(big.Rat).Sub(g, e); up.Sign() > 0 {
		return up
	}
	if down := new(big.Rat).Add(g, e); down.Sign() < 0 {
		return down
	}
	return new(big.Rat)
}

// The explicit network of width d+3 is the formula exactly, and carries x.
func TestShallowNetworkIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for _, c := range []struct{ dim, n int }{{1, 0}, {1, 1}, {1, 7}, {2, 5}, {3, 9}} {
		for range 5 {
			s, eps := randomShallow(t, r, c.dim, c.n), r.Float64()
			n, err := s.Network(eps)
			if err != nil {
				t.Fatal(err)
			}
			if n.Width() != s.Width() || n.Depth() != s.Depth() {
				t.Errorf("%d units: width %d, depth %d, announced %d, %d", c.n, n.Width(), n.Depth(), s.Width(), s.Depth())
			}
			for _, x := range testPoints(r, c.dim, 16) {
				if got, want := n.Rat(x), ratDeadZone(s.rat(x), eps); got.Cmp(want) != 0 {
					t.Fatalf("dim %d, %d units at %v: network %s, formula %s", c.dim, c.n, x, got, want)
				}
				last := n.Layers[len(n.Layers)-1]
				for j := range c.dim {
					if len(last[j].Terms) != 1 || last[j].Terms[0] != (Term{j, 1}) || last[j].Bias != 0 {
						t.Fatalf("the last layer does not carry x%d: %+v", j+1, last[j])
					}
				}
			}
		}
	}
}

// Values and difference quotients lie in their enclosures, with and without a dead zone.
func TestShallowEnclosures(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 4))
	for range 400 {
		dim := 1 + r.IntN(3)
		s := randomShallow(t, r, dim, 1+r.IntN(12))
		z := zoned{s, math.Abs(s.Float(make([]float64, dim))) * 2 * r.Float64()}
		box, middle, half, slope := randomBox(r, dim)
		z.gradient(slope, middle, half)
		a, b := pointIn(r, box), pointIn(r, box)
		va, vb := ratDeadZone(s.rat(a), z.eps), ratDeadZone(s.rat(b), z.eps)
		af := make([]float64, dim)
		for j := range af {
			af[j], _ = a[j].Float64()
		}
		if v := z.at(af); ratOf(v.Lo).Cmp(va) > 0 || ratOf(v.Hi).Cmp(va) < 0 {
			t.Fatalf("%s is not in %v", va.FloatString(20), v)
		}
		// f(b) - f(a) = m.(b - a) for a generalised gradient m on the segment.
		rise, low, high := new(big.Rat).Sub(vb, va), new(big.Rat), new(big.Rat)
		for j, m := range slope {
			d := new(big.Rat).Sub(b[j], a[j])
			lo, hi := new(big.Rat).Mul(d, ratOf(m.Lo)), new(big.Rat).Mul(d, ratOf(m.Hi))
			if lo.Cmp(hi) > 0 {
				lo, hi = hi, lo
			}
			low.Add(low, lo)
			high.Add(high, hi)
		}
		if rise.Cmp(low) < 0 || rise.Cmp(high) > 0 {
			t.Fatalf("the rise %s is not in [%s, %s]", rise.FloatString(20), low.FloatString(20), high.FloatString(20))
		}
	}
}

func ratOf(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }

func randomBox(r *rand.Rand, dim int) (box []Interval, middle, half []float64, slope []Interval) {
	middle, half, slope = make([]float64, dim), make([]float64, dim), make([]Interval, dim)
	side := math.Ldexp(1, -1-r.IntN(12))
	for j := range dim {
		lo := math.Floor(r.Float64()/side) * side
		box = append(box, Interval{lo, lo + side})
		middle[j], half[j] = lo+side/2, side/2
	}
	return box, middle, half, slope
}

func pointIn(r *rand.Rand, box []Interval) []*big.Rat {
	x := make([]*big.Rat, len(box))
	for j, s := range box {
		x[j] = ratOf(s.Lo + (s.Hi-s.Lo)*float64(r.IntN(65))/64)
	}
	return x
}

// The supremum lies between what is attained and the bound, which are close; samples lie below.
func TestSupremum(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 4))
	for _, c := range []struct {
		text string
		dim  int
	}{{"sin(9*x)", 1}, {"sqrt(x)-x/2", 1}, {"abs(x-1/3)", 1}, {"sin(5*x)*cos(pi*y)", 2}, {"0*x", 1}} {
		e := &residual{f: mustParse(t, c.text, c.dim), q: []zoned{{randomShallow(t, r, c.dim, 6), 0.3}}, g: randomShallow(t, r, c.dim, 6)}
		s, err := supremum(context.Background(), e, 1.02, 1<<18)
		if err != nil {
			t.Fatal(err)
		}
		if !(s.Lower <= s.Upper && s.Upper <= 1.02*s.Lower+1e-12) {
			t.Errorf("%s: attained %v, bound %v after %d boxes", c.text, s.Lower, s.Upper, s.Boxes)
		}
		b, x := e.newBounder(), make([]float64, c.dim)
		for range 3000 {
			for j := range x {
				x[j] = r.Float64()
			}
			if v, err := b.at(x); err != nil || v.abs().Lo > s.Upper {
				t.Fatalf("%s at %v: %v, bound %v (%v)", c.text, x, v, s.Upper, err)
			}
		}
		few, err := supremum(context.Background(), e, 1.02, 3)
		if err != nil || few.Upper < s.Lower {
			t.Errorf("%s: 3 splits bound by %v what attains %v (%v)", c.text, few.Upper, s.Lower, err)
		}
	}
}
