package program

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// Activation says which convex program is meant: that of phi_s, with the cone
// constraints S_j X u_j >= 0 and one block for every cell and sign, or that of
// gated units without them, one block for every cell.
type Activation = operator.Activation

// The activations without a parameter.
var (
	ReLU  = operator.ReLU
	Gated = operator.Gated
)

// Problem is the convex program of one grade and one output (see the package
// documentation). The solver never modifies it.
type Problem struct {
	// X is the data matrix (n x d), *mat.Dense or *sparse.CSR. A bias is a
	// column of ones.
	X mat.Matrix
	// Shared is X for all problems that have it, which do not change their targets, nil: this one is alone.
	Shared *operator.Shared
	// Y is the target, n values.
	Y []float64
	// Cells are the listed activation patterns D_p with a gate strictly inside
	// each, all distinct, none of them zero.
	Cells []hyperplane.Cell
	// Beta >= 0 is the weight of the group norms, absolute.
	Beta float64
	// Activation, ReLU if nothing is said.
	Activation Activation
	// Loss is the data term, Squared if nil.
	Loss loss.Loss
	// Intercept adds a free constant c to the prediction.
	Intercept bool
	// Account books whatever is done with the problem, nil: nobody counts. It is no part of
	// the mathematics, and the one thing here that the solver changes.
	Account *operator.Account
}

// Design is X as an operator, whose products are booked.
func (p *Problem) Design() (operator.Design, error) { return p.Shared.DesignOf(p.X, p.Account) }

type marker struct{}

// Marker of the rows of X.
func (p *Problem) Marker() *hyperplane.Marker {
	return p.Shared.Of(p.X, marker{}, func() any { return hyperplane.NewMarker(p.X) }).(*hyperplane.Marker)
}

// Validate reports the first thing wrong with the problem, nil if there is none.
func (p *Problem) Validate() error {
	if err := operator.CheckMatrix(p.X); err != nil {
		return err
	}
	n, d := p.X.Dims()
	switch {
	case n == 0 || d == 0:
		return fmt.Errorf("solver: X is %d x %d, want at least 1 x 1", n, d)
	case len(p.Y) != n:
		return fmt.Errorf("solver: %d targets for %d rows of X", len(p.Y), n)
	}
	if err := p.ValidateBeta(); err != nil {
		return err
	}
	if err := p.Activation.Validate(); err != nil {
		return fmt.Errorf("solver: %w", err)
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

// ValidateBeta is Validate of what changes between solutions.
func (p *Problem) ValidateBeta() error {
	if !(p.Beta >= 0) || math.IsInf(p.Beta, 0) {
		return fmt.Errorf("solver: beta is %v, want a finite number >= 0", p.Beta)
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

// BlocksOf lists every block of the program: two per cell, or one for gated units,
// where u_j and -u_j are both free.
func BlocksOf(p *Problem) []operator.Block {
	var b []operator.Block
	for j := range p.Cells {
		b = append(b, operator.Block{Cell: j, Sign: 1})
		if !p.Activation.Gated {
			b = append(b, operator.Block{Cell: j, Sign: -1})
		}
	}
	return b
}
