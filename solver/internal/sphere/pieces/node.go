package pieces

import (
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/floats"
)

// Node is a node of a tree: a region of the ball, given by the way from the root.
type Node struct {
	// Parent is the index of the parent, -1 for the root. The two children of a
	// branched node are at Child and Child+1; Child is 0 for a leaf.
	Parent, Child int32
	// Knot >= 0: the children have v_Knot >= 0 (first) and v_Knot <= 0. Else
	// Piece >= 0, whose knots have opposite signs: the sign changes at or before
	// row number Row of the piece (first), or at or after it.
	Knot, Piece, Row int32
	// Bound of the node's relaxation, in the units of nu given to Maximise.
	Bound float64
	// Evidence of Bound; nil once the node is branched.
	Evidence *Evidence
}

// Evidence are the multipliers of a leaf: phi <= Alpha v_a + Beta v_b + gamma on the
// leaf's part of the ball for each piece, and
//
//	|sum over pieces of Alpha a + Beta b + sum of Mu h| + sum gamma <= bound
//
// with h = s a for knots a of known sign s (Knot), and at crossings (Before, After)
// h = s ((1-t) a + t b), s the sign of v_a and t that of the last row before the
// crossing, s the sign of v_b and t that of the first row behind it.
type Evidence struct {
	Alpha, Beta   []float64 // per piece
	Knot          []float64 // per knot, >= 0
	Before, After []float64 // per piece, >= 0
	// Shift x of a knot that two pieces share: the majorants are those of phi + x relu(v) of
	// the first of them, and of phi - x relu(v) of the other. 0 where the knot's sign is known.
	Shift []float64
}

// state is what a node fixes.
type state struct {
	sign []int8  // per knot
	l, u []int32 // per piece: the sign changes after row l-1 and before row u
	q    []int8  // per knot: the step of its shift, which fixes nothing
}

func (s *state) clone() *state {
	return &state{slices.Clone(s.sign), slices.Clone(s.l), slices.Clone(s.u), slices.Clone(s.q)}
}

// side is the problem for one sign of nu: terms and the majorants that the nodes
// share.
type side struct {
	*geometry
	term []*term
	open [][9][]majorant // by piece and signs

	mu      sync.RWMutex
	known   map[crossingKey][]majorant
	shifted map[openKey][]majorant
}

type crossingKey struct {
	piece, l, u int32
	sa          int8
}

// geometry is what both signs share.
type geometry struct {
	r      int
	chain  *Chain
	knots  []float64 // K x r
	size   []float64 // their norms
	image  []ellipse // per piece
	pieces int
	shared [][2]int32 // per knot: the two pieces that end there, -1 if there may be no shift
}

func newGeometry(c *Chain, r int) *geometry {
	g := &geometry{r: r, chain: c, pieces: len(c.Pieces)}
	for _, a := range c.Knots {
		g.knots = append(g.knots, a...)
		g.size = append(g.size, floats.Norm(a, 2))
	}
	for _, p := range c.Pieces {
		g.image = append(g.image, newEllipse(c.Knots[p.A], c.Knots[p.B]))
	}
	g.share()
	return g
}

func (g *geometry) knot(k int) []float64 { return g.knots[k*g.r : (k+1)*g.r] }

func newSide(g *geometry, nu []float64, s float64) *side {
	d := &side{geometry: g, known: make(map[crossingKey][]majorant), shifted: make(map[openKey][]majorant), open: make([][9][]majorant, g.pieces)}
	for k := range g.chain.Pieces {
		d.term = append(d.term, newTerm(&g.chain.Pieces[k], nu, s))
	}
	return d
}

// prepare computes the majorants of piece k for open signs.
func (d *side) prepare(k int) {
	p, t := &d.chain.Pieces[k], d.term[k]
	for sa := int8(-1); sa <= 1; sa++ {
		for sb := int8(-1); sb <= 1; sb++ {
			at := &d.open[k][signs(sa, sb)]
			switch n := len(t.theta); {
			case p.linear():
				*at = ray(t.c0[n], d.size[p.A], sa)
			case sa > 0 && sb > 0:
				*at = []majorant{{alpha: t.c0[n] - t.c1[n], beta: t.c1[n]}}
			case sa < 0 && sb < 0:
				*at = []majorant{{}}
			case sa == 0 || sb == 0:
				*at = t.open(d.image[k], sa, sb)
			}
		}
	}
}

func signs(a, b int8) int { return int(3*(a+1) + b + 1) }

// majorants of piece k on a node.
func (d *side) majorants(k int, s *state) []majorant {
	p := &d.chain.Pieces[k]
	sa, sb := s.sign[p.A], s.sign[p.B]
	if sa*sb >= 0 {
		return d.shiftedOpen(k, sa, sb, s.q[p.A], s.q[p.B])
	}
	key := crossingKey{int32(k), s.l[k], s.u[k], sa}
	d.mu.RLock()
	m, ok := d.known[key]
	d.mu.RUnlock()
	if !ok {
		m = d.term[k].crossing(sa, int(key.l), int(key.u))
		d.mu.Lock()
		d.known[key] = m
		d.mu.Unlock()
	}
	return m
}

// crosses reports whether piece k has a known sign change on s.
func (g *geometry) crosses(k int, s *state) bool {
	p := &g.chain.Pieces[k]
	return s.sign[p.A]*s.sign[p.B] < 0
}

// value returns sum_s phi_s at the knot values v, and, if c is not nil, its
// gradient in w.
func (d *side) value(v, c []float64) float64 {
	sum := 0.0
	clear(c)
	for k := range d.chain.Pieces {
		p := &d.chain.Pieces[k]
		alpha, beta := d.term[k].gradient(v[p.A], v[p.B])
		sum += alpha*v[p.A] + beta*v[p.B]
		if c != nil {
			axpy(c, alpha, d.knot(p.A))
			axpy(c, beta, d.knot(p.B))
		}
	}
	return sum
}

// root is the state of the whole ball.
func (g *geometry) root() *state {
	s := &state{sign: make([]int8, len(g.size)), l: make([]int32, g.pieces), u: make([]int32, g.pieces), q: make([]int8, len(g.size))}
	for k, p := range g.chain.Pieces {
		s.u[k] = int32(len(p.Rows))
	}
	return s
}

// relaxation is a worker's room for bounding nodes.
type relaxation struct {
	*geometry
	n      *interior
	at     []int // the piece of each summand
	single []int // pieces with one linear majorant
	only   []majorant
	halves []float64
	gap    []float64 // per piece, at the maximiser
	weight []float64 // per knot
	w, c   []float64
	to     []float64 // where a climb goes

	climber           *ascent
	q                 []int8 // shifts, and what goes with them, while others are tried
	lambda, mu, start []float64
}

func newRelaxation(g *geometry) *relaxation {
	return &relaxation{
		geometry: g, n: newInterior(g.knots, g.r), climber: newAscent(g), gap: make([]float64, g.pieces), weight: make([]float64, len(g.size)),
		w: make([]float64, g.r), c: make([]float64, g.r), to: make([]float64, g.r), halves: make([]float64, 0, 2*g.pieces*g.r),
		q: make([]int8, len(g.size)), start: make([]float64, g.r),
	}
}

// found is what bounding a node brings.
type found struct {
	bound      float64
	evidence   *Evidence
	w          []float64 // maximiser of the relaxation, of norm 1 or 0
	value      float64   // of nu'relu(Xw) at a point nearby
	best       []float64 // that point
	atW        float64   // the value at w
	operations int       // it took
	ascending  int       // of them, by an ascent
	branch     Node      // how to branch; Knot and Piece < 0: the node is exact
}

const (
	// coarse is to what part of its excess over the goal a bound is computed that will not
	// close the node: at 0.02 a node took half as much again, for 4 % less excess.
	coarse = 0.1
	fine   = 1e-10 // relative precision of one that may
)

// Operations of a piece: where a node is built, and of a value of nu'relu(Xw).
const (
	buildOperations = 100
	valueOperations = 20
)

// bound computes the relaxation of the node s, from a direction to start with, and changes its
// shifts if so.
func (x *relaxation) bound(d *side, s *state, w []float64, goal float64, shift bool) found {
	n := x.n
	x.build(d, s)
	f := found{bound: n.solve(w, goal, coarse), branch: Node{Knot: -1, Piece: -1}}
	x.direction()
	if shift && f.bound > goal {
		f.bound = x.shift(d, s, f.bound, goal)
	}
	if f.bound > goal {
		f.branch = x.choose(d, s)
		if f.branch.Knot < 0 && f.branch.Piece < 0 {
			f.bound = n.solve(x.w, goal, fine)
			x.direction()
		}
	}
	f.evidence, f.w = x.evidence(s), slices.Clone(x.w)
	f.atW = d.value(x.n.v, nil)
	f.value, f.best = x.climb(d, 1)
	f.operations, n.operations = n.operations+buildOperations*x.pieces+4*len(x.halves), 0
	return f
}

// build sets up the relaxation.
func (x *relaxation) build(d *side, s *state) {
	n := x.n
	clear(n.base)
	n.sum, n.half, x.at, x.halves = n.sum[:0], n.half[:0], x.at[:0], x.halves[:0]
	x.single, x.only = x.single[:0], x.only[:0]
	for k := range x.chain.Pieces {
		p := &x.chain.Pieces[k]
		m := d.majorants(k, s)
		if len(m) == 1 && m[0].gamma == 0 {
			n.base[p.A] += m[0].alpha
			n.base[p.B] += m[0].beta
			x.single, x.only = append(x.single, k), append(x.only, m[0])
			continue
		}
		n.sum = append(n.sum, summand{p.A, p.B, m})
		x.at = append(x.at, k)
	}
	for k, sign := range s.sign {
		if sign != 0 && x.size[k] > 0 {
			x.half(float64(sign), x.knot(k), 0, nil, x.size[k], k)
		}
	}
	for k := range x.chain.Pieces {
		p := &x.chain.Pieces[k]
		if !x.crosses(k, s) {
			continue
		}
		if l := s.l[k]; l > 0 {
			x.between(p, p.Theta[l-1], s.sign[p.A], len(x.size)+2*k)
		}
		if u := int(s.u[k]); u < len(p.Theta) {
			x.between(p, p.Theta[u], s.sign[p.B], len(x.size)+2*k+1)
		}
	}
}

func (x *relaxation) between(p *Piece, t float64, sign int8, kind int) {
	a, b := x.knot(p.A), x.knot(p.B)
	sum := 0.0
	for j := range a {
		z := (1-t)*a[j] + t*b[j]
		sum += z * z
	}
	if sum > 0 {
		x.half(float64(sign)*(1-t), a, float64(sign)*t, b, math.Sqrt(sum), kind)
	}
}

// half adds the half-space (p a + q b).w >= 0, a vector of the given norm.
func (x *relaxation) half(p float64, a []float64, q float64, b []float64, size float64, kind int) {
	from := len(x.halves)
	for j := range a {
		v := p * a[j]
		if b != nil {
			v += q * b[j]
		}
		x.halves = append(x.halves, v/size)
	}
	x.n.half = append(x.n.half, halfspace{x.halves[from:len(x.halves):len(x.halves)], kind, size})
}

// direction sets w to the maximiser, normalised, and the knot values at it.
func (x *relaxation) direction() {
	copy(x.w, x.n.w)
	if norm := math.Sqrt(dot(x.w, x.w)); norm > 0 {
		for j := range x.w {
			x.w[j] /= norm
		}
	}
	x.n.project(x.w)
}

func least(m []majorant, a, b float64) float64 {
	t := math.Inf(1)
	for k := range m {
		t = min(t, m[k].at(a, b))
	}
	return t
}

// evidence collects the multipliers of the point reached.
func (x *relaxation) evidence(s *state) *Evidence {
	n := x.n
	k, p := len(x.size), x.pieces
	room := make([]float64, 4*p+2*k)
	e := &Evidence{room[:p], room[p : 2*p], room[2*p : 2*p+k], room[2*p+k : 3*p+k], room[3*p+k : 4*p+k], room[4*p+k:]}
	for knot, q := range s.q {
		if q != 0 && x.shifts(knot, s) {
			e.Shift[knot] = x.shiftOf(int(x.shared[knot][0]), knot, q)
		}
	}
	for j, i := range x.single {
		e.Alpha[i], e.Beta[i] = x.only[j].alpha, x.only[j].beta
	}
	at := 0
	for i := range n.sum {
		t := &n.sum[i]
		m := t.mixed(n.bestLambda[at : at+len(t.major)])
		e.Alpha[x.at[i]], e.Beta[x.at[i]] = m.alpha, m.beta
		at += len(t.major)
	}
	for j := range n.half {
		h := &n.half[j]
		mu := n.bestMu[j] / h.size
		switch to := h.kind - k; {
		case to < 0:
			e.Knot[h.kind] += mu
		case to%2 == 0:
			e.Before[to/2] += mu
		default:
			e.After[to/2] += mu
		}
	}
	return e
}

// choose says how to branch: at the knot whose sign, known, takes most off the
// relaxation at w, or else at the crossing where it misses phi most.
func (x *relaxation) choose(d *side, s *state) Node {
	v := x.n.v
	clear(x.gap)
	clear(x.weight)
	for i, k := range x.at {
		t := &x.n.sum[i]
		x.gap[k] = max(0, least(t.major, v[t.a], v[t.b])-d.phi(k, s, v[t.a], v[t.b]))
	}
	for i, k := range x.single {
		p := &x.chain.Pieces[k]
		x.gap[k] = max(0, x.only[i].at(v[p.A], v[p.B])-d.phi(k, s, v[p.A], v[p.B]))
	}
	knot, piece := -1, -1
	top := 0.0
	for k := range x.chain.Pieces {
		if x.crosses(k, s) {
			if s.l[k] < s.u[k] && (x.gap[k] > top || piece < 0) {
				piece, top = k, max(top, x.gap[k])
			}
			continue
		}
		x.drops(d, s, k)
	}
	best := -1.0
	for k, sign := range s.sign {
		if sign == 0 && x.weight[k] > best {
			knot, best = k, x.weight[k]
		}
	}
	if knot >= 0 && (best >= top || piece < 0) {
		return Node{Knot: int32(knot), Piece: -1}
	}
	if piece < 0 {
		return Node{Knot: -1, Piece: -1}
	}
	p := &x.chain.Pieces[piece]
	l, u := int(s.l[piece]), int(s.u[piece])
	row := (l + u) / 2
	if a, b := v[p.A], v[p.B]; a*b < 0 {
		row = min(max(d.term[piece].cut(a/(a-b)), l), u-1)
	}
	return Node{Knot: -1, Piece: int32(piece), Row: int32(row)}
}

// behindSign is that part. Measured on a grade of rank 9 with 19 pieces, 1e-3, 0.1 and 1 took 28,600,
// 25,800 and 23,300 nodes, with shifts more than 40,000, 15,700 and 12,600.
const behindSign = 0.3

// drops adds to the weights of the open knots of piece k what the sign that the knot
// has at w takes off what the piece's majorants miss there, and a part of that in all: behind
// the signs it can be branched at the crossing.
func (x *relaxation) drops(d *side, s *state, k int) {
	p, v := &x.chain.Pieces[k], x.n.v
	if x.gap[k] == 0 {
		return
	}
	for _, j := range []int{p.A, p.B} {
		if s.sign[j] != 0 {
			continue
		}
		s.sign[j] = 1
		if v[j] < 0 {
			s.sign[j] = -1
		}
		left := least(d.majorants(k, s), v[p.A], v[p.B]) - d.phi(k, s, v[p.A], v[p.B])
		s.sign[j] = 0
		x.weight[j] += max(0, x.gap[k]-left) + behindSign*x.gap[k]
		if p.A == p.B {
			break
		}
	}
}

// maxClimb limits the steps of the ascent; it ends in a local maximum after a
// few.
const maxClimb = 60

// climb ascends from w: to the best vector of w's pattern, as long as that increases
// nu'relu(Xw), or where it does not, some of the way, halved down to a share least of it. A
// way whole or not at all (least 1) leads to few maxima, and forgets where it began.
func (x *relaxation) climb(d *side, least float64) (value float64, w []float64) {
	n := x.n
	for range maxClimb {
		got := x.valueThere(d)
		for share := 0.5; w != nil && !(got > value*(1+1e-14)) && share >= least; share /= 2 {
			sum := 0.0
			for j := range x.w {
				x.w[j] = w[j] + share*(x.to[j]-w[j])
				sum += x.w[j] * x.w[j]
			}
			if !(sum > 0) {
				break
			}
			for j := range x.w {
				x.w[j] /= math.Sqrt(sum)
			}
			n.project(x.w)
			got = x.valueThere(d)
		}
		if !(got > value*(1+1e-14)) {
			break
		}
		value = got
		w = append(w[:0], x.w...)
		norm := math.Sqrt(dot(x.c, x.c))
		if norm == 0 {
			break
		}
		for j := range x.w {
			x.to[j] = x.c[j] / norm
		}
		copy(x.w, x.to)
		n.project(x.w)
	}
	return value, w
}

// valueThere is nu'relu(Xw) where the knots were projected to, with its gradient.
func (x *relaxation) valueThere(d *side) float64 {
	x.n.operations += (valueOperations + 4*x.r) * x.pieces
	return d.value(x.n.v, x.c)
}

// children returns the states of the two children.
func (b *Node) children(s *state, g *geometry) [2]*state {
	first, second := s.clone(), s.clone()
	if b.Knot >= 0 {
		first.sign[b.Knot], second.sign[b.Knot] = 1, -1
	} else {
		first.u[b.Piece] = b.Row
		second.l[b.Piece] = b.Row + 1
	}
	return [2]*state{first, second}
}
