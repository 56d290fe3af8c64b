package proofs

import (
	"fmt"
	"math/big"
)

// An apex is a vertex of a simplex with what is linear on it: the sum of the earlier
// corrections and this one. f is enclosed.
type apex struct {
	x      []float64
	f      bracket
	sum, q bracket
}

// An outcome of a search: proved, refuted at a point, or left open there.
type outcome int

const (
	proved outcome = iota
	open
	refuted
)

// A finding says what the search found where.
type finding struct {
	outcome outcome
	where   string
	what    string
}

// A statement about the residual e = f - sum and the correction q on a simplex.
type statement interface {
	// at decides the statement at a vertex: refuted, or open.
	at(a apex) (refuted bool, what string)
	// forms lists the functions alpha f + l that have to be nonnegative on the simplex, l linear, given at the
	// vertices. ok is false if no such list proves the statement.
	forms(s []apex) (list []form, ok bool)
	// decide decides the statement for f linear on the simplex, with exact values at the vertices.
	decide(s []exactApex) (counter []*big.Rat, what string, ok bool)
}

// A form is alpha f + l.
type form struct {
	alpha  float64
	linear []bracket
}

// maxPieces bounds the bisections of one simplex; maxDepth keeps coordinates exact.
const (
	maxPieces = 1 << 14
	maxDepth  = 26
)

type piece struct {
	apexes []apex
	depth  int
}

// search proves or refutes a statement on a simplex by bisecting its longest edge.
func search(p probe, st statement, s []apex) finding {
	stack := []piece{{s, 0}}
	limit := maxDepth * len(s[0].x)
	for used := 0; len(stack) > 0; used++ {
		t := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, a := range t.apexes {
			if bad, what := st.at(a); bad {
				return finding{refuted, pointString(a.x), what}
			}
		}
		if holds(p, st, t.apexes) {
			continue
		}
		if !p.divisible() || t.depth == limit || used == maxPieces {
			return finding{open, boxString(hullOf(t.apexes)), "not proved by bisection"}
		}
		one, two, err := bisect(p, t)
		if err != nil {
			return finding{open, boxString(hullOf(t.apexes)), err.Error()}
		}
		stack = append(stack, one, two)
	}
	return finding{}
}

// holds tries the bounds of alpha f + l: through the interpolant of f, whose deviation is
// bounded, and through the range of f.
func holds(p probe, st statement, s []apex) bool {
	forms, ok := st.forms(s)
	if !ok {
		return false
	}
	ends := s[0].f
	for _, a := range s[1:] {
		ends = ends.join(a.f)
	}
	box := hullOf(s)
	d := p.deviation(box, ends)
	for _, g := range forms {
		alpha := exactly(g.alpha)
		least, leastLinear := inf, inf
		for i, a := range s {
			least = min(least, alpha.times(a.f).plus(g.linear[i]).lo)
			leastLinear = min(leastLinear, g.linear[i].lo)
		}
		first := sumBelow(least, -alpha.magnitude().times(exactly(d.bound)).hi)
		if first < 0 && sumBelow(alpha.times(d.value).lo, leastLinear) < 0 {
			return false
		}
	}
	return true
}

func hullOf(s []apex) []bracket {
	box := make([]bracket, len(s[0].x))
	for j := range box {
		box[j] = exactly(s[0].x[j])
		for _, a := range s[1:] {
			box[j] = box[j].join(exactly(a.x[j]))
		}
	}
	return box
}

// bisect cuts the edge that is longest in the max-norm.
func bisect(p probe, t piece) (one, two piece, err error) {
	a, b, longest := 0, 1, -1.0
	for i := range t.apexes {
		for j := range i {
			length := 0.0
			for k, v := range t.apexes[i].x {
				length = max(length, v-t.apexes[j].x[k], t.apexes[j].x[k]-v)
			}
			if length > longest {
				a, b, longest = i, j, length
			}
		}
	}
	mid, err := middle(p, t.apexes[a], t.apexes[b])
	if err != nil {
		return one, two, err
	}
	one = piece{append([]apex(nil), t.apexes...), t.depth + 1}
	two = piece{append([]apex(nil), t.apexes...), t.depth + 1}
	one.apexes[a], two.apexes[b] = mid, mid
	return one, two, nil
}

func middle(p probe, a, b apex) (apex, error) {
	m := apex{x: make([]float64, len(a.x))}
	for j := range m.x {
		m.x[j] = (a.x[j] + b.x[j]) / 2 // exact: depth is limited
	}
	half := exactly(0.5)
	m.sum = a.sum.plus(b.sum).times(half)
	m.q = a.q.plus(b.q).times(half)
	var err error
	m.f, err = p.at(m.x)
	return m, err
}

func pointString(x []float64) string {
	s := "("
	for j, v := range x {
		if j > 0 {
			s += ", "
		}
		s += fmt.Sprint(v)
	}
	return s + ")"
}

func boxString(box []bracket) string {
	s := ""
	for j, b := range box {
		if j > 0 {
			s += " x "
		}
		s += fmt.Sprintf("[%v, %v]", b.lo, b.hi)
	}
	return s
}

// decreasing states |e - q| <= |e|, that is q (2e - q) >= 0.
type decreasing struct{}

func (decreasing) at(a apex) (bool, string) {
	e := a.f.minus(a.sum)
	rest := e.plus(e).minus(a.q)
	if a.q.lo > 0 && rest.hi < 0 || a.q.hi < 0 && rest.lo > 0 {
		return true, fmt.Sprintf("e before in %v, correction %v", e, a.q)
	}
	return false, ""
}

// forms: where q >= 0 it suffices that 2e - q >= 0, where q <= 0 that q - 2e >= 0.
func (decreasing) forms(s []apex) ([]form, bool) {
	up, down := false, false
	for _, a := range s {
		up, down = up || a.q.hi > 0, down || a.q.lo < 0
	}
	switch {
	case !up && !down:
		return nil, true
	case up && down:
		return nil, false
	}
	g := form{alpha: 2, linear: make([]bracket, len(s))}
	if down {
		g.alpha = -2
	}
	for i, a := range s {
		g.linear[i] = a.sum.plus(a.sum).plus(a.q)
		if up {
			g.linear[i] = g.linear[i].neg()
		}
	}
	return []form{g}, true
}

// bounded states |e - q| <= limit.
type bounded struct{ limit float64 }

func (b bounded) at(a apex) (bool, string) {
	e := a.f.minus(a.sum).minus(a.q)
	if e.magnitude().lo > b.limit {
		return true, fmt.Sprintf("e in %v, claimed |e| <= %v", e, b.limit)
	}
	return false, ""
}

func (b bounded) forms(s []apex) ([]form, bool) {
	low, high := form{1, make([]bracket, len(s))}, form{-1, make([]bracket, len(s))}
	for i, a := range s {
		total := a.sum.plus(a.q)
		low.linear[i] = exactly(b.limit).minus(total)
		high.linear[i] = exactly(b.limit).plus(total)
	}
	return []form{low, high}, true
}
