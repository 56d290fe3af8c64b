package naive

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// naivePieces is what a section global pieces lists, as it is read.
type naivePieces struct {
	knots  [][]*big.Rat
	groups []naiveGroup
	trees  [2][]naiveNode
}

type naiveGroup struct {
	a, b  int
	rows  []int
	theta []*big.Rat
}

type naiveNode struct {
	kind    string
	at, row int
	values  []*big.Rat
}

// canonical is how a number is written.
func canonical(v *big.Rat, text string) string {
	f, _ := v.Float64()
	if f == 0 && strings.HasPrefix(text, "-") {
		return "-0"
	}
	return strconv.FormatFloat(f, 'g', -1, 64)
}

// parsePieces reads knots, groups and trees, and compares their hash.
func (c *Certificate) parsePieces(l *naiveLines) *naivePieces {
	const most = 2147483647
	p := &naivePieces{}
	var text strings.Builder
	values := func(keyword string, fields []string) []*big.Rat {
		v := l.numbers(fields)
		text.WriteString(keyword)
		for k := range v {
			text.WriteString(" " + canonical(v[k], fields[k]))
		}
		text.WriteString("\n")
		return v
	}
	for n := l.integer(l.exactly("knots", 1)[0], 1, most); n > 0 && !l.bad; n-- {
		p.knots = append(p.knots, values("knot", l.exactly("knot", c.d)))
	}
	for n := l.integer(l.exactly("groups", 1)[0], 1, c.evidenceRows()); n > 0 && !l.bad; n-- {
		f := l.exactly("group", 3)
		g := naiveGroup{a: l.integer(f[0], 0, len(p.knots)-1), b: l.integer(f[1], 0, len(p.knots)-1)}
		m := l.integer(f[2], 1, c.evidenceRows())
		fmt.Fprintf(&text, "group %d %d %d\nrows", g.a, g.b, m)
		for _, i := range l.exactly("rows", m) {
			g.rows = append(g.rows, l.integer(i, 0, c.evidenceRows()-1))
			fmt.Fprintf(&text, " %d", g.rows[len(g.rows)-1])
		}
		text.WriteString("\n")
		g.theta = values("theta", l.exactly("theta", m))
		p.groups = append(p.groups, g)
	}
	for side, name := range []string{"tree+", "tree-"} {
		text.WriteString("tree\n")
		for n := l.integer(l.exactly(name, 1)[0], 1, most); n > 0 && !l.bad; n-- {
			p.trees[side] = append(p.trees[side], p.node(l, values, &text))
		}
	}
	if hash := sha256.Sum256([]byte(text.String())); fmt.Sprintf("%x", hash) != l.exactly("sha256", 1)[0] {
		l.fail()
	}
	return p
}

func (p *naivePieces) node(l *naiveLines, values func(string, []string) []*big.Rat, text *strings.Builder) (n naiveNode) {
	switch {
	case l.peek("k"):
		n.kind, n.at = "k", l.integer(l.exactly("k", 1)[0], 0, len(p.knots)-1)
		fmt.Fprintf(text, "k %d\n", n.at)
	case l.peek("c"):
		f := l.exactly("c", 2)
		n.kind, n.at = "c", l.integer(f[0], 0, len(p.groups)-1)
		if !l.bad {
			n.row = l.integer(f[1], 0, len(p.groups[n.at].rows)-1)
		}
		fmt.Fprintf(text, "c %d %d\n", n.at, n.row)
	default:
		n.kind = "."
		if l.peek("s") {
			n.kind = "s"
		}
		f := l.line(n.kind, 1)
		m := l.integer(f[0], 0, 4*len(p.groups)+len(p.knots))
		if m != len(f)-1 {
			l.fail()
			return n
		}
		n.values = values(fmt.Sprintf("%s %d", n.kind, m), f[1:])
	}
	return n
}

// wide is the precision of the roots that appear.
const wide = 400

func wideOf(v *big.Rat) *big.Float { return new(big.Float).SetPrec(wide).SetRat(v) }

func wideSum(list ...*big.Float) *big.Float {
	sum := new(big.Float).SetPrec(wide)
	for _, v := range list {
		sum.Add(sum, v)
	}
	return sum
}

func wideProduct(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(wide).Mul(a, b) }

func wideNorm(v []*big.Rat) *big.Float {
	f := wideOf(RatDot(v, v))
	return f.Sqrt(f)
}

// combination is p a + q b.
func combination(p *big.Rat, a []*big.Rat, q *big.Rat, b []*big.Rat) []*big.Rat {
	out := Times(a, p)
	for j, v := range Times(b, q) {
		out[j].Add(out[j], v)
	}
	return out
}

// naiveRegion is a node's part of the ball: s v_k >= 0 for known signs s, and for
// each group the row before and the row behind its change of sign.
type naiveRegion struct {
	sign          map[int]int
	before, after map[int]int
}

func (r *naiveRegion) with(change func(*naiveRegion)) *naiveRegion {
	out := &naiveRegion{map[int]int{}, map[int]int{}, map[int]int{}}
	for k, v := range r.sign {
		out.sign[k] = v
	}
	for k, v := range r.before {
		out.before[k] = v
	}
	for k, v := range r.after {
		out.after[k] = v
	}
	change(out)
	return out
}

// PiecesHold decides both trees.
func (c *Certificate) PiecesHold() Answer {
	p := c.Global.Pieces
	times := map[int]int{}
	for _, g := range p.groups {
		last := new(big.Rat)
		for k, i := range g.rows {
			if times[i]++; g.theta[k].Cmp(last) < 0 || g.theta[k].Cmp(RatInt(1)) > 0 {
				return Fails
			}
			last = g.theta[k]
		}
	}
	off := new(big.Float).SetPrec(wide)
	for i := range c.X {
		if times[i] != 1 {
			return Fails
		}
	}
	for _, g := range p.groups {
		for k, i := range g.rows {
			near := combination(RatSub(RatInt(1), g.theta[k]), p.knots[g.a], g.theta[k], p.knots[g.b])
			delta := combination(RatInt(1), c.X[i], RatInt(-1), near)
			off.Add(off, wideProduct(wideOf(new(big.Rat).Abs(c.Nu[i])), wideNorm(delta)))
		}
	}
	worst := Holds
	for side, nodes := range p.trees {
		left, answer := c.subtree(nodes, &naiveRegion{}, RatInt(1-2*side), off)
		if worst = max(worst, answer); len(left) > 0 {
			return Fails
		}
	}
	return worst
}

// subtree decides the tree that nodes begin with and returns the rest.
func (c *Certificate) subtree(nodes []naiveNode, at *naiveRegion, s *big.Rat, off *big.Float) ([]naiveNode, Answer) {
	if len(nodes) == 0 {
		return nil, Fails
	}
	n, p := nodes[0], c.Global.Pieces
	nodes = nodes[1:]
	var first, second *naiveRegion
	switch n.kind {
	case ".", "s":
		return nodes, c.pieceLeaf(n, at, s, off)
	case "k":
		if at.sign[n.at] != 0 {
			return nodes, Fails
		}
		first = at.with(func(r *naiveRegion) { r.sign[n.at] = 1 })
		second = at.with(func(r *naiveRegion) { r.sign[n.at] = -1 })
	default:
		g := p.groups[n.at]
		if at.sign[g.a]*at.sign[g.b] != -1 {
			return nodes, Fails
		}
		if row, known := at.before[n.at]; known && n.row <= row {
			return nodes, Fails
		}
		if row, known := at.after[n.at]; known && n.row >= row {
			return nodes, Fails
		}
		first = at.with(func(r *naiveRegion) { r.after[n.at] = n.row })
		second = at.with(func(r *naiveRegion) { r.before[n.at] = n.row })
	}
	nodes, one := c.subtree(nodes, first, s, off)
	if one == Fails {
		return nodes, Fails
	}
	nodes, two := c.subtree(nodes, second, s, off)
	return nodes, max(one, two)
}

// pieceLeaf compares |c| + sum of the largest excesses + off with n beta.
func (c *Certificate) pieceLeaf(n naiveNode, at *naiveRegion, s *big.Rat, off *big.Float) Answer {
	p, values := c.Global.Pieces, n.values
	short := false
	next := func() *big.Rat {
		if len(values) == 0 {
			short = true
			return new(big.Rat)
		}
		v := values[0]
		values = values[1:]
		return v
	}
	negative := false
	mu := func() *big.Rat {
		v := next()
		negative = negative || v.Sign() < 0
		return v
	}
	// gift[k] has what group k is given, of the positive part of v_a and of v_b.
	gift := make([][2]*big.Rat, len(p.groups))
	for k := range gift {
		gift[k] = [2]*big.Rat{new(big.Rat), new(big.Rat)}
	}
	for knot := range p.knots {
		if n.kind != "s" || at.sign[knot] != 0 {
			continue
		}
		if two := p.sharing(knot); two != nil {
			x := next()
			for e, k := range two {
				side := 0
				if p.groups[k].b == knot {
					side = 1
				}
				gift[k][side] = RatMul(RatInt(1-2*e), x)
			}
		}
	}
	sum := make([]*big.Rat, c.d)
	for j := range sum {
		sum[j] = new(big.Rat)
	}
	add := func(q *big.Rat, v []*big.Rat) { sum = combination(RatInt(1), sum, q, v) }
	total := wideSum(off)
	for k, g := range p.groups {
		alpha, beta := new(big.Rat), new(big.Rat)
		if sa, sb := at.sign[g.a], at.sign[g.b]; sa*sb != 1 {
			alpha, beta = next(), next()
			total.Add(total, c.excess(k, alpha, beta, gift[k], at, s))
		} else if sa == 1 {
			for j, i := range g.rows {
				nu := RatMul(s, c.Nu[i])
				alpha.Add(alpha, RatMul(nu, RatSub(RatInt(1), g.theta[j])))
				beta.Add(beta, RatMul(nu, g.theta[j]))
			}
		}
		add(alpha, p.knots[g.a])
		add(beta, p.knots[g.b])
	}
	for k := range p.knots {
		if sign := at.sign[k]; sign != 0 {
			add(RatMul(RatInt(sign), mu()), p.knots[k])
		}
	}
	for k, g := range p.groups {
		if at.sign[g.a]*at.sign[g.b] != -1 {
			continue
		}
		if row, known := at.before[k]; known {
			add(RatMul(RatInt(at.sign[g.a]), mu()), c.on(k, g.theta[row]))
		}
		if row, known := at.after[k]; known {
			add(RatMul(RatInt(at.sign[g.b]), mu()), c.on(k, g.theta[row]))
		}
	}
	if short || negative || len(values) > 0 {
		return Fails
	}
	total.Add(total, wideNorm(sum))
	radius := wideOf(RatMul(RatInt(c.n), c.Beta))
	switch {
	case total.Cmp(radius) > 0:
		return Fails
	case total.Cmp(wideProduct(radius, wideOf(ratDecimal("0.999999999")))) > 0:
		return Room
	}
	return Holds
}

// sharing lists the two groups that have the knot, neither of them twice; nil if there are not two.
func (p *naivePieces) sharing(knot int) []int {
	var has []int
	for k, g := range p.groups {
		if g.a != knot && g.b != knot {
			continue
		}
		if g.a == g.b {
			return nil
		}
		has = append(has, k)
	}
	if len(has) != 2 {
		return nil
	}
	return has
}

// on is (1-t) a + t b of group k.
func (c *Certificate) on(k int, t *big.Rat) []*big.Rat {
	g := c.Global.Pieces.groups[k]
	return combination(RatSub(RatInt(1), t), c.Global.Pieces.knots[g.a], t, c.Global.Pieces.knots[g.b])
}

// excess is the largest phi + gift - alpha v_a - beta v_b on the region, at least 0. With
// w in the plane of a and b it is attained across a row's vector or a knot, or in
// the direction of one of the vectors that phi - alpha v_a - beta v_b is the product
// with, for one choice of active rows or another: all these are tried.
func (c *Certificate) excess(k int, alpha, beta *big.Rat, gift [2]*big.Rat, at *naiveRegion, s *big.Rat) *big.Float {
	p := c.Global.Pieces
	g := p.groups[k]
	a, b := p.knots[g.a], p.knots[g.b]
	basis := orthonormal(a, b)
	type vector [2]*big.Float
	flat := func(v []*big.Rat) vector {
		var out vector
		for e := range out {
			out[e] = new(big.Float).SetPrec(wide)
			for j, x := range v {
				out[e].Add(out[e], wideProduct(wideOf(x), basis[e][j]))
			}
		}
		return out
	}
	product := func(u, v vector) *big.Float { return wideSum(wideProduct(u[0], v[0]), wideProduct(u[1], v[1])) }
	limits := []vector{} // v.w >= 0 on the region
	limit := func(sign int, v []*big.Rat) { limits = append(limits, flat(Times(v, RatInt(sign)))) }
	limit(at.sign[g.a], a)
	limit(at.sign[g.b], b)
	if at.sign[g.a]*at.sign[g.b] == -1 {
		if row, known := at.before[k]; known {
			limit(at.sign[g.a], c.on(k, g.theta[row]))
		}
		if row, known := at.after[k]; known {
			limit(at.sign[g.b], c.on(k, g.theta[row]))
		}
	}
	var rows []vector
	for j := range g.rows {
		rows = append(rows, flat(c.on(k, g.theta[j])))
	}
	least := wideOf(ratDecimal("-1e-70"))
	best := new(big.Float).SetPrec(wide)
	try := func(w vector) {
		norm := product(w, w)
		if norm.Sqrt(norm).Cmp(wideOf(ratDecimal("1e-60"))) < 0 {
			return
		}
		for e := range w {
			w[e] = new(big.Float).SetPrec(wide).Quo(w[e], norm)
		}
		for _, v := range limits {
			if product(v, w).Cmp(least) < 0 {
				return
			}
		}
		value := product(flat(combination(alpha, a, beta, b)), w)
		value.Neg(value)
		for j, i := range g.rows {
			if z := product(rows[j], w); z.Sign() > 0 {
				value.Add(value, wideProduct(wideOf(RatMul(s, c.Nu[i])), z))
			}
		}
		for e, v := range [][]*big.Rat{a, b} {
			if z := product(flat(v), w); z.Sign() > 0 {
				value.Add(value, wideProduct(wideOf(gift[e]), z))
			}
		}
		if value.Cmp(best) > 0 {
			best = value
		}
	}
	across := func(v vector) {
		minus := func(x *big.Float) *big.Float { return new(big.Float).SetPrec(wide).Neg(x) }
		try(vector{minus(v[1]), v[0]})
		try(vector{v[1], minus(v[0])})
	}
	across(flat(a))
	across(flat(b))
	for _, v := range rows {
		across(v)
	}
	for from := range len(g.rows) + 1 { // rows from .. to-1 are active
		for to := from; to <= len(g.rows); to++ {
			form := combination(new(big.Rat).Neg(alpha), a, new(big.Rat).Neg(beta), b)
			for j := from; j < to; j++ {
				form = combination(RatInt(1), form, RatMul(s, c.Nu[g.rows[j]]), c.on(k, g.theta[j]))
			}
			try(flat(form))
			if gift[0].Sign() == 0 && gift[1].Sign() == 0 {
				continue
			}
			withA := combination(RatInt(1), form, gift[0], a)
			try(flat(withA))
			try(flat(combination(RatInt(1), form, gift[1], b)))
			try(flat(combination(RatInt(1), withA, gift[1], b)))
		}
	}
	return best
}

// orthonormal returns two vectors that span a and b, the second 0 where one spans
// them.
func orthonormal(a, b []*big.Rat) [2][]*big.Float {
	if RatDot(a, a).Sign() == 0 {
		a, b = b, a
	}
	square := RatDot(a, a)
	rest := b
	if square.Sign() > 0 {
		q := RatDot(a, b)
		rest = combination(RatInt(1), b, q.Quo(q, square).Neg(q), a)
	}
	var out [2][]*big.Float
	for e, v := range [][]*big.Rat{a, rest} {
		norm := wideNorm(v)
		for _, x := range v {
			f := wideOf(x)
			if norm.Sign() > 0 {
				f.Quo(f, norm)
			}
			out[e] = append(out[e], f)
		}
	}
	return out
}
