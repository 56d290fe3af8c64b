package solver

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// pricing looks for violated neurons outside the list, heuristically: ascent
// from many starts, then exact maximisation over the cells reached.
type pricing struct {
	x      design
	p      *Problem
	climb  *ascent
	rng    *rand.Rand
	random int // random starts of an ordinary pricing
}

// thorough is the effort of the pricing whose silence ends the search.
const thorough = 1

const (
	pricingStarts = 256  // random starts, of which half have a kink at a row
	pricingFlips  = 512  // gates across walls of active cells
	pricingCells  = 384  // cells whose maximum is computed exactly
	pricingAdded  = 192  // violated cells returned
	pricingFlops  = 2e10 // that an ascent may cost
	nearlyActive  = 1e-3 // relative to n beta
)

func newPricing(p *Problem, x design, seed uint64) *pricing {
	n, d := x.dims()
	perStart := 4 * float64(n) * float64(d) * ascentSteps
	return &pricing{
		x: x, p: p, climb: newAscent(x, p.Activation == ReLU),
		rng:    rand.New(rand.NewPCG(seed, 0x636f6c73)),
		random: max(16, min(pricingStarts, int(pricingFlops/perStart))),
	}
}

// violated returns gates of cells outside the list whose block is violated at
// g.nu by more than a tenth of the tolerance, the most violated first.
func (s *pricing) violated(ctx context.Context, g *columns, effort int) ([][]float64, error) {
	starts := s.starts(g, effort)
	value := s.climb.climb(ctx, starts, g.nu)
	found, err := s.reached(g, starts, value)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	here := *s.p
	here.Cells = found
	pr := newPricer(&here, s.x)
	if err := pr.price(ctx, g.nu, g.lambda); err != nil {
		return nil, err
	}
	best := make([]float64, len(found))
	for j, v := range pr.value {
		c := pr.blocks[j].cell
		best[c] = math.Max(best[c], v)
	}
	var gates [][]float64
	for _, c := range descending(best) {
		if best[c] <= g.lambda*(1+0.1*g.o.Tol) || len(gates) == pricingAdded {
			break
		}
		gates = append(gates, found[c].Gate)
	}
	return gates, nil
}

// reached lists the cells of the ends of the ascent that are not listed, the
// highest first. Ends well below n beta do not count, for their cells hardly
// have a violated neuron.
func (s *pricing) reached(g *columns, w blas64.General, value []float64) ([]hyperplane.Cell, error) {
	gates := mat.NewDense(max(w.Rows, 1), w.Cols, nil)
	rows := 0
	for _, j := range descending(value) {
		if value[j] < 0.98*g.lambda {
			break
		}
		gates.SetRow(rows, rowOf(w, j))
		rows++
	}
	if rows == 0 {
		return nil, nil
	}
	found, err := hyperplane.FromGates(g.p.X, gates.Slice(0, rows, 0, w.Cols))
	if err != nil {
		return nil, err
	}
	fresh := g.fresh(found.Cells)
	return fresh[:min(len(fresh), pricingCells)], nil
}

// starts gathers the neurons of the best network, the best neurons of the
// working set, gates across their walls, and random ones.
func (s *pricing) starts(g *columns, effort int) blas64.General {
	_, d := s.x.dims()
	var rows [][]float64
	for _, nr := range g.best.net.Neurons {
		rows = append(rows, nr.W)
	}
	if g.p.Activation == ReLU {
		rows = append(rows, s.nearActive(g)...)
	}
	random := s.random
	if effort == thorough {
		random *= 4
	}
	given := newGeneral(len(rows), d)
	for j, w := range rows {
		copy(rowOf(given, j), w)
	}
	return s.randomStarts(random, given)
}

// entering lists unit vectors w, none near another, with |nu'relu(Xw)| well
// above lambda, for training to go on with: the ends of an ascent from the given
// neurons and from random ones.
func (s *pricing) entering(ctx context.Context, given blas64.General, nu []float64, lambda float64) [][]float64 {
	const worthwhile, most = 1e-3, 32
	starts := s.randomStarts(s.random, given)
	value := s.climb.climb(ctx, starts, nu)
	var more [][]float64
	for _, j := range descending(value) {
		if value[j] <= lambda*(1+worthwhile) || len(more) >= most || ctx.Err() != nil {
			break
		}
		w := rowOf(starts, j)
		if !slices.ContainsFunc(more, func(o []float64) bool { return floats.Dot(o, w) > 0.99 }) {
			more = append(more, w)
		}
	}
	return more
}

// randomStarts appends random rows to the given ones, half of them with a kink
// at a row of X.
func (s *pricing) randomStarts(random int, given blas64.General) blas64.General {
	out := newGeneral(given.Rows+random, given.Cols)
	copy(out.Data, given.Data)
	for k := range random {
		w := rowOf(out, given.Rows+k)
		if k%2 == 0 {
			randomKink(w, s.x, s.rng)
			continue
		}
		for a := range w {
			w[a] = s.rng.NormFloat64()
		}
	}
	return out
}

// nearActive lists, for the listed blocks that are nearly active at nu, the most
// violated first, the best neuron and gates across the walls on which it lies.
func (s *pricing) nearActive(g *columns) [][]float64 {
	var rows [][]float64
	for _, j := range descending(g.pricer.value) {
		if g.pricer.value[j] < g.lambda*(1-nearlyActive) || len(rows) > pricingFlips {
			break
		}
		w := make([]float64, g.pricer.d)
		floats.ScaleTo(w, 1/g.pricer.value[j], rowOf(g.pricer.argmax, j))
		if floats.Norm(w, 2) == 0 {
			continue // the block was not projected, |X'D nu| says all
		}
		rows = append(rows, w)
		rows = append(rows, s.acrossWalls(w, g.pricer.cells[g.pricer.blocks[j].cell].Pattern, g.pricer.mu[j])...)
	}
	return rows
}

// acrossWalls returns a gate beyond each wall i of a cell on which its w lies,
// the rows of mu: w + v with the smallest v for which x_i.v has the wrong sign
// and the other x_k.v have the right ones; and one beyond all of them. A nu for
// which w is a maximum is held by the cells at two opposite corners of w: where
// X'(D nu + S mu) points along w, one says nu_i <= t_i, the other t_i <= 0 for the
// t = D nu + S mu at the walls.
func (s *pricing) acrossWalls(w []float64, p hyperplane.Pattern, mu []hyperplane.Multiplier) [][]float64 {
	const away = 1e-7
	k, d := len(mu), len(w)
	if k == 0 {
		return nil
	}
	walls := mat.NewDense(k, d, nil)
	for a, m := range mu {
		s.x.row(m.Row, func(col int, v float64) { walls.Set(a, col, v*p.Sign(m.Row)) })
		normalise(walls.RawRowView(a))
	}
	var gram mat.SymDense
	gram.SymOuterK(1, walls)
	var chol mat.Cholesky
	if !chol.Factorize(&gram) {
		return nil
	}
	side := mat.NewDense(k, k+1, nil)
	for a := range k {
		for b := range k {
			side.Set(a, b, away)
		}
		side.Set(a, a, -away)
		side.Set(a, k, -away)
	}
	var c, v mat.Dense
	if err := chol.SolveTo(&c, side); err != nil {
		return nil
	}
	v.Mul(c.T(), walls)
	out := make([][]float64, k+1)
	for a := range out {
		out[a] = v.RawRowView(a)
		if norm := floats.Norm(out[a], 2); norm > 1e-4 {
			floats.Scale(1e-4/norm, out[a])
		}
		floats.Add(out[a], w)
	}
	return out
}

// descending lists the positions of v by falling value, ties by position.
func descending(v []float64) []int {
	order := make([]int, len(v))
	for k := range order {
		order[k] = k
	}
	sort.SliceStable(order, func(a, b int) bool { return v[order[a]] > v[order[b]] })
	return order
}

// gatedBound is a bound of |X'D nu| over all D, sqrt(lambda_max(X'X)) |nu|.
func gatedBound(x design, nu []float64) float64 {
	ones := make([]float64, len(nu))
	for i := range ones {
		ones[i] = 1
	}
	return math.Sqrt(largestEigenvalue(x, ones)) * floats.Norm(nu, 2) * (1 + 0x1p-40)
}
