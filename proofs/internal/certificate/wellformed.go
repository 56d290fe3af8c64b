package certificate

import (
	"fmt"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// Largest sizes version 1 of the format admits.
const (
	maxRows  = 1<<31 - 1
	maxCols  = 1 << 24
	maxCount = 1<<31 - 1 // neurons, patterns, multipliers

	maxInline = 1 << 30 // rows x cols of a data section: hashing goes over all of them
)

// wellFormed returns the first reason for which Decode would refuse c. The
// place is given as a path into the certificate.
func wellFormed(c *Certificate) error {
	if err := vector("nu", c.Dual.Nu, c.Program.Rows); err != nil {
		return err
	}
	if err := formPatterns(c); err != nil {
		return err
	}
	return wellFormedClaims(c)
}

func formPatterns(c *Certificate) error {
	for p, pattern := range c.Patterns {
		if err := formWords(pattern.Words, c.Program.Rows); err != nil {
			return fmt.Errorf("pattern %d: %w", p, err)
		}
	}
	return nil
}

// wellFormedClaims is wellFormed of what does not grow with the rows.
func wellFormedClaims(c *Certificate) error {
	for _, step := range []func(*Certificate) error{formProgram, formData, formNetwork, formDual, formMultipliers, formGap, formGlobal} {
		if err := step(c); err != nil {
			return err
		}
	}
	return nil
}

func formProgram(c *Certificate) error {
	p := &c.Program
	if p.Rows < 1 || p.Rows > maxRows || p.Cols < 1 || p.Cols > maxCols {
		return fmt.Errorf("program: %d rows and %d cols, expected 1..%d and 1..%d", p.Rows, p.Cols, maxRows, maxCols)
	}
	if len(c.Network.Neurons) > maxCount || len(c.Patterns) > maxCount {
		return fmt.Errorf("counts: more than %d neurons or patterns", maxCount)
	}
	if _, err := Slope(p.Activation); err != nil {
		return err
	}
	if err := formLoss(p); err != nil {
		return err
	}
	if err := formBeta(p); err != nil {
		return err
	}
	return KnownHash("sha256", p.SHA256)
}

func formLoss(p *Program) error {
	if err := verdict.KnownWord("loss", p.Loss, LossNames...); err != nil {
		return err
	}
	if err := FormParameter(p.Loss, p.Threshold); err != nil {
		return err
	}
	if p.Shifted && !Losses[p.Loss].Labels {
		return fmt.Errorf("offset: loss %s has none", p.Loss)
	}
	if p.Weighted && !Losses[p.Loss].Weights {
		return fmt.Errorf("weights: loss %s has none", p.Loss)
	}
	return nil
}

func formData(c *Certificate) error {
	if c.Data == nil {
		return nil
	}
	rows, cols := c.Data.X.Dims()
	if rows != c.Program.Rows || cols != c.Program.Cols || len(c.Data.Y) != rows {
		return fmt.Errorf("data: %d x %d with %d targets, the program is %d x %d", rows, cols, len(c.Data.Y), c.Program.Rows, c.Program.Cols)
	}
	if rows > maxInline/cols {
		return fmt.Errorf("data: %d x %d, a certificate with data may have %d numbers", rows, cols, maxInline)
	}
	if err := exact.FiniteAll("data x", c.Data.X.Values); err != nil {
		return err
	}
	if c.Program.Shifted {
		if err := vector("data offset", c.Program.Offset, rows); err != nil {
			return err
		}
	}
	if c.Program.Weighted {
		if err := vector("data weights", c.Program.Weights, rows); err != nil {
			return err
		}
	}
	return exact.FiniteAll("data y", c.Data.Y)
}

func formNetwork(c *Certificate) error {
	n := &c.Network
	if err := exact.FiniteAll("network constant, primal, objective", []float64{n.Constant, n.Primal, n.Objective}); err != nil {
		return err
	}
	for k, u := range n.Neurons {
		place := fmt.Sprintf("neuron %d", k)
		if u.Pattern < 0 || u.Pattern >= len(c.Patterns) {
			return fmt.Errorf("%s: pattern %d is not one of %d listed", place, u.Pattern, len(c.Patterns))
		}
		if !exact.Finite(u.Alpha) {
			return fmt.Errorf("%s: alpha %v is not finite", place, u.Alpha)
		}
		if err := vector(place+" w", u.W, c.Program.Cols); err != nil {
			return err
		}
		if c.Program.Activation != Gated && u.Gate != nil {
			return fmt.Errorf("%s: a %s neuron has no gate", place, c.Program.Activation)
		}
		if c.Program.Activation == Gated {
			if err := vector(place+" gate", u.Gate, c.Program.Cols); err != nil {
				return err
			}
		}
	}
	return nil
}

func formDual(c *Certificate) error {
	if err := verdict.KnownWord("dual scope", c.Dual.Scope, ScopeRestricted); err != nil {
		return err
	}
	return exact.FiniteAll("dual bound", []float64{c.Dual.Bound})
}

func formMultipliers(c *Certificate) error {
	rows := c.Program.Rows
	total := 0
	for p, pattern := range c.Patterns {
		if c.Program.Activation == Gated && len(pattern.Plus)+len(pattern.Minus) > 0 {
			return fmt.Errorf("pattern %d: a gated program has no multipliers", p)
		}
		for _, mu := range [][]Multiplier{pattern.Plus, pattern.Minus} {
			total += len(mu)
			for k, m := range mu {
				if m.Row < 0 || m.Row >= rows || k > 0 && m.Row <= mu[k-1].Row {
					return fmt.Errorf("pattern %d: multiplier row %d is out of order or not in 0..%d", p, m.Row, rows-1)
				}
				if !exact.Finite(m.Value) {
					return fmt.Errorf("pattern %d: multiplier %v at row %d is not finite", p, m.Value, m.Row)
				}
			}
		}
	}
	if total > maxCount {
		return fmt.Errorf("counts: more than %d multipliers", maxCount)
	}
	return nil
}

func formWords(words []uint64, rows int) error {
	if len(words) != (rows+63)/64 {
		return fmt.Errorf("%d words, expected %d for %d rows", len(words), (rows+63)/64, rows)
	}
	if len(words) == 0 {
		return nil
	}
	return formSpare(words[len(words)-1], rows)
}

// formSpare looks at the last word.
func formSpare(last uint64, rows int) error {
	if spare := rows % 64; spare != 0 && last>>spare != 0 {
		return fmt.Errorf("bits beyond row %d are set", rows-1)
	}
	return nil
}

func formGap(c *Certificate) error {
	if !exact.Finite(c.Gap.Rel) {
		return fmt.Errorf("rel_gap: %v is not finite", c.Gap.Rel)
	}
	if !exact.Finite(c.Gap.Tol) || c.Gap.Tol <= 0 {
		return fmt.Errorf("tol: %v, expected a finite number > 0", c.Gap.Tol)
	}
	return verdict.KnownWord("status", c.Gap.Status, listedStatuses...)
}

func KnownHash(field, got string) error {
	if len(got) != 64 {
		return fmt.Errorf("%s: %d characters, expected 64 hex digits", field, len(got))
	}
	for _, r := range got {
		if !('0' <= r && r <= '9' || 'a' <= r && r <= 'f') {
			return fmt.Errorf("%s: %q is not a lower-case hex digit", field, r)
		}
	}
	return nil
}

func vector(field string, v []float64, want int) error {
	if len(v) != want {
		return fmt.Errorf("%s: %d numbers, expected %d", field, len(v), want)
	}
	return exact.FiniteAll(field, v)
}
