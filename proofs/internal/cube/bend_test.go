package cube

import (
	"math/rand/v2"
	"multigrade/proofs/internal/exact"
	"testing"
)

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
