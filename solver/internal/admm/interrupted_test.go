package admm

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// asked ends when it has been asked so often.
type asked struct {
	context.Context
	left atomic.Int64
}

func (a *asked) Err() error {
	if a.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}

// endingAfter is a context that ends when it has been asked so often.
func endingAfter(times int64) *asked {
	ctx := &asked{Context: context.Background()}
	ctx.left.Store(times)
	return ctx
}

// TestInterruptedIteration: whatever projection ctx ends in, the iterate is one that whole iterations come to, and no error.
func TestInterruptedIteration(t *testing.T) {
	p := randomProblem(t, loss.Squared, program.ReLU, 40, 5, false)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	op := operator.NewOperators(x, p.Activation, p.Cells, program.BlocksOf(p), nil)
	begin := func() *ADMM {
		m, err := NewADMM(op, operator.NewGramCache(x, p.Activation, p.Cells), p, nil, DefaultOptions())
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	const iterations = 25
	var whole [][]float64 // V after 0, 1 .. iterations
	for k := range iterations + 1 {
		m := begin()
		m.Run(context.Background(), 0, k)
		whole = append(whole, slices.Clone(m.V.Data))
	}
	within := 0
	for left := int64(0); ; left += 7 {
		m := begin()
		made := m.Run(endingAfter(left), 0, iterations)
		if m.err != nil {
			t.Fatalf("asked %d times: %v", left, m.err)
		}
		at := slices.IndexFunc(whole, func(v []float64) bool { return slices.Equal(v, m.V.Data) })
		if at < 0 {
			t.Fatalf("asked %d times: no iterate", left)
		}
		if made > at {
			within++
		}
		if made == iterations {
			break
		}
	}
	if within == 0 {
		t.Error("ctx ended in no iteration")
	}
}

// TestInterruptedPolish: wherever ctx ends, in a polish, too, a solution is a point of the program, and no error.
func TestInterruptedPolish(t *testing.T) {
	p := randomProblem(t, loss.Squared, program.ReLU, 40, 5, false)
	x, err := operator.NewDesign(p.X)
	if err != nil {
		t.Fatal(err)
	}
	blocks := program.BlocksOf(p)
	within := 0
	for left := int64(0); ; left += 101 {
		m := New(DefaultOptions()).(*Method)
		w := &program.WorkingSet{P: p, X: x, Blocks: blocks, Gram: operator.NewGramCache(x, p.Activation, p.Cells), Violated: make([]bool, len(blocks))}
		ctx := endingAfter(left)
		s, err := m.Solve(ctx, w, 1e-9, enough{})
		if err != nil {
			t.Fatalf("asked %d times: %v", left, err)
		}
		if norm := blas64.Nrm2(blas64.Vector{N: len(s.U.Data), Data: s.U.Data, Inc: 1}); math.IsNaN(norm) || math.IsInf(norm, 0) {
			t.Fatalf("asked %d times: a network of size %v", left, norm)
		}
		if ctx.Err() == nil {
			break
		}
		if m.patience > FirstPatience { // a polish came to nothing
			within++
		}
	}
	if within == 0 {
		t.Error("ctx ended in no polish")
	}
}
