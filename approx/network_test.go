package approx

import (
	"math/big"
	"math/rand/v2"
	"testing"
)

// Points where the formula is likely to go wrong: nodes, midpoints of edges, faces x_i = x_j, the boundary, and
// random rationals with denominators that are no powers of two.
func testPoints(r *rand.Rand, dim, n int) [][]*big.Rat {
	var all [][]*big.Rat
	for range 12 {
		p := make([]*big.Rat, dim)
		for j := range p {
			switch den := []int64{int64(n), int64(2 * n), 1, 997, int64(3 * n)}[r.IntN(5)]; {
			case j > 0 && r.IntN(3) == 0:
				p[j] = p[j-1]
			default:
				p[j] = big.NewRat(r.Int64N(den+1), den)
			}
		}
		all = append(all, p)
	}
	return all
}

func TestNetworksEqualTheFormulaExactly(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range []struct {
		text        string
		dim, grades int
	}{{"sin(2*pi*x) + abs(x-1/3)/2", 1, 6}, {"0.4-sqrt(x)", 1, 5}, {"exp(-x)*cos(2*y)-0.3", 2, 4}, {"x1*x2-x3", 3, 3}} {
		s := mustBuild(t, mustParse(t, c.text, c.dim), c.grades)
		tested := 0
		for k, g := range s.Grades {
			if g.Trivial() {
				continue
			}
			tested++
			points := testPoints(r, c.dim, g.Grid.N)
			for kind, width := range map[Construction]int{Wide: c.dim + 6, Narrow: c.dim + 2} {
				n, err := g.Network(kind, 0)
				if err != nil {
					t.Fatal(err)
				}
				for i, l := range n.Layers {
					if len(l) != width {
						t.Fatalf("%s, grade %d, %v: layer %d has width %d, want %d", c.text, k+1, kind, i, len(l), width)
					}
				}
				if n.Depth() != networkDepth(g, kind) || n.Width() != networkWidth(g, kind) {
					t.Errorf("%s, grade %d, %v: depth %d, width %d, announced %d, %d", c.text, k+1, kind, n.Depth(), n.Width(), networkDepth(g, kind), networkWidth(g, kind))
				}
				for _, x := range points {
					if got, want := n.Rat(x), interpolateRat(g, x); got.Cmp(want) != 0 {
						t.Fatalf("%s, grade %d, %v at %v: network %s, formula %s", c.text, k+1, kind, x, got, want)
					}
				}
			}
		}
		if tested < 2 {
			t.Errorf("%s: only %d nontrivial grades", c.text, tested)
		}
	}
}

// Every channel of every layer passes x on, so that the next grade is composed on the last layer.
func TestLastLayerCarriesX(t *testing.T) {
	s := mustBuild(t, mustParse(t, "sin(5*x)*cos(pi*y)", 2), 4)
	x := []*big.Rat{big.NewRat(2, 7), big.NewRat(3, 11)}
	h := x
	sum := new(big.Rat)
	for _, g := range s.Grades {
		n, err := g.Network(Wide, 0)
		if err != nil {
			t.Fatal(err)
		}
		if n == nil {
			continue
		}
		sum.Add(sum, n.Rat(h[:2]))
		for _, l := range n.Layers {
			next := make([]*big.Rat, len(l))
			for i, a := range l {
				if next[i] = a.rat(h); next[i].Sign() < 0 {
					next[i] = new(big.Rat)
				}
			}
			h = next
		}
	}
	want := new(big.Rat)
	for _, g := range s.Grades {
		if !g.Trivial() {
			want.Add(want, interpolateRat(g, x))
		}
	}
	if sum.Cmp(want) != 0 || h[0].Cmp(x[0]) != 0 || h[1].Cmp(x[1]) != 0 {
		t.Errorf("composed network %s with x = %v, formula %s at %v", sum, h[:2], want, x)
	}
}

func TestNetworkFloatIsCloseToExact(t *testing.T) {
	s := mustBuild(t, mustParse(t, "sin(5*x)*cos(pi*y)", 2), 4)
	g := s.Grades[3]
	for _, kind := range []Construction{Wide, Narrow} {
		n, _ := g.Network(kind, 0)
		for i := range 20 {
			x := []float64{float64(i) / 19, float64(i*7%20) / 19}
			if a, b := n.Float(x), g.Grid.Interpolate(g.Values, x); a-b > 1e-10 || b-a > 1e-10 {
				t.Errorf("%v at %v: %v, interpolated %v", kind, x, a, b)
			}
		}
	}
	if _, err := g.Network(Wide, 10); err == nil {
		t.Error("a network of more than 10 layers was written")
	}
}

func TestDeadZoneNetwork(t *testing.T) {
	s := mustBuild(t, mustParse(t, "sin(5*x)", 1), 4)
	g := s.Grades[3]
	n, _ := g.Network(Wide, 0)
	const eps = 0.0625
	z, err := n.WithDeadZone(eps)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(4, 4))
	for _, x := range testPoints(r, 1, 16) {
		v := interpolateRat(g, x)
		want := new(big.Rat)
		if d := new(big.Rat).Sub(v, rat(eps)); d.Sign() > 0 {
			want = d
		} else if d := new(big.Rat).Add(v, rat(eps)); d.Sign() < 0 {
			want = d
		}
		if got := z.Rat(x); got.Cmp(want) != 0 {
			t.Errorf("at %v: %s, want %s", x, got, want)
		}
	}
	if _, err := n.WithDeadZone(-1); err == nil {
		t.Error("a negative dead zone was accepted")
	}
	narrow, _ := g.Network(Narrow, 0)
	if _, err := narrow.WithDeadZone(eps); err == nil {
		t.Error("a network with an output bias was accepted")
	}
}
