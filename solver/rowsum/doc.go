// Package rowsum takes sums over the rows of a program that are too many for memory.
//
// The rows come in blocks of a fixed number of rows. A Pass is a pure function of a
// block and of what the pass was made with (a broadcast: the point, the gates of the
// working set); it returns a Part: sums, and of some rows that they are the extreme
// ones. The parts of the blocks are added in a fixed binary tree over the numbers of
// the blocks, so that the bits of the whole depend neither on the number of goroutines
// nor on how the blocks are shared among machines: a shard of 2^k blocks that begins at
// a multiple of 2^k is a node of the tree, and Combine adds such shards to what
// Runner.Run comes to on all rows.
//
//	X      n x d   Rows, Block.X
//	y      n       Block.Y
//	g_p    d       Gates, p = 0..P-1
//	A_p    n       Block.Words: bit i is 1[x_i.g_p > 0], exactly; else the slope counts
//	v_p    d       Point.V: sum of s u over the blocks of pattern p
//	z      n       c + sum_p A_p X v_p
//	nu     n       -n dL(z) of a curved loss; kept with the rows of a boxed one (Box)
package rowsum
