package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// NoCell is the Cell of a neuron that was trained freely and belongs to no
// listed pattern.
const NoCell = -1

// WidthOptions are the settings of a training with at most Neurons neurons.
// Start from DefaultWidthOptions.
type WidthOptions struct {
	// Neurons is the budget, at least 1.
	Neurons int
	// Surplus >= 1 is how many times the budget training starts with; the
	// surplus is eliminated step by step.
	Surplus float64
	// Start says how the neurons are found that training starts with.
	Start WidthStart
	// Pool is the number of random candidates the start is chosen from, >= 1.
	Pool int
	// Rows limits the rows trained on, at least 2; of more rows, one of every k
	// is taken, at random.
	Rows int
	// Steps of Levenberg and Marquardt: with the surplus, after each
	// elimination, and with the final neurons; each >= 0.
	WideSteps, ShrinkSteps, FinalSteps int
	// Seed of the candidates.
	Seed uint64
}

// WidthStart is a way to the neurons that a training begins with.
type WidthStart int

const (
	// Chosen: those among the candidates that explain most of the target, with
	// their output weights fitted (pursuit.go).
	Chosen WidthStart = iota
	// Drawn: random neurons that together are about as large as the target, with
	// both signs (drawn.go).
	Drawn
)

// DefaultWidthOptions returns the settings for a budget of m neurons: four times
// the budget to start with, and fewer where the products are large.
func DefaultWidthOptions(m int) WidthOptions {
	return WidthOptions{Neurons: m, Surplus: 4, Pool: 1000, Rows: 20000, WideSteps: 30, ShrinkSteps: 10, FinalSteps: 100, Seed: 1}
}

// Validate reports the first setting out of its range.
func (o *WidthOptions) Validate() error {
	switch {
	case o.Neurons < 1:
		return fmt.Errorf("solver: neurons are %d, want at least 1", o.Neurons)
	case !(o.Surplus >= 1) || math.IsInf(o.Surplus, 0):
		return fmt.Errorf("solver: surplus is %v, want a finite number >= 1", o.Surplus)
	case o.Start != Chosen && o.Start != Drawn:
		return fmt.Errorf("solver: unknown start %d", int(o.Start))
	case o.Pool < 1:
		return fmt.Errorf("solver: pool is %d, want at least 1", o.Pool)
	case o.Rows < 2:
		return fmt.Errorf("solver: rows are %d, want at least 2", o.Rows)
	case o.WideSteps < 0 || o.ShrinkSteps < 0 || o.FinalSteps < 0:
		return fmt.Errorf("solver: steps are %d, %d, %d, want >= 0", o.WideSteps, o.ShrinkSteps, o.FinalSteps)
	}
	return nil
}

// FixedWidth trains ReLU networks with few neurons on the squared loss,
//
//	min  1/2n |y - c - relu(XW')a|^2 + beta sum_j |a_j| |w_j|     over m <= Neurons rows w_j,
//
// which is the objective of the convex program over all patterns under a budget
// it knows nothing of. The problem is not convex: what is found is good, not
// proved best, and its objective is to be held against the program's lower bound.
//
// A surplus of neurons, chosen among candidates by orthogonal least squares or
// drawn at random, is trained by the method of Levenberg and Marquardt; then the neurons that are
// missed least are eliminated, a fifth at a time, with training in between.
// Training at once with the final number ends in worse minima.
type FixedWidth struct {
	P program.Problem // rows thinned, in rank coordinates if there are
	X operator.Design
	o WidthOptions

	ranks *operator.Coordinates // nil: those of X
}

// NewFixedWidth prepares a training on p, whose cells play no part.
func NewFixedWidth(p *program.Problem, o WidthOptions) (*FixedWidth, error) {
	if err := errors.Join(p.Validate(), o.Validate()); err != nil {
		return nil, err
	}
	if p.LossOrSquared() != loss.Squared || p.Activation != program.ReLU {
		return nil, fmt.Errorf("solver: a budget of neurons is available for relu and squares, got %v and %s", p.Activation, p.LossOrSquared().Name())
	}
	t := &FixedWidth{P: *p, o: o}
	t.P.X, t.P.Y = Thinned(p.X, p.Y, o.Rows)
	var err error
	if t.X, err = t.P.Design(); err != nil {
		return nil, err
	}
	if t.ranks = operator.CoordinatesOf(t.X); t.ranks != nil {
		t.P.X, t.X = t.ranks.Z, t.ranks.Design(t.X.Account())
	}
	return t, nil
}

// given is a network in the columns of X as one in those of t.X.
func (t *FixedWidth) given(net program.Network) program.Network {
	if t.ranks != nil {
		return *net.Mapped(t.ranks.Down)
	}
	return net
}

// found is the network of the variables v in the columns of X.
func (t *FixedWidth) found(v []float64) program.Network {
	net := t.Network(v)
	if t.ranks != nil {
		return *net.Mapped(t.ranks.Up)
	}
	return net
}

// Wide trains the surplus network. Where ctx ends before its neurons are chosen among many, they
// are chosen among fewer, as there will be no time for training either.
func (t *FixedWidth) Wide(ctx context.Context) program.Network {
	m := int(t.o.Surplus * float64(t.o.Neurons))
	var v []float64
	if t.o.Start == Drawn {
		v = t.Drawn(m)
	} else {
		pool := t.o.Pool
		if !t.inTime(ctx, pool) {
			pool = min(pool, m)
		}
		v = t.Pursue(t.Candidates(pool), min(m, pool))
	}
	t.train(ctx, v, t.o.WideSteps)
	return t.found(v)
}

// Shrink eliminates neurons of net until the budget is kept, training what is
// left. A network within the budget is only trained. When ctx ends all that are too many are
// eliminated at once.
func (t *FixedWidth) Shrink(ctx context.Context, net program.Network) program.Network {
	net = t.given(net)
	v := newVariables(t.X, &t.P, len(net.Neurons)).variablesOf(&net)
	for m := t.Width(v); m > t.o.Neurons; m = t.Width(v) {
		next := max(t.o.Neurons, m-max(1, m/5))
		if ctx.Err() != nil {
			next = t.o.Neurons // nothing would be trained between
		}
		v = t.Eliminate(v, next)
		t.train(ctx, v, t.o.ShrinkSteps)
	}
	t.train(ctx, v, t.o.FinalSteps)
	return t.found(v)
}

// Width is the number of neurons of the variables v = (W, a, c).
func (t *FixedWidth) Width(v []float64) int {
	_, d := t.X.Dims()
	return (len(v) - 1) / (d + 1)
}

// Network is the network of the variables v; neurons without effect are left out.
func (t *FixedWidth) Network(v []float64) program.Network {
	q := newVariables(t.X, &t.P, t.Width(v))
	net := program.Network{Activation: program.ReLU, Constant: *q.Constant(v)}
	for j, a := range q.Outputs(v) {
		if w := operator.RowOf(q.Weights(v), j); a != 0 && floats.Norm(w, 2) > 0 {
			net.Neurons = append(net.Neurons, program.Neuron{Cell: NoCell, W: append([]float64(nil), w...), Alpha: a})
		}
	}
	return net
}

// Thinned returns one row of every k in a row, the smallest k for at most limit
// rows; which of them is random, for rows often repeat a pattern, as the lines of
// an image do.
func Thinned(x mat.Matrix, y []float64, limit int) (mat.Matrix, []float64) {
	k := (len(y) + limit - 1) / limit
	if k <= 1 {
		return x, y
	}
	rng := rand.New(rand.NewPCG(0, 0x7468696e))
	var rows []int
	var few []float64
	for first := 0; first < len(y); first += k {
		i := first + rng.IntN(min(k, len(y)-first))
		rows, few = append(rows, i), append(few, y[i])
	}
	return rowsOf(x, rows), few
}

// rowsOf copies the given rows of x.
func rowsOf(x mat.Matrix, rows []int) mat.Matrix {
	_, d := x.Dims()
	if m, ok := x.(*sparse.CSR); ok {
		r, indptr := m.RawMatrix(), []int{0}
		var ind []int
		var val []float64
		for _, i := range rows {
			ind = append(ind, r.Ind[r.Indptr[i]:r.Indptr[i+1]]...)
			val = append(val, r.Data[r.Indptr[i]:r.Indptr[i+1]]...)
			indptr = append(indptr, len(ind))
		}
		return sparse.NewCSR(len(rows), d, indptr, ind, val)
	}
	out := mat.NewDense(len(rows), d, nil)
	for k, i := range rows {
		mat.Row(out.RawRowView(k), i, x)
	}
	return out
}
