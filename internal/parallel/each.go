package parallel

import "context"

// Each does 0, 1, ..., n-1, jobs at a time, and begins no more of them when ctx has
// ended. Each of the goroutines has its own do, which worker makes in it; stop is called
// when one panics.
func Each(ctx context.Context, stop func(), n, jobs int, worker func() (do func(i int))) {
	indices := make(chan int)
	group := Group{Stop: stop}
	for range min(jobs, n) {
		group.Go(func() {
			do := worker()
			for i := range indices {
				do(i)
			}
		})
	}
	for i := range n {
		select {
		case indices <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(indices)
	group.Wait()
}
