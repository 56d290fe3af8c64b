package interior

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// Peaks is the largest deviation of k rows as what a Quadratic minimises besides its norms,
//
//	k max_i |(F v + c 1 - y)_i|,   v in the coordinates of the frames.
type Peaks struct {
	F         *mat.Dense // k x dB
	Y         []float64  // k
	Intercept bool       // c is free, else 0
}

// peaks is the term in the course of a solution, as ReducedHessian has it: all blocks are one to it.
type peaks struct {
	*Peaks
	op   *operator.Operators
	data *loss.ReducedHessian
	rows blas64.General // 1 x k: F v
	pull []float64      // dB
	f, q []float64      // k: F v, and scratch
}

func newPeaks(p *Peaks, account *operator.Account) *peaks {
	x, err := operator.NewCountedDesign(p.F, account)
	if err != nil {
		panic(err) // rows are finite
	}
	k, size := x.Dims()
	op := operator.OneBlock(x)
	return &peaks{Peaks: p, op: op, data: loss.NewReducedHessian(loss.LInf.Term(p.Y, p.Intercept), op, p.Intercept),
		rows: operator.NewGeneral(1, k), pull: make([]float64, size), f: make([]float64, k), q: make([]float64, k)}
}

// size is 2 k max |y_i|, Interior's sizeOfLoss.
func (p *peaks) size() float64 { return 2 * float64(len(p.Y)) * floats.Norm(p.Y, math.Inf(1)) }

// transposed sets pull to F'r.
func (p *peaks) transposed(r []float64) []float64 {
	copy(p.rows.Data, r)
	p.op.X.MulTrans(p.op.PerBlock(p.pull), p.rows)
	return p.pull
}

// update takes v and adds F'r to the gradient.
func (p *peaks) update(grad []float64, v blas64.General) {
	p.op.X.Mul(p.rows, p.op.PerBlock(v.Data))
	copy(p.f, p.rows.Data)
	p.data.Term.Update(p.f)
	floats.Add(grad, p.transposed(p.data.Term.Slope()))
}

// gap is what the loss at F v and the norms, together norms, are above the dual function at r.
func (p *peaks) gap(norms float64) float64 {
	c := p.data.Term.Constant()
	largest, dual := 0.0, 0.0
	for i, r := range p.data.Term.Slope() {
		largest = max(largest, math.Abs(p.f[i]+c-p.Y[i]))
		dual -= r * p.Y[i]
	}
	return float64(len(p.Y))*largest + norms - dual
}

// addGoal adds to the right-hand side of the step what aim has changed the slopes by.
func (p *peaks) addGoal(rhs []float64) {
	floats.AddTo(p.q, p.data.Goal, p.data.Term.Slope())
	floats.Add(rhs, p.transposed(p.q))
}

// direct follows up the step dv.
func (p *peaks) direct(dv blas64.General) {
	p.op.X.Mul(p.rows, p.op.PerBlock(dv.Data))
	p.data.Direction(p.rows)
}
