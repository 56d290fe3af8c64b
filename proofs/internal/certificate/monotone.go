package certificate

import (
	"fmt"

	"multigrade/proofs/internal/exact"
)

// The loss Monotone is squares within a box: no prediction may make the residual
// of its sample larger, |yhat_i - y_i| <= |y_i|. The box is part of what
// primal-feasible claims; value and dual function are below.

// inBox decides that the prediction of every row is in its box.
func (k *Checker) inBox() error {
	if k.C.Program.Loss != Monotone {
		return nil
	}
	for i, r := range k.rows {
		most := exact.Point(k.Y[i]).Magnitude()
		if r.listed.Magnitude().Compare(most) == exact.LessOrEqual {
			continue
		}
		if d := Absolute(k.exactResidual(i, false)); d.Compare(Absolute(exact.Of(k.Y[i]))) > 0 {
			return fmt.Errorf("row %d: |yhat - y| = %.17g is more than |y| = %v", i, d.Float(), most.Mid)
		}
	}
	return nil
}

// dualBoxed is -2 phi*(-nu), the minimum of (z - y)^2 + 2 nu z over the box:
// nu (2 y - nu) for |nu| <= |y|, and 2 nu y + y^2 - 2 |nu y| beyond.
func dualBoxed(p *Program, nu, y, w float64) exact.Ball {
	if Abs(nu) <= Abs(y) {
		return dualQuadratic(p, nu, y, w)
	}
	t := exact.Point(nu).Mul(exact.Point(y))
	return t.Sub(t.Magnitude()).Mul(exact.Point(2)).Add(exact.Point(y).Square())
}

func exactBoxed(p *Program, nu, y float64) *exact.Dyadic {
	if Abs(nu) <= Abs(y) {
		return exactQuadratic(p, nu, y)
	}
	t := new(exact.Dyadic).Product(nu, y)
	t.Add(t, new(exact.Dyadic).Neg(Absolute(t)))
	return t.Mul(t, exact.Of(2)).AddProduct(y, y)
}
