package loss

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// rows is what the samples of a loss differ in besides their targets (n values each,
// nil: none): an offset o of the prediction, and a weight w > 0. Where z is the
// prediction, a sample counts as w phi(z + o, y).
type rows struct{ offset, weight []float64 }

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
	_, weight := RowsOf(l)
	return average{a.sample, &rows{offset, weight}}, nil
}

// Weighted is the loss with weights of its samples, L_w(z) = (1/n) sum_i w_i phi(z_i),
// w_i > 0 (n values, not copied). Whole weights are to it what repeated rows are to L,
// but for the factor 1/n. It is an error for LInf, which is no sum, and for Monotone.
// Where all weights are 1 it is l.
//
// D_w(nu) = (1/n) sum_i w_i d(nu_i/w_i) where D(nu) = (1/n) sum_i d(nu_i), and nu_i/w_i
// is in the domain of d.
func Weighted(l Loss, weight []float64) (Loss, error) {
	a, ok := l.(average)
	if l == Squared {
		a, ok = average{sample: square{}}, true
	}
	if !ok {
		return nil, fmt.Errorf("solver: loss %s has no weights", l.Name())
	}
	for i, v := range weight {
		if !(v > 0) || math.IsInf(v, 1) {
			return nil, fmt.Errorf("solver: weight %d is %v, want a finite number > 0", i, v)
		}
	}
	if !slices.ContainsFunc(weight, func(v float64) bool { return v != 1 }) {
		return l, nil
	}
	offset, _ := RowsOf(l)
	return average{a.sample, &rows{offset, weight}}, nil
}

// RowsOf are the offsets and weights of a loss, nil where it has none.
func RowsOf(l Loss) (offset, weight []float64) {
	if a, ok := l.(average); ok && a.rows != nil {
		return a.offset, a.weight
	}
	return nil, nil
}

// fit reports numbers of rows that are not n.
func (r *rows) fit(n int) error {
	switch {
	case r == nil:
	case r.offset != nil && len(r.offset) != n:
		return fmt.Errorf("solver: %d offsets for %d targets", len(r.offset), n)
	case r.weight != nil && len(r.weight) != n:
		return fmt.Errorf("solver: %d weights for %d targets", len(r.weight), n)
	}
	return nil
}

func (r *rows) shifted() bool { return r != nil && r.offset != nil }

func (r *rows) weighted() bool { return r != nil && r.weight != nil }

func (r *rows) weightOf(i int) float64 {
	if r.weighted() {
		return r.weight[i]
	}
	return 1
}

func (r *rows) offsetOf(i int) float64 {
	if r.shifted() {
		return r.offset[i]
	}
	return 0
}

// heaviest is the largest weight.
func (r *rows) heaviest() float64 {
	if r.weighted() {
		return floats.Max(r.weight)
	}
	return 1
}

// alongOffset is nu'o/n.
func (r *rows) alongOffset(nu []float64) float64 {
	if r.shifted() {
		return floats.Dot(nu, r.offset) / float64(len(nu))
	}
	return 0
}

// residualsOf is the interval -w dphi(z + o) of sample i.
func (l average) residualsOf(i int, z, y float64) (lo, hi float64) {
	lo, hi = l.residuals(z+l.offsetOf(i), y)
	return inward(l.weightOf(i), lo), inward(l.weightOf(i), hi)
}

// intervalOf is the domain of dual of sample i. It is no wider than that of the real
// numbers.
func (l average) intervalOf(i int, y float64) (lo, hi float64) {
	lo, hi = l.interval(y)
	return inward(l.weightOf(i), lo), inward(l.weightOf(i), hi)
}

// inward is w v rounded towards 0.
func inward(w, v float64) float64 {
	p := float64(w * v)
	if over := math.FMA(w, v, -p); over < 0 && p > 0 || over > 0 && p < 0 {
		p = math.Nextafter(p, 0)
	}
	return p
}

// Constant minimises sum_i w_i phi(z_i + o_i + c): with weights it is where the falling
// sum of the slopes of -w phi changes its sign.
func (l average) Constant(z, y []float64) float64 {
	if l.shifted() {
		z = floats.AddTo(make([]float64, len(z)), z, l.offset)
	}
	if !l.weighted() {
		return l.constant(z, y)
	}
	e := Differences(y, z)
	if lo, hi := l.residuals(y[0], y[0]); lo < hi {
		return l.kinkConstant(e, y)
	}
	lo, hi := floats.Min(e), floats.Max(e)
	if l.labels() {
		// Beyond it every slope is as large as float64 shows, also where one row weighs
		// more than all the others.
		hi = floats.Norm(z, math.Inf(1)) + 40 + math.Log(l.heaviest()/floats.Min(l.weight))
		lo = -hi
	}
	return min(max(Falling(lo, hi, func(c float64) float64 {
		sum := 0.0
		for i, v := range z {
			r, _ := l.residuals(v+c, y[i])
			sum += float64(l.weight[i] * r)
		}
		return sum
	}), lo), hi)
}

// kinkConstant is Constant of a loss with two slopes and a kink at e_i = y_i - z_i per
// sample: the kink behind which the sum of the slopes of -w phi is not positive any
// more, the middle of that and the next where it is 0 between them.
func (l average) kinkConstant(e, y []float64) float64 {
	order := make([]int, len(e))
	sum := 0.0
	for i := range e {
		_, hi := l.residuals(y[i], y[i])
		order[i], sum = i, sum+float64(l.weight[i]*hi)
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case e[a] < e[b]:
			return -1
		case e[a] > e[b]:
			return 1
		}
		return 0
	})
	for k, i := range order {
		lo, hi := l.residuals(y[i], y[i])
		if sum -= float64(l.weight[i] * (hi - lo)); sum == 0 && k+1 < len(order) {
			return e[i] + (e[order[k+1]]-e[i])/2
		} else if sum < 0 {
			return e[i]
		}
	}
	return e[order[len(order)-1]]
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
