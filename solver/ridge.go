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
	"gonum.org/v1/gonum/mat"

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
// ignored. From the first At on it takes the memory of n^2 numbers, of which every At uses half, so
// it is for one goroutine at a time.
func NewRidge(p *Problem) (*Ridge, error) {
	if err := validateRidge(p); err != nil {
		return nil, err
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	r := &Ridge{p: p, x: x, pricer: program.NewPricer(p, x)}
	r.rec = &program.Recoverer{P: r.unpenalised(), X: x, RowNorm: r.pricer.RowNorm, Zero: operator.ZeroRows(x)}
	return r, nil
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

// fill computes K, once: <x_i, x_j> times the number of patterns in which both rows are active.
func (r *Ridge) fill(ctx context.Context) error {
	n, d := r.x.Dims()
	if r.kernel.N == n {
		return nil
	}
	active := rowsOfBits(r.p.Cells, n)
	k := blas64.Symmetric{Uplo: blas.Upper, N: n, Stride: n, Data: make([]float64, n*n)}
	r.square = make([]float64, n)
	r.x.Book(r.fillWork())
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
			k.Data[i*n+j] = of(j)
		}
		r.square[i] = of(i)
	})
	if err := ctx.Err(); err != nil {
		return err
	}
	r.kernel = k
	return nil
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

// work is about what At books.
func (r *Ridge) work() float64 {
	n, d := r.x.Dims()
	return operator.FactorWork(n) + r.fillWork() + 3*float64(len(r.p.Cells))*float64(n)*float64(d)*2
}

// fillWork is that of the kernel, which is filled once.
func (r *Ridge) fillWork() float64 {
	n, d := r.x.Dims()
	if r.kernel.N == n {
		return 0
	}
	return float64(n) * float64(n) * float64(d+(len(r.p.Cells)+63)/64)
}

// ErrWork is the error of Ridge.At where the account of the problem leaves too little for it.
var ErrWork = errors.New("solver: the work that is left does not suffice")

// At solves at beta > 0, to a proved relative gap of tol or as close as float64 comes. Where ctx ends
// first, there is only its error, and Draft, and so with ErrWork.
func (r *Ridge) At(ctx context.Context, beta, tol float64) (*Result, error) {
	if !(beta > 0) || math.IsInf(beta, 0) {
		return nil, fmt.Errorf("solver: beta is %v, want a finite number > 0 with ridge", beta)
	}
	if r.p.Account.Left() < r.work() {
		return nil, ErrWork
	}
	return r.at(ctx, beta, tol)
}

// at is At, whatever the account leaves.
func (r *Ridge) at(ctx context.Context, beta, tol float64) (*Result, error) {
	if err := r.fill(ctx); err != nil {
		return nil, err
	}
	nu, c, err := r.solve(ctx, beta)
	if err != nil {
		return nil, err
	}
	if err := r.price(ctx, nu); err != nil {
		return nil, err
	}
	return r.result("ridge by Cholesky's factor of the kernel", r.network(nu, c, beta), nu, beta, tol, Stalled), nil
}

// price makes nu feasible and prices it.
func (r *Ridge) price(ctx context.Context, nu []float64) error {
	if r.p.Intercept {
		program.SumToZero(nu)
	}
	return r.pricer.Price(ctx, nu, 0)
}

// result is the network with its bounds, nu's being the one that was priced; short is its status
// where they are further apart than tol.
func (r *Ridge) result(method string, net Network, nu []float64, beta, tol float64, short Status) *Result {
	res := &Result{Method: method, Iterations: 1, Network: net, Certificate: Certificate{Nu: nu}}
	r.bounds(res, beta)
	if res.RelGap = RelGap(res.Primal, res.Dual); !(res.RelGap <= tol) {
		res.Status = short
	}
	return res
}

// draftRows are the rows of a Draft, which take two tenths of a second, fewer where so little work is
// left that they are not affordable, but leastRidge.
const draftRows, leastRidge = 1000, 100

// draftShare of the work that is left may go into the factor of a Draft.
const draftShare = 0.5

// Draft stands for At where ctx ended before, or work: the solution over draftRows rows, evenly apart,
// with the bounds that all rows give it, whatever the time.
func (r *Ridge) Draft(ctx context.Context, beta, tol float64) (*Result, error) {
	late, short := context.WithoutCancel(ctx), Limit
	if ctx.Err() != nil {
		short = endedBy(ctx)
	}
	rows := min(draftRows, len(r.p.Y))
	for rows/2 >= leastRidge && operator.FactorWork(rows) > draftShare*r.p.Account.Left() {
		rows /= 2
	}
	if rows == len(r.p.Y) {
		return r.at(late, beta, tol)
	}
	few, err := NewRidge(r.someRows(rows))
	if err != nil {
		return nil, err
	}
	got, err := few.at(late, beta, tol)
	if err != nil {
		return nil, err
	}
	pt := program.Point{Net: got.Network}
	r.rec.Evaluate(&pt)
	if err := r.price(late, pt.Nu); err != nil {
		return nil, err
	}
	return r.result(fmt.Sprintf("ridge over %d rows", rows), got.Network, pt.Nu, beta, tol, short), nil
}

// someRows is the program of m rows, evenly apart.
func (r *Ridge) someRows(m int) *Problem {
	n, d := r.x.Dims()
	x, y, rows := mat.NewDense(m, d, nil), make([]float64, m), make([]int, m)
	for k := range rows {
		i := k * n / m
		rows[k], y[k] = i, r.p.Y[i]
		r.x.Row(i, func(j int, v float64) { x.Set(k, j, v) })
	}
	some := *r.p
	some.X, some.Y, some.Cells = x, y, make([]hyperplane.Cell, len(r.p.Cells))
	for p, c := range r.p.Cells {
		some.Cells[p] = hyperplane.Cell{Pattern: c.Pattern.Among(rows), Gate: c.Gate}
	}
	return &some
}

// solve is nu and the constant, with the factor of K + n beta I.
func (r *Ridge) solve(ctx context.Context, beta float64) (nu []float64, c float64, err error) {
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
	factor, ok := factored(ctx, r.kernel)
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
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

// factorTile is the order of the tiles of factored: the last of a row of tiles is a product with
// 2 n factorTile^2 operations, a quarter of a second of one core at 20,000 rows.
const factorTile = 512

// factored is dense.Potrf of the upper triangle of a, tile after tile, each with all that is above it;
// ctx ends it between two tiles. It is the recursive factor for a single tile.
func factored(ctx context.Context, a blas64.Symmetric) (t blas64.Triangular, ok bool) {
	at := func(i, j, rows, cols int) blas64.General {
		return blas64.General{Rows: rows, Cols: cols, Stride: a.Stride, Data: a.Data[i*a.Stride+j:]}
	}
	for i := 0; i < a.N; i += factorTile {
		k := min(factorTile, a.N-i)
		above := at(0, i, i, k)
		diagonal := blas64.Symmetric{Uplo: a.Uplo, N: k, Stride: a.Stride, Data: a.Data[i*a.Stride+i:]}
		if i > 0 {
			dense.Syrk(blas.Trans, -1, above, 1, diagonal)
		}
		corner, ok := dense.Potrf(diagonal)
		if !ok {
			return corner, false
		}
		for j := i + k; j < a.N; j += factorTile {
			if ctx.Err() != nil {
				return corner, false
			}
			tile := at(i, j, k, min(factorTile, a.N-j))
			if i > 0 {
				dense.Gemm(blas.Trans, blas.NoTrans, -1, above, at(0, j, i, tile.Cols), 1, tile)
			}
			dense.Trsm(blas.Left, blas.Trans, 1, corner, tile)
		}
	}
	return blas64.Triangular{Uplo: a.Uplo, Diag: blas.NonUnit, N: a.N, Data: a.Data, Stride: a.Stride}, true
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
