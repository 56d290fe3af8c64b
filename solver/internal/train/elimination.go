package train

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// Eliminate removes neurons from v until keep are left, one after the other the
// one that is missed least once the output weights of the others are fitted
// again: with G = H'H/n + beta I_0, H = [relu(XW'), 1], I_0 the identity without
// the entry of the constant, b = H'y/n and the fitted weights a = G^{-1}b, removing neuron j costs a_j^2 / (G^{-1})_jj, and leaves G^{-1}
// and a with the rest of rank one that cancels row j.
func (t *FixedWidth) Eliminate(v []float64, keep int) []float64 {
	m := t.Width(v)
	inverse, a, ok := t.fitOutputs(v)
	gone := make([]bool, m+1)
	gone[m] = true // the constant is not up for choice
	for left := m; left > keep; left-- {
		j := leastMissed(inverse, a, gone)
		gone[j] = true
		if ok {
			cancel(inverse, a, j)
		}
	}
	q := newVariables(t.X, &t.P, m)
	var w, out []float64
	for j := range m {
		if !gone[j] {
			w, out = append(w, operator.RowOf(q.Weights(v), j)...), append(out, a[j])
		}
	}
	return append(append(w, out...), a[m])
}

// fitOutputs returns G^{-1} and the fitted output weights with the constant; ok
// is false, the inverse the identity and the weights those of v where G is
// numerically singular.
func (t *FixedWidth) fitOutputs(v []float64) (inverse *mat.SymDense, a []float64, ok bool) {
	const shift = 1e-10
	m := t.Width(v)
	q := NewMarquardt(t.X, &t.P, m)
	q.At(v)
	h := operator.NewGeneral(m+1, q.N)
	copy(h.Data, q.H.Data)
	if t.P.Intercept {
		floats.AddConst(1, operator.RowOf(h, m))
	}
	size := m + 1
	g := blas64.Symmetric{N: size, Stride: size, Data: make([]float64, size*size), Uplo: blas.Upper}
	dense.Syrk(blas.NoTrans, 1/float64(q.N), h, 0, g)
	b := make([]float64, size)
	dense.Gemv(blas.NoTrans, 1/float64(q.N), h, operator.Vector(q.y), 0, operator.Vector(b))
	for k := range size {
		if d := &g.Data[k*size+k]; *d == 0 {
			*d = 1 // dead, and fitted by 0
		} else {
			*d *= 1 + shift
			if k < m {
				*d += t.P.Beta
			}
		}
	}
	inverse = mat.NewSymDense(size, nil)
	var factor mat.Cholesky
	if factor.Factorize(mat.NewSymDense(size, g.Data)) && factor.InverseTo(inverse) == nil {
		a := mat.NewVecDense(size, nil)
		a.MulVec(inverse, mat.NewVecDense(size, b))
		return inverse, a.RawVector().Data, true
	}
	for k := range size {
		inverse.SetSym(k, k, 1/g.Data[k*size+k])
	}
	return inverse, append(append([]float64(nil), q.Outputs(v)...), *q.Constant(v)), false
}

// leastMissed is the neuron still there whose removal costs the least.
func leastMissed(inverse *mat.SymDense, a []float64, gone []bool) int {
	best, least := -1, math.Inf(1)
	for j, out := range gone {
		if out {
			continue
		}
		if cost := a[j] * a[j] / inverse.At(j, j); best < 0 || cost < least {
			best, least = j, cost
		}
	}
	return best
}

// cancel removes row and column j from G, by the inverse.
func cancel(inverse *mat.SymDense, a []float64, j int) {
	size, pivot := inverse.SymmetricDim(), inverse.At(j, j)
	column := make([]float64, size)
	for k := range column {
		column[k] = inverse.At(k, j)
	}
	floats.AddScaled(a, -a[j]/pivot, column)
	inverse.SymRankOne(inverse, -1/pivot, mat.NewVecDense(size, column))
}
