package sphere

import (
	"fmt"
	"math"
	"math/big"
	"slices"

	"multigrade/proofs/internal/exact"
)

// Transfer moves Weight > 0 from a row to others: with d = x_Row - sum_k Factor_k x_k,
//
//	max(x_Row.w, 0) <= sum_k max(Factor_k x_k.w, 0) + max(d.w, 0),
//	max(a t, 0) = |a| max(t, 0) + min(a, 0) t,
//	max(d.w, 0) <= d.w/2 + Curvature (d.w)^2 + 1/(16 Curvature),   Curvature > 0,
//
// so that a function of few rows is what remains of rows that resemble one another.
type Transfer struct {
	Row               int
	Weight, Curvature float64
	Terms             []Term // at least 1
}

// Term is a multiple of a row.
type Term struct {
	Row    int
	Factor float64
}

// terms are what is bounded by parabolas: sum_i weight_i max(x_i.w, 0) + linear_i x_i.w,
// over the rows of X and those that transfers leave.
type terms struct {
	x                exact.Matrix
	own              int       // rows of X
	heights          []float64 // at least the norms of the rows
	weight, linear   []float64 // correctly rounded
	slope, curvature []float64
	sign, square     []float64 // of the rows of X whose sign is known, else 0; nil: of none
	slack            float64   // at most so much is missing from the sum, where |w| <= 1
}

// sumPrecision holds every sum of a few 2^60 products of two float64 exactly.
const sumPrecision = 2*(1023+1074) + 128

// newTerms is of s nu and the evidence.
func newTerms(x exact.Matrix, heights, nu []float64, s float64, e *Parabolas) (*terms, error) {
	t := &terms{x: x, own: x.Rows, heights: heights, linear: make([]float64, x.Rows), slope: e.Slope, curvature: e.Curvature}
	for _, v := range nu {
		t.weight = append(t.weight, s*v)
	}
	if len(e.Transfers) == 0 {
		return t, nil
	}
	if err := t.move(e.Transfers); err != nil {
		return nil, err
	}
	t.heights = rowHeights(t.x)
	return t, nil
}

// move makes the transfers.
func (t *terms) move(transfers []Transfer) error {
	n := t.x.Rows
	weight, linear := make([]*big.Float, n), make([]*big.Float, n)
	add := func(to []*big.Float, start []float64, i int, v *big.Float) {
		if to[i] == nil {
			to[i] = new(big.Float).SetPrec(sumPrecision).SetFloat64(start[i])
		}
		to[i].Add(to[i], v)
	}
	product := func(a, b float64) *big.Float {
		return new(big.Float).SetPrec(sumPrecision).Mul(big.NewFloat(a), big.NewFloat(b))
	}
	rest := remainder{x: t.x, value: make([]float64, t.x.Cols), size: make([]float64, t.x.Cols), used: make([]bool, t.x.Cols)}
	t.x = rest.room(len(transfers))
	t.slope, t.curvature = slices.Clone(t.slope), slices.Clone(t.curvature)
	for k, f := range transfers {
		if f.Row < 0 || f.Row >= n {
			return fmt.Errorf("transfer %d: row %d of %d", k, f.Row, n)
		}
		if !(f.Weight > 0) || !(f.Curvature > 0) {
			return fmt.Errorf("transfer %d: weight %v and curvature %v, expected > 0", k, f.Weight, f.Curvature)
		}
		add(weight, t.weight, f.Row, big.NewFloat(-f.Weight))
		rest.add(f.Row, 1)
		for _, a := range f.Terms {
			if a.Row < 0 || a.Row >= n {
				return fmt.Errorf("transfer %d: row %d of %d", k, a.Row, n)
			}
			add(weight, t.weight, a.Row, product(f.Weight, math.Abs(a.Factor)))
			if a.Factor < 0 {
				add(linear, t.linear, a.Row, product(f.Weight, a.Factor))
			}
			rest.add(a.Row, -a.Factor)
		}
		t.slack = exact.Outward(t.slack + exact.Outward(f.Weight*rest.flush(&t.x, len(f.Terms))) + exact.Underflow)
		t.weight, t.linear = append(t.weight, f.Weight), append(t.linear, 0)
		t.slope, t.curvature = append(t.slope, 0.5), append(t.curvature, f.Curvature)
	}
	for i := range n {
		for _, sum := range []struct {
			exact   *big.Float
			rounded []float64
		}{{weight[i], t.weight}, {linear[i], t.linear}} {
			if sum.exact == nil {
				continue
			}
			v, _ := sum.exact.Float64()
			if math.IsInf(v, 0) {
				return fmt.Errorf("transfers: what they leave of row %d is no float64 number", i)
			}
			if v == 0 && sum.exact.Sign() != 0 { // the sign counts
				v = float64(sum.exact.Sign()) * math.SmallestNonzeroFloat64
				t.slack = exact.Outward(t.slack + exact.Outward(t.heights[i]*math.SmallestNonzeroFloat64))
			}
			sum.rounded[i] = v
		}
	}
	return nil
}

// remainder accumulates x_Row - sum a_k x_k.
type remainder struct {
	x           exact.Matrix
	value, size []float64 // and the sizes of what was added
	used        []bool
	columns     []int
}

// room is a copy of x to append to.
func (r *remainder) room(rows int) exact.Matrix {
	out := r.x
	if r.x.Sparse() {
		out.Values, out.Index, out.Start = slices.Clone(r.x.Values), slices.Clone(r.x.Index), slices.Clone(r.x.Start)
	} else {
		out.Values = slices.Grow(slices.Clone(r.x.Values), rows*r.x.Cols)
	}
	return out
}

func (r *remainder) add(row int, factor float64) {
	values, index := r.x.Row(row)
	for e, v := range values {
		j := e
		if index != nil {
			j = index[e]
		}
		if !r.used[j] {
			r.used[j] = true
			r.columns = append(r.columns, j)
		}
		r.value[j] += factor * v
		r.size[j] += math.Abs(factor * v)
	}
}

// flush appends the row to x and begins anew. It returns a bound of the norm of what
// the row lost by rounding.
func (r *remainder) flush(x *exact.Matrix, terms int) (lost float64) {
	for _, j := range r.columns {
		lost = exact.Outward(lost + exact.SumError(terms+1, r.size[j]))
	}
	if x.Sparse() {
		for _, j := range r.columns {
			x.Values, x.Index = append(x.Values, r.value[j]), append(x.Index, j)
		}
		x.Start = append(x.Start, len(x.Values))
	} else {
		x.Values = append(x.Values, r.value...)
	}
	x.Rows++
	for _, j := range r.columns {
		r.value[j], r.size[j], r.used[j] = 0, 0, false
	}
	r.columns = r.columns[:0]
	return lost
}
