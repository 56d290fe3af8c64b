// Package blas computes the dense operations on which the solver
// spends its time,
//
//	C = alpha op(A) op(B) + beta C      Dgemm   (m x k)(k x n)
//	C = alpha A A' + beta C             Dsyrk   one triangle of n x n
//	X: op(A) X = alpha B, X op(A) = ... Dtrsm   A triangular
//	A = U' U = L L'                     Dpotrf  Cholesky
//	x: op(A) x = b                      Dtrsv   A triangular
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
// choleskyMax. Products with very few rows or columns (type thin) and the bulk
// of Dtrsv are left to gonum's Dgemv, which reads memory in order; small
// matrices to gonum altogether.
//
// # Same bits
//
// A result does not depend on GOMAXPROCS: tasks cut C, never a sum, and the
// way an operation is computed is chosen by its sizes and transposes alone.
// An entry of a packed product is
//
//	c = beta c + alpha s_1, c = c + alpha s_2, ...
//
// s_q being the fused multiply-add chain over the q-th block of k (at most 256
// long, the lengths a function of k alone). It is the same wherever the entry
// lies in C, in Dsyrk as in Dgemm, with AVX2 as with AVX-512. Dtrsm, and so
// Dpotrf, group their sums by mr and differ in the last bits between the two.
//
// # Differences from gonum
//
// Zeros in A are multiplied like other numbers, 0 * NaN is NaN; gonum skips
// them, and so do the sizes left to it. With beta = 0 C is not read, in either
// triangle of Dsyrk (gonum's lower one keeps a NaN). In the steady state
// nothing is allocated: packed blocks, tasks and goroutines are reused.
package blas
