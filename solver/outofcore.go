package solver

import (
	"context"
	"errors"
	"fmt"

	"multigrade/hyperplane"
	"multigrade/solver/internal/outofcore"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

type (
	// RowProblem is the program of one grade and one output over rows that are too many for
	// memory and are only read block by block; without its beta.
	RowProblem = outofcore.Problem
	// RowProgress is how far a RowSearch is.
	RowProgress = outofcore.Progress
)

// ErrGate is wrapped by the error about a gate on the hyperplane of a row: no cone has it inside.
var ErrGate = outofcore.ErrGate

// RowOptions are the settings of a RowSearch.
type RowOptions struct {
	// Tol is the certified relative duality gap to reach, in (0, 1).
	Tol float64
	// Rounds are the Newton steps at most, at least 1.
	Rounds int
	// Progress, if not nil, is called after every pass over the rows, from the goroutine of
	// the search.
	Progress func(RowProgress)
	// Pass, if not nil, takes the passes over all rows that can be taken elsewhere, as r.Run does
	// and to the same bits: of losses without kinks all but those that keep something for every
	// row. See rowsum.Encode.
	Pass RowPass
}

// RowPass takes a pass over the rows of a Runner.
type RowPass func(ctx context.Context, r *rowsum.Runner, p rowsum.Pass) (*rowsum.Part, error)

// DefaultRowOptions are a gap of 1e-6 and 200 rounds, several times what was ever needed.
func DefaultRowOptions() RowOptions { return RowOptions{Tol: 1e-6, Rounds: 200} }

// RowSearch solves a RowProblem out of core: what it keeps in memory for every row is a number,
// and a bit for each pattern.
type RowSearch struct {
	search *outofcore.Search
	o      RowOptions
}

// RowResult is what a RowSearch found: a Result with the patterns that its certificate is
// about, those of the gates without repetitions and without that of no active row.
type RowResult struct {
	Result
	Cells  []hyperplane.Cell
	Passes int // over the rows
}

// NewRowSearch finds the patterns of the gates and the walls of their cones, in two passes.
func NewRowSearch(ctx context.Context, p *RowProblem, o RowOptions) (*RowSearch, error) {
	if !(o.Tol > 0 && o.Tol < 1) || o.Rounds < 1 {
		return nil, errors.New("solver: a search over rows wants 0 < tol < 1 and at least a round")
	}
	s, err := outofcore.New(ctx, p, outofcore.Options{Tol: o.Tol, Rounds: o.Rounds, Progress: o.Progress, Pass: o.Pass})
	return &RowSearch{s, o}, err
}

// BetaMax is the beta from which on the null model is optimal over the patterns, as far as the
// walls known tell. It comes before Solve.
func (s *RowSearch) BetaMax(ctx context.Context) (float64, error) { return s.search.BetaMax(ctx) }

// Solve minimises the program with beta > 0. What has been found when ctx ends is certified in a
// few more passes.
func (s *RowSearch) Solve(ctx context.Context, beta float64) (*RowResult, error) {
	if !(beta > 0) {
		return nil, fmt.Errorf("solver: beta is %v, want > 0 for rows out of core", beta)
	}
	r, err := s.search.Solve(ctx, beta)
	if err != nil {
		return nil, err
	}
	out := &RowResult{Cells: r.Cells, Passes: r.Passes, Result: Result{Method: fmt.Sprintf("out of core, %d passes", r.Passes), Iterations: r.Rounds,
		Primal: r.Primal, Dual: r.Dual, RelGap: program.RelGap(r.Primal, r.Dual), OwnObjective: r.Own, Network: r.Network, Certificate: r.Certificate}}
	switch {
	case out.RelGap <= s.o.Tol:
		out.Status = Optimal
	case r.End == outofcore.Stopped:
		out.Status = endedBy(ctx)
	case r.End == outofcore.OutOfRounds:
		out.Status = Limit
	default:
		out.Status = Stalled
	}
	return out, nil
}
