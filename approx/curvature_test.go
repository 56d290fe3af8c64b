package approx

import (
	"math/rand/v2"
	"testing"
)

// Formulas with kinks, poles of the derivative and products of both, on boxes around them and elsewhere.
var curved = []struct {
	text string
	dim  int
}{
	{"sin(7*x)-x^3", 1}, {"abs(x-1/3)*exp(x)", 1}, {"max(x^2, 1-x)+min(x, 0.3)", 1}, {"sqrt(x)*cos(3*x)", 1}, {"x^0.1", 1}, {"1/(1+x^2)", 1},
	{"tan(x)-x*log(x)", 1}, {"log(1+abs(x-0.4))", 1}, {"abs(x-0.3)^1.5", 1}, {"(2+x)^(-3)/(1+x)", 1}, {"max(0,x-0.7)^3+floor(x/2)", 1}, {"1/(1-log(x))", 1},
	{"sin(3*x*y)", 2}, {"sqrt(x*y)", 2}, {"abs(x-y)*x", 2}, {"max(x,y)^2-x*y", 2}, {"exp(x-y)/(1+x)", 2}, {"x*y*z-abs(x+y-z)", 3},
}

// The deviation from the interpolant, and its mean, lie between the bounds, whatever they rest on.
func TestDeviationEncloses(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	oneSided := 0
	for _, c := range curved {
		e := mustParse(t, c.text, c.dim)
		w, g := e.newEvaluation(), Grid{c.dim, 1}
		for range 60 {
			n := 1 << r.IntN(8)
			box, corners, v := make([]Interval, c.dim), Interval{}, make([]float64, g.Nodes())
			for j := range box {
				box[j] = Grid{1, n}.side(r.IntN(n))
			}
			x, u := make([]float64, c.dim), make([]float64, c.dim)
			for i := range v {
				g.Node(i, u)
				for j, b := range box {
					x[j] = b.Lo + u[j]*(b.Hi-b.Lo)
				}
				f, err := w.at(x)
				if err != nil {
					t.Fatal(err)
				}
				if v[i] = f.Mid(); i == 0 {
					corners = f
				}
				corners = corners.hull(f)
			}
			d, err := w.deviation(box, corners)
			if err != nil {
				continue
			}
			if (d.below == 0) != (d.above == 0) {
				oneSided++
			}
			const samples = 200
			sum, tol := 0.0, 1e-14*corners.Mag()+1e-15
			for range samples {
				for j, b := range box {
					u[j] = r.Float64()
					x[j] = b.Lo + u[j]*(b.Hi-b.Lo)
				}
				off := e.Float(x) - g.Interpolate(v, u)
				if sum += off; off > d.above+tol || -off > d.below+tol {
					t.Fatalf("%s on %v at %v: f - I f = %v, bounds %v below, %v above", c.text, box, x, off, d.below, d.above)
				}
			}
			if mean, spread := sum/samples, 0.4*(d.below+d.above)+tol; mean < d.mean.Lo-spread || mean > d.mean.Hi+spread {
				t.Errorf("%s on %v: mean %v, enclosed by %v", c.text, box, mean, d.mean)
			}
		}
	}
	if oneSided < 200 {
		t.Errorf("only %d deviations were one-sided", oneSided)
	}
}

// Known answers: the second derivative along (1, 1), and which side a kink is on.
func TestBend(t *testing.T) {
	for _, c := range []struct {
		text string
		want Interval
	}{
		{"x*y", Point(2)}, {"x^2-y^2", Point(0)}, {"3*x-y", Point(0)}, {"(x+y)^2/4", Point(2)},
		{"abs(x+y-1)", Interval{0, entire.Hi}}, {"min(x,1-y)", Interval{entire.Lo, 0}}, {"max(x,y)", Interval{0, entire.Hi}},
	} {
		e := mustParse(t, c.text, 2)
		w := e.newEvaluation()
		if _, err := w.gradient([]Interval{{0, 1}, {0, 1}}); err != nil {
			t.Fatal(err)
		}
		if got := w.bend(3); got != c.want {
			t.Errorf("%s: %v, want %v", c.text, got, c.want)
		}
	}
}

// A kink costs a few hats per grade, and a concave target is interpolated: the residual is 0 at the nodes but for rounding.
func TestOneSided(t *testing.T) {
	s := mustBuild(t, mustParse(t, "abs(x-1/3)", 1), 12)
	hats := 0
	for _, g := range s.Grades {
		hats += g.Hats
	}
	if hats > 45 || s.Grades[len(s.Grades)-1].Norms.L1.Hi > 1e-7 {
		t.Errorf("%d hats for abs(x-1/3), L1 %v", hats, s.Grades[len(s.Grades)-1].Norms.L1)
	}
	e := mustParse(t, "sqrt(x)", 1)
	s = mustBuild(t, e, 8)
	x := make([]float64, 1)
	for k, g := range s.Grades {
		for i := range g.Grid.Nodes() {
			g.Grid.Node(i, x)
			if left := e.Float(x) - s.Value(x, k+1); !g.Trivial() && (left < 0 || left > 2e-3*s.Grades[max(k-1, 0)].Norms.L1.Hi+1e-12) {
				t.Fatalf("sqrt, grade %d: %v is left at %v", k+1, left, x)
			}
		}
	}
}
