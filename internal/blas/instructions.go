package blas

// instructions names the kernels in use.
type instructions int

const (
	portable instructions = iota // none: gonum's own routines
	avx2                         // AVX2 and FMA: tiles of 4 x 12
	avx512                       // AVX-512F: tiles of 8 x 24
)

// String returns the name of the kernels.
func (s instructions) String() string {
	return [...]string{"portable", "avx2", "avx512"}[s]
}

// tile returns the rows mr and columns nr of C that stay in registers.
func (s instructions) tile() (mr, nr int) {
	if s == avx512 {
		return 8, 24
	}
	return 4, 12
}

// largest tile over all kernels
const (
	maxRows    = 8
	maxColumns = 24
)

// solveTile solves T Y = X in place for one mr x nr tile X, T packed by
// packTriangle.
func (s instructions) solveTile(t, x []float64) {
	if s == avx512 {
		trsm512(&t[:64][0], &x[:192][0])
		return
	}
	trsm256(&t[:16][0], &x[:48][0])
}

// multiplyTile computes C = alpha A B + beta C for one tile of rows x cols.
// a is packed in panels of mr, row l of B is b[l*ldb:]. scratch has the size
// of a tile.
func (s instructions) multiplyTile(k int, a, b []float64, ldb int, c []float64, ldc, rows, cols int, alpha, beta float64, scratch []float64) {
	if s == avx512 {
		gemm512(k, &a[0], &b[0], ldb, &c[0], ldc, rows, cols, alpha, beta)
		return
	}
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
