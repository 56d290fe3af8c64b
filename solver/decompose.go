package solver

import (
	"context"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/internal/elementary"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Decomposition is a ReLU network with the predictions of a gated one.
type Decomposition struct {
	// Network has at most two ReLU neurons for a gated unit; none for one whose cell is
	// thinner than rounding shows, which Primal knows.
	Network program.Network
	// Primal is an upper bound, with all rounding errors, of its objective in
	// the ReLU program.
	Primal float64
	// Dual is the lower bound of the gated program that was given: the gated
	// program is a relaxation of the ReLU program over the same cells, so no
	// ReLU network over them has a smaller objective.
	Dual float64
	// RelGap is RelGap(Primal, Dual): how far Network can be from the ReLU optimum.
	RelGap float64
	// Factor is the sum of the group norms of the network over that of the
	// gated one, at least 1: what leaving the relaxation cost. The loss is the
	// same, so Primal <= Factor times the gated objective.
	Factor float64
}

// Decompose turns the solution of a gated program into a ReLU network by cone
// decomposition (Mishkin, Sahiner and Pilanci, "Fast convex optimization for
// two-layer ReLU networks", 2022): every gated block u is split as u = v - w with v
// and w in the cone of its cell, so that D X u = relu(Xv) - relu(Xw), where
// |v| + |w| is the least possible:
//
//	min |v| + |v - u|   s.t.  S X v >= (S X u)+
//
// by a barrier method, which may go on for so much grace after the end of ctx, or, where it has ended and a step
// takes longer or p.Account does not leave that much, v is a multiple of the gate. gated is the network of p, whose activation is Gated, and dual a lower bound of its
// optimum, 0 if none is known.
func Decompose(ctx context.Context, grace time.Duration, p *program.Problem, gated program.Network, dual float64) (*Decomposition, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.Activation != program.Gated {
		return nil, fmt.Errorf("solver: decomposition of a %v program, want a gated one", p.Activation)
	}
	if err := checkNetwork(p, &gated); err != nil {
		return nil, err
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	if ctx.Err() == nil || splitStep(x) <= lastRate*grace.Seconds() {
		var cancel context.CancelFunc
		ctx, cancel = graced(ctx, grace)
		defer cancel()
	}
	q := *p
	q.Activation = program.ReLU
	rec := &program.Recoverer{P: &q, X: x, RowNorm: operator.RowNorms(x), Zero: operator.ZeroRows(x)}
	pairs := splitNeurons(ctx, rec, &gated)
	pt := program.Point{Net: program.Network{Activation: program.ReLU, Constant: gated.Constant}}
	size, before := 0.0, 0.0
	for j, pair := range pairs {
		before += math.Abs(gated.Neurons[j].Alpha) * floats.Norm(gated.Neurons[j].W, 2)
		for _, nr := range pair {
			size += math.Abs(nr.Alpha) * floats.Norm(nr.W, 2)
		}
		pt.Net.Neurons = append(pt.Net.Neurons, pair...)
	}
	rec.Evaluate(&pt)
	d := &Decomposition{Network: pt.Net, Primal: pt.Objective, Dual: dual, RelGap: program.RelGap(pt.Objective, dual), Factor: 1}
	if before > 0 {
		d.Factor = size / before
	}
	return d, nil
}

// splitNeurons decomposes every unit, in rank coordinates if there are.
func splitNeurons(ctx context.Context, rec *program.Recoverer, gated *program.Network) [][]program.Neuron {
	var r *ranked
	if !tooLateForRank(ctx, rec.X) {
		r = inRank(rec.P, rec.X)
	}
	at := *rec
	if r != nil {
		at.P, at.X, gated = r.q, r.z, gated.Mapped(r.c.Down)
	}
	pairs := make([][]program.Neuron, len(gated.Neurons))
	room, centres := rec.P.Account.Left()/splitWork(at.X), 0.0 // whatever the number of processors, for the same bits
	if r != nil {
		centres = r.room(ctx)
	}
	operator.Parallel(len(pairs), func(j int) {
		pair := splitNeuron(ctx, &at, gated.Neurons[j], float64(j+1) <= room)
		if r != nil {
			up := r.neurons(rec, r.q, pair, centres-float64(2*j))
			if len(up) < len(pair) {
				return
			}
			pair = up
		}
		pairs[j] = pair
	})
	return pairs
}

// splitWork is about what the decomposition of a unit takes: some thousand products with X of the
// line searches, and a hundred Hessians (planted data of 400 x 13 and 5000 x 9, 130 and 16
// units: 16,000 operations a stored number).
func splitWork(x operator.Design) float64 { return 16_000 * float64(x.Stored()) }

// splitStep is about what a Newton step takes of that.
func splitStep(x operator.Design) float64 {
	_, d := x.Dims()
	return float64(d)*float64(x.Stored()) + operator.FactorWork(d)
}

// splitNeuron decomposes one gated unit into ReLU neurons: u if it lies in the cone,
// -u with the other sign if that does, otherwise two, the shortest or not; none where one of them
// cannot be moved into the cone.
func splitNeuron(ctx context.Context, rc *program.Recoverer, nr program.Neuron, shortest bool) []program.Neuron {
	u := make([]float64, len(nr.W))
	floats.ScaleTo(u, nr.Alpha, nr.W)
	norm := floats.Norm(u, 2)
	if norm == 0 {
		return nil
	}
	inside := rc.P.Cells[nr.Cell].Gate
	if shortest {
		inside = program.Centre(ctx, rc.X, rc.P.Cells[nr.Cell], rc.Zero)
	}
	c := newConeSplit(rc, nr.Cell, u, inside)
	parts := [2][]float64{u, nil}
	switch {
	case c.holds(1):
	case c.holds(-1):
		floats.Scale(-1, u)
		parts = [2][]float64{nil, u}
	default:
		w := make([]float64, len(u))
		v := c.start()
		if shortest {
			c.solve(ctx, v)
		}
		floats.SubTo(w, v, u)
		parts = [2][]float64{v, w}
	}
	var pair []program.Neuron
	for k, part := range parts {
		if part == nil {
			continue
		}
		n, ok := rc.Neuron(operator.Block{Cell: nr.Cell, Sign: float64(1 - 2*k)}, part, inside)
		if !ok {
			return nil
		}
		pair = append(pair, n)
	}
	return pair
}

// coneSplit minimises |v| + |v - u| - (1/tau) sum_i log(s_i x_i.v - b_i), with
// b = (S X u)+, for growing tau: the minimiser is within n/tau of the optimum.
type coneSplit struct {
	x      operator.Design
	s, su  []float64 // n: signs, 0 on zero rows; S X u
	b      []float64
	u      []float64
	inside []float64 // strictly inside the cone
	z, w   blas64.General
	tmp    []float64
	h      blas64.Symmetric
	g      []float64
}

func newConeSplit(rc *program.Recoverer, cell int, u, inside []float64) *coneSplit {
	n, d := rc.X.Dims()
	c := &coneSplit{x: rc.X, u: u, inside: inside, z: operator.NewGeneral(1, n), w: operator.NewGeneral(1, n), g: make([]float64, d)}
	c.s, c.su, c.b, c.tmp = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	c.h = blas64.Symmetric{N: d, Stride: d, Data: make([]float64, d*d), Uplo: blas.Upper}
	operator.Signs(c.s, rc.P.Cells[cell].Pattern)
	for _, i := range rc.Zero {
		c.s[i] = 0
	}
	c.signed(c.su, u)
	for i, v := range c.su {
		c.b[i] = math.Max(v, 0)
	}
	return c
}

// signed sets dst = S X v.
func (c *coneSplit) signed(dst, v []float64) {
	c.x.Mul(c.z, blas64.General{Rows: 1, Cols: len(v), Stride: len(v), Data: v})
	floats.MulTo(dst, c.s, c.z.Data)
}

// holds reports whether sign times u lies in the cone.
func (c *coneSplit) holds(sign float64) bool {
	for _, v := range c.su {
		if sign*v < 0 {
			return false
		}
	}
	return true
}

// solve moves v from where every constraint has room, until ctx ends.
func (c *coneSplit) solve(ctx context.Context, v []float64) {
	const accuracy, growth = 1e-9, 10
	n := float64(len(c.s))
	size := c.length(v)
	for tau := n / size; n/tau > accuracy*size; tau *= growth {
		for range 60 {
			if ctx.Err() != nil || !c.newton(v, tau) {
				break
			}
		}
	}
}

// start is a multiple of the centre for which every constraint has room.
func (c *coneSplit) start() []float64 {
	v := make([]float64, len(c.u))
	room := make([]float64, len(c.s))
	c.signed(room, c.inside)
	f := 0.0
	for i, r := range room {
		if c.s[i] != 0 {
			f = math.Max(f, c.b[i]/r)
		}
	}
	floats.ScaleTo(v, 2*f, c.inside)
	return v
}

// length is |v| + |v - u|.
func (c *coneSplit) length(v []float64) float64 {
	return floats.Norm(v, 2) + floats.Distance(v, c.u, 2)
}

// value is the barrier function at v, +Inf outside; it leaves the slacks in tmp.
func (c *coneSplit) value(v []float64, tau float64) float64 {
	c.signed(c.tmp, v)
	f := tau * c.length(v)
	for i, b := range c.b {
		if c.s[i] == 0 {
			continue
		}
		if c.tmp[i] -= b; !(c.tmp[i] > 0) {
			return math.Inf(1)
		}
		f -= elementary.Log(c.tmp[i])
	}
	return f
}

// newton makes a damped Newton step; false when it is no longer worth one.
func (c *coneSplit) newton(v []float64, tau float64) bool {
	d := len(v)
	f := c.value(v, tau)
	for i, s := range c.s {
		c.w.Data[i] = 0
		if s != 0 {
			c.w.Data[i] = -s / c.tmp[i]
		}
	}
	g := blas64.General{Rows: 1, Cols: d, Stride: d, Data: c.g}
	c.x.MulTrans(g, c.w)
	for i, a := range c.w.Data {
		c.w.Data[i] = a * a
	}
	c.x.Gram(c.h.Data, c.w.Data)
	away := make([]float64, d)
	floats.SubTo(away, v, c.u)
	c.addNorm(v, tau)
	c.addNorm(away, tau)
	c.x.Book(operator.FactorWork(d) + 4*operator.PassWork*float64(len(c.s)))
	r, ok := dense.Potrf(c.h)
	if !ok {
		return false
	}
	step := append([]float64(nil), c.g...)
	operator.SolveFactored(r, step)
	decrement := floats.Dot(step, c.g) // squared
	if !(decrement > 1e-9) {
		return false
	}
	next := make([]float64, d)
	for size := 1.0; size > 1e-9; size /= 2 {
		floats.AddScaledTo(next, v, -size, step)
		if c.value(next, tau) <= f-0.25*size*decrement {
			copy(v, next)
			return true
		}
	}
	return false
}

// addNorm adds gradient and Hessian of tau |a|: tau a/|a| and
// tau (I - a a'/|a|^2)/|a|.
func (c *coneSplit) addNorm(a []float64, tau float64) {
	norm := floats.Norm(a, 2)
	floats.AddScaled(c.g, tau/norm, a)
	d := len(a)
	for i := range d {
		row := c.h.Data[i*d : i*d+d]
		floats.AddScaled(row, -tau*a[i]/(norm*norm*norm), a)
		row[i] += tau / norm
	}
}
