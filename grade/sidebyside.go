package grade

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// sideBySide calls f(0), ..., f(n-1), as many at a time as there are processors,
// and returns their errors. A panic in one of them is the caller's, when all have ended.
func sideBySide(n int, f func(i int) error) error {
	errs := make([]error, n)
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	var panicked atomic.Pointer[string]
	for i := range errs {
		group.Go(func() {
			room <- struct{}{}
			defer func() {
				<-room
				if p := recover(); p != nil {
					text := fmt.Sprintf("%v\n%s", p, debug.Stack())
					panicked.Store(&text)
				}
			}()
			errs[i] = f(i)
		})
	}
	group.Wait()
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
	return errors.Join(errs...)
}
