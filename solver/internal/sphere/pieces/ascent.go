package pieces

import (
	"math"
	"slices"
)

// An ascent finds a local maximum of nu'relu(Xw) over the unit sphere. In the cell of w the function is linear. Rows with
// nu < 0 that w lies on hold it where it falls to both sides of them. A step goes towards the
// maximiser of the cell in the subspace of the rows that hold, to the first maximum on the way that a bisection
// meets: that is the maximiser, or lies on a row, which holds from now on. A row holds while its multiplier is between 0 and
// -nu, and else lets go, to that side. Values on the way need no more than the products of w and the
// direction with the knots.
//
// Measured on grade 3 of co2_weekly (rank 8, 14 pieces, 2225 rows), from where 406 climbs ended: 0.15 ms each, to 0.58 n beta in
// the mean. Maximising by an interior point over the stretches on which the pieces are concave took 20 ms, to 0.41 n beta.

const (
	// rising is by how much, relatively, steps of an ascent have to raise the value.
	rising = 1e-13
	// mostSteps of an ascent, which takes some dozens, and mostFlat of them in a row that raise nothing: rows let go
	// before others hold.
	mostSteps, mostFlat = 500, 6
	// mostHalvings of a way are more than it takes to tell any two rows apart.
	mostHalvings = 64
	// slack is by how much a multiplier is outside its bounds, as a share of them, if it is, and nearby how far, squared, a
	// maximiser is from w that is w.
	slack, nearby = 1e-9, 1e-24
)

// span is a range of the rows of a piece, from .. to-1.
type span struct{ from, to int32 }

func (a span) size() int { return int(a.to - a.from) }

// apart is the number of rows that are in one of two spans only.
func (a span) apart(b span) int {
	return a.size() + b.size() - 2*max(0, int(min(a.to, b.to)-max(a.from, b.from)))
}

// ascent is the room of one.
type ascent struct {
	dv     []float64 // the products of the direction with the knots, which are K
	lo, hi []span    // per piece: its positive rows at the ends of a way, without those that hold
	mid    []span
	open   []int // pieces whose positive rows differ at the ends, and the value and the slope of the others
	value  float64
	slope  float64
	held   []span // per piece: the rows that hold, which are equal; from is -1 where there are none
	pieces []int  // those of which rows hold
	basis  []float64
	factor []float64 // of the rows that hold, in the basis
	dir    []float64
	share  []float64
}

func newAscent(g *geometry) *ascent {
	return &ascent{
		dv: make([]float64, len(g.size)), lo: make([]span, g.pieces), hi: make([]span, g.pieces), mid: make([]span, g.pieces), open: make([]int, 0, g.pieces),
		held: make([]span, g.pieces), basis: make([]float64, g.r*g.r), factor: make([]float64, g.r*g.r),
		dir: make([]float64, g.r), share: make([]float64, g.r),
	}
}

// ascend moves from w, a unit vector where the value is the given one, to a local maximum.
func (x *relaxation) ascend(d *side, w []float64, value float64) ([]float64, float64) {
	t := x.climber
	for k := range t.held {
		t.held[k].from = -1
	}
	t.pieces = t.pieces[:0]
	at, flat := slices.Clone(w), 0
	x.n.project(at)
	x.spans(d, 0, t.lo)
	for range mostSteps {
		x.gradient(d)
		freed := x.release(d)
		norm, far := math.Sqrt(dot(t.dir, t.dir)), 0.0
		if !(norm > 0) {
			break
		}
		for j := range t.dir {
			t.dir[j] = t.dir[j]/norm - at[j]
			far += t.dir[j] * t.dir[j]
		}
		if far <= nearby && !freed {
			break
		}
		if k, group := x.along(d, at); k >= 0 && len(t.pieces) < x.r-1 {
			t.held[k] = group
			t.pieces = append(t.pieces, k)
			x.hold()
		}
		x.settle(at)
		x.spans(d, 0, t.lo)
		got, _ := x.affine(d, t.lo)
		if flat++; got > value*(1+rising) {
			flat = 0
		}
		if got > value {
			value = got
			copy(w, at)
		} else if flat > mostFlat {
			break
		}
	}
	return w, value
}

// settle moves w on the rows that hold, but for rounding, and projects it to the knots.
func (x *relaxation) settle(w []float64) {
	x.climber.free(w)
	norm := math.Sqrt(dot(w, w))
	for j := range w {
		w[j] /= norm
	}
	x.n.project(w)
}

// free projects v to the subspace of the rows that hold.
func (t *ascent) free(v []float64) {
	for j := range t.pieces {
		q := t.basis[j*len(v) : (j+1)*len(v)]
		axpy(v, -dot(q, v), q)
	}
}

// spans sets the positive rows of every piece so far along the way.
func (x *relaxation) spans(d *side, step float64, to []span) {
	v, dv := x.n.v, x.climber.dv
	x.n.operations += valueOperations * x.pieces
	for k := range x.chain.Pieces {
		p := &x.chain.Pieces[k]
		to[k] = x.positive(d, k, v[p.A]+step*dv[p.A], v[p.B]+step*dv[p.B])
	}
}

// positive are the positive rows of piece k, but for those that hold.
func (x *relaxation) positive(d *side, k int, a, b float64) span {
	n := int32(len(d.term[k].theta))
	if h := x.climber.held[k]; h.from >= 0 {
		switch {
		case x.chain.Pieces[k].linear():
			return span{}
		case a > b:
			return span{0, h.from}
		}
		return span{h.to, n}
	}
	switch {
	case a >= 0 && b >= 0:
		return span{0, n}
	case a <= 0 && b <= 0:
		return span{}
	case a > 0:
		return span{0, int32(d.term[k].cut(a / (a - b)))}
	}
	return span{int32(d.term[k].cut(a / (a - b))), n}
}

// over are the coefficients of a and b in the sum over some rows.
func (t *term) over(s span) (alpha, beta float64) {
	beta = t.c1[s.to] - t.c1[s.from]
	return t.c0[s.to] - t.c0[s.from] - beta, beta
}

// affine is the sum over the positive rows where the knots were projected to, and its slope along the way.
func (x *relaxation) affine(d *side, s []span) (value, slope float64) {
	for k := range x.chain.Pieces {
		more, steeper := x.affineIn(d, k, s[k])
		value, slope = value+more, slope+steeper
	}
	return value, slope
}

// affineIn is the part of piece k.
func (x *relaxation) affineIn(d *side, k int, s span) (value, slope float64) {
	p, v, dv := &x.chain.Pieces[k], x.n.v, x.climber.dv
	alpha, beta := d.term[k].over(s)
	return alpha*v[p.A] + beta*v[p.B], alpha*dv[p.A] + beta*dv[p.B]
}

// bracket begins with the pieces whose positive rows differ at the ends of a way. Where a row has the same sign at both it has no other between them.
func (x *relaxation) bracket(d *side) {
	t := x.climber
	t.open, t.value, t.slope = t.open[:0], 0, 0
	for k := range x.chain.Pieces {
		t.open = append(t.open, k)
	}
	x.shut(d)
}

// narrow moves an end to the middle.
func (x *relaxation) narrow(d *side, end []span) {
	t := x.climber
	for _, k := range t.open {
		end[k] = t.mid[k]
	}
	x.shut(d)
}

// shut adds up pieces that no longer differ.
func (x *relaxation) shut(d *side) {
	t := x.climber
	left := t.open[:0]
	for _, k := range t.open {
		if t.lo[k].apart(t.hi[k]) > 0 {
			left = append(left, k)
			continue
		}
		value, slope := x.affineIn(d, k, t.lo[k])
		t.value, t.slope = t.value+value, t.slope+slope
	}
	t.open = left
}

// midway sets mid so far along the way, and returns the value and the slope there.
func (x *relaxation) midway(d *side, step float64) (value, slope float64) {
	t, v := x.climber, x.n.v
	x.n.operations += valueOperations * len(t.open)
	value, slope = t.value, t.slope
	for _, k := range t.open {
		p := &x.chain.Pieces[k]
		t.mid[k] = x.positive(d, k, v[p.A]+step*t.dv[p.A], v[p.B]+step*t.dv[p.B])
		more, steeper := x.affineIn(d, k, t.mid[k])
		value, slope = value+more, slope+steeper
	}
	return value, slope
}

// gradient sets dir to the sum of nu x over the positive rows.
func (x *relaxation) gradient(d *side) {
	t := x.climber
	clear(x.n.coef)
	for k := range x.chain.Pieces {
		p := &x.chain.Pieces[k]
		alpha, beta := d.term[k].over(t.lo[k])
		x.n.coef[p.A] += alpha
		x.n.coef[p.B] += beta
	}
	clear(t.dir)
	x.n.lift(t.dir)
}

// release projects dir to the subspace of the rows that hold. The row that holds least lets go before, where its multiplier is
// outside its bounds; it is in lo then if it goes to that side.
func (x *relaxation) release(d *side) (freed bool) {
	t := x.climber
	worst, at, on := 0.0, -1, false
	h := len(t.pieces)
	for j := h - 1; j >= 0; j-- {
		t.share[j] = dot(t.basis[j*x.r:(j+1)*x.r], t.dir)
		for i := j + 1; i < h; i++ {
			t.share[j] -= t.factor[i*x.r+j] * t.share[i]
		}
		t.share[j] /= t.factor[j*x.r+j]
	}
	for j, k := range t.pieces {
		weight := d.term[k].weight(t.held[k])
		size := math.Sqrt(dot(t.factor[j*x.r:j*x.r+j+1], t.factor[j*x.r:j*x.r+j+1]))
		if off := -t.share[j]; off*size > worst && off > -slack*weight {
			worst, at, on = off*size, j, false
		}
		if off := t.share[j] + weight; off*size > worst && off > -slack*weight {
			worst, at, on = off*size, j, true
		}
	}
	if at >= 0 {
		k := t.pieces[at]
		p, g := &x.chain.Pieces[k], t.held[k]
		if on {
			alpha, beta := d.term[k].over(g)
			axpy(t.dir, alpha, x.knot(p.A))
			axpy(t.dir, beta, x.knot(p.B))
			switch s := &t.lo[k]; {
			case p.linear():
				*s = g
			case s.from == g.to:
				s.from = g.from
			default:
				s.to = g.to
			}
		}
		t.held[k].from = -1
		t.pieces = slices.Delete(t.pieces, at, at+1)
		x.hold()
	}
	t.free(t.dir)
	return at >= 0
}

// weight is the sum of nu over rows.
func (t *term) weight(s span) float64 { return t.c0[s.to] - t.c0[s.from] }

// hold makes the basis of the rows that hold: row j is the sum of factor[j][i] times basis[i], i <= j.
func (x *relaxation) hold() {
	t, r := x.climber, x.r
	for j, k := range t.pieces {
		p, q := &x.chain.Pieces[k], t.basis[j*r:(j+1)*r]
		theta := p.Theta[t.held[k].from]
		a, b := x.knot(p.A), x.knot(p.B)
		for i := range q {
			q[i] = (1-theta)*a[i] + theta*b[i]
		}
		f := t.factor[j*r : (j+1)*r]
		clear(f)
		for range 2 { // the second time for what the first leaves to rounding
			for i := range j {
				s := dot(t.basis[i*r:(i+1)*r], q)
				f[i] += s
				axpy(q, -s, t.basis[i*r:(i+1)*r])
			}
		}
		f[j] = math.Sqrt(dot(q, q))
		for i := range q {
			q[i] /= f[j]
		}
	}
	x.n.operations += 8 * len(t.pieces) * len(t.pieces) * r
}

// along goes from w, a unit vector where the knots are projected to, along dir to a maximum of the value over the norm, and returns the
// piece and the rows that hold there, or -1.
func (x *relaxation) along(d *side, w []float64) (piece int, group span) {
	t := x.climber
	for k := range t.dv {
		t.dv[k] = dot(x.knot(k), t.dir)
	}
	x.n.operations += 2 * len(x.knots)
	y := way{wd: dot(w, t.dir), dd: dot(t.dir, t.dir)}
	least, _ := x.affine(d, t.lo)
	up := func(value, slope, step float64) bool {
		return y.rises(value, slope, step) && y.ratio(value, slope, step) >= least
	}
	to, lo, hi := 1.0, 0.0, 1.0
	piece = -1
	x.spans(d, 1, t.hi)
	if value, slope := x.affine(d, t.hi); !up(value, slope, 1) {
		x.bracket(d)
		for range mostHalvings {
			k, g := x.turning()
			if k == x.pieces {
				to = y.peak(x.affine(d, t.lo))
				break
			}
			if k >= 0 {
				to, piece, group = x.atRow(d, &y, k, g, lo, hi)
				break
			}
			to = (lo + hi) / 2
			if value, slope := x.midway(d, to); up(value, slope, to) {
				lo = to
				x.narrow(d, t.lo)
			} else {
				hi = to
				x.narrow(d, t.hi)
			}
			to = lo
		}
		to = min(max(to, lo), hi)
	}
	axpy(w, to, t.dir)
	clear(t.dv)
	return piece, group
}

// way is from a unit vector w in a direction: what is known of the norm on it.
type way struct{ wd, dd float64 }

func (y *way) square(step float64) float64 { return 1 + 2*step*y.wd + step*step*y.dd }

// ratio is a value over the norm, rises whether it rises there.
func (y *way) ratio(value, slope, step float64) float64 {
	return (value + step*slope) / math.Sqrt(y.square(step))
}
func (y *way) rises(value, slope, step float64) bool {
	return slope*y.square(step) > (value+step*slope)*(y.wd+step*y.dd)
}

// peak is where the ratio is largest in the cell with such a value at w.
func (y *way) peak(value, slope float64) float64 {
	if fall := value*y.dd - slope*y.wd; fall > 0 {
		return (slope - value*y.wd) / fall
	}
	return math.Inf(1)
}

// turning is the piece and its rows, all equal, that are positive at one of the ends of the way only. The piece is x.pieces where no rows are, and
// -1 where there are others.
func (x *relaxation) turning() (piece int, group span) {
	t := x.climber
	piece = x.pieces
	for _, k := range t.open {
		a, b := t.lo[k], t.hi[k]
		apart := a.apart(b)
		var g span
		switch {
		case a.size() == 0:
			g = b
		case b.size() == 0:
			g = a
		case a.from == b.from:
			g = span{min(a.to, b.to), max(a.to, b.to)}
		default:
			g = span{min(a.from, b.from), max(a.from, b.from)}
		}
		theta := x.chain.Pieces[k].Theta
		if piece < x.pieces || t.held[k].from >= 0 || g.size() != apart || theta[g.from] != theta[g.to-1] {
			return -1, span{}
		}
		piece, group = k, g
	}
	return piece, group
}

// atRow is where the ratio is largest between lo and hi, between which only equal rows of piece k change their sign, and
// these where they hold it.
func (x *relaxation) atRow(d *side, y *way, k int, g span, lo, hi float64) (to float64, piece int, group span) {
	t, p := x.climber, &x.chain.Pieces[k]
	theta := p.Theta[g.from]
	at := func(v []float64) float64 { return (1-theta)*v[p.A] + theta*v[p.B] }
	row := min(max(-at(x.n.v)/at(t.dv), lo), hi)
	if before := y.peak(x.affine(d, t.lo)); before <= row {
		return before, -1, g
	}
	if behind := y.peak(x.affine(d, t.hi)); behind > row || !(d.term[k].weight(g) < 0) {
		return behind, -1, g
	}
	return row, k, g
}
