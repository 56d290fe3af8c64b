package experiment

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// blobs are n rows around the corners of a triangle, one class per corner.
func blobs(n int, spread float64) (*mat.Dense, []float64) {
	rng := rand.New(rand.NewPCG(3, 4))
	x, y := mat.NewDense(n, 2, nil), make([]float64, n)
	for i := range n {
		y[i] = float64(i % 3)
		angle := 2 * math.Pi / 3 * y[i]
		x.SetRow(i, []float64{5 * (math.Cos(angle) + spread*rng.NormFloat64()), 2 + math.Sin(angle) + spread*rng.NormFloat64()})
	}
	return x, y
}

func TestSoftmaxGradient(t *testing.T) {
	x, y := blobs(30, 0.5)
	split := grade.NewSplit(30, 0.2, 0)
	m := newSoftmax(x, y, 3, grade.Standardise(x, split.Train), split.Train)
	m.penalty = 0.1
	w := []float64{0.3, -0.2, 0.1, 1, 0.5, -0.7, 0, 0.2, 0.4}
	got := make([]float64, len(w))
	m.gradient(got, w)
	for k, want := range fd.Gradient(nil, m.objective, w, &fd.Settings{Formula: fd.Central}) {
		if math.Abs(got[k]-want) > 1e-6 {
			t.Errorf("slope %d is %v, differences say %v", k, got[k], want)
		}
	}
}

// Classes apart are told apart; of labels without meaning no more than the
// largest penalty is left, at which the largest class is the answer to all.
func TestSoftmaxClasses(t *testing.T) {
	shares := grade.Shares{Holdout: 0.2, Validation: 0.2, Refit: true}
	split := shares.SplitRows(grade.Rows{N: 90})
	predicted := func(x *mat.Dense, y []float64) []float64 {
		p, err := softmaxClasses(x, y, 3, split.Train, split.Test, shares.Folds(split))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	x, y := blobs(90, 0.1)
	_, want := rowsOf(x, y, split.Test)
	if got := shareEqual(want, predicted(x, y)); got != 1 {
		t.Errorf("of classes apart %v are right", got)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range y {
		y[i] = math.Max(0, float64(rng.IntN(6)-3)) // 0 twice as often as 1 and 2 together
	}
	for _, class := range predicted(x, y) {
		if class != 0 {
			t.Errorf("class %v from noise", class)
		}
	}
}
