package experiment

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/hyperplane"
	"multigrade/internal/dataset"
	"multigrade/internal/run"
	"multigrade/solver"
	"multigrade/testdata"
)

// Problem is a standard problem: inputs with a column of ones, a target
// and an absolute beta.
type Problem struct {
	name string
	beta float64
	data func(seed uint64) (mat.Matrix, []float64, error)

	loss     solver.Loss // nil for squares
	constant bool        // free of charge
}

var problems = []Problem{
	{name: "oscillation", beta: 0.002, data: oscillation},
	{name: "diabetes", beta: 0.05, data: diabetes},
	{name: "teacher", beta: 0.03, data: func(seed uint64) (mat.Matrix, []float64, error) { return teacher(1000, 19, 10, seed) }},
}

// WithLoss is the problem with another loss, that of labels for the signs of its
// targets, and, if asked for, a constant.
func (b Problem) WithLoss(l solver.Loss, constant bool) Problem {
	b.loss, b.constant = l, constant
	return b
}

func problemNames() string {
	var names []string
	for _, b := range problems {
		names = append(names, b.name)
	}
	return strings.Join(names, ", ")
}

// program is the convex program over the cells of so many Gaussian gates.
func (b Problem) program(ctx context.Context, patterns int, seed uint64) (*solver.Problem, error) {
	x, y, err := b.data(seed)
	if err != nil {
		return nil, err
	}
	cells, err := hyperplane.SampleGaussian(ctx, x, patterns, seed)
	if err != nil {
		return nil, err
	}
	if b.loss != nil && b.loss.Labels() {
		for i, v := range y {
			y[i] = math.Copysign(1, v)
		}
	}
	return &solver.Problem{X: x, Y: y, Cells: cells, Beta: b.beta, Loss: b.loss, Intercept: b.constant}, nil
}

// oscillation is a sine of rising frequency at 500 points of [-1, 1].
func oscillation(uint64) (mat.Matrix, []float64, error) {
	const n = 500
	x, y := mat.NewDense(n, 2, nil), make([]float64, n)
	for i := range y {
		t := 2*float64(i)/(n-1) - 1
		x.SetRow(i, []float64{t, 1})
		y[i] = math.Sin(3 * math.Pi * t * (1 + t*t))
	}
	return x, y, nil
}

// teacher is a network of hidden neurons at n Gaussian points of d inputs, with noise
// of a tenth.
func teacher(n, d, hidden int, seed uint64) (mat.Matrix, []float64, error) {
	const noise = 0.1
	rnd := rand.New(rand.NewPCG(seed, 0x7eac6e5))
	x, y := mat.NewDense(n, d+1, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rnd.NormFloat64())
		}
		x.Set(i, d, 1)
	}
	for k := range hidden {
		w := make([]float64, d+1)
		for j := range w {
			w[j] = rnd.NormFloat64() / math.Sqrt(float64(d))
		}
		sign := float64(1 - 2*(k%2))
		for i, row := range y {
			y[i] = row + float64(sign*max(0, mat.Dot(x.RowView(i), mat.NewVecDense(d+1, w))))
		}
	}
	for i := range y {
		y[i] += float64(noise * rnd.NormFloat64())
	}
	return x, y, nil
}

// diabetes is the data set of the repository, standardised.
func diabetes(uint64) (mat.Matrix, []float64, error) {
	d, err := dataset.Read(context.Background(), "diabetes.csv", testdata.Diabetes, dataset.Options{Limits: dataset.DefaultLimits()})
	if err != nil {
		return nil, nil, err
	}
	rows := make([]int, d.Rows())
	for i := range rows {
		rows[i] = i
	}
	target := grade.StandardiseTargets(d.Y, rows)
	y := make([]float64, len(rows))
	for i, v := range d.Y[0] {
		y[i] = (v - target.Shift[0]) / target.Scale[0]
	}
	return run.ProgramInput(d, true, true), y, nil
}
