package hyperplane

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// TestMarker: the patterns of many gates are those of one at a time, on rows that gates meet exactly and nearly, whose
// products over- and underflow, and that are zero; and a gate is inside where it meets none.
func TestMarker(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	const n, d, count = 2*markedRows + 77, 3, markedGates + 9
	x := mat.NewDense(n, d, nil)
	gates := mat.NewDense(count, d, nil)
	for k := range count {
		copy(gates.RawRowView(k), gaussianVector(rng, d))
		if k%4 == 1 { // where products overflow, or nearly vanish
			for j, v := range gates.RawRowView(k) {
				gates.Set(k, j, math.Ldexp(v, 900-1800*(k/4%2)))
			}
		}
	}
	for i := range n {
		row := x.RawRowView(i)
		copy(row, gaussianVector(rng, d))
		switch i % 5 {
		case 0: // on the hyperplane of a gate, or next to it
			g := gates.RawRowView(rng.IntN(count))
			row[0], row[1], row[2] = g[1], -g[0], 0
			if i%2 == 0 {
				row[1] = math.Nextafter(row[1], 0)
			}
		case 1:
			for j := range row {
				row[j] = math.Ldexp(row[j], -1060+rng.IntN(2100))
			}
		case 2:
			clear(row)
		}
	}
	on := 0
	for _, kind := range []mat.Matrix{x, compressed(x)} {
		m := NewMarker(kind)
		patterns, strictly := m.Patterns(gates)
		for k, p := range patterns {
			want, wantOn := m.x.pattern(gates.RawRowView(k))
			if !p.Equal(want) || strictly[k] == wantOn {
				t.Fatalf("gate %d of %T: %d rows differ, inside %v, on a hyperplane %v", k, kind, p.Distance(want), strictly[k], wantOn)
			}
			if q, inside := m.Pattern(gates.RawRowView(k)); !q.Equal(want) || inside == wantOn {
				t.Errorf("gate %d of %T alone: %d rows differ, inside %v", k, kind, q.Distance(want), inside)
			}
			if wantOn {
				on++
			}
		}
	}
	if on < 20 {
		t.Errorf("only %d gates on a hyperplane tried", on)
	}
}

// compressed is x without its zeros.
func compressed(x *mat.Dense) *sparse.CSR {
	n, d := x.Dims()
	m := sparse.NewDOK(n, d)
	for i := range n {
		for j, v := range x.RawRowView(i) {
			if v != 0 {
				m.Set(i, j, v)
			}
		}
	}
	return m.ToCSR()
}

// BenchmarkMarker: patterns of a marker beside those of one gate at a time.
func BenchmarkMarker(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	const n, d, count = 100_000, 10, 64
	x := gaussian(rng, n, d)
	gates := gaussian(rng, count, d)
	m := NewMarker(x)
	b.Run("together", func(b *testing.B) {
		for b.Loop() {
			m.patterns(gates.RawMatrix())
		}
	})
	b.Run("alone", func(b *testing.B) {
		for b.Loop() {
			m.patterns(blas64.General{Rows: 1, Cols: d, Stride: d, Data: gates.RawRowView(0)})
		}
	})
	b.Run("by rows", func(b *testing.B) {
		for b.Loop() {
			m.x.pattern(gates.RawRowView(0))
		}
	})
}
