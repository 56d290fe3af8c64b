package grade

import (
	"errors"
	"fmt"
	"math"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver"
)

// Options are the settings of a training run: plain values, which a run does not
// change.
type Options struct {
	// Grades is the largest number of grades, at least 1. Fewer are trained when
	// nothing is left to fit, or when a grade comes out without neurons.
	Grades int
	// Beta > 0 is the regularisation: a multiple of the grade's beta_max, or,
	// with BetaAbsolute, the weight itself in the units of the program.
	Beta         float64
	BetaAbsolute bool
	// ChooseBeta leaves Beta aside: every grade's and the number of grades are
	// planned before the training, by cross-validation, which holds out one part of
	// the rows after the other. With OneStandardError the
	// choice is the largest beta whose error is within one standard error of the
	// least.
	ChooseBeta, OneStandardError bool
	// CrossValidation says how rows are held out for that.
	CrossValidation CrossValidation
	// Activation of the programs. The networks of several gated grades are
	// decomposed into ReLU networks, that of a single one stays gated.
	Activation solver.Activation
	// BalancedClasses divides the weight of a row by the number of training rows of its
	// class (Weights).
	BalancedClasses bool
	// Loss is the data term of every grade.
	Loss solver.Loss
	// Width >= 1 is the most neurons a grade may have, shared among the outputs;
	// 0 is no limit. The convex program is solved all the same.
	Width int
	// WidthWork > 0 is about how many floating-point operations, in 1e9, the
	// training of an output under a width may cost.
	WidthWork float64
	// Spread spreads the kinks of the first of several grades evenly over the rows
	// instead of training them, under a width and with one feature. That grade fits
	// worse, and the next ones can fold it everywhere: where the target is known
	// exactly and beta is small they end far lower.
	Spread bool
	// DeadZone follows every network by a dead zone as wide as what it leaves on
	// the training rows: no training residual grows, and none is left above twice
	// the width.
	DeadZone bool
	// Carry passes the inputs on to every grade beside the hidden features.
	Carry bool
	// Scope of the optimum of each grade.
	Scope Scope
	// Patterns >= 1 is the number of Gaussian gates drawn per grade; 0 leaves
	// the choice to the scope and the sizes (package documentation).
	Patterns int
	// Gates, if not nil, are the gates of the first grade, one per row, with
	// the entry for the bias last. In scope global they are the start.
	Gates *mat.Dense
	// Limits of a grade in scope global, counted so that a run does not depend
	// on the speed of the machine: Rounds >= 1 of pricing, Work >= 0 in 1e9
	// floating-point operations (0: no limit; with one input, where the optimum can
	// be proved, four times as much), and BoundLeaves of each search
	// for the bound over all patterns (0: the closed form; -1: by the sizes).
	Rounds, BoundLeaves int
	Work                float64
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
	// MaxIter limits the solver's iterations within a grade, at least 1.
	MaxIter int
	// TimeLimit ends the run with the grade in work; 0 is no limit.
	TimeLimit time.Duration
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
	s := solver.DefaultOptions()
	return Options{Grades: 3, Beta: 0.01, Loss: solver.Squared, Seed: 1, Standardize: true, Bias: true, Intercept: true, Tol: s.Tol, MaxIter: s.MaxIter,
		WidthWork: 2000, CrossValidation: DefaultCrossValidation(), Rounds: 60, Work: 200, BoundLeaves: -1}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case o.Grades < 1:
		return fmt.Errorf("grades is %d, want at least 1", o.Grades)
	case !(o.Beta > 0) || math.IsInf(o.Beta, 0):
		return fmt.Errorf("beta is %v, want a finite number > 0", o.Beta)
	case o.ChooseBeta && o.BetaAbsolute:
		return errors.New("beta is both given and to be chosen, want one of them")
	case o.ChooseBeta && o.Shares.Validation == 0 && o.CrossValidation.Folds == 0:
		return errors.New("beta is to be chosen by validation, but validation is 0 and there are no folds")
	case o.Shares.Refit && !o.ChooseBeta:
		return errors.New("refit is for a beta chosen by validation")
	case o.OneStandardError && !o.ChooseBeta:
		return errors.New("one standard error is for a beta chosen by validation")
	case o.decomposes() && o.ChooseBeta:
		return errors.New("the beta of gated grades is not chosen by validation, it has to be given")
	case o.Loss == nil:
		return errors.New("the loss is missing")
	case o.DeadZone && (o.Loss == solver.Monotone || o.Loss.Labels()):
		return fmt.Errorf("a dead zone is available for losses of a regression that are not monotone, got %s", o.Loss.Name())
	case o.DeadZone && o.ChooseBeta:
		return errors.New("the beta of grades with a dead zone is not chosen by validation, it has to be given")
	case o.Width < 0:
		return fmt.Errorf("width is %d, want at least 0", o.Width)
	case o.Width > 0 && (o.Activation != solver.ReLU || o.Loss != solver.Squared):
		return fmt.Errorf("a width is available for activation relu and loss squared, got %v and %s", o.Activation, o.Loss.Name())
	case o.Spread && (o.Width == 0 || o.Grades == 1 || !o.Bias):
		return errors.New("spread kinks are for several grades with a width and a bias")
	case !(o.WidthWork > 0) || math.IsInf(o.WidthWork, 0):
		return fmt.Errorf("width work is %v, want a finite number > 0", o.WidthWork)
	case o.Scope != Global && o.Scope != Restricted:
		return fmt.Errorf("unknown scope %d", int(o.Scope))
	case o.Rounds < 1:
		return fmt.Errorf("rounds of pricing is %d, want at least 1", o.Rounds)
	case o.BoundLeaves < -1:
		return fmt.Errorf("bound leaves is %d, want at least 0, or -1", o.BoundLeaves)
	case !(o.Work >= 0):
		return fmt.Errorf("work is %v, want a number >= 0", o.Work)
	case o.Patterns < 0:
		return fmt.Errorf("patterns is %d, want at least 0", o.Patterns)
	case o.Patterns > 0 && o.Gates != nil:
		return errors.New("both gates and a number of patterns given, want one of them")
	case o.Shares.Stride < 0 || o.Shares.Stride > 1 && o.Shares.Holdout > 0:
		return fmt.Errorf("stride is %d and holdout %v, want a stride >= 0 and only one of them", o.Shares.Stride, o.Shares.Holdout)
	case !(o.Shares.Holdout >= 0 && o.Shares.Holdout < 1):
		return fmt.Errorf("holdout is %v, want 0 <= holdout < 1", o.Shares.Holdout)
	case !(o.Shares.Validation >= 0 && o.Shares.Validation < 1):
		return fmt.Errorf("validation is %v, want 0 <= validation < 1", o.Shares.Validation)
	}
	if o.Method == solver.Newton && (o.Activation != solver.Gated || o.Loss != solver.Squared) {
		return fmt.Errorf("method newton is for activation gated and loss squared, got %v and %s", o.Activation, o.Loss.Name())
	}
	s := o.solver()
	return errors.Join(s.Validate(), o.CrossValidation.Validate())
}

// solver returns the settings of one grade's solve.
func (o *Options) solver() solver.Options {
	s := solver.DefaultOptions()
	s.Tol, s.Method, s.MaxIter, s.TimeLimit = o.Tol, o.Method, o.MaxIter, o.TimeLimit
	return s
}
