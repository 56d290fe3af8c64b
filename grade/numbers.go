package grade

import (
	"fmt"
	"math"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// NewData is data for a regression that are numbers already: x is n x d, *mat.Dense
// or *sparse.CSR, y has n targets, and names are those of the d features and of the
// target, or none for x1 .. xd and y. Errors wrap ErrData and name the row and
// column, from 0. Neither x nor y may change while a model is trained on them.
func NewData(x mat.Matrix, y []float64, names ...string) (*Data, error) {
	switch x.(type) {
	case *mat.Dense, *sparse.CSR:
		if missing(x) {
			return nil, fmt.Errorf("%w: no matrix", ErrData)
		}
	default:
		return nil, fmt.Errorf("%w: X is a %T, want *mat.Dense or *sparse.CSR", ErrData, x)
	}
	n, d := x.Dims()
	if n == 0 || d == 0 || len(y) != n {
		return nil, fmt.Errorf("%w: X is %d x %d and y has %d numbers, want at least one row and column and a number per row", ErrData, n, d, len(y))
	}
	if len(names) != 0 && len(names) != d+1 {
		return nil, fmt.Errorf("%w: %d names, want none or %d: those of the %d features and of the target", ErrData, len(names), d+1, d)
	}
	seen := make(map[string]bool, len(names))
	for j, name := range names {
		if name == "" || seen[name] {
			return nil, fmt.Errorf("%w: names[%d] is %q, want names that are not empty and differ", ErrData, j, name)
		}
		seen[name] = true
	}
	if err := checkNumbers(x, y); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		for j := range d {
			names = append(names, fmt.Sprintf("x%d", j+1))
		}
		names = append(names, "y")
	}
	return &Data{
		Source: Source{Name: "numbers", Kind: "numbers", SHA256: ProgramHash(x, y), Rows: n, Features: d, Columns: names[:d:d], Target: names[d:]},
		X:      x,
		Labels: Labels{Task: Regression, Y: [][]float64{y}},
	}, nil
}

// missing says whether there is no matrix.
func missing(x mat.Matrix) bool {
	switch m := x.(type) {
	case nil:
		return true
	case *mat.Dense:
		return m == nil
	case *sparse.CSR:
		return m == nil
	}
	return false
}

// checkNumbers looks for one that is not finite.
func checkNumbers(x mat.Matrix, y []float64) error {
	for i, v := range y {
		if !isFinite(v) {
			return fmt.Errorf("%w: y[%d] is %v, want a finite number", ErrData, i, v)
		}
	}
	return checkFinite(x)
}

// checkFinite looks for an entry that is not finite, of a sparse matrix among those that are stored.
func checkFinite(x mat.Matrix) error {
	var err error
	check := func(i, j int, v float64) {
		if err == nil && !isFinite(v) {
			err = fmt.Errorf("%w: X[%d, %d] is %v, want a finite number", ErrData, i, j, v)
		}
	}
	if m, ok := x.(*sparse.CSR); ok {
		m.DoNonZero(check)
		return err
	}
	n, d := x.Dims()
	for i := 0; i < n && err == nil; i++ {
		for j := range d {
			check(i, j, x.At(i, j))
		}
	}
	return err
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
