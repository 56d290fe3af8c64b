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

// pricing looks for violated neurons outside any list, heuristically: ascent from
// many starts.
type pricing struct {
	x      design
	climb  *ascent
	rng    *rand.Rand
	random int // random starts of an ordinary pricing
}

const (
	pricingStarts = 256  // random starts, of which half have a kink at a row
	pricingFlops  = 2e10 // that an ascent may cost
)

func newPricing(x design, relu bool, seed uint64) *pricing {
	n, d := x.dims()
	perStart := 4 * float64(n) * float64(d) * ascentSteps
	return &pricing{
		x: x, climb: newAscent(x, relu),
		rng:    rand.New(rand.NewPCG(seed, 0x636f6c73)),
		random: max(16, min(pricingStarts, int(pricingFlops/perStart))),
	}
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

// randomKink sets w to a random unit vector, orthogonal to a random row of X
// unless X has one column.
func randomKink(w []float64, x design, rng *rand.Rand) {
	n, _ := x.dims()
	i := rng.IntN(n)
	for k := range w {
		w[k] = rng.NormFloat64()
	}
	dot, square, before := 0.0, 0.0, floats.Norm(w, 2)
	x.row(i, func(k int, v float64) { dot, square = dot+v*w[k], square+v*v })
	if square > 0 && len(w) > 1 {
		x.row(i, func(k int, v float64) { w[k] -= dot / square * v })
	}
	if norm := floats.Norm(w, 2); norm > 1e-9*before {
		floats.Scale(1/norm, w)
	}
}
