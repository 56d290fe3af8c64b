package pieces

import (
	"slices"
	"sync/atomic"
)

// ahead is what was bounded while ascents went on, for the round to come: the children of nodes that it is likely to
// branch. What a bound comes to depends on the goal, so it is used only where that is still the same.
type ahead struct {
	goal  float64
	pairs map[*state]*pair // by what was known of the parent
}

// pair is the two children of a node.
type pair struct {
	q    *queued
	at   [2]*state
	got  [2]found
	done [2]bool
}

// children are those of q, not bounded yet.
func (s *search) children(q *queued) *pair {
	c := q.how.children(q.at, s.geometry)
	return &pair{q: q, at: [2]*state{c[0], c[1]}}
}

// known are those of q as far as they have been bounded for the goal.
func (s *search) known(q *queued, goal float64) *pair {
	if s.ahead != nil && s.ahead.goal == goal {
		if p := s.ahead.pairs[q.at]; p != nil {
			return p
		}
	}
	return s.children(q)
}

// likely lists the nodes that the next round branches if ascents change nothing, the children in climbed of those just
// taken among them, and the goal then.
func (s *search) likely(taken []*queued, states []*state, climbed []found) (goal float64, nodes []*queued) {
	lower := s.lower
	for k := range climbed {
		lower = max(lower, climbed[k].value)
	}
	goal = s.goalAt(lower)
	next := [2]int32{int32(len(s.tree[0])), int32(len(s.tree[1]))}
	for k := range climbed {
		f, t := &climbed[k], taken[k/2].tree
		if q := f.queued(t, next[t], states[k]); s.stays(f, goal) {
			nodes = append(nodes, q)
		}
		next[t]++
	}
	open := s.take(goal)
	for _, q := range open {
		s.put(q)
	}
	nodes = append(nodes, open...)
	slices.SortFunc(nodes, (*queued).compare)
	return goal, nodes[:min(len(nodes), roundNodes)]
}

// beside does ascents, and on the processors that have none bounds what is likely to be asked for next.
func (s *search) beside(ascents int, ascent func(x *relaxation, j int), taken []*queued, states []*state, climbed []found) {
	if ascents >= len(s.workers) {
		s.parallel(ascents, ascent)
		return
	}
	a := &ahead{pairs: make(map[*state]*pair)}
	var nodes []*queued
	a.goal, nodes = s.likely(taken, states, climbed)
	pairs := make([]*pair, len(nodes))
	for k, q := range nodes {
		pairs[k] = s.children(q)
	}
	var left atomic.Int64
	left.Store(int64(ascents))
	s.parallel(ascents+2*len(pairs), func(x *relaxation, j int) {
		if j < ascents {
			ascent(x, j)
			left.Add(-1)
			return
		}
		if left.Load() == 0 {
			return
		}
		p, c := pairs[(j-ascents)/2], (j-ascents)%2
		p.got[c] = x.bound(s.side[p.q.tree], p.at[c], p.q.w, a.goal, s.shift)
		p.done[c] = true
	})
	for _, p := range pairs {
		if p.done[0] || p.done[1] {
			a.pairs[p.q.at] = p
		}
	}
	s.ahead = a
}
