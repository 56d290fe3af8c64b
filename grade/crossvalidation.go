package grade

import (
	"errors"
	"fmt"
	"math"
)

// CrossValidation is the Beta that is chosen: every grade's and the number of grades
// are planned before the training, by holding out one part of the rows after the other.
// It says how, and how much that may cost.
type CrossValidation struct {
	// Folds >= 2 is the number of parts that are held out in turn, 0: the parts of
	// Shares.Validation (Shares.Folds).
	Folds int
	// Repeats >= 1 is the number of times that rows are dealt out anew, each with a
	// seed of its own.
	Repeats int
	// Stratified folds have equal shares of every class, or of every range of the
	// first target.
	Stratified bool
	// Ahead cuts the rows, which are in the order of time, into Folds+1 blocks, and
	// holds out each but the first, with all before it to train on.
	Ahead bool
	// Iterations >= 1 are those of the trainings of the last round of halving, and
	// Work > 0 is about how many floating-point operations, in 1e9, all rounds may cost, as
	// solver.Account counts them, and every later grade half as many.
	Iterations int
	Work       float64
	// OneStandardError chooses the largest beta whose error is within one standard error
	// of the least, instead of the least.
	OneStandardError bool
	// Width chooses a budget of neurons, too: that of every grade is the least from which
	// on more of them do not pay. Options.Width is nil then.
	Width bool
	// Ridge also tries one grade of gated units with Penalty Ridge in the place of those of
	// the options, and chooses it where that is better by two standard errors. Of other losses than squares, of weights and
	// classes, and where Work does not suffice for the rows, there is none to try.
	Ridge bool
}

// DefaultCrossValidation returns the settings of a choice by Shares.Validation.
func DefaultCrossValidation() CrossValidation {
	return CrossValidation{Repeats: 1, Iterations: 600, Work: 120}
}

// Validate reports the first setting out of its range.
func (c CrossValidation) Validate() error {
	switch {
	case c.Folds < 0 || c.Folds == 1:
		return fmt.Errorf("folds is %d, want at least 2", c.Folds)
	case c.Repeats < 1:
		return fmt.Errorf("repeats is %d, want at least 1", c.Repeats)
	case c.Folds == 0 && (c.Repeats > 1 || c.Stratified || c.Ahead):
		return errors.New("repeats, strata and blocks of time are for a number of folds")
	case c.Ahead && (c.Repeats > 1 || c.Stratified):
		return errors.New("blocks of time go with neither repeats nor strata")
	case c.Iterations < 1:
		return fmt.Errorf("iterations is %d, want at least 1", c.Iterations)
	case !(c.Work > 0) || math.IsInf(c.Work, 0):
		return fmt.Errorf("work is %v, want a finite number > 0", c.Work)
	}
	return nil
}
