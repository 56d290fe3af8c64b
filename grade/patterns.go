package grade

import (
	"context"
	"fmt"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// Patterns are the cells of a grade's program: in scope restricted those it is
// restricted to, in scope global those that matter at its optimum.
type Patterns struct {
	Cells    []hyperplane.Cell
	Rank     int      // of X_k, exact
	Total    *big.Int // number of all cells, nil where it was not counted
	Complete bool     // all cells are listed, but for the one without an active row (abs: one of two opposite ones)
}

// maxEnumeratedRows bounds the rows up to which all cells of rank 2 are visited:
// there are twice as many, each with a bit per row.
const maxEnumeratedRows = 20_000

// maxCountedRows bounds the rows up to which the cells of rank 3 are counted.
const maxCountedRows = 1000

var errNoPattern = fmt.Errorf("%w: no activation pattern: every gate leaves all rows inactive", ErrData)

// choosePatterns lists the cells for X_k (package documentation).
func choosePatterns(ctx context.Context, x mat.Matrix, grade int, o *Options) (*Patterns, error) {
	rank, err := hyperplane.Rank(x)
	if err != nil {
		return nil, err
	}
	p := &Patterns{Rank: rank}
	n, _ := x.Dims()
	var arrangement *hyperplane.Arrangement // of a rank so low that its cells are counted
	if rank <= 2 || rank == 3 && n <= maxCountedRows {
		if arrangement, err = hyperplane.NewArrangement(x); err != nil {
			return nil, err
		}
		if p.Total, err = arrangement.Count(ctx); err != nil && !ended(ctx, err) {
			return nil, err
		}
	}
	switch {
	case o.Gates != nil && grade == 1:
		gated, err := hyperplane.FromGates(x, o.Gates)
		if err != nil {
			return nil, err
		}
		p.Cells = gated.Cells
	case o.Scope == Global && !o.Activation.Gated && o.Patterns == 0:
		return p, nil // the solver finds its own
	case o.Patterns == 0 && p.Rank <= 2 && n <= maxEnumeratedRows:
		err = p.enumerate(ctx, arrangement)
	default:
		err = p.sample(ctx, x, grade, o)
	}
	if err != nil {
		return nil, err
	}
	if p.Cells, err = solver.Facing(x, o.Activation, p.Cells); err != nil {
		return nil, err
	}
	if len(p.Cells) == 0 && (o.Scope == Restricted || o.Activation.Gated) { // elsewhere they are a start
		return nil, errNoPattern
	}
	return p, nil
}

// sample lists the cells of Gaussian gates, whether or not ctx has ended: without a
// pattern there is no model.
func (p *Patterns) sample(ctx context.Context, x mat.Matrix, grade int, o *Options) error {
	n, _ := x.Dims()
	var err error
	p.Cells, err = hyperplane.SampleGaussian(context.WithoutCancel(ctx), x, o.sampleSize(n), gradeSeed(o.Seed, grade))
	return err
}

// enumerate lists all cells but the one where no row is active. Cells so thin
// that no float64 vector lies inside have no gate and are left out.
func (p *Patterns) enumerate(ctx context.Context, a *hyperplane.Arrangement) error {
	p.Complete = true
	for c, err := range a.Cells(ctx) {
		if err != nil {
			return err
		}
		switch {
		case c.Pattern.IsZero():
		case c.Gate == nil:
			p.Complete = false
		default:
			p.Cells = append(p.Cells, c)
		}
	}
	return nil
}

// sampleSize is the number of Gaussian gates drawn for n rows.
func (o *Options) sampleSize(n int) int {
	switch {
	case o.Patterns > 0:
		return o.Patterns
	case n > 5000:
		return 100
	default:
		return 200
	}
}

// gradeSeed separates the random streams of the grades.
func gradeSeed(seed uint64, grade int) uint64 {
	return seed + uint64(grade-1)*0x9e3779b97f4a7c15
}

// outputSeed separates those of a grade's outputs.
func outputSeed(seed uint64, output int) uint64 {
	return seed + uint64(output)*0xd1342543de82ef95
}
