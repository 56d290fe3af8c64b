package operator

import "testing"

// A panic in a part, whichever goroutine has it, is the caller's.
func TestParallelPanic(t *testing.T) {
	for range 20 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			Parallel(64, func(i int) {
				if i%7 == 3 {
					panic("slip")
				}
			})
		}()
	}
}
