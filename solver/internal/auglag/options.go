package auglag

import (
	"fmt"
	"math"
)

// Options are the settings of the augmented Lagrangian. Start from DefaultOptions.
type Options struct {
	// Sigma is the penalty that a run starts with, > 0, in the unit of the inverse
	// mean eigenvalue of X'X.
	Sigma float64
	// Growth multiplies sigma when QuickSteps or fewer Newton steps were enough since
	// the multipliers changed, and divides it after SlowSteps; finite, > 1.
	Growth float64
	// QuickSteps < SlowSteps, both >= 1: see Growth.
	QuickSteps, SlowSteps int
	// Inexactness is the ratio of gradient to dual infeasibility at which the
	// multipliers are updated, finite, > 0.
	Inexactness float64
	// Patience is the number of steps, >= 1, without a smaller gap after which a
	// run ends.
	Patience int
}

// DefaultOptions are a first sigma of 10, a growth of 5 from 3 steps or fewer and
// back after 10, an inexactness of 3 and a patience of 40 steps. The literature
// leaves them to experiment (Li, Sun and Toh 2018, section 4.1); these are for the standard problems,
// where 10 to 20 steps are all there are.
func DefaultOptions() Options {
	return Options{Sigma: 10, Growth: 5, QuickSteps: 3, SlowSteps: 10, Inexactness: 3, Patience: 40}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case !(o.Sigma > 0 && o.Sigma <= largestSigma):
		return fmt.Errorf("solver: sigma of the augmented Lagrangian is %v, want 0 < sigma <= %g", o.Sigma, float64(largestSigma))
	case !(o.Growth > 1) || math.IsInf(o.Growth, 1):
		return fmt.Errorf("solver: growth of the augmented Lagrangian is %v, want a finite number above 1", o.Growth)
	case o.QuickSteps < 1 || o.SlowSteps <= o.QuickSteps:
		return fmt.Errorf("solver: quick and slow steps of the augmented Lagrangian are %d and %d, want 1 <= quick < slow", o.QuickSteps, o.SlowSteps)
	case !(o.Inexactness > 0) || math.IsInf(o.Inexactness, 1):
		return fmt.Errorf("solver: inexactness of the augmented Lagrangian is %v, want a finite number above 0", o.Inexactness)
	case o.Patience < 1:
		return fmt.Errorf("solver: patience of the augmented Lagrangian is %d, want at least 1", o.Patience)
	}
	return nil
}

// largestSigma is that of the first penalty: from there on sigma only grows.
const largestSigma = 1e6
