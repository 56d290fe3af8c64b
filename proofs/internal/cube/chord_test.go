package cube

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"multigrade/proofs/internal/exact"
)

// exactSum is what composed corrections and a network add up to, in rational arithmetic.
func exactSum(s composedSurface, x []float64) *big.Rat {
	rational := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	inputs := make([]*big.Rat, len(x))
	for j, v := range x {
		inputs[j] = rational(v)
	}
	sum, h := new(big.Rat), inputs
	layers := s.corrections
	if s.network != nil {
		layers = append(layers[:len(layers):len(layers)], cubeCorrection{network: s.network, eps: -1})
	}
	for _, c := range layers {
		g, next := rational(c.network.Constant), append([]*big.Rat(nil), inputs...)
		for _, u := range c.network.Units {
			z := rational(u.B)
			for j, w := range u.W {
				z.Add(z, new(big.Rat).Mul(rational(w), h[j]))
			}
			if z.Sign() < 0 {
				z.SetInt64(0)
			}
			g.Add(g, new(big.Rat).Mul(rational(u.Alpha), z))
			next = append(next, z)
		}
		h = next
		if c.hidden {
			continue
		}
		size, eps := new(big.Rat).Abs(g), rational(max(c.eps, 0))
		whole := new(big.Rat).Set(size)
		if size.Sub(size, eps).Sign() > 0 {
			if c.firm {
				if size.Add(size, size); size.Cmp(whole) > 0 {
					size = whole
				}
			}
			sum.Add(sum, size.Mul(size, big.NewRat(int64(g.Sign()), 1)))
		}
	}
	return sum
}

func randomComposed(r *rand.Rand, dim int) composedSurface {
	s := composedSurface{dim: dim, f: mustSurface(dim)}
	inputs := dim
	var before *cubeCorrection
	for k := range 1 + r.IntN(4) {
		n := &cubeNetwork{Constant: float64(r.IntN(9)-4) / 8}
		for range 1 + r.IntN(4) {
			u := cubeUnit{B: r.NormFloat64() / 2, Alpha: float64(r.IntN(17)-8) / 4}
			for range inputs {
				u.W = append(u.W, []float64{0, 1, -2, r.NormFloat64()}[r.IntN(4)])
			}
			n.Units = append(n.Units, u)
		}
		if before != nil && !before.hidden {
			// the edges of the dead zone before, and their opposites
			for range r.IntN(4) {
				sign, side := float64(2*r.IntN(2)-1), float64(2*r.IntN(2)-1)
				u := cubeUnit{W: make([]float64, dim), B: sign * (before.network.Constant + side*before.eps*float64(1+r.IntN(2))), Alpha: r.NormFloat64()}
				for _, p := range before.network.Units {
					u.W = append(u.W, sign*p.Alpha)
				}
				n.Units = append(n.Units, u)
			}
		}
		c := cubeCorrection{network: n, eps: float64(r.IntN(5)) / 16, hidden: k > 0 && r.IntN(3) == 0, firm: r.IntN(2) == 0}
		s.corrections = append(s.corrections, c)
		before, inputs = &c, dim+len(n.Units)
	}
	if n := len(s.corrections); r.IntN(2) == 0 && !s.corrections[n-1].hidden {
		s.network, s.corrections = s.corrections[n-1].network, s.corrections[:n-1]
	}
	return s
}

func mustSurface(dim int) surface {
	f, err := cubeTarget{Kind: "expression", Dim: dim, Text: "0*x"}.surface()
	if err != nil {
		panic(err)
	}
	return f
}

// On random boxes the form of random composed networks holds exactly: its range contains the values, and what it says about the deviation
// from the interpolant holds in the middle of every edge and diagonal that a simplex of the box may have.
func TestChordForms(t *testing.T) {
	r := rand.New(rand.NewPCG(21, 4))
	for range 600 {
		dim := 1 + r.IntN(3)
		s := randomComposed(r, dim)
		p := s.probe().(*composedProbe)
		box, half := make([]exact.Bracket, dim), math.Ldexp(1, -1-r.IntN(12))
		b := &chordBox{centre: make([]float64, dim), half: make([]float64, dim)}
		for j := range box {
			k := float64(r.IntN(int(0.5 / half)))
			box[j] = exact.Bracket{Lo: 2 * half * k, Hi: 2 * half * (k + 1)}
			b.centre[j], b.half[j] = box[j].Lo+half, half
		}
		sum := p.on(b)
		values, departs := sum.values(b), new(big.Rat).SetFloat64(sum.departs())
		corner := func(m int) []float64 { return append([]float64(nil), cornerAt(box, m, make([]float64, dim))...) }
		for m := range 1 << dim {
			for n := range 1 << dim {
				if m&n != m {
					continue
				}
				v, w, middle := corner(m), corner(n), make([]float64, dim)
				for j := range v {
					middle[j] = (v[j] + w[j]) / 2
				}
				at := exactSum(s, middle)
				if new(big.Rat).SetFloat64(values.Lo).Cmp(at) > 0 || new(big.Rat).SetFloat64(values.Hi).Cmp(at) < 0 {
					t.Fatalf("at %v the sum is %s, said to be in %v", middle, at.FloatString(20), values)
				}
				between := exactSum(s, v)
				between.Add(between, exactSum(s, w)).Mul(between, big.NewRat(1, 2)).Sub(between, at)
				if between.Abs(between).Cmp(departs) > 0 {
					t.Fatalf("at %v the sum is %s off its interpolant, said to be at most %v", middle, between.FloatString(20), sum.departs())
				}
			}
		}
		for range 20 {
			x := make([]float64, dim)
			for j := range x {
				x[j] = box[j].Lo + 2*half*r.Float64()
			}
			if at := exactSum(s, x); new(big.Rat).SetFloat64(values.Lo).Cmp(at) > 0 || new(big.Rat).SetFloat64(values.Hi).Cmp(at) < 0 {
				t.Fatalf("at %v the sum is %s, said to be in %v", x, at.FloatString(20), values)
			}
		}
	}
}

// A dead zone that the next grade undoes leaves nothing open, though the signs of both are; and boxes that touch the kinks of tents are
// as good as those beside.
func TestBendsCancel(t *testing.T) {
	first := &cubeNetwork{Constant: -0.5, Units: []cubeUnit{{W: []float64{1, 1}, Alpha: 1}, {W: []float64{1, -1}, B: 0.125, Alpha: -0.5}}}
	const eps = 0.25
	undone := &cubeNetwork{Constant: -eps, Units: []cubeUnit{
		{W: []float64{0, 0, 1, -0.5}, B: first.Constant + eps, Alpha: 1}, {W: []float64{0, 0, 1, -0.5}, B: first.Constant - eps, Alpha: -1}}}
	s := composedSurface{f: mustSurface(2), dim: 2, corrections: []cubeCorrection{{network: first, eps: eps}}, network: undone}
	b := &chordBox{centre: []float64{0.5, 0.5}, half: []float64{0.5, 0.5}}
	sum := s.probe().(*composedProbe).on(b)
	// what is left is first itself, whose second unit bends: of its argument in [-0.875, 1.125] with the factor 1/2
	if got, want := sum.departs(), 0.5*0.875*1.125/2; math.Abs(got-want) > 1e-12 {
		t.Errorf("a dead zone and what undoes it deviate by %v, want %v", got, want)
	}

	tents := composedSurface{f: mustSurface(1), dim: 1}
	w := []float64{1}
	for range 6 {
		tent := func(b, a float64) cubeUnit { return cubeUnit{W: w, B: b, Alpha: a} }
		tents.corrections = append(tents.corrections, cubeCorrection{network: &cubeNetwork{Units: []cubeUnit{tent(0, 2), tent(-0.5, -4)}}})
		w = []float64{0, 2, -4}
	}
	b = &chordBox{centre: []float64{0}, half: []float64{1.0 / 128}}
	for k := range 64 {
		b.centre[0], b.bends = float64(2*k+1)/128, 0
		if got := tents.probe().(*composedProbe).on(b).departs(); got > 1e-8 { // rounding, six times as much at every layer
			t.Errorf("on cell %d of 64 six tents deviate by %v", k, got)
		}
	}
}
