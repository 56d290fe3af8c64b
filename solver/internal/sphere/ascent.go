package sphere

import (
	"context"
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/parallel"
	"multigrade/solver/internal/operator"
)

// ascent looks for neurons with a large |nu'phi(Xw)| (gated: |X'D_g nu| for a
// gate g), many at a time: a batch is W (m x d), and a step costs the products
// X W' and (nu o phi'(XW'))'X.
//
// On the cell of w the function s nu'phi(Xw) is linear, with the gradient
// c = s X'A nu, so its maximum over the unit sphere is at c/|c| if that lies in
// the cell. A step goes there, w <- (1 - theta) w + theta c/|c| normalised;
// where that does not increase the value, theta is halved.
//
// Batches are independent of each other, and each goes through X in blocks of rows that
// stay in the cache together with their part of X W'.
type ascent struct {
	x          operator.Design
	blocks     []operator.RowBlock
	d          int
	activation operator.Activation
	spaces     parallel.FreeList[ascentSpace]
	enough     float64 // the relative gain of a step up to which a row has arrived
}

const (
	ascentSteps = 30
	ascentRows  = 256 // of X at a time
	// A row has arrived where the most on its cell, |c|, is no more than that above its value, or
	// where it is held by walls: a step of the shortest theta is not uphill.
	arrived  = 1e-12
	shortest = 1e-6
	// Rows of W at a time: the more the better for the products, as long as there are
	// ascentBatches for the processors. CPU seconds of the products per entry of X W', rows
	// of 10 numbers: 1.1e-9 with 24, .95e-9 with 32, .9e-9 with 48 and .76e-9 with 96.
	fewestBatch, largestBatch = 24, 96
	ascentBatches             = 8
)

// batch is the number of rows of W at a time, of m altogether.
func batch(m int) int {
	return max(fewestBatch, min(largestBatch, (m+ascentBatches-1)/ascentBatches))
}

// ascentSpace is the memory of a batch.
type ascentSpace struct {
	z    []float64      // batch x rows of a block
	c, u blas64.General // batch x d: the gradients, and for gates these as unit vectors
}

// AscentWork is about the cost of an ascent from one start, on n rows of so many entries.
func AscentWork(n, stored float64) float64 { return ascentSteps * passWork(n, stored) }

// slopeWork of a row, whose product is in the cache.
const slopeWork = 6

// passWork of one row of W.
func passWork(n, stored float64) float64 { return 4*stored + slopeWork*n }

func newAscent(x operator.Design, activation operator.Activation) *ascent {
	_, d := x.Dims()
	return &ascent{x: x, blocks: operator.RowBlocks(x, ascentRows), d: d, activation: activation}
}

// space is memory that no batch uses.
func (a *ascent) space() *ascentSpace {
	if s := a.spaces.Take(); s != nil {
		return s
	}
	return &ascentSpace{
		z: make([]float64, largestBatch*a.blocks[0].Rows()),
		c: operator.NewGeneral(largestBatch, a.d), u: operator.NewGeneral(largestBatch, a.d),
	}
}

// Climb moves each row of w (m x d) uphill in place, and returns the values
// reached. Rows end as unit vectors.
func (a *ascent) Climb(ctx context.Context, w blas64.General, nu []float64) []float64 {
	value := make([]float64, w.Rows)
	size := batch(w.Rows)
	operator.Parallel((w.Rows+size-1)/size, func(at int) {
		if ctx.Err() != nil {
			return
		}
		lo := at * size
		k := min(size, w.Rows-lo)
		part := blas64.General{Rows: k, Cols: a.d, Stride: a.d, Data: w.Data[lo*a.d : (lo+k)*a.d]}
		s := a.space()
		a.climb(ctx, s, part, nu, value[lo:lo+k])
		a.spaces.Give(s)
	})
	return value
}

// climb is the ascent of a batch. Rows that are where they go are left out of the steps to come.
func (a *ascent) climb(ctx context.Context, s *ascentSpace, w blas64.General, nu, value []float64) {
	k := w.Rows
	trial, next := operator.NewGeneral(k, a.d), operator.NewGeneral(k, a.d)
	theta, reached, going := make([]float64, k), make([]float64, k), make([]int, k)
	for j := range k {
		theta[j], going[j] = 1, j
		operator.Normalise(operator.RowOf(w, j))
	}
	copy(trial.Data, w.Data)
	for step := 0; step < ascentSteps && len(going) > 0 && ctx.Err() == nil; step++ {
		c := a.evaluate(s, operator.FirstRows(trial, len(going)), nu, reached)
		on := going[:0]
		for i, j := range going {
			wj, nj := operator.RowOf(w, j), operator.RowOf(next, j)
			if step == 0 || reached[i] > value[j]*(1+1e-13) {
				slow := step > 0 && reached[i] <= value[j]*(1+a.enough)
				value[j] = reached[i]
				copy(wj, operator.RowOf(trial, i))
				copy(nj, operator.RowOf(c, i))
				if size := floats.Norm(nj, 2); size > 0 {
					floats.Scale(1/size, nj)
					if !a.activation.Gated && size <= value[j]*(1+arrived) {
						continue
					}
				}
				if slow {
					continue
				}
				theta[j] = math.Min(1, 2*theta[j])
			} else if theta[j] /= 4; theta[j] < shortest {
				continue
			}
			tj := operator.RowOf(trial, len(on))
			floats.ScaleTo(tj, 1-theta[j], wj)
			floats.AddScaled(tj, theta[j], nj)
			operator.Normalise(tj)
			on = append(on, j)
		}
		going = on
	}
}

// evaluate sets reached to the values at the rows of w, and returns the directions to go.
func (a *ascent) evaluate(s *ascentSpace, w blas64.General, nu, reached []float64) (c blas64.General) {
	c = a.pass(s, w, nu, slopes, a.activation.Slope)
	if a.activation.Gated {
		for j := range reached {
			reached[j] = floats.Norm(operator.RowOf(c, j), 2)
			operator.Normalise(operator.RowOf(c, j))
		}
		copy(s.u.Data, c.Data)
		return a.pass(s, operator.FirstRows(s.u, w.Rows), nu, weighted, 0)
	}
	for j := range reached {
		v := floats.Dot(operator.RowOf(c, j), operator.RowOf(w, j))
		reached[j] = math.Abs(v)
		if v < 0 {
			floats.Scale(-1, operator.RowOf(c, j))
		}
	}
	return c
}

// pass goes through the blocks of X: it makes Z of W, f of Z and nu, and returns C = f(Z) X.
func (a *ascent) pass(s *ascentSpace, w blas64.General, nu []float64, f func(z, nu []float64, slope float64), slope float64) blas64.General {
	c := operator.FirstRows(s.c, w.Rows)
	for b := range a.blocks {
		block := &a.blocks[b]
		n := block.Rows()
		z := blas64.General{Rows: w.Rows, Cols: n, Stride: n, Data: s.z[:w.Rows*n]}
		block.Mul(z, w)
		for j := range w.Rows {
			f(operator.RowOf(z, j), nu[block.Lo:block.Hi], slope)
		}
		block.AddTrans(min(1, float64(b)), c, z)
	}
	a.x.Book(float64(w.Rows) * passWork(float64(len(nu)), float64(a.x.Stored())))
	return c
}

// slopes makes of every z_i the slope nu_i phi'(z_i). It chooses between words by a mask, which
// takes no jump: one that half of all rows take costs eight times as much as the rest.
func slopes(z, nu []float64, slope float64) {
	nu = nu[:len(z)]
	if slope == 0 {
		for i, t := range z {
			z[i] = math.Float64frombits(math.Float64bits(nu[i]) & positive(t))
		}
		return
	}
	for i, t := range z {
		active := positive(t)
		z[i] = math.Float64frombits(math.Float64bits(nu[i])&active | math.Float64bits(slope*nu[i])&^active)
	}
}

// positive is a word of ones where t > 0, else of zeros: the sign of ^b & -b is set where the
// bits b of t are those of a positive number.
func positive(t float64) uint64 {
	b := int64(math.Float64bits(t))
	return uint64((^b & -b) >> 63)
}

// weighted is the gated step. The value of gate g is |c|, c = X'D_g nu; with the
// unit u = c/|c| fixed it is the sum of nu_i x_i.u over the active rows, so the
// best gate separates the rows by the sign of nu_i x_i.u. The direction to go is
// a cheap attempt at that, X'(nu o Xu).
func weighted(z, nu []float64, _ float64) { floats.Mul(z, nu) }
