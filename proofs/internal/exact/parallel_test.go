package exact

import (
	"strings"
	"sync/atomic"
	"testing"
)

// Every index once; a panic is the caller's.
func TestParallel(t *testing.T) {
	for _, n := range []int{0, 1, 2, 15, 17, 1000} {
		times := make([]atomic.Int32, n)
		Parallel(n, func() func(int) { return func(i int) { times[i].Add(1) } })
		for i := range times {
			if times[i].Load() != 1 {
				t.Errorf("%d of %d: %d times", i, n, times[i].Load())
			}
		}
	}
	defer func() {
		if text, _ := recover().(string); !strings.HasPrefix(text, "slip\n") {
			t.Errorf("%q", text)
		}
	}()
	Parallel(100, func() func(int) {
		return func(i int) {
			if i == 61 {
				panic("slip")
			}
		}
	})
}
