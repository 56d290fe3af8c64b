package parallel

import (
	"sync/atomic"
	"unsafe"
)

// FreeList keeps objects for reuse; unlike sync.Pool it survives a garbage collection. The zero value is empty. A goroutine looks first
// where it left one, so that what it uses stays with its processor: as a channel, in which all wait for one lock, the list of the work
// spaces of products made projections on cones of 1000 x 20 in two goroutines take 1.6 times the processor time of one.
type FreeList[T any] struct {
	places [64]struct {
		object atomic.Pointer[T]
		_      [56]byte // the rest of a line of the cache
	}
}

// Take is an object that was given, nil where there is none.
func (f *FreeList[T]) Take() *T {
	first := place()
	for k := range f.places {
		p := &f.places[(first+k)%len(f.places)].object
		if x := p.Load(); x != nil && p.CompareAndSwap(x, nil) {
			return x
		}
	}
	return nil
}

// Give leaves x to whoever takes it, or to the garbage collector where all places are taken.
func (f *FreeList[T]) Give(x *T) {
	first := place()
	for k := range f.places {
		if p := &f.places[(first+k)%len(f.places)].object; p.Load() == nil && p.CompareAndSwap(nil, x) {
			return
		}
	}
}

// place is where a goroutine looks first: their stacks lie apart.
func place() int {
	const apart = 13 // bits of less than a stack
	var here byte
	return int(uintptr(unsafe.Pointer(&here)) >> apart)
}
