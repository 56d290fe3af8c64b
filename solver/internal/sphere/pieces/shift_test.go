package pieces

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// randomTerm is phi of a piece with m rows.
func randomTerm(rng *rand.Rand, m int) *term {
	p := &Piece{A: 0, B: 1}
	var nu []float64
	for k := range m {
		p.Rows, p.Theta = append(p.Rows, k), append(p.Theta, float64(k)/float64(m-1))
		nu = append(nu, rng.NormFloat64())
	}
	return newTerm(p, nu, 1)
}

// phi with shifts is phi and the positive parts of both values.
func TestPlus(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 200 {
		phi := randomTerm(rng, 2+rng.IntN(9))
		x, y, a, b := rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()
		want := phi.value(a, b) + x*max(a, 0) + y*max(b, 0)
		if got := phi.plus(x, y).value(a, b); math.Abs(got-want) > 1e-12 {
			t.Fatalf("%v at (%v, %v), want %v", got, a, b, want)
		}
	}
}

// No point of an edge is higher over a plane than all points kept of the boundary.
func TestBoundaryKeepsTheHull(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 20 {
		phi := randomTerm(rng, 3+rng.IntN(40))
		e := newEllipse([]float64{1, 0.2}, []float64{rng.NormFloat64(), 1})
		for _, s := range [][2]int8{{0, 0}, {1, 0}, {0, 1}, {-1, 0}, {0, -1}} {
			polygon := e.polygon(s[0], s[1])
			kept := phi.boundary(polygon)
			alpha, beta := rng.NormFloat64(), rng.NormFloat64()
			top := math.Inf(-1)
			for _, q := range kept {
				top = max(top, q.phi-alpha*q.a-beta*q.b)
			}
			for k, q := range polygon {
				next := polygon[(k+1)%len(polygon)]
				for f := 0.0; f <= 1; f += 0.01 {
					a, b := q.a+f*(next.a-q.a), q.b+f*(next.b-q.b)
					if got := phi.value(a, b) - alpha*a - beta*b; got > top+1e-11 {
						t.Fatalf("%v at (%v, %v), at the points kept at most %v", got, a, b, top)
					}
				}
			}
		}
	}
}

// With shifts grade 3 of a run is proved in fewer nodes than without, some of its leaves have
// them, at open knots that two pieces share, and every leaf shows what is claimed.
func TestShifts(t *testing.T) {
	x, nu := readLater(t, "later3.csv.gz")
	n, r := x.Dims()
	c := Find(x, inOrder(n))
	search := func(nodes int) *Bound {
		o := DefaultOptions()
		o.Target, o.Nodes = 1.2*later3, nodes
		b, err := Maximise(context.Background(), mat.NewDense(n, r, x.RawMatrix().Data), nu, c, o)
		if err != nil {
			t.Fatal(err)
		}
		if !(b.Upper <= o.Target*(1+1e-9)) {
			t.Fatalf("%v nodes show %v of %v", b.Nodes, b.Upper, o.Target)
		}
		return b
	}
	without, with := search(shiftNodes), search(1<<20)
	if !(with.Nodes < without.Nodes) {
		t.Errorf("%d nodes with shifts, %d without", with.Nodes, without.Nodes)
	}
	shared, shifted := c.Shared(), 0
	for _, tree := range [][]Node{with.Plus, with.Minus} {
		for k := range tree {
			e := tree[k].Evidence
			if e == nil {
				continue
			}
			for knot, v := range e.Shift {
				if v != 0 && shared[knot][0] < 0 {
					t.Fatalf("a shift at knot %d, which no two pieces share", knot)
				}
				if v != 0 {
					shifted++
				}
			}
		}
	}
	if shifted == 0 {
		t.Error("no leaf has a shift")
	}
	checkTree(t, x, nu, c, with.Plus, 1, with.Upper)
	checkTree(t, x, nu, c, with.Minus, -1, with.Upper)
}
