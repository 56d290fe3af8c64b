package cube

import (
	"fmt"
	"math/big"
	"multigrade/proofs/internal/exact"
)

// An apex is a vertex of a simplex with what is linear on it: the sum of the earlier
// corrections and this one. f is enclosed.
type apex struct {
	x      []float64
	f      exact.Bracket
	sum, q exact.Bracket
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
	linear []exact.Bracket
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
		ends = ends.Join(a.f)
	}
	box := hullOf(s)
	d := p.deviation(box, ends, edgesOf(s))
	for _, g := range forms {
		alpha := exact.At(g.alpha)
		least, leastLinear := exact.Inf, exact.Inf
		for i, a := range s {
			least = min(least, alpha.Times(a.f).Plus(g.linear[i]).Lo)
			leastLinear = min(leastLinear, g.linear[i].Lo)
		}
		away := d.under
		if g.alpha < 0 {
			away = d.over
		}
		first := exact.SumBelow(least, -alpha.Magnitude().Times(exact.At(away)).Hi)
		if first < 0 && exact.SumBelow(alpha.Times(d.value).Lo, leastLinear) < 0 {
			return false
		}
	}
	return true
}

// edgesOf lists the edges of a simplex of a Kuhn triangulation or of its bisections: their coordinates are exact.
func edgesOf(s []apex) [][]float64 {
	edges := make([][]float64, 0, len(s)*(len(s)-1)/2)
	for i := range s {
		for _, b := range s[:i] {
			e := make([]float64, len(b.x))
			for k, v := range b.x {
				e[k] = s[i].x[k] - v
			}
			edges = append(edges, e)
		}
	}
	return edges
}

func hullOf(s []apex) []exact.Bracket {
	box := make([]exact.Bracket, len(s[0].x))
	for j := range box {
		box[j] = exact.At(s[0].x[j])
		for _, a := range s[1:] {
			box[j] = box[j].Join(exact.At(a.x[j]))
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
	half := exact.At(0.5)
	m.sum = a.sum.Plus(b.sum).Times(half)
	m.q = a.q.Plus(b.q).Times(half)
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

func boxString(box []exact.Bracket) string {
	s := ""
	for j, b := range box {
		if j > 0 {
			s += " x "
		}
		s += fmt.Sprintf("[%v, %v]", b.Lo, b.Hi)
	}
	return s
}

// decreasing states |e - q| <= |e|, that is q (2e - q) >= 0.
type decreasing struct{}

func (decreasing) at(a apex) (bool, string) {
	e := a.f.Minus(a.sum)
	rest := e.Plus(e).Minus(a.q)
	if a.q.Lo > 0 && rest.Hi < 0 || a.q.Hi < 0 && rest.Lo > 0 {
		return true, fmt.Sprintf("e before in %v, correction %v", e, a.q)
	}
	return false, ""
}

// forms: where q >= 0 it suffices that 2e - q >= 0, where q <= 0 that q - 2e >= 0.
func (decreasing) forms(s []apex) ([]form, bool) {
	up, down := false, false
	for _, a := range s {
		up, down = up || a.q.Hi > 0, down || a.q.Lo < 0
	}
	switch {
	case !up && !down:
		return nil, true
	case up && down:
		return nil, false
	}
	g := form{alpha: 2, linear: make([]exact.Bracket, len(s))}
	if down {
		g.alpha = -2
	}
	for i, a := range s {
		g.linear[i] = a.sum.Plus(a.sum).Plus(a.q)
		if up {
			g.linear[i] = g.linear[i].Neg()
		}
	}
	return []form{g}, true
}

// bounded states -below <= e - q <= above.
type bounded struct{ below, above float64 }

func (b bounded) at(a apex) (bool, string) {
	e := a.f.Minus(a.sum).Minus(a.q)
	if e.Lo > b.above || e.Hi < -b.below {
		return true, fmt.Sprintf("e in %v, claimed %v <= e <= %v", e, -b.below, b.above)
	}
	return false, ""
}

func (b bounded) forms(s []apex) ([]form, bool) {
	low, high := form{1, make([]exact.Bracket, len(s))}, form{-1, make([]exact.Bracket, len(s))}
	for i, a := range s {
		total := a.sum.Plus(a.q)
		low.linear[i] = exact.At(b.below).Minus(total)
		high.linear[i] = exact.At(b.above).Plus(total)
	}
	return []form{low, high}, true
}
