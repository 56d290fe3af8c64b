package solver

import (
	"errors"
	"fmt"
	"time"
)

// Options are the settings of Solve. Start from DefaultOptions.
type Options struct {
	// Tol is the certified relative duality gap to reach, in (0, 1).
	Tol float64
	// MaxIter limits the iterations of the inner method, summed over the
	// whole solve; at least 1.
	MaxIter int
	// TimeLimit ends the solve with status TimeLimit; 0 is no limit.
	TimeLimit time.Duration
	// Method chooses the inner method.
	Method Method
	// ADMM, Interior and Newton are the settings of these methods.
	ADMM     ADMMOptions
	Interior InteriorOptions
	Newton   NewtonOptions
	// Prune reduces the network to a minimal one, as the function Prune, where
	// that keeps the certified gap.
	Prune bool
	// enough, if it is not 0, is all that is asked: whether there is a network of that objective. The solve
	// ends with one, or with a bound that says that there is none.
	enough float64
	// Progress, if not nil, is called now and then from the goroutine of Solve.
	Progress func(Progress)
}

// PhaseSketch is told once when SolveGlobal has its first network, which has no bound yet,
// PhaseBound is the phase in which it bounds the optimum over all patterns.
const (
	PhaseSketch = "sketch"
	PhaseBound  = "bound"
)

// Progress is a snapshot of a running solve. Primal and Dual are the best
// certified values so far (NaN before there are any), Dual over the patterns listed;
// RelGap is their gap, in PhaseBound that of Primal to the bound over all patterns.
type Progress struct {
	Phase                string
	Iteration            int
	Primal, Dual, RelGap float64
	Active               int
}

// DefaultOptions returns the settings used when nothing is said: a gap of
// 1e-6, a million iterations, no time limit, method Auto.
func DefaultOptions() Options {
	return Options{Tol: 1e-6, MaxIter: 1_000_000, ADMM: DefaultADMMOptions(), Interior: DefaultInteriorOptions(), Newton: DefaultNewtonOptions()}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case !(o.Tol > 0 && o.Tol < 1):
		return fmt.Errorf("solver: tol is %v, want 0 < tol < 1", o.Tol)
	case o.MaxIter < 1:
		return fmt.Errorf("solver: max-iter is %d, want at least 1", o.MaxIter)
	case o.TimeLimit < 0:
		return fmt.Errorf("solver: time limit is %v, want >= 0", o.TimeLimit)
	case o.Method < 0 || int(o.Method) >= len(methods):
		return fmt.Errorf("solver: unknown method %d", int(o.Method))
	}
	return errors.Join(o.ADMM.Validate(), o.Interior.Validate(), o.Newton.Validate())
}
