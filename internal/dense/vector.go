package dense

// The products of vectors that small and thin matrices are left to. A sum of n
// products runs in eight lanes, entry i in lane i % 8, each product and each
// sum rounded by itself; the lanes are added as
//
//	t_j = s_j + s_(j+4),  u_j = t_j + t_(j+2),  u_0 + u_1
//
// Adding multiples of vectors rounds the same way, entry by entry.

// dot returns x'y, both of length len(x).
func (s instructions) dot(x, y []float64) float64 {
	switch {
	case len(x) == 0:
		return 0
	case s == portable:
		return dotPortable(x, y)
	}
	_ = y[len(x)-1]
	return dot1(len(x), &x[0], &y[0])
}

// axpy sets y = y + c x, both of length len(x).
func (s instructions) axpy(c float64, x, y []float64) {
	switch {
	case len(x) == 0:
	case s == portable:
		axpyPortable(c, x, y)
	default:
		_ = y[len(x)-1]
		axpy1(len(x), c, &x[0], &y[0])
	}
}

// rowDots sets y_i = alpha a_i'x + beta y_i for the rows a_i = a[i*lda:][:len(x)]
// of m; y_i is y[i*inc]. beta = 0 does not read y.
func (s instructions) rowDots(m int, alpha float64, a []float64, lda int, x []float64, beta float64, y []float64, inc int) {
	var sum [4]float64
	n := len(x)
	for i := 0; i < m; i += 4 {
		rows := min(4, m-i)
		if rows == 4 && s != portable && n > 0 {
			_ = a[(i+3)*lda+n-1]
			dots4(n, &a[i*lda], lda, &x[0], &sum[0])
		} else {
			for r := range rows {
				sum[r] = s.dot(x, a[(i+r)*lda:])
			}
		}
		for r, v := range sum[:rows] {
			at := (i + r) * inc
			if beta == 0 {
				y[at] = alpha * v
			} else {
				y[at] = float64(alpha*v) + float64(beta*y[at])
			}
		}
	}
}

// addRows sets y = y + sum of alpha x_l a_l in ascending l, a_l = a[l*lda:] of
// length len(y).
func (s instructions) addRows(alpha float64, a []float64, lda int, x, y []float64) {
	n := len(y)
	if n == 0 {
		return
	}
	l := 0
	for ; l+4 <= len(x) && s != portable; l += 4 {
		c := [4]float64{alpha * x[l], alpha * x[l+1], alpha * x[l+2], alpha * x[l+3]}
		_ = a[(l+3)*lda+n-1]
		axpys4(n, &c[0], &a[l*lda], lda, &y[0])
	}
	for ; l < len(x); l++ {
		s.axpy(alpha*x[l], a[l*lda:][:n], y)
	}
}

// scale sets y = beta y; beta = 0 does not read y.
func scale(beta float64, y []float64) {
	switch beta {
	case 0:
		clear(y)
	case 1:
	default:
		for i := range y {
			y[i] *= beta
		}
	}
}
