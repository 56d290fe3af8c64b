package dense

import "math"

// The kernels in Go: the same operations in the same order as those in
// assembly, entry by entry. Where the processor has a fused multiply-add
// math.FMA is that instruction; elsewhere it is emulated, exactly and slowly.

// portableRows and portableColumns are the tile of the portable kernel.
const portableRows, portableColumns = 4, 4

// multiplyPortable computes C = alpha A B + beta C for a tile of rows x cols,
// rows <= 4 and cols <= 4; a and b are packed 4 numbers per step of k, row l of
// B at b[l*ldb:]. beta = 0 does not read C.
func multiplyPortable(k int, a, b []float64, ldb int, c []float64, ldc, rows, cols int, alpha, beta float64) {
	for i := range rows {
		var sum [portableColumns]float64
		for l := range k {
			v, w := a[l*portableRows+i], b[l*ldb:l*ldb+portableColumns]
			sum[0] = math.FMA(v, w[0], sum[0])
			sum[1] = math.FMA(v, w[1], sum[1])
			sum[2] = math.FMA(v, w[2], sum[2])
			sum[3] = math.FMA(v, w[3], sum[3])
		}
		for j := range sum {
			sum[j] *= alpha
		}
		merge(c[i*ldc:i*ldc+cols], sum[:], beta)
	}
}

// solvePortable solves T Y = X in place, T solveRows x solveRows lower
// triangular with the inverse of its diagonal, X solveRows x 4.
func solvePortable(t, x []float64) {
	const w = portableColumns
	for i := range solveRows {
		row := x[i*w : i*w+w]
		for k := range i {
			v := -t[i*solveRows+k]
			for j, y := range x[k*w : k*w+w] {
				row[j] = math.FMA(v, y, row[j])
			}
		}
		for j := range row {
			row[j] *= t[i*solveRows+i]
		}
	}
}

// transposePortable transposes blocks of 4 x 4: block t is read from
// src[t*srcStep:] (rows lds apart) and written to dst[t*dstStep:] (rows ldd
// apart).
func transposePortable(blocks int, src []float64, lds, srcStep int, dst []float64, ldd, dstStep int) {
	for t := range blocks {
		for r := range 4 {
			for l, v := range src[t*srcStep+r*lds:][:4] {
				dst[t*dstStep+l*ldd+r] = v
			}
		}
	}
}

// dotPortable returns x'y, see vector.go.
func dotPortable(x, y []float64) float64 {
	var s [8]float64
	y = y[:len(x)]
	for len(x) >= 8 {
		a, b := x[:8], y[:8]
		for j := range s {
			s[j] += float64(a[j] * b[j])
		}
		x, y = x[8:], y[8:]
	}
	for j, v := range x {
		s[j] += float64(v * y[j])
	}
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// axpyPortable sets y = y + c x.
func axpyPortable(c float64, x, y []float64) {
	y = y[:len(x)]
	for i, v := range x {
		y[i] += float64(c * v)
	}
}
