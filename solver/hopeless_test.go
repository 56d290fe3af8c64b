package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
)

// A search for the bound over all patterns that cannot be of use is not attempted and says
// why; with enough leaves it is, and closes the gap.
func TestHopelessSearches(t *testing.T) {
	for _, c := range []struct {
		rows, columns, leaves int
		attempted, closes     bool
	}{{30, 6, 15000, true, true}, {20, 7, 2000, false, false}, {20, 7, 30000, true, true}, {60, 11, 20000, false, false}, {60, 13, 20000, true, false}} {
		rng := rand.New(rand.NewPCG(uint64(c.rows), uint64(c.columns)))
		x, y := mat.NewDense(c.rows, c.columns, nil), make([]float64, c.rows)
		for i := range c.rows {
			for j := range c.columns - 1 {
				x.Set(i, j, rng.NormFloat64())
			}
			x.Set(i, c.columns-1, 1)
			y[i] = math.Abs(x.At(i, 0)) + math.Max(0, x.At(i, 1)) + 0.05*rng.NormFloat64()
		}
		p := &Problem{X: x, Y: y, Loss: loss.Squared, Intercept: true, Beta: 0.05}
		o := DefaultGlobalOptions()
		o.Neurons, o.BoundLeaves, o.Tol = 30, c.leaves, 1e-4
		r, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if attempted := r.NotAttempted == ""; attempted != c.attempted || !attempted && !strings.Contains(r.NotAttempted, "leaves are allowed") {
			t.Errorf("%+v: %q", c, r.NotAttempted)
		}
		if closes := r.GlobalStatus == Optimal; closes != c.closes && r.Global.Method != "moments" { // which need no leaves
			t.Errorf("%+v: %s, gap %v, %s", c, r.GlobalStatus, r.GlobalRelGap, r.Global.Method)
		}
		p.Cells = r.Cells
		mustCheck(t, p, &r.Result, o.Tol)
	}
}

// A search over pieces that cannot come to a bound of use is left and says so: the residual without neurons at a small
// beta exceeds n beta many times.
func TestHopelessPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(91, 92))
	const n = 80
	x, y, line := mat.NewDense(n, 4, nil), make([]float64, n), make([]float64, n)
	for i := range n {
		line[i] = float64(i) / n
		x.SetRow(i, []float64{max(line[i]-0.3, 0), max(0.6-line[i], 0), max(line[i]-0.7, 0), 1})
		y[i] = math.Sin(7*line[i]) + 0.1*rng.NormFloat64()
	}
	for beta, left := range map[float64]bool{1e-4: true, 0.1: false} {
		p := &Problem{X: x, Y: y, Beta: beta}
		o := DefaultGlobalOptions()
		o.Line = line
		dx, err := p.Design()
		if err != nil {
			t.Fatal(err)
		}
		g := newEverywhere(p, o, dx)
		g.s.best = zeroPoint(p)
		g.s.rec.Evaluate(&g.s.best)
		if _, err := g.boundAll(context.Background(), y, o.BoundTime, false); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(g.left, "less than 10% of the objective"); got != left || g.bound == nil || !g.exact {
			t.Errorf("beta %v: %q, bound %+v", beta, g.left, g.bound)
		}
	}
}
