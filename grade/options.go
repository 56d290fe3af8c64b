package grade

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Options are the settings of a training run: plain values, which a run does not
// change.
type Options struct {
	// Grades is the largest number of grades, at least 1. Fewer are trained when
	// nothing is left to fit, or when a grade comes out without neurons.
	Grades int
	// Beta is the regularisation: given, or to be chosen.
	Beta Beta
	// Activation of the programs. The networks of several gated grades are
	// decomposed into ReLU networks, that of a single one stays gated.
	Activation solver.Activation
	// BalancedClasses divides the weight of a row by the number of training rows of its
	// class (Weights).
	BalancedClasses bool
	// Loss is the data term of every grade.
	Loss solver.Loss
	// Quantiles, if not nil, are the levels of several quantiles of one target, at least
	// two between 0 and 1, rising; Loss is then a quantile's.
	Quantiles []float64
	// Width limits the neurons of a grade; nil: it has as many as the optimum.
	Width *Budget
	// DeadZone follows every network by a dead zone as wide as what it leaves on
	// the training rows: no training residual grows, and none is left above twice
	// the width.
	DeadZone bool
	// Carry passes the inputs on to every grade beside the hidden features.
	Carry bool
	// Scope of the optimum of each grade.
	Scope Scope
	// Penalty of the neurons. Ridge is for one grade of gated units in scope Restricted and
	// squares.
	Penalty Penalty
	// Patterns >= 1 is the number of Gaussian gates drawn per grade; 0 leaves
	// the choice to the scope and the sizes (package documentation).
	Patterns int
	// Gates, if not nil, are the gates of the first grade, one per row, with
	// the entry for the bias last. In scope global they are the start.
	Gates *mat.Dense
	// Limits of what the run may cost.
	Limits Limits
	// Seed of everything random.
	Seed uint64
	// Shares of the rows kept out of the training.
	Shares Shares
	// Standardize, Bias and Intercept switch on standardised columns, a column
	// of ones, and a free constant per grade.
	Standardize, Bias, Intercept bool
	// Tol is the relative duality gap, certified, at which a grade is solved.
	Tol float64
	// Method solves the convex programs, solver.Auto where nothing is said.
	Method solver.Method
}

// Progress is a snapshot of a running training.
type Progress struct {
	Grade, Grades   int // the grade in work, from 1, and how many there are to be
	Output, Outputs int // the output of the grade, from 1, and how many there are
	solver.Progress
}

// DefaultOptions returns three ReLU grades over all patterns on standardised
// data with bias and free constant, beta a hundredth of beta_max, gap 1e-6, seed
// 1, all rows for training.
func DefaultOptions() Options {
	return Options{Grades: 3, Beta: DefaultBeta, Loss: solver.Squared, Seed: 1, Standardize: true, Bias: true, Intercept: true,
		Tol: solver.DefaultOptions().Tol, Limits: DefaultLimits()}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case o.Grades < 1:
		return fmt.Errorf("grades is %d, want at least 1", o.Grades)
	case o.Beta == nil:
		return errors.New("the beta is missing")
	case o.Loss == nil:
		return errors.New("the loss is missing")
	case o.DeadZone && (o.Loss == solver.Monotone || o.Loss.Labels()):
		return fmt.Errorf("a dead zone is available for losses of a regression that are not monotone, got %s", o.Loss.Name())
	case o.Scope != Global && o.Scope != Restricted:
		return fmt.Errorf("unknown scope %d", int(o.Scope))
	case o.Patterns < 0:
		return fmt.Errorf("patterns is %d, want at least 0", o.Patterns)
	case o.Patterns > 0 && o.Gates != nil:
		return errors.New("both gates and a number of patterns given, want one of them")
	}
	if o.Method == solver.Newton && (o.Activation != solver.Gated || o.Loss != solver.Squared) {
		return fmt.Errorf("method newton is for activation gated and loss squared, got %v and %s", o.Activation, o.Loss.Name())
	}
	if o.Method == solver.Rows && o.Loss != solver.Squared {
		return fmt.Errorf("method rows is for loss squared, got %s", o.Loss.Name())
	}
	if err := validateQuantiles(o.Quantiles, o.Loss); err != nil {
		return err
	}
	s := o.solver()
	return errors.Join(o.Shares.validate(), o.Beta.Validate(), o.validateChoice(), o.validatePenalty(), o.validateWidth(), o.Limits.Validate(), s.Validate())
}

// solver returns the settings of one grade's solve.
func (o *Options) solver() solver.Options {
	s := solver.DefaultOptions()
	s.Tol, s.Method, s.MaxIter, s.TimeLimit = o.Tol, o.Method, o.Limits.Iterations, o.Limits.Time
	return s
}
