package parallel

import (
	"sync"
	"sync/atomic"
	"testing"
)

// What was given is taken once, whoever takes, and what is taken is nobody else's.
func TestFreeList(t *testing.T) {
	var f FreeList[atomic.Int32]
	if f.Take() != nil {
		t.Fatal("something is in an empty list")
	}
	x := new(atomic.Int32)
	if f.Give(x); f.Take() != x || f.Take() != nil {
		t.Fatal("not what was given")
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 1000 {
				x := f.Take()
				if x == nil {
					x = new(atomic.Int32)
				}
				if x.Add(1) != 1 {
					t.Error("an object is used by two")
				}
				x.Add(-1)
				f.Give(x)
			}
		})
	}
	all.Wait()
	kept := 0
	for f.Take() != nil {
		kept++
	}
	if kept < 1 || kept > 8 {
		t.Errorf("%d objects are kept of eight goroutines", kept)
	}
	for range 2 * len(f.places) { // more than there is room for
		f.Give(new(atomic.Int32))
	}
	for kept = 0; f.Take() != nil; kept++ {
	}
	if kept != len(f.places) {
		t.Errorf("%d of %d places", kept, len(f.places))
	}
}
