// Package golden minimises functions of one number.
package golden

import "context"

// Section minimises a function on [lo, hi] that falls, then rises; where it
// is infinite it counts as falling. It ends early with ctx.
func Section(ctx context.Context, lo, hi float64, steps int, f func(float64) float64) (x, value float64) {
	const ratio = 0.6180339887498949
	x, value = hi, f(hi)
	if ctx.Err() != nil {
		return x, value
	}
	a, b := hi-ratio*(hi-lo), lo+ratio*(hi-lo)
	fa, fb := f(a), f(b)
	for k := 0; k < steps && ctx.Err() == nil; k++ {
		if fa < value {
			x, value = a, fa
		}
		if fb < value {
			x, value = b, fb
		}
		if fa < fb {
			hi, b, fb = b, a, fa
			a = hi - ratio*(hi-lo)
			fa = f(a)
		} else {
			lo, a, fa = a, b, fb
			b = lo + ratio*(hi-lo)
			fb = f(b)
		}
	}
	return x, value
}
