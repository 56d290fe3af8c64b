package pieces

import "math"

// A shift at a knot that two pieces share gives one of them x relu(v) and takes it from the
// other. The sum of all phi is the same, but the sum of their majorants is not: where phi of
// one piece is convex at the knot and that of the other concave, the kinks cancel. While the
// sign of v is open every x is as true; behind that a shift is linear and plays no part.
//
// The x of a node are one of a number of steps, so that majorants are computed once for all
// nodes. A node begins with those of its parent, and goes on where the sum of majorants
// at the relaxation's maximiser falls, if that lowers its bound, too.
const (
	// shiftNodes: a search that is to end after that many, as pricing does at first, is without
	// shifts. Measured at rank 9, nodes of CPU us each without and with: 19 pieces 28,500 of 83, 12,700 of
	// 166; 20 pieces 7900 of 178, 2300 of 307; 25 pieces came to 2.8 times the target after 60,000 of 82, to 2.1
	// times after 12,000 of 212. With shifts in every search the default run took 3.9 CPU s, so 2.7.
	shiftNodes = 2048
	// firstShift is the smallest shift, in units of the target at |v| = |knot|, and every next
	// one is larger by a step that is shiftGrowth times the last: 30 of them reach 160.
	firstShift, shiftGrowth, mostShift = 0.05, 1.25, 30
	// shiftSteps is how many steps a shift goes on at once.
	shiftSteps = 4
	// leastFall of the excess over the goal is what has to be expected of a change of shifts.
	leastFall = 1e-3
)

// shiftOf is the shift of step q at a knot in piece k.
func (g *geometry) shiftOf(k, knot int, q int8) float64 {
	if q == 0 {
		return 0
	}
	x := firstShift * (math.Pow(shiftGrowth, math.Abs(float64(q))) - 1) / (shiftGrowth - 1) / g.size[knot]
	if (q > 0) == (g.shared[knot][0] == int32(k)) {
		return x
	}
	return -x
}

// share notes the two pieces of the knots that have room for a shift.
func (g *geometry) share() {
	g.shared = g.chain.Shared()
	for knot, size := range g.size {
		if size == 0 {
			g.shared[knot] = [2]int32{-1, -1}
		}
	}
}

// shifts says that there may be one at knot k on s.
func (g *geometry) shifts(k int, s *state) bool { return s.sign[k] == 0 && g.shared[k][0] >= 0 }

// openKey names majorants with shifts.
type openKey struct {
	piece         int32
	signs, qa, qb int8
}

// shiftedOpen are the majorants of piece k for signs of which one at least is open, with
// shifts of steps qa and qb where they are open.
func (d *side) shiftedOpen(k int, sa, sb, qa, qb int8) []majorant {
	p := &d.chain.Pieces[k]
	if sa != 0 {
		qa = 0
	}
	if sb != 0 {
		qb = 0
	}
	if qa == 0 && qb == 0 {
		return d.open[k][signs(sa, sb)]
	}
	key := openKey{int32(k), int8(signs(sa, sb)), qa, qb}
	d.mu.RLock()
	m, ok := d.shifted[key]
	d.mu.RUnlock()
	if !ok {
		m = d.term[k].plus(d.shiftOf(k, p.A, qa), d.shiftOf(k, p.B, qb)).open(d.image[k], sa, sb)
		d.mu.Lock()
		d.shifted[key] = m
		d.mu.Unlock()
	}
	return m
}

// phi is the value of piece k at (a, b) on s, with the shifts there.
func (d *side) phi(k int, s *state, a, b float64) float64 {
	p := &d.chain.Pieces[k]
	value := d.term[k].value(a, b)
	if s.sign[p.A] == 0 {
		value += d.shiftOf(k, p.A, s.q[p.A]) * max(0, a)
	}
	if s.sign[p.B] == 0 {
		value += d.shiftOf(k, p.B, s.q[p.B]) * max(0, b)
	}
	return value
}

// shift looks for better shifts of the node s, whose bound is above the goal. It returns
// the bound with those that s has then.
func (x *relaxation) shift(d *side, s *state, bound, goal float64) float64 {
	n := x.n
	copy(x.q, s.q)
	if fall := x.proposeShifts(d, s); fall < leastFall*(bound-goal) {
		copy(s.q, x.q)
		return bound
	}
	x.lambda, x.mu = append(x.lambda[:0], n.bestLambda...), append(x.mu[:0], n.bestMu...)
	copy(x.start, x.w)
	x.build(d, s)
	if got := n.solve(x.start, goal, coarse); got < bound {
		x.direction()
		return got
	}
	copy(s.q, x.q)
	copy(x.w, x.start)
	x.build(d, s)
	n.restore(x.lambda, x.mu)
	n.project(x.w)
	return bound
}

// proposeShifts moves the shifts of s, knot after knot, as long as the majorants at the knot values fall, and
// returns by how much they do.
func (x *relaxation) proposeShifts(d *side, s *state) (fall float64) {
	v := x.n.v
	at := func(knot int, q int8) float64 {
		sum := 0.0
		for _, k := range x.shared[knot] {
			p := &x.chain.Pieces[k]
			qa, qb := s.q[p.A], s.q[p.B]
			if p.A == knot {
				qa = q
			} else {
				qb = q
			}
			sum += least(d.shiftedOpen(int(k), s.sign[p.A], s.sign[p.B], qa, qb), v[p.A], v[p.B])
		}
		return sum
	}
	for knot := range s.q {
		if !x.shifts(knot, s) {
			continue
		}
		now, from := at(knot, s.q[knot]), s.q[knot]
		for _, way := range [2]int8{1, -1} {
			for q := from + way; q != from+way*(shiftSteps+1) && q >= -mostShift && q <= mostShift; q += way {
				next := at(knot, q)
				if !(next < now) {
					break
				}
				fall += now - next
				now, s.q[knot] = next, q
			}
			if s.q[knot] != from {
				break
			}
		}
	}
	return fall
}
