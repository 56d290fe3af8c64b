package dense

import "golang.org/x/sys/cpu"

// machine is the best set of instructions this computer offers.
var machine = detect()

func detect() instructions {
	switch {
	case cpu.X86.HasAVX512F && cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return avx512
	case cpu.X86.HasAVX2 && cpu.X86.HasFMA:
		return avx2
	}
	return portable
}

// gemm512 computes C = alpha A B + beta C for an 8 x 24 tile: A is packed 8
// numbers per step of k, row l of B starts at b + l*ldb. Only the first rows
// (1..8) x cols (1..24) of C are touched; B is read up to cols rounded up to
// a multiple of 8. beta = 0 does not read C.
//
//go:noescape
func gemm512(k int, a, b *float64, ldb int, c *float64, ldc, rows, cols int, alpha, beta float64)

// gemm256 is gemm512 for 4 x 12 tiles of full width: A is packed 4 per step.
//
//go:noescape
func gemm256(k int, a, b *float64, ldb int, c *float64, ldc, rows int, alpha, beta float64)

// trsm512 solves T Y = X in place, T 8 x 8 lower triangular and X 8 x 24, both
// row-major, the diagonal of T inverted.
//
//go:noescape
func trsm512(t, x *float64)

// trsm256 is trsm512 for X 8 x 12.
//
//go:noescape
func trsm256(t, x *float64)

//go:noescape
func transpose4(blocks int, src *float64, lds, srcStep int, dst *float64, ldd, dstStep int)

//go:noescape
func copyRows4(rows int, src *float64, lds int, dst *float64, ldd, quads int)

// dots4 computes out_i = a_i'x for four rows of length n >= 1, lda apart.
//
//go:noescape
func dots4(n int, a *float64, lda int, x, out *float64)

// dot1 returns a'x, n >= 1.
//
//go:noescape
func dot1(n int, a, x *float64) float64

// axpys4 adds c_0 a_0, .., c_3 a_3 to y one after the other, rows of length
// n >= 1, lda apart.
//
//go:noescape
func axpys4(n int, c, a *float64, lda int, y *float64)

// axpy1 adds c a to y, n >= 1.
//
//go:noescape
func axpy1(n int, c float64, a, y *float64)

// gatherRows4 sets y = sum of val[e] times row ind[e] of a, rows of 4 quads numbers, lda
// apart, over n >= 1 entries.
//
//go:noescape
func gatherRows4(n int, ind *int, val, a *float64, lda, quads int, y *float64)

// scatterRows4 adds val[e] x to row ind[e] of a, one after the other, n >= 1.
//
//go:noescape
func scatterRows4(n int, ind *int, val, a *float64, lda, quads int, x *float64)

// select4 sets the 4 quads numbers of dst, quads >= 1, as Select does.
//
//go:noescape
func select4(quads int, dst, sign, from *float64)

// mulAdd4 adds to the 4 quads numbers of y, quads >= 1, as MulAdd does.
//
//go:noescape
func mulAdd4(quads int, p, q float64, a, x, y *float64)
