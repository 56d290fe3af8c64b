package program

import (
	"context"

	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/solver/internal/operator"
)

// Method solves the program over a working set of blocks. It keeps what the last
// call left and goes on from there; a search owns one of each that it uses.
type Method interface {
	// Name is that of the phase in reports of progress.
	Name() string
	// Describe names the method with the linear system that it chose last.
	Describe() string
	// Traits say how the working set suits the method.
	Traits() Traits
	// Solve ends at the relative gap tol over the working set, of w.P.Beta > 0, when
	// the budget is spent, when ctx ends, or when it can do no more.
	Solve(ctx context.Context, w *WorkingSet, tol float64, budget Budget) (Solution, error)
	// Continue prepares for p, which differs from the last problem in beta only,
	// shrunk times as large. It returns the dual point at which to price first,
	// nil if the method has no view.
	Continue(p *Problem, shrunk float64) (nu []float64)
	// Forget makes the next call start afresh: where the last one ended is no good
	// to go on from.
	Forget()
	// Renumber says where the cells have moved; those not in place are gone.
	Renumber(place map[int]int)
}

// Traits of a method, for whoever chooses working sets.
type Traits struct {
	// FirstOrder: after one factorisation iterations are cheap and many, so all
	// violated blocks enter at once; tol bounds residuals, not the gap.
	FirstOrder bool
	// IdleIsCheap: blocks that stay at zero cost little, so nearly violated ones
	// enter, too.
	IdleIsCheap bool
	// Centreless: the centres of the cells are not used.
	Centreless bool
}

// Budget counts iterations and is told about each stretch of them.
type Budget interface {
	// Affords says that there is room for so many floating-point operations.
	Affords(operations float64) bool
	// Left is the number of iterations allowed.
	Left() int
	// Spend takes some of them off and reports progress.
	Spend(iterations int)
}

// WorkingSet is the program over B of its blocks.
type WorkingSet struct {
	P       *Problem
	X       operator.Design
	Blocks  []operator.Block
	Zero    []int // zero rows of X
	Gram    *operator.GramCache
	Centres map[int][]float64 // by cell: strictly inside it (0 for Gated)
	Nu      []float64         // the best certified dual point so far (n)
	// Start is a point to begin with, for methods that converge from anywhere, nil where none
	// is known.
	Start *Start
	// Violated are the blocks (B) whose dual constraint the last pricing found
	// violated.
	Violated []bool
}

// Start is a point in the cones.
type Start struct {
	U  blas64.General // B x d
	Nu []float64      // n: the slopes of the loss there, -n dL
}

// Operators are F and G of the working set.
func (w *WorkingSet) Operators() *operator.Operators {
	return operator.NewOperators(w.X, w.P.Activation, w.P.Cells, w.Blocks, w.Zero)
}

// Solution is a point of the program over a working set.
type Solution struct {
	Blocks []operator.Block
	U      blas64.General // B x d
	Active []bool         // B: clearly not zero
	C      float64        // the constant
	Nu     []float64      // the method's own dual point (n), nil for the residual of the network
	// Stalled: the method came to nothing on this working set, with budget left.
	Stalled bool
}
