package run

import (
	"math"
	"multigrade/proofs/internal/exact"
)

// A scaling maps a column's number v to (v - Shift)/Scale, and to 0 where Scale is 0.
type scaling struct {
	Shift []float64 `json:"shift"`
	Scale []float64 `json:"scale"`
}

func unitScaling(d int) scaling {
	s := scaling{make([]float64, d), make([]float64, d)}
	for j := range s.Scale {
		s.Scale[j] = 1
	}
	return s
}

// columnScaling derives mean and population standard deviation of every column
// of x over the given rows. Sparse columns are not shifted.
func columnScaling(x exact.Matrix, rows []int) scaling {
	if x.Sparse() {
		return sparseScaling(x, rows)
	}
	s := unitScaling(x.Cols)
	column := make([]float64, len(rows))
	for j := range x.Cols {
		for k, i := range rows {
			column[k] = x.Values[i*x.Cols+j]
		}
		s.Shift[j], s.Scale[j] = meanAndDeviation(column)
	}
	return s
}

// targetScaling is columnScaling for targets, one column after the other.
func targetScaling(y [][]float64, rows []int) scaling {
	s := unitScaling(len(y))
	column := make([]float64, len(rows))
	for t, target := range y {
		for k, i := range rows {
			column[k] = target[i]
		}
		s.Shift[t], s.Scale[t] = meanAndDeviation(column)
	}
	return s
}

// meanAndDeviation is (sum v)/n and sqrt((sum (v-mean)^2)/n), every operation
// rounded, sums from the first term on; for equal numbers their value and 0.
func meanAndDeviation(v []float64) (mean, deviation float64) {
	equal := true
	for _, x := range v {
		mean += x
		equal = equal && x == v[0]
	}
	if equal {
		return v[0], 0
	}
	mean /= float64(len(v))
	for _, x := range v {
		deviation += float64((x - mean) * (x - mean))
	}
	return mean, math.Sqrt(deviation / float64(len(v)))
}

// sparseScaling keeps zeros zero: shift 0 and, with `zeros` entries not stored,
// scale sqrt((sum over stored (v-mean)^2 + zeros mean^2)/n).
func sparseScaling(x exact.Matrix, rows []int) scaling {
	s := unitScaling(x.Cols)
	n := float64(len(rows))
	mean, stored := make([]float64, x.Cols), make([]float64, x.Cols)
	first, equal := make([]float64, x.Cols), make([]bool, x.Cols)
	each := func(do func(j int, v float64)) {
		for _, i := range rows {
			values, index := x.Row(i)
			for e, v := range values {
				do(index[e], v)
			}
		}
	}
	each(func(j int, v float64) {
		if stored[j] == 0 {
			first[j], equal[j] = v, true
		}
		mean[j] += v
		stored[j]++
		equal[j] = equal[j] && v == first[j]
	})
	for j := range mean {
		mean[j] /= n
	}
	squares := make([]float64, x.Cols)
	each(func(j int, v float64) { squares[j] += float64((v - mean[j]) * (v - mean[j])) })
	for j := range squares {
		zeros := n - stored[j]
		s.Scale[j] = math.Sqrt((squares[j] + float64(zeros*float64(mean[j]*mean[j]))) / n)
		if zeros == 0 && equal[j] {
			s.Scale[j] = 0
		}
	}
	return s
}

func (s scaling) value(v float64, j int) float64 {
	if s.Scale[j] == 0 {
		return 0
	}
	return (v - s.Shift[j]) / s.Scale[j]
}

// apply scales the given rows of x.
func (s scaling) apply(x exact.Matrix, rows []int) exact.Matrix {
	out := exact.Matrix{Rows: len(rows), Cols: x.Cols}
	if x.Sparse() {
		out.Start = []int{0}
	}
	for _, i := range rows {
		values, index := x.Row(i)
		for e, v := range values {
			j := e
			if index != nil {
				j = index[e]
				out.Index = append(out.Index, j)
			}
			out.Values = append(out.Values, s.value(v, j))
		}
		if x.Sparse() {
			out.Start = append(out.Start, len(out.Values))
		}
	}
	return out
}
