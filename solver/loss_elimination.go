package solver

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// elimination adds the data term to the Newton system of the blocks:
//
//	sum over sides, samples of weight_i (f_i - m)(f_i - m)',   f_i the rows of F
//
// with the m (dB) of the side that stems from its eliminated offset.
type elimination struct {
	term      dataTerm
	op        *operators
	intercept bool
	shift     [2][]float64
	chunk     blas64.General // rows of F, weighted
	zero, fdu []float64
	goal      []float64 // -(r + dr) at du = 0
}

const eliminationRows = 256

func newElimination(term dataTerm, op *operators, intercept bool) *elimination {
	size := len(op.blocks) * op.d
	e := &elimination{term: term, op: op, intercept: intercept, chunk: newGeneral(min(eliminationRows, op.n), size)}
	for k := range e.shift {
		e.shift[k] = make([]float64, size)
	}
	e.zero, e.fdu, e.goal = make([]float64, op.n), make([]float64, op.n), make([]float64, op.n)
	return e
}

// means sets the shifts of the sides; rows is B x n scratch.
func (e *elimination) means(rows blas64.General) {
	_, epigraph := e.term.(*maxTerm)
	sides := e.term.sides()
	total := 0.0
	for k, s := range sides {
		sum := floats.Sum(s.weight)
		total += sum
		if !e.intercept && !epigraph {
			continue
		}
		e.op.signedRows(rows, s.weight, blas64.General{})
		e.op.x.mulTrans(e.op.perBlock(e.shift[k]), rows)
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

// addTo sets the upper triangle of system (dB x dB) to the term's part.
func (e *elimination) addTo(system blas64.Symmetric, rows blas64.General) {
	e.means(rows)
	clear(system.Data)
	for k, s := range e.term.sides() {
		for lo := 0; lo < e.op.n; lo += e.chunk.Rows {
			hi := min(lo+e.chunk.Rows, e.op.n)
			parallel(hi-lo, func(i int) { e.fill(rowOf(e.chunk, i), lo+i, s.weight[lo+i], e.shift[k]) })
			part := e.chunk
			part.Rows = hi - lo
			blas64.Syrk(blas.Trans, 1, part, 1, system)
		}
	}
}

// fill sets dst to sqrt(weight) (f_i - shift).
func (e *elimination) fill(dst []float64, i int, weight float64, shift []float64) {
	root := math.Sqrt(weight)
	floats.ScaleTo(dst, -root, shift)
	n, d := e.op.n, e.op.d
	e.op.x.row(i, func(col int, v float64) {
		v *= root
		for j, b := range e.op.blocks {
			dst[j*d+col] += b.sign * e.op.mask.Data[j*n+i] * v
		}
	})
}

// curvature overwrites f = F p with what the weights make of it, the offsets
// that belong to f included: sum over sides of weight o (f + offset 1).
func (e *elimination) curvature(f []float64) {
	_, epigraph := e.term.(*maxTerm)
	sides := e.term.sides()
	var mean [2]float64
	var sum [2]float64
	for k, s := range sides {
		mean[k], sum[k] = floats.Dot(s.weight, f), floats.Sum(s.weight)
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
			f[i] += s.weight[i] * (v - mean[k])
		}
	}
}

// aim sets the term's target and the goal.
func (e *elimination) aim(target float64, corrected bool) {
	e.term.aim(target, corrected)
	e.term.offsets(e.zero)
	floats.ScaleTo(e.goal, -1, e.term.base())
	for _, s := range e.term.sides() {
		floats.AddScaled(e.goal, -s.offset, s.weight)
	}
}

// direction follows up the step du, given z with X du_j in row j.
func (e *elimination) direction(z blas64.General) {
	e.op.predict(e.fdu, z)
	e.term.offsets(e.fdu)
	e.term.direction(e.fdu)
}
