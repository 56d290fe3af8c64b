package cube

import (
	"math"
	"math/big"
	"math/rand/v2"
	"multigrade/proofs/internal/exact"
	"strings"
	"testing"
)

func bigSeries(x float64, alternate bool, first int) *big.Float {
	// sum over n = first, first+step, .. of (+-) x^n / n!, step 1 or 2
	const bits = 400
	step := 1
	if alternate {
		step = 2
	}
	v := new(big.Float).SetPrec(bits).SetFloat64(x)
	term, sum := big.NewFloat(1).SetPrec(bits), new(big.Float).SetPrec(bits)
	for n := 0; n < 260; n++ {
		if n >= first && (n-first)%step == 0 {
			if alternate && (n-first)/2%2 == 1 {
				sum.Sub(sum, term)
			} else {
				sum.Add(sum, term)
			}
		}
		term.Mul(term, v)
		term.Quo(term, new(big.Float).SetPrec(bits).SetInt64(int64(n+1)))
	}
	return sum
}

// The proved error bounds of the elementary functions, against series in 400 bits.
func TestCubeElementaryFunctions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	within := func(name string, x float64, b exact.Bracket, want *big.Float, width float64) {
		t.Helper()
		if big.NewFloat(b.Lo).Cmp(want) > 0 || big.NewFloat(b.Hi).Cmp(want) < 0 {
			t.Fatalf("%s(%v) in [%v, %v] misses %s", name, x, b.Lo, b.Hi, want.Text('g', 25))
		}
		if b.Hi-b.Lo > width {
			t.Fatalf("%s(%v): [%v, %v] is wide", name, x, b.Lo, b.Hi)
		}
	}
	for k := range 1000 {
		x := (r.Float64() - 0.5) * math.Ldexp(1, r.IntN(7))
		if k < 40 {
			x = float64(k-20) * (math.Pi / 4) // where the quadrant changes
		}
		e := bigSeries(x, false, 0)
		f, _ := e.Float64()
		within("exp", x, exact.PointExp(x), e, f*0x1p-48)
		within("sin", x, exact.PointSine(x, 0), bigSeries(x, true, 1), 0x1p-49)
		within("cos", x, exact.PointSine(x, 1), bigSeries(x, true, 0), 0x1p-49)
		y := math.Exp(x)
		if l := exact.PointLog(y); bigSeries(l.Lo, false, 0).Cmp(big.NewFloat(y)) > 0 || bigSeries(l.Hi, false, 0).Cmp(big.NewFloat(y)) < 0 {
			t.Fatalf("log(%v) not in [%v, %v]", y, l.Lo, l.Hi)
		}
	}
	for _, x := range []float64{0x1p-1022, 5e-324, 0x1p-1000, math.MaxFloat64} {
		if l, v := exact.PointLog(x), math.Log(x); l.Lo > v || l.Hi < v {
			t.Errorf("log(%v) in [%v, %v], want %v", x, l.Lo, l.Hi, v)
		}
	}
	for _, x := range []float64{-1000, -700, 699, 701, 1000} {
		if e, v := exact.PointExp(x), math.Exp(x); e.Lo > v || e.Hi < v {
			t.Errorf("exp(%v) in [%v, %v], want %v", x, e.Lo, e.Hi, v)
		}
	}
}

// bigTurned is sin x and cos x by k doublings of the angle, for which no pi is needed.
func bigTurned(x float64, k int) (sin, cos *big.Float) {
	bits := uint(400 + 4*k)
	v := new(big.Float).SetPrec(bits).SetMantExp(new(big.Float).SetFloat64(x), -k)
	series := func(n int) *big.Float {
		sum, term := new(big.Float).SetPrec(bits), new(big.Float).SetPrec(bits).SetInt64(1)
		if n == 1 {
			term.Set(v)
		}
		square := new(big.Float).SetPrec(bits).Mul(v, v)
		for ; term.Sign() != 0 && term.MantExp(nil) > -int(bits); n += 2 {
			sum.Add(sum, term)
			term.Mul(term, square)
			term.Quo(term, new(big.Float).SetPrec(bits).SetInt64(-int64(n+1)*int64(n+2)))
		}
		return sum
	}
	sin, cos = series(1), series(0)
	one := new(big.Float).SetPrec(bits).SetInt64(1)
	for range k {
		sin.Mul(sin, cos)
		sin.Add(sin, sin)
		cos.Mul(cos, cos)
		cos.Add(cos, cos).Sub(cos, one)
	}
	return sin, cos
}

// Sine and cosine of large arguments, and where a float64 is next to a multiple of pi/2.
func TestCubeSineFarOut(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	x := []float64{1 << 19, 1<<19 + 1, 1e6, -1e6, 1e9, 1e15, 1e22, 6381956970095103 * 0x1p797, 5319372648326541 * 0x1p255}
	for range 40 {
		x = append(x, math.Ldexp(r.Float64()-0.5, 18+r.IntN(200)))
	}
	for _, x := range x {
		sin, cos := bigTurned(x, math.Ilogb(x)+1)
		for shift, want := range []*big.Float{sin, cos} {
			b := exact.PointSine(x, shift)
			if big.NewFloat(b.Lo).Cmp(want) > 0 || big.NewFloat(b.Hi).Cmp(want) < 0 || b.Hi-b.Lo > 0x1p-49 {
				t.Errorf("sin(%v + %d pi/2) in [%v, %v], want %s", x, shift, b.Lo, b.Hi, want.Text('g', 25))
			}
		}
		for _, step := range []float64{1e-3, 1, 3, 6} {
			box := exact.Bracket{Lo: x, Hi: x + step}
			b := box.Sine(0)
			for i := range 20 {
				if y := x + step*float64(i)/20; y >= box.Lo && y <= box.Hi {
					if p := exact.PointSine(y, 0); p.Lo < b.Lo-1e-15 || p.Hi > b.Hi+1e-15 {
						t.Errorf("sin(%v) in [%v, %v], not in [%v, %v], that of [%v, %v]", y, p.Lo, p.Hi, b.Lo, b.Hi, box.Lo, box.Hi)
					}
				}
			}
		}
	}
}

func TestCubeBrackets(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	random := func() exact.Bracket {
		a, b := math.Ldexp(r.Float64()-0.5, r.IntN(40)-20), math.Ldexp(r.Float64()-0.5, r.IntN(40)-20)
		return exact.Bracket{Lo: min(a, b), Hi: max(a, b)}
	}
	inside := func(b exact.Bracket) *big.Rat {
		v := b.Lo + r.Float64()*(b.Hi-b.Lo)
		return new(big.Rat).SetFloat64(min(max(v, b.Lo), b.Hi))
	}
	holds := func(name string, b exact.Bracket, v *big.Rat) {
		t.Helper()
		if new(big.Rat).SetFloat64(b.Lo).Cmp(v) > 0 || new(big.Rat).SetFloat64(b.Hi).Cmp(v) < 0 {
			t.Fatalf("%s: [%v, %v] misses %s", name, b.Lo, b.Hi, v.FloatString(30))
		}
	}
	for range 20000 {
		a, b := random(), random()
		x, y := inside(a), inside(b)
		holds("+", a.Plus(b), new(big.Rat).Add(x, y))
		holds("-", a.Minus(b), new(big.Rat).Sub(x, y))
		holds("*", a.Times(b), new(big.Rat).Mul(x, y))
		holds("square", a.Squared(), new(big.Rat).Mul(x, x))
		holds("cube", a.Raised(3), new(big.Rat).Mul(x, new(big.Rat).Mul(x, x)))
		holds("abs", a.Magnitude(), new(big.Rat).Abs(x))
		if !b.Has(0) {
			holds("/", a.Over(b), new(big.Rat).Quo(x, y))
		}
		m := a.Magnitude()
		root := m.Root()
		lo, hi := new(big.Rat).SetFloat64(root.Lo), new(big.Rat).SetFloat64(root.Hi)
		if lo.Mul(lo, lo).Cmp(new(big.Rat).SetFloat64(m.Lo)) > 0 || hi.Mul(hi, hi).Cmp(new(big.Rat).SetFloat64(m.Hi)) < 0 {
			t.Fatalf("root of [%v, %v]: [%v, %v]", m.Lo, m.Hi, root.Lo, root.Hi)
		}
	}
	if q := exact.At(1).Over(exact.Bracket{Lo: 1, Hi: exact.Inf}); q.Lo != 0 || q.Hi != 1 {
		t.Errorf("1/[1, inf] = [%v, %v]", q.Lo, q.Hi)
	}
	if q := exact.At(-1).Over(exact.Bracket{Lo: 1, Hi: exact.Inf}); q.Lo != -1 || !(q.Hi >= 0) {
		t.Errorf("-1/[1, inf] = [%v, %v]", q.Lo, q.Hi)
	}
}

func TestCubeFormulas(t *testing.T) {
	for text, want := range map[string]float64{
		"-x^2": -0.09, "2^3^2": 512, "2^-1": 0.5, "1-2-3": -4, "8/4/2": 1, "-x*-y": 0.21, "pow(x,2)+pow(2,y*0)": 1.09,
		"min(x,y)-max(x,y)": -0.4, "abs(x-y)^1.5": math.Pow(0.4, 1.5), "exp(log(x))+sqrt(y)": 0.3 + math.Sqrt(0.7),
		"sin(pi/6)+cos(pi/3)+tan(pi/4)": 2, "floor(2.5)+e-e": 2, "(x-y)^(1+1)": 0.16, "2e-1 + .5": 0.7, "x1+x2": 1, "- - x": 0.3, "(x-y)^-2": 6.25,
	} {
		f, err := newFormula(text, 2)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		v, err := f.evaluator().value([]exact.Bracket{exact.At(0.3), exact.At(0.7)})
		if err != nil || v.Lo > want+1e-14 || v.Hi < want-1e-14 || v.Hi-v.Lo > 1e-12 {
			t.Errorf("%q in [%v, %v], error %v, want %v", text, v.Lo, v.Hi, err, want)
		}
	}
	for _, text := range []string{"", "x+", "(x", "x)", "foo(x)", "sin x", "min(x)", "x x", "1..2", "x3", "sin()", "2^", "1e9999", strings.Repeat("(", 200000) + "x"} {
		if _, err := newFormula(text, 2); err == nil {
			t.Errorf("%q: no error", text)
		}
	}
}

func TestCubeJetsContainDifferenceQuotients(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for _, text := range []string{
		"sin(2*pi*x) + abs(x-1/3)/2", "sqrt(x)", "max(x, 1-x)^3", "exp(-x-y^2)*sin(3*x)", "x^0.7+y^(1/3)", "log(1+x*y)/(2+cos(5*x))",
		"min(x,y)*max(x^2,1-y)", "tan(x/2)-x^3*y", "abs(x-0.25)^1.5", "(1+x)^(y+0.5)", "(x+0.1)^-2", "floor(3*x)*0+x/(y+1)", "(x-y)^3",
	} {
		f, err := newFormula(text, 2)
		if err != nil {
			t.Fatal(err)
		}
		e, at := f.evaluator(), f.evaluator()
		for range 300 {
			box := make([]exact.Bracket, 2)
			for j := range box {
				a := r.Float64()
				box[j] = exact.Bracket{Lo: a * float64(r.IntN(3)) / 2, Hi: 1}
				box[j].Hi = min(1, box[j].Lo+r.Float64()*math.Ldexp(1, -r.IntN(9)))
			}
			jet, err := e.jet(box)
			if err != nil {
				t.Fatalf("%q on %v: %v", text, box, err)
			}
			for range 10 {
				p, q := make([]exact.Bracket, 2), make([]exact.Bracket, 2)
				rise := exact.At(0)
				for j, b := range box {
					p[j], q[j] = exact.At(b.Lo+r.Float64()*(b.Hi-b.Lo)), exact.At(b.Lo+r.Float64()*(b.Hi-b.Lo))
					rise = rise.Plus(jet.slope[j].Times(p[j].Minus(q[j])))
				}
				fp, _ := at.value(p)
				fq, _ := at.value(q)
				if fp.Hi < jet.value.Lo || fp.Lo > jet.value.Hi {
					t.Fatalf("%q at %v: [%v, %v] outside [%v, %v]", text, p, fp.Lo, fp.Hi, jet.value.Lo, jet.value.Hi)
				}
				if d := fp.Minus(fq); d.Hi < rise.Lo || d.Lo > rise.Hi {
					t.Fatalf("%q: f(%v) - f(%v) outside the slopes", text, p, q)
				}
			}
		}
	}
}

func ratOf(a, b int64) *big.Rat { return big.NewRat(a, b) }

// randomSimplex has small rational vertices, so that coincidences are frequent.
func randomSimplex(r *rand.Rand, dim int) []exactApex {
	s := make([]exactApex, dim+1)
	for i := range s {
		a := exactApex{sum: ratOf(r.Int64N(7)-3, 2), q: ratOf(r.Int64N(5)-2, 2)}
		for j := range dim {
			v := int64(0)
			if j < i {
				v = 1
			}
			a.x = append(a.x, ratOf(v, 1))
		}
		s[i] = a
	}
	return s
}

// A broken plane, to be decided exactly.
func kinked(t *testing.T, dim int) *formula {
	t.Helper()
	f, err := newFormula([]string{"abs(x-1/3)-0.25", "max(x-2*y, y/3)+abs(x-0.3)-1/4", "abs(x1-x2)+min(x3,x1)-0.5"}[dim-1], dim)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The exact decision against exact sampling on a lattice of barycentric coordinates: what is accepted has no
// counterexample there, and a counterexample given is one.
func TestExactDecisions(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	accepted, rejected := 0, 0
	for range 1500 {
		dim := 1 + r.IntN(2)
		f := kinked(t, dim)
		s := randomSimplex(r, dim)
		if r.IntN(2) == 0 { // a correction of one sign is more often right
			for i := range s {
				s[i].q.Abs(s[i].q)
				s[i].sum = ratOf(-r.Int64N(6), 2)
			}
		}
		for _, st := range []statement{decreasing{}, bounded{1.5, 1.5}} {
			found := exactSearch(f, st, s)
			switch found.outcome {
			case open:
				t.Fatalf("undecided: %+v", found)
			case refuted:
				rejected++
				continue
			}
			accepted++
			for range 40 {
				if a := randomPoint(r, f, s); breaks(st, a) {
					t.Fatalf("%T accepted, but broken at %s", st, ratString(a.x))
				}
			}
		}
	}
	if accepted < 100 || rejected < 100 {
		t.Errorf("%d accepted, %d rejected: want many of both", accepted, rejected)
	}
}

// randomPoint is an exact point of the simplex with f there.
func randomPoint(r *rand.Rand, f *formula, s []exactApex) exactApex {
	a := s[0]
	for _, b := range s[1:] {
		a = between(a, b, ratOf(r.Int64N(13), 12))
	}
	v, _, err := f.exact([][]*big.Rat{a.x})
	if err != nil {
		panic(err)
	}
	a.f = v[0]
	return a
}

func breaks(st statement, a exactApex) bool {
	e := new(big.Rat).Sub(a.f, a.sum)
	after := new(big.Rat).Sub(e, a.q)
	limit := e.Abs(e)
	if b, ok := st.(bounded); ok {
		limit = new(big.Rat).SetFloat64(b.above)
	}
	return after.Abs(after).Cmp(limit) > 0
}

// The point of a refutation is a counterexample.
func TestExactCounterexamples(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	seen := 0
	for range 2000 {
		dim := 1 + r.IntN(3)
		f := kinked(t, dim)
		parts := [][]exactApex{randomSimplex(r, dim)}
		for len(parts) > 0 {
			s := parts[0]
			parts = parts[1:]
			points := make([][]*big.Rat, len(s))
			for i := range s {
				points[i] = s[i].x
			}
			values, kink, err := f.exact(points)
			if err != nil {
				t.Fatal(err)
			}
			if kink != nil {
				one, two := cut(s, kink)
				parts = append(parts, one, two)
				continue
			}
			for i := range s {
				s[i].f = values[i]
			}
			x, _, ok := decreasing{}.decide(s)
			if ok {
				continue
			}
			seen++
			if a := locate(s, x); !breaks(decreasing{}, a) {
				t.Fatalf("counterexample %s is none", ratString(x))
			}
		}
	}
	if seen < 500 {
		t.Errorf("%d counterexamples: want many", seen)
	}
}

// locate solves for the barycentric coordinates of x and returns the values there.
func locate(s []exactApex, x []*big.Rat) exactApex {
	n := len(s)
	m := make([][]*big.Rat, n) // rows: coordinates and the sum 1; last column: right side
	for i := range m {
		m[i] = make([]*big.Rat, n+1)
		for j := range s {
			m[i][j] = ratOf(1, 1)
			if i < n-1 {
				m[i][j] = new(big.Rat).Set(s[j].x[i])
			}
		}
		m[i][n] = ratOf(1, 1)
		if i < n-1 {
			m[i][n] = new(big.Rat).Set(x[i])
		}
	}
	for c := range n {
		for p := c; p < n; p++ {
			if m[p][c].Sign() != 0 {
				m[c], m[p] = m[p], m[c]
				break
			}
		}
		for i := range n {
			if i == c {
				continue
			}
			ratio := new(big.Rat).Quo(m[i][c], m[c][c])
			for j := c; j <= n; j++ {
				m[i][j].Sub(m[i][j], new(big.Rat).Mul(ratio, m[c][j]))
			}
		}
	}
	a := exactApex{x: x, f: new(big.Rat), sum: new(big.Rat), q: new(big.Rat)}
	for i := range n {
		w := new(big.Rat).Quo(m[i][n], m[i][i])
		a.f.Add(a.f, new(big.Rat).Mul(w, s[i].f))
		a.sum.Add(a.sum, new(big.Rat).Mul(w, s[i].sum))
		a.q.Add(a.q, new(big.Rat).Mul(w, s[i].q))
	}
	return a
}

// Corrections that share the zero set of the residual: 0 <= c <= 2 is right, more is not.
func TestExactProportionalCorrections(t *testing.T) {
	f, _ := newFormula("x-y/2-1/5", 2)
	for c, want := range map[int64]outcome{0: proved, 1: proved, 2: proved, 3: refuted, -1: refuted} {
		s := randomSimplex(rand.New(rand.NewPCG(1, 1)), 2)
		for i := range s {
			v, _, _ := f.exact([][]*big.Rat{s[i].x})
			s[i].sum = new(big.Rat)
			s[i].q = new(big.Rat).Mul(ratOf(c, 1), v[0])
		}
		if got := exactSearch(f, decreasing{}, s); got.outcome != want {
			t.Errorf("q = %d e: %+v, want outcome %d", c, got, want)
		}
	}
}

// The bisection with intervals on a single simplex of the line.
func TestBisectionSearch(t *testing.T) {
	f, _ := newFormula("sin(3*x)", 1)
	p := formulaSurface{f, 0}.probe()
	line := func(q0, q1 float64) []apex {
		s := []apex{{x: []float64{0.125}, q: exact.At(q0)}, {x: []float64{1}, q: exact.At(q1)}}
		for i := range s {
			s[i].f, _ = p.at(s[i].x)
		}
		return s
	}
	for _, c := range []struct {
		q0, q1 float64
		want   outcome
	}{{0.7, 0.2, proved}, {0, 0.28, proved}, {0, 0.3, refuted}, {-1e-9, 0, refuted}, {0.8, 0.1, refuted}, {0.1, -0.1, refuted}} {
		if got := search(p, decreasing{}, line(c.q0, c.q1)); got.outcome != c.want {
			t.Errorf("q from %v to %v: %+v, want outcome %d", c.q0, c.q1, got, c.want)
		}
	}
	for limit, want := range map[float64]outcome{1: proved, 1.0001: proved, 0.9999: refuted} {
		if got := search(p, bounded{limit, limit}, line(0, 0)); got.outcome != want {
			t.Errorf("|sin| <= %v: %+v, want outcome %d", limit, got, want)
		}
	}
}

func TestCubeLattice(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	for dim := 1; dim <= 4; dim++ {
		g := lattice{dim, 4}
		n, _ := g.nodes()
		v := make([]float64, n)
		for i := range v {
			v[i] = float64(r.IntN(1<<20)) / 1024
		}
		fine, wrong := g.halve(v)
		if wrong != 0 {
			t.Errorf("dim %d: exact midpoints, error bound %v", dim, wrong)
		}
		x, q := make([]float64, dim), make([]*big.Rat, dim)
		for i, w := range fine {
			lattice{dim, 8}.point(i, x)
			for j := range x {
				q[j] = new(big.Rat).SetFloat64(x[j])
			}
			if got := exactInterpolant(g, v, q); got.Cmp(new(big.Rat).SetFloat64(w)) != 0 {
				t.Fatalf("dim %d at %v: %v, exactly %s", dim, x, w, got)
			}
		}
		v[0], v[1] = 1, 0x1p-60
		if _, wrong := g.halve(v); !(wrong >= 0x1p-61) {
			t.Errorf("dim %d: a rounded midpoint has the error bound %v", dim, wrong)
		}
	}
}

func TestPositivePartOfALinearFunction(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	for range 50 {
		v := make([]float64, 2+r.IntN(4))
		for i := range v {
			v[i] = float64(r.IntN(9) - 4)
		}
		const n = 20000
		sum := 0.0
		for range n {
			total, value := 0.0, 0.0
			for _, a := range v {
				w := r.ExpFloat64()
				total += w
				value += w * a
			}
			sum += max(0, value/total)
		}
		keep := append([]float64(nil), v...)
		if got := positivePart(v); math.Abs(got-sum/n) > 0.06 {
			t.Errorf("%v: %v, sampled %v", keep, got, sum/n)
		}
		for i := range v {
			if v[i] != keep[i] {
				t.Fatalf("vertex values changed from %v to %v", keep, v)
			}
		}
	}
}
