package exact

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Parallel calls work for every index below n, on all processors. newWorker
// makes a worker with its own scratch space; results must go to places that
// depend on the index only, so that the outcome does not depend on the threads.
func Parallel(n int, newWorker func() func(i int)) {
	const chunk = 16
	threads := min(runtime.GOMAXPROCS(0), (n+chunk-1)/chunk)
	var next atomic.Int64
	var group sync.WaitGroup
	for range threads {
		group.Go(func() {
			work := newWorker()
			for {
				from := int(next.Add(chunk)) - chunk
				if from >= n {
					return
				}
				for i := from; i < min(from+chunk, n); i++ {
					work(i)
				}
			}
		})
	}
	group.Wait()
}
