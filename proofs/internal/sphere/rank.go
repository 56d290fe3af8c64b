package sphere

import (
	"multigrade/proofs/internal/exact"
)

// NonzeroColumns returns the columns with a nonzero entry as a dense matrix
// (n x r, by rows), or nil if there are too many for a tree.
func NonzeroColumns(m exact.Matrix) (x []float64, r int) {
	number := make(map[int]int)
	used := make([]bool, m.Cols)
	each := func(f func(i, j int, v float64)) {
		for i := range m.Rows {
			values, index := m.Row(i)
			for e, v := range values {
				j := e
				if index != nil {
					j = index[e]
				}
				if v != 0 {
					f(i, j, v)
				}
			}
		}
	}
	each(func(_, j int, _ float64) { used[j] = true })
	for j, u := range used {
		if u {
			number[j] = r
			r++
		}
	}
	if r > MaxTreeRank {
		return nil, r
	}
	x = make([]float64, m.Rows*r)
	each(func(i, j int, v float64) { x[i*r+number[j]] = v })
	return x, r
}
