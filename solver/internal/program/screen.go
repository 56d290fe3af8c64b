package program

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// Screening is the gap-safe rule for squares (Fercoq, Gramfort and Salmon,
// "Mind the duality gap", 2015). D is strongly concave with modulus 1/n, so a
// feasible nu whose bound is less than an upper bound of the optimum by G is
// within sqrt(2 n G) of the optimal nu*. The value of a block,
//
//	v(nu) = max { s nu'A_pX w : |w| <= 1, S_pX w >= 0 },
//
// changes by no more than |A_pX| per unit of nu, so that
//
//	v(nu) + sqrt(2 n G) |A_pX|_2 < n beta
//
// implies v(nu*) < n beta: the block is zero at every optimum. |A_pX|_2 is
// bounded by the Frobenius norm and by |X|_2. The computed
// values are upper bounds already; margin covers the rounding of the rest.
type Screening struct {
	Norm  []float64 // per cell, a bound of |A_pX|_2
	Out   []bool    // per block: zero at every optimum of the present problem
	Count int
}

func NewScreening(p *Problem, x operator.Design, rowNorm []float64) *Screening {
	largest := operator.SpectralNorm(x)
	sc := &Screening{Norm: make([]float64, len(p.Cells)), Out: make([]bool, len(BlocksOf(p)))}
	mask := make([]float64, len(rowNorm))
	for j, c := range p.Cells {
		p.Activation.Diagonal(mask, c.Pattern)
		floats.Mul(mask, rowNorm)
		sc.Norm[j] = math.Min(largest, floats.Norm(mask, 2))
	}
	return sc
}

// Restart forgets what was proved for another beta.
func (sc *Screening) Restart() {
	clear(sc.Out)
	sc.Count = 0
}

// Update applies the rule at the feasible point t nu, where pr holds the values
// at nu, for the given gap.
func (sc *Screening) Update(pr *Pricer, t, gap, lambda float64) {
	const margin = 1 + 1e-9
	radius := math.Sqrt(2*float64(pr.N)*math.Max(gap, 0)) * margin
	for j, b := range pr.Blocks {
		if !sc.Out[j] && (t*pr.Value[j]+radius*sc.Norm[b.Cell])*margin < lambda {
			sc.Out[j] = true
			sc.Count++
		}
	}
}
