package solver

import (
	"context"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// TestThinCell: in a cell that is thinner than the rounding of x.w no neuron can be
// shown to lie. Its block, the best there is, is left out of the network, and the solve
// ends with what it has, whatever the method.
func TestThinCell(t *testing.T) {
	x := mat.NewDense(4, 2, []float64{1, 0, -1, 1e-17, 0.5, 1, -0.25, 1})
	y := []float64{0, 0, 3, 3}
	thin := hyperplane.Cell{Gate: []float64{1e-18, 1}}
	wide := hyperplane.Cell{Gate: []float64{1, 0.1}}
	for _, c := range []*hyperplane.Cell{&thin, &wide} {
		c.Pattern = hyperplane.PatternOf(x, c.Gate)
	}
	for _, cells := range [][]hyperplane.Cell{{thin}, {thin, wide}} {
		for _, a := range []program.Activation{program.ReLU, operator.Absolute} {
			for _, l := range []loss.Loss{loss.Squared, loss.L1} {
				for _, m := range []Method{Auto, Interior, ADMM} {
					p := &program.Problem{X: x, Y: y, Cells: cells, Activation: a, Loss: l, Beta: 0.01}
					o := DefaultOptions()
					o.Method, o.MaxIter = m, 5000
					r, err := Solve(context.Background(), p, o)
					if err != nil {
						t.Fatalf("%d cells, %v, %s, %v: %v", len(cells), a, l.Name(), m, err)
					}
					mustCheck(t, p, r, o.Tol)
					for _, nr := range r.Network.Neurons {
						if nr.Cell == 0 {
							t.Errorf("%d cells, %v, %s, %v: a neuron in the thin cell", len(cells), a, l.Name(), m)
						}
					}
					if len(cells) == 1 && r.Status == Optimal {
						t.Errorf("%v, %s, %v: optimal without neurons", a, l.Name(), m)
					}
				}
			}
		}
	}
}
