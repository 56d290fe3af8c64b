package solver

import (
	"context"
	"errors"
	"fmt"
	"math/bits"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/byrows"
	"multigrade/solver/internal/operator"
	"multigrade/solver/rowsum"
)

type (
	// RowProblem is the program of one grade and one output over rows that are too many for
	// memory and are only read block by block; without its beta.
	RowProblem = byrows.Problem
	// RowProgress is how far a RowSearch is.
	RowProgress = byrows.Progress
)

// ErrGate is wrapped by the error about a gate on the hyperplane of a row: no cone has it inside.
var ErrGate = byrows.ErrGate

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

// RowBytes is how much memory a RowSearch with a loss over n rows of d columns takes, about and at most,
// for so many patterns: what each goroutine makes of a block, and the Gram matrix of all their columns
// in every node of the tree in which it is added up, and a few more for the quadratic model; of the
// largest deviation, for both signs, the columns of the rows that are looked at and their Newton system.
func RowBytes(n, d, patterns int, l Loss) int64 {
	const number, models, tile = 8, 7, 512 // tile: rows of the Gram matrix' columns at a time
	workers, rows := int64(operator.MaxWorkers()), int64(min(n, rowsum.BlockRows))
	block := number * rows * int64(4*patterns+d+16+patterns/64)
	if l == LInf {
		columns, peaks := int64(2*patterns*d), int64(min(n, byrows.Peaks(d)))
		return workers*block + number*(2*columns*(columns+peaks)+int64(patterns)*peaks)
	}
	blocks := (n + rowsum.BlockRows - 1) / rowsum.BlockRows
	columns := int64(patterns*d + 1)
	nodes := int64(bits.Len(uint(blocks))) + 2*workers + models
	return number*columns*columns*nodes + workers*(block+number*tile*columns)
}

// MemoryBytes is how much memory Solve with a loss over n rows of d columns takes besides them, about and
// at most, for so many patterns: by passes over the rows their bits, otherwise matrices of
// blocks and rows.
func MemoryBytes(n, d, patterns int, l Loss) int64 {
	const number, matrices = 8, 20 // squares, l1 and linf on 4000 rows, 30 and 100 patterns: 7 to 25, of blocks for both signs
	if manyRows(n, d) && l != Monotone {
		return int64(n)*int64(patterns)/8 + RowBytes(n, d, patterns, l)
	}
	return matrices * number * int64(n) * int64(2*patterns)
}

// DefaultRowOptions are a gap of 1e-6 and 200 rounds, several times what was ever needed.
func DefaultRowOptions() RowOptions { return RowOptions{Tol: 1e-6, Rounds: 200} }

// RowSearch solves a RowProblem out of core: what it keeps for every row is in a file of
// RowProblem.Scratch until Close, or in memory where RowProblem.Patterns are given.
type RowSearch struct {
	search *byrows.Search
	rows   rowsum.Rows
	o      RowOptions
}

// RowResult is what a RowSearch found: a Result whose certificate has no Nu, which may be too long
// for memory.
type RowResult struct {
	Result
	RowEvidence
	Passes int // over the rows
}

// RowEvidence is what belongs to every row, to be read until the search is closed. Gates (P x d)
// are those of the patterns that the certificate is about, without repetitions and without that of
// no active row.
type RowEvidence struct {
	Gates *mat.Dense
	n     int
	found *byrows.Result
}

// Dims are the numbers of rows and patterns.
func (e *RowEvidence) Dims() (rows, patterns int) { return e.n, e.Gates.RawMatrix().Rows }

// Nu fills dst with the dual point from row first on.
func (e *RowEvidence) Nu(dst []float64, first int) error { return e.found.Nu.Read(dst, first) }

// Words fills dst with the words of a pattern from word first on, row i being bit i%64 of word i/64.
func (e *RowEvidence) Words(dst []uint64, pattern, first int) error {
	return e.found.Words(dst, pattern, first)
}

// NewRowSearch finds the patterns of the gates, unless they are given, and the walls of their cones, in a pass each. The
// search is to be closed.
func NewRowSearch(ctx context.Context, p *RowProblem, o RowOptions) (*RowSearch, error) {
	if !(o.Tol > 0 && o.Tol < 1) || o.Rounds < 1 {
		return nil, errors.New("solver: a search over rows wants 0 < tol < 1 and at least a round")
	}
	s, err := byrows.New(ctx, p, byrows.Options{Tol: o.Tol, Rounds: o.Rounds, Progress: o.Progress, Pass: o.Pass})
	if err != nil {
		return nil, err
	}
	return &RowSearch{s, p.Rows, o}, nil
}

// Close frees what is kept of the rows, that of a RowEvidence included.
func (s *RowSearch) Close() error { return s.search.Close() }

// BetaMax is the beta from which on the null model is optimal over the patterns, as far as the
// walls known tell. It comes before Solve.
func (s *RowSearch) BetaMax(ctx context.Context) (float64, error) { return s.search.BetaMax(ctx) }

// BetaRounding is that of the program. BetaMax comes before it.
func (s *RowSearch) BetaRounding() float64 {
	n, _ := s.rows.Dims()
	return betaRounding(s.search.NullSize(), n)
}

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
	n, _ := s.rows.Dims()
	return &RowResult{RowEvidence: RowEvidence{r.Gates, n, r}, Passes: r.Passes, Result: *resultByRows(ctx, r, s.o.Tol)}, nil
}
