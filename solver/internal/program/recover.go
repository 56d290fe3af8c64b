package program

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
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
	nr = rc.unmoved(b, u)
	ok = rc.P.Activation.Gated || rc.Repair(nr.W, b.Cell, centre)
	return rc.scaled(nr, b), ok
}

// Neurons is Neuron for each row of u, whose products are made together.
func (rc *Recoverer) Neurons(b []operator.Block, u blas64.General, centre [][]float64) (nr []Neuron, ok []bool) {
	nr = make([]Neuron, u.Rows)
	for k := range nr {
		nr[k] = rc.unmoved(b[k], operator.RowOf(u, k))
	}
	ok = rc.RepairEach(nr, func(k int) []float64 { return centre[k] })
	for k := range nr {
		nr[k] = rc.scaled(nr[k], b[k])
	}
	return nr, ok
}

// RepairEach is Repair for the neurons, whose products are made together. It asks for the centres that it needs, from
// several goroutines.
func (rc *Recoverer) RepairEach(neurons []Neuron, centre func(k int) []float64) (ok []bool) {
	if rc.P.Activation.Gated {
		return slices.Repeat([]bool{true}, len(neurons))
	}
	n, d := rc.X.Dims()
	ok = make([]bool, 0, len(neurons))
	for some := range slices.Chunk(neurons, operator.RowsAtOnce(n)) {
		w, z, first := operator.NewGeneral(len(some), d), operator.NewGeneral(len(some), n), len(ok)
		for k, nr := range some {
			copy(operator.RowOf(w, k), nr.W)
		}
		rc.X.Mul(z, w)
		ok = ok[:first+len(some)]
		operator.Parallel(len(some), func(k int) {
			nr := some[k]
			ok[first+k] = rc.inside(nr.W, operator.RowOf(z, k), rc.P.Cells[nr.Cell].Pattern) || rc.Repair(nr.W, nr.Cell, centre(first+k))
		})
	}
	return ok
}

// unmoved is the neuron of u, wherever that is.
func (rc *Recoverer) unmoved(b operator.Block, u []float64) Neuron {
	w := slices.Clone(u)
	if rc.P.Activation.Gated {
		return Neuron{Cell: b.Cell, Gate: rc.P.Cells[b.Cell].Gate, W: w, Alpha: 1}
	}
	floats.Scale(1/math.Sqrt(floats.Norm(u, 2)), w)
	return Neuron{Cell: b.Cell, W: w}
}

// scaled has the output weight that w asks for.
func (rc *Recoverer) scaled(nr Neuron, b operator.Block) Neuron {
	if !rc.P.Activation.Gated {
		nr.Alpha = b.Sign * floats.Norm(nr.W, 2)
	}
	return nr
}

// inside says that products z with w show s_i x_i.w >= 0 whatever their rounding.
func (rc *Recoverer) inside(w, z []float64, p hyperplane.Pattern) bool {
	_, d := rc.X.Dims()
	least := operator.Roundoff(d) * floats.Norm(w, 2)
	if math.IsInf(least, 0) || math.IsNaN(least) {
		return false
	}
	for i, v := range z {
		if least*rc.RowNorm[i]-p.Sign(i)*v > 0 && rc.RowNorm[i] > 0 {
			return false
		}
	}
	return true
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
	pattern := rc.P.Cells[cell].Pattern
	zw, zc := operator.NewGeneral(1, n), blas64.General{}
	u := operator.Roundoff(d)
	size := floats.Norm(inside, 2)
	moved := slices.Clone(w)
	for range moves {
		rc.X.Mul(zw, blas64.General{Rows: 1, Cols: d, Stride: d, Data: moved})
		if rc.inside(moved, zw.Data, pattern) {
			copy(w, moved)
			return true
		}
		wn, shift := floats.Norm(moved, 2), 0.0
		if math.IsInf(wn, 0) || math.IsNaN(wn) {
			return false
		}
		if zc.Data == nil {
			zc = operator.NewGeneral(1, n)
			rc.X.Mul(zc, blas64.General{Rows: 1, Cols: d, Stride: d, Data: inside})
		}
		for i := range n {
			s := pattern.Sign(i)
			lack := u*wn*rc.RowNorm[i] - s*zw.Data[i]
			if lack > 0 && rc.RowNorm[i] > 0 {
				margin := s*zc.Data[i] - u*size*rc.RowNorm[i]
				if !(margin > 0) {
					return false // inside is not, by more than rounding
				}
				shift = max(shift, 2*lack/margin)
			}
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
		w, norm := operator.NewGeneral(k, d), make([]float64, k)
		for j, nr := range pt.Net.Neurons {
			copy(operator.RowOf(w, j), nr.W)
			norm[j] = floats.Norm(nr.W, 2)
			size += math.Abs(nr.Alpha) * norm[j]
			decay += (norm[j]*norm[j] + nr.Alpha*nr.Alpha) / 2
		}
		rc.predict(pred, active, pt.Net.Neurons, w, norm)
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

// predict adds to pred (n) what the neurons of weights w (k x d) and their norms are at every
// row, and to active (n) the sum of |alpha| |w| of those that are active there, times the slope.
func (rc *Recoverer) predict(pred, active []float64, neurons []Neuron, w blas64.General, norm []float64) {
	const least, products = 64, 1 << 16 // rows of a block, with the words of a pattern; and its products, 512 kB
	blocks := operator.RowBlocks(rc.X, max(least, min(predictedRows, products/w.Rows/64*64)))
	rows := blocks[0].Rows()
	operator.BookMul(rc.X, w.Rows)
	space := make([][]float64, operator.MaxWorkers())
	operator.ParallelWorkers(len(blocks), func(worker, i int) {
		if space[worker] == nil {
			space[worker] = make([]float64, (w.Rows+1)*rows)
		}
		b := &blocks[i]
		mask := space[worker][:b.Rows()]
		z := blas64.General{Rows: w.Rows, Cols: b.Rows(), Stride: b.Rows(), Data: space[worker][rows:]}
		b.Mul(z, w)
		pred, active := pred[b.Lo:b.Hi], active[b.Lo:b.Hi]
		for j, nr := range neurons {
			rc.P.Activation.DiagonalOf(mask, rc.P.Cells[nr.Cell].Pattern.Words()[b.Lo/64:])
			for i, v := range operator.RowOf(z, j) {
				pred[i] += nr.Alpha * mask[i] * v
				active[i] += math.Abs(nr.Alpha) * norm[j] * math.Abs(mask[i])
			}
		}
	})
}
