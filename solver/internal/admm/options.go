package admm

import "fmt"

// Options are the settings of ADMM. Start from DefaultOptions.
type Options struct {
	// Relaxation is the omega that Fu, u and Gu are over-relaxed by, in (0, 2);
	// 1 is none.
	Relaxation float64
	// Penalty is the rho that a run starts with, > 0, in the unit of a second
	// derivative of n L (1 for squares) at the scale of y (see penaltyUnit).
	Penalty float64
	// Balance is the ratio of primal to dual residual, or its inverse, from which
	// rho is doubled or halved; > 1, +Inf to keep rho.
	Balance float64
	// Memory is the number of differences that the Anderson acceleration
	// extrapolates from, >= 0; 0 is none.
	Memory int
	// LargestSystem is the order up to which the matrix of the u-step is formed and
	// factored, >= 0; 0 is never. Beyond it there are conjugate gradients.
	LargestSystem int
	// CGAccuracy is the smallest residual that is asked of them, relative to the
	// right-hand side, in (0, 1): they need not be much more accurate than the iterates.
	// CGSteps is the largest number of their steps for one solution, >= 1. They start
	// from the last one.
	CGAccuracy float64
	CGSteps    int
	// Polish finishes by Newton's method on the blocks and cone rows that the
	// iterates name. Without it the last digits take tens of thousands of
	// iterations.
	Polish bool
}

// DefaultOptions are over-relaxation by 1.7 (1.5 to 1.8 are usual: Boyd et al.,
// Found. Trends Mach. Learn. 3, 2011, section 3.4.3), a first penalty of 1, balancing from a
// ratio of 3, ten differences, matrices of order 12,000 (1.2 GB), 50 steps of conjugate
// gradients to 1e-9 and the polish.
func DefaultOptions() Options {
	return Options{Relaxation: 1.7, Penalty: 1, Balance: 3, Memory: 10, LargestSystem: 12_000, CGAccuracy: 1e-9, CGSteps: 50, Polish: true}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case !(o.Relaxation > 0 && o.Relaxation < 2):
		return fmt.Errorf("solver: relaxation of ADMM is %v, want 0 < relaxation < 2", o.Relaxation)
	case !(o.Penalty > 0 && o.Penalty <= largestPenalty):
		return fmt.Errorf("solver: penalty of ADMM is %v, want 0 < penalty <= %g", o.Penalty, float64(largestPenalty))
	case !(o.Balance > 1):
		return fmt.Errorf("solver: balance of ADMM is %v, want more than 1", o.Balance)
	case o.Memory < 0:
		return fmt.Errorf("solver: memory of ADMM is %d, want at least 0", o.Memory)
	case o.LargestSystem < 0:
		return fmt.Errorf("solver: largest system of ADMM is %d, want at least 0", o.LargestSystem)
	case !(o.CGAccuracy > 0 && o.CGAccuracy < 1):
		return fmt.Errorf("solver: accuracy of conjugate gradients of ADMM is %v, want 0 < accuracy < 1", o.CGAccuracy)
	case o.CGSteps < 1:
		return fmt.Errorf("solver: steps of conjugate gradients of ADMM are %d, want at least 1", o.CGSteps)
	}
	return nil
}
