package loss

import (
	"slices"
	"testing"
)

// TestNullPeaks: of rows in parts the null model is that of all rows, with ties, one value, a
// constant or none.
func TestNullPeaks(t *testing.T) {
	for _, y := range [][]float64{{1, -3, 2, 2, -3, 0.5}, {2, 2, 2}, {0, 0}, {-4, 1, 4, 4}, {5, 1}, {-5, -1, -5}} {
		for _, intercept := range []bool{true, false} {
			var s NullPeaks
			s.Add(y[:1])
			s.Add(y[1:])
			c, want := NullModel(LInf, y, intercept)
			if intercept && s.Constant() != c {
				t.Errorf("%v: constant %v, want %v", y, s.Constant(), c)
			}
			z := slices.Repeat([]float64{c}, len(y))
			if v := LInf.Value(z, y); s.Value(c) != v {
				t.Errorf("%v: L(%v) is %v, want %v", y, c, s.Value(c), v)
			}
			got := slices.Clone(y)
			if s.Slopes(got, c, intercept); !slices.Equal(got, want) {
				t.Errorf("%v, intercept %v: slopes %v, want %v", y, intercept, got, want)
			}
		}
	}
}
