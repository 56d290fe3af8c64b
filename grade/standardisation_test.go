package grade

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
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

// Of K folds every row is tested once, and each has its share of them.
func TestFoldsTestEveryRowOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, k := rapid.IntRange(0, 200).Draw(t, "n"), rapid.IntRange(2, 60).Draw(t, "k")
		tested := make([]int, n)
		for i := 1; i <= k; i++ {
			shares := Shares{Fold: fmt.Sprintf("%d/%d", i, k), Holdout: 1 / float64(k)}
			if err := shares.validate(); err != nil {
				t.Fatal(err)
			}
			s := shares.SplitRows(Rows{N: n})
			for _, r := range s.Test {
				tested[r]++
			}
			if len(s.Train)+len(s.Test) != n || len(s.Test) < n/k || len(s.Test) > n/k+1 {
				t.Fatalf("fold %d of %d: %d and %d rows of %d", i, k, len(s.Train), len(s.Test), n)
			}
		}
		for r, times := range tested {
			if times != 1 {
				t.Fatalf("row %d is tested %d times", r, times)
			}
		}
	})
	for _, fold := range []string{"0/5", "6/5", "1/1", "1", "/", "01/5", "1/5 ", "+1/5", "1/5/2"} {
		if err := (Shares{Fold: fold, Holdout: 0.2}).validate(); err == nil {
			t.Errorf("fold %q is accepted", fold)
		}
	}
	if err := (Shares{Fold: "1/4", Holdout: 0.2}).validate(); err == nil {
		t.Error("a fold of four with a fifth held out is accepted")
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

// A spread that is rounding is none, and one that squares do not hold is found by a
// power of two.
func TestSpreads(t *testing.T) {
	for name, c := range map[string]struct {
		v        []float64
		mean, sd float64
	}{
		"equal":              {[]float64{0.3, 0.3}, 0.3, 0},
		"a sum of decimals":  {[]float64{0.3, 0.1 + 0.2, 0.3}, 0.3, 0},
		"a sum beside zero":  {[]float64{0, 5e-17}, 2.5e-17, 2.5e-17},
		"an offset":          {[]float64{1e9, 1e9 + 1}, 1e9 + 0.5, 0.5},
		"huge":               {[]float64{0x1p1000, 0x3p1000}, 0x1p1001, 0x1p1000},
		"the largest":        {[]float64{-0x1p1022, 0x1p1022}, 0, 0x1p1022},
		"tiny":               {[]float64{0x1p-1000, 0x3p-1000}, 0x1p-999, 0x1p-1000},
		"subnormal":          {[]float64{0x1p-1060, 0x3p-1060}, 0x1p-1059, 0x1p-1060},
		"the smallest there": {[]float64{0, 0x1p-1073}, 0x1p-1074, 0x1p-1074},
	} {
		if mean, sd := meanSD(c.v); mean != c.mean || sd != c.sd {
			t.Errorf("%s: mean %v, deviation %v, want %v, %v", name, mean, sd, c.mean, c.sd)
		}
		with := slices.Concat(c.v, []float64{0})
		scale := make([]float64, 1)
		x := mat.NewDense(len(with), 1, with)
		sparseScale(scale, toCSR(x), upTo(len(with)))
		if _, sd := meanSD(with); scale[0] != sd {
			t.Errorf("%s and a zero: sparse %v, dense %v", name, scale[0], sd)
		}
	}
}

// Columns that float64 does not hold the spread of are refused by name.
func TestRange(t *testing.T) {
	for name, c := range map[string]struct {
		x, y    float64
		refused string
	}{
		"plain": {1, 1, ""}, "a spread beyond": {-1.7e308, 1, `column "a"`}, "a square beyond": {1, 1e200, `target "y"`}, "a square below": {1, 1e-200, `target "y"`},
		"a huge column": {1e307, 1, ""}, "a huge column as it is": {1e151, 1, `column "a"`}, "a large column as it is": {-1e150, 1, ""},
	} {
		standardize := !strings.HasSuffix(name, "as it is")
		data := &Data{Source: Source{Columns: []string{"a"}, Target: []string{"y"}}, X: mat.NewDense(2, 1, []float64{c.x, -c.x}), Labels: Labels{Y: [][]float64{{c.y, 0}}}}
		err := data.checkRange(upTo(2), standardize)
		if (err == nil) != (c.refused == "") || err != nil && (!errors.Is(err, ErrData) || !strings.Contains(err.Error(), c.refused)) {
			t.Errorf("%s: %v, want %q", name, err, c.refused)
		}
		rows := &RowData{Source: data.Source, Labels: &data.Labels}
		sums, e := rowSums(t.Context(), table{mat.NewDense(2, 2, []float64{c.x, c.y, -c.x, 0})})
		if e != nil {
			t.Fatal(e)
		}
		if e = rows.checkRange(sums, standardize); fmt.Sprint(e) != fmt.Sprint(err) {
			t.Errorf("%s: out of core %v, in memory %v", name, e, err)
		}
	}
}
