package loss

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/internal/elementary"
)

// Smooth is a loss as non-convex training sees it, with slopes everywhere. What
// training finds is a start and enters no claim, so a loss with kinks is
// represented by one without that is near it.
type Smooth interface {
	Value(z, y []float64) float64
	// Residual sets dst to -n dL(z). dst may be z.
	Residual(dst, z, y []float64)
}

// Sharpness is how near a smooth loss is to the loss it represents: rounding is
// the width of its kinks as a share of the typical residual. Training goes from
// the first to the last, each from where the one before ended.
var Sharpness = [...]float64{0.3, 0.03, 0.003}

// HasKinks reports whether the loss is not its own smooth loss.
func HasKinks(l Loss) bool { return l.Rounded([]float64{1}, false, 1) != nil }

// Smoothed is the loss l of the targets y with kinks rounded at the given share.
func Smoothed(l Loss, y []float64, intercept bool, share float64) Smooth {
	if r := l.Rounded(y, intercept, share); r != nil {
		return r
	}
	return l
}

// NullLoss is the loss of the best network without neurons, or a tiny number where that is 0: kinks are rounded at a share of it.
func NullLoss(l Loss, y []float64, intercept bool) float64 {
	c, _ := NullModel(l, y, intercept)
	z := make([]float64, len(y))
	floats.AddConst(c, z)
	return max(l.Value(z, y), 0x1p-500)
}

// roundedKink is the mean of max(0, t) with its kink rounded, t^2/(2 width) up to
// the width, for the distance t of a prediction and its slope.
type roundedKink struct {
	distance func(z, y float64) (t, slope float64)
	width    float64
	*rows
}

func distanceL1(z, y float64) (t, slope float64)    { return math.Abs(z - y), math.Copysign(1, z-y) }
func distanceHinge(z, y float64) (t, slope float64) { return 1 - y*z, -y }

func (l roundedKink) at(z []float64, i int, y float64) (t, slope float64) {
	return l.distance(z[i]+l.offsetOf(i), y)
}

func (l roundedKink) Value(z, y []float64) float64 {
	s := 0.0
	for i := range z {
		t, _ := l.at(z, i, y[i])
		t = max(t, 0)
		near := min(t, l.width)
		s += l.weightOf(i) * (near*near/(2*l.width) + t - near)
	}
	return s / float64(len(z))
}

func (l roundedKink) Residual(dst, z, y []float64) {
	for i := range z {
		t, slope := l.at(z, i, y[i])
		dst[i] = -l.weightOf(i) * slope * min(max(t/l.width, 0), 1)
	}
}

// softMaximum is w ln sum_i (exp(r_i/w) + exp(-r_i/w)), r = z - y, for the
// maximum of |r|.
type softMaximum struct{ width float64 }

// weights sets dst to the slopes, whose sizes sum to at most 1, and returns the
// value; dst may be z.
func (l softMaximum) weights(dst, z, y []float64) float64 {
	floats.SubTo(dst, z, y)
	largest, sum := floats.Norm(dst, math.Inf(1)), 0.0
	for i, r := range dst {
		up, down := elementary.Exp((r-largest)/l.width), elementary.Exp((-r-largest)/l.width)
		sum += up + down
		dst[i] = up - down
	}
	floats.Scale(1/sum, dst)
	return largest + l.width*elementary.Log(sum)
}

func (l softMaximum) Value(z, y []float64) float64 { return l.weights(make([]float64, len(z)), z, y) }

func (l softMaximum) Residual(dst, z, y []float64) {
	l.weights(dst, z, y)
	floats.Scale(-float64(len(dst)), dst)
}

// springs is Monotone with springs in the place of its boxes:
// r^2/2 + stiffness max(0, |r| - |y|)^2/2, r = z - y.
type springs struct{ stiffness float64 }

func (l springs) Value(z, y []float64) float64 {
	s := 0.0
	for i, v := range z {
		r := math.Abs(v - y[i])
		beyond := max(0, r-math.Abs(y[i]))
		s += r*r/2 + l.stiffness*beyond*beyond/2
	}
	return s / float64(len(z))
}

func (l springs) Residual(dst, z, y []float64) {
	for i, v := range z {
		r := v - y[i]
		dst[i] = -r - math.Copysign(l.stiffness*max(0, math.Abs(r)-math.Abs(y[i])), r)
	}
}
