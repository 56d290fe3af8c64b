package hyperplane

import "math"

// uniform is a sparse X whose stored entries are the same within every column, as those of
// columns that stand for names are: the products of entries with those of a vector are d numbers, and a product with
// X adds them up, the same to the last bit.
type uniform struct {
	value []float64 // d
	ind   []int32   // the columns of all stored entries
}

// uniformColumns is X in that form, nil where it has none.
func (r *rows) uniformColumns() *uniform {
	if r.ptr == nil || r.d > math.MaxInt32 {
		return nil
	}
	u := &uniform{value: make([]float64, r.d), ind: make([]int32, len(r.ind))}
	for k, v := range r.val {
		j := r.ind[k]
		if u.value[j] == 0 {
			u.value[j] = v
		}
		if v == 0 || v != u.value[j] {
			return nil
		}
		u.ind[k] = int32(j)
	}
	return u
}

// terms sets t to the products of w with the values.
func (u *uniform) terms(t, w []float64) {
	for j, v := range u.value {
		t[j] = v * w[j]
	}
}

// sum adds up the terms of the stored entries from to before to.
func (u *uniform) sum(t []float64, from, to int) float64 {
	s := 0.0
	for _, j := range u.ind[from:to] {
		s += t[j]
	}
	return s
}
