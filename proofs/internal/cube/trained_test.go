package cube

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// A naiveZoned is a correction in rational arithmetic, on the line.
type naiveZoned struct {
	constant *big.Rat
	w, b, a  []*big.Rat
	eps      *big.Rat // nil: no dead zone
}

func newNaiveZoned(n *cubeNetwork, eps *float64) naiveZoned {
	exact := func(v float64) *big.Rat { return new(big.Rat).SetFloat64(v) }
	z := naiveZoned{constant: exact(n.Constant)}
	for _, u := range n.Units {
		z.w, z.b, z.a = append(z.w, exact(u.W[0])), append(z.b, exact(u.B)), append(z.a, exact(u.Alpha))
	}
	if eps != nil {
		z.eps = exact(*eps)
	}
	return z
}

func (z naiveZoned) network(x *big.Rat) *big.Rat {
	sum := new(big.Rat).Set(z.constant)
	for i := range z.w {
		t := new(big.Rat).Mul(z.w[i], x)
		if t.Add(t, z.b[i]).Sign() > 0 {
			sum.Add(sum, t.Mul(t, z.a[i]))
		}
	}
	return sum
}

func (z naiveZoned) at(x *big.Rat) *big.Rat {
	g := z.network(x)
	if z.eps == nil {
		return g
	}
	if up := new(big.Rat).Sub(g, z.eps); up.Sign() > 0 {
		return up
	}
	if down := new(big.Rat).Add(g, z.eps); down.Sign() < 0 {
		return down
	}
	return new(big.Rat)
}

// kinks are the points of [0,1] where the function bends: where a unit does, and where the network, linear between
// those, enters or leaves the dead zone.
func (z naiveZoned) kinks() []*big.Rat {
	points := []*big.Rat{new(big.Rat), big.NewRat(1, 1)}
	for i := range z.w {
		if z.w[i].Sign() != 0 {
			x := new(big.Rat).Quo(z.b[i], z.w[i])
			if x.Neg(x); x.Sign() > 0 && x.Cmp(points[1]) < 0 {
				points = append(points, x)
			}
		}
	}
	slices.SortFunc(points, (*big.Rat).Cmp)
	if z.eps == nil {
		return points
	}
	for k := range len(points) - 1 {
		p, q := points[k], points[k+1]
		gp, gq := z.network(p), z.network(q)
		for _, level := range []*big.Rat{z.eps, new(big.Rat).Neg(z.eps)} {
			rise, need := new(big.Rat).Sub(gq, gp), new(big.Rat).Sub(level, gp)
			if rise.Sign() == 0 {
				continue
			}
			if share := need.Quo(need, rise); share.Sign() > 0 && share.Cmp(big.NewRat(1, 1)) < 0 {
				x := new(big.Rat).Sub(q, p)
				points = append(points, x.Add(p, x.Mul(x, share)))
			}
		}
	}
	return points
}

// naiveSup is the supremum of |f - q_1 - ... - g| for f = |x - 1/3|: all terms are linear between kinks.
func naiveSup(parts []naiveZoned) *big.Rat {
	third := big.NewRat(1, 3)
	points, top := []*big.Rat{third}, new(big.Rat)
	for _, z := range parts {
		points = append(points, z.kinks()...)
	}
	for _, x := range points {
		e := new(big.Rat).Sub(x, third)
		e.Abs(e)
		for _, z := range parts {
			e.Sub(e, z.at(x))
		}
		if e.Abs(e).Cmp(top) > 0 {
			top = e
		}
	}
	return top
}

func randomCubeNetwork(r *rand.Rand) *cubeNetwork {
	n := &cubeNetwork{Constant: r.NormFloat64() / 4}
	for range r.IntN(7) {
		w := []float64{1, -2, r.NormFloat64()}[r.IntN(3)]
		n.Units = append(n.Units, cubeUnit{W: []float64{w}, B: -w * []float64{r.Float64(), 0.5, 1.0 / 3}[r.IntN(3)], Alpha: r.NormFloat64()})
	}
	return n
}

// Against the exact supremum of a piecewise linear residual: a limit above it by little is proved, one below it
// never, one below it by little is refuted.
func TestWithinIsTheSupremum(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 9))
	f, err := cubeTarget{Kind: "expression", Dim: 1, Text: "abs(x-1/3)"}.surface()
	if err != nil {
		t.Fatal(err)
	}
	for range 60 {
		s := residualSurface{f: f, dim: 1, network: randomCubeNetwork(r)}
		parts := []naiveZoned{newNaiveZoned(s.network, nil)}
		for range r.IntN(4) {
			c := cubeCorrection{network: randomCubeNetwork(r), eps: r.Float64() / 2}
			s.corrections, parts = append(s.corrections, c), append(parts, newNaiveZoned(c.network, &c.eps))
		}
		sup, _ := naiveSup(parts).Float64()
		for _, c := range []struct {
			factor float64
			want   outcome
		}{{1.01, proved}, {1.1, proved}, {0.999, refuted}, {0.9, refuted}, {0.2, refuted}} {
			found, _, err := within(context.Background(), s, 1, c.factor*sup)
			if err != nil || found.outcome != c.want {
				t.Errorf("%v times the supremum %v: %+v, want %v (%v)", c.factor, sup, found, c.want, err)
			}
		}
		if found, _, _ := within(context.Background(), s, 1, math.Nextafter(sup, 0)*(1-0x1p-40)); found.outcome == proved {
			t.Errorf("a limit just below the supremum %v is proved", sup)
		}
	}
}

// The checker's enclosures of values hold exactly.
func TestCubeNetworkEnclosures(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 9))
	for range 2000 {
		c := cubeCorrection{network: randomCubeNetwork(r), eps: r.Float64() / 2}
		x := []float64{0, 1, 0.5, r.Float64()}[r.IntN(4)]
		v, want := c.at([]float64{x}), newNaiveZoned(c.network, &c.eps).at(new(big.Rat).SetFloat64(x))
		if new(big.Rat).SetFloat64(v.Lo).Cmp(want) > 0 || new(big.Rat).SetFloat64(v.Hi).Cmp(want) < 0 || v.Hi-v.Lo > 1e-12 {
			t.Fatalf("[%v, %v] at %v, exactly %s", v.Lo, v.Hi, x, want.FloatString(20))
		}
	}
}
