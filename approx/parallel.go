package approx

import (
	"context"
	"sync/atomic"

	par "multigrade/internal/parallel"
)

// parallel cuts 0..n-1 into blocks and hands them to the workers; block is called with its number, so that
// results can be combined in a fixed order. It returns the error of the lowest block that failed, or ctx's.
func parallel(ctx context.Context, threads, n, blocks int, work func() func(block, from, to int) error) error {
	blocks = max(1, min(blocks, n))
	errs := make([]error, blocks)
	var next atomic.Int64
	var group par.Group
	for range max(1, min(threads, blocks)) {
		group.Go(func() {
			do := work()
			for {
				b := int(next.Add(1)) - 1
				if b >= blocks || ctx.Err() != nil {
					return
				}
				errs[b] = do(b, b*n/blocks, (b+1)*n/blocks)
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}
