package pieces

import "slices"

// An ascent finds a local maximum of nu'relu(Xw) over the unit sphere. Around a w every
// piece whose sign changes has a stretch of rows on which its profile is concave. Where all
// these meet the sum is concave, and its maximum there is that of a relaxation that misses
// nothing. If it lies at an end of a stretch, behind which the profile turns up, or where
// the sign of a knot changes, the ascent goes on beyond.

// rising is by how much, relatively, a step of an ascent has to raise the value.
const rising = 1e-13

// ascentGap is to what relative precision the maximum over some stretches is computed.
const ascentGap = 1e-7

// holding is the multiplier, relative to the value, of an end that holds a maximum.
const holding = 1e-7

// ascend moves from w, where the value is the given one, to a local maximum.
func (x *relaxation) ascend(d *side, w []float64, value float64) ([]float64, float64) {
	for range maxClimb {
		next, got := x.ascent(d, w, value)
		if !(got > value*(1+rising)) {
			break
		}
		w, value = next, got
	}
	return w, value
}

// ascent is a step from w: to the maximum over the stretches around it or, where that is
// at w, over those beyond an end that holds it.
func (x *relaxation) ascent(d *side, w []float64, value float64) ([]float64, float64) {
	x.n.project(w)
	s := x.around(d, x.n.v)
	if at, got := x.maximum(d, s, w); got > value*(1+rising) {
		return at, got
	}
	var ends []int
	for j, mu := range x.n.bestMu {
		if mu > holding*value {
			ends = append(ends, x.n.half[j].kind)
		}
	}
	for _, kind := range ends {
		if at, got := x.maximum(d, x.beyond(d, s, kind), w); got > value*(1+rising) {
			return at, got
		}
	}
	return w, value
}

// maximum is that over the stretches s, from w.
func (x *relaxation) maximum(d *side, s *state, w []float64) ([]float64, float64) {
	x.build(d, s)
	x.n.solve(w, 0, ascentGap)
	x.direction()
	return slices.Clone(x.w), d.value(x.n.v, nil)
}

// around has the stretches around the knot values v.
func (x *relaxation) around(d *side, v []float64) *state {
	s := x.root()
	for k, z := range v {
		s.sign[k] = 1
		if z < 0 {
			s.sign[k] = -1
		}
	}
	for k := range x.chain.Pieces {
		if p := &x.chain.Pieces[k]; x.crosses(k, s) {
			d.stretch(s, k, d.term[k].cut(v[p.A]/(v[p.A]-v[p.B])))
		}
	}
	return s
}

// beyond has the stretches of s but behind one of their ends, named as halfspaces are.
func (x *relaxation) beyond(d *side, s *state, kind int) *state {
	next := s.clone()
	if k := kind - len(x.size); k >= 0 {
		if cut := int(s.l[k/2]) - 1; k%2 == 0 {
			d.stretch(next, k/2, cut)
		} else {
			d.stretch(next, k/2, int(s.u[k/2])+1)
		}
		return next
	}
	next.sign[kind] = -next.sign[kind]
	for k := range x.chain.Pieces {
		p := &x.chain.Pieces[k]
		switch {
		case !x.crosses(k, next):
		case p.A == kind:
			d.stretch(next, k, 0)
		case p.B == kind:
			d.stretch(next, k, len(p.Rows))
		}
	}
	return next
}

// stretch sets that of piece k around a sign change behind so many rows.
func (d *side) stretch(s *state, k, cut int) {
	c0 := d.term[k].c0
	l, u := cut, cut
	for u < len(c0)-1 && c0[u+1] <= c0[u] {
		u++
	}
	for l > 0 && c0[l] <= c0[l-1] {
		l--
	}
	s.l[k], s.u[k] = int32(l), int32(u)
}
