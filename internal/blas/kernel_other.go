//go:build !amd64

package blas

// machine: without kernels for this architecture every call goes to gonum.
var machine = portable

const noKernel = "blas: no kernel for this architecture"

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
