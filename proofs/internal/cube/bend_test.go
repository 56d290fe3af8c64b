package cube

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"multigrade/proofs/internal/exact"
	"testing"
)

var manyFormulas = flag.Int("formulas", 150, "random formulas whose bends are compared with values")

// anyFormula is a formula of x and y with operations to that depth, kinks and steep places among them.
func anyFormula(r *rand.Rand, depth int) string {
	pick := func(s ...string) string { return s[r.IntN(len(s))] }
	if depth == 0 {
		return pick("x", "y", "(x-0.4)", "(x-y)", "(x+y)", fmt.Sprint(r.IntN(5)))
	}
	a, b := anyFormula(r, depth-1), anyFormula(r, r.IntN(depth))
	return pick("abs("+a+")", "sqrt(abs("+a+"))", "sin("+a+")", "exp(cos("+a+"))", "log(2+sin("+a+"))", "("+a+")^2", "abs("+a+")^0.4", "tan(cos("+a+"))",
		"("+a+"+"+b+")", "("+a+")*("+b+")", "min("+a+","+b+")", "max("+a+","+b+")", "("+a+")/(1+abs("+b+"))", "(2+cos("+a+"))^(-2)")
}

func TestBendsOfRandomFormulas(t *testing.T) {
	r := rand.New(rand.NewPCG(10, 2))
	oneSided := 0
	for range *manyFormulas {
		text := anyFormula(r, 1+r.IntN(4))
		f, err := newFormula(text, 2)
		if err != nil {
			t.Fatal(err)
		}
		p := formulaSurface{f: f}.probe().(*formulaProbe)
		for range 8 {
			g := lattice{2, 1 << r.IntN(6)}
			box := make([]exact.Bracket, 2)
			node := g.cell(r.IntN(g.cells()), box)
			s := make([]apex, 3)
			for i, m := range g.orders()[r.IntN(2)] {
				s[i].x = make([]float64, 2)
				g.point(node+g.offsets()[m], s[i].x)
				if s[i].f, err = p.at(s[i].x); err != nil {
					t.Fatal(err)
				}
			}
			if d, ok := p.arcs.cellBend(box); ok {
				sampleBend(t, r, text, p, s, d.under, d.over)
			}
			part := piece{s, 0}
			for range r.IntN(4) {
				if part, _, err = bisect(p, part); err != nil {
					t.Fatal(err)
				}
			}
			under, over := p.arcs.simplexBend(hullOf(part.apexes), edgesOf(part.apexes))
			if (under == 0) != (over == 0) {
				oneSided++
			}
			sampleBend(t, r, text, p, part.apexes, under, over)
		}
	}
	if oneSided < *manyFormulas {
		t.Errorf("only %d simplices had a side", oneSided)
	}
}

// What bends along the edges say of f - If, on cells and on bisected simplices, is not contradicted by any point.
func TestBendsEnclose(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 2))
	used := 0
	for _, c := range []struct {
		text string
		dim  int
	}{
		{"sin(7*x)-x^3", 1}, {"abs(x-1/3)*exp(x)", 1}, {"max(x^2, 1-x)+min(x, 0.3)", 1}, {"sqrt(x)*cos(3*x)", 1}, {"x^0.1/(2-x)", 1}, {"x*log(x)-tan(x)", 1},
		{"abs(x-0.3)^1.5", 1}, {"(2+x)^(-3)+log(1+x)", 1}, {"floor(x/2)+max(0,x-0.7)^3", 1}, {"sqrt(x*y)", 2}, {"abs(x-y)*x", 2}, {"exp(x-y)/(1+x)+max(x,y)", 2}, {"x*y*z-abs(x+y-z)", 3},
	} {
		f, err := newFormula(c.text, c.dim)
		if err != nil {
			t.Fatal(err)
		}
		p := formulaSurface{f: f}.probe().(*formulaProbe)
		for range 60 {
			n := 1 << r.IntN(6)
			g := lattice{c.dim, n}
			box := make([]exact.Bracket, c.dim)
			node := g.cell(r.IntN(g.cells()), box)
			orders := g.orders()
			chain := orders[r.IntN(len(orders))]
			s := make([]apex, len(chain))
			for i, m := range chain {
				s[i].x = make([]float64, c.dim)
				g.point(node+g.offsets()[m], s[i].x)
				if s[i].f, err = p.at(s[i].x); err != nil {
					t.Fatal(err)
				}
			}
			whole, ok := p.arcs.cellBend(box)
			if ok {
				sampleBend(t, r, c.text, p, s, whole.under, whole.over)
				used++
			}
			part := piece{s, 0}
			for range r.IntN(5) {
				one, two, err := bisect(p, part)
				if err != nil {
					t.Fatal(err)
				}
				part = one
				if r.IntN(2) == 0 {
					part = two
				}
			}
			under, over := p.arcs.simplexBend(hullOf(part.apexes), edgesOf(part.apexes))
			sampleBend(t, r, c.text, p, part.apexes, under, over)
		}
	}
	if used < 400 {
		t.Errorf("only %d cells had bends", used)
	}
}

func sampleBend(t *testing.T, r *rand.Rand, text string, p probe, s []apex, under, over float64) {
	t.Helper()
	for range 40 {
		w, sum := make([]float64, len(s)), 0.0
		for i := range w {
			w[i] = r.ExpFloat64()
			sum += w[i]
		}
		x, interpolant, top := make([]float64, len(s)-1), 0.0, 0.0
		for i, a := range s {
			for j := range x {
				x[j] += w[i] / sum * a.x[j]
			}
			interpolant += w[i] / sum * a.f.Lo
			top = max(top, a.f.Size())
		}
		v, err := p.at(x)
		if err != nil {
			continue
		}
		if off, tol := v.Lo-interpolant, 1e-13*(1+top); off > over+tol || -off > under+tol {
			t.Fatalf("%s at %v: f - If = %v, bounds %v under, %v over", text, x, off, under, over)
		}
	}
}

// Every target whose bends are known: along (1, 1) that of xy is 2, and a convex kink has no upper end.
func TestBendsKnown(t *testing.T) {
	unit := []exact.Bracket{{Lo: 0, Hi: 1}, {Lo: 0, Hi: 1}}
	for text, want := range map[string]exact.Bracket{
		"x*y": exact.At(2), "x^2-y^2": exact.At(0), "(x+y)^2/4": exact.At(2), "x*x": exact.At(2),
		"abs(x+y-1)": {Lo: 0, Hi: exact.Inf}, "min(x,1-y)": {Lo: -exact.Inf, Hi: 0}, "max(x,y)-max(x,y)": exact.WholeLine,
	} {
		f, err := newFormula(text, 2)
		if err != nil {
			t.Fatal(err)
		}
		if a, ok := newArcRun(f).along(unit, []float64{1, 1}); !ok || a.bend != want {
			t.Errorf("%s: %v, want %v", text, a.bend, want)
		}
	}
}
