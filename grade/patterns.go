package grade

import (
	"context"
	"fmt"
	"math/big"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

// Patterns are the cells a grade's program is restricted to.
type Patterns struct {
	Cells    []hyperplane.Cell
	Rank     int      // of X_k, exact
	Total    *big.Int // number of all cells, nil where it was not counted
	Complete bool     // all cells are listed, but for the one without an active row
}

// maxEnumeratedRows bounds the rows up to which all cells of rank 2 are visited:
// there are twice as many, each with a bit per row.
const maxEnumeratedRows = 20_000

// maxListed bounds the cells of rank 2 that are listed: of more, every k-th in
// the order of their sweep around the circle.
const maxListed = 1000

// choosePatterns lists the cells for X_k (package documentation).
func choosePatterns(ctx context.Context, x mat.Matrix, grade int, o *Options) (*Patterns, error) {
	arrangement, err := hyperplane.NewArrangement(x)
	if err != nil {
		return nil, err
	}
	p := &Patterns{Rank: arrangement.Rank()}
	n, _ := x.Dims()
	switch {
	case o.Gates != nil && grade == 1:
		gated, err := hyperplane.FromGates(x, o.Gates)
		if err != nil {
			return nil, err
		}
		p.Cells = gated.Cells
	case o.Patterns == 0 && p.Rank <= 2 && n <= maxEnumeratedRows:
		err = p.enumerate(ctx, arrangement)
	default:
		p.Cells, err = hyperplane.SampleGaussian(ctx, x, o.sampleSize(n), gradeSeed(o.Seed, grade))
	}
	if err != nil {
		return nil, err
	}
	if len(p.Cells) == 0 {
		return nil, fmt.Errorf("grade %d: no activation pattern: every gate leaves all rows inactive", grade)
	}
	return p, nil
}

// enumerate lists all cells but the one where no row is active, or every k-th
// when there are too many.
func (p *Patterns) enumerate(ctx context.Context, a *hyperplane.Arrangement) error {
	var err error
	if p.Total, err = a.Count(ctx); err != nil {
		return err
	}
	step := 1 + (int(p.Total.Int64())-1)/maxListed
	at := 0
	for c, err := range a.Cells(ctx) {
		if err != nil {
			return err
		}
		if at%step == 0 && !c.Pattern.IsZero() {
			p.Cells = append(p.Cells, c)
		}
		at++
	}
	p.Complete = step == 1
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
