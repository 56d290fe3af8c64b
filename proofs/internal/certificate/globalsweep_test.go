package certificate

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/sphere"
	"multigrade/proofs/internal/verdict"
)

// TestRandomTrees: trees bisected at random over random data. With n beta at
// 1 + by times the largest left side of a leaf, they are true for every by > 0, and
// both checkers see it outside the room of FORMAT.md.
func TestRandomTrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(61, 62))
	draws, depth := 12, 4
	if *long {
		draws, depth = 200, 7
	}
	for draw := range draws {
		c := randomGlobal(rng, 1+draw%4)
		largest := randomTrees(rng, c, depth)
		if largest <= least {
			continue
		}
		for by, want := range map[float64]naive.Answer{1e-2: naive.Holds, 1e-6: naive.Holds, 2e-9: naive.Holds, 5e-10: naive.Room, -1e-10: naive.Fails, -1e-6: naive.Fails, -1e-2: naive.Fails} {
			c.Program.Beta = largest / float64(c.Program.Rows) * (1 + by)
			answer, _ := judged(t, fmt.Sprintf("draw %d by %v", draw, by), finishGlobal(c))
			if answer != want {
				t.Errorf("draw %d: %v at 1 + %v times the largest leaf, want %v", draw, answer, by, want)
			}
		}
	}
}

// scales are powers of two for X and for nu, with products from 1e-270 to 1e270.
var scales = [][2]float64{{1, 1}, {0x1p-300, 0x1p-300}, {0x1p-500, 0x1p-400}, {0x1p450, 0x1p450}, {0x1p600, 0x1p-600}, {0x1p-600, 0x1p600}, {0x1p-250, 0x1p-280}, {0x1p80, 0x1p-980}, {0x1p-980, 0x1p80}}

// inUnits has x and nu multiplied, and the evidence with them.
func inUnits(c *Certificate, by [2]float64, beta float64) *Checker {
	x, g := c.Data.X, *c.Global
	x.Values, g.Nu = append([]float64{}, x.Values...), append([]float64{}, g.Nu...)
	scaleAll(x.Values, nil, by[0])
	scaleAll(g.Nu, nil, by[1])
	for _, q := range []*sphere.Quadratic{&g.QuadraticPlus, &g.QuadraticMinus} {
		q.Mu, q.Tau = q.Mu*by[0]*by[1], q.Tau*by[0]*by[1]
	}
	p := c.Program
	p.Beta = beta * by[0] * by[1]
	return &Checker{C: &Certificate{Program: p, Dual: Dual{Nu: g.Nu}, Global: &g}, X: x, Y: g.Nu}
}

// TestScaledTrees: X and nu times powers of two, and n beta times their product,
// leave the answer as it is.
func TestScaledTrees(t *testing.T) {
	rng := rand.New(rand.NewPCG(65, 66))
	for draw := range 8 {
		c := randomGlobal(rng, 1+draw%4)
		largest := randomTrees(rng, c, 3)
		if largest <= least {
			continue
		}
		for _, scale := range scales {
			for _, by := range []float64{1e-2, 1e-6, -1e-6, -1e-2, -0.9} {
				k := inUnits(c, scale, largest/float64(c.Program.Rows)*(1+by))
				if _, err := k.globalFeasible(k.C.Global); (err == nil) != (by > 0) {
					t.Errorf("draw %d times %v: %v at 1 + %v times the largest leaf", draw, scale, err, by)
				}
			}
		}
	}
}

// TestScaledClosedForms: the same. Where nu over the norms of rows is no float64 a
// true one may be refused, a false one may not be accepted.
func TestScaledClosedForms(t *testing.T) {
	rng := rand.New(rand.NewPCG(67, 68))
	for draw := range 4 {
		c := randomGlobal(rng, 1+draw%4)
		slow, err := naive.Parse(encoded(c))
		if err != nil {
			t.Fatal(err)
		}
		slow.Nu = slow.Global.Nu
		closedEvidence(slow, c.Global)
		beta := leastBeta(slow, (*naive.Certificate).ClosedForm)
		for _, scale := range scales {
			k := inUnits(c, scale, beta*(1+1e-6))
			_, err := k.globalFeasible(k.C.Global)
			if ratio := scale[1] / scale[0]; err != nil && ratio > 0x1p-1000 && ratio < 0x1p1000 {
				t.Errorf("draw %d times %v: %v", draw, scale, err)
			}
			k.C.Global.QuadraticPlus.Tau *= 1 - 1e-6
			k.C.Global.QuadraticMinus.Tau *= 1 - 1e-6
			if _, err := k.globalFeasible(k.C.Global); err == nil && beta > least {
				t.Errorf("draw %d times %v: accepted with a smaller tau", draw, scale)
			}
		}
	}
}

// randomGlobal has no network and no listed patterns; where draws are of whole
// numbers, rows repeat and lie on the faces of cones.
func randomGlobal(rng *rand.Rand, r int) *Certificate {
	s := problem{Rows: 1 + rng.IntN(9), Cols: r, rational: rng.IntN(2) == 0, sparse: rng.IntN(3) == 0, bias: rng.IntN(3) == 0}
	c := &Certificate{Program: Program{Rows: s.Rows, Cols: r, Activation: ReLU, Loss: Squared}, Dual: Dual{Scope: ScopeRestricted, Nu: make([]float64, s.Rows)}, Global: &Global{Status: StatusPriced}}
	for range s.Rows {
		v := rng.NormFloat64()
		if s.rational {
			v = float64(rng.IntN(7) - 3)
		}
		c.Global.Nu = append(c.Global.Nu, v)
	}
	s.finish(c, s.matrix(rng), c.Global.Nu)
	return c
}

// judged is both checkers' answer about global-feasible.
func judged(t *testing.T, name string, c *Certificate) (naive.Answer, verdict.Verdict) {
	t.Helper()
	text := encoded(c)
	agree(t, name, text)
	slow, err := naive.Check(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, claim := range checkText(t, text).Claims {
		if claim.Name == ClaimGlobalFeasible {
			return slow[claim.Name], claim.Verdict
		}
	}
	t.Fatal("no such claim")
	return 0, 0
}

// least is a left side of leaves too small, for numbers of about 1, to be known to ten digits.
const least = 1e-2

// randomTrees draws trees of less than the given depth for c and returns the
// largest left side of their leaves, or least.
func randomTrees(rng *rand.Rand, c *Certificate, depth int) float64 {
	c.Global.Plus, c.Global.Minus = []byte("."), []byte(".")
	slow, err := naive.Parse(encoded(c))
	if err != nil {
		panic(err)
	}
	slow.Nu = slow.Global.Nu
	largest := new(big.Rat).SetFloat64(least * least)
	var texts [2][]byte
	for side := range texts {
		w := slow.Walk(side)
		for orthant := range 1 << w.R {
			texts[side] = append(texts[side], bisected(w, rng, naive.Orthant(w.R, orthant), rng.IntN(depth), largest)...)
		}
	}
	c.Global.Plus, c.Global.Minus = texts[0], texts[1]
	square, _ := largest.Float64()
	return math.Sqrt(square)
}

// bisected draws a tree of at most the given depth, and raises largest to the
// squares of its leaves where they are larger.
func bisected(w *naive.Walk, rng *rand.Rand, v [][]*big.Rat, depth int, largest *big.Rat) string {
	if w.R < 2 || depth == 0 || rng.IntN(4) == 0 {
		close := new(big.Rat).SetFloat64(1 + 1e-11)
		square := w.NewLeaf(v).Enclose(func(square naive.Range) bool {
			return square.Hi.Cmp(largest) <= 0 || square.Hi.Cmp(naive.RatMul(square.Lo, close)) <= 0
		})
		if square.Hi.Cmp(largest) > 0 {
			largest.Set(square.Hi)
		}
		return "."
	}
	number := rng.IntN(w.R * (w.R - 1) / 2)
	a, b := w.Edge(number)
	middle := naive.Middle(v[a], v[b])
	first := bisected(w, rng, naive.Instead(v, b, middle), depth-1, largest)
	return string(rune('0'+number)) + first + bisected(w, rng, naive.Instead(v, a, middle), depth-1, largest)
}

// TestRandomClosedForms: the same with the least n beta for which the naive checker
// finds a closed form true.
func TestRandomClosedForms(t *testing.T) {
	rng := rand.New(rand.NewPCG(63, 64))
	draws := 6
	if *long {
		draws = 200
	}
	for draw := range draws {
		c := randomGlobal(rng, 1+draw%5)
		slow, err := naive.Parse(encoded(c))
		if err != nil {
			t.Fatal(err)
		}
		slow.Nu = slow.Global.Nu
		closedEvidence(slow, c.Global)
		beta := leastBeta(slow, (*naive.Certificate).ClosedForm)
		slow.Beta = new(big.Rat).SetFloat64(4 * beta)
		tight := slow.ClosedForm() != naive.Holds // the matrix, whatever beta is
		for by, want := range map[float64]naive.Answer{1e-2: naive.Holds, 1e-6: naive.Holds, -1e-11: naive.Fails, -1e-6: naive.Fails} {
			c.Program.Beta = beta * (1 + by)
			answer, _ := judged(t, fmt.Sprintf("draw %d by %v", draw, by), finishGlobal(c))
			if beta > 1e-3 && answer != want && !(tight && by > 0) {
				t.Errorf("draw %d: %v at 1 + %v times the least beta, want %v", draw, answer, by, want)
			}
		}
	}
}

// leastBeta is found by bisection.
func leastBeta(c *naive.Certificate, decide func(*naive.Certificate) naive.Answer) float64 {
	holds := func(beta float64) bool {
		c.Beta = new(big.Rat).SetFloat64(beta)
		return decide(c) != naive.Fails
	}
	lo, hi := 0.0, 1.0
	for !holds(hi) && hi < 0x1p40 {
		hi *= 2
	}
	for range 60 {
		if mid := (lo + hi) / 2; holds(mid) {
			hi = mid
		} else {
			lo = mid
		}
	}
	return hi
}
