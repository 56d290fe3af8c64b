package grade

import (
	"errors"
	"runtime"

	"multigrade/internal/parallel"
)

// boundedGroup calls f(0), ..., f(n-1), as many at a time as there are processors,
// and returns their errors. A panic in one of them is the caller's, when all have ended.
func boundedGroup(n int, f func(i int) error) error {
	errs := make([]error, n)
	room := make(chan struct{}, runtime.GOMAXPROCS(0))
	var group parallel.Group
	for i := range errs {
		group.Go(func() {
			room <- struct{}{}
			defer func() { <-room }()
			errs[i] = f(i)
		})
	}
	group.Wait()
	return errors.Join(errs...)
}
