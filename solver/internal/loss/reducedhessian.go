package loss

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// ReducedHessian is the Hessian of the data term over the blocks with the offsets
// (the intercept, the level of linf) eliminated, as it enters the Newton system:
//
//	sum over sides, samples of weight_i (f_i - m)(f_i - m)',   f_i the rows of F
//
// with the m (dB) of the side that stems from its eliminated offset.
type ReducedHessian struct {
	Term      DataTerm
	op        *operator.Operators
	intercept bool
	shift     [2][]float64
	chunk     blas64.General // rows of F, weighted
	zero, fdu []float64
	Goal      []float64 // -(r + dr) at du = 0
}

const hessianRows = 256

func NewReducedHessian(term DataTerm, op *operator.Operators, intercept bool) *ReducedHessian {
	size := len(op.Blocks) * op.D
	e := &ReducedHessian{Term: term, op: op, intercept: intercept, chunk: operator.NewGeneral(min(hessianRows, op.N), size)}
	for k := range e.shift {
		e.shift[k] = make([]float64, size)
	}
	e.zero, e.fdu, e.Goal = make([]float64, op.N), make([]float64, op.N), make([]float64, op.N)
	return e
}

// means sets the shifts of the sides; rows is B x n scratch.
func (e *ReducedHessian) means(rows blas64.General) {
	_, epigraph := e.Term.(*maxTerm)
	sides := e.Term.Sides()
	total := 0.0
	for k, s := range sides {
		sum := floats.Sum(s.Weight)
		total += sum
		if !e.intercept && !epigraph {
			continue
		}
		e.op.SignedRows(rows, s.Weight, blas64.General{})
		e.op.X.MulTrans(e.op.PerBlock(e.shift[k]), rows)
		if e.intercept {
			floats.Scale(1/sum, e.shift[k])
		}
	}
	if !e.intercept && epigraph {
		// one unknown dtau, offsets -dtau and dtau
		floats.Sub(e.shift[0], e.shift[1])
		floats.Scale(1/total, e.shift[0])
		floats.ScaleTo(e.shift[1], -1, e.shift[0])
	}
}

// AddTo sets the upper triangle of system (dB x dB) to the term's part.
func (e *ReducedHessian) AddTo(system blas64.Symmetric, rows blas64.General) {
	e.means(rows)
	clear(system.Data)
	for k, s := range e.Term.Sides() {
		for lo := 0; lo < e.op.N; lo += e.chunk.Rows {
			hi := min(lo+e.chunk.Rows, e.op.N)
			operator.Parallel(hi-lo, func(i int) { e.fill(operator.RowOf(e.chunk, i), lo+i, s.Weight[lo+i], e.shift[k]) })
			part := e.chunk
			part.Rows = hi - lo
			e.op.X.Book(float64(part.Rows) * float64(system.N) * float64(system.N+operator.PassWork))
			dense.Syrk(blas.Trans, 1, part, 1, system)
		}
	}
}

// fill sets dst to sqrt(weight) (f_i - shift).
func (e *ReducedHessian) fill(dst []float64, i int, weight float64, shift []float64) {
	root := math.Sqrt(weight)
	floats.ScaleTo(dst, -root, shift)
	n, d := e.op.N, e.op.D
	e.op.X.Row(i, func(col int, v float64) {
		v *= root
		for j, b := range e.op.Blocks {
			dst[j*d+col] += b.Sign * e.op.Mask.Data[j*n+i] * v
		}
	})
}

// Curvature overwrites f = F p with what the weights make of it, the offsets
// that belong to f included: sum over sides of weight o (f + offset 1).
func (e *ReducedHessian) Curvature(f []float64) {
	_, epigraph := e.Term.(*maxTerm)
	sides := e.Term.Sides()
	var mean [2]float64
	var sum [2]float64
	for k, s := range sides {
		mean[k], sum[k] = floats.Dot(s.Weight, f), floats.Sum(s.Weight)
	}
	switch {
	case e.intercept:
		for k := range sides {
			mean[k] /= sum[k]
		}
	case epigraph:
		mean[0] = (mean[0] - mean[1]) / (sum[0] + sum[1])
		mean[1] = -mean[0]
	default:
		mean[0] = 0
	}
	for i, v := range f {
		f[i] = 0
		for k, s := range sides {
			f[i] += s.Weight[i] * (v - mean[k])
		}
	}
}

// Aim sets the term's target and the goal.
func (e *ReducedHessian) Aim(target float64, corrected bool) {
	e.Term.aim(target, corrected)
	e.goal()
}

// goal sets the goal from the term's target.
func (e *ReducedHessian) goal() {
	e.Term.offsets(e.zero)
	floats.ScaleTo(e.Goal, -1, e.Term.base())
	for _, s := range e.Term.Sides() {
		floats.AddScaled(e.Goal, -s.offset, s.Weight)
	}
}

// Recentres reports whether Recentre has an effect.
func (e *ReducedHessian) Recentres() bool {
	_, ok := e.Term.(recentring)
	return ok
}

// Recentre moves the target of the pairs that a step of alpha along the direction would bring out of
// [low, high].
func (e *ReducedHessian) Recentre(alpha, low, high float64) {
	e.Term.(recentring).recentre(alpha, low, high)
	e.goal()
}

// Revert undoes the last Recentre.
func (e *ReducedHessian) Revert() {
	e.Term.(recentring).revert()
	e.goal()
}

// recentring is a term with pairs of which those that a step brings out of step are given targets of their own.
type recentring interface {
	// recentre changes base, as aim has set it, for the last direction.
	recentre(alpha, low, high float64)
	// revert undoes it.
	revert()
}

// Recentring is what a product of a pair has to change by to lie in [low, high], if it is
// too large by high at most.
func Recentring(product, low, high float64) float64 {
	switch {
	case product < low:
		return low - product
	case product > high:
		return max(high-product, -high)
	}
	return 0
}

// Direction follows up the step du, given z with X du_j in row j.
func (e *ReducedHessian) Direction(z blas64.General) {
	e.op.Predict(e.fdu, z)
	e.Term.offsets(e.fdu)
	e.Term.direction(e.fdu)
}
