package grade

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func randomDense(rnd *rand.Rand, n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, 3+rnd.NormFloat64()*float64(j+1))
		}
	}
	return x
}

// toCSR stores the nonzero entries of x.
func toCSR(x *mat.Dense) *sparse.CSR {
	n, d := x.Dims()
	indptr := []int{0}
	var ind []int
	var data []float64
	for i := range n {
		for j, v := range x.RawRowView(i) {
			if v != 0 {
				ind, data = append(ind, j), append(data, v)
			}
		}
		indptr = append(indptr, len(ind))
	}
	return sparse.NewCSR(n, d, indptr, ind, data)
}

// Standardised training rows have mean 0 and mean square 1, constant columns 0.
func TestStandardise(t *testing.T) {
	x := randomDense(rand.New(rand.NewPCG(1, 2)), 50, 4)
	for i := range 50 {
		x.Set(i, 2, 0.1) // its mean over 49 rows is not 0.1 in float64
	}
	rows := upTo(49)
	s := Standardise(x, rows)
	z := s.Apply(x, rows)
	for j := range 4 {
		mean, square := 0.0, 0.0
		for i := range rows {
			mean += z.At(i, j) / 49
			square += z.At(i, j) * z.At(i, j) / 49
		}
		want := 1.0
		if j == 2 {
			want = 0
		}
		if math.Abs(mean) > 1e-14 || math.Abs(square-want) > 1e-13 {
			t.Errorf("column %d: mean %v, mean square %v, want 0, %v", j, mean, square, want)
		}
	}
}

// Identity changes no bit.
func TestIdentity(t *testing.T) {
	x := randomDense(rand.New(rand.NewPCG(3, 4)), 5, 3)
	s := Identity(3)
	if !mat.Equal(s.Apply(x, upTo(5)), x) {
		t.Error("the numbers changed")
	}
}

// A sparse matrix has the scales of its dense form and is not shifted.
func TestStandardiseSparse(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	x := randomDense(rnd, 60, 5)
	for i := range 60 {
		for j := range 3 {
			if rnd.IntN(3) > 0 {
				x.Set(i, j, 0)
			}
		}
		x.Set(i, 3, 0)
		x.Set(i, 4, 0.1)
	}
	rows := upTo(55)
	dense, csr := Standardise(x, rows), Standardise(toCSR(x), rows)
	for j := range 5 {
		if csr.Shift[j] != 0 || math.Abs(csr.Scale[j]-dense.Scale[j]) > 1e-14*dense.Scale[j] {
			t.Errorf("column %d: shift %v, scale %v, dense %v", j, csr.Shift[j], csr.Scale[j], dense.Scale[j])
		}
	}
	if csr.Scale[3] != 0 || csr.Scale[4] != 0 {
		t.Errorf("constant columns have scales %v", csr.Scale[3:])
	}
	z, ok := csr.Apply(toCSR(x), rows).(*sparse.CSR)
	if !ok {
		t.Fatal("not sparse any more")
	}
	for i := range rows {
		for j := range 5 {
			want := 0.0
			if csr.Scale[j] > 0 {
				want = x.At(i, j) / csr.Scale[j]
			}
			if z.At(i, j) != want {
				t.Fatalf("entry %d, %d is %v, want %v", i, j, z.At(i, j), want)
			}
		}
	}
}

// The parts are disjoint, ascending and complete; a tenth is every tenth row.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		holdout := rapid.Float64Range(0, 0.99).Draw(t, "holdout")
		validation := rapid.Float64Range(0, 0.99).Draw(t, "validation")
		s := NewSplit(n, holdout, validation)
		seen := make([]int, n)
		for _, rows := range [][]int{s.Train, s.Validation, s.Test} {
			for k, i := range rows {
				seen[i]++
				if k > 0 && rows[k-1] >= i {
					t.Fatal("not ascending")
				}
			}
		}
		for i, c := range seen {
			if c != 1 {
				t.Fatalf("row %d is in %d parts", i, c)
			}
		}
		if got := float64(len(s.Test)); math.Abs(got-holdout*float64(n)) > 1 {
			t.Fatalf("%v test rows of %d", got, n)
		}
	})
	s := NewSplit(1000, 0.1, 0)
	for k, i := range s.Test {
		if i != 10*k+9 {
			t.Fatalf("test row %d is %d", k, i)
		}
	}
	if len(s.Test) != 100 || len(s.Validation) != 0 {
		t.Errorf("%d test, %d validation rows", len(s.Test), len(s.Validation))
	}
}

// A stride takes the pixels of a grid for training and all of them for the test;
// validation rows come from the grid.
func TestNewStride(t *testing.T) {
	const width, height = 7, 5
	s := NewStride(width*height, width, 3, 0.5)
	if len(s.Test) != width*height || len(s.Train)+len(s.Validation) != 3*2 || len(s.Validation) != 3 {
		t.Fatalf("%+v", s)
	}
	for _, i := range append(s.Train, s.Validation...) {
		if i%width%3 != 0 || i/width%3 != 0 {
			t.Errorf("pixel %d in column %d, line %d", i, i%width, i/width)
		}
	}
}
