package grade

import (
	"math"
	"testing"
)

// The standard error of a mean is sd/sqrt(n) with sd by n-1 where every row is a unit,
// and that of the means of the groups where groups of the same size are.
func TestClusterError(t *testing.T) {
	v := []float64{1, 2, 4, 7, 11, 16}
	each := []int{0, 1, 2, 3, 4, 5}
	mean, squares := 41.0/6, 0.0
	for _, x := range v {
		squares += (x - mean) * (x - mean)
	}
	if got, want := clusterError(v, each), math.Sqrt(squares/5/6); math.Abs(got-want) > 1e-14 {
		t.Errorf("%v, want %v", got, want)
	}
	pairs := []int{4, 4, 9, 9, 2, 2}
	means := []float64{1.5, 5.5, 13.5}
	squares = 0
	for _, x := range means {
		squares += (x - mean) * (x - mean)
	}
	if got, want := clusterError(v, pairs), math.Sqrt(squares/2/3); math.Abs(got-want) > 1e-14 {
		t.Errorf("groups: %v, want %v", got, want)
	}
	// A row that is held out twice with the same loss counts once.
	if got, want := clusterError(append(v, v...), append(each, each...)), clusterError(v, each); math.Abs(got-want) > 1e-14 {
		t.Errorf("twice: %v, want %v", got, want)
	}
	if !math.IsInf(clusterError(v[:1], each), 1) {
		t.Error("one row has a standard error")
	}
}

// The log loss of two classes is the logistic loss, of more that of the normalised
// probabilities.
func TestLogLoss(t *testing.T) {
	if got, want := logLoss([][]float64{{2}}, [][]float64{{-1}}, 0), math.Log(1+math.Exp(2)); math.Abs(got-want) > 1e-14 {
		t.Errorf("%v, want %v", got, want)
	}
	sigmoid := func(z float64) float64 { return 1 / (1 + math.Exp(-z)) }
	z, y := [][]float64{{1}, {-2}, {0.5}}, [][]float64{{-1}, {-1}, {1}}
	want := -math.Log(sigmoid(0.5) / (sigmoid(1) + sigmoid(-2) + sigmoid(0.5)))
	if got := logLoss(z, y, 0); math.Abs(got-want) > 1e-14 {
		t.Errorf("%v, want %v", got, want)
	}
}
