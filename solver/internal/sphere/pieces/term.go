package pieces

// term is phi of one piece for one sign s of nu:
//
//	phi(a, b) = sum_k s nu_k relu((1 - theta_k) a + theta_k b),  k in the piece's order.
type term struct {
	theta  []float64
	c0, c1 []float64 // c0[k] = sum of the first k s nu, c1[k] that of s nu theta
}

func newTerm(p *Piece, nu []float64, s float64) *term {
	n := len(p.Rows)
	t := &term{theta: p.Theta, c0: make([]float64, n+1), c1: make([]float64, n+1)}
	for k, i := range p.Rows {
		v := s * nu[i]
		t.c0[k+1] = t.c0[k] + v
		t.c1[k+1] = t.c1[k] + v*p.Theta[k]
	}
	return t
}

// gradient returns alpha, beta with phi = alpha a + beta b at and around (a, b).
func (t *term) gradient(a, b float64) (alpha, beta float64) {
	n := len(t.theta)
	switch {
	case a >= 0 && b >= 0:
		return t.c0[n] - t.c1[n], t.c1[n]
	case a <= 0 && b <= 0:
		return 0, 0
	}
	k := t.cut(a / (a - b))
	if a > 0 {
		return t.c0[k] - t.c1[k], t.c1[k]
	}
	return t.c0[n] - t.c0[k] - (t.c1[n] - t.c1[k]), t.c1[n] - t.c1[k]
}

func (t *term) value(a, b float64) float64 {
	alpha, beta := t.gradient(a, b)
	return alpha*a + beta*b
}

// cut is the number of rows with theta < tau.
func (t *term) cut(tau float64) int {
	lo, hi := 0, len(t.theta)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); t.theta[mid] < tau {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// plus is phi(a, b) + x relu(a) + y relu(b).
func (t *term) plus(x, y float64) *term {
	n := len(t.theta)
	o := &term{theta: make([]float64, 0, n+2), c0: make([]float64, 1, n+3), c1: make([]float64, 1, n+3)}
	o.theta = append(append(append(o.theta, 0), t.theta...), 1)
	for k, c := range t.c0 {
		o.c0, o.c1 = append(o.c0, x+c), append(o.c1, t.c1[k])
	}
	o.c0, o.c1 = append(o.c0, o.c0[n+1]+y), append(o.c1, o.c1[n+1]+y)
	return o
}
