package program

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// ObjectivesAbove returns upper bounds of a network's objective in the program p of
// squares, loss + beta sum_j |alpha_j| |w_j|, and of its own, with weight decay. It
// may be any network of ReLU-like units: other than Recoverer.Evaluate this goes by
// the values of the units, not by their cells. The sums, row by row in float64, are
// enlarged by the largest rounding errors that sums of so many terms can have.
func ObjectivesAbove(p *Problem, x operator.Design, net *Network) (primal, own float64) {
	n, d := x.Dims()
	unit := float64(n+2*d+2*len(net.Neurons)+16) * 0x1p-52
	loss := 0.0
	for i := range n {
		z, size := net.Constant, math.Abs(net.Constant)+math.Abs(p.Y[i])
		for _, u := range net.Neurons {
			z += u.Alpha * p.Activation.Of(operator.DotRow(x, i, u.W))
			size += math.Abs(u.Alpha) * operator.AbsDotRow(x, i, u.W)
		}
		e := math.Abs(z-p.Y[i]) + unit*size
		loss += e * e
	}
	loss /= 2 * float64(n)
	norms, decay := 0.0, 0.0
	for _, u := range net.Neurons {
		w := floats.Norm(u.W, 2)
		norms += math.Abs(u.Alpha) * w
		decay += (w*w + u.Alpha*u.Alpha) / 2
	}
	return (loss + p.Beta*norms) * (1 + unit), (loss + p.Beta*decay) * (1 + unit)
}
