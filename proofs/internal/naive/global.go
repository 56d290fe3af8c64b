package naive

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
)

// naiveGlobal is section global as it is read.
type naiveGlobal struct {
	Nu            []*big.Rat
	bound, relGap *big.Rat
	status        string
	Trees         []string      // of s = 1 and -1; nil for the closed form
	Quadratic     [2][]*big.Rat // b, mu, tau of s = 1 and -1, closed form
	Rows          []Rowwise     // of s = 1 and -1, instead
	Branches      [][]Branch    // trees of s = 1 and -1, instead
	Pieces        *naivePieces  // knots, groups and trees over them, instead
}

func (c *Certificate) parseGlobal(l *naiveLines) {
	if !l.peek("section") {
		return
	}
	f := l.exactly("section", 2)
	l.oneOf(f[0], "global")
	form := l.oneOf(f[1], "tree", "closed", "rows", "branches", "pieces")
	if c.Gated {
		l.fail()
	}
	if l.bad {
		return
	}
	c.Global = &naiveGlobal{Nu: l.numbers(l.exactly("nu", c.n))}
	c.Global.bound = l.number(l.exactly("bound", 1)[0])
	c.Global.relGap = l.number(l.exactly("rel_gap", 1)[0])
	c.Global.status = l.oneOf(l.exactly("status", 1)[0], "optimal", "priced", "limit", "time", "stalled", "interrupted")
	if form == "closed" {
		c.Global.Quadratic = [2][]*big.Rat{l.numbers(l.exactly("quadratic+", 3)), l.numbers(l.exactly("quadratic-", 3))}
		return
	}
	if form == "rows" {
		for _, sign := range []string{"+", "-"} {
			c.Global.Rows = append(c.Global.Rows, c.parseRowwise(l, sign))
		}
		return
	}
	if form == "branches" {
		c.Global.Branches = [][]Branch{c.parseBranches(l, "+"), c.parseBranches(l, "-")}
		return
	}
	if form == "pieces" {
		c.Global.Pieces = c.parsePieces(l)
		return
	}
	c.Global.Trees = []string{l.tree("tree+"), l.tree("tree-")}
	if hash := sha256.Sum256([]byte(strings.Join(c.Global.Trees, " "))); fmt.Sprintf("%x", hash) != l.exactly("sha256", 1)[0] {
		l.fail()
	}
}

// tree reads a number of nodes and that many characters, in fields of 64.
func (l *naiveLines) tree(keyword string) string {
	f := l.line(keyword, 2)
	count := l.integer(f[0], 1, 2147483647)
	text := strings.Join(f[1:], "")
	if len(text) != count {
		l.fail()
	}
	for k, field := range f[1:] {
		if len(field) > 64 || len(field) < 64 && k < len(f)-2 {
			l.fail()
		}
	}
	for _, node := range []byte(text) {
		if edges := 12 * 11 / 2; node != '.' && (int(node) < 48 || int(node) >= 48+edges) {
			l.fail()
		}
	}
	return text
}

// globalAnswers are those of global-feasible, global-dual and global-gap: the
// last two are what dual and gap say of the section's own numbers.
func (c *Certificate) globalAnswers() (feasible, dual, gap Answer) {
	of := *c
	of.Nu, of.Bound, of.relGap, of.Status = c.Global.Nu, c.Global.bound, c.Global.relGap, c.Global.status
	on := of.Twice()
	switch {
	case !of.balanced():
		feasible = Fails
	case c.Global.Pieces != nil:
		feasible = on.PiecesHold()
	case c.Global.Rows != nil:
		feasible = on.RowsHold()
	case c.Global.Branches != nil:
		feasible = on.BranchesHold()
	case c.Global.Trees == nil:
		feasible = on.ClosedForm()
	default:
		feasible = on.trees()
	}
	return feasible, of.dual(), naiveIf(of.gap())
}

// Twice has the rows of X and their negatives, these with the weights -s nu, where the
// activation is not relu. n stays what it is.
func (c *Certificate) Twice() *Certificate {
	if c.Slope.Sign() == 0 {
		return c
	}
	out := *c
	out.X = append([][]*big.Rat{}, c.X...)
	for _, x := range c.X {
		out.X = append(out.X, Times(x, RatInt(-1)))
	}
	out.Nu = append(append([]*big.Rat{}, c.Nu...), Times(c.Nu, new(big.Rat).Neg(c.Slope))...)
	return &out
}

// evidenceRows is how many rows Twice has.
func (c *Certificate) evidenceRows() int {
	if c.Slope.Sign() == 0 {
		return c.n
	}
	return 2 * c.n
}

// ClosedForm decides both signs' quadratic forms, norms of rows being known to
// 10^-60.
func (c *Certificate) ClosedForm() Answer {
	worst := Holds
	for side, q := range c.Global.Quadratic {
		b, mu, tau := q[0], q[1], q[2]
		if b.Sign() <= 0 || mu.Sign() < 0 {
			return Fails
		}
		form := c.NewForm(side, b)
		most := RatMul(RatInt(2*c.n), c.Beta)
		total := ratAdd(ratAdd(mu, tau), form.Constant)
		room := RatMul(RatMul(ratDecimal("1e-15"), RatInt(4*(len(c.X)+c.d+32)*(c.d+1))), ratAdd(ratAdd(total, most), form.Size))
		switch {
		case total.Cmp(most) > 0 || naiveDefinite(form.Matrix(mu, tau)) < 0:
			return Fails
		case ratAdd(total, room).Cmp(most) > 0 || naiveDefinite(form.Matrix(RatSub(mu, room), RatSub(tau, room))) <= 0:
			worst = Room
		}
	}
	return worst
}

// Form is s c.w + w'Gw of one sign, c = X'nu, and what the closed form adds.
type Form struct {
	g              [][]*big.Rat // d x d
	c              []*big.Rat
	Constant, Size *big.Rat // (b/2) sum p_i h_i; sum |v_i| h_i^2 + sum |nu_i| h_i
}

func (c *Certificate) NewForm(side int, b *big.Rat) *Form {
	f := &Form{Constant: new(big.Rat), Size: new(big.Rat)}
	f.g = make([][]*big.Rat, c.d)
	for j := range c.d {
		f.c = append(f.c, new(big.Rat))
		for range c.d {
			f.g[j] = append(f.g[j], new(big.Rat))
		}
	}
	for i, nu := range Times(c.Nu, RatInt(1-2*side)) {
		h := naiveRoot(RatDot(c.X[i], c.X[i]))
		if h.Sign() == 0 {
			continue
		}
		v := new(big.Rat).Quo(nu, h)
		if nu.Sign() > 0 {
			v.Quo(v, RatMul(RatInt(2), b))
			f.Constant.Add(f.Constant, RatMul(big.NewRat(1, 2), RatMul(b, RatMul(nu, h))))
		}
		f.Size.Add(f.Size, new(big.Rat).Abs(RatMul(RatMul(v, h), h)))
		f.Size.Add(f.Size, new(big.Rat).Abs(RatMul(nu, h)))
		for j, a := range c.X[i] {
			f.c[j].Add(f.c[j], RatMul(nu, a))
			for k, e := range c.X[i] {
				f.g[j][k].Add(f.g[j][k], RatMul(v, RatMul(a, e)))
			}
		}
	}
	return f
}

// Matrix is the one that must be positive semidefinite.
func (f *Form) Matrix(mu, tau *big.Rat) [][]*big.Rat {
	d := len(f.c)
	m := make([][]*big.Rat, d+1)
	half := Times(f.c, big.NewRat(-1, 2))
	for j := range d {
		m[j] = append(Times(f.g[j], RatInt(-1)), half[j])
		m[j][j] = ratAdd(m[j][j], mu)
	}
	m[d] = append(append([]*big.Rat{}, half...), tau)
	return m
}

// naiveRoot is the root of v >= 0, exact for squares, else from above and within
// 10^-60 of it relative to 1 + v.
func naiveRoot(v *big.Rat) *big.Rat {
	exact := new(big.Rat).SetFrac(new(big.Int).Sqrt(v.Num()), new(big.Int).Sqrt(v.Denom()))
	if RatMul(exact, exact).Cmp(v) == 0 {
		return exact
	}
	const digits = 200
	scaled := new(big.Int).Lsh(v.Num(), 2*digits)
	root := new(big.Int).Sqrt(scaled.Quo(scaled, v.Denom()))
	return new(big.Rat).SetFrac(root.Add(root, big.NewInt(1)), new(big.Int).Lsh(big.NewInt(1), digits))
}

// naiveDefinite is 1 for a positive definite matrix, 0 for one that is only
// semidefinite and -1 for others, by elimination: all pivots are >= 0, and where
// one is 0 so is what is left of its column. It works in place.
func naiveDefinite(a [][]*big.Rat) int {
	sign := 1
	for p := range a {
		pivot := a[p][p]
		if pivot.Sign() < 0 {
			return -1
		}
		if pivot.Sign() == 0 {
			sign = 0
		}
		for j := p + 1; j < len(a); j++ {
			if pivot.Sign() == 0 && a[j][p].Sign() != 0 {
				return -1
			}
			for k := p + 1; k < len(a) && pivot.Sign() > 0; k++ {
				q := RatMul(a[j][p], a[p][k])
				a[j][k] = RatSub(a[j][k], q.Quo(q, pivot))
			}
		}
	}
	return sign
}

// A naiveWalk goes through one sign's trees from the first character to the last.
type Walk struct {
	text       string
	x          [][]*big.Rat // rows without the columns of zeros
	nu         []*big.Rat   // times the sign
	R          int
	most, room *big.Rat // squares: of n beta, and of n beta less the room of FORMAT.md
}

func (c *Certificate) Walk(side int) *Walk {
	x := naiveNonzeroColumns(c.X)
	radius := RatMul(RatInt(c.n), c.Beta)
	smaller := RatMul(radius, ratDecimal("0.999999999"))
	return &Walk{x: x, nu: Times(c.Nu, RatInt(1-2*side)), R: len(x[0]), most: RatMul(radius, radius), room: RatMul(smaller, smaller)}
}

// trees decides that both texts are a tree for every orthant with true leaves.
func (c *Certificate) trees() Answer {
	worst := Holds
	for side, text := range c.Global.Trees {
		w := c.Walk(side)
		if w.text = text; w.R > 12 {
			return Fails
		}
		for orthant := range 1 << w.R {
			worst = max(worst, w.cone(Orthant(w.R, orthant), make([]int, w.R)))
			if worst == Fails {
				return worst
			}
		}
		if w.text != "" {
			return Fails
		}
	}
	return worst
}

func naiveNonzeroColumns(x [][]*big.Rat) [][]*big.Rat {
	out := make([][]*big.Rat, len(x))
	for j := range x[0] {
		zero := true
		for _, row := range x {
			zero = zero && row[j].Sign() == 0
		}
		for i, row := range x {
			if !zero {
				out[i] = append(out[i], row[j])
			}
		}
	}
	return out
}

// Orthant has the vertices -e_k where bit k of number is 1, e_k elsewhere.
func Orthant(r, number int) [][]*big.Rat {
	v := make([][]*big.Rat, r)
	for k := range v {
		for j := range r {
			v[k] = append(v[k], new(big.Rat))
			if j == k {
				v[k][j] = RatInt(1 - 2*(number>>k&1))
			}
		}
	}
	return v
}

// cone takes the next node, for the cone of the vertices v, and what belongs to it.
func (w *Walk) cone(v [][]*big.Rat, age []int) Answer {
	if w.text == "" {
		return Fails
	}
	node := w.text[0]
	w.text = w.text[1:]
	if node == '.' {
		return w.Leaf(v)
	}
	a, b := w.Edge(int(node) - 48)
	if b < 0 || max(age[a], age[b]) >= 50 {
		return Fails
	}
	middle, grown := Middle(v[a], v[b]), max(age[a], age[b])+1
	first := w.cone(Instead(v, b, middle), Instead(age, b, grown))
	if first == Fails {
		return first
	}
	return max(first, w.cone(Instead(v, a, middle), Instead(age, a, grown)))
}

func Middle(a, b []*big.Rat) []*big.Rat {
	middle := Times(a, big.NewRat(1, 2))
	for k := range middle {
		middle[k].Add(middle[k], RatMul(b[k], big.NewRat(1, 2)))
	}
	return middle
}

// Instead copies a list with one entry changed.
func Instead[T any](list []T, at int, v T) []T {
	out := append([]T{}, list...)
	out[at] = v
	return out
}

// Edge is the pair of vertices with a number; b < 0 if there is none.
func (w *Walk) Edge(number int) (a, b int) {
	for b = range w.R {
		for a = range b {
			if number == b*(b-1)/2+a {
				return a, b
			}
		}
	}
	return -1, -1
}

// Leaf says how the square of the largest left side compares with those of n beta
// and of n beta less the room.
func (w *Walk) Leaf(v [][]*big.Rat) Answer {
	answer := Holds
	w.NewLeaf(v).Enclose(func(square Range) bool {
		switch {
		case square.Lo.Cmp(w.most) > 0:
			answer = Fails
		case square.Hi.Cmp(w.most) <= 0 && square.Lo.Cmp(w.room) >= 0:
			answer = Room
		default:
			return square.Hi.Cmp(w.room) < 0
		}
		return true
	})
	return answer
}
