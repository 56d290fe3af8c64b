package solver

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Shifted is the loss of a prediction that was begun elsewhere, L_o(z) = L(z + o)
// with an offset o per sample (n values, not copied). Losses of the difference
// z - y need no such thing: there the offset goes into the target. It is meant
// for Logistic and Hinge, and an error for losses that are not averages.
//
// D_o(nu) = D(nu) - nu'o/n, on the same domain.
func Shifted(l Loss, offset []float64) (Loss, error) {
	a, ok := l.(average)
	if !ok {
		return nil, fmt.Errorf("solver: loss %s has no offset", l.Name())
	}
	for i, v := range offset {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("solver: offset %d is %v", i, v)
		}
	}
	return &offsetLoss{average: a, offset: offset}, nil
}

// offsetLoss takes from average what depends on the domain of D alone.
type offsetLoss struct {
	average
	offset []float64
}

var _ Loss = (*offsetLoss)(nil)

func (l *offsetLoss) Validate(y []float64) error {
	if len(y) != len(l.offset) {
		return fmt.Errorf("solver: %d offsets for %d targets", len(l.offset), len(y))
	}
	return l.average.Validate(y)
}

// whole is z + o.
func (l *offsetLoss) whole(z []float64) []float64 {
	return floats.AddTo(make([]float64, len(z)), z, l.offset)
}

func (l *offsetLoss) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		s += l.value(v+l.offset[i], y[i])
	}
	return s / float64(len(z))
}

func (l *offsetLoss) Dual(nu, y []float64) float64 {
	return l.average.Dual(nu, y) - floats.Dot(nu, l.offset)/float64(len(nu))
}

func (l *offsetLoss) Prox(dst, v, y []float64, rho float64) {
	for i, vi := range v {
		dst[i] = l.prox(vi+l.offset[i], y[i], rho) - l.offset[i]
	}
}

// Residual takes the element nearest to 0.
func (l *offsetLoss) Residual(dst, z, y []float64) {
	for i, v := range z {
		lo, hi := l.residuals(v+l.offset[i], y[i])
		dst[i] = min(max(0, lo), hi)
	}
}

func (l *offsetLoss) Constant(z, y []float64) float64 { return l.average.Constant(l.whole(z), y) }

func (l *offsetLoss) idle(nu, y []float64, c float64, balanced bool) {
	at := make([]float64, len(y))
	for i, o := range l.offset {
		at[i] = c + o
	}
	l.idleAt(nu, y, at, balanced)
}

// valueAbove: z + o is rounded once.
func (l *offsetLoss) valueAbove(z, e, y []float64) float64 {
	whole := l.whole(z)
	wider := make([]float64, len(e))
	for i, v := range whole {
		wider[i] = e[i] + math.Abs(v)*0x1p-52
	}
	return l.average.valueAbove(whole, wider, y)
}

func (l *offsetLoss) dualError(nu, y []float64) float64 {
	size := 0.0
	for i, v := range nu {
		size += math.Abs(v * l.offset[i])
	}
	n := len(nu)
	return l.average.dualError(nu, y) + roundoff(n+4)*(size/float64(n)+math.Abs(l.average.Dual(nu, y)))
}

func (l *offsetLoss) term(y []float64, intercept bool) dataTerm {
	return &shiftedTerm{dataTerm: l.average.term(y, intercept), offset: l.offset, whole: make([]float64, len(y))}
}

// shiftedTerm shows its loss the prediction with the offset.
type shiftedTerm struct {
	dataTerm
	offset, whole []float64
}

func (t *shiftedTerm) update(f []float64) {
	floats.AddTo(t.whole, f, t.offset)
	t.dataTerm.update(t.whole)
}

func (t *shiftedTerm) clone() dataTerm {
	return &shiftedTerm{dataTerm: t.dataTerm.clone(), offset: t.offset, whole: make([]float64, len(t.whole))}
}
