//go:build !amd64

package dense

// machine: without assembly for this architecture the kernels are those in Go.
var machine = portable

const noKernel = "dense: no kernel for this architecture"

func gemm512(k int, a, b *float64, ldb int, c *float64, ldc, rows, cols int, alpha, beta float64) {
	panic(noKernel)
}

func gemm256(k int, a, b *float64, ldb int, c *float64, ldc, rows int, alpha, beta float64) {
	panic(noKernel)
}

func trsm512(t, x *float64) { panic(noKernel) }

func trsm256(t, x *float64) { panic(noKernel) }

func transpose4(blocks int, src *float64, lds, srcStep int, dst *float64, ldd, dstStep int) {
	panic(noKernel)
}

func copyRows4(rows int, src *float64, lds int, dst *float64, ldd, quads int) { panic(noKernel) }

func dots4(n int, a *float64, lda int, x, out *float64) { panic(noKernel) }

func dot1(n int, a, x *float64) float64 { panic(noKernel) }

func axpys4(n int, c, a *float64, lda int, y *float64) { panic(noKernel) }

func axpy1(n int, c float64, a, y *float64) { panic(noKernel) }

func gatherRows4(n int, ind *int, val, a *float64, lda, quads int, y *float64) { panic(noKernel) }

func scatterRows4(n int, ind *int, val, a *float64, lda, quads int, x *float64) { panic(noKernel) }

func select4(quads int, dst, sign, from *float64) { panic(noKernel) }

func mulAdd4(quads int, p, q float64, a, x, y *float64) { panic(noKernel) }
