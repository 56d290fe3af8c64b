// Package dense computes the dense operations on which the solver
// spends its time,
//
//	C = alpha op(A) op(B) + beta C      Gemm    (m x k)(k x n)
//	C = alpha op(A) op(A)' + beta C     Syrk    one triangle of n x n
//	X: op(A) X = alpha B, X op(A) = ... Trsm    A triangular
//	A = U' U = L L'                     Potrf   Cholesky
//	x: op(A) x = b                      Trsv    A triangular
//	y = alpha op(A) x + beta y          Gemv
//	y = alpha A x + beta y              Symv    A symmetric
//	A = A + alpha (x y' + y x')         Syr2    one triangle
//	y = y + (p a + q) o x               MulAdd  number by number
//	y = x where s >= 0, else 0          Select  number by number
//
// with kernels in assembly for amd64 computers with AVX-512F or with AVX2 and
// FMA, and in Go for all others. Matrices are row-major and of the types of
// gonum's blas64, op(A) is A or its transpose. Nothing is registered with
// blas64: a program that imports this package keeps the BLAS it has.
//
// # Method
//
// As in Goto and van de Geijn, Anatomy of high-performance matrix
// multiplication, ACM TOMS 34 (2008): blocks of A and B are packed into
// panels that the inner kernel reads front to back, a tile of C stays in
// registers (8 x 24 with AVX-512, 4 x 12 with AVX2, 4 x 4 in Go).
//
//	mr x nr        tile of C               instructions.tile
//	mc, kc, nc     packed block sizes      mcMax, kcMax, ncMax
//	rows x cols    a task: block of C      product.cut
//
// Syrk is the product A A' with the tiles on the other side of the diagonal
// left out. Trsm solves panels of nr columns against triangles of at most
// solveMax rows by substitution and halves larger ones. Potrf halves down to
// choleskyMax, Trsv down to vectorMax. Small products, those with very few rows
// or columns (type thin) and the bulk of Trsv are products of a matrix and a
// vector, which read memory in order.
//
// # Same bits
//
// A result depends on the numbers, the sizes and the transposes alone: not on
// the number of goroutines (tasks cut C, never a sum), not on the kernels, not
// on the architecture. An entry of a packed product is
//
//	c = beta c + alpha s_1, c = c + alpha s_2, ...
//
// s_q being the fused multiply-add chain over the q-th block of k (at most 256
// long, the lengths a function of k alone), the same wherever the entry lies in
// C, in Syrk as in Gemm. Trsm, and so Potrf, take solveRows rows at a time with
// every kernel. Sums of products of vectors run in eight lanes (vector.go), each
// product and each sum rounded by itself. Without a fused multiply-add in the
// processor the kernels in Go emulate it: exact, and some forty times slower.
//
// # Differences from gonum
//
// Zeros in A are multiplied like other numbers, 0 * NaN is NaN; gonum skips
// them. With beta = 0 C is not read, in either triangle of Syrk (gonum's lower
// one keeps a NaN). In the steady state nothing is allocated: packed blocks,
// tasks and goroutines are reused.
package dense
