package approx

import (
	"context"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
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

// nodesOf returns the first coordinates of the nodes.
func nodesOf(g *Grade) []float64 {
	m, x := g.graded(), make([]float64, g.Grid.Dim)
	nodes := make([]float64, len(m.key))
	for i, key := range m.key {
		m.point(key, x)
		nodes[i] = x[0]
	}
	return nodes
}

// The laws of a scheme at random points, everywhere and near 0, on graded grids; every grade falls by the factors that were asked for, and has the nodes of
// the one before.
func TestAdaptiveResiduals(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 1))
	for text, grades := range map[string]int{"sin(2*pi*x)+abs(x-1/3)/2": 6, "sqrt(x)-0.2": 6, "x^0.1": 4 /* then the smallest cells are as small as can be */, "exp(-x)": 6,
		"abs(x-0.3)^0.3-0.4": 6, "max(0,x-0.5)": 6, "sin(5*x*y)-0.3": 3, "sqrt(x*y)": 3, "abs(x-2*y/3)-y^2": 3, "x*y-z/2": 2} {
		e := mustParse(t, text, 0)
		s := mustAdapt(t, e, grades)
		if s.Nontrivial() != grades && text != "max(0,x-0.5)" {
			t.Errorf("%s: %d grades: %s", text, s.Nontrivial(), s.Stopped)
		}
		for range 1000 {
			x := make([]float64, e.Dim())
			for j := range x {
				x[j] = r.Float64()
			}
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
		norms, nodes := s.Initial, map[uint64]bool{}
		for k, g := range s.Grades {
			if g.Norms.L1.Hi > adaptL1*norms.L1.Hi || g.Sup > adaptSup*norms.Linf.Hi*(1+1e-9) { // it may fall to just a half
				t.Errorf("%s, grade %d: L1 %v, sup %v after %v, %v", text, k+1, g.Norms.L1.Hi, g.Sup, norms.L1.Hi, norms.Linf.Hi)
			}
			norms = g.Norms
			now := map[uint64]bool{}
			for _, key := range g.graded().key {
				now[key] = true
			}
			for key := range nodes {
				if !now[key] {
					t.Errorf("%s, grade %d: the node %x is gone", text, k+1, key)
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
		bound float64 // of the L1 norm after ten grades, of two variables after four
	}{{"abs(x-1/3)", 45, 1e-12}, {"x^0.1", 3500, 2e-8}, {"sqrt(x)", 2400, 5e-8}, {"sqrt(x*y)", 8000, 5e-4}} {
		e, grades := mustParse(t, c.text, 0), 10
		if e.Dim() > 1 {
			grades = 4
		}
		s := mustAdapt(t, e, grades)
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
		nodes := nodesOf(g)
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

// In the plane they are what is linear on the simplices of the cells.
func TestAdaptiveNetworksOfThePlane(t *testing.T) {
	s := mustAdapt(t, mustParse(t, "sqrt(x*y)-0.2", 2), 2)
	r := rand.New(rand.NewPCG(13, 1))
	for k, g := range s.Grades {
		if m := g.graded(); m.deepest() == int(slices.Min(m.Levels)) {
			t.Errorf("grade %d: all cells are of one size", k+1)
		}
		for _, c := range []Construction{Wide, Narrow} {
			n, err := g.Network(c, 0)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 {
				x := []float64{float64(r.IntN(257)) / 256, float64(r.IntN(257)) / 256}
				got, _ := n.Rat([]*big.Rat{rat(x[0]), rat(x[1])}).Float64()
				if want := g.value(x); math.Abs(got-want) > 1e-14 {
					t.Fatalf("grade %d, %v, at %v: %v, want %v", k+1, c, x, got, want)
				}
			}
		}
	}
}

// A mesh is what its cells say: corners by their coordinates, even nodes by looking at every cell, the cells beside a node; it refuses levels that fill no cube.
func TestMesh(t *testing.T) {
	r := rand.New(rand.NewPCG(14, 1))
	for dim := 1; dim <= 3; dim++ {
		g := Graded{dim, []uint8{0}}
		for range 4 {
			marked := make([]bool, g.Len())
			for i := range marked {
				marked[i] = i == 0 || r.IntN(2) > 0
			}
			g = g.refine(marked)
		}
		if err := g.validate(); err != nil {
			t.Fatal(err)
		}
		for _, bad := range [][]uint8{g.Levels[1:], append(slices.Clone(g.Levels), 1), append([]uint8{g.Levels[0] + 1}, g.Levels[1:]...), {200}, {}} {
			if (Graded{dim, bad}).validate() == nil {
				t.Errorf("dimension %d: levels %v were accepted", dim, bad)
			}
		}
		m := g.mesh()
		x, low := make([]float64, dim), make([]float64, dim)
		for n, key := range m.key {
			m.point(key, x)
			even, around := true, 0
			for i, l := range m.Levels {
				m.point(m.key[m.corner[i<<dim]], low)
				side := math.Ldexp(1, -int(l))
				touches, corner := true, true
				for j := range x {
					touches = touches && x[j] >= low[j] && x[j] <= low[j]+side
					corner = corner && (x[j] == low[j] || x[j] == low[j]+side)
				}
				if touches {
					around++
					even = even && corner && l == m.level[n]
				}
			}
			if m.even[n] != (even || dim == 1) {
				t.Fatalf("dimension %d: node at %v: even %v", dim, x, m.even[n])
			}
			found := map[int]bool{}
			for c := range 1 << dim {
				if i := m.beside(key, c); i >= 0 {
					found[i] = true
				}
			}
			if len(found) != around {
				t.Fatalf("dimension %d: %d cells found around the node at %v, want %d", dim, len(found), x, around)
			}
		}
	}
}

func TestAdaptiveRefuses(t *testing.T) {
	samples, err := NewSamples(1, 4, []float64{0, 1, 0, 1, 0}, 4)
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range []Target{mustParse(t, "x1*x2*x3*x4", 4), samples} {
		o := DefaultOptions()
		o.Adaptive = true
		if _, err := Build(context.Background(), target, o); err == nil {
			t.Errorf("%T of dimension %d was accepted", target, target.Dim())
		}
	}
}
