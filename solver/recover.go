package solver

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// point is a feasible point of the program as a network, with what is known of
// its objective.
type point struct {
	net       Network
	objective float64 // upper bound of the program's objective
	own       float64 // upper bound of the network's own objective
	nu        []float64
	pred      []float64 // predictions, of losses other than squares
}

// recoverer turns blocks u_j into neurons.
type recoverer struct {
	p       *Problem
	x       design
	rowNorm []float64
	zero    []int
}

// neuron is w = u/sqrt|u|, alpha = s sqrt|u|, moved into the interior of its
// cone (see repair); for a gated block w = u with the gate of its cell.
func (rc *recoverer) neuron(b block, u, centre []float64) (Neuron, error) {
	w := make([]float64, len(u))
	norm := floats.Norm(u, 2)
	if rc.p.Activation == Gated {
		copy(w, u)
		return Neuron{Cell: b.cell, Gate: rc.p.Cells[b.cell].Gate, W: w, Alpha: 1}, nil
	}
	root := math.Sqrt(norm)
	floats.ScaleTo(w, 1/root, u)
	if err := rc.repair(w, b.cell, centre); err != nil {
		return Neuron{}, err
	}
	return Neuron{Cell: b.cell, W: w, Alpha: b.sign * floats.Norm(w, 2)}, nil
}

// repair moves w by the smallest multiple of the cell's centre for which
// s_i x_i.w exceeds the rounding error of its evaluation at every row with
// x_i != 0: then S X w >= 0 holds in exact arithmetic.
func (rc *recoverer) repair(w []float64, cell int, centre []float64) error {
	n, d := rc.x.dims()
	mask, zw, zc := make([]float64, n), newGeneral(1, n), newGeneral(1, n)
	fillMask(mask, rc.p.Cells[cell].Pattern)
	rc.x.mul(zc, blas64.General{Rows: 1, Cols: d, Stride: d, Data: centre})
	u := roundoff(d)
	for range 60 {
		rc.x.mul(zw, blas64.General{Rows: 1, Cols: d, Stride: d, Data: w})
		wn, shift := floats.Norm(w, 2), 0.0
		for i, a := range mask {
			s := 2*a - 1
			lack := u*wn*rc.rowNorm[i] - s*zw.Data[i]
			if lack > 0 && rc.rowNorm[i] > 0 {
				margin := s*zc.Data[i] - u*rc.rowNorm[i]
				if !(margin > 0) {
					return fmt.Errorf("solver: cell %d has no gate inside it by more than rounding at row %d", cell, i)
				}
				shift = max(shift, 2*lack/margin)
			}
		}
		if shift == 0 {
			return nil
		}
		floats.AddScaled(w, shift, centre)
	}
	return fmt.Errorf("solver: no point inside cell %d could be reached", cell)
}

// evaluate fills in the objectives and nu of a feasible network. The error of
// every prediction is at most roundoff (sum_j |alpha_j| |w_j| |x_i| + |c|),
// whatever the order of summation.
func (rc *recoverer) evaluate(pt *point) {
	n, d := rc.x.dims()
	k := len(pt.net.Neurons)
	pred, active := make([]float64, n), make([]float64, n) // active: sum of |alpha| |w| of the neurons active at the row
	size, decay := 0.0, 0.0
	for i := range pred {
		pred[i] = pt.net.Constant
	}
	if k > 0 {
		w, z := newGeneral(k, d), newGeneral(k, n)
		for j, nr := range pt.net.Neurons {
			copy(rowOf(w, j), nr.W)
		}
		rc.x.mul(z, w)
		mask := make([]float64, n)
		for j, nr := range pt.net.Neurons {
			fillMask(mask, rc.p.Cells[nr.Cell].Pattern)
			wn := floats.Norm(nr.W, 2)
			for i, v := range rowOf(z, j) {
				pred[i] += nr.Alpha * mask[i] * v
				active[i] += math.Abs(nr.Alpha) * wn * mask[i]
			}
			size += math.Abs(nr.Alpha) * wn
			decay += (wn*wn + nr.Alpha*nr.Alpha) / 2
		}
	}
	if rc.p.Activation == Gated {
		decay = size
	}
	pt.nu = make([]float64, n)
	u := roundoff(d + k + 4)
	if k == 0 {
		u = 0 // the prediction is the constant, exactly
	}
	if rc.p.LossOrSquared() != Squared {
		rc.evaluateLoss(pt, pred, active, size, decay, u)
		return
	}
	sum := 0.0
	for i, y := range rc.p.Y {
		pt.nu[i] = y - pred[i]
		e := math.Abs(pt.nu[i])*(1+0x1p-52) + u*(size*rc.rowNorm[i]+math.Abs(pt.net.Constant)+math.Abs(y))
		sum += e * e
	}
	up := 1 + roundoff(n+d+k+8)
	loss := sum / float64(2*n) * up
	pt.objective = (loss + rc.p.Beta*size*up) * (1 + 0x1p-51)
	pt.own = (loss + rc.p.Beta*decay*up) * (1 + 0x1p-51)
}

// evaluateLoss is the end of evaluate for the losses other than squares.
func (rc *recoverer) evaluateLoss(pt *point, pred, active []float64, size, decay, u float64) {
	e := make([]float64, len(pred))
	for i := range e {
		e[i] = u * (active[i]*rc.rowNorm[i] + math.Abs(pt.net.Constant))
	}
	_, d := rc.x.dims()
	up := 1 + roundoff(d+len(pt.net.Neurons)+8)
	loss := rc.p.LossOrSquared().valueAbove(pred, e, rc.p.Y)
	pt.objective = (loss + rc.p.Beta*size*up) * (1 + 0x1p-51)
	pt.own = (loss + rc.p.Beta*decay*up) * (1 + 0x1p-51)
	if len(pt.net.Neurons) == 0 {
		rc.p.LossOrSquared().idle(pt.nu, rc.p.Y, pt.net.Constant, rc.p.Intercept)
	} else {
		rc.p.LossOrSquared().Residual(pt.nu, pred, rc.p.Y)
	}
	pt.pred = pred
}
