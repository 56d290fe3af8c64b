package proofs

import "fmt"

// The loss Monotone is squares within a box: no prediction may make the residual
// of its sample larger, |yhat_i - y_i| <= |y_i|. The box is part of what
// primal-feasible claims; value and dual function are below.

// inBox decides that the prediction of every row is in its box.
func (k *checker) inBox() error {
	if k.c.Program.Loss != Monotone {
		return nil
	}
	for i, r := range k.rows {
		most := point(k.y[i]).magnitude()
		if r.listed.magnitude().compare(most) == lessOrEqual {
			continue
		}
		if d := absolute(k.exactResidual(i, false)); d.compare(absolute(exact(k.y[i]))) > 0 {
			return fmt.Errorf("row %d: |yhat - y| = %.17g is more than |y| = %v", i, d.float(), most.mid)
		}
	}
	return nil
}

// dualBoxed is -2 phi*(-nu), the minimum of (z - y)^2 + 2 nu z over the box:
// nu (2 y - nu) for |nu| <= |y|, and 2 nu y + y^2 - 2 |nu y| beyond.
func dualBoxed(p *Program, nu, y float64) ball {
	if abs(nu) <= abs(y) {
		return dualQuadratic(p, nu, y)
	}
	t := point(nu).mul(point(y))
	return t.sub(t.magnitude()).mul(point(2)).add(point(y).square())
}

func exactBoxed(p *Program, nu, y float64) *dyadic {
	if abs(nu) <= abs(y) {
		return exactQuadratic(p, nu, y)
	}
	t := new(dyadic).product(nu, y)
	t.add(t, new(dyadic).neg(absolute(t)))
	return t.mul(t, exact(2)).addProduct(y, y)
}
