package byrows

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/rowsum"
)

// Problem is a program without its beta.
type Problem struct {
	Rows  rowsum.Rows
	Gates *mat.Dense // P x d, P >= 1
	// Patterns, if not nil, are those of the gates (P), all distinct and with an active row: what is
	// kept of every row then is in memory, too.
	Patterns   []hyperplane.Pattern
	Activation operator.Activation
	Loss       loss.Loss
	Intercept  bool
	// Shifted says that predictions begin at the offsets of the rows, of a loss of margins.
	Shifted bool
	// BlockRows are the rows of a block, a multiple of 64; 0: rowsum.BlockRows. The bits of
	// the results depend on it.
	BlockRows int
	// Scratch is the folder for the file of what is kept of every row, "" for that of temporary
	// files: an eighth of a byte for each pattern, 8 bytes, 8 for an offset, and 24 for a loss with
	// kinks. Where Patterns are given it is in memory.
	Scratch string
}

// Validate reports what cannot be solved.
func (p *Problem) Validate() error {
	n, d := p.Rows.Dims()
	if p.Gates == nil {
		return errors.New("solver: no gates")
	}
	count, cols := p.Gates.Dims()
	switch {
	case n < 1 || d < 1:
		return fmt.Errorf("solver: %d rows of %d columns, want at least one of each", n, d)
	case cols != d:
		return fmt.Errorf("solver: gates of %d entries for %d columns", cols, d)
	case p.Patterns != nil && len(p.Patterns) != count:
		return fmt.Errorf("solver: %d patterns of %d gates", len(p.Patterns), count)
	case p.BlockRows < 0 || p.BlockRows%64 != 0:
		return fmt.Errorf("solver: blocks of %d rows, want a multiple of 64", p.BlockRows)
	}
	for j := range count {
		size := mat.Norm(p.Gates.RowView(j), 2)
		if !(size > 0) || math.IsInf(size, 0) {
			return fmt.Errorf("solver: gate %d has the norm %v, want a finite number > 0", j+1, size)
		}
	}
	if p.Shifted && !p.Loss.Labels() {
		return fmt.Errorf("solver: offsets with loss %s, want one of margins", p.Loss.Name())
	}
	_, curved := loss.NewCurved(p.Loss)
	_, boxed := loss.NewBoxed(p.Loss)
	if !curved && !boxed && p.Loss != loss.LInf {
		return fmt.Errorf("solver: loss %s is neither a plain sum over the rows nor the largest deviation, one of which out of core it has to be", p.Loss.Name())
	}
	return p.Activation.Validate()
}

// Options are the settings.
type Options struct {
	Tol    float64 // relative duality gap to reach, in (0, 1)
	Rounds int     // at most
	// Unknowns > 0: of a loss with kinks the rounds end without progress where the network has more.
	Unknowns int
	// Account books what is done; what it leaves is the budget of the rounds, which end before one
	// that is beyond it.
	Account *operator.Account
	// Progress, if not nil, is told after every pass how many there were and the certified
	// values so far, NaN before there are any.
	Progress func(p Progress)
	// Pass, if not nil, takes the passes over all rows but those that keep something for every
	// row, as r.Run does and to the same bits.
	Pass func(ctx context.Context, r *rowsum.Runner, p rowsum.Pass) (*rowsum.Part, error)
}

// Progress is a snapshot.
type Progress struct {
	Passes, Round        int
	Primal, Dual, RelGap float64
	Active               int // blocks
}
