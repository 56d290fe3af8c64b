package proofs

import (
	"crypto/sha256"
	"fmt"
	"math/big"
	"strings"
)

// naiveGlobal is section global as it is read.
type naiveGlobal struct {
	nu            []*big.Rat
	bound, relGap *big.Rat
	status        string
	trees         []string      // of s = 1 and -1; nil for the closed form
	quadratic     [2][]*big.Rat // b, mu, tau of s = 1 and -1, closed form
}

func (c *naiveCertificate) parseGlobal(l *naiveLines) {
	if !l.peek("section") {
		return
	}
	f := l.exactly("section", 2)
	l.oneOf(f[0], "global")
	form := l.oneOf(f[1], "tree", "closed")
	if c.gated {
		l.fail()
	}
	if l.bad {
		return
	}
	c.global = &naiveGlobal{nu: l.numbers(l.exactly("nu", c.n))}
	c.global.bound = l.number(l.exactly("bound", 1)[0])
	c.global.relGap = l.number(l.exactly("rel_gap", 1)[0])
	c.global.status = l.oneOf(l.exactly("status", 1)[0], "optimal", "priced", "limit", "interrupted")
	if form == "closed" {
		c.global.quadratic = [2][]*big.Rat{l.numbers(l.exactly("quadratic+", 3)), l.numbers(l.exactly("quadratic-", 3))}
		return
	}
	c.global.trees = []string{l.tree("tree+"), l.tree("tree-")}
	if hash := sha256.Sum256([]byte(strings.Join(c.global.trees, " "))); fmt.Sprintf("%x", hash) != l.exactly("sha256", 1)[0] {
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
func (c *naiveCertificate) globalAnswers() (feasible, dual, gap naiveAnswer) {
	of := *c
	of.nu, of.bound, of.relGap, of.status = c.global.nu, c.global.bound, c.global.relGap, c.global.status
	switch {
	case !of.balanced():
		feasible = naiveFails
	case c.global.trees == nil:
		feasible = of.closedForm()
	default:
		feasible = of.trees()
	}
	return feasible, of.dual(), naiveIf(of.gap())
}

// closedForm decides both signs' quadratic forms, norms of rows being known to
// 10^-60.
func (c *naiveCertificate) closedForm() naiveAnswer {
	worst := naiveHolds
	for side, q := range c.global.quadratic {
		b, mu, tau := q[0], q[1], q[2]
		if b.Sign() <= 0 || mu.Sign() < 0 {
			return naiveFails
		}
		form := c.newForm(side, b)
		most := ratMul(ratInt(2*c.n), c.beta)
		total := ratAdd(ratAdd(mu, tau), form.constant)
		room := ratMul(ratMul(ratDecimal("1e-15"), ratInt(4*(c.n+c.d+32)*(c.d+1))), ratAdd(ratAdd(total, most), form.size))
		switch {
		case total.Cmp(most) > 0 || naiveDefinite(form.matrix(mu, tau)) < 0:
			return naiveFails
		case ratAdd(total, room).Cmp(most) > 0 || naiveDefinite(form.matrix(ratSub(mu, room), ratSub(tau, room))) <= 0:
			worst = naiveRoom
		}
	}
	return worst
}

// naiveForm is s c.w + w'Gw of one sign, c = X'nu, and what the closed form adds.
type naiveForm struct {
	g              [][]*big.Rat // d x d
	c              []*big.Rat
	constant, size *big.Rat // (b/2) sum p_i h_i; sum |v_i| h_i^2 + sum |nu_i| h_i
}

func (c *naiveCertificate) newForm(side int, b *big.Rat) *naiveForm {
	f := &naiveForm{constant: new(big.Rat), size: new(big.Rat)}
	f.g = make([][]*big.Rat, c.d)
	for j := range c.d {
		f.c = append(f.c, new(big.Rat))
		for range c.d {
			f.g[j] = append(f.g[j], new(big.Rat))
		}
	}
	for i, nu := range naiveTimes(c.nu, ratInt(1-2*side)) {
		h := naiveRoot(ratDot(c.x[i], c.x[i]))
		if h.Sign() == 0 {
			continue
		}
		v := new(big.Rat).Quo(nu, h)
		if nu.Sign() > 0 {
			v.Quo(v, ratMul(ratInt(2), b))
			f.constant.Add(f.constant, ratMul(big.NewRat(1, 2), ratMul(b, ratMul(nu, h))))
		}
		f.size.Add(f.size, new(big.Rat).Abs(ratMul(ratMul(v, h), h)))
		f.size.Add(f.size, new(big.Rat).Abs(ratMul(nu, h)))
		for j, a := range c.x[i] {
			f.c[j].Add(f.c[j], ratMul(nu, a))
			for k, e := range c.x[i] {
				f.g[j][k].Add(f.g[j][k], ratMul(v, ratMul(a, e)))
			}
		}
	}
	return f
}

// matrix is the one that must be positive semidefinite.
func (f *naiveForm) matrix(mu, tau *big.Rat) [][]*big.Rat {
	d := len(f.c)
	m := make([][]*big.Rat, d+1)
	half := naiveTimes(f.c, big.NewRat(-1, 2))
	for j := range d {
		m[j] = append(naiveTimes(f.g[j], ratInt(-1)), half[j])
		m[j][j] = ratAdd(m[j][j], mu)
	}
	m[d] = append(append([]*big.Rat{}, half...), tau)
	return m
}

// naiveRoot is the root of v >= 0, exact for squares, else from above and within
// 10^-60 of it relative to 1 + v.
func naiveRoot(v *big.Rat) *big.Rat {
	exact := new(big.Rat).SetFrac(new(big.Int).Sqrt(v.Num()), new(big.Int).Sqrt(v.Denom()))
	if ratMul(exact, exact).Cmp(v) == 0 {
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
				q := ratMul(a[j][p], a[p][k])
				a[j][k] = ratSub(a[j][k], q.Quo(q, pivot))
			}
		}
	}
	return sign
}

// A naiveWalk goes through one sign's trees from the first character to the last.
type naiveWalk struct {
	text       string
	x          [][]*big.Rat // rows without the columns of zeros
	nu         []*big.Rat   // times the sign
	r          int
	most, room *big.Rat // squares: of n beta, and of n beta less the room of FORMAT.md
}

func (c *naiveCertificate) walk(side int) *naiveWalk {
	x := naiveNonzeroColumns(c.x)
	radius := ratMul(ratInt(c.n), c.beta)
	smaller := ratMul(radius, ratDecimal("0.999999999"))
	return &naiveWalk{x: x, nu: naiveTimes(c.nu, ratInt(1-2*side)), r: len(x[0]), most: ratMul(radius, radius), room: ratMul(smaller, smaller)}
}

// trees decides that both texts are a tree for every orthant with true leaves.
func (c *naiveCertificate) trees() naiveAnswer {
	worst := naiveHolds
	for side, text := range c.global.trees {
		w := c.walk(side)
		if w.text = text; w.r > 12 {
			return naiveFails
		}
		for orthant := range 1 << w.r {
			worst = max(worst, w.cone(naiveOrthant(w.r, orthant), make([]int, w.r)))
			if worst == naiveFails {
				return worst
			}
		}
		if w.text != "" {
			return naiveFails
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

// naiveOrthant has the vertices -e_k where bit k of number is 1, e_k elsewhere.
func naiveOrthant(r, number int) [][]*big.Rat {
	v := make([][]*big.Rat, r)
	for k := range v {
		for j := range r {
			v[k] = append(v[k], new(big.Rat))
			if j == k {
				v[k][j] = ratInt(1 - 2*(number>>k&1))
			}
		}
	}
	return v
}

// cone takes the next node, for the cone of the vertices v, and what belongs to it.
func (w *naiveWalk) cone(v [][]*big.Rat, age []int) naiveAnswer {
	if w.text == "" {
		return naiveFails
	}
	node := w.text[0]
	w.text = w.text[1:]
	if node == '.' {
		return w.leaf(v)
	}
	a, b := w.edge(int(node) - 48)
	if b < 0 || max(age[a], age[b]) >= 50 {
		return naiveFails
	}
	middle, grown := naiveMiddle(v[a], v[b]), max(age[a], age[b])+1
	first := w.cone(naiveInstead(v, b, middle), naiveInstead(age, b, grown))
	if first == naiveFails {
		return first
	}
	return max(first, w.cone(naiveInstead(v, a, middle), naiveInstead(age, a, grown)))
}

func naiveMiddle(a, b []*big.Rat) []*big.Rat {
	middle := naiveTimes(a, big.NewRat(1, 2))
	for k := range middle {
		middle[k].Add(middle[k], ratMul(b[k], big.NewRat(1, 2)))
	}
	return middle
}

// naiveInstead copies a list with one entry changed.
func naiveInstead[T any](list []T, at int, v T) []T {
	out := append([]T{}, list...)
	out[at] = v
	return out
}

// edge is the pair of vertices with a number; b < 0 if there is none.
func (w *naiveWalk) edge(number int) (a, b int) {
	for b = range w.r {
		for a = range b {
			if number == b*(b-1)/2+a {
				return a, b
			}
		}
	}
	return -1, -1
}

// leaf says how the square of the largest left side compares with those of n beta
// and of n beta less the room.
func (w *naiveWalk) leaf(v [][]*big.Rat) naiveAnswer {
	answer := naiveHolds
	w.newLeaf(v).enclose(func(square naiveRange) bool {
		switch {
		case square.lo.Cmp(w.most) > 0:
			answer = naiveFails
		case square.hi.Cmp(w.most) <= 0 && square.lo.Cmp(w.room) >= 0:
			answer = naiveRoom
		default:
			return square.hi.Cmp(w.room) < 0
		}
		return true
	})
	return answer
}
