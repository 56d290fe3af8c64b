package grade

import "multigrade/internal/parallel"

// rowBlock is how many rows a goroutine takes at a time, columnBlock how many columns; rowsAtOnce rows are kept where sums over
// rows follow, whose order stays that of the rows.
const rowBlock, columnBlock, rowsAtOnce = 256, 8, 4096

// overRows calls f for all of n rows, blocks of them on all processors.
func overRows(n int, f func(lo, hi int)) { parallel.Chunks(n, rowBlock, f) }

// overColumns does so for columns.
func overColumns(n int, f func(lo, hi int)) { parallel.Chunks(n, columnBlock, f) }
