package sphere

import (
	"fmt"
	"math"
	"multigrade/proofs/internal/exact"
)

// Parabolas is the evidence for one sign that has a parabola for every row:
// Slope[i] t + Curvature[i] t^2 on one side of max(t, 0), t = x_i.w.
type Parabolas struct {
	Mu, Tau          float64
	Slope, Curvature []float64  // n
	Transfers        []Transfer // made before
	Signs            []float64  // of a leaf of a tree of branchings: two for each of them
}

// ByRows decides, for both s, with a and g the slopes and curvatures of the
// evidence, p and q the positive and negative parts of s nu, h_i >= ||x_i|| and
// c = sum_i s nu_i a_i x_i,
//
//	mu + tau + sum_i p_i k_i <= n beta,   k_i = max(a_i^2, (1 - a_i)^2)/(4 g_i),
//	[ mu I - X' diag(s nu g) X   -c/2 ]
//	[ -c'/2                       tau ]   positive semidefinite,
//	g_i > 0 where s nu_i > 0,   0 <= g_i h_i <= min(a_i, 1 - a_i) where s nu_i < 0
//
// which imply m(nu) <= n beta: max(t, 0) <= a t + g t^2 + k, as the largest value of
// t - a t - g t^2 is (1 - a)^2/(4g) and that of -a t - g t^2 is a^2/(4g); and
// max(t, 0) >= a t + g t^2 for |t| <= h, as it is at the ends of [-h, 0] and [0, h]
// and the difference is concave in both. With transfers all of this is about the sum that
// they make of s nu'relu(Xw).
func (q Inequality) ByRows(plus, minus *Parabolas) (string, error) {
	x := q.X.StoredColumns()
	heights := rowHeights(x)
	for _, side := range []struct {
		name string
		s    float64
		*Parabolas
	}{{"parabolas+", 1, plus}, {"parabolas-", -1, minus}} {
		if err := q.byParabolas(x, heights, side.s, side.Parabolas, nil); err != nil {
			return "", fmt.Errorf("%s: %w", side.name, err)
		}
	}
	return "all patterns, both signs, by parabolas", nil
}

// byParabolas decides it for one s, and the w that have the signs of the path.
func (q Inequality) byParabolas(x exact.Matrix, heights []float64, s float64, e *Parabolas, path []signedRow) error {
	if len(e.Slope) != x.Rows || len(e.Curvature) != x.Rows {
		return fmt.Errorf("%d slopes and %d curvatures for %d rows", len(e.Slope), len(e.Curvature), x.Rows)
	}
	if !(e.Mu >= 0) {
		return fmt.Errorf("mu = %v, expected mu >= 0", e.Mu)
	}
	sum, err := newTerms(x, heights, q.Nu, s, e)
	if err != nil {
		return err
	}
	if err := sum.fix(path, e); err != nil {
		return err
	}
	for i, w := range sum.weight {
		if h := sum.heights[i]; h > 0 && !sum.signed(i) && !fits(sum.slope[i], sum.curvature[i], w, h) {
			return fmt.Errorf("row %d: the parabola of %v and %v is not shown to be on its side", i, sum.slope[i], sum.curvature[i])
		}
	}
	form := newRowForm(sum)
	total := exact.Point(e.Mu).Add(exact.Point(e.Tau)).Add(form.constant)
	if total.Compare(q.Radius) != exact.LessOrEqual {
		return fmt.Errorf("the parabolas show %.17g, n beta is %.17g", total.Upper(), q.Radius.Lower())
	}
	if !form.atMost(e.Mu, e.Tau) {
		return fmt.Errorf("the matrix of mu = %v and tau = %v is not shown to be positive semidefinite", e.Mu, e.Tau)
	}
	return nil
}

// fits says that a t + g t^2, and a constant for w > 0, is on the side of max(t, 0)
// that the weight w asks for, where |t| <= h.
func fits(a, g, w, h float64) bool {
	switch {
	case w > 0:
		return g > 0
	case w == 0:
		return true
	case g == 0:
		return a >= 0 && a <= 1
	}
	return g > 0 && exact.Outward(g*h) <= min(a, exact.Below(1-a))
}

// newRowForm takes weight g a little too large, which is safe, because what a product
// loses where it underflows is multiplied by h^2.
func newRowForm(t *terms) *quadraticForm {
	f := &quadraticForm{s: 1, rows: t.x.Rows, zero: largest(t.heights) == 0, x: t.x, v: make([]float64, t.x.Rows)}
	weight, sum, lost := make([]float64, t.x.Rows), 0.0, 0.0
	for i, h := range t.heights {
		w := t.weight[i]
		if h == 0 && i < t.own || w == 0 && t.linear[i] == 0 {
			continue
		}
		a, g := t.slope[i], t.curvature[i]
		weight[i] = w*a + t.linear[i]
		lost = exact.Outward(lost + h*exact.Outward(4*exact.UnitRoundoff*(math.Abs(w*a)+math.Abs(t.linear[i]))+2*exact.Underflow))
		switch {
		case t.signed(i):
			f.v[i] = -t.square[i]
		case w > 0:
			farther := max(math.Abs(a), math.Abs(1-a))
			sum += w * (farther * (farther / (4 * g)))
			f.v[i] = w*g + exact.Underflow
		default:
			f.v[i] = min(w*g+exact.Underflow, 0)
		}
	}
	f.measure(t.heights)
	f.constant = exact.Ball{Mid: sum, Rad: exact.Outward(exact.SumError(6*t.x.Rows, sum) + t.slack)}
	f.c, f.off = linearPart(t.x, weight)
	f.off = exact.Outward(f.off + lost)
	return f
}
