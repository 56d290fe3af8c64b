package cube

import (
	"fmt"
	"math"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// boxExponents: boxes of 2^-m of a cell around a node are tried, from large to small.
var boxExponents = []int{2, 6, 12, 24, 32, 40}

// judgeStrict looks for a box of positive volume around a node a, inside the cube, on
// which 0 < f_k < 2 e_(k-1), or the mirror image: with |e_k| <= |e_(k-1)| everywhere
// every L^p norm then falls. A target that is piecewise linear or has a Lipschitz
// constant is continuous, so that the node is enough; a formula may jump, and is
// enclosed on the box.
func (c *cubeChecker) judgeStrict(k int, pointwise bool) {
	if !pointwise {
		c.report.Add(ClaimStrict, c.cube(k+1), verdict.Invalid, "not shown without the pointwise claim")
		return
	}
	g, x := c.grid(), make([]float64, c.g.dim)
	q := c.corrections[k].values
	for i, v := range q {
		e := c.residual(i)
		if !falls(exact.At(v), e) {
			continue
		}
		g.point(i, x)
		f, formula := c.surface.(formulaSurface)
		if !formula {
			c.report.Add(ClaimStrict, c.cube(k+1), verdict.Valid, fmt.Sprintf("|e_%d| < |e_%d| near %s, where the target is continuous", k+1, k, pointString(x)))
			return
		}
		for _, m := range boxExponents {
			box, ok := around(x, math.Ldexp(g.narrowest(i), -m))
			if !ok {
				break
			}
			value, err := f.f.evaluator().value(box)
			if err != nil {
				continue
			}
			// In a box of 2^-m of a cell the weight of its node is at least 1 - 2^(1-m), so what is interpolated
			// moves by 2^(1-m) times the largest difference to a neighbour's value at most; twice that leaves room for the rounded sides.
			move := func(v []float64) float64 {
				return exact.ProductAbove(math.Ldexp(4, -m), g.steepest(v, i))
			}
			off := exact.SumAbove(c.wrong, exact.SumAbove(move(c.sum), exact.ProductAbove(c.wrong, 4)))
			sum := exact.Bracket{Lo: exact.SumBelow(c.sum[i], -off), Hi: exact.SumAbove(c.sum[i], off)}
			part := exact.Bracket{Lo: exact.SumBelow(v, -move(q)), Hi: exact.SumAbove(v, move(q))}
			if falls(part, value.Minus(sum)) {
				c.report.Add(ClaimStrict, c.cube(k+1), verdict.Valid, fmt.Sprintf("|e_%d| < |e_%d| on %s", k+1, k, boxString(box)))
				return
			}
		}
	}
	c.report.Add(ClaimStrict, c.cube(k+1), verdict.Invalid, "no box is found on which the residual is proved to fall")
}

// falls says that |e - v| < |e| for all the numbers enclosed: 0 < v < 2e or 2e < v < 0.
func falls(v, e exact.Bracket) bool {
	rest := e.Plus(e).Minus(v)
	return v.Lo > 0 && rest.Lo > 0 || v.Hi < 0 && rest.Hi < 0
}

// around is the part in the cube of the box of half width r around x; ok is false if a side of it would be a point.
func around(x []float64, r float64) (box []exact.Bracket, ok bool) {
	box = make([]exact.Bracket, len(x))
	for j, v := range x {
		box[j] = exact.Bracket{Lo: max(0, v-r), Hi: min(1, v+r)}
		if !(box[j].Lo < box[j].Hi) {
			return nil, false
		}
	}
	return box, true
}
