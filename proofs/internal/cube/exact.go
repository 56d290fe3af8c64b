package cube

import (
	"fmt"
	"math/big"
)

// An exactApex is a vertex with exact values; f is set once the target is known to be
// linear on the simplex.
type exactApex struct {
	x         []*big.Rat
	f, sum, q *big.Rat
}

// maxCuts bounds the simplices into which the kinks of the target cut one simplex.
const maxCuts = 1 << 16

// exactSearch decides a statement for a piecewise linear target: the simplex is cut along
// the target's kinks until the target is linear on every part.
func exactSearch(t piecewise, st statement, s []exactApex) finding {
	stack := [][]exactApex{s}
	for cuts := 0; len(stack) > 0; cuts++ {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		points := make([][]*big.Rat, len(s))
		for i, a := range s {
			points[i] = a.x
		}
		values, kink, err := t.exact(points)
		if err != nil || cuts == maxCuts {
			return finding{open, ratString(s[0].x), fmt.Sprintf("not decided exactly (%v, %d pieces)", err, cuts)}
		}
		if kink != nil {
			one, two := cut(s, kink)
			stack = append(stack, one, two)
			continue
		}
		for i := range s {
			s[i].f = values[i]
		}
		if point, what, ok := st.decide(s); !ok {
			return finding{refuted, ratString(point), what}
		}
	}
	return finding{}
}

// cut splits a simplex where the linear function with the given vertex values vanishes on
// one of the edges along which it changes sign.
func cut(s []exactApex, value []*big.Rat) (one, two []exactApex) {
	a, b := 0, 0
	for i, v := range value {
		if v.Sign() > 0 {
			a = i
		} else if v.Sign() < 0 {
			b = i
		}
	}
	share := new(big.Rat).Sub(value[a], value[b])
	share.Quo(value[a], share)
	mid := between(s[a], s[b], share)
	one, two = append([]exactApex(nil), s...), append([]exactApex(nil), s...)
	one[a], two[b] = mid, mid
	return one, two
}

// between is a + share (b - a).
func between(a, b exactApex, share *big.Rat) exactApex {
	mix := func(p, q *big.Rat) *big.Rat {
		r := new(big.Rat).Sub(q, p)
		return r.Add(p, r.Mul(r, share))
	}
	m := exactApex{x: make([]*big.Rat, len(a.x)), sum: mix(a.sum, b.sum), q: mix(a.q, b.q)}
	for j := range m.x {
		m.x[j] = mix(a.x[j], b.x[j])
	}
	if a.f != nil && b.f != nil {
		m.f = mix(a.f, b.f)
	}
	return m
}

func ratString(x []*big.Rat) string {
	s := "("
	for j, v := range x {
		if j > 0 {
			s += ", "
		}
		s += v.RatString()
	}
	return s + ")"
}

func (b bounded) decide(s []exactApex) ([]*big.Rat, string, bool) {
	above, below := new(big.Rat).SetFloat64(b.above), new(big.Rat).SetFloat64(-b.below)
	for _, a := range s {
		e := new(big.Rat).Sub(a.f, a.sum)
		e.Sub(e, a.q)
		if e.Cmp(above) > 0 || e.Cmp(below) < 0 {
			return a.x, fmt.Sprintf("e = %s exactly, claimed %v <= e <= %v", e.FloatString(20), -b.below, b.above), false
		}
	}
	return nil, "", true
}

// decide: q and g = 2e - q are linear and q g >= 0 is wanted. If q has one sign, g must have
// it at every vertex. If q changes sign, g must vanish wherever q does: on every edge along
// which q changes sign at the same point, and at every vertex where q vanishes.
func (decreasing) decide(s []exactApex) ([]*big.Rat, string, bool) {
	g := make([]*big.Rat, len(s))
	up, down := -1, -1
	for i, a := range s {
		g[i] = new(big.Rat).Sub(a.f, a.sum)
		g[i].Add(g[i], g[i])
		g[i].Sub(g[i], a.q)
		if a.q.Sign()*g[i].Sign() < 0 {
			return a.x, violation(a), false
		}
		if a.q.Sign() > 0 {
			up = i
		} else if a.q.Sign() < 0 {
			down = i
		}
	}
	for i, a := range s {
		if a.q.Sign() != 0 || g[i].Sign() == 0 {
			continue
		}
		if to := up; g[i].Sign() < 0 && up >= 0 {
			return violated(a, s[to], zeroOf(g[i], g[to]), new(big.Rat))
		}
		if to := down; g[i].Sign() > 0 && down >= 0 {
			return violated(a, s[to], zeroOf(g[i], g[to]), new(big.Rat))
		}
	}
	if up < 0 || down < 0 {
		return nil, "", true
	}
	return crossings(s, g)
}

// crossings compares the zeros of q and g on the edges along which q changes sign; there
// g >= 0 where q > 0 and g <= 0 where q < 0 at the vertices, as decide has found.
func crossings(s []exactApex, g []*big.Rat) ([]*big.Rat, string, bool) {
	for i, a := range s {
		for j, b := range s {
			if a.q.Sign() <= 0 || b.q.Sign() >= 0 || g[i].Sign() == 0 && g[j].Sign() == 0 {
				continue
			}
			p, r := zeroOf(a.q, b.q), zeroOf(g[i], g[j])
			if p.Cmp(r) != 0 {
				return violated(a, b, p, r)
			}
		}
	}
	return nil, "", true
}

// zeroOf is where on an edge a linear function with end values a and b vanishes, as a share
// of the edge; 1 if a and b do not differ.
func zeroOf(a, b *big.Rat) *big.Rat {
	d := new(big.Rat).Sub(a, b)
	if d.Sign() == 0 {
		return big.NewRat(1, 1)
	}
	d.Quo(a, d)
	if d.Sign() < 0 || d.Cmp(big.NewRat(1, 1)) > 0 {
		return big.NewRat(1, 1)
	}
	return d
}

// violated reports the point halfway between the shares p and r of the edge a, b.
func violated(a, b exactApex, p, r *big.Rat) ([]*big.Rat, string, bool) {
	share := new(big.Rat).Add(p, r)
	m := between(a, b, share.Mul(share, big.NewRat(1, 2)))
	return m.x, violation(m), false
}

func violation(a exactApex) string {
	e := new(big.Rat).Sub(a.f, a.sum)
	return fmt.Sprintf("e before = %s, correction %s exactly", e.FloatString(20), a.q.FloatString(20))
}
