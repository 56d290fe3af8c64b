package certificate

import "math"

// A lie is one change of a valid certificate; restate says that hash, values and
// gap are stated anew afterwards, so that only the changed thing is wrong.
type lie struct {
	name   string
	expect string
	change func(c *Certificate)
	regap  bool // state the gap anew
	rehash bool // state the program's hash anew
}

func up(v float64) float64   { return math.Nextafter(v, math.Inf(1)) }
func down(v float64) float64 { return math.Nextafter(v, math.Inf(-1)) }

// Bases with what a lie needs: an active neuron, multipliers that matter.
func reluBase() *Certificate {
	return problem{Rows: 8, Cols: 2, active: 1, patterns: 2, bias: true}.solved(31, needsMultipliers)
}
func interceptBase() *Certificate {
	return problem{Rows: 9, Cols: 3, intercept: true, active: 2, patterns: 3}.solved(32, needsMultipliers)
}

// bends also says that with any other slope the loss is larger.
func bends(c *Certificate) bool {
	other := *c
	for _, l := range slopeLies() {
		if l.change(&other); !falseClaims(Check(&other, c.Data.X, c.Data.Y))[ClaimPrimal] {
			return false
		}
		other.Program.Activation = c.Program.Activation
	}
	return needsMultipliers(c)
}

func leakyBase() *Certificate {
	return problem{Rows: 9, Cols: 2, activation: Leaky + "0.1", active: 1, patterns: 2, bias: true}.solved(36, bends)
}
func absBase() *Certificate {
	return problem{Rows: 9, Cols: 3, activation: AbsoluteValue, intercept: true, active: 2, patterns: 3}.solved(37, bends)
}
func sparseBase() *Certificate {
	return problem{Rows: 10, Cols: 3, sparse: true, active: 2, patterns: 3}.solved(33, needsMultipliers)
}
func gatedBase() *Certificate {
	return problem{Rows: 8, Cols: 2, gated: true, active: 1, patterns: 2, bias: true}.solved(34, nil)
}
func gatedInterceptBase() *Certificate {
	return problem{Rows: 10, Cols: 3, gated: true, intercept: true, sparse: true, active: 2, patterns: 3}.solved(35, nil)
}

// needsMultipliers: the last pattern's inequality for s = +1 fails without mu.
func needsMultipliers(c *Certificate) bool {
	last := &c.Patterns[len(c.Patterns)-1]
	plus := last.Plus
	last.Plus = nil
	r := Check(c, c.Data.X, c.Data.Y)
	last.Plus = plus
	return falseClaims(r)[ClaimDualFeasible]
}

// general lies fit every base with a neuron.
func generalLies(name string, base func() *Certificate) []lie {
	cone := "neuron 0 row "
	return []lie{
		{name: "hash-digit", expect: "program: sha256", change: func(c *Certificate) {
			b := []byte(c.Program.SHA256)
			b[0] = "10"[b[0]&1]
			c.Program.SHA256 = string(b)
		}},
		{name: "x-changed", expect: "program: sha256", change: func(c *Certificate) { c.Data.X.Values[0] = up(c.Data.X.Values[0]) }},
		{name: "y-changed", expect: "program: sha256", change: func(c *Certificate) { c.Data.Y[2] = up(c.Data.Y[2]) }},
		{name: "y-changed-and-hashed", expect: "primal: primal", change: func(c *Certificate) {
			c.Data.Y[2] += 0.125 * math.Copysign(1, c.Data.Y[2]-prediction(c, 2))
		}, rehash: true},
		{name: "weights-negated", expect: "primal-feasible: " + cone, change: func(c *Certificate) { scaleAll(c.Network.Neurons[0].W, c.Network.Neurons[0].Gate, -1) }},
		{name: "other-pattern", expect: "primal-feasible: " + cone, change: func(c *Certificate) { c.Network.Neurons[0].Pattern = len(c.Patterns) - 1 }},
		{name: "pattern-bit", expect: "primal-feasible: " + cone, change: func(c *Certificate) { c.Patterns[0].Words[0] ^= 1 << firstClearRow(c) }},
		{name: "alpha-larger", expect: "primal: primal", change: func(c *Certificate) { c.Network.Neurons[0].Alpha *= 1.25 }},
		{name: "primal-lower", expect: "primal: primal", change: func(c *Certificate) { c.Network.Primal *= 1 - 1e-11 }, regap: true},
		{name: "objective-lower", expect: "objective: objective", change: func(c *Certificate) { c.Network.Objective *= 1 - 1e-11 }},
		{name: "bound-higher", expect: "dual: bound", change: func(c *Certificate) { c.Dual.Bound *= 1 + 1e-11 }, regap: true},
		{name: "beta-smaller", expect: "dual-feasible: pattern 0 sign +: ||X'", change: func(c *Certificate) { c.Program.Beta *= 1 - 1e-10 }},
		{name: "gap-one-bit", expect: "gap: rel_gap", change: func(c *Certificate) { c.Gap.Rel = up(c.Gap.Rel) }},
		{name: "tol-below-gap", expect: "gap: status: optimal claimed", change: func(c *Certificate) { c.Gap.Tol = c.Gap.Rel / 2 }},
		{name: "tol-vacuous", expect: "gap: tol: 1", change: func(c *Certificate) { c.Gap.Tol = 1e300 }},
		{name: "gap-of-other-sign", expect: "gap: rel_gap", change: func(c *Certificate) { c.Gap.Rel = -c.Gap.Rel }},
	}
}

func prediction(c *Certificate, i int) float64 {
	f := c.Network.Constant
	for _, u := range c.Network.Neurons {
		f += u.Alpha * (problem{activation: c.Program.Activation}.diagonal(c.Patterns[u.Pattern], i) * rowDot(c.Data.X, i, u.W))
	}
	return f
}

// firstClearRow is a row whose side of neuron 0's hyperplane is certain.
func firstClearRow(c *Certificate) int {
	u := c.Network.Neurons[0]
	w := u.W
	if u.Gate != nil {
		w = u.Gate
	}
	for i := range c.Program.Rows {
		if math.Abs(rowDot(c.Data.X, i, w)) > 1e-6 {
			return i
		}
	}
	panic("every row is on the hyperplane")
}

func scaleAll(a, b []float64, by float64) {
	for _, v := range [][]float64{a, b} {
		for j := range v {
			v[j] *= by
		}
	}
}

func multiplierLies(base func() *Certificate) []lie {
	last := func(c *Certificate) *Pattern { return &c.Patterns[len(c.Patterns)-1] }
	return []lie{
		{name: "mu-negative", expect: "multipliers: ", change: func(c *Certificate) { last(c).Plus[0].Value *= -1 }},
		{name: "mu-dropped", expect: "dual-feasible: pattern ", change: func(c *Certificate) { last(c).Plus = nil }},
		{name: "mu-other-sign", expect: "dual-feasible: pattern ", change: func(c *Certificate) { last(c).Plus, last(c).Minus = last(c).Minus, last(c).Plus }},
		{name: "mu-doubled", expect: "dual-feasible: pattern ", change: func(c *Certificate) {
			for k := range last(c).Plus {
				last(c).Plus[k].Value *= 16
			}
		}},
		{name: "weights-unbalanced", expect: "objective: objective", change: func(c *Certificate) {
			scaleAll(c.Network.Neurons[0].W, nil, 2)
			c.Network.Neurons[0].Alpha /= 2
		}},
	}
}

func interceptLies() []lie {
	return []lie{
		{name: "nu-sum", expect: "dual-feasible: nu: sums to ", change: func(c *Certificate) { c.Dual.Nu[0] = up(c.Dual.Nu[0]) }},
		{name: "nu-sum-tiny", expect: "dual-feasible: nu: sums to ", change: func(c *Certificate) { c.Dual.Nu[1] += 0x1p-40 }},
		{name: "constant-moved", expect: "primal: primal", change: func(c *Certificate) { c.Network.Constant += 0.0625 }},
	}
}

func gatedLies() []lie {
	return []lie{
		{name: "gate-negated", expect: "primal-feasible: neuron 0 row ", change: func(c *Certificate) { scaleAll(c.Network.Neurons[0].Gate, nil, -1) }},
		{name: "gate-zero", expect: "primal-feasible: neuron 0 row ", change: func(c *Certificate) { scaleAll(c.Network.Neurons[0].Gate, nil, 0) }},
	}
}

// exactLies are off by the last bit where the truth is an equality.
func exactLies() []lie {
	return []lie{
		{name: "primal-last-bit", expect: "primal: primal", change: func(c *Certificate) { c.Network.Primal = down(c.Network.Primal) }, regap: true},
		{name: "objective-last-bit", expect: "objective: objective", change: func(c *Certificate) { c.Network.Objective = down(c.Network.Objective) }},
		{name: "bound-last-bit", expect: "dual: bound", change: func(c *Certificate) { c.Dual.Bound = up(c.Dual.Bound) }, regap: true},
		{name: "beta-last-bit", expect: "dual-feasible: pattern 0 sign +", change: func(c *Certificate) { c.Program.Beta = down(c.Program.Beta) }},
		{name: "constant-without-intercept", expect: "program: constant", change: func(c *Certificate) { c.Network.Constant = 5e-324 }},
		{name: "another-pattern-infeasible", expect: "dual-feasible: pattern 1 sign ", change: func(c *Certificate) {
			c.Patterns = append(c.Patterns, Pattern{Words: []uint64{c.Patterns[0].Words[0]}, Plus: []Multiplier{{0, 0.5}}})
		}},
	}
}

// boundaryLies move one thing across a hyperplane by the smallest number there is.
func boundaryLies() []lie {
	return []lie{
		{name: "weight-across", expect: "primal-feasible: neuron 0 row 0", change: func(c *Certificate) { c.Network.Neurons[0].W[1] = -5e-324 }},
		{name: "mu-tiny-negative", expect: "multipliers: pattern 0 sign - row 1", change: func(c *Certificate) { c.Patterns[0].Minus[0].Value = -5e-324 }},
		{name: "mu-last-bit", expect: "dual-feasible: pattern 0 sign -", change: func(c *Certificate) { c.Patterns[0].Minus[2].Value = up(0.5) }},
		{name: "mu-missing", expect: "dual-feasible: pattern 0 sign +", change: func(c *Certificate) { c.Patterns[0].Plus = c.Patterns[0].Plus[:1] }},
		{name: "x-across", expect: "primal-feasible: neuron 0 row 0", change: func(c *Certificate) { c.Data.X.Values[0] = -5e-324 }, rehash: true},
		{name: "nu-last-bit", expect: "dual-feasible: pattern 0 sign +", change: func(c *Certificate) { c.Dual.Nu[0] = down(c.Dual.Nu[0]) }},
	}
}

// slopeLies say that the activation is another one.
func slopeLies() []lie {
	other := func(activation string) func(c *Certificate) {
		return func(c *Certificate) { c.Program.Activation = activation }
	}
	return []lie{
		{name: "called-relu", expect: "primal: primal", change: other(ReLU)},
		{name: "called-leaky-0.5", expect: "primal: primal", change: other(Leaky + "0.5")},
		{name: "slope-next", expect: "primal: primal", change: func(c *Certificate) {
			if c.Program.Activation == AbsoluteValue {
				c.Program.Activation = ReLU
				return
			}
			c.Program.Activation = Leaky + "0.10000000001"
		}},
	}
}

func invalidCorpus() map[string]string {
	texts := map[string]string{}
	for _, set := range []struct {
		name string
		base func() *Certificate
		lies []lie
	}{
		{"relu", reluBase, append(generalLies("relu", reluBase), multiplierLies(reluBase)...)},
		{"intercept", interceptBase, append(append(generalLies("intercept", interceptBase), multiplierLies(interceptBase)...), interceptLies()...)},
		{"sparse", sparseBase, append(generalLies("sparse", sparseBase), multiplierLies(sparseBase)...)},
		{"leaky", leakyBase, append(append(generalLies("leaky", leakyBase), multiplierLies(leakyBase)...), slopeLies()...)},
		{"abs", absBase, append(append(generalLies("abs", absBase), multiplierLies(absBase)...), slopeLies()...)},
		{"exact-leaky", func() *Certificate { return bent(Leaky + "0.25") }, exactLies()[:4]},
		{"exact-abs", func() *Certificate { return bent(AbsoluteValue) }, exactLies()[:4]},
		{"gated", gatedBase, append(generalLies("gated", gatedBase), gatedLies()...)},
		{"gated-intercept", gatedInterceptBase, append(append(generalLies("gated-intercept", gatedInterceptBase), gatedLies()...), interceptLies()...)},
		{"ridge", ridgeBase, ridgeLies()},
		{"exact", pythagoras, exactLies()},
		{"exact-tiny-x", func() *Certificate { return scaled(-600, 0) }, append(exactLies()[:1], exactLies()[2:4]...)},
		{"boundary", boundary, boundaryLies()},
	} {
		for _, l := range set.lies {
			c := set.base()
			l.change(c)
			if l.regap {
				c.Gap.Rel = RelGap(c.Network.Primal, c.Dual.Bound)
			}
			if l.rehash {
				c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
			}
			texts[set.name+"-"+l.name] = member(l.expect, c)
		}
	}
	lossLies(texts)
	monotoneLies(texts)
	offsetLies(texts)
	weightLies(texts)
	logisticLies(texts)
	globalLies(texts)
	piecesLies(texts)
	return texts
}
