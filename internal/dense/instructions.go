package dense

// instructions names the kernels in use.
type instructions int

const (
	portable instructions = iota // Go: tiles of 4 x 4
	avx2                         // AVX2 and FMA: tiles of 4 x 12
	avx512                       // AVX-512F: tiles of 8 x 24
)

// Kernels names the kernels chosen for this computer: "avx512", "avx2" or
// "portable". The results do not depend on them.
func Kernels() string { return machine.String() }

// String returns the name of the kernels.
func (s instructions) String() string {
	return [...]string{"portable", "avx2", "avx512"}[s]
}

// tile returns the rows mr and columns nr of C that stay in registers.
func (s instructions) tile() (mr, nr int) {
	switch s {
	case avx512:
		return 8, 24
	case avx2:
		return 4, 12
	}
	return portableRows, portableColumns
}

// largest tile over all kernels
const (
	maxRows    = 8
	maxColumns = 24
)

// solveRows is the number of rows that a triangular solve takes at a time, with
// every kernel: it fixes how the sums of the solution are grouped. Multiple of
// every mr.
const solveRows = 8

// solveTile solves T Y = X in place for one solveRows x nr tile X; T is
// solveRows x solveRows, see packTriangle.
func (s instructions) solveTile(t, x []float64) {
	switch s {
	case avx512:
		trsm512(&t[:64][0], &x[:192][0])
	case avx2:
		trsm256(&t[:64][0], &x[:96][0])
	default:
		solvePortable(t, x)
	}
}

// multiplyTile computes C = alpha A B + beta C for one tile of rows x cols.
// a is packed in panels of mr, row l of B is b[l*ldb:]. scratch has the size
// of a tile.
func (s instructions) multiplyTile(k int, a, b []float64, ldb int, c []float64, ldc, rows, cols int, alpha, beta float64, scratch []float64) {
	switch s {
	case avx512:
		gemm512(k, &a[0], &b[0], ldb, &c[0], ldc, rows, cols, alpha, beta)
	case avx2:
		multiply256(k, a, b, ldb, c, ldc, rows, cols, alpha, beta, scratch)
	default:
		multiplyPortable(k, a, b, ldb, c, ldc, rows, cols, alpha, beta)
	}
}

// multiply256 is multiplyTile with AVX2, whose kernel writes whole rows only.
func multiply256(k int, a, b []float64, ldb int, c []float64, ldc, rows, cols int, alpha, beta float64, scratch []float64) {
	const nr = 12
	if cols == nr {
		gemm256(k, &a[0], &b[0], ldb, &c[0], ldc, rows, alpha, beta)
		return
	}
	gemm256(k, &a[0], &b[0], ldb, &scratch[0], nr, rows, alpha, 0)
	for i := range rows {
		merge(c[i*ldc:i*ldc+cols], scratch[i*nr:], beta)
	}
}

// transpose transposes blocks of 4 x 4 as transposePortable does.
func (s instructions) transpose(blocks int, src []float64, lds, srcStep int, dst []float64, ldd, dstStep int) {
	if s == portable {
		transposePortable(blocks, src, lds, srcStep, dst, ldd, dstStep)
		return
	}
	transpose4(blocks, &src[0], lds, srcStep, &dst[0], ldd, dstStep)
}

// copyRows copies rows x 4*quads numbers, quads >= 1, rows lds apart to rows
// ldd apart.
func (s instructions) copyRows(rows int, src []float64, lds int, dst []float64, ldd, quads int) {
	if s == portable {
		for l := range rows {
			copy(dst[l*ldd:l*ldd+4*quads], src[l*lds:])
		}
		return
	}
	copyRows4(rows, &src[0], lds, &dst[0], ldd, quads)
}

// merge sets c = t + beta c with the rounding of the kernels.
func merge(c, t []float64, beta float64) {
	t = t[:len(c)]
	if beta == 0 {
		copy(c, t)
		return
	}
	for j, v := range t {
		c[j] = v + float64(beta*c[j])
	}
}
