package certificate

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// Activation names known to version 1 of the format. Leaky is followed by its slope.
const (
	ReLU          = "relu"
	Gated         = "gated"
	Leaky         = "leaky:"
	AbsoluteValue = "abs"
)

// Slope is the slope s of an activation for negative numbers, phi(t) = max(t, 0) + s
// min(t, 0), a float64: 0 for relu and gated, -1 for abs, for leaky a number with 0 < s < 1. The
// error says that there is no such activation.
func Slope(activation string) (float64, error) {
	text, leaky := strings.CutPrefix(activation, Leaky)
	if !leaky {
		if err := verdict.KnownWord("activation", activation, ReLU, Gated, AbsoluteValue, Leaky+"s"); err != nil || activation != AbsoluteValue {
			return 0, err
		}
		return -1, nil
	}
	decimal := len(text) <= maxField && strings.Trim(text, "0123456789.eE+-") == ""
	s, err := strconv.ParseFloat(text, 64)
	if err != nil || !decimal || !(s > 0 && s < 1) {
		return 0, fmt.Errorf("activation: slope %q, expected a number between 0 and 1", text)
	}
	return s, nil
}

// Value is phi(z) for the slope s, rounded once; what vanishes is 0 and not -0.
func Value(s, z float64) float64 {
	switch {
	case z > 0:
		return z
	case s == 0:
		return 0
	}
	return float64(s*z) + 0
}

// slope is that of a well-formed program.
func (p *Program) slope() float64 {
	s, _ := Slope(p.Activation)
	return s
}

// phi encloses phi(z) = max(z, 0) - s max(-z, 0) for all members.
func phi(s float64, z exact.Ball) exact.Ball {
	if s == 0 {
		return z.Relu()
	}
	return z.Relu().Sub(exact.Point(s).Mul(exact.Point(0).Sub(z).Relu()))
}

// stackedRows is how many rows the evidence of section global is about: with another
// slope than 0 the rows x_i and then the rows -x_i.
func (p *Program) stackedRows() int {
	if p.slope() == 0 {
		return p.Rows
	}
	return 2 * p.Rows
}

// stacked returns the matrix and the weights for which m(nu) is that of relu, [X; -X]
// and [nu; -s nu], since phi(t) = max(t, 0) - s max(-t, 0), and a lower bound of what n
// beta leaves when the roundings of -s nu are paid for: a change e_i of weight i changes
// m by at most |e_i| |x_i|.
func (k *Checker) stacked() (exact.Matrix, []float64, exact.Ball) {
	p := &k.C.Program
	radius := exact.Point(float64(p.Rows)).Mul(exact.Point(p.Beta))
	s, nu := p.slope(), k.C.Dual.Nu
	if s == 0 {
		return k.X, nu, radius
	}
	weights := slices.Concat(nu, nu)
	lost := 0.0
	for i, v := range nu {
		weights[p.Rows+i] = -s * v
		size := 0.0
		values, _ := k.X.Row(i)
		for _, x := range values {
			size += math.Abs(x)
		}
		if s != -1 {
			lost += (exact.UnitRoundoff*math.Abs(s*v) + exact.Underflow) * size
		}
	}
	lost *= 1 + float64(p.Rows+p.Cols+16)*2*exact.UnitRoundoff
	return k.X.AboveNegative(), weights, radius.Sub(exact.Point(lost))
}
