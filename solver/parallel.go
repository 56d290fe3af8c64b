package solver

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// parallel calls f(0), ..., f(n-1) on all processors and returns when all are
// done. The calls are independent, so the result does not depend on how many
// processors there are.
func parallel(n int, f func(i int)) {
	parallelWorkers(n, func(_, i int) { f(i) })
}

// parallelWorkers is parallel with the index of the goroutine that makes the
// call, below maxWorkers(), for the use of its workspace.
func parallelWorkers(n int, f func(worker, i int)) {
	workers := min(maxWorkers(), n)
	if workers <= 1 {
		for i := range n {
			f(0, i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(w, i)
			}
		})
	}
	wg.Wait()
}

func maxWorkers() int { return runtime.GOMAXPROCS(0) }
