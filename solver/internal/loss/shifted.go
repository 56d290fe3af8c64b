package loss

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
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
	return &OffsetLoss{average: a, Offset: offset}, nil
}

// OffsetLoss takes from average what depends on the domain of D alone.
type OffsetLoss struct {
	average
	Offset []float64
}

var _ Loss = (*OffsetLoss)(nil)

func (l *OffsetLoss) Validate(y []float64) error {
	if len(y) != len(l.Offset) {
		return fmt.Errorf("solver: %d offsets for %d targets", len(l.Offset), len(y))
	}
	return l.average.Validate(y)
}

// whole is z + o.
func (l *OffsetLoss) whole(z []float64) []float64 {
	return floats.AddTo(make([]float64, len(z)), z, l.Offset)
}

func (l *OffsetLoss) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		s += l.value(v+l.Offset[i], y[i])
	}
	return s / float64(len(z))
}

func (l *OffsetLoss) Dual(nu, y []float64) float64 {
	return l.average.Dual(nu, y) - floats.Dot(nu, l.Offset)/float64(len(nu))
}

func (l *OffsetLoss) Prox(dst, v, y []float64, rho float64) {
	for i, vi := range v {
		dst[i] = l.prox(vi+l.Offset[i], y[i], rho) - l.Offset[i]
	}
}

func (l *OffsetLoss) EnvelopeHessian(w, _, z, v, y []float64, rho float64) bool {
	for i, o := range l.Offset {
		w[i] = 1 - l.proxSlope(z[i]+o, v[i]+o, y[i], rho)
	}
	return false
}

// Residual takes the element nearest to 0.
func (l *OffsetLoss) Residual(dst, z, y []float64) {
	for i, v := range z {
		lo, hi := l.residuals(v+l.Offset[i], y[i])
		dst[i] = min(max(0, lo), hi)
	}
}

func (l *OffsetLoss) Constant(z, y []float64) float64 { return l.average.Constant(l.whole(z), y) }

func (l *OffsetLoss) Idle(nu, y []float64, c float64, balanced bool) {
	at := make([]float64, len(y))
	for i, o := range l.Offset {
		at[i] = c + o
	}
	l.idleAt(nu, y, at, balanced)
}

// valueAbove: z + o is rounded once.
func (l *OffsetLoss) ValueAbove(z, e, y []float64) float64 {
	whole := l.whole(z)
	wider := make([]float64, len(e))
	for i, v := range whole {
		wider[i] = e[i] + math.Abs(v)*0x1p-52
	}
	return l.average.ValueAbove(whole, wider, y)
}

func (l *OffsetLoss) DualError(nu, y []float64) float64 {
	size := 0.0
	for i, v := range nu {
		size += math.Abs(v * l.Offset[i])
	}
	n := len(nu)
	return l.average.DualError(nu, y) + operator.Roundoff(n+4)*(size/float64(n)+math.Abs(l.average.Dual(nu, y)))
}

// Rounded is that of the average, the offset added to what it is given.
func (l *OffsetLoss) Rounded(y []float64, intercept bool, share float64) Smooth {
	r := l.rounded(share, func() float64 { return IdleLoss(l, y, intercept) })
	if kink, ok := r.(roundedKink); ok {
		kink.offset = l.Offset
		return kink
	}
	return r
}

func (l *OffsetLoss) Term(y []float64, intercept bool) DataTerm {
	return &shiftedTerm{DataTerm: l.average.Term(y, intercept), offset: l.Offset, whole: make([]float64, len(y))}
}

// shiftedTerm shows its loss the prediction with the offset.
type shiftedTerm struct {
	DataTerm
	offset, whole []float64
}

func (t *shiftedTerm) Update(f []float64) {
	floats.AddTo(t.whole, f, t.offset)
	t.DataTerm.Update(t.whole)
}

func (t *shiftedTerm) Clone() DataTerm {
	return &shiftedTerm{DataTerm: t.DataTerm.Clone(), offset: t.offset, whole: make([]float64, len(t.whole))}
}
