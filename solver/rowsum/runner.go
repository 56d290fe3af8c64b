package rowsum

import (
	"context"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
)

// Rows are the rows of a program, in a file or elsewhere.
type Rows interface {
	// Dims are the numbers of rows and of columns of X.
	Dims() (n, d int)
	// Read fills x, row by row, y and, unless it is nil, what the prediction is before the
	// program's part, with len(y) rows from row first on. It may be called from several goroutines.
	Read(x, y, offset []float64, first int) error
}

// BlockRows is the number of rows of a block, a multiple of 64. The columns of a block
// of ten and what a pass makes of them stay in the second-level cache.
const BlockRows = 4096

// Block is some successive rows of a program.
type Block struct {
	First int            // number of its first row
	X     blas64.General // rows x d
	Y     []float64
	// Offset is what the prediction is before the program's part, nil for nothing.
	Offset []float64
	// Words are P lists of words, row i of the block being bit i%64 of word i/64.
	Words [][]uint64
	Slope float64 // of a row that is not active
	// Kept are the block's parts of the columns of a Keeper.
	Kept [][]float64
}

// A Pass is a pure function of blocks of rows.
type Pass interface {
	// Size is how many sums there are.
	Size() int
	// Keep is how long the lists of extreme rows become, and how many there are.
	Keep() (lists, rows int)
	// Work is about how many operations a row of d columns takes, as an Account counts them.
	Work(d int) float64
	// Block sets out, whose sums are 0 and lists empty, to the part of a block.
	Block(out *Part, b *Block, w *Workspace)
}

// A Keeper is a pass with numbers that stay with the rows.
type Keeper interface {
	Pass
	// Kept are the columns whose parts a block has as Block.Kept: read before the pass on the block,
	// or set by it and written behind it, or both.
	Kept() (columns []Column, read, set bool)
}

// Workspace is the scratch of one goroutine.
type Workspace struct {
	floats map[string][]float64
	rows   []newtonRow
}

// take is a slice of n numbers by its name, with what it had before.
func (w *Workspace) take(name string, n int) []float64 {
	v := w.floats[name]
	if cap(v) < n {
		v = make([]float64, n)
		w.floats[name] = v
	}
	return v[:n]
}

// newton is so many rows.
func (w *Workspace) newton(n int) []newtonRow {
	w.rows = slices.Grow(w.rows[:0], n)[:n]
	return w.rows
}

// matrix is a rows x cols matrix likewise.
func (w *Workspace) matrix(name string, rows, cols int) blas64.General {
	return blas64.General{Rows: rows, Cols: cols, Stride: cols, Data: w.take(name, rows*cols)}
}

// Runner takes passes over rows.
type Runner struct {
	Rows  Rows
	Gates *mat.Dense // P x d
	Slope float64
	// Shifted says that predictions have an offset.
	Shifted bool
	// BlockRows is that of a block; 0: the constant.
	BlockRows int
	// Patterns, if not nil, are those of the gates, whose bits are not looked for then.
	Patterns []hyperplane.Pattern
	bits     *bits // nil, and no Patterns: they are found anew for every block
	workers  []*worker
	spare    []*Part
}

// worker is one block in work.
type worker struct {
	x, y  []float64
	shift []float64
	words [][]uint64
	all   []uint64 // of all patterns in the file of the bits
	kept  [][]float64
	ws    Workspace
	part  *Part
	err   error
}

func (r *Runner) blockRows() int {
	if r.BlockRows > 0 {
		return r.BlockRows
	}
	return BlockRows
}

// Blocks is how many blocks there are.
func (r *Runner) Blocks() int {
	n, _ := r.Rows.Dims()
	return (n + r.blockRows() - 1) / r.blockRows()
}

// Run is what the pass comes to on all rows. An error is of the rows or of ctx.
func (r *Runner) Run(ctx context.Context, p Pass) (*Part, error) {
	return r.Shard(ctx, p, 0, r.Blocks())
}

// Shard is what the pass comes to on the blocks from <= k < to.
func (r *Runner) Shard(ctx context.Context, p Pass, from, to int) (*Part, error) {
	_, keep := p.Keep()
	defer func() { r.spare = nil }() // of the size of this pass
	t := tree{keep: keep, free: func(q *Part) { r.spare = append(r.spare, q) }}
	for len(r.workers) < operator.MaxWorkers() {
		r.workers = append(r.workers, &worker{ws: Workspace{floats: map[string][]float64{}}})
	}
	for from < to {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		now := min(to-from, len(r.workers))
		for _, w := range r.workers[:now] {
			w.part = r.empty(p)
		}
		operator.Parallel(now, func(k int) { r.block(r.workers[k], p, from+k) })
		for _, w := range r.workers[:now] {
			if w.err != nil {
				return nil, w.err
			}
			t.push(1, w.part)
		}
		from += now
	}
	return t.total(), nil
}

// Combine adds the parts of a pass on shards, in the order of their rows. All shards but
// the last have the same number of blocks, a power of two.
func Combine(p Pass, blocks int, shards []*Part) *Part {
	_, keep := p.Keep()
	t := tree{keep: keep, free: func(*Part) {}}
	for _, s := range shards {
		t.push(blocks, s)
	}
	return t.total()
}

// empty is a part with nothing in it.
func (r *Runner) empty(p Pass) *Part {
	if k := len(r.spare) - 1; k >= 0 {
		out := r.spare[k]
		r.spare = r.spare[:k]
		clear(out.Sum)
		for l := range out.Extreme {
			out.Extreme[l] = nil
		}
		return out
	}
	lists, _ := p.Keep()
	return &Part{Sum: make([]float64, p.Size()), Extreme: make([][]Row, lists)}
}

// block does one block.
func (r *Runner) block(w *worker, p Pass, k int) {
	b, err := r.read(w, k)
	if err != nil {
		w.err = err
		return
	}
	if w.err = w.enter(b, p); w.err != nil {
		return
	}
	p.Block(w.part, b, &w.ws)
	w.err = leave(b, p, k)
}

// enter gives the block its parts of the columns of a Keeper.
func (w *worker) enter(b *Block, p Pass) error {
	keeper, ok := p.(Keeper)
	if !ok {
		return nil
	}
	columns, read, _ := keeper.Kept()
	for j, c := range columns {
		if j == len(w.kept) {
			w.kept = append(w.kept, nil)
		}
		if len(w.kept[j]) < len(b.Y) {
			w.kept[j] = make([]float64, len(b.Y))
		}
		b.Kept = append(b.Kept, w.kept[j][:len(b.Y)])
		if !read {
			continue
		}
		if err := c.Read(b.Kept[j], b.First); err != nil {
			return err
		}
	}
	return nil
}

// leave writes what the pass has set.
func leave(b *Block, p Pass, k int) error {
	if bits, ok := p.(keepBits); ok {
		return bits.leave(b, k)
	}
	keeper, ok := p.(Keeper)
	if !ok {
		return nil
	}
	columns, _, set := keeper.Kept()
	for j, c := range columns {
		if !set {
			break
		}
		if err := c.Write(b.Kept[j], b.First); err != nil {
			return err
		}
	}
	return nil
}

// read reads block k, with its bits.
func (r *Runner) read(w *worker, k int) (*Block, error) {
	n, d := r.Rows.Dims()
	first := k * r.blockRows()
	rows := min(n-first, r.blockRows())
	if len(w.y) < rows {
		w.x, w.y = make([]float64, rows*d), make([]float64, rows)
	}
	b := &Block{First: first, Y: w.y[:rows], X: blas64.General{Rows: rows, Cols: d, Stride: d, Data: w.x[:rows*d]}, Slope: r.Slope}
	if r.Shifted {
		w.shift = slices.Grow(w.shift[:0], rows)[:rows]
		b.Offset = w.shift
	}
	if err := r.Rows.Read(b.X.Data, b.Y, b.Offset, first); err != nil {
		return nil, err
	}
	patterns := 0
	if r.Gates != nil {
		patterns, _ = r.Gates.Dims()
	}
	if len(w.words) < patterns {
		w.words = make([][]uint64, patterns)
	}
	b.Words = w.words[:patterns]
	if r.Patterns != nil {
		for j, p := range r.Patterns {
			b.Words[j] = p.Words()[first/64 : (first+rows+63)/64]
		}
		return b, nil
	}
	if r.bits == nil {
		r.signs(b)
		return b, nil
	}
	if need := r.bits.patterns * (r.bits.block / 64); len(w.all) < need {
		w.all = make([]uint64, need)
	}
	return b, r.bits.read(b.Words, w.all, k)
}

// signs finds the bits of a block, each decided exactly.
func (r *Runner) signs(b *Block) {
	x := mat.NewDense(b.X.Rows, b.X.Cols, b.X.Data)
	patterns, _ := hyperplane.NewMarker(x).Patterns(r.Gates)
	for j, p := range patterns {
		b.Words[j] = p.Words()
	}
}
