package cube

import (
	"fmt"
	"strings"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// Claims about the target itself.
const (
	ClaimLipschitz  = "lipschitz"  // whether the constant taken on trust is refuted
	ClaimContinuous = "continuous" // whether the target is shown not to jump
	ClaimStated     = "stated"     // what the file says and nobody checks
)

// condition is what every claim about the cube is subject to.
func (c *cubeChecker) condition() string {
	if l := c.model.Target.Lipschitz; l > 0 {
		return fmt.Sprintf(", if %v is a Lipschitz constant", l)
	}
	return ""
}

// judgeTarget: c.f are the target's values on the lattice of its norms.
func (c *cubeChecker) judgeTarget() {
	if l := c.model.Target.Lipschitz; l > 0 {
		if where := c.refuteLipschitz(l); where != "" {
			c.report.Add(ClaimLipschitz, "target", verdict.Invalid, fmt.Sprintf("%v is not a Lipschitz constant: %s", l, where))
		} else {
			c.report.Add(ClaimLipschitz, "target", verdict.Unchecked, fmt.Sprintf("%v is taken on trust; the values at %d nodes do not refute it", l, len(c.f)))
		}
		return
	}
	f, formula := c.target.(formulaSurface)
	switch {
	case !formula:
		c.report.Add(ClaimContinuous, "target", verdict.Valid, "piecewise linear")
	case f.mayJump():
		c.report.Add(ClaimContinuous, "target", verdict.Unchecked, "the formula has floor of what is not shown to stay between two integers, so it may jump; no claim rests on its continuity")
	default:
		c.report.Add(ClaimContinuous, "target", verdict.Valid, "a composition of continuous functions, defined on the cube")
	}
}

// refuteLipschitz looks for two points whose values differ by more than l times
// their distance in the max-norm: nodes of one cell, and for a formula the ends of
// a cell's diagonal along which the partial derivatives all rise.
func (c *cubeChecker) refuteLipschitz(l float64) string {
	off := 2 * c.radius
	most := exact.QuotientAbove(l, float64(c.g.n))
	x, y := make([]float64, c.g.dim), make([]float64, c.g.dim)
	offsets := c.g.offsets()
	for i := range c.f {
		c.g.point(i, x)
		for m := 1; m < 1<<c.g.dim; m++ {
			inside := true
			for j := range x {
				inside = inside && (m>>j&1 == 0 || x[j] < 1)
			}
			if !inside {
				continue
			}
			next := i + offsets[m]
			if least := exact.SumBelow(absBelow(c.f[next], c.f[i]), -off); least > most {
				c.g.point(next, y)
				return fmt.Sprintf("from %s to %s the value changes by %v at least", pointString(x), pointString(y), least)
			}
		}
	}
	f, formula := c.target.(formulaSurface)
	if !formula {
		return ""
	}
	e, box := f.f.evaluator(), make([]exact.Bracket, c.g.dim)
	for i := range c.g.cells() {
		c.g.cell(i, box)
		t, err := e.jet(box)
		if err != nil {
			continue
		}
		least := 0.0
		for _, s := range t.slope {
			least = exact.SumBelow(least, s.Magnitude().Lo)
		}
		if least > l {
			return fmt.Sprintf("in %s the partial derivatives add up to %v at least", boxString(box), least)
		}
	}
	return ""
}

// absBelow is a lower bound of |a - b|.
func absBelow(a, b float64) float64 {
	return max(exact.SumBelow(a, -b), exact.SumBelow(b, -a))
}

// mayJump says that some floor is not shown to be constant on the cube: everything
// else a formula can have is continuous where it is defined.
func (s formulaSurface) mayJump() bool {
	e, box := s.f.evaluator(), make([]exact.Bracket, s.f.dim)
	for j := range box {
		box[j] = exact.Bracket{Lo: 0, Hi: 1}
	}
	e.value(box)
	return e.jumps
}

// notChecked names what the file says besides its claims.
func (c *cubeChecker) notChecked(status, stopped string, fields ...string) {
	fields = append(fields, "status "+status)
	if stopped != "" {
		fields = append(fields, "stopped")
	}
	c.report.Add(ClaimStated, "run", verdict.Unchecked, strings.Join(fields, ", "))
}
