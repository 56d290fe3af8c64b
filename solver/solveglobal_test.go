package solver

import (
	"context"
	"encoding/csv"
	"flag"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

var reference = flag.String("reference", "", "directory of the reference problems NAME.csv")

// referenceProblem reads NAME.csv, target last, used as it is.
func referenceProblem(t *testing.T, name string, beta float64) *program.Problem {
	if *reference == "" {
		t.Skip("no -reference")
	}
	f, err := os.Open(*reference + "/" + name + ".csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	n, d := len(records)-1, len(records[0])-1
	p := &program.Problem{X: mat.NewDense(n, d, nil), Y: make([]float64, n), Beta: beta}
	for i, row := range records[1:] {
		for j, field := range row {
			v, err := strconv.ParseFloat(field, 64)
			if err != nil {
				t.Fatal(err)
			}
			if j < d {
				p.X.(*mat.Dense).Set(i, j, v)
			} else {
				p.Y[i] = v
			}
		}
	}
	return p
}

// TestGlobalReference solves the reference problems to at most the best values
// known.
func TestGlobalReference(t *testing.T) {
	for _, c := range []struct {
		name       string
		beta, best float64
	}{
		{"a_osc1d", 0.002, 0.0952183243 + 1e-8},
		{"t5", 0.008995, 0.039286234 * (1 + 1e-5)},
		{"t10", 0.01201, 0.087668969 * (1 + 1e-5)},
		{"b_diabetes", 0.05, 0.27414},
		{"d_teacher", 0.03, 0.09583},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := referenceProblem(t, c.name, c.beta)
			o := DefaultGlobalOptions()
			o.TimeLimit = time.Minute
			begin := time.Now()
			if testing.Verbose() {
				o.Progress = func(pr Progress) {
					if pr.Phase == "columns" {
						t.Logf("%6.2fs %s it %d primal %.9f dual %.9f gap %.2e active %d", time.Since(begin).Seconds(), pr.Phase, pr.Iteration, pr.Primal, pr.Dual, pr.RelGap, pr.Active)
					}
				}
			}
			r, err := SolveGlobal(context.Background(), p, o)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%.2fs: %v, restricted %v; primal %.10f, gap %.2e, global bound %.10f, gap %.2e (%s, %d leaves); %d cells, %d neurons, %d rounds, %d iterations",
				time.Since(begin).Seconds(), r.GlobalStatus, r.Status, r.Primal, r.RelGap, r.GlobalBound, r.GlobalRelGap, r.Global.Method, r.Global.Leaves,
				len(r.Cells), len(r.Network.Neurons), r.Rounds, r.Iterations)
			if !(r.Primal <= c.best) {
				t.Errorf("primal %.10f, want at most %.10f", r.Primal, c.best)
			}
		})
	}
}

// smallProblem is a random problem with n <= 12 rows and d <= 4 columns; every
// third has repeated, zero and proportional rows or dependent columns.
func smallProblem(seed uint64) *program.Problem {
	rng := rand.New(rand.NewPCG(seed, 99))
	n, d := 3+rng.IntN(10), 1+rng.IntN(4)
	x := mat.NewDense(n, d, nil)
	p := &program.Problem{X: x, Y: make([]float64, n), Intercept: seed%2 == 0, Beta: math.Exp(-2 - 4*rng.Float64())}
	for i := range n {
		p.Y[i] = rng.NormFloat64()
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
			if seed%3 == 0 {
				x.Set(i, j, float64(rng.IntN(5)-2))
			}
		}
		if seed%5 == 0 {
			x.Set(i, d-1, 1)
		}
	}
	return p
}

// TestGlobalAgainstEnumeration compares with the optimum over all cells of the
// arrangement, listed exactly, an independent route.
func TestGlobalAgainstEnumeration(t *testing.T) {
	count := uint64(24)
	if *long {
		count = 400
	}
	for seed := range count {
		p := smallProblem(seed)
		a, err := hyperplane.NewArrangement(p.X)
		if err != nil {
			t.Fatal(err)
		}
		all := *p
		for c, err := range a.Cells(context.Background()) {
			if err != nil {
				t.Fatal(err)
			}
			if !c.Pattern.IsZero() {
				all.Cells = append(all.Cells, c)
			}
		}
		want, err := Solve(context.Background(), &all, DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		o := DefaultGlobalOptions()
		o.Neurons, o.BoundTime = 20, 2*time.Second
		got, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		const tol = 2e-6
		n, d := p.X.Dims()
		switch {
		case program.RelGap(got.Primal, want.Dual) > tol || program.RelGap(want.Primal, got.Primal) > tol:
			t.Errorf("seed %d (%d x %d): primal %.10g, over all %d cells [%.10g, %.10g]", seed, n, d, got.Primal, len(all.Cells), want.Dual, want.Primal)
		case got.GlobalBound > want.Primal || got.GlobalBound > got.Primal:
			t.Errorf("seed %d: global bound %.10g exceeds %.10g", seed, got.GlobalBound, want.Primal)
		case got.GlobalStatus != Optimal && got.GlobalStatus != Priced:
			t.Errorf("seed %d: status %v, gaps %g and %g", seed, got.GlobalStatus, got.RelGap, got.GlobalRelGap)
		}
		checkGlobal(t, p, got)
	}
}

// checkGlobal recomputes what a global result claims: the objective, and the
// dual inequalities over the final cells by cone projections.
func checkGlobal(t *testing.T, p *program.Problem, r *GlobalResult) {
	t.Helper()
	n := len(p.Y)
	loss, decay := 0.0, 0.0
	pred := make([]float64, n)
	for _, nr := range r.Network.Neurons {
		decay += math.Abs(nr.Alpha) * mat.Norm(mat.NewVecDense(len(nr.W), nr.W), 2)
		var z mat.VecDense
		z.MulVec(p.X, mat.NewVecDense(len(nr.W), nr.W))
		for i := range n {
			pred[i] += nr.Alpha * math.Max(0, z.AtVec(i))
			if s := r.Cells[nr.Cell].Pattern.Sign(i); s*z.AtVec(i) < 0 {
				t.Errorf("neuron of cell %d is outside it at row %d", nr.Cell, i)
			}
		}
	}
	for i, y := range p.Y {
		e := y - pred[i] - r.Network.Constant
		loss += e * e
	}
	if value := loss/float64(2*n) + p.Beta*decay; value > r.Primal || value < r.Primal*(1-1e-9) {
		t.Errorf("objective %.15g, claimed at most %.15g", value, r.Primal)
	}
	own := *p
	own.Cells = r.Cells
	x, _ := operator.NewDesign(p.X)
	pr := program.NewPricer(&own, x)
	if err := pr.Price(context.Background(), r.Certificate.Nu, 0); err != nil {
		t.Fatal(err)
	}
	if m := pr.Largest(); m > float64(n)*p.Beta*(1+1e-9) {
		t.Errorf("certificate: %.12g exceeds n beta = %.12g", m, float64(n)*p.Beta)
	}
}

// TestGlobalDeterministic: the same seed gives the same bits, and the caller's
// problem is not changed.
func TestGlobalDeterministic(t *testing.T) {
	p := smallProblem(7)
	o := DefaultGlobalOptions()
	o.Neurons = 20
	var first *GlobalResult
	for range 2 {
		r, err := SolveGlobal(context.Background(), p, o)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = r
			continue
		}
		if r.Primal != first.Primal || r.GlobalBound != first.GlobalBound || len(r.Cells) != len(first.Cells) || !slices.Equal(r.Certificate.Nu, first.Certificate.Nu) {
			t.Errorf("second run: primal %v, bound %v, want %v, %v", r.Primal, r.GlobalBound, first.Primal, first.GlobalBound)
		}
	}
	if p.Cells != nil {
		t.Error("the caller's cells were changed")
	}
}

// TestGlobalGated: a restricted optimum with its certificate, and a proved bound
// below it.
func TestGlobalGated(t *testing.T) {
	p := smallProblem(4)
	p.Activation = program.Gated
	r, err := SolveGlobal(context.Background(), p, DefaultGlobalOptions())
	if err != nil {
		t.Fatal(err)
	}
	if r.GlobalStatus > Priced || r.RelGap > 1e-6 || r.GlobalBound > r.Primal {
		t.Errorf("status %v, gap %g, bound %g, primal %g", r.GlobalStatus, r.RelGap, r.GlobalBound, r.Primal)
	}
}

// TestGlobalInterrupted: a context that has ended leaves a valid result.
func TestGlobalInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p := smallProblem(1)
	r, err := SolveGlobal(ctx, p, DefaultGlobalOptions())
	if err != nil {
		t.Fatal(err)
	}
	if r.GlobalStatus != Interrupted || !(r.GlobalBound <= r.Primal) || !(r.Dual <= r.Primal) {
		t.Errorf("status %v, primal %v, dual %v, bound %v", r.GlobalStatus, r.Primal, r.Dual, r.GlobalBound)
	}
	checkGlobal(t, p, r)
}
