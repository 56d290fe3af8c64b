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

// DotSizeRow is x_i.w and sum_j |x_ij w_j|, likewise, of a row as Design.Entries returns it.
func DotSizeRow(ind []int, val, w []float64) (dot, size float64) {
	if ind == nil {
		for j, v := range val {
			p := float64(w[j] * v)
			dot += p
			size += math.Abs(p)
		}
		return dot, size
	}
	for k, v := range val {
		p := float64(w[ind[k]] * v)
		dot += p
		size += math.Abs(p)
	}
	return dot, size
}
