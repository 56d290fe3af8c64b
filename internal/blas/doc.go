// Package blas computes the dense level-3 operations on which the solver
// spends its time,
//
//	C = alpha op(A) op(B) + beta C      Dgemm   (m x k)(k x n)
//	C = alpha A A' + beta C             Dsyrk   one triangle of n x n
//	X: op(A) X = alpha B, X op(A) = ... Dtrsm   A triangular
//	A = U' U = L L'                     Dpotrf  Cholesky
//
// with kernels in assembly for amd64 computers with AVX-512F or with AVX2 and
// FMA. Everything else, and everything on other computers, is gonum's own
// code. Matrices are row-major as in gonum, op(A) is A or its transpose.
//
// # Registration
//
// Use registers the routines with blas64 and lapack64, from where mat takes
// them too. The registration holds for the whole program; a package that wants
// the speed calls Use in an init function of its own:
//
//	func init() { blas.Use() }
//
// # Method
//
// As in Goto and van de Geijn, Anatomy of high-performance matrix
// multiplication, ACM TOMS 34 (2008): blocks of A and B are packed into
// panels that the inner kernel reads front to back, a tile of C stays in
// registers (8 x 24 with AVX-512, 4 x 12 with AVX2).
//
//	mr x nr        tile of C               instructions.tile
//	mc, kc, nc     packed block sizes      mcMax, kcMax, ncMax
//	rows x cols    a task: block of C      product.cut
//
// Dsyrk is the product A A' with the tiles on the other side of the diagonal
// left out. Dtrsm solves panels of nr columns against triangles of at most
// solveMax rows by substitution and halves larger ones. Dpotrf halves down to
// choleskyMax.
//
// # Same bits
//
// A result does not depend on GOMAXPROCS, nor on the kernel in use, nor on
// where an entry lies in C: each entry is
//
//	c = beta c + alpha s_1, c = c + alpha s_2, ...
//
// s_q being the fused multiply-add chain over the q-th block of k (at most 256
// long, the lengths a function of k alone). Tasks cut C, never a sum. Whether
// a small operation goes to gonum instead depends on its sizes only. So a
// result is also the same with AVX2 as with AVX-512 (but not the same as on a
// computer without either, where gonum's code rounds every product; and Dtrsm
// combines groups of 8 rows in the one case, of 4 in the other).
//
// # Differences from gonum
//
// Zeros in A are multiplied like other numbers: 0 * NaN is NaN. With beta = 0
// C is not read, in either triangle of Dsyrk. In the steady state nothing is
// allocated: packed blocks, tasks and goroutines are reused.
package blas
