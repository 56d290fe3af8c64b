package admm

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime/debug"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

var losses = loss.Every()

// randomProblem has n rows, d columns and targets that the loss can do with.
func randomProblem(t *testing.T, l loss.Loss, a program.Activation, n, d int, intercept bool) *program.Problem {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, uint64(n)))
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
		y[i] = x.At(i, 0) + 0.3*rng.NormFloat64()
		if l.Labels() {
			y[i] = math.Copysign(1, y[i])
		}
	}
	cells, err := hyperplane.SampleGaussian(context.Background(), x, 6, 3)
	if err != nil {
		t.Fatal(err)
	}
	return &program.Problem{X: x, Y: y, Cells: cells, Beta: 0.02, Activation: a, Loss: l, Intercept: intercept}
}

// polished is a polish of all blocks from a few iterations on.
func polished(t *testing.T, p *program.Problem) *polish {
	t.Helper()
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	gram := operator.NewGramCache(x, p.Activation, p.Cells)
	op := operator.NewOperators(x, p.Activation, p.Cells, program.BlocksOf(p), nil)
	m, err := NewADMM(op, gram, p, nil, DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	m.Run(context.Background(), 0, 15)
	all := make([]int, len(op.Blocks))
	for j := range all {
		all[j] = j
	}
	w := &program.WorkingSet{P: p, X: x, Blocks: op.Blocks, Gram: gram}
	q := m.newPolish(w, all, enough{})
	if q == nil {
		t.Fatal("no block is named")
	}
	q.products()
	q.evaluate()
	return q
}

// each runs f for every loss and activation, without and with a constant.
func each(t *testing.T, n, d int, f func(t *testing.T, p *program.Problem)) {
	for _, l := range losses {
		for _, a := range []program.Activation{program.ReLU, program.Gated} {
			for _, intercept := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/%v", l.Name(), a, intercept), func(t *testing.T) {
					f(t, randomProblem(t, l, a, n, d, intercept))
				})
			}
		}
	}
}

// TestPolishMatrixIsTheDerivative: the Newton matrix times a direction is the
// difference of gradients along it, where no proximal operator has a kink.
func TestPolishMatrixIsTheDerivative(t *testing.T) {
	each(t, 40, 3, func(t *testing.T, p *program.Problem) {
		q := polished(t, p)
		rng := rand.New(rand.NewPCG(7, 7))
		for i := range q.u.Data { // blocks at 0 lie on the kinks of all their rows
			q.u.Data[i] += 0.01 * rng.NormFloat64()
		}
		q.products()
		q.evaluate()
		if !q.system.factor() {
			t.Fatal("the matrix is not positive definite")
		}
		h, want := make([]float64, len(q.u.Data)), make([]float64, len(q.u.Data))
		for i := range h {
			h[i] = rng.NormFloat64()
		}
		q.system.times(want, h)
		floats.AddScaled(want, -q.system.ridge, h)

		const step = 1e-7
		at := func(alpha float64) []float64 {
			floats.AddScaled(q.u.Data, alpha, h)
			q.products()
			q.evaluate()
			floats.AddScaled(q.u.Data, -alpha, h)
			return append([]float64(nil), q.grad.Data...)
		}
		got := at(step)
		floats.Sub(got, at(-step))
		floats.Scale(1/(2*step), got)
		if e := floats.Distance(got, want, 2); e > 2e-5*(1+floats.Norm(want, 2)) {
			t.Errorf("differs by %v of %v", e, floats.Norm(want, 2))
		}
	})
}

// TestPolishSystemsSolve: all systems give what the matrix times a vector came
// from, with some of the blocks at zero and at a large penalty, too.
func TestPolishSystemsSolve(t *testing.T) { each(t, 40, 8, systemsSolve) }

// TestPolishSystemsSolveSparse: so they do where a few entries of each row are stored.
func TestPolishSystemsSolveSparse(t *testing.T) {
	each(t, 40, 8, func(t *testing.T, p *program.Problem) {
		x := mat.DenseCopyOf(p.X)
		for i := range 40 {
			for j := range 8 {
				if j != i%8 && j != i%5 {
					x.Set(i, j, 0)
				}
			}
		}
		cells, err := hyperplane.SampleGaussian(context.Background(), x, 6, 3)
		if err != nil {
			t.Fatal(err)
		}
		p.X, p.Cells = compressed(x), cells
		systemsSolve(t, p)
	})
}

// compressed is x in compressed sparse rows.
func compressed(x *mat.Dense) *sparse.CSR {
	n, d := x.Dims()
	rows := sparse.NewDOK(n, d)
	for i := range n {
		for j := range d {
			if v := x.At(i, j); v != 0 {
				rows.Set(i, j, v)
			}
		}
	}
	return rows.ToCSR()
}

func systemsSolve(t *testing.T, p *program.Problem) {
	q := polished(t, p)
	rng := rand.New(rand.NewPCG(7, 8))
	for _, rho := range []float64{1, 1e4} {
		q.changePenalty(rho / q.rho)
		q.evaluate()
		s := q.system
		s.factor() // for the derivatives
		gradients := newPolishGradients(s)
		gradients.accuracy = 1e-13
		for _, system := range []interface {
			factor() bool
			solve([]float64)
		}{newPolishMatrix(s), newPolishRows(s), gradients} {
			if !system.factor() {
				t.Fatalf("%T: not positive definite", system)
			}
			want, b := make([]float64, len(q.u.Data)), make([]float64, len(q.u.Data))
			for i := range want {
				want[i] = rng.NormFloat64()
			}
			s.times(b, want)
			system.solve(b)
			if e := floats.Distance(b, want, 2); e > 1e-6*floats.Norm(want, 2) {
				t.Errorf("%T, rho %v: off by %v of %v", system, rho, e, floats.Norm(want, 2))
			}
		}
	}
}

// enough is a budget without an end.
type enough struct{}

func (enough) Affords(float64) bool { return true }
func (enough) Left() int            { return math.MaxInt }
func (enough) Spend(int)            {}

// TestPolishReachesTheOptimum: from a rough iterate to nine digits, the
// constraints included.
func TestPolishReachesTheOptimum(t *testing.T) {
	each(t, 60, 3, func(t *testing.T, p *program.Problem) {
		if p.Loss == loss.Monotone {
			t.Skip("the rows named need not admit a network within the boxes")
		}
		q := polished(t, p)
		if !q.run(context.Background(), 1e-9, enough{}) {
			t.Errorf("after %d steps: %v from the constraints, gap %v", q.steps, q.infeasible, q.gap())
		}
	})
}

// TestPolishAllocatesNothing: Newton steps and updates of the multipliers.
func TestPolishAllocatesNothing(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // it empties the pools of workspaces
	each(t, 60, 9, func(t *testing.T, p *program.Problem) {
		if p.Loss == loss.LInf {
			t.Skip("its proximal operator sorts a copy")
		}
		q := polished(t, p)
		step := func() { q.newton(); q.updateMultipliers(); q.gap() }
		step()
		if n := testing.AllocsPerRun(20, step); n != 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// TestLossProxWithConstant: the sum of z - v is 0, and z + c is the loss's own
// proximal operator at v + c.
func TestLossProxWithConstant(t *testing.T) {
	each(t, 30, 2, func(t *testing.T, p *program.Problem) {
		if !p.Intercept {
			t.Skip()
		}
		rng := rand.New(rand.NewPCG(1, 9))
		x := newLossProx(p, p.LossOrSquared())
		v, z, own := make([]float64, 30), make([]float64, 30), make([]float64, 30)
		for range 20 {
			rho := math.Pow(10, 6*rng.Float64()-3)
			shift := 10 * rng.NormFloat64()
			for i := range v {
				v[i] = shift + 3*rng.NormFloat64()
			}
			c := x.at(z, v, rho)
			floats.AddConst(c, v)
			p.Loss.Prox(own, v, p.Y, rho)
			floats.AddConst(-c, own)
			floats.AddConst(-c, v)
			if !floats.EqualApprox(own, z, 1e-9*(1+math.Abs(c))) {
				t.Fatalf("rho %v: not the proximal operator at v + c, c = %v", rho, c)
			}
			if s := math.Abs(floats.Sum(z) - floats.Sum(v)); s > 1e-9*(floats.Norm(z, 1)+floats.Norm(v, 1)) {
				t.Fatalf("rho %v: the sum of z - v is %v, c = %v", rho, s, c)
			}
		}
	})
}

// The curvature of a sparse X is F' diag(w) F, where rows repeat a column, too.
func TestSparseCurvature(t *testing.T) {
	rng := rand.New(rand.NewPCG(14, 3))
	const n, d, k = 40, 6, 5
	var ptr, ind []int
	var val []float64
	ptr = append(ptr, 0)
	for i := range n {
		for j := range d {
			if rng.IntN(2) == 0 {
				ind, val = append(ind, d-1-j), append(val, rng.NormFloat64())
			}
		}
		if i%7 == 0 && len(ind) > ptr[i] {
			ind, val = append(ind, ind[ptr[i]]), append(val, rng.NormFloat64())
		}
		ptr = append(ptr, len(ind))
	}
	x, err := operator.NewDesign(sparse.NewCSR(n, d, ptr, ind, val))
	if err != nil {
		t.Fatal(err)
	}
	op := &operator.Operators{X: x, N: n, D: d, Mask: operator.NewGeneral(k, n)}
	for j := range k {
		op.Blocks = append(op.Blocks, operator.Block{Cell: j, Sign: float64(1 - 2*(j%2))})
	}
	for i := range op.Mask.Data {
		op.Mask.Data[i] = float64(rng.IntN(2))
	}
	w := make([]float64, n)
	for i := range w {
		w[i] = rng.Float64()
	}
	f := operator.NewGeneral(n, k*d)
	for i := range n {
		for j, b := range op.Blocks {
			for e := ptr[i]; e < ptr[i+1]; e++ {
				f.Data[i*k*d+j*d+ind[e]] += b.Sign * op.Mask.Data[j*n+i] * val[e]
			}
		}
	}
	a := blas64.Symmetric{N: k * d, Stride: k * d, Data: make([]float64, k*d*k*d), Uplo: blas.Upper}
	c := newSparseCurvature(op)
	for range 2 { // the second time in the same memory
		c.set(a, w)
		for s := range k * d {
			for u := s; u < k*d; u++ {
				want := 0.0
				for i := range n {
					want += w[i] * f.Data[i*k*d+s] * f.Data[i*k*d+u]
				}
				if got := a.Data[s*k*d+u]; math.Abs(got-want) > 1e-12 {
					t.Fatalf("entry %d, %d is %v, want %v", s, u, got, want)
				}
			}
		}
	}
}
