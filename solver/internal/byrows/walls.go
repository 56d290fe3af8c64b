package byrows

import (
	"context"
	"fmt"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/operator"
	"multigrade/solver/rowsum"
)

const (
	// wallsPerColumn times the columns of X are the rows nearest to a gate that its cone has
	// to begin with. A cell of a simple arrangement has 2(d - 1) walls on average, and the
	// nearest rows are not all walls: measured on 100 Gaussian gates over 20,000 to 1,000,000
	// rows of 11 columns, at most one pass in a solve found a row that was missing.
	wallsPerColumn = 8
	// wallsAdded is how many violated rows a pass finds for each block.
	wallsAdded = 32
)

// cone is what is known of the cone of a pattern: some of its rows.
type cone struct {
	gate      []float64
	index     []int       // of the rows, in X
	rows      [][]float64 // s_i x_i
	frame     *interior.Frame
	projector *hyperplane.Projector
	all       hyperplane.Pattern // of the rows
	warm      []hyperplane.Multiplier
}

// add takes over a row, which is no news if it is there.
func (c *cone) add(index int, row []float64) bool {
	if slices.Contains(c.index, index) {
		return false
	}
	c.index, c.rows = append(c.index, index), append(c.rows, row)
	c.frame, c.projector, c.warm = nil, nil, nil
	return true
}

// inFrame is the frame of the cone.
func (c *cone) inFrame() *interior.Frame {
	if c.frame == nil {
		g := operator.NewGeneral(len(c.rows), len(c.gate))
		for i, r := range c.rows {
			copy(operator.RowOf(g, i), r)
		}
		c.frame = interior.NewFrame(c.gate, g)
	}
	return c.frame
}

// project returns the norm of sum = q + sum mu_i s_i x_i at the least with mu >= 0 of the rows,
// or some such mu if the projection does not settle, and these multipliers of the rows of X.
func (c *cone) project(sum, q []float64) (norm float64, mu []hyperplane.Multiplier) {
	copy(sum, q)
	if len(c.rows) == 0 {
		return floats.Norm(sum, 2), nil
	}
	if c.projector == nil {
		x := mat.NewDense(len(c.rows), len(c.gate), nil)
		words := make([]uint64, (len(c.rows)+63)/64)
		for i, r := range c.rows {
			x.SetRow(i, r)
			words[i/64] |= 1 << (i % 64)
		}
		c.projector, c.all = hyperplane.NewProjector(x), hyperplane.NewPattern(len(c.rows), words)
	}
	found, err := c.projector.Project(sum, q, c.all, c.warm)
	if err != nil {
		copy(sum, q)
		return floats.Norm(sum, 2), nil
	}
	c.warm = slices.Clone(found)
	copy(sum, q)
	for _, m := range found {
		floats.AddScaled(sum, m.Value, c.rows[m.Row])
		mu = append(mu, hyperplane.Multiplier{Row: c.index[m.Row], Value: m.Value})
	}
	slices.SortFunc(mu, func(a, b hyperplane.Multiplier) int { return a.Row - b.Row })
	return floats.Norm(sum, 2), mu
}

// findWalls fills the cones of the patterns from first on with the rows nearest to their gates.
func (s *Search) findWalls(ctx context.Context, first int) error {
	if s.p.Activation.Gated {
		return nil
	}
	gates := s.p.Gates.Slice(first, s.patterns(), 0, s.d).(*mat.Dense)
	part, err := s.pass(ctx, &rowsum.Walls{Gates: gates.RawMatrix(), Rows: wallsPerColumn * s.d})
	if err != nil {
		return err
	}
	for k, rows := range part.Extreme {
		p := first + k
		if len(rows) > 0 && rows[0].Key == 0 {
			return fmt.Errorf("%w: gate %d lies on the hyperplane of row %d", ErrGate, p+1, rows[0].Index+1)
		}
		if _, err := s.addRows(p, rows); err != nil {
			return err
		}
	}
	return nil
}

// addRows adds rows of X to the cone of pattern p and says whether any was new.
func (s *Search) addRows(p int, rows []rowsum.Row) (bool, error) {
	news := false
	for _, r := range rows {
		x, y := make([]float64, s.d), make([]float64, 1)
		if err := s.p.Rows.Read(x, y, nil, r.Index); err != nil {
			return false, err
		}
		active, err := s.run.Active(p, r.Index)
		if err != nil {
			return false, err
		}
		if !active {
			floats.Scale(-1, x)
		}
		if s.cones[p].add(r.Index, x) {
			news = true
		}
	}
	return news, nil
}

// violated adds to the cones of the blocks the rows that u violates the most, and says whether
// there were any.
func (s *Search) violated(ctx context.Context, blocks []block, u blas64.General) (bool, error) {
	if s.p.Activation.Gated || len(blocks) == 0 {
		return false, nil
	}
	part, err := s.pass(ctx, &rowsum.Cones{W: u, Patterns: patternsOf(blocks), Rows: wallsAdded})
	if err != nil {
		return false, err
	}
	return s.addViolated(blocks, part)
}

func (s *Search) addViolated(blocks []block, part *rowsum.Part) (any bool, err error) {
	for k, rows := range part.Extreme {
		news, err := s.addRows(blocks[k].pattern, rows)
		if err != nil {
			return false, err
		}
		any = any || news
	}
	return any, nil
}
