package admm

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"

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
		m, ctx := begin(), &asked{Context: context.Background()}
		ctx.left.Store(left)
		made := m.Run(ctx, 0, iterations)
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
