package certificate

import (
	"bytes"
	"math"
	"math/big"
	"strings"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/sphere"
)

// Certificates with a section global for the corpora. Trees are grown with the
// naive checker's leaves, so it is the other one that has something to show.

// globalBases are certificates to which a section global can be added.
func globalBases() map[string]*Certificate {
	rank2 := problem{Rows: 8, Cols: 2, active: 1, patterns: 2, bias: true}
	rank3 := problem{Rows: 7, Cols: 3, active: 1, patterns: 2}
	return map[string]*Certificate{
		"rank-0":                emptyData(),
		"rank-1":                problem{Rows: 6, Cols: 1, active: 1, patterns: 1}.solved(51, nil),
		"rank-2":                rank2.solved(52, nil),
		"rank-2-of-3-columns":   withZeroColumn(rank2.solved(53, nil)),
		"rank-2-optimal":        withRoom(pythagoras()),
		"rank-2-sparse-centred": problem{Rows: 8, Cols: 2, intercept: true, sparse: true, active: 1, patterns: 2}.solved(54, nil),
		"rank-3":                rank3.solved(55, nil),
		"rank-3-linf":           withLoss(LInf, rank3),
		"rank-3-many":           problem{Rows: 14, Cols: 3, active: 2, patterns: 2}.solved(57, nil),
		"rank-2-leaky":          problem{Rows: 8, Cols: 2, activation: Leaky + "0.1", active: 1, patterns: 2, bias: true}.solved(58, nil),
		"rank-2-abs-sparse":     problem{Rows: 7, Cols: 2, activation: AbsoluteValue, intercept: true, sparse: true, active: 1, patterns: 2}.solved(59, nil),
		"rank-3-abs":            problem{Rows: 6, Cols: 3, activation: AbsoluteValue, active: 1, patterns: 2}.solved(60, nil),
		"rank-2-logistic":       withLoss(Logistic, rank2),
	}
}

// emptyData has no data but zeros: nothing is active and nu = y.
func emptyData() *Certificate {
	c := &Certificate{Program: Program{Rows: 2, Cols: 2, Activation: ReLU, Loss: Squared, Beta: 0.5}, Dual: Dual{Scope: ScopeRestricted, Nu: []float64{1, -0.5}}}
	problem{}.finish(c, exact.Matrix{Rows: 2, Cols: 2, Values: make([]float64, 4)}, []float64{1, -0.5})
	return c
}

// withRoom raises beta by so much that a leaf or a quadratic form need not be an equality.
func withRoom(c *Certificate) *Certificate {
	c.Program.Beta *= 1 + 0x1p-26
	problem{}.finish(c, c.Data.X, c.Data.Y)
	return c
}

// withZeroColumn puts a column of zeros before the last one.
func withZeroColumn(c *Certificate) *Certificate {
	x := exact.Matrix{Rows: c.Program.Rows, Cols: c.Program.Cols + 1}
	insert := func(v []float64) []float64 {
		last := len(v) - 1
		return append(append(append([]float64{}, v[:last]...), 0), v[last])
	}
	for i := range x.Rows {
		row, _ := c.Data.X.Row(i)
		x.Values = append(x.Values, insert(row)...)
	}
	for k := range c.Network.Neurons {
		c.Network.Neurons[k].W = insert(c.Network.Neurons[k].W)
	}
	c.Program.Cols++
	problem{}.finish(c, x, c.Data.Y)
	return c
}

// withGlobal adds the section, for the largest of 64 multiples of nu for
// which the evidence can be found.
func withGlobal(c *Certificate, evidence func(*naive.Certificate, *Global) bool) *Certificate {
	for k := 64.0; k > 0; k-- {
		g := &Global{Nu: append([]float64{}, c.Dual.Nu...), Status: StatusPriced, Plus: []byte("."), Minus: []byte(".")}
		scaleAll(g.Nu, nil, k/64)
		c.Global = g
		slow, err := naive.Parse(encoded(c))
		if err != nil {
			panic(err)
		}
		slow.Nu = slow.Global.Nu
		slow = slow.Twice()
		if evidence(slow, g) {
			return finishGlobal(c)
		}
	}
	panic("no evidence for " + encoded(c))
}

// finishGlobal states bound, gap and status of the section.
func finishGlobal(c *Certificate) *Certificate {
	var err error
	if c.Global.Bound, err = EncloseGlobal(c, c.Global.Nu, c.Data.Y); err != nil {
		panic(err)
	}
	c.Global.Bound *= 1 - c.room()
	c.Global.Rel = RelGap(c.Network.Primal, c.Global.Bound)
	c.Global.Status = StatusPriced
	if c.Global.Rel <= c.Gap.Tol {
		c.Global.Status = StatusOptimal
	}
	return c
}

// closedEvidence looks for the quadratic forms with the smallest bound on a grid
// of b and mu, and says whether they do.
func closedEvidence(c *naive.Certificate, g *Global) bool {
	g.Plus, g.Minus = nil, nil
	c.Global.Trees = nil
	for side, into := range []*sphere.Quadratic{&g.QuadraticPlus, &g.QuadraticMinus} {
		best := math.Inf(1)
		for _, b := range []float64{0.25, 0.5, 1} {
			form := c.NewForm(side, new(big.Rat).SetFloat64(b))
			size, _ := form.Size.Float64()
			constant, _ := form.Constant.Float64()
			for mu := size / 16; mu <= size; mu += size / 16 {
				tau := tau(form, mu) * (1 + 0x1p-30)
				if total := mu + tau + constant; total < best {
					best, *into = total, sphere.Quadratic{Scale: b, Mu: mu * (1 + 0x1p-30), Tau: tau}
				}
			}
		}
		c.Global.Quadratic[side] = []*big.Rat{new(big.Rat).SetFloat64(into.Scale), new(big.Rat).SetFloat64(into.Mu), new(big.Rat).SetFloat64(into.Tau)}
	}
	return c.ClosedForm() == naive.Holds
}

// tau is c'(mu I - G)^{-1} c/4 by elimination in float64, infinite where a pivot
// is not positive.
func tau(f *naive.Form, mu float64) float64 {
	var a [][]float64
	for _, row := range f.Matrix(new(big.Rat).SetFloat64(mu), new(big.Rat)) {
		a = append(a, naive.Floats(row))
	}
	d := len(a) - 1
	for p := range d {
		if a[p][p] <= 0 {
			return math.Inf(1)
		}
		for j := p + 1; j <= d; j++ {
			for k := d; k >= p; k-- {
				a[j][k] -= a[j][p] / a[p][p] * a[p][k]
			}
		}
	}
	return -a[d][d]
}

// treeEvidence grows a tree for every orthant and sign, of a limited depth.
func treeEvidence(c *naive.Certificate, g *Global) bool {
	const depth = 9
	var texts [2][]byte
	for side := range texts {
		w := c.Walk(side)
		for orthant := range 1 << w.R {
			text, ok := grow(w, naive.Orthant(w.R, orthant), depth)
			if !ok {
				return false
			}
			texts[side] = append(texts[side], text...)
		}
	}
	g.Plus, g.Minus = texts[0], texts[1]
	return true
}

// grow bisects the longest edge wherever a leaf is not shown to be true.
func grow(w *naive.Walk, v [][]*big.Rat, depth int) (string, bool) {
	if w.Leaf(v) == naive.Holds {
		return ".", true
	}
	a, b, longest := -1, -1, new(big.Rat)
	for j := range v {
		for k := range j {
			between := append(naive.Times(v[j], naive.RatInt(1)), naive.Times(v[k], naive.RatInt(-1))...)
			for e := range w.R {
				between[e].Add(between[e], between[w.R+e])
			}
			if length := naive.RatDot(between[:w.R], between[:w.R]); length.Cmp(longest) > 0 {
				a, b, longest = k, j, length
			}
		}
	}
	if depth == 0 || b < 0 {
		return "", false
	}
	middle := naive.Middle(v[a], v[b])
	first, ok := grow(w, naive.Instead(v, b, middle), depth-1)
	if !ok {
		return "", false
	}
	second, ok := grow(w, naive.Instead(v, a, middle), depth-1)
	return string(rune('0'+b*(b-1)/2+a)) + first + second, ok
}

// globalMembers are the valid certificates with a section global.
func globalMembers() map[string]*Certificate {
	members := map[string]*Certificate{}
	for name, c := range globalBases() {
		members["global-tree-"+name] = withGlobal(c, treeEvidence)
	}
	for name, c := range globalBases() {
		if name != "rank-0" && !strings.Contains(name, "abs") { // the trace, or c, is 0, and so would be the room
			members["global-closed-"+name] = withGlobal(c, closedEvidence)
		}
	}
	for name, c := range globalBases() {
		if name != "rank-0" && !strings.Contains(name, "abs") { // likewise
			members["global-rows-"+name] = withGlobal(c, rowEvidence)
		}
	}
	for _, name := range []string{"rank-1", "rank-2", "rank-2-sparse-centred", "rank-2-leaky", "rank-3"} {
		members["global-transfers-"+name] = withGlobal(globalBases()[name], transferEvidence)
	}
	for _, name := range []string{"rank-1", "rank-2", "rank-2-sparse-centred", "rank-2-leaky", "rank-3"} {
		members["global-branches-"+name] = withGlobal(globalBases()[name], branchEvidence)
	}
	refined := withGlobal(globalBases()["rank-3-many"], treeEvidence) // and every leaf bisected once more
	refined.Global.Plus = bytes.ReplaceAll(refined.Global.Plus, []byte("."), []byte("1.."))
	refined.Global.Minus = bytes.ReplaceAll(refined.Global.Minus, []byte("."), []byte("0.."))
	members["global-tree-rank-3-refined"] = refined
	return members
}

// globalLies adds certificates with one lie each in section global.
func globalLies(texts map[string]string) {
	members := globalMembers()
	put := func(base, lie, expect string, change func(c *Certificate)) {
		c, err := Decode(strings.NewReader(encoded(members[base])))
		if err != nil {
			panic(err)
		}
		change(c)
		texts[base+"-"+lie] = member(expect, c)
	}
	general := func(base string) {
		put(base, "bound-higher", "global-dual: bound", func(c *Certificate) {
			c.Global.Bound *= 1 + 1e-11
			c.Global.Rel = RelGap(c.Network.Primal, c.Global.Bound)
		})
		put(base, "gap-one-bit", "global-gap: rel_gap", func(c *Certificate) { c.Global.Rel = up(c.Global.Rel) })
		put(base, "gap-of-listed", "global-gap: rel_gap", func(c *Certificate) { c.Global.Rel = c.Gap.Rel })
		put(base, "optimal-with-gap", "global-gap: status: optimal claimed", func(c *Certificate) { c.Global.Status = StatusOptimal })
		put(base, "nu-doubled", "global-feasible: ", func(c *Certificate) {
			scaleAll(c.Global.Nu, nil, 2)
			finishGlobal(c)
		})
	}
	for _, name := range []string{"rank-2-leaky", "rank-2-abs-sparse"} {
		put("global-tree-"+name, "called-relu", "global-feasible: ", func(c *Certificate) {
			c.Program.Activation = ReLU
			scaleAll(c.Global.Nu, nil, 4)
			finishGlobal(c)
		})
	}
	general("global-tree-rank-3-abs")
	for _, name := range []string{"rank-2", "rank-3", "rank-2-leaky"} {
		general("global-closed-" + name)
		general("global-rows-" + name)
		general("global-transfers-" + name)
		general("global-branches-" + name)
		general("global-tree-" + name)
		treeLies(put, "global-tree-"+name)
	}
	general("global-tree-rank-1")
	put("global-tree-rank-0", "two-orthants", "global-feasible: tree+: 2 trees, expected one for each of 1", func(c *Certificate) { c.Global.Plus = []byte("..") })
	put("global-tree-rank-2-of-3-columns", "as-rank-3", "global-feasible: tree+: ", func(c *Certificate) { c.Global.Plus = []byte("........") })
	put("global-tree-rank-2-sparse-centred", "nu-sum", "global-feasible: nu: sums to ", func(c *Certificate) { c.Global.Nu[0] = up(c.Global.Nu[0]) })
	put("global-closed-rank-2-sparse-centred", "nu-sum", "global-feasible: nu: sums to ", func(c *Certificate) { c.Global.Nu[0] = up(c.Global.Nu[0]) })
	put("global-tree-rank-2-logistic", "nu-outside", "global-dual: nu: ", func(c *Certificate) { c.Global.Nu[0] *= -1 })
	closed := func(lie, expect string, change func(g *Global)) {
		put("global-closed-rank-2", lie, "global-feasible: "+expect, func(c *Certificate) { change(c.Global) })
	}
	closed("mu-smaller", "quadratic+: the matrix of mu", func(g *Global) { g.QuadraticPlus.Mu *= 1 - 1e-6 })
	closed("tau-smaller", "quadratic-: the matrix of mu", func(g *Global) { g.QuadraticMinus.Tau *= 1 - 1e-6 })
	closed("mu-negative", "quadratic-: b = ", func(g *Global) { g.QuadraticMinus.Mu *= -1 })
	closed("tau-negative", "quadratic-: the matrix of mu", func(g *Global) { g.QuadraticMinus.Tau *= -1 })
	closed("b-negative", "quadratic+: b = ", func(g *Global) { g.QuadraticPlus.Scale *= -1 })
	closed("b-zero", "quadratic+: b = 0", func(g *Global) { g.QuadraticPlus.Scale = 0 })
	closed("mu-too-large", "quadratic+: the closed form shows", func(g *Global) { g.QuadraticPlus.Mu *= 64 })
	closed("tau-too-large", "quadratic-: the closed form shows", func(g *Global) { g.QuadraticMinus.Tau *= 4096 })
	closed("b-too-large", "quadratic+: the closed form shows", func(g *Global) { g.QuadraticPlus.Scale *= 4096 })
	rowLies(put)
	transferLies(put)
	branchLies(put)
	tiny := &Certificate{Program: Program{Rows: 1, Cols: 1, Activation: ReLU, Loss: Squared, Beta: 0x1p-601}, Dual: Dual{Scope: ScopeRestricted, Nu: []float64{0}}}
	problem{}.finish(tiny, exact.Matrix{Rows: 1, Cols: 1, Values: []float64{0x1p-300}}, []float64{0x1p-300})
	tiny.Global = &Global{Nu: tiny.Data.Y, Plus: []byte(".."), Minus: []byte("..")}
	texts["global-tree-tiny"] = member("global-feasible: tree+: node 0: the leaf shows", finishGlobal(tiny)) // m(nu) is twice n beta, its square underflows
	thirteen := problem{Rows: 14, Cols: 13, patterns: 1}.solved(56, nil)
	thirteen.Global = &Global{Nu: make([]float64, 14), Plus: []byte("."), Minus: []byte(".")}
	texts["global-tree-rank-13"] = member("global-feasible: trees: 13 columns that are not zero, at most 12", finishGlobal(thirteen))
}

// treeLies change the text of a valid tree, and state its hash anew.
func treeLies(put func(base, lie, expect string, change func(c *Certificate)), base string) {
	put(base, "leaf-missing", "global-feasible: tree-: ", func(c *Certificate) { c.Global.Minus = c.Global.Minus[:len(c.Global.Minus)-1] })
	put(base, "first-leaf-missing", "global-feasible: tree+: ", func(c *Certificate) { c.Global.Plus = bytes.Replace(c.Global.Plus, []byte("."), nil, 1) })
	put(base, "leaf-too-many", "global-feasible: tree+: ", func(c *Certificate) { c.Global.Plus = append(c.Global.Plus, '.') })
	put(base, "never-bisected", "global-feasible: tree+: node ", func(c *Certificate) { c.Global.Plus = bytes.Repeat([]byte("."), 1<<c.Program.Cols) })
	put(base, "trees-swapped", "global-feasible: tree", func(c *Certificate) { c.Global.Plus, c.Global.Minus = c.Global.Minus, c.Global.Plus })
	put(base, "edge-of-higher-rank", "global-feasible: tree+: node ", func(c *Certificate) { c.Global.Plus[bytes.IndexByte(c.Global.Plus, '.')] = '3' })
	put(base, "age-51", "global-feasible: tree+: node 50: a vertex after more than 50 bisections", func(c *Certificate) {
		size, err := sphere.SubtreeSizes(c.Global.Plus, c.Program.Cols)
		if err != nil {
			panic(err)
		}
		c.Global.Plus = append([]byte(strings.Repeat("0", 51)+strings.Repeat(".", 52)), c.Global.Plus[size[0]:]...)
	})
}
