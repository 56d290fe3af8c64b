package parallel

import (
	"sync/atomic"
	"testing"
)

// Chunks are what there is, once, none larger than asked for.
func TestChunks(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 64, 1000} {
		for _, size := range []int{1, 8, 2000} {
			met := make([]atomic.Int32, n)
			Chunks(n, size, func(lo, hi int) {
				if lo >= hi || hi-lo > size {
					t.Errorf("%d by %d: from %d to %d", n, size, lo, hi)
				}
				for i := lo; i < hi; i++ {
					met[i].Add(1)
				}
			})
			for i := range met {
				if k := met[i].Load(); k != 1 {
					t.Errorf("%d by %d: %d comes %d times", n, size, i, k)
				}
			}
		}
	}
}
