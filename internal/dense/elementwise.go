package dense

import "math"

// Select sets dst_i to from_i where the sign bit of sign_i is not set, and to 0 elsewhere: with from = sign that is
// max(x, 0), the value of a rectified unit, and with any other from what its derivative lets pass. All are of one length, and
// dst may be one of the others.
func Select(dst, sign, from []float64) { machine.selectSigned(dst, sign, from) }

// MulAdd sets y_i = y_i + (p a_i + q) x_i, every operation rounded by itself. All are of one length.
func MulAdd(p, q float64, a, x, y []float64) { machine.mulAdd(p, q, a, x, y) }

func (s instructions) selectSigned(dst, sign, from []float64) {
	n := len(dst)
	sign, from = sign[:n], from[:n]
	done := 0
	if s != portable && n >= 4 {
		select4(n/4, &dst[0], &sign[0], &from[0])
		done = n &^ 3
	}
	for i := done; i < n; i++ {
		negative := uint64(int64(math.Float64bits(sign[i])) >> 63)
		dst[i] = math.Float64frombits(math.Float64bits(from[i]) &^ negative)
	}
}

func (s instructions) mulAdd(p, q float64, a, x, y []float64) {
	n := len(y)
	a, x = a[:n], x[:n]
	done := 0
	if s != portable && n >= 4 {
		mulAdd4(n/4, p, q, &a[0], &x[0], &y[0])
		done = n &^ 3
	}
	for i := done; i < n; i++ {
		y[i] += float64((float64(p*a[i]) + q) * x[i])
	}
}
