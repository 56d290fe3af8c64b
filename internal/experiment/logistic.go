package experiment

import (
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"

	"multigrade/grade"
	"multigrade/internal/elementary"
)

// softmax is multinomial logistic regression on standardised inputs,
//
//	min over W (K x (d+1)) of (1/n) sum_i [log sum_k exp(z_ik) - z_i,y_i] + penalty/2 |W|^2,  z_i = W [x_i, 1],
//
// the last column of W, the bias, not penalised: what is customary for classes, to
// hold networks against.
type softmax struct {
	x       *mat.Dense // n x (d+1), standardised, the last column ones
	y       []float64  // classes 0 to K-1
	classes int
	penalty float64

	z *mat.Dense // n x K: z, then the slopes of the loss
}

// softmaxPenalties are tried from the largest on, each from the one before.
var softmaxPenalties = [...]float64{10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4}

// softmaxClasses predicts the classes of the rows test of x by the regression
// on the rows train, at the penalty with the least log loss on the rows held out
// by the folds.
func softmaxClasses(x *mat.Dense, y []float64, classes int, train, test []int, folds []grade.Split) ([]float64, error) {
	loss := make([]float64, len(softmaxPenalties))
	for _, f := range folds {
		err := softmaxPath(x, y, classes, f.Train, func(k int, at regression) bool {
			loss[k] += at(f.Validation).loss * float64(len(f.Validation))
			return true
		})
		if err != nil {
			return nil, err
		}
	}
	best := floats.MinIdx(loss)
	var predicted []float64
	err := softmaxPath(x, y, classes, train, func(k int, at regression) bool {
		predicted = at(test).classes
		return k < best
	})
	return predicted, err
}

// regression applies a fitted regression to some rows.
type regression func(rows []int) fitted

// fitted is the mean log loss on rows and the classes predicted.
type fitted struct {
	loss    float64
	classes []float64
}

// softmaxPath fits the rows train at one penalty after another, as long as each,
// called with what came out, wants to go on.
func softmaxPath(x *mat.Dense, y []float64, classes int, train []int, each func(k int, at regression) bool) error {
	scale := grade.Standardise(x, train)
	m := newSoftmax(x, y, classes, scale, train)
	_, d := m.x.Dims()
	w := make([]float64, classes*d)
	for k, penalty := range softmaxPenalties {
		m.penalty = penalty
		r, err := optimize.Minimize(optimize.Problem{Func: m.objective, Grad: m.gradient}, w, &optimize.Settings{GradientThreshold: 1e-6, MajorIterations: 500}, &optimize.LBFGS{})
		if r == nil {
			return fmt.Errorf("logistic regression at penalty %v: %w", penalty, err)
		}
		w = r.X // the best met, where rounding ended the line search
		if !each(k, func(rows []int) fitted { return newSoftmax(x, y, classes, scale, rows).fitted(w) }) {
			return nil
		}
	}
	return nil
}

// newSoftmax is the regression on the given rows of x and y.
func newSoftmax(x *mat.Dense, y []float64, classes int, scale grade.Standardisation, rows []int) *softmax {
	m := &softmax{x: mat.DenseCopyOf(grade.WithBias(scale.Apply(x, rows))), classes: classes, z: mat.NewDense(len(rows), classes, nil)}
	for _, i := range rows {
		m.y = append(m.y, y[i])
	}
	return m
}

// weights is the view of the variables as W.
func (m *softmax) weights(w []float64) *mat.Dense {
	return mat.NewDense(m.classes, len(w)/m.classes, w)
}

// loss is the mean log loss at w; it leaves the slopes of n times that in z.
func (m *softmax) loss(w []float64) float64 {
	m.z.Mul(m.x, m.weights(w).T())
	sum := 0.0
	for i, y := range m.y {
		z := m.z.RawRowView(i)
		total := floats.LogSumExp(z)
		sum += total - z[int(y)]
		for k, v := range z {
			z[k] = elementary.Exp(v - total)
		}
		z[int(y)]--
	}
	return sum / float64(len(m.y))
}

func (m *softmax) objective(w []float64) float64 {
	penalised := 0.0
	for k := range m.classes {
		row := m.weights(w).RawRowView(k)
		penalised += floats.Dot(row[:len(row)-1], row[:len(row)-1])
	}
	return m.loss(w) + m.penalty/2*penalised
}

// gradient is (1/n) Z'X + penalty W without the bias, Z the slopes.
func (m *softmax) gradient(grad, w []float64) {
	m.loss(w)
	g := m.weights(grad)
	g.Mul(m.z.T(), m.x)
	g.Scale(1/float64(len(m.y)), g)
	for k := range m.classes {
		row := m.weights(w).RawRowView(k)
		floats.AddScaled(g.RawRowView(k)[:len(row)-1], m.penalty, row[:len(row)-1])
	}
}

func (m *softmax) fitted(w []float64) fitted {
	out := fitted{classes: make([]float64, len(m.y))}
	m.z.Mul(m.x, m.weights(w).T())
	for i := range out.classes {
		out.classes[i] = float64(floats.MaxIdx(m.z.RawRowView(i)))
	}
	out.loss = m.loss(w)
	return out
}
