package grade

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A point of the path has the optimum and the residuals of a run with that
// beta.
func TestPathMeetsTrain(t *testing.T) {
	x := mat.NewDense(60, 2, nil)
	y := make([]float64, 60)
	for i := range y {
		a, b := math.Sin(float64(3*i)), math.Cos(float64(5*i*i))
		x.SetRow(i, []float64{a, b})
		y[i] = 7 + math.Abs(a-b) + 0.3*a*b
	}
	data := &Data{X: x, Labels: Labels{Y: [][]float64{y}}, Source: Source{Name: "made", Rows: 60, Features: 2, Columns: []string{"a", "b"}, Target: []string{"y"}}}
	o := DefaultOptions()
	o.Scope, o.Patterns, o.Shares = Restricted, 40, Shares{Holdout: 0.2}
	points, err := Path(context.Background(), data, o, 5, 1e-2, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(points) != 5 {
		t.Fatalf("%d points, want 5", len(points))
	}
	for k, pt := range points[1:] {
		o.Grades, o.Beta = 1, AbsoluteBeta(pt.Beta)
		run, err := Train(context.Background(), data, o)
		if err != nil {
			t.Fatal(err)
		}
		r := run.Grades[0].Sum()
		if pt.Primal < r.Dual || pt.Dual > r.Primal {
			t.Errorf("point %d: optimum in [%v, %v], of Train in [%v, %v]", k+1, pt.Dual, pt.Primal, r.Dual, r.Primal)
		}
		for _, split := range []string{OnTrain, OnTest} {
			got, want := pt.Norms[split].L2, run.Ledger.Find(1, split).L2
			if math.Abs(got-want) > 1e-2*want {
				t.Errorf("point %d: %s residual %v, of Train %v", k+1, split, got, want)
			}
		}
	}
	if _, ok := points[0].Norms[OnValidation]; ok {
		t.Error("norms on validation rows, of which there are none")
	}
}

// A constant target has no path.
func TestPathOfConstant(t *testing.T) {
	data := &Data{X: mat.NewDense(4, 1, []float64{1, 2, 3, 4}), Labels: Labels{Y: [][]float64{{2, 2, 2, 2}}},
		Source: Source{Rows: 4, Features: 1, Columns: []string{"a"}, Target: []string{"y"}}}
	if _, err := Path(context.Background(), data, DefaultOptions(), 5, 1e-2, nil); err == nil {
		t.Error("no error")
	}
}
