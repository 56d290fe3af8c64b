package solver

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

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
	norms, largest, marker := operator.RowNorms(x), 0.0, p.Marker()
	coned := slices.DeleteFunc(slices.Clone(net.Neurons), func(u Neuron) bool { return u.Cell == NoCell })
	for some := range slices.Chunk(coned, operator.RowsAtOnce(n)) {
		w, z := operator.NewGeneral(len(some), d), operator.NewGeneral(len(some), n)
		for k, u := range some {
			copy(operator.RowOf(w, k), u.W)
		}
		x.Mul(z, w)
		up, down := marker.Sides(mat.NewDense(len(some), d, w.Data))
		for k, u := range some {
			cell, size := p.Cells[u.Cell].Pattern, floats.Norm(u.W, 2)
			for i := range cell.Against(up[k], down[k]) {
				// What is violated is so by something, though float64 may not see it.
				largest = max(largest, math.Abs(z.Data[k*n+i])/(norms[i]*size), math.SmallestNonzeroFloat64)
			}
		}
	}
	return largest, nil
}
