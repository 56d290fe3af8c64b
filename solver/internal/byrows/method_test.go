package byrows

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// plenty is a budget without limits.
type plenty struct{}

func (plenty) Affords(float64) bool { return true }
func (plenty) Left() int            { return math.MaxInt }
func (plenty) Spend(int)            {}

// crowded is a program of squares whose patterns come in clusters: some differ at few rows, some at many.
func crowded(t *testing.T, a program.Activation) (*program.Problem, operator.Design) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 3))
	p := madeup.Squares(t, rng, a, 2000, 4, 6, true, 0.02)
	gates := mat.NewDense(4*len(p.Cells), 4, nil)
	for k, c := range p.Cells {
		for i := range 4 {
			g := slices.Clone(c.Gate)
			floats.AddScaled(g, 0.02*float64(i), madeup.Gaussians(rng, 4))
			gates.SetRow(4*k+i, g)
		}
	}
	found, err := hyperplane.FromGates(p.X, gates)
	if err != nil {
		t.Fatal(err)
	}
	p.Cells = found.Cells
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	return p, x
}

// TestWorkingSetsComeAndGo: whatever working sets a method has solved before, the solution over the next one is that of a method
// that knows no other, although the point before has blocks that are in it no more, and so is the matrix.
func TestWorkingSetsComeAndGo(t *testing.T) {
	for _, a := range []program.Activation{program.ReLU, {Slope: 0.3}, program.Gated} {
		p, x := crowded(t, a)
		all := program.BlocksOf(p)
		some := func(keep func(k int) bool) *program.WorkingSet {
			w := &program.WorkingSet{P: p, X: x}
			for k, b := range all {
				if keep(k) {
					w.Blocks = append(w.Blocks, b)
				}
			}
			return w
		}
		m := new(Method)
		for round, w := range []*program.WorkingSet{
			some(func(k int) bool { return k%2 == 0 }),
			some(func(k int) bool { return k%3 > 0 }),
			some(func(k int) bool { return k%5 > 2 }),
			some(func(k int) bool { return k%4 == 1 }),
		} {
			got, err := m.Solve(t.Context(), w, 1e-9, plenty{})
			if err != nil || got.Stalled {
				t.Fatal(got.Stalled, err)
			}
			fresh := NewMethod()
			want, err := fresh.Solve(t.Context(), w, 1e-9, plenty{})
			if err != nil {
				t.Fatal(err)
			}
			norms, value := make([]float64, len(w.Blocks)), [2]float64{}
			for i, s := range []program.Solution{got, want} {
				operator.Norms(norms, s.U)
				value[i] = p.Beta * floats.Sum(norms)
				z := make([]float64, len(p.Y))
				op := operator.NewOperators(x, a, p.Cells, w.Blocks, nil)
				products := operator.NewGeneral(len(w.Blocks), len(p.Y))
				x.Mul(products, s.U)
				op.Predict(z, products)
				for k, y := range p.Y {
					value[i] += (y - z[k] - s.C) * (y - z[k] - s.C) / 2 / float64(len(p.Y))
				}
			}
			if math.Abs(value[0]-value[1]) > 1e-8*value[1] {
				t.Errorf("%v, round %d: objective %.12g, of a fresh method %.12g", a, round, value[0], value[1])
			}
		}
		s := m.s
		derived := s.gram
		s.gram, s.derives = gram{}, false
		if err := s.passGram(t.Context(), derived.patterns, 0); err != nil {
			t.Fatal(err)
		}
		for i, v := range s.gram.h.Data {
			if math.Abs(v-derived.h.Data[i]) > 1e-9*float64(len(p.Y)) {
				t.Fatalf("%v: entry %d of the matrix of %d patterns is %v, by a pass %v", a, i, len(derived.patterns), derived.h.Data[i], v)
			}
		}
	}
}

// TestNearPatternsAreDerived: columns of patterns that differ at few rows take no pass.
func TestNearPatternsAreDerived(t *testing.T) {
	p, x := crowded(t, program.ReLU)
	m := new(Method)
	if _, err := m.Solve(t.Context(), &program.WorkingSet{P: p, X: x, Blocks: program.BlocksOf(p)}, 1e-6, plenty{}); err != nil {
		t.Fatal(err)
	}
	passed, derived := 0, 0
	var patterns []int
	for q := range p.Cells {
		if v := m.s.near(q, patterns, nil); v.rows == nil {
			passed++
		} else if derived++; len(v.rows) != p.Cells[q].Pattern.Distance(p.Cells[v.from].Pattern) {
			t.Errorf("pattern %d: %d rows", q, len(v.rows))
		}
		patterns = append(patterns, q)
	}
	if derived < 2*passed || passed == 0 {
		t.Errorf("%d patterns are derived, %d passed", derived, passed)
	}
}
