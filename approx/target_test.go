package approx

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
)

// A table whose grid is reached is linear on every simplex: from there on eps is 0.
func TestTableBecomesExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for dim, m := range map[int]int{1: 16, 2: 8, 3: 4} {
		table, err := NewTable(dim, m, randomValues(r, Grid{dim, m}.Nodes()))
		if err != nil {
			t.Fatal(err)
		}
		s := mustBuild(t, table, 5)
		for k, g := range s.Grades {
			if (g.Eps == 0) != (g.Grid.N >= m) {
				t.Errorf("dim %d, grade %d, N = %d: eps %v", dim, k+1, g.Grid.N, g.Eps)
			}
		}
	}
}

// The bounds for a table off the dyadic grid hold at random points.
func TestTableOffTheGrid(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	for dim, m := range map[int]int{1: 7, 2: 5, 3: 3} {
		table, err := NewTable(dim, m, randomValues(r, Grid{dim, m}.Nodes()))
		if err != nil {
			t.Fatal(err)
		}
		s := mustBuild(t, table, 5)
		x := make([]float64, dim)
		for range 5000 {
			for j := range x {
				x[j] = r.Float64()
			}
			f := table.Grid.Interpolate(table.Values, x)
			before := f
			for k, g := range s.Grades {
				after := f - s.Value(x, k+1)
				if math.Abs(after) > math.Abs(before)+1e-13 || math.Abs(after) > g.Sup+1e-13 {
					t.Fatalf("dim %d, grade %d at %v: %v after %v, bound %v", dim, k+1, x, after, before, g.Sup)
				}
				before = after
			}
		}
	}
}

func TestFunctionsWithAPromise(t *testing.T) {
	root := func(x []float64) float64 { return math.Sqrt(x[0]) }
	for name, f := range map[string]*Function{
		"lipschitz": {Dimension: 2, Value: func(x []float64) float64 { return math.Abs(x[0]-x[1]) + x[0]/3 }, Error: 1e-15, Lipschitz: 7.0 / 3},
		"modulus":   {Dimension: 1, Value: root, Error: 1e-15, Modulus: math.Sqrt},
	} {
		s := mustBuild(t, f, 7)
		last := s.Grades[6]
		if last.Sup > 0.3 || last.Trivial() {
			t.Errorf("%s: bound %v after 7 grades", name, last.Sup)
		}
		if _, err := Describe(s); err == nil {
			t.Errorf("%s: a Go function was described in a file", name)
		}
	}
	o := DefaultOptions()
	for _, f := range []*Function{
		{Dimension: 0, Value: root, Lipschitz: 1}, {Dimension: 1, Lipschitz: 1}, {Dimension: 1, Value: root, Lipschitz: -1},
		{Dimension: 1, Value: root, Lipschitz: math.Inf(1)}, {Dimension: 1, Value: root, Lipschitz: 1, Error: -1},
		{Dimension: 1, Value: func([]float64) float64 { return math.NaN() }, Lipschitz: 1},
		{Dimension: 1, Value: root, Modulus: func(float64) float64 { return math.NaN() }},
	} {
		if _, err := Build(context.Background(), f, o); err == nil {
			t.Errorf("%+v: no error", f)
		}
	}
}

func TestSamples(t *testing.T) {
	m := 64
	v := make([]float64, m+1)
	for i := range v {
		v[i] = math.Sin(3 * float64(i) / float64(m))
	}
	s, err := NewSamples(1, m, v, 3)
	if err != nil {
		t.Fatal(err)
	}
	b := mustBuild(t, s, 6)
	if got := b.Grades[5].Sup; got > 0.2 {
		t.Errorf("bound %v after 6 grades", got)
	}
	if _, err := NewSamples(1, m, v, 2); err == nil {
		t.Error("a Lipschitz constant below the slope of the samples was accepted")
	}
	if _, err := NewSamples(1, 3, v[:4], 3); err == nil {
		t.Error("4 samples were accepted")
	}
	o := DefaultOptions()
	o.Grades = 7
	if _, err := Build(context.Background(), s, o); err == nil {
		t.Error("7 grades on 65 samples were accepted")
	}
}

// A Lipschitz constant given with a formula is used where it is sharper, and only there.
func TestGivenLipschitzConstant(t *testing.T) {
	e := mustParse(t, "abs(x-1/3)^0.5*0+abs(sin(40*x))", 1)
	plain, given := mustBuild(t, e, 6), mustBuild(t, e.WithLipschitz(40), 6)
	for k, g := range given.Grades {
		if g.Eps > plain.Grades[k].Eps*(1+1e-12) || g.Eps > 40/float64(2*g.Grid.N)*(1+1e-11) {
			t.Errorf("grade %d: eps %v with the constant, %v without", k+1, g.Eps, plain.Grades[k].Eps)
		}
	}
}

func TestReadTable(t *testing.T) {
	good := map[string]struct{ dim, m int }{
		"1\n2\n3\n":                {1, 2},
		"1 2 3":                    {1, 2},
		"value\n1\n2\n3\n":         {1, 2},
		"1,2\n3,4\n":               {2, 1},
		"# c\n1 2 3\n4 5 6\n7 8 9": {2, 2},
	}
	for text, want := range good {
		d, err := ReadTable([]byte(text), 0)
		if err != nil || d.Dim != want.dim || d.M != want.m {
			t.Errorf("%q: %+v, error %v, want %+v", text, d, err, want)
		}
	}
	if d, err := ReadTable([]byte("1 2 3 4 5 6 7 8"), 3); err != nil || d.M != 1 {
		t.Errorf("2x2x2: %+v, error %v", d, err)
	}
	bad := map[string][2]int{"1\n2\nx\n": {3, 1}, "1,2\n3,nan\n": {2, 2}, "1\n": {0, 0}, "": {0, 0}, "1,2\n3,4\n5,6\n": {0, 0}, "1\ninf\n": {2, 1}}
	for text, want := range bad {
		_, err := ReadTable([]byte(text), 0)
		e, ok := err.(*TableError)
		if !ok || e.Line != want[0] || e.Column != want[1] {
			t.Errorf("%q: error %v, want line %d, column %d", text, err, want[0], want[1])
		}
	}
}

func TestReadArray(t *testing.T) {
	header := "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }\n"
	raw := "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header
	numbers := string(make([]byte, 32))
	d, err := ReadTable([]byte(raw+numbers), 0)
	if err != nil || d.Dim != 2 || d.M != 1 {
		t.Fatalf("%+v, error %v", d, err)
	}
	for n := range len(raw) + len(numbers) {
		if _, err := ReadTable([]byte((raw + numbers)[:n]), 0); err == nil {
			t.Errorf("cut after %d bytes: no error", n)
		}
	}
}
