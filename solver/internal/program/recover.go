package program

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// Point is a feasible point of the program as a network, with what is known of
// its objective.
type Point struct {
	Net       Network
	Objective float64 // upper bound of the program's objective
	Own       float64 // upper bound of the network's own objective
	Nu        []float64
	Pred      []float64 // predictions, of losses other than squares
}

// Recoverer turns blocks u_j into neurons.
type Recoverer struct {
	P       *Problem
	X       operator.Design
	RowNorm []float64
	Zero    []int
}

// Neuron is w = u/sqrt|u|, alpha = s sqrt|u|, moved into the interior of its
// cone (see Repair); for a gated block w = u with the gate of its cell. It is not ok
// where no point inside could be reached.
func (rc *Recoverer) Neuron(b operator.Block, u, centre []float64) (nr Neuron, ok bool) {
	w := make([]float64, len(u))
	norm := floats.Norm(u, 2)
	if rc.P.Activation.Gated {
		copy(w, u)
		return Neuron{Cell: b.Cell, Gate: rc.P.Cells[b.Cell].Gate, W: w, Alpha: 1}, true
	}
	root := math.Sqrt(norm)
	floats.ScaleTo(w, 1/root, u)
	ok = rc.Repair(w, b.Cell, centre)
	return Neuron{Cell: b.Cell, W: w, Alpha: b.Sign * floats.Norm(w, 2)}, ok
}

// Repair moves w into the interior of its cell, along centre or, where that leads
// nowhere, along the cell's gate. In cells that are thinner than rounding shows no
// point may be reached: then it returns false, and w is as it was.
func (rc *Recoverer) Repair(w []float64, cell int, centre []float64) bool {
	return rc.moveInside(w, cell, centre) || rc.moveInside(w, cell, rc.P.Cells[cell].Gate)
}

// moves is the largest number of them towards a point inside: one does but for the
// rounding of what it adds.
const moves = 60

// moveInside moves w by the smallest multiple of inside for which s_i x_i.w exceeds
// the rounding error of its evaluation at every row with x_i != 0: then S X w >= 0
// holds in exact arithmetic.
func (rc *Recoverer) moveInside(w []float64, cell int, inside []float64) bool {
	n, d := rc.X.Dims()
	signs, zw, zc := make([]float64, n), operator.NewGeneral(1, n), operator.NewGeneral(1, n)
	operator.Signs(signs, rc.P.Cells[cell].Pattern)
	rc.X.Mul(zc, blas64.General{Rows: 1, Cols: d, Stride: d, Data: inside})
	u := operator.Roundoff(d)
	size := floats.Norm(inside, 2)
	moved := slices.Clone(w)
	for range moves {
		rc.X.Mul(zw, blas64.General{Rows: 1, Cols: d, Stride: d, Data: moved})
		wn, shift := floats.Norm(moved, 2), 0.0
		if math.IsInf(wn, 0) || math.IsNaN(wn) {
			return false
		}
		for i, s := range signs {
			lack := u*wn*rc.RowNorm[i] - s*zw.Data[i]
			if lack > 0 && rc.RowNorm[i] > 0 {
				margin := s*zc.Data[i] - u*size*rc.RowNorm[i]
				if !(margin > 0) {
					return false // inside is not, by more than rounding
				}
				shift = max(shift, 2*lack/margin)
			}
		}
		if shift == 0 {
			copy(w, moved)
			return true
		}
		floats.AddScaled(moved, shift, inside)
	}
	return false
}

// Evaluate fills in the objectives and nu of a feasible network. The error of
// every prediction is at most roundoff (sum_j |alpha_j| |w_j| |x_i| + |c|),
// whatever the order of summation.
func (rc *Recoverer) Evaluate(pt *Point) {
	n, d := rc.X.Dims()
	k := len(pt.Net.Neurons)
	pred, active := make([]float64, n), make([]float64, n) // active: sum of |alpha| |w| of the neurons at the row, times its slope
	size, decay := 0.0, 0.0
	for i := range pred {
		pred[i] = pt.Net.Constant
	}
	if k > 0 {
		w, z := operator.NewGeneral(k, d), operator.NewGeneral(k, n)
		for j, nr := range pt.Net.Neurons {
			copy(operator.RowOf(w, j), nr.W)
		}
		rc.X.Mul(z, w)
		mask := make([]float64, n)
		for j, nr := range pt.Net.Neurons {
			rc.P.Activation.Diagonal(mask, rc.P.Cells[nr.Cell].Pattern)
			wn := floats.Norm(nr.W, 2)
			for i, v := range operator.RowOf(z, j) {
				pred[i] += nr.Alpha * mask[i] * v
				active[i] += math.Abs(nr.Alpha) * wn * math.Abs(mask[i])
			}
			size += math.Abs(nr.Alpha) * wn
			decay += (wn*wn + nr.Alpha*nr.Alpha) / 2
		}
	}
	if rc.P.Activation.Gated {
		decay = size
	}
	pt.Nu = make([]float64, n)
	u := operator.Roundoff(d + k + 4)
	if k == 0 {
		u = 0 // the prediction is the constant, exactly
	}
	e := make([]float64, n)
	for i := range e {
		e[i] = u * (active[i]*rc.RowNorm[i] + math.Abs(pt.Net.Constant))
	}
	pt.Objective, pt.Own = rc.P.objectivesAbove(pred, e, size, decay, operator.Roundoff(d+k+8))
	if k == 0 {
		rc.P.LossOrSquared().NullDual(pt.Nu, rc.P.Y, pt.Net.Constant, rc.P.Intercept)
	} else {
		rc.P.LossOrSquared().Residual(pt.Nu, pred, rc.P.Y)
	}
	pt.Pred = pred
}
