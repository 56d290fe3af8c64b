package operator_test

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
)

// The products with a sparse X are those with the same X dense, for few rows and
// for many, more or fewer samples than a task has, and have the same bits on one
// processor.
func TestSparseProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 1))
	for _, n := range []int{5, operator.SparseRows, 3*operator.SparseRows + 17} {
		const d = 9
		x := mat.NewDense(n, d, nil)
		for i := range n {
			for j := range d {
				if rng.IntN(3) == 0 {
					x.Set(i, j, rng.NormFloat64())
				}
			}
		}
		dense, err := operator.NewDesign(x)
		if err != nil {
			t.Fatal(err)
		}
		stored, err := operator.NewDesign(madeup.CSR(x))
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range []int{1, operator.SparseTogether - 1, operator.SparseTogether, 30} {
			u, wide := operator.NewGeneral(k, d), operator.NewGeneral(k, n)
			for i := range u.Data {
				u.Data[i] = rng.NormFloat64()
			}
			for i := range wide.Data {
				wide.Data[i] = rng.NormFloat64()
			}
			products := func(x operator.Design) (z, c blas64.General) {
				z, c = operator.NewGeneral(k, n), operator.NewGeneral(k, d)
				x.Mul(z, u)
				x.MulTrans(c, wide)
				return z, c
			}
			z, c := products(dense)
			sz, sc := products(stored)
			if !floats.EqualApprox(sz.Data, z.Data, 1e-11) || !floats.EqualApprox(sc.Data, c.Data, 1e-11) {
				t.Errorf("n = %d, %d rows: not the products of the dense matrix", n, k)
			}
			before := runtime.GOMAXPROCS(1)
			oz, oc := products(stored)
			runtime.GOMAXPROCS(before)
			if !slices.Equal(oz.Data, sz.Data) || !slices.Equal(oc.Data, sc.Data) {
				t.Errorf("n = %d, %d rows: other bits on one processor", n, k)
			}
		}
	}
}

// F and F' of a sparse X are, to the last bit, the products with X and the sums over the blocks one after the other, and
// book the same.
func TestCombinedProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 2))
	const n, d = 700, 9
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			if rng.IntN(3) == 0 {
				x.Set(i, j, rng.NormFloat64())
			}
		}
	}
	gates := mat.NewDense(16, d, nil)
	for i := range 16 {
		for j := range d {
			gates.Set(i, j, rng.NormFloat64())
		}
	}
	set, err := hyperplane.FromGates(x, gates)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []int{1, operator.SparseTogether - 1, operator.SparseTogether, 21, 32} {
		var blocks []operator.Block
		for j := range k {
			blocks = append(blocks, operator.Block{Cell: j / 2, Sign: float64(1 - 2*(j%2))})
		}
		account := new(operator.Account)
		stored, err := operator.NewDesign(madeup.CSR(x))
		if err != nil {
			t.Fatal(err)
		}
		counted := operator.Counted(stored, account)
		op := operator.NewOperators(counted, operator.Activation{}, set.Cells, blocks, nil)
		u, r := operator.NewGeneral(k, d), make([]float64, n)
		for i := range u.Data {
			u.Data[i] = rng.NormFloat64()
		}
		for i := range r {
			r[i] = rng.NormFloat64()
		}
		rows := operator.NewGeneral(k, n)
		f, want := make([]float64, n), make([]float64, n)
		back, wantBack := operator.NewGeneral(k, d), operator.NewGeneral(k, d)
		counted.Mul(rows, u)
		op.Predict(want, rows)
		op.SignedRows(rows, r, blas64.General{})
		counted.MulTrans(wantBack, rows)
		before := account.Booked()
		op.Forward(f, u, rows)
		op.Backward(back, r, rows)
		if !slices.Equal(f, want) || !slices.Equal(back.Data, wantBack.Data) {
			t.Errorf("%d blocks: other bits", k)
		}
		if account.Booked() != 2*before {
			t.Errorf("%d blocks: %g operations booked, want %g", k, account.Booked()-before, before)
		}
	}
}
