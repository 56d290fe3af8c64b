package grade

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// An evaluation is what the networks of a grade make of h_{k-1}.
type evaluation struct {
	of *Grade
	f  [][]float64 // f_k (n), per target
	z  *mat.Dense  // the activations of all neurons (n x m), not yet scaled; nil without neurons or where no features are wanted
	// squares are the sums of squares of the activations (m).
	squares []float64
}

// evaluate computes the activations at every row of h, the features h_{k-1} without bias, once for all that is
// made of them.
func (g *Grade) evaluate(h mat.Matrix, bias, features bool) *evaluation {
	n, _ := h.Dims()
	m, phi := g.Neurons(), g.phi()
	v := &evaluation{of: g, f: make([][]float64, len(g.Outputs)), squares: make([]float64, m)}
	for t := range v.f {
		v.f[t] = make([]float64, n)
	}
	var some []float64
	if features && m > 0 {
		v.z = mat.NewDense(n, m, nil)
	} else {
		some = make([]float64, min(n, rowsAtOnce)*m)
	}
	for first := 0; first < n; first += rowsAtOnce {
		count := min(rowsAtOnce, n-first)
		if v.z != nil {
			some = v.z.RawMatrix().Data[first*m : (first+count)*m]
		}
		overRows(count, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				row := some[i*m : (i+1)*m]
				values, index := rowOf(h, first+i)
				for t := range g.Outputs {
					o := &g.Outputs[t]
					own := row[:len(o.Neurons)]
					valuesOf(own, o.Neurons, phi, values, index, bias)
					v.f[t][first+i] = o.sum(own)
					row = row[len(own):]
				}
			}
		})
		overColumns(m, func(lo, hi int) { // each in the order of the rows
			sums := v.squares[lo:hi]
			for i := range count {
				for j, a := range some[i*m+lo : i*m+hi] {
					sums[j] += float64(a * a)
				}
			}
		})
	}
	return v
}

// sum is f_k where the activations are a.
func (o *Output) sum(a []float64) float64 {
	acc := o.Constant
	for m, v := range a {
		acc += float64(o.Neurons[m].Alpha * v)
	}
	return o.beyond(acc)
}

// scales are 1 / root mean square of the activation of every neuron, 1 where it is 0 at all rows.
func (v *evaluation) scales() []float64 {
	scale := slices.Clone(v.squares)
	toScales(scale, len(v.f[0]))
	return scale
}

// toScales makes the scales of features from the sums of their squares over n rows.
func toScales(sums []float64, n int) {
	for m, sum := range sums {
		sums[m] = 1
		if rms := math.Sqrt(sum / float64(n)); rms > 0 {
			sums[m] = 1 / rms
		}
	}
}

// features are h_k: the activations, which are scaled in place, and if the grade carries, after them the carried inputs. It
// is nil without neurons.
func (v *evaluation) features(carried mat.Matrix) mat.Matrix {
	if v.z == nil {
		return nil
	}
	n, _ := v.z.Dims()
	for i := range n {
		row := v.z.RawRowView(i)
		for m := range row {
			row[m] = float64(row[m] * v.of.FeatureScale[m])
		}
	}
	if v.of.Carry {
		return beside(v.z, carried)
	}
	return v.z
}
