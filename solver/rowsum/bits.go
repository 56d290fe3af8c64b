package rowsum

import (
	"context"
	"crypto/sha256"
	"fmt"
	"hash"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// bits are those of all rows by pattern, in a Scratch: block by block, in each pattern by pattern.
type bits struct {
	file     *Scratch
	at       int64
	rows     int // n
	block    int // rows of a block
	patterns int // in the file
	kept     []int
}

// place is where the words of block k begin, and how many each pattern has.
func (b *bits) place(k int) (at int64, words int) {
	first := k * b.block
	return b.at + int64(b.patterns)*int64(first/64)*8, (min(b.block, b.rows-first) + 63) / 64
}

// read sets words to those of block k, with all as room for those of all patterns.
func (b *bits) read(words [][]uint64, all []uint64, k int) error {
	at, size := b.place(k)
	if _, err := b.file.file.ReadAt(bytesOf(all[:b.patterns*size]), at); err != nil {
		return err
	}
	for j, p := range b.kept {
		words[j] = all[p*size : (p+1)*size]
	}
	return nil
}

// SetBits finds the bits of all rows, which take P n/8 bytes of the scratch, to be used from then on:
// without them they are found anew for every block.
func (r *Runner) SetBits(ctx context.Context, file *Scratch) error {
	n, _ := r.Rows.Dims()
	patterns, _ := r.Gates.Dims()
	if r.blockRows()%64 != 0 {
		return fmt.Errorf("rowsum: blocks of %d rows, want a multiple of 64", r.blockRows())
	}
	b := &bits{file: file, rows: n, block: r.blockRows(), patterns: patterns, kept: every(patterns)}
	b.at = file.take(int64(patterns) * int64((n+63)/64) * 8)
	r.bits = nil
	_, err := r.Run(ctx, keepBits{b})
	r.bits = b
	return err
}

// keepBits is the pass that writes the bits of blocks.
type keepBits struct{ *bits }

func (keepBits) Size() int                             { return 0 }
func (keepBits) Keep() (lists, rows int)               { return 0, 0 }
func (k keepBits) Work(d int) float64                  { return products(k.patterns, d) }
func (keepBits) Block(_ *Part, _ *Block, _ *Workspace) {}

func (k keepBits) leave(b *Block, block int) error {
	at, size := k.place(block)
	for j, words := range b.Words {
		if _, err := k.file.file.WriteAt(bytesOf(words), at+int64(j*size)*8); err != nil {
			return err
		}
	}
	return nil
}

// Digests are a hash of the bits of every pattern, and whether all of them are 0.
func (r *Runner) Digests(ctx context.Context) (sums [][sha256.Size]byte, zero []bool, err error) {
	b := r.bits
	hashes := make([]hash.Hash, len(b.kept))
	for j := range hashes {
		hashes[j], zero = sha256.New(), append(zero, true)
	}
	words, all := make([][]uint64, len(b.kept)), make([]uint64, b.patterns*b.block/64)
	for k := range r.Blocks() {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if err := b.read(words, all, k); err != nil {
			return nil, nil, err
		}
		for j, w := range words {
			hashes[j].Write(bytesOf(w))
			zero[j] = zero[j] && !slices.ContainsFunc(w, func(v uint64) bool { return v != 0 })
		}
	}
	sums = make([][sha256.Size]byte, len(hashes))
	for j, h := range hashes {
		h.Sum(sums[j][:0])
	}
	return sums, zero, nil
}

// KeepPatterns forgets all patterns but those listed, in their order, and their gates.
func (r *Runner) KeepPatterns(patterns []int) {
	gates := mat.NewDense(len(patterns), r.Gates.RawMatrix().Cols, nil)
	kept := make([]int, len(patterns))
	for j, p := range patterns {
		gates.SetRow(j, r.Gates.RawRowView(p))
		kept[j] = r.bits.kept[p]
	}
	b := *r.bits
	b.kept = kept
	r.Gates, r.bits = gates, &b
}

// Words fills dst with the words of a pattern from word first on, row i being bit i%64 of word i/64.
func (r *Runner) Words(dst []uint64, pattern, first int) error {
	if r.Patterns != nil {
		copy(dst, r.Patterns[pattern].Words()[first:])
		return nil
	}
	b := r.bits
	for len(dst) > 0 {
		k := first * 64 / b.block
		at, size := b.place(k)
		within := first - k*(b.block/64)
		now := dst[:min(len(dst), size-within)]
		if _, err := b.file.file.ReadAt(bytesOf(now), at+int64(b.kept[pattern]*size+within)*8); err != nil {
			return err
		}
		dst, first = dst[len(now):], first+len(now)
	}
	return nil
}

// Active is the bit of a row.
func (r *Runner) Active(pattern, row int) (bool, error) {
	var word [1]uint64
	err := r.Words(word[:], pattern, row/64)
	return word[0]>>(row%64)&1 != 0, err
}
