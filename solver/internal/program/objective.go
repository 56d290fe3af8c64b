package program

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/internal/parallel"
	"multigrade/solver/internal/operator"
)

// objectivesAbove returns upper bounds of the objective in the program, loss + beta sum_j
// |alpha_j| |w_j| with the sum as size, and of the network's own, with weight decay,
// sum_j (|w_j|^2 + alpha_j^2)/2 as decay. The predictions (n) are known to within e (n);
// size and decay each to within a share of rounding.
func (p *Problem) objectivesAbove(pred, e []float64, size, decay, rounding float64) (primal, own float64) {
	loss := p.LossOrSquared().ValueAbove(pred, e, p.Y)
	up, last := p.Beta*(1+rounding), 1+0x1p-51
	return (loss + up*size) * last, (loss + up*decay) * last
}

// predictedRows are predicted together.
const predictedRows = 1024

// ObjectivesAbove returns the upper bounds of any network of ReLU-like units: other than
// Recoverer.Evaluate this goes by the values of the units, not by their cells. The sums,
// row by row in float64, are enlarged by the largest rounding errors that sums of so many
// terms can have.
func ObjectivesAbove(p *Problem, x operator.Design, net *Network) (primal, own float64) {
	n, d := x.Dims()
	unit := operator.Roundoff(2*d + 2*len(net.Neurons) + 16)
	pred, e := make([]float64, n), make([]float64, n)
	parallel.Chunks(n, predictedRows, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			ind, val := x.Entries(i)
			z, terms := net.Constant, math.Abs(net.Constant)
			for _, u := range net.Neurons {
				dot, abs := operator.DotSizeRow(ind, val, u.W)
				z += float64(u.Alpha * p.Activation.Of(dot))
				terms += float64(math.Abs(u.Alpha) * abs)
			}
			pred[i], e[i] = z, unit*terms
		}
	})
	size, decay := 0.0, 0.0
	for _, u := range net.Neurons {
		w := floats.Norm(u.W, 2)
		size += math.Abs(u.Alpha) * w
		decay += (w*w + u.Alpha*u.Alpha) / 2
	}
	return p.objectivesAbove(pred, e, size, decay, unit)
}
