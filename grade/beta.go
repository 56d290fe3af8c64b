package grade

import (
	"errors"
	"fmt"
	"math"
)

// Beta says how strongly every grade is regularised: it is a RelativeBeta, an
// AbsoluteBeta, or CrossValidation, which chooses one.
type Beta interface {
	// Validate reports the first thing out of its range.
	Validate() error
	isBeta()
}

// RelativeBeta > 0 is a multiple of the grade's beta_max.
type RelativeBeta float64

// AbsoluteBeta > 0 is the weight itself, in the units of the program.
type AbsoluteBeta float64

// DefaultBeta is the regularisation where none is asked for.
const DefaultBeta RelativeBeta = 0.01

func (RelativeBeta) isBeta()    {}
func (AbsoluteBeta) isBeta()    {}
func (CrossValidation) isBeta() {}

func (b RelativeBeta) Validate() error { return validateBeta(float64(b)) }
func (b AbsoluteBeta) Validate() error { return validateBeta(float64(b)) }

func validateBeta(v float64) error {
	if !(v > 0) || math.IsInf(v, 0) {
		return fmt.Errorf("beta is %v, want a finite number > 0", v)
	}
	return nil
}

// validateChoice reports what does not go with a beta that is chosen, and what needs
// one.
func (o *Options) validateChoice() error {
	cv, chosen := o.Beta.(CrossValidation)
	switch {
	case o.Shares.Refit && !chosen:
		return errors.New("refit is for a beta chosen by validation")
	case !chosen:
		return nil
	case o.Shares.Validation == 0 && cv.Folds == 0:
		return errors.New("beta is to be chosen by validation, but validation is 0 and there are no folds")
	case o.decomposes():
		return errors.New("the beta of gated grades is not chosen by validation, it has to be given")
	case o.DeadZone:
		return errors.New("the beta of grades with a dead zone is not chosen by validation, it has to be given")
	}
	return nil
}
