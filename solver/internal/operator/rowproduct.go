package operator

import "math"

// DotRow is x_i.w, summed in the order of the columns.
func DotRow(x Design, i int, w []float64) float64 {
	ind, val := x.Entries(i)
	sum := 0.0
	if ind == nil {
		for j, v := range val {
			sum += float64(w[j] * v)
		}
		return sum
	}
	for k, v := range val {
		sum += float64(w[ind[k]] * v)
	}
	return sum
}

// AbsDotRow is sum_j |x_ij w_j|, likewise.
func AbsDotRow(x Design, i int, w []float64) float64 {
	ind, val := x.Entries(i)
	sum := 0.0
	for k, v := range val {
		j := k
		if ind != nil {
			j = ind[k]
		}
		sum += math.Abs(w[j] * v)
	}
	return sum
}
