package approx

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func mustAdapt(t testing.TB, target Target, grades int) *Scheme {
	t.Helper()
	o := DefaultOptions()
	o.Grades, o.Adaptive = grades, true
	s, err := Build(context.Background(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The laws of a scheme at random points, everywhere and near 0, on graded grids; every grade falls by the factors that were asked for, and has the nodes of
// the one before.
func TestAdaptiveResiduals(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for _, text := range []string{"sin(2*pi*x)+abs(x-1/3)/2", "sqrt(x)-0.2", "x^0.1", "exp(-x)", "abs(x-0.3)^0.3-0.4", "max(0,x-0.5)"} {
		e := mustParse(t, text, 1)
		grades := 6
		if text == "x^0.1" {
			grades = 4 // then the smallest cells are as small as can be
		}
		s := mustAdapt(t, e, grades)
		if s.Nontrivial() != grades && text != "max(0,x-0.5)" {
			t.Errorf("%s: %d grades: %s", text, s.Nontrivial(), s.Stopped)
		}
		for range 1000 {
			x := []float64{r.Float64()}
			if r.IntN(2) == 0 {
				x[0] = math.Exp2(-40 * x[0])
			}
			before := math.Abs(e.Float(x))
			for k, g := range s.Grades {
				after := math.Abs(e.Float(x) - s.Value(x, k+1))
				if after > before+1e-14 || after > g.Sup+1e-14 {
					t.Fatalf("%s, grade %d, at %v: |e| = %v, before %v, bound %v", text, k+1, x, after, before, g.Sup)
				}
				before = after
			}
		}
		norms, nodes := s.Initial, map[float64]bool{}
		for k, g := range s.Grades {
			if g.Norms.L1.Hi > adaptL1*norms.L1.Hi || g.Sup > adaptSup*norms.Linf.Hi {
				t.Errorf("%s, grade %d: L1 %v, sup %v after %v, %v", text, k+1, g.Norms.L1.Hi, g.Sup, norms.L1.Hi, norms.Linf.Hi)
			}
			norms = g.Norms
			now := map[float64]bool{}
			for _, x := range g.Graded.Nodes() {
				now[x] = true
			}
			for x := range nodes {
				if !now[x] {
					t.Errorf("%s, grade %d: the node %v is gone", text, k+1, x)
				}
			}
			nodes = now
		}
	}
}

// Cost follows the target: cells where it bends or begins steeply.
func TestAdaptiveCost(t *testing.T) {
	for _, c := range []struct {
		text  string
		hats  int     // in all
		bound float64 // of the L1 norm after ten grades
	}{{"abs(x-1/3)", 45, 1e-12}, {"x^0.1", 3500, 2e-8}, {"sqrt(x)", 2400, 5e-8}} {
		s := mustAdapt(t, mustParse(t, c.text, 1), 10)
		hats := 0
		for _, g := range s.Grades {
			hats += g.Hats
		}
		if l1 := s.Grades[len(s.Grades)-1].Norms.L1.Hi; hats > c.hats || l1 > c.bound {
			t.Errorf("%s: %d hats, L1 %v, want at most %d, %v", c.text, hats, l1, c.hats, c.bound)
		}
	}
}

// Both networks of a graded grade are the broken line, exactly.
func TestAdaptiveNetworks(t *testing.T) {
	s := mustAdapt(t, mustParse(t, "sqrt(x)-0.2", 1), 3)
	r := rand.New(rand.NewPCG(12, 1))
	for k, g := range s.Grades {
		nodes := g.Graded.Nodes()
		for _, c := range []Construction{Wide, Narrow} {
			n, err := g.Network(c, 0)
			if err != nil {
				t.Fatal(err)
			}
			if n.Width() != networkWidth(g, c) || n.Depth() != networkDepth(g, c) {
				t.Errorf("grade %d, %v: width %d, depth %d", k+1, c, n.Width(), n.Depth())
			}
			for range 20 {
				i := r.IntN(len(nodes) - 1)
				share := big.NewRat(int64(r.IntN(9)), 8)
				x := new(big.Rat).Sub(rat(nodes[i+1]), rat(nodes[i]))
				x.Add(x.Mul(x, share), rat(nodes[i]))
				want := new(big.Rat).Sub(rat(g.Values[i+1]), rat(g.Values[i]))
				want.Add(want.Mul(want, share), rat(g.Values[i]))
				if got := n.Rat([]*big.Rat{x}); got.Cmp(want) != 0 || interpolateRat(g, []*big.Rat{x}).Cmp(want) != 0 {
					t.Fatalf("grade %d, %v, at %v: %v, want %v", k+1, c, x, got, want)
				}
			}
		}
	}
}

func TestAdaptiveRefuses(t *testing.T) {
	samples, err := NewSamples(1, 4, []float64{0, 1, 0, 1, 0}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []Target{mustParse(t, "x*y", 2), samples} {
		o := DefaultOptions()
		o.Adaptive = true
		if _, err := Build(context.Background(), target, o); err == nil {
			t.Errorf("%T of dimension %d was accepted", target, target.Dim())
		}
	}
}
