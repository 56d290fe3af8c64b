package export

import (
	"math"
	"math/rand/v2"
	"slices"

	"multigrade/grade"
)

// Deviation says how far an evaluation in single precision is from one in double.
type Deviation struct {
	Inputs int // that were tried
	// Absolute is the largest difference of an output, in its units, Relative the largest
	// over the output's scale: the standard deviation of the target on the training rows,
	// 1 of scores and where the target was not standardised. They are NaN where an output
	// was, and +Inf where only one of the two was finite.
	Absolute, Relative float64
}

const (
	deviationInputs = 1000 // inputs, unless the network is so large that
	deviationWork   = 5e8  // multiplications are used up before, at least
	deviationLeast  = 100  // inputs
	// deviationRange is how many standard deviations an input goes to either side of its
	// mean on the training rows: beyond are 1 of 370 of a normal distribution.
	deviationRange = 3
)

// SinglePrecision evaluates the network as the graph with tensors of single precision
// does, inputs rounded to it, and in double precision, at inputs drawn uniformly from
// the range trained on.
func SinglePrecision(f *grade.Flat) Deviation {
	weights := 1.0
	for k := range f.Layers {
		for _, w := range f.Layers[k].W {
			weights += float64(len(w) + len(f.Outputs))
		}
	}
	d := Deviation{Inputs: int(math.Max(deviationLeast, math.Min(deviationInputs, deviationWork/weights)))}
	rnd := rand.New(rand.NewPCG(1, 0))
	x := make([]float64, len(f.Data.Columns))
	scale := make([]float64, len(f.Outputs))
	for t, v := range f.Output.Scale {
		if scale[t] = v; v == 0 { // a constant, which is off by rounding alone
			scale[t] = math.Max(math.Abs(f.Output.Shift[t]), math.SmallestNonzeroFloat64)
		}
	}
	for range d.Inputs {
		for j := range x {
			x[j] = f.Input.Shift[j] + deviationRange*(2*rnd.Float64()-1)*f.Input.Scale[j]
		}
		single, double := outputsOf[float32](f, x), outputsOf[float64](f, x)
		for t, y := range double {
			off := math.Abs(float64(single[t]) - y)
			d.Absolute, d.Relative = math.Max(d.Absolute, off), math.Max(d.Relative, off/scale[t])
		}
	}
	return d
}

// outputsOf evaluates the graph's nodes for one row in numbers of type T, every
// operation rounded to it.
func outputsOf[T float32 | float64](f *grade.Flat, x []float64) []T {
	h := make([]T, len(x))
	for j, v := range x {
		scale, factor := T(f.Input.Scale[j]), T(1)
		if f.Input.Scale[j] == 0 {
			scale, factor = 1, 0
		}
		h[j] = (T(v) - T(f.Input.Shift[j])) / scale * factor
	}
	var carried []T
	for j, c := range f.Carry {
		carried = append(carried, max(h[j]+T(c), 0))
	}
	sum := make([]T, len(f.Outputs))
	for k := range f.Layers {
		l := &f.Layers[k]
		a := unitsOf(l, h)
		for t, out := range l.Out {
			share := affine(out, l.Constant, t, a)
			if l.Dead != nil {
				eps := T(l.Dead[t])
				share = max(share-eps, 0) - max(-share-eps, 0)
			}
			sum[t] += share
		}
		h = h[:0:0]
		for m, s := range l.Scale {
			h = append(h, T(a[m]*T(s)))
		}
		h = append(h, carried...)
	}
	for t := range sum {
		sum[t] = T(sum[t]*T(f.Output.Scale[t])) + T(f.Output.Shift[t])
	}
	if f.Rising {
		slices.Sort(sum)
	}
	return sum
}

// unitsOf are the activations of a layer.
func unitsOf[T float32 | float64](l *grade.FlatLayer, h []T) []T {
	a := make([]T, len(l.W))
	for m, w := range l.W {
		z := affine(w, l.B, m, h)
		switch {
		case l.G != nil && !(affine(l.G[m], l.GB, m, h) > 0):
			z = 0
		case l.G == nil && !(z > 0):
			z = T(T(l.Slope) * z)
		}
		a[m] = z
	}
	return a
}

// affine is w . h + b[m], b being nil for 0.
func affine[T float32 | float64](w, b []float64, m int, h []T) T {
	var z T
	for j, v := range h {
		z += T(T(w[j]) * v)
	}
	if b != nil {
		z += T(b[m])
	}
	return z
}
