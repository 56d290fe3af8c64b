package hyperplane

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// bruteForce returns every sign vector over the rows of x (zero rows inactive) whose open cone is not empty: all 2^n
// are decided by exact linear programming, those that start like an empty cone of fewer rows at once.
func bruteForce(x *mat.Dense) map[string]bool {
	n, _ := x.Dims()
	r := newRows(x)
	out := map[string]bool{}
	var extend func(words uint64, signed [][]float64, inside []*big.Rat, i int)
	extend = func(words uint64, signed [][]float64, inside []*big.Rat, i int) {
		if i == n {
			out[Pattern{n, []uint64{words}}.String()] = true
			return
		}
		if r.isZero(i) {
			extend(words, signed, inside, i+1)
			return
		}
		for bit := range uint64(2) {
			row := r.signedRow(Pattern{n, []uint64{bit << i}}, i)
			longer := append(signed[:len(signed):len(signed)], row)
			w, ok := inside, inside != nil && ratDot(row, inside).Sign() > 0
			if !ok {
				w, ok = strictSolution(longer)
			}
			if ok {
				extend(words|bit<<i, longer, w, i+1)
			}
		}
	}
	extend(0, nil, nil, 0)
	return out
}

// degenerateRows draws one of several kinds of degenerate X.
func degenerateRows(rng *rand.Rand, kind, n, d int) *mat.Dense {
	x := gaussian(rng, n, d)
	row := x.RawRowView
	switch kind % 9 {
	case 0: // duplicated, opposite and scaled rows
		for i := range n {
			if i >= 3 && rng.IntN(2) == 0 {
				s := []float64{1, -1, 2, -0.5, 4}[rng.IntN(5)]
				for j, v := range row(rng.IntN(3)) {
					row(i)[j] = s * v
				}
			}
		}
	case 1: // all rows on a line
		for i := 1; i < n; i++ {
			s := float64(rng.IntN(5) - 2)
			for j, v := range row(0) {
				row(i)[j] = s * v
			}
		}
	case 2: // all rows on a plane, exactly: integer combinations of two integer rows
		a, b := make([]float64, d), make([]float64, d)
		for j := range d {
			a[j], b[j] = float64(rng.IntN(9)-4), float64(rng.IntN(9)-4)
		}
		for i := range n {
			s, u := float64(rng.IntN(7)-3), float64(rng.IntN(7)-3)
			for j := range d {
				row(i)[j] = s*a[j] + u*b[j]
			}
		}
	case 3: // small lattice with bias
		side := 3 + 2*rng.IntN(2)
		for i := range n {
			for j := range d {
				row(i)[j] = float64(rng.IntN(side))
			}
			row(i)[d-1] = 1
		}
	case 4: // one-hot rows
		for i := range n {
			clear(row(i))
			row(i)[rng.IntN(d)] = float64(1 - 2*rng.IntN(2))
		}
	case 5: // signs and zeros
		for i := range n {
			for j := range d {
				row(i)[j] = float64(rng.IntN(3) - 1)
			}
		}
	case 6: // a dependent column, rounded: full rank by a hair
		for i := range n {
			row(i)[d-1] = 0.1*row(i)[0] + 0.3
		}
	case 7: // rank-deficient, and zero rows
		for i := range n {
			if d > 1 {
				row(i)[d-1] = 2 * row(i)[0]
			}
			if rng.IntN(4) == 0 {
				clear(row(i))
			}
		}
	case 8: // hyperplanes equal up to the last bit
		for i := 1; i < n; i++ {
			if rng.IntN(2) == 0 {
				copy(row(i), row(i-1))
				row(i)[0] = math.Nextafter(row(i)[0], 9)
			}
		}
	}
	return x
}

func TestEnumerationEqualsBruteForce(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	trials := 108
	if *long {
		trials = 400
	}
	for trial := range trials {
		n, d := 2+rng.IntN(7), 1+rng.IntN(5)
		if d <= 3 && trial%2 == 0 || *long {
			n = 9 + rng.IntN(6)
		}
		x := degenerateRows(rng, trial, n, d)
		want := bruteForce(x)
		a, err := NewArrangement(x)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		thin := 0
		for c, err := range a.Cells(t.Context()) {
			if err != nil {
				t.Fatalf("trial %d: %v", trial, err)
			}
			if got[c.Pattern.String()] {
				t.Fatalf("trial %d (%d x %d): %v twice", trial, n, d, c.Pattern)
			}
			got[c.Pattern.String()] = true
			if !want[c.Pattern.String()] {
				t.Fatalf("trial %d (%d x %d): %v is no cell\n%v", trial, n, d, c.Pattern, mat.Formatted(x))
			}
			if c.Gate == nil {
				thin++
			} else if !newRows(x).inside(c.Pattern, c.Gate) {
				t.Fatalf("trial %d: gate of %v is not inside", trial, c.Pattern)
			}
		}
		if len(got) != len(want) {
			t.Fatalf("trial %d (%d x %d, rank %d): %d cells of %d\n%v", trial, n, d, a.Rank(), len(got), len(want), mat.Formatted(x))
		}
		if count, err := a.Count(t.Context()); err != nil || count.Int64() != int64(len(want)) {
			t.Fatalf("trial %d (%d x %d, rank %d): Count %v, %v, want %d", trial, n, d, a.Rank(), count, err, len(want))
		}
		if thin > 0 && trial%9 != 8 && trial%9 != 6 {
			t.Errorf("trial %d: %d of %d cells without a gate", trial, thin, len(got))
		}
	}
}
