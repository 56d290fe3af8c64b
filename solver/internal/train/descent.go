package train

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/lbfgs"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// Descent is plain weight-decay training of a network with m neurons that are not
// gated,
//
//	min over W (m x d), a (m), c  of  L(c + phi(XW')a) + beta/2 (|W|^2 + |a|^2),
//
// L being squares, (1/2n) |y - z|^2, or another loss, with its kinks rounded,
// the same objective as the convex program over all patterns, but not convex.
// It finds good patterns quickly where random gates are hopeless; what it finds
// is a start and enters no claim. The variables are one vector (W, a, c).
type Descent struct {
	x         operator.Design
	p         *program.Problem
	y         []float64
	loss      loss.Smooth // nil for squares
	Beta      float64
	Intercept bool
	N, D, M   int
	Still     float64     // of the value: less than that in 100 steps ends Run
	Least     int         // iterations that Run makes even if its context has ended
	Enough    func() bool // if not nil: Run makes no more

	Value float64
	Grad  []float64
	R     []float64
	pass  *squaresPass   // by which squares on dense rows are evaluated, nil: by z, h and c
	z, h  blas64.General // m x n
	c     blas64.General // m x d
}

// NewDescent is the training of m neurons.
func NewDescent(x operator.Design, p *program.Problem, m int) *Descent {
	t := newVariables(x, p, m)
	t.makeRoom()
	return t
}

// makeRoom makes what Evaluate works in.
func (t *Descent) makeRoom() {
	if t.pass = nil; t.loss == nil && t.M > 0 {
		t.pass = newSquaresPass(t.x, t.M)
	}
	if t.pass == nil {
		t.z, t.h, t.c = operator.NewGeneral(t.M, t.N), operator.NewGeneral(t.M, t.N), operator.NewGeneral(t.M, t.D)
	}
}

// newVariables is a training that only knows where its variables are.
func newVariables(x operator.Design, p *program.Problem, m int) *Descent {
	n, d := x.Dims()
	size := m*(d+1) + 1
	var fit loss.Smooth
	if p.LossOrSquared() != loss.Squared {
		fit = loss.Smoothed(p.LossOrSquared(), p.Y, p.Intercept, loss.Sharpness[len(loss.Sharpness)-1])
	}
	return &Descent{
		x: x, p: p, y: p.Y, loss: fit, Beta: p.Beta, Still: still, Intercept: p.Intercept, N: n, D: d, M: m,
		Grad: make([]float64, size), R: make([]float64, n),
	}
}

// DescentOf is the training that begins at a network, neurons balanced.
func DescentOf(x operator.Design, p *program.Problem, net *program.Network) (*Descent, []float64) {
	t := NewDescent(x, p, len(net.Neurons))
	return t, t.variablesOf(net)
}

// variablesOf is the vector of a network of m neurons.
func (t *Descent) variablesOf(net *program.Network) []float64 {
	v := make([]float64, len(t.Grad))
	*t.Constant(v) = net.Constant
	for k, nr := range net.Neurons {
		copy(operator.RowOf(t.Weights(v), k), nr.W)
		t.Outputs(v)[k] = nr.Alpha
	}
	return v
}

// weights, outputs and constant are the parts of a vector of variables.
func (t *Descent) Weights(v []float64) blas64.General {
	return blas64.General{Rows: t.M, Cols: t.D, Stride: t.D, Data: v[:t.M*t.D]}
}
func (t *Descent) Outputs(v []float64) []float64 { return v[t.M*t.D : t.M*(t.D+1)] }
func (t *Descent) Constant(v []float64) *float64 { return &v[len(v)-1] }

// Start draws neurons whose kink goes through a random row of X, of a size for
// which the prediction is about as large as the target.
func (t *Descent) Start(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0x6e6f6e63))
	v := make([]float64, len(t.Grad))
	w, a := t.Weights(v), t.Outputs(v)
	size := 0.0
	for _, norm := range operator.RowNorms(t.x) {
		size += norm * norm
	}
	constant, nu := t.idle()
	tau := math.Sqrt(floats.Norm(nu, 2) / math.Sqrt(float64(t.M)*math.Max(size, math.SmallestNonzeroFloat64)))
	if !(tau > 0) || math.IsInf(tau, 0) {
		tau = 1
	}
	for j := range t.M {
		wj := operator.RowOf(w, j)
		sphere.RandomKink(wj, t.x, rng)
		floats.Scale(tau, wj)
		a[j] = tau * float64(1-2*(j%2))
	}
	*t.Constant(v) = constant
	return v
}

// idle is the constant to begin with and what it is to be fitted to, the target
// for squares.
func (t *Descent) idle() (c float64, nu []float64) {
	switch {
	case t.loss != nil:
		return t.p.NullModel()
	case t.Intercept:
		return floats.Sum(t.y) / float64(t.N), t.y
	}
	return 0, t.y
}

// Sharpening calls run with the loss rounded less and less, once for a loss
// without kinks.
func (t *Descent) Sharpening(run func()) {
	if t.loss == nil || !loss.HasKinks(t.p.LossOrSquared()) {
		run()
		return
	}
	for _, share := range loss.Sharpness {
		t.loss = loss.Smoothed(t.p.LossOrSquared(), t.p.Y, t.p.Intercept, share)
		run()
	}
}

const (
	// activationWork of a neuron at a row: the passes of Evaluate over z and h.
	activationWork = 16
	// vectorWork of a variable: the two loops over the memory of L-BFGS.
	vectorWork = 200
)

// Evaluate computes value and grad at v: Z = W X', r = n dL(c + a'phi(Z)), for
// squares c + a'phi(Z) - y,
// dW_j = a_j (phi'(Z_j) o r)'X / n + beta W_j, da = phi(Z) r / n + beta a.
func (t *Descent) Evaluate(v []float64) {
	w, a, c := t.Weights(v), t.Outputs(v), *t.Constant(v)
	t.x.Book(activationWork*float64(t.M)*float64(t.N) + vectorWork*float64(len(v)))
	if t.pass != nil {
		t.x.Book(2 * float64(2*t.M+operator.EntryWork) * float64(t.x.Stored()))
		t.pass.evaluate(t, v)
		return
	}
	t.x.Mul(t.z, w)
	operator.ParallelTask(t.M, (*activations)(t))
	for i, y := range t.y {
		if t.R[i] = c; t.loss == nil {
			t.R[i] -= y
		}
	}
	vector := func(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }
	dense.Gemv(blas.Trans, 1, t.h, vector(a), 1, vector(t.R))
	inv := 1 / float64(t.N)
	t.Value = t.lossOf(t.R) + t.Beta/2*(floats.Dot(w.Data, w.Data)+floats.Dot(a, a))
	gw, ga := t.Weights(t.Grad), t.Outputs(t.Grad)
	copy(ga, a)
	dense.Gemv(blas.NoTrans, inv, t.h, vector(t.R), t.Beta, vector(ga))
	operator.ParallelTask(t.M, (*slopes)(t))
	t.x.MulTrans(t.c, t.z)
	for j, aj := range a {
		floats.ScaleTo(operator.RowOf(gw, j), aj*inv, operator.RowOf(t.c, j))
		floats.AddScaled(operator.RowOf(gw, j), t.Beta, operator.RowOf(w, j))
	}
	*t.Constant(t.Grad) = 0
	if t.Intercept {
		*t.Constant(t.Grad) = floats.Sum(t.R) * inv
	}
}

// lossOf is the loss where r is the prediction, less y for squares, and makes r
// its slopes.
func (t *Descent) lossOf(r []float64) float64 {
	if t.loss == nil {
		return floats.Dot(r, r) * (1 / float64(t.N)) / 2
	}
	value := t.loss.Value(r, t.y)
	t.loss.Residual(r, r, t.y)
	floats.Scale(-1, r)
	return value
}

// activations sets h = phi(z), and slopes z = phi'(z) o r, neuron by neuron.
type (
	activations Descent
	slopes      Descent
)

func (t *activations) Part(j int) {
	t.p.Activation.Apply(operator.RowOf(t.h, j), operator.RowOf(t.z, j))
}

func (t *slopes) Part(j int) {
	t.p.Activation.Chain(operator.RowOf(t.z, j), t.R)
}

// still is Descent.Still where nothing is said.
const still = 1e-5

// Run makes at most iterations steps of L-BFGS from v, in place, and as many as Least
// even if ctx has ended.
func (t *Descent) Run(ctx context.Context, v []float64, iterations int) []float64 {
	m := &lbfgs.Minimiser{Memory: 20, Least: t.Least, Enough: t.Enough, F: func(grad, v []float64) float64 {
		t.Evaluate(v)
		copy(grad, t.Grad)
		return t.Value
	}}
	m.Run(ctx, v, iterations, t.Still)
	return v
}

// DescentIterations is the number of iterations that about 20 GFlop pay for.
func (t *Descent) DescentIterations() int {
	return max(40, min(3000, int(4e10/(4*float64(t.N)*float64(t.D)*float64(t.M)))))
}

// Strength is |a_j| |w_j|, what neuron j costs in the convex program.
func (t *Descent) Strength(v []float64) []float64 {
	w, a, s := t.Weights(v), t.Outputs(v), make([]float64, t.M)
	for j := range s {
		s[j] = math.Abs(a[j]) * floats.Norm(operator.RowOf(w, j), 2)
	}
	return s
}

// Residual is -n dL, y - c - phi(XW')a for squares.
func (t *Descent) Residual(v []float64) []float64 {
	t.Evaluate(v)
	nu := make([]float64, t.N)
	floats.ScaleTo(nu, -1, t.R)
	return nu
}

// Extended is the training of the neurons of v that are alive and of more, unit
// vectors that enter with the sign of nu'phi(Xw) and a small size.
func (t *Descent) Extended(v []float64, more [][]float64, nu []float64) (*Descent, []float64) {
	strength := t.Strength(v)
	largest := floats.Max(strength)
	var alive []int
	for j, s := range strength {
		if s > 1e-6*largest {
			alive = append(alive, j)
		}
	}
	next := *t
	next.M = len(alive) + len(more)
	next.Grad = make([]float64, next.M*(t.D+1)+1)
	next.makeRoom()
	out := make([]float64, len(next.Grad))
	*next.Constant(out) = *t.Constant(v)
	for k, j := range alive {
		copy(operator.RowOf(next.Weights(out), k), operator.RowOf(t.Weights(v), j))
		next.Outputs(out)[k] = t.Outputs(v)[j]
	}
	size := math.Sqrt(math.Max(1e-3*largest, 1e-12))
	for k, w := range more {
		at := len(alive) + k
		floats.ScaleTo(operator.RowOf(next.Weights(out), at), size, w)
		next.Outputs(out)[at] = size
		z := operator.NewGeneral(1, t.N)
		t.x.Mul(z, blas64.General{Rows: 1, Cols: t.D, Stride: t.D, Data: w})
		sum := 0.0
		for i, a := range z.Data {
			sum += nu[i] * t.p.Activation.Of(a)
		}
		if sum < 0 {
			next.Outputs(out)[at] = -size
		}
	}
	return &next, out
}
