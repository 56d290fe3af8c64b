package hyperplane

import (
	"math"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// interior returns a vector strictly inside the cell of the pattern p, or false when there is none.
//
// The widest one is tried first: projecting (0, 1) on {(w, t) : s_i x_i·w >= t ‖x_i‖ for all i} gives the w with
// the largest margin t over the unit ball, up to a factor. It counts only if it passes the exact test; otherwise
// linear programming in rational arithmetic decides.
func (r *rows) interior(p Pattern) ([]float64, bool) {
	for i := range r.n {
		if p.Active(i) && r.isZero(i) {
			return nil, false
		}
	}
	if w, ok := r.widest(p); ok && r.inside(p, w) {
		return w, true
	}
	return r.exactInterior(p)
}

// widest returns the direction of largest margin in floating point.
func (r *rows) widest(p Pattern) ([]float64, bool) {
	all := make([]uint64, wordsFor(r.n))
	for k := range all {
		all[k] = math.MaxUint64
	}
	if m := r.n % 64; m != 0 {
		all[len(all)-1] >>= 64 - m
	}
	apex := make([]float64, r.d+1)
	apex[r.d] = 1
	w := make([]float64, r.d+1)
	if _, err := NewProjector(r.margins(p)).Project(w, apex, Pattern{r.n, all}, nil); err != nil {
		return nil, false
	}
	return w[:r.d], norm2(w[:r.d]) > 0
}

// margins is the matrix with rows (s_i x_i/‖x_i‖, -1), zero for zero rows (n x (d+1)).
func (r *rows) margins(p Pattern) mat.Matrix {
	if r.ptr == nil {
		m := mat.NewDense(r.n, r.d+1, nil)
		for i := range r.n {
			if v := r.norm(i); v > 0 {
				r.addTo(m.RawRowView(i), p.Sign(i)/v, i)
				m.Set(i, r.d, -1)
			}
		}
		return m
	}
	ptr, ind, val := []int{0}, []int{}, []float64{}
	for i := range r.n {
		if v := r.norm(i); v > 0 {
			at, x := r.row(i)
			for k, j := range at {
				ind, val = append(ind, j), append(val, p.Sign(i)*x[k]/v)
			}
			ind, val = append(ind, r.d), append(val, -1)
		}
		ptr = append(ptr, len(ind))
	}
	return sparse.NewCSR(r.n, r.d+1, ptr, ind, val)
}

// exactInterior: see the next commit.
func (r *rows) exactInterior(p Pattern) ([]float64, bool) { return nil, false }
