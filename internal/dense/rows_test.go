package dense

import (
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
)

// Rows gathered and scattered are, bit by bit, the sums of the Go kernels, of any width and
// with rows that repeat; numbers beyond the width stay.
func TestGatheredRows(t *testing.T) {
	rnd := rand.New(rand.NewPCG(14, 77))
	for _, cols := range []int{0, 4, 8, 12, 16, 20, 32, 44} {
		for _, entries := range []int{0, 1, 2, 5, 14} {
			const rows = 9
			a := blas64.General{Rows: rows, Cols: cols, Stride: cols + 3, Data: uniform(rnd, rows*(cols+3))}
			val, ind, x := uniform(rnd, entries), make([]int, entries), uniform(rnd, cols)
			for e := range ind {
				ind[e] = rnd.IntN(rows)
			}
			want, got := make([]float64, cols), uniform(rnd, cols)
			portable.gatherRows(want, val, ind, a)
			eachKernel(t, func(t *testing.T) {
				if GatherRows(got, val, ind, a); !slices.Equal(got, want) {
					t.Errorf("%d columns, %d entries: gathered %v, want %v", cols, entries, got, want)
				}
				whole, here := a, a
				whole.Data, here.Data = slices.Clone(a.Data), slices.Clone(a.Data)
				portable.scatterRows(whole, val, ind, x)
				if ScatterRows(here, val, ind, x); !slices.Equal(here.Data, whole.Data) {
					t.Errorf("%d columns, %d entries: scattered to other bits", cols, entries)
				}
			})
		}
	}
}

func TestTransposed(t *testing.T) {
	rnd := rand.New(rand.NewPCG(14, 78))
	for _, m := range []int{1, 3, 4, 7, 16, 33} {
		for _, n := range []int{1, 2, 4, 9, 64} {
			eachKernel(t, func(t *testing.T) {
				a := blas64.General{Rows: m, Cols: n, Stride: n + 1, Data: uniform(rnd, m*(n+1))}
				b := blas64.General{Rows: n, Cols: Quads(m), Stride: Quads(m) + 2, Data: uniform(rnd, n*(Quads(m)+2))}
				before := slices.Clone(b.Data)
				Transpose(b, a)
				for j := range n {
					for i := range b.Stride {
						want := before[j*b.Stride+i]
						if i < m {
							want = a.Data[i*a.Stride+j]
						}
						if b.Data[j*b.Stride+i] != want {
							t.Fatalf("%d x %d: entry %d, %d is %v, want %v", m, n, j, i, b.Data[j*b.Stride+i], want)
						}
					}
				}
			})
		}
	}
}
