package approx

import "testing"

func FuzzExpr(f *testing.F) {
	for _, text := range append([]string{"floor(x*2)^-2", "pow(x,0.5)-exp(log(1+y))", "sin(1e300*x)", "x*log(x)", "-x^2^0.5"}, formulas...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExpr(text, 2)
		if err != nil {
			return
		}
		w := e.newEvaluation()
		whole, err := w.gradient([]Interval{{0, 0.5}, {0.25, 1}})
		if err != nil {
			return
		}
		at, err := e.newEvaluation().enclose([]Interval{Point(0.25), Point(0.5)})
		if err == nil && (at.Hi < whole.Lo || at.Lo > whole.Hi) {
			t.Errorf("%q: %v at a point of a box where it is in %v", text, at, whole)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("0\n1\n0.5\n"), 0)
	f.Add([]byte("0,1\n2,3\n"), 2)
	f.Add([]byte("\x93NUMPY\x01\x00v\x00{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"), 1)
	f.Fuzz(func(t *testing.T, raw []byte, dim int) {
		d, err := ReadTable(raw, dim)
		if err == nil && (Grid{d.Dim, d.M}).Nodes() != len(d.Values) {
			t.Errorf("%d values for %d^%d cells", len(d.Values), d.M, d.Dim)
		}
	})
}
