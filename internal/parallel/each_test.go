package parallel

import (
	"context"
	"sync/atomic"
	"testing"
)

func TestEach(t *testing.T) {
	const n, jobs = 100, 3
	var workers atomic.Int32
	done := make([]atomic.Int32, n)
	Each(t.Context(), func() {}, n, jobs, func() func(int) {
		workers.Add(1)
		return func(i int) { done[i].Add(1) }
	})
	for i := range done {
		if done[i].Load() != 1 {
			t.Errorf("%d is done %d times", i, done[i].Load())
		}
	}
	if workers.Load() != jobs {
		t.Errorf("%d workers, want %d", workers.Load(), jobs)
	}
}

// What has not begun when the context ends, or when one panics, does not begin.
func TestEachEnds(t *testing.T) {
	for _, panics := range []bool{false, true} {
		ctx, cancel := context.WithCancel(t.Context())
		var begun atomic.Int32
		what := recovered(func() {
			Each(ctx, cancel, 1<<20, 2, func() func(int) {
				return func(i int) {
					if begun.Add(1) == 10 && panics {
						panic("here")
					} else if begun.Load() >= 10 {
						cancel()
					}
				}
			})
		})
		if n := begun.Load(); n < 10 || n > 1000 || (what != nil) != panics {
			t.Errorf("%d have begun, panic %v", n, what)
		}
		cancel()
	}
}
