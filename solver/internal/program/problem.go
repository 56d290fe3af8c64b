package program

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// Activation says which of the two convex programs is meant.
type Activation int

const (
	// ReLU is the program with the cone constraints S_j X u_j >= 0, one block
	// for every cell and sign.
	ReLU Activation = iota
	// Gated is the program without them, one block for every cell: a network
	// of gated ReLU units 1[x.g > 0] (x.u).
	Gated
)

func (a Activation) String() string {
	switch a {
	case ReLU:
		return "relu"
	case Gated:
		return "gated"
	}
	return fmt.Sprintf("Activation(%d)", int(a))
}

// Problem is the convex program of one grade and one output (see the package
// documentation). The solver never modifies it.
type Problem struct {
	// X is the data matrix (n x d), *mat.Dense or *sparse.CSR. A bias is a
	// column of ones.
	X mat.Matrix
	// Y is the target, n values.
	Y []float64
	// Cells are the listed activation patterns D_p with a gate strictly inside
	// each, all distinct, none of them zero.
	Cells []hyperplane.Cell
	// Beta >= 0 is the weight of the group norms, absolute.
	Beta float64
	// Activation is ReLU or Gated.
	Activation Activation
	// Loss is the data term, Squared if nil.
	Loss loss.Loss
	// Intercept adds a free constant c to the prediction.
	Intercept bool
}

// Validate reports the first thing wrong with the problem, nil if there is none.
func (p *Problem) Validate() error {
	if p.X == nil {
		return errors.New("solver: X is missing")
	}
	n, d := p.X.Dims()
	switch {
	case n == 0 || d == 0:
		return fmt.Errorf("solver: X is %d x %d, want at least 1 x 1", n, d)
	case len(p.Y) != n:
		return fmt.Errorf("solver: %d targets for %d rows of X", len(p.Y), n)
	case !(p.Beta >= 0) || math.IsInf(p.Beta, 0):
		return fmt.Errorf("solver: beta is %v, want a finite number >= 0", p.Beta)
	case p.Activation != ReLU && p.Activation != Gated:
		return fmt.Errorf("solver: unknown activation %d", int(p.Activation))
	}
	for i, v := range p.Y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("solver: target %d is %v", i, v)
		}
	}
	if err := p.LossOrSquared().Validate(p.Y); err != nil {
		return err
	}
	for j, c := range p.Cells {
		if c.Pattern.Len() != n {
			return fmt.Errorf("solver: pattern %d has %d rows, X has %d", j, c.Pattern.Len(), n)
		}
		if len(c.Gate) != d {
			return fmt.Errorf("solver: gate %d has %d entries, X has %d columns", j, len(c.Gate), d)
		}
	}
	return nil
}

// LossOrSquared is the data term.
func (p *Problem) LossOrSquared() loss.Loss {
	if p.Loss == nil {
		return loss.Squared
	}
	return p.Loss
}

// BlocksOf lists every block of the program: two per cell for ReLU, one for
// Gated, where u_j and -u_j are both free.
func BlocksOf(p *Problem) []operator.Block {
	var b []operator.Block
	for j := range p.Cells {
		b = append(b, operator.Block{Cell: j, Sign: 1})
		if p.Activation == ReLU {
			b = append(b, operator.Block{Cell: j, Sign: -1})
		}
	}
	return b
}
