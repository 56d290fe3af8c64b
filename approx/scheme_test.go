package approx

import (
	"context"
	"errors"
	"flag"
	"math"
	"math/big"
	"math/rand/v2"
	"reflect"
	"testing"
)

var long = flag.Bool("long", false, "also run the largest cases")

func mustParse(t testing.TB, text string, dim int) *Expr {
	t.Helper()
	e, err := ParseExpr(text, dim)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func mustBuild(t testing.TB, target Target, grades int) *Scheme {
	t.Helper()
	o := DefaultOptions()
	o.Grades, o.Threads = grades, 2
	s, err := Build(context.Background(), target, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var schemes = []struct {
	text        string
	dim, grades int
}{
	{"sin(2*pi*x) + abs(x-1/3)/2", 1, 12},
	{"sqrt(x)", 1, 10},
	{"max(x, 1-x)^3", 1, 10},
	{"exp(-x)", 1, 12},
	{"abs(x-0.3)^0.3-0.4", 1, 9},
	{"sin(2*pi*x)*cos(pi*y)+abs(x-y)/2", 2, 6},
	{"sqrt(x*y)-0.2", 2, 5},
	{"exp(-x1-x2^2)*sin(3*x3)", 3, 4},
	{"x1*x2-x3*x4", 4, 3},
}

// The theorem at random points: no residual grows, none exceeds its bound, and the norms enclose sample means.
func TestResidualsAtRandomPoints(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	for _, c := range schemes {
		e := mustParse(t, c.text, c.dim)
		s := mustBuild(t, e, c.grades)
		const n = 8000
		l1, l2 := make([]float64, len(s.Grades)), make([]float64, len(s.Grades))
		x := make([]float64, c.dim)
		for range n {
			for j := range x {
				x[j] = r.Float64()
			}
			before := e.Float(x)
			for k, g := range s.Grades {
				after := e.Float(x) - s.Value(x, k+1)
				if math.Abs(after) > math.Abs(before)+1e-14 {
					t.Fatalf("%s, grade %d, at %v: |e| rose from %v to %v", c.text, k+1, x, before, after)
				}
				if math.Abs(after) > g.Sup+1e-14 {
					t.Fatalf("%s, grade %d, at %v: |e| = %v above the bound %v", c.text, k+1, x, after, g.Sup)
				}
				l1[k] += math.Abs(after) / n
				l2[k] += after * after / n
				before = after
			}
		}
		for k, g := range s.Grades {
			for name, p := range map[string]struct {
				sampled float64
				in      Interval
			}{"L1": {l1[k], g.Norms.L1}, "L2": {math.Sqrt(l2[k]), g.Norms.L2}} {
				tol := 5 * g.Sup / math.Sqrt(n)
				if p.sampled < p.in.Lo-tol || p.sampled > p.in.Hi+tol || !(p.in.Lo <= p.in.Hi) {
					t.Errorf("%s, grade %d: %s %v not in %v", c.text, k+1, name, p.sampled, p.in)
				}
			}
			if g.Norms.Linf.Lo > g.Sup || g.Norms.L2.Lo > g.Norms.Linf.Hi || g.Norms.L1.Lo > g.Norms.L2.Hi {
				t.Errorf("%s, grade %d: norms %+v out of order", c.text, k+1, g.Norms)
			}
		}
	}
}

// The a-priori bounds: |e_k| <= 2 eps + delta, and they never rise.
func TestSupBounds(t *testing.T) {
	for _, c := range schemes {
		s := mustBuild(t, mustParse(t, c.text, c.dim), c.grades)
		before := s.Initial.Linf.Hi
		for k, g := range s.Grades {
			if apriori := 2*g.Eps + g.Variation; g.Sup > apriori*(1+1e-12) && !g.Trivial() {
				t.Errorf("%s, grade %d: bound %v above 2 eps + delta = %v", c.text, k+1, g.Sup, apriori)
			}
			if g.Sup > before {
				t.Errorf("%s, grade %d: bound rose from %v to %v", c.text, k+1, before, g.Sup)
			}
			before = g.Sup
			if g.Trivial() != (g.Values == nil) {
				t.Errorf("%s, grade %d: trivial %t with values %t", c.text, k+1, g.Trivial(), g.Values != nil)
			}
		}
	}
}

// Sums of grades at nodes are exact in float64.
func TestNodalSumsAreExact(t *testing.T) {
	for _, c := range schemes {
		s := mustBuild(t, mustParse(t, c.text, c.dim), []int{7, 4, 3, 2}[c.dim-1])
		last := s.Grades[len(s.Grades)-1].Grid
		x, q := make([]float64, c.dim), make([]*big.Rat, c.dim)
		for i := 0; i < last.Nodes(); i += 1 + last.Nodes()/100 {
			last.Node(i, x)
			for j := range x {
				q[j] = rat(x[j])
			}
			exact := new(big.Rat)
			for _, g := range s.Grades {
				if !g.Trivial() {
					exact.Add(exact, interpolateRat(g, q))
				}
			}
			if got := s.Value(x, len(s.Grades)); rat(got).Cmp(exact) != 0 {
				t.Fatalf("%s at %v: %v, exactly %s", c.text, x, got, exact.FloatString(20))
			}
		}
	}
}

// interpolateRat is the sum of value times hat, the hat by its formula, in rational arithmetic.
func interpolateRat(g *Grade, x []*big.Rat) *big.Rat {
	sum := new(big.Rat)
	g.hats(func(h hat) {
		top, low := new(big.Rat), new(big.Rat)
		for j := range x {
			for side := range h.n {
				t := new(big.Rat).Mul(rat(h.n[side]), x[j])
				t.Sub(t, rat(h.at[side][j]))
				if side == 0 && t.Cmp(top) > 0 {
					top.Set(t)
				}
				if side == 1 && t.Cmp(low) < 0 {
					low.Set(t)
				}
			}
		}
		v := big.NewRat(1, 1)
		v.Sub(v, top).Add(v, low)
		if v.Sign() > 0 {
			sum.Add(sum, v.Mul(v, rat(h.value)))
		}
	})
	return sum
}

func TestResultDoesNotDependOnThreads(t *testing.T) {
	for _, c := range schemes[:7] {
		e := mustParse(t, c.text, c.dim)
		o := DefaultOptions()
		o.Grades = c.grades
		one, err := Build(context.Background(), e, o)
		if err != nil {
			t.Fatal(err)
		}
		o.Threads = 7
		seven, err := Build(context.Background(), e, o)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(one.Grades, seven.Grades) || one.Initial != seven.Initial {
			t.Errorf("%s: results differ between 1 and 7 threads", c.text)
		}
	}
}

// Scaling the target by a power of two scales everything; the mirror image is the mirror image.
func TestScalingAndSign(t *testing.T) {
	a := mustBuild(t, mustParse(t, "sin(2*pi*x) + abs(x-1/3)/2", 1), 8)
	for text, factor := range map[string]float64{"8*(sin(2*pi*x) + abs(x-1/3)/2)": 8, "-(sin(2*pi*x) + abs(x-1/3)/2)": -1} {
		b := mustBuild(t, mustParse(t, text, 1), 8)
		for k, g := range a.Grades {
			if h := b.Grades[k]; math.Abs(h.Sup-math.Abs(factor)*g.Sup) > 1e-12 || h.Hats != g.Hats {
				t.Errorf("%s, grade %d: bound %v and %d hats, want %v and %d", text, k+1, h.Sup, h.Hats, math.Abs(factor)*g.Sup, g.Hats)
			}
			for i, v := range g.Values {
				if math.Abs(b.Grades[k].Values[i]-factor*v) > 1e-9 {
					t.Fatalf("%s, grade %d, node %d: %v, want %v", text, k+1, i, b.Grades[k].Values[i], factor*v)
				}
			}
		}
	}
}

// A nontrivial grade lowers the bound of the L1 norm to at most Worth times what it was.
func TestNontrivialGradesAreWorthIt(t *testing.T) {
	for _, c := range schemes {
		for _, worth := range []float64{0.6, 0.75, 1} {
			o := DefaultOptions()
			o.Grades, o.Worth = c.grades, worth
			s, err := Build(context.Background(), mustParse(t, c.text, c.dim), o)
			if err != nil {
				t.Fatal(err)
			}
			before := s.Initial.L1.Hi
			for k, g := range s.Grades {
				if after := g.Norms.L1.Hi; !g.Trivial() && after > worth*before || g.Trivial() && after > before {
					t.Errorf("%s, worth %v, grade %d, trivial %t: L1 norm %v after %v", c.text, worth, k+1, g.Trivial(), after, before)
				}
				before = g.Norms.L1.Hi
			}
		}
	}
}

func TestHalvingHalves(t *testing.T) {
	o := DefaultOptions()
	o.Grades, o.Refinement, o.MaxNodes = 7, Halving, 1<<17
	s, err := Build(context.Background(), mustParse(t, "sqrt(x)", 1), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Grades) < 6 {
		t.Errorf("%d grades, want at least 6", len(s.Grades))
	}
	before := s.Initial.Linf.Hi
	for k, g := range s.Grades {
		if g.Sup > 0.505*before || g.Trivial() {
			t.Errorf("grade %d, N = %d: bound %v after %v", k+1, g.Grid.N, g.Sup, before)
		}
		before = g.Sup
	}
}

func TestInterruptedBuildKeepsWhatIsThere(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	o := DefaultOptions()
	o.Grades = 10
	seen := 0
	o.Progress = func(*Grade) {
		if seen++; seen == 4 {
			cancel()
		}
	}
	s, err := Build(ctx, mustParse(t, "exp(-x)", 1), o)
	if err != nil || !s.Interrupted || len(s.Grades) != 4 {
		t.Fatalf("error %v, interrupted %t, %d grades; want nil, true, 4", err, s.Interrupted, len(s.Grades))
	}
}

func TestOptionsOutOfRange(t *testing.T) {
	for _, change := range []func(*Options){
		func(o *Options) { o.Grades = 0 }, func(o *Options) { o.Grades = 25 }, func(o *Options) { o.Threads = 0 },
		func(o *Options) { o.MaxNodes = 1 }, func(o *Options) { o.Refinement = 7 },
		func(o *Options) { o.Threshold = math.NaN() }, func(o *Options) { o.Worth = 0 }, func(o *Options) { o.Worth = 2 }, func(o *Options) { o.MaxNodes = 100 },
	} {
		o := DefaultOptions()
		change(&o)
		if _, err := Build(context.Background(), mustParse(t, "x", 1), o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

func TestUndefinedTargetsNameTheBox(t *testing.T) {
	for _, text := range []string{"1/(x-0.3)", "log(x)", "sqrt(x-0.5)", "1/(x+y-0.7)", "tan(2*x)", "log(y-2)", "(x-0.3)^0.5", "1/(abs(x-0.3)+abs(y-0.4))"} {
		_, err := Build(context.Background(), mustParse(t, text, 2), DefaultOptions())
		var d *DomainError
		if !errors.As(err, &d) || len(d.Box) != 2 || d.Column < 1 {
			t.Errorf("%q: error %v, want a DomainError with a box", text, err)
		}
	}
}

// A denominator that only a cell's enclosure can't tell from zero is resolved by subdivision.
func TestSubdivisionResolvesDependency(t *testing.T) {
	s := mustBuild(t, mustParse(t, "1/(x^2-x+0.3)", 1), 8)
	if last := s.Grades[len(s.Grades)-1]; last.Sup > 0.2 {
		t.Errorf("bound %v after 8 grades", last.Sup)
	}
}

func TestDeadZone(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 1))
	for range 100000 {
		// Dyadic numbers: every operation is exact.
		e, eps := float64(r.IntN(4001)-2000)/1024, float64(r.IntN(1000))/1024
		g := e + float64(r.IntN(2001)-1000)/1000*eps
		g = math.Round(g*1024) / 1024
		if math.Abs(g-e) > eps {
			continue
		}
		q := DeadZone(g, eps)
		after := math.Abs(e - q)
		if after > math.Abs(e) || after > 2*eps || math.Abs(g) > eps && !(after < math.Abs(e)) {
			t.Fatalf("e %v, g %v, eps %v: correction %v", e, g, eps, q)
		}
	}
}
