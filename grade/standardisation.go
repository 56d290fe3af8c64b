package grade

import (
	"math"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// Standardisation maps a column v to (v - Shift) / Scale, and to 0 where Scale
// is 0 (a constant column).
type Standardisation struct {
	Shift []float64 `json:"shift"`
	Scale []float64 `json:"scale"`
}

// Identity leaves d columns as they are: shift 0, scale 1.
func Identity(d int) Standardisation {
	s := Standardisation{Shift: make([]float64, d), Scale: make([]float64, d)}
	for j := range s.Scale {
		s.Scale[j] = 1
	}
	return s
}

// Standardise takes shift and scale from the given rows of x (n x d): mean and
// population standard deviation. Sparse columns are scaled but not shifted, so
// that they stay sparse. Constant columns have scale 0, and so do those whose entries differ by
// rounding.
func Standardise(x mat.Matrix, rows []int) Standardisation {
	_, d := x.Dims()
	s := Identity(d)
	if csr, ok := x.(*sparse.CSR); ok {
		sparseScale(s.Scale, csr, rows)
		return s
	}
	column := make([]float64, len(rows))
	for j := range d {
		for k, i := range rows {
			column[k] = x.At(i, j)
		}
		s.Shift[j], s.Scale[j] = meanSD(column)
	}
	return s
}

// StandardiseTargets is Standardise for targets, one column after the other.
func StandardiseTargets(y [][]float64, rows []int) Standardisation {
	s := Identity(len(y))
	column := make([]float64, len(rows))
	for t, target := range y {
		for k, i := range rows {
			column[k] = target[i]
		}
		s.Shift[t], s.Scale[t] = meanSD(column)
	}
	return s
}

// rounding is the spread of a column, relative to its largest entry, up to which it
// counts as constant: sixteen neighbours in float64, what a few sums of decimals
// leave of one number (0.1+0.2 beside 0.3 is one).
const rounding = 0x1p-48

// safeExponent bounds the binary exponents of entries whose squares are summed as
// they are: the squares of larger ones overflow, of smaller ones vanish.
const safeExponent = 300

// exponentOf is the binary exponent by which entries up to most in size are divided
// before their squares are summed, 0 for most.
func exponentOf(most float64) int {
	if most == 0 {
		return 0
	}
	if e := math.Ilogb(most); e > safeExponent || e < -safeExponent {
		return e
	}
	return 0
}

// meanSD returns mean and population standard deviation of v; exactly the first
// value and 0 where they differ by no more than rounding.
func meanSD(v []float64) (mean, sd float64) {
	var c columnSums
	for _, sweep := range c.sweeps() {
		for _, x := range v {
			sweep.add(x)
		}
		sweep.end()
	}
	return c.result()
}

// columnSums are what meanSD takes from a column, in three sweeps over it: the smallest and
// largest number, the mean, the deviation from it.
type columnSums struct {
	first, lo, hi float64
	rows          int
	exponent      int
	mean, square  float64
}

// sweep takes the numbers of a column one after the other.
type sweep struct {
	add func(v float64)
	end func()
}

func (c *columnSums) sweeps() []sweep {
	return []sweep{
		{c.bound, func() { c.exponent = exponentOf(c.most()) }},
		{func(v float64) { c.mean += c.scaled(v) }, func() { c.mean /= float64(c.rows) }},
		{func(v float64) { c.square += float64((c.scaled(v) - c.mean) * (c.scaled(v) - c.mean)) }, func() {}},
	}
}

func (c *columnSums) bound(v float64) {
	if c.rows == 0 {
		c.first, c.lo, c.hi = v, v, v
	}
	c.rows++
	c.lo, c.hi = min(c.lo, v), max(c.hi, v)
}

func (c *columnSums) most() float64 { return max(math.Abs(c.lo), math.Abs(c.hi)) }

func (c *columnSums) scaled(v float64) float64 {
	if c.exponent == 0 {
		return v
	}
	return math.Ldexp(v, -c.exponent)
}

func (c *columnSums) result() (mean, sd float64) {
	if c.hi-c.lo <= rounding*c.most() {
		return c.first, 0
	}
	return math.Ldexp(c.mean, c.exponent), math.Ldexp(math.Sqrt(c.square/float64(c.rows)), c.exponent)
}

// sparseScale computes the standard deviations over the rows without touching
// the zeros: var = (sum over entries (v - m)^2 + zeros m^2) / n.
func sparseScale(scale []float64, x *sparse.CSR, rows []int) {
	n := float64(len(rows))
	mean, count := make([]float64, len(scale)), make([]float64, len(scale))
	lo, hi := make([]float64, len(scale)), make([]float64, len(scale))
	each := func(do func(j int, v float64)) {
		for _, i := range rows {
			values, index := rowOf(x, i)
			for k, v := range values {
				do(index[k], v)
			}
		}
	}
	each(func(j int, v float64) {
		if count[j] == 0 {
			lo[j], hi[j] = v, v
		}
		lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		count[j]++
	})
	exponent := make([]int, len(scale))
	for j := range exponent {
		exponent[j] = exponentOf(max(math.Abs(lo[j]), math.Abs(hi[j])))
	}
	scaled := func(j int, v float64) float64 {
		if exponent[j] == 0 {
			return v
		}
		return math.Ldexp(v, -exponent[j])
	}
	each(func(j int, v float64) { mean[j] += scaled(j, v) })
	for j := range mean {
		mean[j] /= n
	}
	clear(scale)
	each(func(j int, v float64) {
		scale[j] += float64((scaled(j, v) - mean[j]) * (scaled(j, v) - mean[j]))
	})
	for j := range scale {
		scale[j] = math.Ldexp(math.Sqrt((scale[j]+float64((n-count[j])*float64(mean[j]*mean[j])))/n), exponent[j])
		if count[j] == n && hi[j]-lo[j] <= rounding*max(math.Abs(lo[j]), math.Abs(hi[j])) {
			scale[j] = 0
		}
	}
}

// value standardises one number of column j.
func (s *Standardisation) value(v float64, j int) float64 {
	if s.Scale[j] == 0 {
		return 0
	}
	return (v - s.Shift[j]) / s.Scale[j]
}

// Apply standardises the given rows of x. The result is dense or sparse as x is.
func (s *Standardisation) Apply(x mat.Matrix, rows []int) mat.Matrix {
	_, d := x.Dims()
	if csr, ok := x.(*sparse.CSR); ok {
		return s.applySparse(csr, rows)
	}
	out := mat.NewDense(len(rows), d, nil)
	for k, i := range rows {
		row := out.RawRowView(k)
		for j := range row {
			row[j] = s.value(x.At(i, j), j)
		}
	}
	return out
}

func (s *Standardisation) applySparse(x *sparse.CSR, rows []int) *sparse.CSR {
	_, d := x.Dims()
	indptr := []int{0}
	var ind []int
	var data []float64
	for _, i := range rows {
		values, index := rowOf(x, i)
		for k, v := range values {
			if u := s.value(v, index[k]); u != 0 {
				ind, data = append(ind, index[k]), append(data, u)
			}
		}
		indptr = append(indptr, len(ind))
	}
	return sparse.NewCSR(len(rows), d, indptr, ind, data)
}
