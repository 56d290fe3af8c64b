package grade

import (
	"slices"
	"testing"
)

// The last rows are the test's, as many as are dealt out otherwise, and those before
// them are shared out by the same rule.
func TestSplitLast(t *testing.T) {
	for n := range 40 {
		for _, holdout := range []float64{0.1, 0.3, 0.25, 0.99} {
			dealt := Shares{Holdout: holdout, Validation: 0.2}.SplitRows(Rows{N: n})
			last := Shares{Holdout: holdout, Validation: 0.2, Last: true}.SplitRows(Rows{N: n})
			first := n - len(dealt.Test)
			if len(last.Test) != len(dealt.Test) || len(last.Test) > 0 && (last.Test[0] != first || last.Test[len(last.Test)-1] != n-1) {
				t.Fatalf("%d rows, %v: test rows %v, dealt %v", n, holdout, last.Test, dealt.Test)
			}
			if rest := slices.Sorted(slices.Values(slices.Concat(last.Train, last.Validation))); !slices.Equal(rest, upTo(first)) || len(last.Validation) != len(dealt.Validation) {
				t.Errorf("%d rows, %v: training %v, validation %v", n, holdout, last.Train, last.Validation)
			}
		}
	}
}
