package solver

import (
	"context"
	"encoding/csv"
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

var reference = flag.String("reference", "", "directory of the reference problems NAME.csv")

// referenceProblem reads NAME.csv, target last, used as it is.
func referenceProblem(t *testing.T, name string, beta float64) *Problem {
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
	p := &Problem{X: mat.NewDense(n, d, nil), Y: make([]float64, n), Beta: beta}
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
		{"d_teacher", 0.03, 0.0958},
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
