package interior

import "fmt"

// Options are the settings of the interior point. Start from DefaultOptions.
type Options struct {
	// StartGap is the complementarity of a cold start, all cones together, > 0,
	// relative to that of the loss at prediction 0: |y|^2 for squares.
	StartGap float64
	// StepShare is how far of the way to the boundary of the cones a step goes at
	// most, in (0, 1).
	StepShare float64
	// Patience is the number of steps, >= 1, after which a run ends whose gap did not
	// fall by a tenth.
	Patience int
	// DirectWork is the number of floating-point operations, >= 0, that a
	// factorisation may always take. Beyond it conjugate gradients take over where
	// a hundred of their steps are less work.
	DirectWork float64
	// CGAccuracy is the residual of conjugate gradients relative to the right-hand
	// side, in (0, 1); while the gap is wide it is up to 1e-4.
	CGAccuracy float64
	// CGSteps is the largest number of their steps for one solution, >= 1.
	CGSteps int
}

// DefaultOptions start at a tenth of the loss, go 0.995 of the way (0.99 to 0.999 are
// usual: Wright, Primal-Dual Interior-Point Methods, SIAM 1997, chapter 10), wait 30 steps,
// factor up to 5e10 operations (about a second of a core), and let conjugate gradients
// take 500 steps to 1e-8.
func DefaultOptions() Options {
	return Options{StartGap: 0.1, StepShare: 0.995, Patience: 30, DirectWork: 5e10, CGAccuracy: 1e-8, CGSteps: 500}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case !(o.StartGap > 0 && o.StartGap <= largestStartGap):
		return fmt.Errorf("solver: start gap of the interior point is %v, want 0 < start gap <= %g", o.StartGap, float64(largestStartGap))
	case !(o.StepShare > 0 && o.StepShare < 1):
		return fmt.Errorf("solver: step share of the interior point is %v, want 0 < share < 1", o.StepShare)
	case o.Patience < 1:
		return fmt.Errorf("solver: patience of the interior point is %d, want at least 1", o.Patience)
	case !(o.DirectWork >= 0):
		return fmt.Errorf("solver: direct work of the interior point is %v, want >= 0", o.DirectWork)
	case !(o.CGAccuracy > 0 && o.CGAccuracy < 1):
		return fmt.Errorf("solver: accuracy of conjugate gradients is %v, want 0 < accuracy < 1", o.CGAccuracy)
	case o.CGSteps < 1:
		return fmt.Errorf("solver: steps of conjugate gradients are %d, want at least 1", o.CGSteps)
	}
	return nil
}

// largestStartGap: further from the solution nothing is gained, and sums overflow.
const largestStartGap = 1e6
