package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// screening is the gap-safe rule for squares (Fercoq, Gramfort and Salmon,
// "Mind the duality gap", 2015). D is strongly concave with modulus 1/n, so a
// feasible nu whose bound is less than an upper bound of the optimum by G is
// within sqrt(2 n G) of the optimal nu*. The value of a block,
//
//	v(nu) = max { s nu'D_pX w : |w| <= 1, S_pX w >= 0 },
//
// changes by no more than |D_pX| per unit of nu, so that
//
//	v(nu) + sqrt(2 n G) |D_pX|_2 < n beta
//
// implies v(nu*) < n beta: the block is zero at every optimum. |D_pX|_2 is
// bounded by the Frobenius norm of the active rows and by |X|_2. The computed
// values are upper bounds already; margin covers the rounding of the rest.
type screening struct {
	norm  []float64 // per cell, a bound of |D_pX|_2
	out   []bool    // per block: zero at every optimum of the present problem
	count int
}

func newScreening(p *Problem, x design, rowNorm []float64) *screening {
	ones := make([]float64, len(rowNorm))
	floats.AddConst(1, ones)
	largest := math.Sqrt(largestEigenvalue(x, ones))
	sc := &screening{norm: make([]float64, len(p.Cells)), out: make([]bool, len(blocksOf(p)))}
	mask := make([]float64, len(rowNorm))
	for j, c := range p.Cells {
		fillMask(mask, c.Pattern)
		floats.Mul(mask, rowNorm)
		sc.norm[j] = math.Min(largest, floats.Norm(mask, 2))
	}
	return sc
}

// restart forgets what was proved for another beta.
func (sc *screening) restart() {
	clear(sc.out)
	sc.count = 0
}

// update applies the rule at the feasible point t nu, where pr holds the values
// at nu, for the given gap.
func (sc *screening) update(pr *pricer, t, gap, lambda float64) {
	const margin = 1 + 1e-9
	radius := math.Sqrt(2*float64(pr.n)*math.Max(gap, 0)) * margin
	for j, b := range pr.blocks {
		if !sc.out[j] && (t*pr.value[j]+radius*sc.norm[b.cell])*margin < lambda {
			sc.out[j] = true
			sc.count++
		}
	}
}
