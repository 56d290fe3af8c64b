package grade

import (
	"errors"
	"fmt"
	"math"

	"multigrade/solver"
)

// Budget limits the neurons of every grade, shared among its outputs. The convex
// program is solved all the same.
type Budget struct {
	// Neurons is the most that a grade may have, at least 1.
	Neurons int
	// Work > 0 is about how many floating-point operations, in 1e9, the training of an
	// output within the budget may cost.
	Work float64
	// Spread spreads the kinks of the first of several grades evenly over the rows
	// instead of training them, with one feature. That grade fits worse, and the next
	// ones can fold it everywhere: where the target is known exactly and beta is small
	// they end far lower.
	Spread bool
}

// DefaultBudgetWork is Budget.Work where nothing is said.
const DefaultBudgetWork = 2000

// NewBudget is the budget of m neurons with default settings.
func NewBudget(m int) *Budget { return &Budget{Neurons: m, Work: DefaultBudgetWork} }

// Validate reports the first setting out of its range.
func (b *Budget) Validate() error {
	switch {
	case b.Neurons < 1:
		return fmt.Errorf("width is %d, want at least 1", b.Neurons)
	case !(b.Work > 0) || math.IsInf(b.Work, 0):
		return fmt.Errorf("width work is %v, want a finite number > 0", b.Work)
	}
	return nil
}

// validateWidth reports what does not go with a budget of neurons.
func (o *Options) validateWidth() error {
	switch chosen := o.choosesWidth(); {
	case o.Width == nil && !chosen:
		return nil
	case o.Width != nil && chosen:
		return errors.New("the width is both given and to be chosen, want one of them")
	case o.Activation != solver.ReLU || o.Loss != solver.Squared:
		return fmt.Errorf("a width is available for activation relu and loss squared, got %v and %s", o.Activation, o.Loss.Name())
	case chosen:
		return nil
	case o.Width.Spread && (o.Grades == 1 || !o.Bias):
		return errors.New("spread kinks are for several grades with a width and a bias")
	}
	return o.Width.Validate()
}

// choosesWidth reports whether a budget is to be chosen.
func (o *Options) choosesWidth() bool {
	cv, _ := o.Beta.(CrossValidation)
	return cv.Width
}

// share of target j in the neurons of a grade.
func (b *Budget) share(j, outputs int) int {
	share := b.Neurons / outputs
	if j < b.Neurons%outputs {
		share++
	}
	return share
}
