package blas

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/blas/gonum"
	"gonum.org/v1/gonum/lapack/lapack64"
)

// Implementation is gonum's pure Go BLAS with Dgemm, Dsyrk and Dtrsm of its
// own. Illegal arguments panic with gonum's messages.
type Implementation struct {
	gonum.Implementation
}

var _ blas.Float64 = Implementation{}

// Use registers Implementation with blas64 and Lapack with lapack64, for the
// whole program. Without kernels for this computer nothing changes. Like those
// registrations it must not run at the same time as a computation.
func Use() {
	if machine != portable {
		blas64.Use(Implementation{})
		lapack64.Use(Lapack{})
	}
}

// Kernels names the kernels chosen for this computer: "avx512", "avx2", or
// "portable" for gonum's own code.
func Kernels() string { return machine.String() }
