package sphere

import "math"

// nearestPoint looks for the point of least norm of a polyhedron
//
//	c = sum_k a_k p_k + sum_j b_j q_j,   a, b >= 0,  sum_k a_k = 1
//
// by the active-set method of Lawson and Hanson (Solving Least Squares Problems,
// 1974, chapter 23) on min ||E y - e_(r+1)||, y >= 0, with the columns (p_k; h)
// and (q_j; 0), h > 0 of the size of the p_k, which are huge in thin cones. What it returns is advice: nothing rests on its accuracy.
type nearestPoint struct {
	r        int
	columns  [][]float64 // of unit norm
	scale    []float64   // what a column was divided by
	point    []bool      // is the column a p_k
	lift     float64     // the norm of the first p_k
	y        []float64
	passive  []int
	residual []float64
	basis    [][]float64 // the passive columns, orthonormalised
	triangle [][]float64
	z        []float64
	free     [][]float64 // columns to use again
}

func newNearestPoint(r int) *nearestPoint {
	s := &nearestPoint{r: r, residual: make([]float64, r+1), z: make([]float64, r+1)}
	for range r + 1 {
		s.basis = append(s.basis, make([]float64, r+1))
		s.triangle = append(s.triangle, make([]float64, r+1))
	}
	return s
}

func (s *nearestPoint) reset() {
	s.free = append(s.free, s.columns...)
	s.lift = 0
	s.columns, s.scale, s.point, s.y, s.passive = s.columns[:0], s.scale[:0], s.point[:0], s.y[:0], s.passive[:0]
}

func (s *nearestPoint) add(v []float64, point bool) {
	var column []float64
	if n := len(s.free); n > 0 {
		column, s.free = s.free[n-1], s.free[:n-1]
	} else {
		column = make([]float64, s.r+1)
	}
	copy(column, v)
	column[s.r] = 0
	if point {
		if s.lift == 0 {
			s.lift = math.Sqrt(dotProduct(v, v))
		}
		if s.lift == 0 {
			s.lift = 1
		}
		column[s.r] = s.lift
	}
	norm := math.Sqrt(dotProduct(column, column))
	for k := range column {
		column[k] /= norm
	}
	s.columns, s.scale = append(s.columns, column), append(s.scale, norm)
	s.point, s.y = append(s.point, point), append(s.y, 0)
}

// solve sets c to the point and weights to the a_k, one for each p_k in order.
// Where the columns kept from before lead nowhere it starts afresh.
func (s *nearestPoint) solve(c, weights []float64) bool {
	s.improve()
	if s.result(c, weights) {
		return true
	}
	clear(s.y)
	s.passive = s.passive[:0]
	s.improve()
	return s.result(c, weights)
}

// improve lets columns in, the one of the largest slope first; one that leaves
// at once, by rounding, waits until another has come in.
func (s *nearestPoint) improve() {
	const tolerance = 1e-13
	refused := make(map[int]bool)
	for range 6 * (s.r + len(s.y)) {
		s.residue()
		best, enter := tolerance, -1
		for i, column := range s.columns {
			if g := dotProduct(column, s.residual); g > best && !refused[i] && !s.isPassive(i) {
				best, enter = g, i
			}
		}
		if enter < 0 || len(s.passive) > s.r {
			return
		}
		s.passive = append(s.passive, enter)
		if s.descend(enter) {
			clear(refused)
		} else {
			refused[enter] = true
		}
	}
}

func (s *nearestPoint) isPassive(i int) bool {
	for _, p := range s.passive {
		if p == i {
			return true
		}
	}
	return false
}

func (s *nearestPoint) residue() {
	clear(s.residual)
	s.residual[s.r] = 1
	for _, i := range s.passive {
		addTo(s.residual, -s.y[i], s.columns[i])
	}
}

// descend goes to the least-squares solution on the passive columns and gives
// up those that reach zero on the way. It reports whether the newest stayed.
func (s *nearestPoint) descend(newest int) bool {
	for {
		if !s.leastSquares() {
			s.drop(len(s.passive) - 1)
			return false
		}
		step, hit := 1.0, -1
		for k, i := range s.passive {
			if s.z[k] <= 0 {
				t := 0.0 // also where both are 0
				if s.y[i] > s.z[k] {
					t = s.y[i] / (s.y[i] - s.z[k])
				}
				if hit < 0 || t < step {
					step, hit = t, k
				}
			}
		}
		if hit >= 0 && s.passive[hit] == newest && s.y[newest] == 0 {
			s.drop(hit)
			return false
		}
		for k, i := range s.passive {
			s.y[i] += step * (s.z[k] - s.y[i])
		}
		if hit < 0 {
			return true
		}
		s.drop(hit)
	}
}

func (s *nearestPoint) drop(k int) {
	s.y[s.passive[k]] = 0
	s.passive = append(s.passive[:k], s.passive[k+1:]...)
}

// leastSquares sets z by modified Gram-Schmidt; false if columns are dependent.
func (s *nearestPoint) leastSquares() bool {
	for k, i := range s.passive {
		v := s.basis[k]
		copy(v, s.columns[i])
		for l, u := range s.basis[:k] {
			s.triangle[k][l] = dotProduct(u, v)
			addTo(v, -s.triangle[k][l], u)
		}
		norm := math.Sqrt(dotProduct(v, v))
		if norm < 1e-12 {
			return false
		}
		s.triangle[k][k] = norm
		for e := range v {
			v[e] /= norm
		}
	}
	n := len(s.passive)
	for k := n - 1; k >= 0; k-- {
		t := s.basis[k][s.r]
		for l := k + 1; l < n; l++ {
			t -= s.triangle[l][k] * s.z[l]
		}
		s.z[k] = t / s.triangle[k][k]
	}
	return true
}

func (s *nearestPoint) result(c, weights []float64) bool {
	total := 0.0
	for _, i := range s.passive {
		if s.point[i] {
			total += s.y[i] / s.scale[i]
		}
	}
	clear(c)
	clear(weights)
	if !(total > 0) {
		return false
	}
	for _, i := range s.passive {
		addTo(c, s.y[i]/total, s.columns[i][:s.r])
	}
	k := 0
	for i, p := range s.point {
		if p {
			weights[k] = s.y[i] / s.scale[i] / total
			k++
		}
	}
	return true
}

func dotProduct(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}

// addTo adds a v to dst.
func addTo(dst []float64, a float64, v []float64) {
	for i, x := range v {
		dst[i] += a * x
	}
}
