package solver

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/madeup"
	"multigrade/solver/internal/program"
)

// relist is p with another X, its cells those of the same gates.
func relist(t *testing.T, p *program.Problem, x *mat.Dense) *program.Problem {
	t.Helper()
	_, d := x.Dims()
	gates := mat.NewDense(len(p.Cells), d, nil)
	for j, c := range p.Cells {
		gates.SetRow(j, c.Gate)
	}
	g, err := hyperplane.FromGates(x, gates)
	if err != nil {
		t.Fatal(err)
	}
	q := *p
	q.X, q.Cells = x, g.Cells
	return &q
}

// TestMethodsAgree: all methods reach the same optimum, by blocks and by rows,
// dense and sparse, and the checker accepts all.
func TestMethodsAgree(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 1))
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for _, shape := range [][3]int{{30, 3, 12}, {10, 6, 20}, {80, 2, 30}} {
			p := madeup.Squares(t, rng, a, shape[0], shape[1], shape[2], shape[1] == 3, 0.05)
			o := DefaultOptions()
			o.Tol = 1e-6
			var values []float64
			for m := range methods {
				if o.Method = Method(m); o.Method.Suits(p) != nil {
					continue
				}
				r := solved(t, p, o)
				if r.Status != Optimal {
					t.Errorf("%s %v %s: %s, gap %.2g", a, shape, o.Method, r.Status, r.RelGap)
				}
				values = append(values, r.Primal)
			}
			o.Method = Auto
			q := *p
			q.X = madeup.CSR(p.X)
			values = append(values, solved(t, &q, o).Primal)
			for _, v := range values {
				if !near(v, values[0], 2e-6) {
					t.Errorf("%s %v: optima %v", a, shape, values)
				}
			}
		}
	}
}

// TestTightGap: nine digits.
func TestTightGap(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 2))
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for k := range 6 {
			p := madeup.Squares(t, rng, a, 40+20*k, 2+k, 40, k%2 == 0, 0.02)
			o := DefaultOptions()
			o.Tol = 1e-9
			if r := solved(t, p, o); r.Status != Optimal {
				t.Errorf("%s, d = %d: %s, gap %.2g", a, 2+k, r.Status, r.RelGap)
			}
		}
	}
}

func TestBetaMaxIsWhereTheNetworkVanishes(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 3))
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for _, intercept := range []bool{false, true} {
			p := madeup.Squares(t, rng, a, 25, 3, 15, intercept, 1)
			if r := solved(t, p, DefaultOptions()); len(r.Network.Neurons) != 0 || r.Status != Optimal {
				t.Errorf("%s at beta_max: %d neurons, %s", a, len(r.Network.Neurons), r.Status)
			}
			p.Beta *= 0.98
			if r := solved(t, p, DefaultOptions()); len(r.Network.Neurons) == 0 {
				t.Errorf("%s below beta_max: no neuron", a)
			}
		}
	}
}

// TestRecoveredNetworkFromScratch evaluates the network as a network: relu of
// its own products, weight decay of its own weights.
func TestRecoveredNetworkFromScratch(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 4))
	p := madeup.Squares(t, rng, program.ReLU, 50, 4, 40, true, 0.02)
	r := solved(t, p, DefaultOptions())
	n, d := p.X.Dims()
	loss, decay := 0.0, 0.0
	for i := range n {
		z := r.Network.Constant
		for _, nr := range r.Network.Neurons {
			dot := 0.0
			for k := range d {
				dot += nr.W[k] * p.X.At(i, k)
			}
			z += nr.Alpha * math.Max(dot, 0)
		}
		loss += (z - p.Y[i]) * (z - p.Y[i]) / float64(2*n)
	}
	for _, nr := range r.Network.Neurons {
		decay += nr.Alpha * nr.Alpha / 2
		for _, w := range nr.W {
			decay += w * w / 2
		}
	}
	if own := loss + p.Beta*decay; !near(own, r.Primal, 1e-12) || !near(own, r.OwnObjective, 1e-12) {
		t.Errorf("the network's own objective is %v, reported %v, the program's %v", own, r.OwnObjective, r.Primal)
	}
}

// TestPermutedRows: the optimum does not depend on the order of the samples.
func TestPermutedRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 5))
	p := madeup.Squares(t, rng, program.ReLU, 40, 3, 25, false, 0.03)
	n, d := p.X.Dims()
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i, k := range rng.Perm(n) {
		x.SetRow(i, mat.Row(nil, k, p.X))
		y[i] = p.Y[k]
	}
	q := relist(t, p, x)
	q.Y = y
	a, b := solved(t, p, DefaultOptions()), solved(t, q, DefaultOptions())
	if !near(a.Primal, b.Primal, 2e-6) {
		t.Errorf("optimum %v, permuted %v", a.Primal, b.Primal)
	}
}

// TestSameBits: whatever the number of threads.
func TestSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, m := range []Method{Interior, ADMM} {
		var first string
		for _, threads := range []int{1, 2, 4, 1} {
			runtime.GOMAXPROCS(threads)
			p := madeup.Squares(t, rand.New(rand.NewPCG(6, 6)), program.ReLU, 120, 5, 40, true, 0.02)
			o := DefaultOptions()
			o.Method, o.MaxIter = m, 3000
			r, err := Solve(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			if first == "" {
				first = string(text)
			} else if first != string(text) {
				t.Errorf("%s: other bits with %d threads", m, threads)
			}
		}
	}
}

func TestLimitsAndInterruption(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	p := madeup.Squares(t, rng, program.ReLU, 60, 4, 40, true, 0.01)
	o := DefaultOptions()
	o.MaxIter = 6
	r := solved(t, p, o)
	if r.Status != Limit || r.RelGap <= o.Tol {
		t.Errorf("six iterations: %s, gap %v", r.Status, r.RelGap)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r, err := Solve(ctx, p, DefaultOptions())
	if err != nil || r.Status != Interrupted {
		t.Fatalf("cancelled: %v, %v", r, err)
	}
	mustCheck(t, p, r, o.Tol)
}

func TestInvalidProblems(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 8))
	good := madeup.Squares(t, rng, program.ReLU, 10, 2, 5, false, 0.1)
	for name, spoil := range map[string]func(p *program.Problem, o *Options){
		"target":   func(p *program.Problem, _ *Options) { p.Y = p.Y[1:] },
		"nan":      func(p *program.Problem, _ *Options) { p.Y = append([]float64{math.NaN()}, p.Y[1:]...) },
		"beta":     func(p *program.Problem, _ *Options) { p.Beta = -1 },
		"x":        func(p *program.Problem, _ *Options) { p.X = nil },
		"tol":      func(_ *program.Problem, o *Options) { o.Tol = 0 },
		"max-iter": func(_ *program.Problem, o *Options) { o.MaxIter = 0 },
		"pattern": func(p *program.Problem, _ *Options) {
			p.Cells = []hyperplane.Cell{{Pattern: hyperplane.NewPattern(3, []uint64{1}), Gate: []float64{1, 1}}}
		},
	} {
		p, o := *good, DefaultOptions()
		spoil(&p, &o)
		if _, err := Solve(context.Background(), &p, o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestSumToZero(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 9))
	for range 200 {
		nu := madeup.Gaussians(rng, 1+rng.IntN(300))
		for i := range nu {
			nu[i] *= math.Exp(10 * rng.NormFloat64())
		}
		sum := 0.0
		for _, v := range nu {
			sum += v
		}
		for i := range nu {
			nu[i] -= sum / float64(len(nu))
		}
		before := append([]float64(nil), nu...)
		program.SumToZero(nu)
		if s := exactSum(nu); s != "0" {
			t.Fatalf("the sum is %s", s)
		}
		largest := 0.0
		for _, v := range before {
			largest = math.Max(largest, math.Abs(v))
		}
		for i, v := range nu {
			if math.Abs(v-before[i]) > 1e-12*largest {
				t.Fatalf("entry %d moved from %v to %v, largest %v", i, before[i], v, largest)
			}
		}
	}
}

func ExampleSolve() {
	// y = |x| on seven points, with a bias column, over all patterns.
	x := mat.NewDense(7, 2, nil)
	y := make([]float64, 7)
	for i := range 7 {
		v := float64(i-3) / 3
		x.SetRow(i, []float64{v, 1})
		y[i] = math.Abs(v)
	}
	arrangement, _ := hyperplane.NewArrangement(x)
	var cells []hyperplane.Cell
	for c, err := range arrangement.Cells(context.Background()) {
		if err == nil && !c.Pattern.IsZero() {
			cells = append(cells, c)
		}
	}
	p := &program.Problem{X: x, Y: y, Cells: cells, Beta: 0.001, Activation: program.ReLU}
	r, err := Solve(context.Background(), p, DefaultOptions())
	fmt.Printf("%v %s %.4f %v\n", err, r.Status, r.Primal, r.RelGap <= 1e-6)
	// Output: <nil> optimal 0.0020 true
}
