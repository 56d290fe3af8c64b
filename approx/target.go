package approx

import (
	"errors"
	"fmt"
	"math"
)

// Target is a continuous function on [0,1]^Dim that can be enclosed: *Expr, *Table, *Samples or *Function.
type Target interface {
	Dim() int
	newBounder() bounder
}

// bounder is the workspace of one goroutine.
type bounder interface {
	// at encloses f at a point.
	at(x []float64) (Interval, error)
	// deviation bounds f - I f on a cube, where I f is the Kuhn interpolant of f at its corners, whose values
	// lie in corners.
	deviation(box []Interval, corners Interval) (deviation, error)
}

// deviation bounds f - I f on a cube from both sides.
type deviation struct {
	below, above float64 // I f - f <= below, f - I f <= above; both >= 0
	// crude: the gradient is unbounded; smaller boxes would have bounds of a better order.
	crude  bool
	square float64 // at least the mean of the square of f - I f
	// mean encloses the mean of f - I f, and its larger absolute value bounds that of |f - I f|.
	mean Interval
}

// within is what is known if |f - I f| <= bound.
func within(bound float64) deviation {
	return deviation{below: bound, above: bound, square: mulUp(bound, bound), mean: Interval{-bound, bound}}
}

// parabolic is what is known if |f - I f| <= sum_j r_j 2u_j(1-u_j), whose largest value is bound, u the coordinates within the cube: the mean
// of this is 2/3 of that, its mean square at most 8/15 of the square.
func parabolic(bound float64) deviation {
	mean := divUp(mulUp(2, bound), 3)
	return deviation{below: bound, above: bound, square: divUp(mulUp(8, mulUp(bound, bound)), 15), mean: Interval{-mean, mean}}
}

// and is what is known if both are true.
func (d deviation) and(e deviation) deviation {
	r := deviation{below: min(d.below, e.below), above: min(d.above, e.above), square: min(d.square, e.square), crude: d.crude && e.crude}
	r.mean = Interval{max(d.mean.Lo, e.mean.Lo, -r.below), min(d.mean.Hi, e.mean.Hi, r.above)}
	if size := min(d.mean.Mag(), e.mean.Mag()); r.below > 0 && r.above > 0 {
		r.mean = Interval{-size, size} // the mean of |f - I f| may be more than what the signed one allows
	}
	return r
}

// plus is what is known of a sum, by the triangle inequality in every norm.
func (d deviation) plus(e deviation) deviation {
	r := deviation{below: addUp(d.below, e.below), above: addUp(d.above, e.above), crude: d.crude || e.crude}
	r.square = addUp(addUp(d.square, e.square), mulUp(2, mulUp(sqrtUp(d.square), sqrtUp(e.square))))
	size := addUp(d.mean.Mag(), e.mean.Mag())
	r.mean = Interval{-size, size}
	return r
}

// bound is at least |f - I f|.
func (d deviation) bound() float64 { return max(d.below, d.above) }

var (
	_ Target = (*Expr)(nil)
	_ Target = (*Table)(nil)
	_ Target = (*Samples)(nil)
	_ Target = (*Function)(nil)
)

func (e *Expr) newBounder() bounder { return e.newEvaluation() }

func (w *evaluation) at(x []float64) (Interval, error) {
	for j, v := range x {
		w.point[j] = Point(v)
	}
	r, err := w.enclose(w.point)
	if err == nil && !r.finite() {
		err = &DomainError{Column: 1, Message: "the value is not finite", Box: append([]Interval(nil), w.point...)}
	}
	return r, err
}

// deviation. By the gradient: f - I f = sum_i lambda_i (f(x) - f(a_i)), and sum_i lambda_i (x - a_i) = 0, so any
// vector m may be subtracted from the gradient; with m its middle and sum_i lambda_i |x_j - a_ij| = 2u_j(1-u_j) w_j
// <= w_j/2 the bound is sum_j rad(G_j) w_j / 2. By the range: f and I f both lie in known intervals.
// By a Lipschitz constant L given for the max-norm: sum_i lambda_i L |x - a_i| <= L h d/(d+1), since
// |x - a_i| <= h (1 - lambda_i). By the second derivatives along the edges: bent.
func (w *evaluation) deviation(box []Interval, corners Interval) (deviation, error) {
	r, err := w.gradient(box)
	if err != nil {
		d := within(math.Inf(1))
		d.crude = true
		return d, err
	}
	d := parabolic(slopeDeviation(w.slope(len(w.e.code)-1), box))
	d.crude = math.IsInf(d.bound(), 1)
	if w.e.lipschitz > 0 {
		d = d.and(within(lipschitzDeviation(w.e.lipschitz, box)))
	}
	ranged := within(max(0, addUp(r.Hi, -corners.Lo), addUp(corners.Hi, -r.Lo)))
	ranged.below, ranged.above, ranged.crude = max(0, addUp(corners.Hi, -r.Lo)), max(0, addUp(r.Hi, -corners.Lo)), d.crude
	d = d.and(ranged)
	if bent, ok := w.bent(box); ok {
		d = d.and(bent)
	}
	return d, nil
}

func slopeDeviation(slope, box []Interval) float64 {
	sum := 0.0
	for j, g := range slope {
		sum = addUp(sum, mulUp(g.Radius(), addUp(box[j].Hi, -box[j].Lo))/2)
	}
	if sum != sum {
		return math.Inf(1)
	}
	return sum
}

func lipschitzDeviation(l float64, box []Interval) float64 {
	h := 0.0
	for _, b := range box {
		h = max(h, addUp(b.Hi, -b.Lo))
	}
	d := float64(len(box))
	return mulUp(mulUp(l, h), divUp(d, d+1))
}

// Function is a target given by a Go function and a promise about it. The promise is taken as it is.
type Function struct {
	Dimension int
	Value     func(x []float64) float64
	// Error bounds |Value(x) - f(x)|, the rounding in Value, in units of f. Range: >= 0.
	Error float64
	// Lipschitz is a Lipschitz constant of f in the max-norm; used if Modulus is nil.
	Lipschitz float64
	// Modulus is a modulus of continuity in the max-norm: |f(x) - f(y)| <= Modulus(h) if |x - y| <= h.
	Modulus func(h float64) float64
}

// Dim returns the dimension of the cube.
func (f *Function) Dim() int { return f.Dimension }

// Validate reports what is missing or out of range.
func (f *Function) Validate() error {
	switch {
	case f.Dimension < 1 || f.Dimension > 9:
		return fmt.Errorf("dimension %d: expected 1 to 9", f.Dimension)
	case f.Value == nil:
		return errors.New("the target has no function")
	case !(f.Error >= 0) || math.IsInf(f.Error, 1):
		return fmt.Errorf("error %g of the target: expected a finite number >= 0", f.Error)
	case f.Modulus == nil && !(f.Lipschitz >= 0 && !math.IsInf(f.Lipschitz, 1)):
		return fmt.Errorf("lipschitz constant %g: expected a finite number >= 0", f.Lipschitz)
	}
	return nil
}

func (f *Function) newBounder() bounder { return functionBounder{f} }

type functionBounder struct{ f *Function }

func (b functionBounder) at(x []float64) (Interval, error) {
	v := b.f.Value(x)
	if v != v || math.IsInf(v, 0) {
		return entire, fmt.Errorf("the target is %g at %v; expected a finite number", v, x)
	}
	return Interval{addDown(v, -b.f.Error), addUp(v, b.f.Error)}, nil
}

func (b functionBounder) deviation(box []Interval, _ Interval) (deviation, error) {
	if b.f.Modulus == nil {
		return within(lipschitzDeviation(b.f.Lipschitz, box)), nil
	}
	h := 0.0
	for _, s := range box {
		h = max(h, addUp(s.Hi, -s.Lo))
	}
	// I f(x) is a mean of corner values, each within Modulus(h) of f(x).
	w := b.f.Modulus(h)
	if !(w >= 0) {
		return deviation{}, fmt.Errorf("the modulus of continuity is %g at %g; expected a number >= 0", w, h)
	}
	return within(w), nil
}
