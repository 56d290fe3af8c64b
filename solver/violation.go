package solver

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
)

// ConeViolation is the largest violation of a cone constraint by a network of the
// program p,
//
//	max over neurons j and rows i of (-s_i x_i.w_j)+ / (|x_i| |w_j|),
//
// the sine of the angle by which w_j lies beyond the wall of row i of its cell, from 0
// to 1. Which rows are violated is decided exactly: it is 0 only for a network that is
// feasible in exact arithmetic. Gated units have no cone, and neither has a neuron
// that belongs to no cell (NoCell).
func ConeViolation(p *Problem, net *Network) (float64, error) {
	if p.Activation.Gated {
		return 0, nil
	}
	x, err := p.Design()
	if err != nil {
		return 0, err
	}
	n, d := x.Dims()
	norms, z := x.RowNorms(), operator.NewGeneral(1, n)
	largest := 0.0
	for _, u := range net.Neurons {
		if u.Cell == NoCell {
			continue
		}
		up, down := hyperplane.SidesOf(p.X, u.W)
		x.Mul(z, blas64.General{Rows: 1, Cols: d, Stride: d, Data: u.W})
		cell, size := p.Cells[u.Cell].Pattern, floats.Norm(u.W, 2)
		for i, v := range z.Data {
			if !cell.Active(i) && up.Active(i) || cell.Active(i) && down.Active(i) {
				// What is violated is so by something, though float64 may not see it.
				largest = max(largest, math.Abs(v)/(norms[i]*size), math.SmallestNonzeroFloat64)
			}
		}
	}
	return largest, nil
}
