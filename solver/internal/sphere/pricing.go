package sphere

import (
	"context"
	"math/rand/v2"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
)

// Pricing looks for violated neurons outside any list, heuristically: ascent from
// many starts.
type Pricing struct {
	X      operator.Design
	Ascent *ascent
	Rng    *rand.Rand
	Random int // Random starts of an ordinary pricing
	coarse *coarse
}

const (
	pricingStarts = 256  // random starts, of which half have a kink at a row
	pricingFlops  = 2e10 // that an ascent may cost
)

// NewPricing looks from as many random starts as an ascent of at most so many operations
// has.
func NewPricing(x operator.Design, activation operator.Activation, seed uint64, operations float64) *Pricing {
	n, _ := x.Dims()
	perStart := AscentWork(float64(n), float64(x.Stored()))
	return &Pricing{
		X: x, Ascent: newAscent(x, activation),
		Rng:    rand.New(rand.NewPCG(seed, 0x636f6c73)),
		Random: max(16, min(pricingStarts, int(min(pricingFlops, operations)/perStart))),
	}
}

// Entering lists unit vectors w, none near another, with |nu'relu(Xw)| well
// above lambda, for training to go on with: the ends of an ascent from the given
// neurons and from random ones.
func (s *Pricing) Entering(ctx context.Context, given blas64.General, nu []float64, lambda float64) [][]float64 {
	const worthwhile, most = 1e-3, 32
	starts := s.RandomStarts(s.Random, given)
	value := s.Ascent.Climb(ctx, starts, nu)
	var more [][]float64
	var kept []direction.Signed // of more
	for _, j := range Descending(value) {
		if value[j] <= lambda*(1+worthwhile) || len(more) >= most || ctx.Err() != nil {
			break
		}
		at := direction.Signed{W: operator.RowOf(starts, j), Norm: 1, Sign: 1}
		if at.First(kept, direction.Start) < 0 {
			more, kept = append(more, at.W), append(kept, at)
		}
	}
	return more
}

// RandomStarts appends random rows to the given ones, half of them with a kink
// at a row of X.
func (s *Pricing) RandomStarts(random int, given blas64.General) blas64.General {
	out := operator.NewGeneral(given.Rows+random, given.Cols)
	copy(out.Data, given.Data)
	for k := range random {
		w := operator.RowOf(out, given.Rows+k)
		if k%2 == 0 {
			RandomKink(w, s.X, s.Rng)
			continue
		}
		for a := range w {
			w[a] = s.Rng.NormFloat64()
		}
	}
	return out
}

// AcrossWalls returns a gate beyond each wall i of a cell on which its w lies,
// the rows of mu: w + v with the smallest v for which x_i.v has the wrong sign
// and the other x_k.v have the right ones; and one beyond all of them. A nu for
// which w is a maximum is held by the cells at two opposite corners of w: where
// X'(D nu + S mu) points along w, one says nu_i <= t_i, the other t_i <= 0 for the
// t = D nu + S mu at the walls.
func (s *Pricing) AcrossWalls(w []float64, p hyperplane.Pattern, mu []hyperplane.Multiplier) [][]float64 {
	const away = 1e-7
	k, d := len(mu), len(w)
	if k == 0 {
		return nil
	}
	walls := mat.NewDense(k, d, nil)
	for a, m := range mu {
		s.X.Row(m.Row, func(col int, v float64) { walls.Set(a, col, v*p.Sign(m.Row)) })
		operator.Normalise(walls.RawRowView(a))
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

// Descending lists the positions of v by falling value, ties by position.
func Descending(v []float64) []int {
	order := make([]int, len(v))
	for k := range order {
		order[k] = k
	}
	sort.SliceStable(order, func(a, b int) bool { return v[order[a]] > v[order[b]] })
	return order
}

// GatedBound is a bound of |X'D nu| over all D, |X|_2 |nu|.
func GatedBound(x operator.Design, nu []float64) float64 {
	return operator.SpectralNorm(x) * floats.Norm(nu, 2) * (1 + 0x1p-40)
}

// RandomKink sets w to a random unit vector, orthogonal to a random row of X
// unless X has one column.
func RandomKink(w []float64, x operator.Design, rng *rand.Rand) {
	n, _ := x.Dims()
	i := rng.IntN(n)
	for k := range w {
		w[k] = rng.NormFloat64()
	}
	dot, square, before := 0.0, 0.0, floats.Norm(w, 2)
	x.Row(i, func(k int, v float64) { dot, square = dot+v*w[k], square+v*v })
	if square > 0 && len(w) > 1 {
		x.Row(i, func(k int, v float64) { w[k] -= dot / square * v })
	}
	if norm := floats.Norm(w, 2); norm > 1e-9*before {
		floats.Scale(1/norm, w)
	}
}
