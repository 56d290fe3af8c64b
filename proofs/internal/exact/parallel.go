package exact

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Parallel calls work for every index below n, on all processors. newWorker
// makes a worker with its own scratch space; results must go to places that
// depend on the index only, so that the outcome does not depend on the threads. A
// panic of work is the caller's, when all have ended.
func Parallel(n int, newWorker func() func(i int)) {
	processors := runtime.GOMAXPROCS(0)
	chunk := min(max(1, n/(8*processors)), 16)
	threads := min(processors, (n+chunk-1)/chunk)
	var next atomic.Int64
	var group sync.WaitGroup
	var failed atomic.Pointer[string] // a panic, with its stack
	for range threads {
		group.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					text := fmt.Sprintf("%v\n%s", p, debug.Stack())
					failed.Store(&text)
				}
			}()
			work := newWorker()
			for {
				from := int(next.Add(int64(chunk))) - chunk
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
	if text := failed.Load(); text != nil {
		panic(*text)
	}
}
