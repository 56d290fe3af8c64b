package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// Ridge is the program of gated units over listed patterns with squares of the norms in the
// place of the norms, one block for every pattern:
//
//	min over u, c   (1/2n) |y - c - sum_p D_p X u_p|^2 + beta/2 sum_p |u_p|^2
//
// It is strictly convex, and with K = sum_p D_p X X' D_p its solution is that of kernel ridge
// regression: (K/(n beta) + I) nu = y - c, sum nu = 0 with an intercept, u_p = X'D_p nu/(n beta).
// What is good where norms, which leave few neurons, are not, is a target to which thousands
// of neurons contribute a little each.
type Ridge struct {
	p      *Problem
	x      operator.Design
	kernel blas64.Symmetric // lower triangle: K; upper triangle with the diagonal: place of the factor
	square []float64        // the diagonal of K
	pricer *program.Pricer
	rec    *program.Recoverer
}

// NewRidge is for gated units with listed cells and squares without weights; p.Beta is
// ignored. It takes the memory of n^2 numbers, of which every At uses half, so it is for one
// goroutine at a time.
func NewRidge(ctx context.Context, p *Problem) (*Ridge, error) {
	if err := validateRidge(p); err != nil {
		return nil, err
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	r := &Ridge{p: p, x: x, pricer: program.NewPricer(p, x)}
	r.rec = &program.Recoverer{P: r.unpenalised(), X: x, RowNorm: r.pricer.RowNorm, Zero: operator.ZeroRows(x)}
	return r, r.fill(ctx)
}

func validateRidge(p *Problem) error {
	if err := p.Validate(); err != nil {
		return err
	}
	switch {
	case !p.Activation.Gated || p.LossOrSquared() != loss.Squared:
		return fmt.Errorf("solver: ridge is for activation gated and loss squared without weights, got %v and %s", p.Activation, p.LossOrSquared().Name())
	case len(p.Cells) == 0:
		return errors.New("solver: ridge is over listed patterns, there are none")
	}
	return nil
}

// unpenalised is the program whose objective is the loss alone.
func (r *Ridge) unpenalised() *Problem {
	p := *r.p
	p.Beta = 0
	return &p
}

// fill computes K: <x_i, x_j> times the number of patterns in which both rows are active.
func (r *Ridge) fill(ctx context.Context) error {
	n, d := r.x.Dims()
	active := rowsOfBits(r.p.Cells, n)
	r.kernel = blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: make([]float64, n*n)}
	r.square = make([]float64, n)
	r.x.Book(float64(n) * float64(n) * float64(d+len(active[0])))
	operator.Parallel(n, func(i int) {
		if ctx.Err() != nil {
			return
		}
		xi := make([]float64, d)
		r.x.Row(i, func(j int, v float64) { xi[j] = v })
		of := func(j int) float64 {
			if both := common(active[i], active[j]); both > 0 {
				return float64(both) * operator.DotRow(r.x, j, xi)
			}
			return 0
		}
		for j := range i {
			r.kernel.Data[i*n+j] = of(j)
		}
		r.square[i] = of(i)
	})
	return ctx.Err()
}

// rowsOfBits are the patterns as n rows, bit p%64 of word p/64 being that of pattern p.
func rowsOfBits(cells []hyperplane.Cell, n int) [][]uint64 {
	rows := make([][]uint64, n)
	for i := range rows {
		rows[i] = make([]uint64, (len(cells)+63)/64)
	}
	for p, c := range cells {
		for w, word := range c.Pattern.Words() {
			for ; word != 0; word &= word - 1 {
				rows[64*w+bits.TrailingZeros64(word)][p/64] |= 1 << (p % 64)
			}
		}
	}
	return rows
}

// common is the number of bits that are 1 in both.
func common(a, b []uint64) int {
	count := 0
	for k, w := range a {
		count += bits.OnesCount64(w & b[k])
	}
	return count
}

// RidgeScale is the trace of K over n, at which as beta no component of the target is fitted by
// more than a half: what beta is measured by where there is none from which on the network
// without neurons is optimal.
func RidgeScale(p *Problem) (float64, error) {
	if err := validateRidge(p); err != nil {
		return 0, err
	}
	x, err := p.Design()
	if err != nil {
		return 0, err
	}
	trace := 0.0
	for i, norm := range operator.RowNorms(x) {
		count := 0
		for _, c := range p.Cells {
			if c.Pattern.Active(i) {
				count++
			}
		}
		trace += float64(count) * float64(norm*norm)
	}
	return trace / float64(len(p.Y)), nil
}

// RidgeWork is about how many operations At costs for n rows.
func RidgeWork(n int) float64 { return operator.FactorWork(n) }

// At solves at beta > 0, to a proved relative gap of tol or as close as float64 comes.
func (r *Ridge) At(ctx context.Context, beta, tol float64) (*Result, error) {
	if !(beta > 0) || math.IsInf(beta, 0) {
		return nil, fmt.Errorf("solver: beta is %v, want a finite number > 0 with ridge", beta)
	}
	nu, c, err := r.solve(beta)
	if err != nil {
		return nil, err
	}
	if r.p.Intercept {
		program.SumToZero(nu)
	}
	if err := r.pricer.Price(ctx, nu, 0); err != nil {
		return nil, err
	}
	res := &Result{Method: "ridge by Cholesky's factor of the kernel", Iterations: 1, Network: r.network(nu, c, beta), Certificate: Certificate{Nu: nu}}
	r.bounds(res, beta)
	if res.RelGap = RelGap(res.Primal, res.Dual); !(res.RelGap <= tol) {
		res.Status = Stalled
	}
	return res, nil
}

// solve is nu and the constant, with the factor of K + n beta I.
func (r *Ridge) solve(beta float64) (nu []float64, c float64, err error) {
	n := r.kernel.N
	shift := float64(n) * beta
	for i := range n {
		row := r.kernel.Data[i*n : (i+1)*n]
		row[i] = r.square[i] + shift
		for j := i + 1; j < n; j++ {
			row[j] = r.kernel.Data[j*n+i]
		}
	}
	r.x.Book(operator.FactorWork(n))
	factor, ok := dense.Potrf(r.kernel)
	if !ok {
		return nil, 0, fmt.Errorf("solver: beta %v is too small for ridge in float64", beta)
	}
	solved := func(b []float64) []float64 {
		v := append([]float64(nil), b...)
		for _, t := range []blas.Transpose{blas.Trans, blas.NoTrans} {
			dense.Trsv(t, factor, blas64.Vector{N: n, Inc: 1, Data: v})
		}
		return v
	}
	nu = solved(r.p.Y)
	if r.p.Intercept {
		ones := make([]float64, n)
		floats.AddConst(1, ones)
		of := solved(ones)
		c = floats.Sum(nu) / floats.Sum(of)
		floats.AddScaled(nu, -c, of)
	}
	floats.Scale(shift, nu)
	return nu, c, nil
}

// network has u_p = X'D_p nu/(n beta), which the pricer has at nu; blocks of zeros are no
// neurons.
func (r *Ridge) network(nu []float64, c, beta float64) Network {
	net := Network{Activation: r.p.Activation, Constant: c}
	for k, cell := range r.p.Cells {
		w := append([]float64(nil), r.pricer.Correlation(k)...)
		floats.Scale(1/(float64(len(nu))*beta), w)
		if floats.Norm(w, math.Inf(1)) > 0 {
			net.Neurons = append(net.Neurons, Neuron{Cell: k, Gate: cell.Gate, W: w, Alpha: 1})
		}
	}
	return net
}

// underflow is more than what products lose that are too small for float64.
const underflow = 0x1p-900

// bounds are those of the network and of nu, with all rounding errors: D(nu) less
// sum_p |X'D_p nu|^2/(2 beta n^2) is what nu proves.
func (r *Ridge) bounds(res *Result, beta float64) {
	n, d := r.x.Dims()
	pt := program.Point{Net: res.Network}
	r.rec.Evaluate(&pt)
	cost, gain := 0.0, 0.0
	for _, u := range res.Network.Neurons {
		cost += floats.Dot(u.W, u.W)
	}
	for _, v := range r.pricer.Value {
		gain += float64(v * v)
	}
	room := 1 + operator.Roundoff(d+len(r.pricer.Value)+8)
	res.Primal = (pt.Objective + beta/2*cost*room) * (1 + 0x1p-50)
	if len(res.Network.Neurons) > 0 {
		res.Primal += underflow
	}
	res.OwnObjective = res.Primal
	nu := res.Certificate.Nu
	l := r.p.LossOrSquared()
	bound := l.Dual(nu, r.p.Y) - l.DualError(nu, r.p.Y) - gain*room/(2*beta*float64(n)*float64(n))
	if bound -= 0x1p-50*math.Abs(bound) + underflow; !(bound > 0) { // no loss is less than 0
		bound, res.Certificate.Nu = 0, make([]float64, n)
	}
	res.Dual = bound
}
