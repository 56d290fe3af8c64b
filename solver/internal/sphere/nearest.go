package sphere

import "math"

// nearest finds the point of least norm of a polyhedron
//
//	c = sum_k a_k p_k + sum_j b_j q_j,   a, b >= 0,  sum_k a_k = 1
//
// in R^r, as the least-distance problem min |E y - e_(r+1)| over y >= 0 with
// columns (p_k; 1) and (q_j; 0) (Lawson and Hanson, Solving Least Squares
// Problems, 1974, chapter 23). Columns may be added between solves; the last
// solution is where the next one starts. It is a workspace and not rigorous:
// its user checks what it returns.
type nearest struct {
	r       int
	col     []float64 // column i is col[i*(r+1) : (i+1)*(r+1)], of unit norm
	scale   []float64 // what column i was divided by
	point   []bool    // is column i a p_k
	y       []float64
	passive []int
	at      []bool
	res     []float64 // e_(r+1) - E y
	qr      []float64 // passive columns, orthonormalised
	tri     []float64 // their triangle
	z       []float64
}

func newNearest(r int) *nearest {
	m := r + 1
	return &nearest{r: r, res: make([]float64, m), qr: make([]float64, m*m), tri: make([]float64, m*m), z: make([]float64, m)}
}

func (s *nearest) reset() {
	s.col, s.scale, s.point, s.y, s.at = s.col[:0], s.scale[:0], s.point[:0], s.y[:0], s.at[:0]
	s.passive = s.passive[:0]
}

// add appends a column: a point p_k or a direction q_j.
func (s *nearest) add(v []float64, point bool) {
	last := 0.0
	if point {
		last = 1
	}
	norm := last
	for _, x := range v {
		norm += x * x
	}
	norm = math.Sqrt(norm)
	for _, x := range v {
		s.col = append(s.col, x/norm)
	}
	s.col = append(s.col, last/norm)
	s.scale, s.point, s.y, s.at = append(s.scale, norm), append(s.point, point), append(s.y, 0), append(s.at, false)
}

func (s *nearest) column(i int) []float64 { return s.col[i*(s.r+1) : (i+1)*(s.r+1)] }

// solve sets c (r) to the point and weight (one entry for each point added, in
// order) to the a_k. It reports whether it settled.
func (s *nearest) solve(c, weight []float64) bool {
	const tol = 1e-13
	for range 6 * (s.r + len(s.y)) {
		s.residual()
		best, enter := tol, -1
		for i := range s.y {
			if !s.at[i] {
				if g := dotSmall(s.column(i), s.res); g > best {
					best, enter = g, i
				}
			}
		}
		if enter < 0 || len(s.passive) > s.r {
			break
		}
		s.at[enter] = true
		s.passive = append(s.passive, enter)
		if !s.descend() {
			break
		}
	}
	return s.result(c, weight)
}

func (s *nearest) residual() {
	clear(s.res)
	s.res[s.r] = 1
	for _, i := range s.passive {
		for k, v := range s.column(i) {
			s.res[k] -= s.y[i] * v
		}
	}
}

// descend moves to the least-squares solution on the passive columns, dropping
// those that become zero on the way. It reports whether the newest one stayed.
func (s *nearest) descend() bool {
	newest := s.passive[len(s.passive)-1]
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

func (s *nearest) drop(k int) {
	i := s.passive[k]
	s.y[i], s.at[i] = 0, false
	s.passive = append(s.passive[:k], s.passive[k+1:]...)
}

// leastSquares sets z to argmin |E_passive z - e_(r+1)| by modified
// Gram-Schmidt; false if the columns are dependent.
func (s *nearest) leastSquares() bool {
	m, n := s.r+1, len(s.passive)
	for k, i := range s.passive {
		v := s.qr[k*m : k*m+m]
		copy(v, s.column(i))
		for l := range k {
			u := s.qr[l*m : l*m+m]
			t := dotSmall(u, v)
			s.tri[k*m+l] = t
			for e, x := range u {
				v[e] -= t * x
			}
		}
		norm := math.Sqrt(dotSmall(v, v))
		if norm < 1e-12 {
			return false
		}
		s.tri[k*m+k] = norm
		for e := range v {
			v[e] /= norm
		}
	}
	for k := n - 1; k >= 0; k-- {
		t := s.qr[k*m+s.r]
		for l := k + 1; l < n; l++ {
			t -= s.tri[l*m+k] * s.z[l]
		}
		s.z[k] = t / s.tri[k*m+k]
	}
	return true
}

func (s *nearest) result(c, weight []float64) bool {
	total := 0.0
	for _, i := range s.passive {
		if s.point[i] {
			total += s.y[i] / s.scale[i]
		}
	}
	clear(c)
	clear(weight)
	if !(total > 0) {
		return false
	}
	for _, i := range s.passive {
		t := s.y[i] / total
		for k := range c {
			c[k] += t * s.column(i)[k]
		}
	}
	k := 0
	for i, isPoint := range s.point {
		if isPoint {
			weight[k] = s.y[i] / s.scale[i] / total
			k++
		}
	}
	return true
}

// dotSmall is a.b for a few entries.
func dotSmall(a, b []float64) float64 {
	s := 0.0
	for i, v := range a {
		s += v * b[i]
	}
	return s
}
