package grade

import (
	"runtime"

	"multigrade/internal/parallel"
)

// rowBlock is how many rows a goroutine takes at a time, columnBlock how many columns; rowsAtOnce rows are kept where sums over
// rows follow, whose order stays that of the rows.
const rowBlock, columnBlock, rowsAtOnce = 256, 8, 4096

// overRows calls f for all of n rows, blocks of them on all processors.
func overRows(n int, f func(lo, hi int)) { overBlocks(n, rowBlock, f) }

// overColumns does so for columns.
func overColumns(n int, f func(lo, hi int)) { overBlocks(n, columnBlock, f) }

func overBlocks(n, size int, f func(lo, hi int)) {
	parallel.Share((n+size-1)/size, runtime.GOMAXPROCS(0), blocks{n, size, f})
}

// blocks of so many of n.
type blocks struct {
	n, size int
	f       func(lo, hi int)
}

func (b blocks) Work(p parallel.Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		b.f(i*b.size, min(b.n, (i+1)*b.size))
	}
}
