package solver

import (
	"context"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// descent is plain weight-decay training of a ReLU network with m neurons,
//
//	min over W (m x d), a (m), c  of  L(c + relu(XW')a) + beta/2 (|W|^2 + |a|^2),
//
// L being squares, (1/2n) |y - z|^2, or another loss, with its kinks rounded,
// the same objective as the convex program over all patterns, but not convex.
// It finds good patterns quickly where random gates are hopeless; what it finds
// is a start and enters no claim. The variables are one vector (W, a, c).
type descent struct {
	x         design
	p         *Problem
	y         []float64
	loss      smooth // nil for squares
	beta      float64
	intercept bool
	n, d, m   int

	value float64
	grad  []float64
	z, h  blas64.General // m x n
	c     blas64.General // m x d
	r     []float64
}

func newDescent(x design, p *Problem, m int) *descent {
	n, d := x.dims()
	size := m*(d+1) + 1
	var loss smooth
	if p.LossOrSquared() != Squared {
		loss = smoothed(p.LossOrSquared(), p.Y, p.Intercept, sharpness[len(sharpness)-1])
	}
	return &descent{
		x: x, p: p, y: p.Y, loss: loss, beta: p.Beta, intercept: p.Intercept, n: n, d: d, m: m,
		grad: make([]float64, size),
		z:    newGeneral(m, n), h: newGeneral(m, n), c: newGeneral(m, d), r: make([]float64, n),
	}
}

// descentOf is the training that begins at a network, neurons balanced.
func descentOf(x design, p *Problem, net *Network) (*descent, []float64) {
	t := newDescent(x, p, len(net.Neurons))
	v := make([]float64, len(t.grad))
	*t.constant(v) = net.Constant
	for k, nr := range net.Neurons {
		copy(rowOf(t.weights(v), k), nr.W)
		t.outputs(v)[k] = nr.Alpha
	}
	return t, v
}

// weights, outputs and constant are the parts of a vector of variables.
func (t *descent) weights(v []float64) blas64.General {
	return blas64.General{Rows: t.m, Cols: t.d, Stride: t.d, Data: v[:t.m*t.d]}
}
func (t *descent) outputs(v []float64) []float64 { return v[t.m*t.d : t.m*(t.d+1)] }
func (t *descent) constant(v []float64) *float64 { return &v[len(v)-1] }

// start draws neurons whose kink goes through a random row of X, of a size for
// which the prediction is about as large as the target.
func (t *descent) start(seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, 0x6e6f6e63))
	v := make([]float64, len(t.grad))
	w, a := t.weights(v), t.outputs(v)
	size := 0.0
	for _, norm := range rowNorms(t.x) {
		size += norm * norm
	}
	constant, nu := t.idle()
	tau := math.Sqrt(floats.Norm(nu, 2) / math.Sqrt(float64(t.m)*math.Max(size, math.SmallestNonzeroFloat64)))
	if !(tau > 0) || math.IsInf(tau, 0) {
		tau = 1
	}
	for j := range t.m {
		wj := rowOf(w, j)
		randomKink(wj, t.x, rng)
		floats.Scale(tau, wj)
		a[j] = tau * float64(1-2*(j%2))
	}
	*t.constant(v) = constant
	return v
}

// idle is the constant to begin with and what it is to be fitted to, the target
// for squares.
func (t *descent) idle() (c float64, nu []float64) {
	switch {
	case t.loss != nil:
		return idlePoint(t.p.LossOrSquared(), t.p.Y, t.p.Intercept)
	case t.intercept:
		return floats.Sum(t.y) / float64(t.n), t.y
	}
	return 0, t.y
}

// sharpening calls run with the loss rounded less and less, once for a loss
// without kinks.
func (t *descent) sharpening(run func()) {
	if t.loss == nil || !hasKinks(t.p.LossOrSquared()) {
		run()
		return
	}
	for _, share := range sharpness {
		t.loss = smoothed(t.p.LossOrSquared(), t.p.Y, t.p.Intercept, share)
		run()
	}
}

// evaluate computes value and grad at v: Z = W X', r = n dL(c + a'relu(Z)), for
// squares c + a'relu(Z) - y,
// dW_j = a_j (1[Z_j >= 0] o r)'X / n + beta W_j, da = relu(Z) r / n + beta a.
func (t *descent) evaluate(v []float64) {
	w, a, c := t.weights(v), t.outputs(v), *t.constant(v)
	t.x.mul(t.z, w)
	parallelTask(t.m, (*activations)(t))
	for i, y := range t.y {
		if t.r[i] = c; t.loss == nil {
			t.r[i] -= y
		}
	}
	vector := func(x []float64) blas64.Vector { return blas64.Vector{N: len(x), Inc: 1, Data: x} }
	blas64.Gemv(blas.Trans, 1, t.h, vector(a), 1, vector(t.r))
	inv := 1 / float64(t.n)
	t.value = t.lossOf(t.r) + t.beta/2*(floats.Dot(w.Data, w.Data)+floats.Dot(a, a))
	gw, ga := t.weights(t.grad), t.outputs(t.grad)
	copy(ga, a)
	blas64.Gemv(blas.NoTrans, inv, t.h, vector(t.r), t.beta, vector(ga))
	parallelTask(t.m, (*slopes)(t))
	t.x.mulTrans(t.c, t.z)
	for j, aj := range a {
		floats.ScaleTo(rowOf(gw, j), aj*inv, rowOf(t.c, j))
		floats.AddScaled(rowOf(gw, j), t.beta, rowOf(w, j))
	}
	*t.constant(t.grad) = 0
	if t.intercept {
		*t.constant(t.grad) = floats.Sum(t.r) * inv
	}
}

// lossOf is the loss where r is the prediction, less y for squares, and makes r
// its slopes.
func (t *descent) lossOf(r []float64) float64 {
	if t.loss == nil {
		return floats.Dot(r, r) * (1 / float64(t.n)) / 2
	}
	value := t.loss.Value(r, t.y)
	t.loss.Residual(r, r, t.y)
	floats.Scale(-1, r)
	return value
}

// activations sets h = relu(z), and slopes z = 1[z >= 0] o r, neuron by neuron.
// By the sign bit, for a branch would be taken at random.
type (
	activations descent
	slopes      descent
)

func (t *activations) part(j int) {
	h := rowOf(t.h, j)
	for i, z := range rowOf(t.z, j) {
		bits := math.Float64bits(z)
		h[i] = math.Float64frombits(bits &^ uint64(int64(bits)>>63))
	}
}

func (t *slopes) part(j int) {
	zj, r := rowOf(t.z, j), t.r
	for i, z := range zj {
		negative := uint64(int64(math.Float64bits(z)) >> 63)
		zj[i] = math.Float64frombits(math.Float64bits(r[i]) &^ negative)
	}
}

// run makes at most iterations steps of L-BFGS from v, in place.
func (t *descent) run(ctx context.Context, v []float64, iterations int) []float64 {
	m := &lbfgs{memory: 20, f: func(grad, v []float64) float64 {
		t.evaluate(v)
		copy(grad, t.grad)
		return t.value
	}}
	m.run(ctx, v, iterations, 1e-5)
	return v
}

// descentIterations is the number of iterations that about 20 GFlop pay for.
func (t *descent) descentIterations() int {
	return max(40, min(3000, int(4e10/(4*float64(t.n)*float64(t.d)*float64(t.m)))))
}

// strength is |a_j| |w_j|, what neuron j costs in the convex program.
func (t *descent) strength(v []float64) []float64 {
	w, a, s := t.weights(v), t.outputs(v), make([]float64, t.m)
	for j := range s {
		s[j] = math.Abs(a[j]) * floats.Norm(rowOf(w, j), 2)
	}
	return s
}

// residual is -n dL, y - c - relu(XW')a for squares.
func (t *descent) residual(v []float64) []float64 {
	t.evaluate(v)
	nu := make([]float64, t.n)
	floats.ScaleTo(nu, -1, t.r)
	return nu
}

// extended is the training of the neurons of v that are alive and of more, unit
// vectors that enter with the sign of nu'relu(Xw) and a small size.
func (t *descent) extended(v []float64, more [][]float64, nu []float64) (*descent, []float64) {
	strength := t.strength(v)
	largest := floats.Max(strength)
	var alive []int
	for j, s := range strength {
		if s > 1e-6*largest {
			alive = append(alive, j)
		}
	}
	next := *t
	next.m = len(alive) + len(more)
	next.grad = make([]float64, next.m*(t.d+1)+1)
	next.z, next.h, next.c = newGeneral(next.m, t.n), newGeneral(next.m, t.n), newGeneral(next.m, t.d)
	out := make([]float64, len(next.grad))
	*next.constant(out) = *t.constant(v)
	for k, j := range alive {
		copy(rowOf(next.weights(out), k), rowOf(t.weights(v), j))
		next.outputs(out)[k] = t.outputs(v)[j]
	}
	size := math.Sqrt(math.Max(1e-3*largest, 1e-12))
	for k, w := range more {
		at := len(alive) + k
		floats.ScaleTo(rowOf(next.weights(out), at), size, w)
		next.outputs(out)[at] = size
		z := newGeneral(1, t.n)
		t.x.mul(z, blas64.General{Rows: 1, Cols: t.d, Stride: t.d, Data: w})
		sum := 0.0
		for i, a := range z.Data {
			sum += nu[i] * math.Max(a, 0)
		}
		if sum < 0 {
			next.outputs(out)[at] = -size
		}
	}
	return &next, out
}
