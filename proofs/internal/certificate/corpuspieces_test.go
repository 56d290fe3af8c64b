package certificate

import (
	"math"
	"strings"
	"testing"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/naive"
	"multigrade/proofs/internal/pieces"
	"multigrade/proofs/internal/verdict"
)

// Certificates with a section global pieces for the corpora: rows are features of
// a number t. A tree of these fixes all signs and all places where a sign changes,
// so that its leaves need no search: alpha and beta are those of the active rows.

// onLine has the rows (t, max(t - kinks, 0).., 1) and nu = y, which is optimal over no
// patterns.
func onLine(t, kinks, y []float64, beta float64) *Certificate {
	cols := len(kinks) + 2
	x := exact.Matrix{Rows: len(t), Cols: cols}
	for _, v := range t {
		x.Values = append(x.Values, lineFeatures(v, kinks)...)
	}
	c := &Certificate{Program: Program{Rows: x.Rows, Cols: cols, Activation: ReLU, Loss: Squared, Beta: beta}, Dual: Dual{Scope: ScopeRestricted, Nu: y}}
	problem{}.finish(c, x, y)
	return c
}

func lineFeatures(t float64, kinks []float64) []float64 {
	v := []float64{t}
	for _, k := range kinks {
		v = append(v, max(t-k, 0))
	}
	return append(v, 1)
}

// linePieces are the groups between ascending ends, first and last included; t
// ascending.
func linePieces(t, kinks, ends []float64) *pieces.Evidence {
	e := &pieces.Evidence{}
	for _, v := range ends {
		e.Knots = append(e.Knots, lineFeatures(v, kinks))
	}
	for k := 1; k < len(ends); k++ {
		g := pieces.Group{A: k - 1, B: k}
		for i, v := range t {
			if v >= ends[k-1] && (v < ends[k] || k == len(ends)-1) {
				g.Rows = append(g.Rows, i)
				g.Theta = append(g.Theta, (v-ends[k-1])/(ends[k]-ends[k-1]))
			}
		}
		e.Groups = append(e.Groups, g)
	}
	return e
}

// growPieces writes the tree in which everything is decided, with mu for every
// multiplier of a half-space; signs of the knots from number open on stay open,
// with alpha = beta = 0 for the groups there, and shift, if it is not 0, at all knots between.
func growPieces(e *pieces.Evidence, nu []float64, s, mu float64, open int, shift float64) []pieces.Node {
	sign := make([]int, len(e.Knots))
	at := make([]int, len(e.Groups)) // the number of rows before the change of sign, -1: not chosen
	var nodes []pieces.Node
	var grow func()
	leaf := func() {
		n := pieces.Node{Kind: pieces.Leaf}
		for k := 1; k < len(sign)-1 && shift != 0; k++ {
			if sign[k] == 0 {
				n.Kind = pieces.Shifted
				n.Values = append(n.Values, s*shift)
			}
		}
		for k, g := range e.Groups {
			if sign[g.A]*sign[g.B] > 0 {
				continue
			}
			var alpha, beta float64
			for j, i := range g.Rows {
				if sign[g.A]*sign[g.B] < 0 && (j < at[k]) == (sign[g.A] > 0) {
					alpha += s * nu[i] * (1 - g.Theta[j])
					beta += s * nu[i] * g.Theta[j]
				}
			}
			n.Values = append(n.Values, alpha, beta)
		}
		for _, s := range sign {
			if s != 0 {
				n.Values = append(n.Values, mu)
			}
		}
		for k, g := range e.Groups {
			if sign[g.A]*sign[g.B] < 0 {
				if at[k] > 0 {
					n.Values = append(n.Values, mu)
				}
				if at[k] < len(g.Rows) {
					n.Values = append(n.Values, mu)
				}
			}
		}
		nodes = append(nodes, n)
	}
	var cross func(k, l, u int, then func())
	cross = func(k, l, u int, then func()) {
		if l == u {
			at[k] = l
			then()
			return
		}
		nodes = append(nodes, pieces.Node{Kind: pieces.Crossing, At: k, Row: (l + u) / 2})
		cross(k, l, (l+u)/2, then)
		cross(k, (l+u)/2+1, u, then)
	}
	var crossings func(k int)
	crossings = func(k int) {
		switch {
		case k == len(e.Groups):
			leaf()
		case sign[e.Groups[k].A]*sign[e.Groups[k].B] < 0:
			cross(k, 0, len(e.Groups[k].Rows), func() { crossings(k + 1) })
		default:
			crossings(k + 1)
		}
	}
	grow = func() {
		for k := range min(open, len(sign)) {
			if sign[k] == 0 {
				nodes = append(nodes, pieces.Node{Kind: pieces.Sign, At: k})
				for _, v := range []int{1, -1} {
					sign[k] = v
					grow()
				}
				sign[k] = 0
				return
			}
		}
		crossings(0)
	}
	grow()
	return nodes
}

// withPieces adds the section for the largest of 256 multiples of nu for which the
// naive checker says that the evidence holds.
func withPieces(c *Certificate, e *pieces.Evidence, mu float64, open int) *Certificate {
	return withShifts(c, e, mu, open, 0)
}

// withShifts is withPieces with a shift at all knots between groups that stay open.
func withShifts(c *Certificate, e *pieces.Evidence, mu float64, open int, shift float64) *Certificate {
	for k := 256.0; k > 0; k-- {
		g := &Global{Nu: append([]float64{}, c.Dual.Nu...), Status: StatusPriced, Pieces: e}
		scaleAll(g.Nu, nil, k/256)
		e.Plus, e.Minus = growPieces(e, g.Nu, 1, mu, open, shift*k/256), growPieces(e, g.Nu, -1, mu, open, shift*k/256)
		c.Global = g
		slow, err := naive.Parse(encoded(c))
		if err != nil {
			panic(err)
		}
		if slow.Nu = slow.Global.Nu; slow.PiecesHold() == naive.Holds {
			return finishGlobal(c)
		}
	}
	panic("no evidence for " + encoded(c))
}

// piecesMembers are the valid certificates with a section global pieces.
func piecesMembers() map[string]*Certificate {
	t, kinks := []float64{-1, -0.75, 0, 0.1, 0.75, 1}, []float64{0.1}
	y := []float64{0.5, -0.75, 1, -0.5, 0.25, -0.125}
	repeated := []float64{-1, 0, 0, 0, 1}
	three := []float64{-1, -0.6, -0.55, -0.5, 0.7, 1}
	return map[string]*Certificate{
		"global-pieces-one":       withPieces(onLine([]float64{-1, 0.3, 1}, nil, []float64{1, -1.5, 0.75}, 0.125), linePieces([]float64{-1, 0.3, 1}, nil, []float64{-1, 1}), 0, 2),
		"global-pieces-two":       withPieces(onLine(t, kinks, y, 0.125), linePieces(t, kinks, []float64{-1, 0.1, 1}), 0x1p-20, 3),
		"global-pieces-open":      withPieces(onLine(t, kinks, y, 0.125), linePieces(t, kinks, []float64{-1, 0.1, 1}), 0x1p-20, 1),
		"global-pieces-undivided": withPieces(onLine(t, kinks, y, 0.125), linePieces(t, kinks, []float64{-1, 0.1, 1}), 0, 0),
		"global-pieces-repeated":  withPieces(onLine(repeated, nil, []float64{0.5, 1, -0.75, 0.25, -1}, 0.125), linePieces(repeated, nil, []float64{-1, 1}), 0x1p-20, 2),
		"global-pieces-three": withPieces(onLine(three, []float64{-0.5, 0.5}, []float64{1, -1, 0.5, 0.75, -0.5, 0.25}, 0.25),
			linePieces(three, []float64{-0.5, 0.5}, []float64{-1, -0.5, 0.5, 1}), 0x1p-22, 4),
		"global-pieces-shifted": withShifts(onLine(t, kinks, y, 0.125), linePieces(t, kinks, []float64{-1, 0.1, 1}), 0x1p-20, 1, -0.25),
		// the theta are rounded and the first knot is away from the line
		"global-pieces-off": withPieces(onLine(t, kinks, y, 0.125), moved(linePieces(t, kinks, []float64{-1, 0.1, 1})), 0x1p-20, 3),
	}
}

func moved(e *pieces.Evidence) *pieces.Evidence {
	e.Knots[0][1] += 0x1p-12
	return e
}

func firstOf(tree []pieces.Node, kind byte) int {
	for k, n := range tree {
		if n.Kind == kind {
			return k
		}
	}
	panic("no such node")
}

// piecesLies adds certificates with one lie each in section global pieces.
func piecesLies(texts map[string]string) {
	members := piecesMembers()
	put := func(base, lie, expect string, change func(c *Certificate, e *pieces.Evidence)) {
		c, err := Decode(strings.NewReader(encoded(members[base])))
		if err != nil {
			panic(err)
		}
		change(c, c.Global.Pieces)
		texts[base+"-"+lie] = member("global-feasible: pieces: "+expect, c)
	}
	shiftLies(put)
	for _, base := range []string{"global-pieces-two", "global-pieces-three", "global-pieces-off"} {
		lie := func(name, expect string, change func(e *pieces.Evidence)) {
			put(base, name, expect, func(_ *Certificate, e *pieces.Evidence) { change(e) })
		}
		put(base, "nu-doubled", "tree", func(c *Certificate, _ *pieces.Evidence) {
			scaleAll(c.Global.Nu, nil, 2)
			finishGlobal(c)
		})
		lie("leaf-missing", "tree-: ", func(e *pieces.Evidence) { e.Minus = e.Minus[:len(e.Minus)-1] })
		lie("leaf-too-many", "tree+: node ", func(e *pieces.Evidence) { e.Plus = append(e.Plus, e.Plus[len(e.Plus)-1]) })
		lie("trees-swapped", "tree", func(e *pieces.Evidence) { e.Plus, e.Minus = e.Minus, e.Plus })
		lie("sign-twice", "tree+: node 1: the sign at knot 0 is known", func(e *pieces.Evidence) { e.Plus[1] = e.Plus[0] })
		lie("other-knot", "tree+: ", func(e *pieces.Evidence) { e.Plus[0].At = 1 })
		lie("crossing-without", "tree+: node 0: group 0 has no change of sign", func(e *pieces.Evidence) {
			e.Plus[0] = pieces.Node{Kind: pieces.Crossing}
		})
		lie("crossing-moved", "tree+: node ", func(e *pieces.Evidence) { e.Plus[firstOf(e.Plus, pieces.Crossing)].Row-- })
		lie("multiplier-missing", "tree+: node ", func(e *pieces.Evidence) {
			n := &e.Plus[firstOf(e.Plus, pieces.Leaf)]
			n.Values = n.Values[:len(n.Values)-1]
		})
		lie("multiplier-too-many", "tree-: node ", func(e *pieces.Evidence) {
			n := &e.Minus[firstOf(e.Minus, pieces.Leaf)]
			n.Values = append(n.Values, 0)
		})
		lie("multiplier-negative", "tree+: node ", func(e *pieces.Evidence) {
			n := &e.Plus[firstOf(e.Plus, pieces.Leaf)]
			n.Values[len(n.Values)-1] *= -1
		})
		lie("alpha-larger", "tree+: node ", func(e *pieces.Evidence) {
			for k := range e.Plus {
				if v := e.Plus[k].Values; len(v) > len(e.Knots)+1 {
					v[0] += 64
				}
			}
		})
		lie("theta-moved", "", func(e *pieces.Evidence) { e.Groups[0].Theta[1] = (e.Groups[0].Theta[1] + 1) / 2 })
		lie("theta-descending", "group 0: theta", func(e *pieces.Evidence) { e.Groups[0].Theta[1] = -e.Groups[0].Theta[1] })
		lie("row-twice", "group 0: row 0 is in no or two groups", func(e *pieces.Evidence) { e.Groups[0].Rows[1] = 0 })
		lie("rows-swapped", "", func(e *pieces.Evidence) {
			r := e.Groups[0].Rows
			r[0], r[1] = r[1], r[0]
		})
		lie("group-of-other-knots", "", func(e *pieces.Evidence) { e.Groups[0].A = len(e.Knots) - 1 })
		lie("knot-moved", "", func(e *pieces.Evidence) { e.Knots[1][0] += 0.5 })
	}
}

// shiftLies adds lies about shifts: without them, or with others, the leaves show too much.
func shiftLies(put func(base, lie, expect string, change func(c *Certificate, e *pieces.Evidence))) {
	for name, change := range map[string]func(x float64) float64{
		"none":    func(float64) float64 { return 0 },
		"flipped": func(x float64) float64 { return -x },
		"larger":  func(x float64) float64 { return 64 * x },
	} {
		put("global-pieces-shifted", "shift-"+name, "tree", func(_ *Certificate, e *pieces.Evidence) {
			for _, tree := range [][]pieces.Node{e.Plus, e.Minus} {
				for k := range tree {
					if tree[k].Kind == pieces.Shifted {
						tree[k].Values[0] = change(tree[k].Values[0])
					}
				}
			}
		})
	}
	put("global-pieces-shifted", "shift-unread", "tree+: node ", func(_ *Certificate, e *pieces.Evidence) {
		e.Plus[firstOf(e.Plus, pieces.Shifted)].Kind = pieces.Leaf
	})
	put("global-pieces-shifted", "shift-missing", "tree-: node ", func(_ *Certificate, e *pieces.Evidence) {
		n := &e.Minus[firstOf(e.Minus, pieces.Shifted)]
		n.Values = n.Values[1:]
	})
	put("global-pieces-two", "shift-of-no-knot", "", func(_ *Certificate, e *pieces.Evidence) {
		n := &e.Plus[firstOf(e.Plus, pieces.Leaf)] // whose signs are all known
		n.Kind, n.Values = pieces.Shifted, append([]float64{0.25}, n.Values...)
	})
}

// TestPieceMutants changes one number of the evidence at a time, states the hash
// anew, and insists that both checkers agree.
func TestPieceMutants(t *testing.T) {
	count := map[verdict.Verdict]int{}
	short := func(_ int, name, _ string) bool {
		return name == "global-pieces-open" || name == "global-pieces-shifted" || name == "global-pieces-one"
	}
	eachValid(t, short, func(name, text string) {
		c, err := Decode(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if c.Global == nil || c.Global.Pieces == nil {
			return
		}
		e := c.Global.Pieces
		number := func(v *float64) {
			old := *v
			for _, m := range []float64{-old, 2*old + 1, old + 0.125, old - 0.125, up(old), 0} {
				if *v = m; math.Float64bits(m) != math.Float64bits(old) {
					count[agree(t, name, encoded(c))]++
				}
			}
			*v = old
		}
		for _, g := range e.Groups {
			for j := range g.Theta {
				number(&g.Theta[j])
			}
		}
		for _, k := range e.Knots {
			for j := range k {
				number(&k[j])
			}
		}
		for _, tree := range []*[]pieces.Node{&e.Plus, &e.Minus} {
			whole := *tree
			for k := range whole {
				for j := range whole[k].Values {
					number(&whole[k].Values[j])
				}
				if kind := whole[k].Kind; kind != pieces.Leaf && kind != pieces.Shifted {
					n := whole[k]
					whole[k].At = (n.At + 1) % len(e.Groups)
					count[agree(t, name, encoded(c))]++
					whole[k] = n
				}
				if len(whole) > 1 {
					*tree = append(append([]pieces.Node{}, whole[:k]...), whole[k+1:]...)
					if got := agree(t, name, encoded(c)); got != verdict.Invalid {
						t.Errorf("%s: accepted without node %d", name, k)
					}
					*tree = whole
				}
			}
		}
	})
	t.Logf("%d mutants refused, %d malformed, %d still true and proved so by both checkers", count[verdict.Invalid], count[verdict.Malformed], count[verdict.Valid])
	if count[verdict.Invalid] < 200 {
		t.Error("the mutation test does not bite")
	}
}

// TestSixLiesAboutPieces: both checkers refuse, for what the pieces say and not for another reason, a wrong
// group, theta, sign, crossing, missing child and leaf multiplier.
func TestSixLiesAboutPieces(t *testing.T) {
	members := piecesMembers()
	lies := map[string]func(e *pieces.Evidence){
		"group":    func(e *pieces.Evidence) { e.Groups[0].A, e.Groups[0].B = e.Groups[0].B, e.Groups[0].A },
		"theta":    func(e *pieces.Evidence) { e.Groups[0].Theta[1] = (e.Groups[0].Theta[1] + 1) / 2 },
		"sign":     func(e *pieces.Evidence) { e.Plus[0].At = 1 },
		"crossing": func(e *pieces.Evidence) { e.Plus[firstOf(e.Plus, pieces.Crossing)].Row-- },
		"child": func(e *pieces.Evidence) { // the second one of the root
			end := 1
			for open := 1; open > 0; end++ {
				if open--; e.Plus[end].Kind != pieces.Leaf {
					open += 2
				}
			}
			e.Plus = e.Plus[:end]
		},
		"multiplier": func(e *pieces.Evidence) {
			for k := range e.Plus {
				if v := e.Plus[k].Values; len(v) > len(e.Knots)+1 {
					v[0] += 64
				}
			}
		},
	}
	for _, base := range []string{"global-pieces-two", "global-pieces-three", "global-pieces-off"} {
		text := encoded(members[base])
		if got := agree(t, base, text); got != verdict.Valid {
			t.Fatalf("%s is %v", base, got)
		}
		for name, lie := range lies {
			c, err := Decode(strings.NewReader(text))
			if err != nil {
				t.Fatal(err)
			}
			lie(c.Global.Pieces)
			changed := encoded(c)
			if r := checkText(t, changed); len(falseClaims(r)) != 1 || !falseClaims(r)[ClaimGlobalFeasible] {
				t.Errorf("%s with a wrong %s: the checker has %+v", base, name, r.Claims)
			}
			slow, err := naive.Check(changed)
			if err != nil || slow[ClaimGlobalFeasible] != naive.Fails {
				t.Errorf("%s with a wrong %s: the naive checker says %v, %v", base, name, slow, err)
			}
		}
	}
}
