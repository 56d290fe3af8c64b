package certificate

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"strings"

	"multigrade/proofs/internal/exact"
)

// corpusProblems are the shapes of which the corpora hold solved problems.
func corpusProblems() (list []problem) {
	for _, gated := range []bool{false, true} {
		for _, intercept := range []bool{false, true} {
			for _, sparse := range []bool{false, true} {
				for active := range 3 {
					list = append(list, problem{Rows: 6 + 2*active, Cols: 2 + active/2, gated: gated, intercept: intercept, sparse: sparse,
						active: active, patterns: 1 + active, bias: active == 1, rational: active == 0})
				}
			}
		}
	}
	for k, activation := range slopes {
		list = append(list, problem{Rows: 8, Cols: 2, activation: activation, active: 1, patterns: 2, bias: true},
			problem{Rows: 10, Cols: 3, activation: activation, intercept: true, sparse: k%2 == 0, active: 2, patterns: 3},
			problem{Rows: 6, Cols: 2, activation: activation, sparse: k%2 == 1, patterns: 1, rational: true})
	}
	return list
}

// slopes are activations with a slope for negative numbers: with few digits, with many,
// and -1.
var slopes = []string{Leaky + "0.25", Leaky + "0.1", AbsoluteValue}

func (s problem) String() string {
	name := strings.ReplaceAll(s.unit(), ":", "-")
	if s.intercept {
		name += "-intercept"
	}
	if s.sparse {
		name += "-sparse"
	}
	return fmt.Sprintf("%s-%dx%d-%d-active-of-%d", name, s.Rows, s.Cols, s.active, s.patterns)
}

// solved draws until the problem comes out; want filters (nil: anything).
func (s problem) solved(seed uint64, want func(*Certificate) bool) *Certificate {
	rng := rand.New(rand.NewPCG(seed, 17))
	for range 10000 {
		if c, ok := s.optimum(rng); ok && (want == nil || want(c)) {
			return c
		}
	}
	panic("no such problem: " + s.String())
}

// pythagoras is a relu problem whose every inequality is an equality: one row
// (3, 4), nu = 1/2, ||X'nu|| = 5/2 = beta, ||u|| = 25/4, primal = dual = 63/4.
func pythagoras() *Certificate {
	x := exact.Matrix{Rows: 1, Cols: 2, Values: []float64{3, 4}}
	y := []float64{31.75}
	return &Certificate{
		Program:  Program{Rows: 1, Cols: 2, Activation: ReLU, Loss: Squared, Beta: 2.5, SHA256: ProgramHash(x, y)},
		Data:     &Data{x, y},
		Network:  Network{Neurons: []Neuron{{Pattern: 0, Alpha: 2.5, W: []float64{1.5, 2}}}, Primal: 15.75, Objective: 15.75},
		Dual:     Dual{ScopeRestricted, []float64{0.5}, 15.75},
		Patterns: []Pattern{{Words: []uint64{1}}},
		Gap:      Gap{0, 1e-6, StatusOptimal},
	}
}

// bent is pythagoras for the slope 1/4 or -1 and a second row, whose unit is not
// active: -(3, 4) with nu = 0. Its prediction is alpha s x.w = -(25/2) (5/2) s.
func bent(activation string) *Certificate {
	s, err := Slope(activation)
	if err != nil {
		panic(err)
	}
	x := exact.Matrix{Rows: 2, Cols: 2, Values: []float64{3, 4, -3, -4}}
	y := []float64{31.75, -31.25 * s}
	return &Certificate{
		Program:  Program{Rows: 2, Cols: 2, Activation: activation, Loss: Squared, Beta: 1.25, SHA256: ProgramHash(x, y)},
		Data:     &Data{x, y},
		Network:  Network{Neurons: []Neuron{{Pattern: 0, Alpha: 2.5, W: []float64{1.5, 2}}}, Primal: 7.875, Objective: 7.875},
		Dual:     Dual{ScopeRestricted, []float64{0.5, 0}, 7.875},
		Patterns: []Pattern{{Words: []uint64{1}}},
		Gap:      Gap{0, 1e-6, StatusOptimal},
	}
}

// scaled is pythagoras with X times 2^a and y times 2^b, where float64 has
// little room left; the gap is claimed only where it is 0.
func scaled(a, b int) *Certificate {
	c := pythagoras()
	scale := func(v float64, e int) float64 { return math.Ldexp(v, e) }
	for k, v := range c.Data.X.Values {
		c.Data.X.Values[k] = scale(v, a)
	}
	c.Data.Y[0] = scale(c.Data.Y[0], b)
	c.Program.Beta = scale(c.Program.Beta, a+b)
	c.Dual.Nu[0] = scale(c.Dual.Nu[0], b)
	for j, v := range c.Network.Neurons[0].W {
		c.Network.Neurons[0].W[j] = scale(v, b-a)
	}
	c.Network.Primal = scale(c.Network.Primal, 2*b)
	c.Dual.Bound = scale(c.Dual.Bound, 2*b)
	c.Network.Objective = 1e308
	c.Program.SHA256 = ProgramHash(c.Data.X, c.Data.Y)
	return c
}

// boundary is a relu problem with rows on the hyperplane of its neuron, a row of
// zeros, multipliers at both, and equalities throughout: w = (1, 0), rows (0, 1),
// (0, -2), (0, 0), (2, 0).
func boundary() *Certificate {
	x := exact.Matrix{Rows: 4, Cols: 2, Values: []float64{0, 1, 0, -2, 0, 0, 2, 0}}
	y := []float64{-1, 0, 0, 2.5}
	return &Certificate{
		Program: Program{Rows: 4, Cols: 2, Activation: ReLU, Loss: Squared, Beta: 0.25, SHA256: ProgramHash(x, y)},
		Data:    &Data{x, y},
		Network: Network{Neurons: []Neuron{{Pattern: 0, Alpha: 1, W: []float64{1, 0}}}, Primal: 0.40625, Objective: 0.40625},
		Dual:    Dual{ScopeRestricted, []float64{-1, 0, 0, 0.5}, 0.40625},
		Patterns: []Pattern{{
			Words: []uint64{0b1001},
			Plus:  []Multiplier{{0, 0.5}, {1, 0.25}},
			Minus: []Multiplier{{1, 0}, {2, 3}, {3, 0.5}},
		}},
		Gap: Gap{0, 1e-6, StatusOptimal},
	}
}

// manyRows has more rows than a word of bits: nothing is active, nu = y.
func manyRows(rows int) *Certificate {
	x := exact.Matrix{Rows: rows, Cols: 1, Values: make([]float64, rows)}
	y := make([]float64, rows)
	words := make([]uint64, (rows+63)/64)
	for i := range rows {
		x.Values[i], y[i] = float64(i%3-1), float64(i%5-2)/8
		if x.Values[i] > 0 {
			words[i/64] |= 1 << (i % 64)
		}
	}
	c := &Certificate{
		Program:  Program{Rows: rows, Cols: 1, Activation: Gated, Loss: Squared, Beta: 1},
		Dual:     Dual{ScopeRestricted, append([]float64{}, y...), 0},
		Patterns: []Pattern{{Words: words}, {Words: words}, {Words: make([]uint64, len(words))}},
	}
	problem{}.finish(c, x, y)
	return c
}

// unfinished is a certificate of a solve that ended early.
func unfinished(status string) *Certificate {
	c := problem{Rows: 8, Cols: 2, intercept: true, active: 1, patterns: 2}.solved(5, nil)
	for i := range c.Dual.Nu {
		c.Dual.Nu[i] /= 2
	}
	for p := range c.Patterns {
		for k := range c.Patterns[p].Plus {
			c.Patterns[p].Plus[k].Value /= 2
		}
		for k := range c.Patterns[p].Minus {
			c.Patterns[p].Minus[k].Value /= 2
		}
	}
	problem{}.finish(c, c.Data.X, c.Data.Y)
	c.Gap.Status = status
	return c
}

func nothingListed() *Certificate {
	c := manyRows(3)
	c.Patterns = nil
	return c
}

func validCorpus() map[string]string {
	members := map[string]*Certificate{
		"exact-equalities": pythagoras(), "exact-tiny-y": scaled(0, -500), "exact-huge-y": scaled(0, 250), "exact-huge-x": scaled(500, 0),
		"exact-tiny-x": scaled(-600, 0), "exact-subnormal-beta": scaled(-600, -440), "exact-overflowing-squares": scaled(600, 300), "boundary": boundary(),
		"rows-63": manyRows(63), "rows-64": manyRows(64), "rows-65": manyRows(65), "rows-200": manyRows(200),
		"no-patterns": nothingListed(),
	}
	for _, status := range listedStatuses[1:] {
		members[status] = unfinished(status)
	}
	for _, activation := range []string{Leaky + "0.25", AbsoluteValue} {
		members["exact-"+strings.ReplaceAll(activation, ":", "-")] = bent(activation)
	}
	for _, name := range []string{Huber, Quantile, L1, LInf, Logistic, Hinge} {
		members["loss-"+name+"-leaky"] = withLoss(name, problem{Rows: 8, Cols: 2, activation: Leaky + "0.1", intercept: true, active: 1, patterns: 2})
		members["loss-"+name] = withLoss(name, problem{Rows: 8, Cols: 2, intercept: true, active: 1, patterns: 2})
		members["loss-"+name+"-gated"] = withLoss(name, problem{Rows: 8, Cols: 2, gated: true, sparse: true, active: 2, patterns: 3})
	}
	for _, name := range []string{Huber, Quantile, L1, LInf, Hinge} {
		members["loss-"+name+"-exact"] = exactLoss(name)
	}
	members["loss-logistic-offset"] = withOffset(withLoss(Logistic, problem{Rows: 8, Cols: 2, sparse: true, active: 1, patterns: 2}))
	members["loss-monotone-exact"] = exactMonotone()
	members["loss-monotone-edge"] = atTheEdge()
	members["loss-hinge-offset"] = withOffset(withLoss(Hinge, problem{Rows: 8, Cols: 2, intercept: true, active: 1, patterns: 2}))
	members["loss-hinge-offset-exact"] = exactOffset()
	for _, name := range []string{Squared, Huber, Quantile, L1, Logistic, Hinge} {
		members["loss-"+name+"-weights"] = withWeights(withLoss(name, problem{Rows: 8, Cols: 2, intercept: true, active: 1, patterns: 2}))
		if name != Logistic {
			members["loss-"+name+"-weights-exact"] = exactWeights(name)
		}
	}
	members["loss-logistic-offset-weights"] = withWeights(withOffset(withLoss(Logistic, problem{Rows: 8, Cols: 2, gated: true, active: 1, patterns: 2})))
	for k, s := range corpusProblems() {
		members[s.String()] = s.solved(uint64(k), nil)
	}
	maps.Copy(members, globalMembers())
	maps.Copy(members, piecesMembers())
	maps.Copy(members, ridgeMembers())
	texts := map[string]string{}
	for name, c := range members {
		texts[name] = member("valid", c)
	}
	base := texts["exact-equalities"]
	texts["spelling-of-numbers"] = replaceAll(base, "primal 15.75", "primal +1575.0e-2", "w 1.5 2", "w 15E-1 2.", "y 31.75", "y 31.750000000000000000000001")
	texts["spelling-rounds-to-nearest"] = replaceAll(base, "beta 2.5", "beta 2.4999999999999999999999999", "nu 0.5", "nu .5")
	texts["comments"] = replaceAll(base, "section data", "# the data\n#\nsection data", "end\n", "end\n# over\n")
	texts["negative-zero"] = replaceAll(base, "constant 0", "constant -0")
	return texts
}

// replaceAll replaces in turn, once each, and insists that there is something to replace.
func replaceAll(text string, pairs ...string) string {
	for k := 0; k < len(pairs); k += 2 {
		if !strings.Contains(text, pairs[k]) {
			panic(fmt.Sprintf("%q is not in the text", pairs[k]))
		}
		text = strings.Replace(text, pairs[k], pairs[k+1], 1)
	}
	return text
}
