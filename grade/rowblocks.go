package grade

import (
	"runtime"

	"multigrade/internal/parallel"
)

// rowBlock is how many rows a goroutine takes at a time, rowsAtOnce how many are kept where sums over rows follow, whose order
// stays that of the rows.
const rowBlock, rowsAtOnce = 256, 4096

// overRows calls f for all of n rows, blocks of them on all processors.
func overRows(n int, f func(lo, hi int)) {
	parallel.Share((n+rowBlock-1)/rowBlock, runtime.GOMAXPROCS(0), rowBlocks{n, f})
}

// rowBlocks does something with blocks of n rows.
type rowBlocks struct {
	n int
	f func(lo, hi int)
}

func (b rowBlocks) Work(p parallel.Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		b.f(i*rowBlock, min(b.n, (i+1)*rowBlock))
	}
}
