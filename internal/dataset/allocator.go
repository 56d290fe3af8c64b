//go:build !js

package dataset

import "github.com/apache/arrow-go/v18/arrow/memory"

// padding is for what the library rounds up: 64 bytes a buffer.
const padding = 1 << 20

// limitedAllocator gives the readers of columnar files memory up to a limit and panics
// beyond: a small file can say that it becomes a large one.
type limitedAllocator struct {
	memory.Allocator
	left int64
	out  bool // more than the limit was asked for
}

func newAllocator(l Limits) *limitedAllocator {
	return &limitedAllocator{Allocator: memory.DefaultAllocator, left: l.Bytes + padding}
}

func (a *limitedAllocator) take(size int) {
	if size < 0 || int64(size) > a.left {
		a.out = true
		panic("out of the memory allowed")
	}
	a.left -= int64(size)
}

func (a *limitedAllocator) Allocate(size int) []byte {
	a.take(size)
	return a.Allocator.Allocate(size)
}

func (a *limitedAllocator) Reallocate(size int, b []byte) []byte {
	a.left += int64(len(b))
	a.take(size)
	return a.Allocator.Reallocate(size, b)
}

func (a *limitedAllocator) Free(b []byte) {
	a.left += int64(len(b))
	a.Allocator.Free(b)
}
