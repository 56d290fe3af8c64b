package certificate

import (
	"math"
	"math/rand/v2"
)

// ridged is a problem with ridge, solved in closed form: nu is drawn, u_p = X'D_p nu/(n beta)
// and y = nu + c + sum_p D_p X u_p.
func (s problem) ridged(seed uint64) *Certificate {
	rng := rand.New(rand.NewPCG(seed, 5))
	x := s.matrix(rng)
	c := &Certificate{Program: Program{Rows: s.Rows, Cols: s.Cols, Activation: Gated, Loss: Squared, Intercept: s.intercept, Beta: 0.125, Ridge: true}}
	gates := s.gates(rng, x, c)
	nu, sum := make([]float64, s.Rows), 0.0
	for i := range nu {
		nu[i] = math.Round(rng.NormFloat64()*64) / 64
		sum += nu[i]
	}
	if s.intercept {
		nu[0] -= sum
		c.Network.Constant = 0.75
	}
	c.Dual = Dual{Scope: ScopeRestricted, Nu: nu}
	for p, gate := range gates {
		u := s.adjoint(x, c.Patterns[p], nu)
		for j := range u {
			u[j] /= float64(s.Rows) * c.Program.Beta
		}
		c.Network.Neurons = append(c.Network.Neurons, Neuron{Pattern: p, Alpha: 1, W: u, Gate: gate})
	}
	s.finish(c, x, s.target(x, c))
	return c
}

func ridgeBase() *Certificate {
	return problem{Rows: 10, Cols: 3, gated: true, intercept: true, patterns: 3, bias: true}.ridged(3)
}

// ridgeMembers are valid.
func ridgeMembers() map[string]*Certificate {
	return map[string]*Certificate{
		"ridge":        ridgeBase(),
		"ridge-sparse": problem{Rows: 12, Cols: 2, gated: true, sparse: true, patterns: 4}.ridged(4),
		"ridge-one":    problem{Rows: 6, Cols: 2, gated: true, patterns: 1, rational: true}.ridged(5),
	}
}

// ridgeLies are false with ridge.
func ridgeLies() []lie {
	return []lie{
		{"primal-lower", "primal: ", func(c *Certificate) { c.Network.Primal *= 1 - 1e-12 }, true, false},
		{"objective-lower", "objective: ", func(c *Certificate) { c.Network.Objective *= 1 - 1e-12 }, false, false},
		{"bound-higher", "dual: ", func(c *Certificate) { c.Dual.Bound *= 1 + 1e-11 }, true, false},
		{"beta-smaller", "dual: ", func(c *Certificate) { c.Program.Beta /= 2 }, false, false},
		{"beta-larger", "primal: ", func(c *Certificate) { c.Program.Beta *= 2 }, false, false},
		{"norms", "dual-feasible: exceeds", func(c *Certificate) { c.Program.Ridge = false }, false, false},
		{"nu-unbalanced", "dual-feasible: expected exactly 0", func(c *Certificate) { c.Dual.Nu[1] += 0.5 }, false, false},
		{"one-pattern-twice", "primal-feasible: pattern 0 is that of neuron 0", func(c *Certificate) {
			half := c.Network.Neurons[0]
			half.Alpha /= 2
			c.Network.Neurons = append([]Neuron{half}, c.Network.Neurons...)
			c.Network.Neurons[1].Alpha /= 2
		}, false, false},
		{"another-pattern", "dual: ", func(c *Certificate) { c.Patterns = append(c.Patterns, Pattern{Words: []uint64{1<<10 - 1}}) }, false, false},
	}
}

// malformedRidge are no programs.
func malformedRidge(put func(name, expect, text string)) {
	text := encoded(ridgeBase())
	put("ridge-of-relu", "line 12 field 3: beta: ridge is for activation gated and loss squared", replaceAll(encoded(reluBase()), "\nsha256", " ridge\nsha256"))
	put("ridge-of-huber", "beta: ridge is for activation gated and loss squared", replaceAll(text, "loss squared", "loss huber 1"))
	put("ridge-with-weights", "beta: ridge is for activation gated and loss squared without weights", replaceAll(text, "loss squared", "loss squared weights"))
	put("ridge-without-beta", "beta: 0, expected a number > 0 with ridge", replaceAll(text, "beta 0.125 ridge", "beta 0 ridge"))
	put("ridge-of-other-name", `"lasso" after beta`, replaceAll(text, "beta 0.125 ridge", "beta 0.125 lasso"))
	put("ridge-twice", "expected the end of the line", replaceAll(text, "beta 0.125 ridge", "beta 0.125 ridge ridge"))
}
