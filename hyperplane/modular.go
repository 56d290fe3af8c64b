package hyperplane

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"multigrade/internal/parallel"
)

// Numbers modulo the prime 2^61 - 1, and elimination in them.
const mersenne = 1<<61 - 1

// residue returns v modulo 2^61 - 1, where 2 has order 61, so every float64 has one.
func residue(v float64) uint64 {
	if v == 0 {
		return 0
	}
	m, e := integerParts(math.Abs(v))
	x := uint64(m)
	s := ((e % 61) + 61) % 61
	hi, lo := bits.Mul64(x, 1<<s)
	x = fold(hi, lo)
	if v < 0 && x != 0 {
		x = mersenne - x
	}
	return x
}

// fold reduces the 128-bit number hi, lo (below 2^122) modulo 2^61 - 1.
func fold(hi, lo uint64) uint64 {
	x := lo&mersenne + (hi<<3 | lo>>61)
	x = x&mersenne + x>>61
	if x >= mersenne {
		x -= mersenne
	}
	return x
}

func mulMod(a, b uint64) uint64 { return fold(bits.Mul64(a, b)) }

func inverseMod(a uint64) uint64 {
	x := uint64(1)
	for e := uint64(mersenne - 2); e > 0; e >>= 1 {
		if e&1 != 0 {
			x = mulMod(x, a)
		}
		a = mulMod(a, a)
	}
	return x
}

// residueScaled is v 2^-low modulo 2^61 - 1.
func residueScaled(v float64, low int) uint64 {
	x := residue(v)
	if x == 0 {
		return 0
	}
	shift := ((-low % 61) + 61) % 61
	return mulMod(x, 1<<shift%mersenne)
}

// subtractMultipleMod sets x = x - f y modulo 2^61 - 1.
func subtractMultipleMod(x, y []uint64, f uint64) {
	f = mersenne - f
	for j, v := range y {
		if v != 0 {
			t := x[j] + mulMod(f, v)
			if t >= mersenne {
				t -= mersenne
			}
			x[j] = t
		}
	}
}

// An echelon is of reduced rows, each 1 at its pivot column, where those behind it are 0.
type echelon struct {
	rows   [][]uint64
	pivots []int
}

// reduce subtracts from work multiples of the rows from the given one on.
func (e *echelon) reduce(work []uint64, from int) {
	for k := from; k < len(e.rows); k++ {
		if f := work[e.pivots[k]]; f != 0 {
			subtractMultipleMod(work, e.rows[k], f)
		}
	}
}

// add appends a row that was reduced; it returns false if nothing was left of it.
func (e *echelon) add(work []uint64) bool {
	c := slices.IndexFunc(work, func(v uint64) bool { return v != 0 })
	if c < 0 {
		return false
	}
	inv := inverseMod(work[c])
	row := make([]uint64, len(work))
	for j, v := range work {
		row[j] = mulMod(v, inv)
	}
	e.rows, e.pivots = append(e.rows, row), append(e.pivots, c)
	return true
}

// reduction of rows by an echelon, each by whoever takes it.
type reduction struct {
	*echelon
	work [][]uint64
}

func (r *reduction) Work(p parallel.Parts) {
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		r.reduce(r.work[i], 0)
	}
}

// A nullVector modulo the prime is orthogonal to all rows of an echelon, and otherwise random: a row outside of their span is
// orthogonal to it with probability 2^-61, and a product with it costs as much as the elimination of one row by another.
type nullVector []uint64

// nullVector of the rows, which have d entries.
func (e *echelon) nullVector(d int) nullVector {
	rng := rand.New(rand.NewPCG(1, uint64(len(e.rows))))
	z := make(nullVector, d)
	for j := range z {
		z[j] = rng.Uint64N(mersenne)
	}
	for k := len(e.rows) - 1; k >= 0; k-- {
		z[e.pivots[k]] = 0
		if s := dotMod(z, e.rows[k]); s != 0 {
			z[e.pivots[k]] = mersenne - s
		}
	}
	return z
}

// dotMod is a product of two vectors.
func dotMod(a, b []uint64) uint64 {
	s := uint64(0)
	for j, v := range b {
		if v != 0 {
			if s += mulMod(v, a[j]); s >= mersenne {
				s -= mersenne
			}
		}
	}
	return s
}

// factors are P A = L U of a square matrix: the rows of L without its diagonal of ones and of U in one, with the inverses
// of the diagonal of U.
type factors struct {
	rows    [][]uint64
	order   []int // of the rows of A
	inverse []uint64
	pivot   int // in work
}

// factorise overwrites a; it returns nil if a has no inverse.
func factorise(a [][]uint64) *factors {
	f := &factors{rows: a, order: make([]int, len(a)), inverse: make([]uint64, len(a))}
	for i := range a {
		f.order[i] = i
	}
	for c := range a {
		p := c
		for p < len(a) && a[p][c] == 0 {
			p++
		}
		if p == len(a) {
			return nil
		}
		a[c], a[p] = a[p], a[c]
		f.order[c], f.order[p] = f.order[p], f.order[c]
		f.inverse[c] = inverseMod(a[c][c])
		f.pivot = c
		parallel.Share(len(a)-c-1, parallel.Hands(), f)
	}
	return f
}

// Work eliminates the column of the pivot in the rows below.
func (f *factors) Work(p parallel.Parts) {
	c := f.pivot
	for i, ok := p.Next(); ok; i, ok = p.Next() {
		if row := f.rows[c+1+i]; row[c] != 0 {
			row[c] = mulMod(row[c], f.inverse[c])
			subtractMultipleMod(row[c+1:], f.rows[c][c+1:], row[c])
		}
	}
}

// solve sets z = A^{-1} b.
func (f *factors) solve(z, b []uint64) {
	for i, row := range f.rows {
		z[i] = differenceMod(b[f.order[i]], dotMod(z[:i], row[:i]))
	}
	for i := len(z) - 1; i >= 0; i-- {
		rest := differenceMod(z[i], dotMod(z[i+1:], f.rows[i][i+1:]))
		z[i] = mulMod(rest, f.inverse[i])
	}
}

// differenceMod is a - b.
func differenceMod(a, b uint64) uint64 {
	if a < b {
		a += mersenne
	}
	return a - b
}
