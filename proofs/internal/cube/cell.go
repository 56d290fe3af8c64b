package cube

import (
	"context"
	"math"
	"math/big"
	"multigrade/proofs/internal/exact"
)

// A sweep looks at every cell of a grade's lattice once: at monotonicity, at the bound of
// the residual, and at its norms.
type sweep struct {
	g       grid
	surface surface
	exact   piecewise
	f       []float64 // nodal values of the target, each within radius
	radius  float64
	sum     []float64 // earlier corrections at the nodes, each within wrong
	wrong   float64
	known   []bool    // which of them are exact, if any are not
	q       []float64 // this correction; nil if zero
	limit   float64   // claimed bound of the residual after it
	aside   bounded   // claimed bounds of f - If; infinite without a claim
	earlier []correction
}

// A tally is what a block of cells gave. Findings are the first that isn't a proof.
type tally struct {
	decreasing, bounded finding
	aside               finding
	variation           float64 // of f - sum along the chains of the simplices, as computed
	searched            int     // simplices that needed a search
	square              float64 // the integral of p^2, p = I(e - q)
	largest             float64 // |p| at nodes
	least, most         float64 // what that of |e - q| lies between
	devSquare           float64 // a bound of that of the square of f - If
	failed              error   // the target can't be enclosed on a cell
}

const sweepBlocks = 512

func (s *sweep) run(ctx context.Context) (tally, error) {
	parts := make([]tally, sweepBlocks)
	n, every := s.g.cells(), s.every()
	exact.Parallel(sweepBlocks, func() func(i int) {
		c := s.newCell()
		return func(b int) {
			for i := b * n / sweepBlocks; i < (b+1)*n/sweepBlocks; i++ {
				if i%every == 0 && ctx.Err() != nil {
					return
				}
				c.look(i, &parts[b])
			}
		}
	})
	var all tally
	for _, p := range parts {
		all.merge(p)
	}
	return all, ctx.Err()
}

// every is after how many cells the context is looked at: after about a thousand simplices.
func (s *sweep) every() int { return max(1, 1024/len(s.g.orders())) }

func (t *tally) merge(p tally) {
	t.decreasing = t.decreasing.worse(p.decreasing)
	t.bounded = t.bounded.worse(p.bounded)
	t.aside = t.aside.worse(p.aside)
	t.variation = max(t.variation, p.variation)
	t.searched += p.searched
	t.least += p.least
	t.most += p.most
	t.square += p.square
	t.largest = max(t.largest, p.largest)
	t.devSquare = exact.SumAbove(t.devSquare, p.devSquare)
	if t.failed == nil {
		t.failed = p.failed
	}
}

// worse keeps the first finding unless the other one is more certain trouble.
func (f finding) worse(g finding) finding {
	if g.outcome > f.outcome {
		return g
	}
	return f
}

// A cellView is one goroutine's scratch space of a sweep.
type cellView struct {
	*sweep
	probe  probe
	box    []exact.Bracket
	orders [][]int
	node   []int // at the corners
	volume float64
	c, q   []float64 // residual before and correction at the corners
	slack  float64   // of c
	dev    deviation
	vertex []float64
}

func (s *sweep) newCell() *cellView {
	d := s.g.dimension()
	corners := 1 << d
	return &cellView{sweep: s, probe: s.surface.probe(), box: make([]exact.Bracket, d), node: make([]int, corners),
		orders: s.g.orders(), c: make([]float64, corners), q: make([]float64, corners), vertex: make([]float64, d+1)}
}

func (v *cellView) look(i int, t *tally) {
	v.g.corners(i, v.box, v.node)
	v.volume = v.g.volume(i)
	v.load()
	v.deviate(t)
	if v.sweep.q != nil {
		v.checkDecreasing(t)
	}
	v.checkBounded(t)
	v.checkAside(t)
	v.vary(t)
	v.norms(t)
}

// load reads the corners. A rounding of c is at most u(|f| + |sum|).
func (v *cellView) load() {
	top := 0.0
	for m, n := range v.node {
		f, sum := v.f[n], v.sum[n]
		v.c[m] = f - sum
		top = max(top, math.Abs(f)+math.Abs(sum))
		if v.sweep.q != nil {
			v.q[m] = v.sweep.q[n]
			top = max(top, math.Abs(v.q[m]))
		}
	}
	v.slack = exact.Outward(v.radius + v.wrong + 4*exact.UnitRoundoff*top)
}

// deviate bounds |f - If| on the cell.
func (v *cellView) deviate(t *tally) {
	ends := exact.At(v.f[v.node[0]])
	for _, n := range v.node[1:] {
		ends = ends.Join(exact.At(v.f[n]))
	}
	ends = exact.Bracket{Lo: exact.SumBelow(ends.Lo, -v.radius), Hi: exact.SumAbove(ends.Hi, v.radius)}
	v.dev = v.probe.deviation(v.box, ends, nil)
	if v.dev.crude && v.probe.divisible() {
		interpolant := make([]exact.Bracket, len(v.node))
		for m, n := range v.node {
			f := v.f[n]
			interpolant[m] = exact.Bracket{Lo: exact.SumBelow(f, -v.radius), Hi: exact.SumAbove(f, v.radius)}
		}
		var fine deviation
		fine.under, fine.absolute, fine.square = subdivide(v.probe, v.box, interpolant)
		fine.over, fine.mean = fine.under, exact.Bracket{Lo: -fine.absolute, Hi: fine.absolute}
		if fine.under == exact.Inf && t.failed == nil {
			t.failed = fieldError{boxString(v.box), "the target can't be enclosed"}
			if v.dev.err != nil {
				t.failed = fieldError{boxString(v.box), v.dev.err.Error()}
			}
		}
		v.dev.meet(fine)
	}
	t.devSquare = exact.SumAbove(t.devSquare, exact.ProductAbove(v.dev.square, v.volume))
}

// clears reports whether 2(c - slack - under) >= q >= 0 at the corners of the chain: then 0 <= q <= 2e on the
// simplex; or the mirror image.
func (v *cellView) clears(chain []int) bool {
	up, down := true, true
	for _, m := range chain {
		c, q := v.c[m], v.q[m]
		guard := func(off float64) float64 { return 2*off + 0x1p-49*(math.Abs(c)+math.Abs(q)+off) }
		up = up && q >= 0 && 2*c-q >= guard(v.slack+v.dev.under)
		down = down && q <= 0 && q-2*c >= guard(v.slack+v.dev.over)
	}
	return up || down
}

func (v *cellView) checkDecreasing(t *tally) {
	for _, chain := range v.orders {
		zero := true
		for _, m := range chain {
			zero = zero && v.q[m] == 0
		}
		if !zero && !v.clears(chain) && t.decreasing.outcome == proved {
			t.decreasing = v.decide(decreasing{}, chain)
			t.searched++
		}
	}
}

func (v *cellView) checkBounded(t *tally) {
	for _, chain := range v.orders {
		high, low := -exact.Inf, exact.Inf
		for _, m := range chain {
			p := v.c[m] - v.q[m]
			high, low = max(high, p), min(low, p)
		}
		top := max(high+v.dev.over, v.dev.under-low) + v.slack
		if !(top+0x1p-49*(math.Abs(high)+math.Abs(low)+top) <= v.limit) && t.bounded.outcome == proved {
			t.bounded = v.decide(bounded{v.limit, v.limit}, chain)
			t.searched++
		}
	}
}

// checkAside: the simplices' bounds of f - If are the cell's, or are searched for.
func (v *cellView) checkAside(t *tally) {
	if v.dev.under <= v.aside.below && v.dev.over <= v.aside.above {
		return
	}
	for _, chain := range v.orders {
		if t.aside.outcome == proved {
			t.aside = v.decideAside(chain)
		}
	}
}

// decideAside is decide with the interpolant of f in place of the corrections.
func (v *cellView) decideAside(chain []int) finding {
	if v.exact != nil {
		s := v.exactApexes(chain)
		for i := range s {
			at, _, err := v.exact.exact([][]*big.Rat{s[i].x})
			if err != nil {
				return finding{open, ratString(s[i].x), err.Error()}
			}
			s[i].sum, s[i].q = at[0], new(big.Rat)
		}
		return exactSearch(v.exact, v.aside, s)
	}
	s, f := v.apexes(chain)
	if f.outcome != proved {
		return f
	}
	for i := range s {
		s[i].sum, s[i].q = s[i].f, exact.At(0)
	}
	return search(v.probe, v.aside, s)
}

// vary looks at how the residual before the correction rises and falls along the chains.
func (v *cellView) vary(t *tally) {
	for _, chain := range v.orders {
		rise, fall := 0.0, 0.0
		for i, m := range chain[1:] {
			step := v.c[m] - v.c[chain[i]]
			rise, fall = rise+max(step, 0), fall+max(-step, 0)
		}
		t.variation = max(t.variation, rise, fall)
	}
}

// decide turns to the search, exact where the target is piecewise linear.
func (v *cellView) decide(st statement, chain []int) finding {
	if v.exact != nil {
		return exactSearch(v.exact, st, v.exactApexes(chain))
	}
	s, f := v.apexes(chain)
	if f.outcome != proved {
		return f
	}
	return search(v.probe, st, s)
}

// apexes are the vertices of a simplex; the finding is where the target has no value.
func (v *cellView) apexes(chain []int) ([]apex, finding) {
	s := make([]apex, len(chain))
	for i, m := range chain {
		x := make([]float64, len(v.box))
		node := v.node[m]
		v.g.point(node, x)
		f, err := v.probe.at(x)
		if err != nil {
			return nil, finding{open, pointString(x), err.Error()}
		}
		sum := v.sum[node]
		wrong := v.wrong
		if v.known != nil && v.known[node] {
			wrong = 0
		}
		s[i] = apex{x, f, exact.Bracket{Lo: exact.SumBelow(sum, -wrong), Hi: exact.SumAbove(sum, wrong)}, exact.At(v.q[m])}
	}
	return s, finding{}
}

func (v *cellView) exactApexes(chain []int) []exactApex {
	s := make([]exactApex, len(chain))
	x := make([]float64, len(v.box))
	for i, m := range chain {
		v.g.point(v.node[m], x)
		a := exactApex{sum: new(big.Rat), q: new(big.Rat).SetFloat64(v.q[m])}
		for _, c := range x {
			a.x = append(a.x, new(big.Rat).SetFloat64(c))
		}
		for _, c := range v.earlier {
			if c.values != nil {
				a.sum.Add(a.sum, c.at(a.x))
			}
		}
		s[i] = a
	}
	return s
}

// norms adds the simplices' means of p^2, p linear on each, and what the mean of |e - q| = |p + (f - If)| lies between: that of |p|
// less or more that of |f - If|; the mean without the absolute value at least, and at most if e - q has one sign.
func (v *cellView) norms(t *tally) {
	n, size, mean, square, low, high := float64(len(v.vertex)), 0.0, 0.0, 0.0, exact.Inf, -exact.Inf
	for _, chain := range v.orders {
		sum, squares := 0.0, 0.0
		for i, m := range chain {
			p := v.c[m] - v.q[m]
			v.vertex[i] = p
			sum += p
			squares += p * p
			low, high = min(low, p), max(high, p)
		}
		size += 2*positivePart(v.vertex) - sum/n
		mean += sum / n
		square += (sum*sum + squares) / (n * (n + 1))
	}
	t.largest = max(t.largest, high, -low)
	share := 1 / float64(len(v.orders))
	size, mean = size*share, mean*share
	t.square += v.volume * square * share
	guard := v.slack + 0x1p-49*(math.Abs(low)+math.Abs(high))
	most := size + v.dev.absolute
	if low-guard >= v.dev.under {
		most = min(most, mean+v.dev.mean.Hi)
	}
	if high+guard <= -v.dev.over {
		most = min(most, -mean-v.dev.mean.Lo)
	}
	t.least += v.volume * max(0, size-v.dev.absolute, mean+v.dev.mean.Lo, -mean-v.dev.mean.Hi)
	t.most += v.volume * max(0, most)
}

// positivePart is the mean of max(p, 0) over a simplex, p linear with the given vertex
// values: the simplex is cut where p vanishes on an edge.
func positivePart(p []float64) float64 {
	a, b := 0, 0
	sum := 0.0
	for i, w := range p {
		if w > p[a] {
			a = i
		}
		if w < p[b] {
			b = i
		}
		sum += w
	}
	switch {
	case p[a] <= 0:
		return 0
	case p[b] >= 0:
		return sum / float64(len(p))
	}
	high, low := p[a], p[b]
	share := high / (high - low) // from a to the zero
	p[b] = 0
	r := share * positivePart(p)
	p[b], p[a] = low, 0
	r += (1 - share) * positivePart(p)
	p[a] = high
	return r
}
