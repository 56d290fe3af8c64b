package dense

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"gonum.org/v1/gonum/blas"
)

// outcomes runs one of each routine on large enough matrices to be cut.
func outcomes() [][]float64 {
	rnd := rand.New(rand.NewPCG(9, 9))
	const m, n, k = 301, 407, 523
	x, y := random(rnd, m, k, k), random(rnd, k, n, n)
	product := random(rnd, m, n, n)
	dgemm(blas.NoTrans, blas.NoTrans, m, n, k, 0.7, x, k, y, n, 0.3, product, n)
	square := make([]float64, k*k)
	dsyrk(blas.Lower, blas.Trans, k, m, 1, x, k, 0, square, k)
	factor := dominant(rnd, k)
	dpotrf(blas.Upper, k, factor, k)
	solution := slices.Clone(y)
	dtrsm(blas.Left, blas.Upper, blas.Trans, blas.NonUnit, k, n, 1, factor, k, solution, n)
	narrow := make([]float64, 55*20)
	long := random(rnd, 55+20, 3000, 3000)
	dgemm(blas.NoTrans, blas.Trans, 55, 20, 3000, 1, long, 3000, long[55*3000:], 3000, 0, narrow, 20)
	thin := make([]float64, 2*m)
	dgemm(blas.NoTrans, blas.Trans, 2, m, n, 1, y, n, product, n, 0, thin, m)
	return [][]float64{product, square, factor, solution, narrow, thin}
}

func TestSameBitsForAnyGOMAXPROCS(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	eachKernel(t, func(t *testing.T) {
		runtime.GOMAXPROCS(1)
		want := outcomes()
		for _, procs := range []int{2, 3, 4, 16} {
			runtime.GOMAXPROCS(procs)
			for i, got := range outcomes() {
				if !slices.Equal(got, want[i]) {
					t.Errorf("result %d differs on %d threads", i, procs)
				}
			}
		}
	})
}

// An entry of a product has the same bits in a part of the matrix as in the
// whole, in Dsyrk as in Dgemm, and with each kernel.
func TestSameBitsWherever(t *testing.T) {
	best := machine
	defer func() { machine = best }()
	const n, k = 101, 300
	rnd := rand.New(rand.NewPCG(10, 10))
	a := random(rnd, n, k, k)
	want := make([]float64, n*n)
	dgemm(blas.NoTrans, blas.Trans, n, n, k, 0.7, a, k, a, k, 0, want, n)
	for machine = portable; machine <= best; machine++ {
		for from := range 30 {
			got := make([]float64, n*n)
			dsyrk(blas.Upper, blas.NoTrans, n-from, k, 0.7, a[from*k:], k, 0, got[from*n+from:], n)
			for i := from; i < n; i++ {
				if !slices.Equal(got[i*n+i:(i+1)*n], want[i*n+i:(i+1)*n]) {
					t.Fatalf("%v: row %d differs when computed from row %d on", machine, i, from)
				}
			}
		}
	}
}

func TestConcurrentCalls(t *testing.T) {
	want := outcomes()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i, got := range outcomes() {
				if !slices.Equal(got, want[i]) {
					t.Errorf("result %d differs in concurrent calls", i)
				}
			}
		})
	}
	wg.Wait()
}

// mallocs returns the number of allocations in n calls of f, on all threads.
func mallocs(n int, f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		f()
	}
	runtime.ReadMemStats(&after)
	return after.Mallocs - before.Mallocs
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	const n = 300
	rnd := rand.New(rand.NewPCG(11, 11))
	a, b, c := dominant(rnd, n), dominant(rnd, n), make([]float64, n*n)
	step := func() {
		dgemm(blas.NoTrans, blas.Trans, n, n, n, 1, a, n, b, n, 0, c, n)
		dsyrk(blas.Upper, blas.NoTrans, n, n, 1, a, n, 0, c, n)
		for i := range n {
			c[i*n+i] += n
		}
		dpotrf(blas.Upper, n, c, n)
		dtrsm(blas.Left, blas.Upper, blas.Trans, blas.NonUnit, n, n, 1, c, n, b, n)
		dtrsm(blas.Left, blas.Upper, blas.NoTrans, blas.NonUnit, n, n, 1, c, n, b, n)
	}
	var got uint64
	for range 20 { // the first rounds fill the free lists, and the runtime itself allocates now and then
		if got = mallocs(5, step); got == 0 {
			return
		}
	}
	t.Errorf("%d allocations in 5 steps of five operations", got)
}

// Every workspace has room for a large product from the start: they come round in
// turn, and the first product must not find that the next one has none.
func TestWorkspacesAreOfOneSize(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const n, many = 300, 8
	a, c := make([]float64, n*n), make([]float64, n*n)
	square := func() { dgemm(blas.NoTrans, blas.Trans, n, n, n, 1, a, n, a, n, 0, c, n) }
	square()
	var got uint64
	for range 5 { // the runtime itself allocates now and then
		workspaces = freeList[workspace]{}
		fresh := make([]*workspace, many)
		for k := range fresh {
			fresh[k] = takeWorkspace()
		}
		for _, ws := range fresh {
			workspaces.put(ws)
		}
		if got = mallocs(many, square); got == 0 {
			return
		}
	}
	t.Errorf("%d allocations in %d products", got, many)
}

type slips struct{ at int }

func (s slips) do(i int, _ *workspace) {
	if i%7 == s.at {
		panic("slip")
	}
}

// A panic in a task, whichever goroutine has it, is the caller's, and the gang goes on.
func TestGangPanic(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	for range 50 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			run(slips{3}, 64)
		}()
		run(slips{-1}, 64)
	}
}
