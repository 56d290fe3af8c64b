package pieces

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/parallel"
)

// Options are the settings of Maximise. Start from DefaultOptions.
type Options struct {
	// Tol > 0: stop when Upper <= Lower (1 + Tol).
	Tol float64
	// Target: stop as soon as Upper <= Target; 0: no such end.
	Target float64
	// Violation: once Lower > Violation go on only for as many nodes again, and
	// some more, to find other such neurons; 0: no such end.
	Violation float64
	// Hopeless > 0: stop where Upper will not come below it (see prospects).
	Hopeless float64
	// Nodes limits the nodes that are bounded, at least 2.
	Nodes int
	// Operations > 0 that it takes at most, but for a round: see Bound.Operations.
	Operations float64
	// Threads, at least 1. The result does not depend on it.
	Threads int
	// Seeds are vectors near which large values are expected. They help to find
	// W and enter no bound.
	Seeds [][]float64
	// Progress, if not nil, is called when the roots are bounded and after every round.
	Progress func(upper, lower float64, nodes int)
}

// DefaultOptions asks for seven digits within 2^20 nodes, on all processors.
func DefaultOptions() Options {
	return Options{Tol: 1e-7, Nodes: 1 << 20, Operations: math.Inf(1), Threads: runtime.GOMAXPROCS(0)}
}

// Validate reports the first setting out of its range.
func (o *Options) Validate() error {
	switch {
	case !(o.Tol > 0):
		return fmt.Errorf("pieces: tol is %v, want > 0", o.Tol)
	case !(o.Target >= 0) || !(o.Violation >= 0) || !(o.Hopeless >= 0):
		return fmt.Errorf("pieces: target is %v, violation %v, hopeless %v, want >= 0", o.Target, o.Violation, o.Hopeless)
	case o.Nodes < 2:
		return fmt.Errorf("pieces: nodes are %d, want at least 2", o.Nodes)
	case !(o.Operations > 0):
		return fmt.Errorf("pieces: operations are %v, want > 0", o.Operations)
	case o.Threads < 1:
		return fmt.Errorf("pieces: threads are %d, want at least 1", o.Threads)
	}
	return nil
}

// Neuron is a unit vector with its value of |nu'relu(Xw)|.
type Neuron struct {
	W     []float64
	Value float64
	Sign  int // of nu'relu(Xw)
}

// Bound is what Maximise knows about m(nu).
type Bound struct {
	// Upper >= m(nu), with all rounding errors; Lower is the value at W.
	Upper, Lower float64
	W            []float64
	Sign         int
	// Found are vectors above Target, many of them local maxima, the largest first.
	Found []Neuron
	// Nodes that were bounded, both signs.
	Nodes int
	// Left says that the search was stopped as Upper would not have come below Options.Hopeless.
	Left bool
	// Plus and Minus are the trees for nu and -nu; their nodes' bounds and
	// evidence are for nu.
	Plus, Minus []Node
	// Operations that it took, scalarWork for one of scalars.
	Operations float64
	// Slack is the part of Upper that pays for rows off their planes and for
	// rounding.
	Slack float64
}

// queued is a node in the queue.
type queued struct {
	bound float64
	tree  int
	node  int32
	at    *state
	w     []float64
	how   Node
}

func (q *queued) compare(o *queued) int {
	return cmp.Or(cmp.Compare(o.bound, q.bound), cmp.Compare(q.tree, o.tree), cmp.Compare(q.node, o.node))
}

// queue has the node with the largest bound first; ties go by tree and node.
type queue []*queued

func (q queue) Len() int      { return len(q) }
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q queue) Less(i, j int) bool {
	return q[i].compare(q[j]) < 0
}
func (q *queue) Push(x any) { *q = append(*q, x.(*queued)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return x
}

// search is the state of Maximise, LookAround and Grower. It works on nu/scale.
type search struct {
	*geometry
	o      Options
	scale  float64
	side   [2]*side
	tree   [2][]Node
	open   queue
	done   float64 // largest bound of closed leaves
	lower  float64
	w      []float64
	sign   int
	found  []Neuron
	nodes  int
	enough int // nodes at which a violation ends the search; 0: none yet
	prospects
	workers []*relaxation
	ended   map[climbEnd]bool // climbs, from where ascents went on
	ends    [2][][]float64    // of both sides, from where and to where ascents of a survey went
	shift   bool              // at open knots
	ahead   *ahead            // of the round to come, nil where nothing is

	operations float64 // done by the workers
	ascents    int     // made
	ascending  float64 // the part of operations that they took
}

// roundNodes is how many nodes are branched in a round, whatever the number of
// threads: enough to keep some busy, few enough to stay best-first.
const roundNodes = 16

const (
	// maxFound limits the neurons remembered.
	maxFound = 2048
	// moreNodes is how many nodes a search goes on at least after a violation.
	moreNodes = 256
)

// Maximise bounds m(nu) from both sides by branch and bound over the chain's
// pieces. It can be stopped by ctx at any time: Upper is always proved. The
// result depends on when ctx ends and on nothing else.
func Maximise(ctx context.Context, x *mat.Dense, nu []float64, c *Chain, o Options) (*Bound, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s, err := newSearch(x, nu, c, o)
	if err != nil {
		return nil, err
	}
	s.shift = o.Nodes > shiftNodes
	slack := s.slack(x, nu)
	s.setScale(nu)
	if s.scale > 0 {
		s.start(nu)
		s.run(ctx)
	}
	return s.result(slack), nil
}

// newSearch is a search that is not begun, or says what is wrong with the chain, duals or seeds.
func newSearch(x *mat.Dense, nu []float64, c *Chain, o Options) (*search, error) {
	n, r := x.Dims()
	if err := c.Validate(n, r); err != nil {
		return nil, err
	}
	if len(nu) != n {
		return nil, fmt.Errorf("pieces: %d duals for %d rows of X", len(nu), n)
	}
	for k, s := range o.Seeds {
		if len(s) != r {
			return nil, fmt.Errorf("pieces: seed %d has %d entries, X has %d columns", k, len(s), r)
		}
	}
	return &search{geometry: newGeometry(c, r), o: o, ended: make(map[climbEnd]bool)}, nil
}

// slack bounds what rows off their planes and rounding add to a bound: phi is
// made of sums of at most n terms, each rounded a few times.
func (s *search) slack(x *mat.Dense, nu []float64) float64 {
	sum := 0.0
	for i, v := range nu {
		sum += math.Abs(v) * floats.Norm(x.RawRowView(i), 2)
	}
	terms := float64(len(nu)) + 64*float64(s.r+s.pieces)
	return s.chain.Deviation(x, nu) + 0x1p-52*math.Sqrt(terms)*sum
}

// scalarWork is what an operation of scalars counts for beside those of products of dense
// matrices.
const scalarWork = 6

// setScale takes |X'nu| or, where that is 0, any size that nu has.
func (s *search) setScale(nu []float64) {
	plus := make([]float64, s.r)
	total := 0.0
	for _, p := range s.chain.Pieces {
		a, b := s.knot(p.A), s.knot(p.B)
		for e, i := range p.Rows {
			axpy(plus, nu[i]*(1-p.Theta[e]), a)
			axpy(plus, nu[i]*p.Theta[e], b)
			total += math.Abs(nu[i]) * max(s.size[p.A], s.size[p.B])
		}
	}
	s.scale = math.Sqrt(dot(plus, plus)) / 2
	if s.o.Target > 0 {
		s.scale = s.o.Target
	}
	if !(s.scale > 1e-12*total) {
		s.scale = total
	}
}

// start prepares both sides, climbs from the seeds and bounds the roots.
func (s *search) start(nu []float64) {
	s.prepare(nu)
	s.climbSeeds()
	roots := make([]found, 2)
	s.parallel(2, func(x *relaxation, t int) { roots[t] = s.begin(x, t, s.root()) })
	for t := range roots {
		s.enterRoot(t, s.root(), &roots[t])
	}
}

// prepare makes the workers and the sides.
func (s *search) prepare(nu []float64) {
	scaled := make([]float64, len(nu))
	for i, v := range nu {
		scaled[i] = v / s.scale
	}
	for range s.o.Threads {
		s.workers = append(s.workers, newRelaxation(s.geometry))
	}
	for t, sign := range []float64{1, -1} {
		s.side[t] = newSide(s.geometry, scaled, sign)
	}
	s.parallel(2*s.pieces, func(_ *relaxation, k int) { s.side[k%2].prepare(k / 2) })
}

// climbSeeds climbs from the seeds on both sides.
func (s *search) climbSeeds() {
	seeds := s.o.Seeds
	climbed := make([]found, 2*len(seeds))
	s.parallel(len(climbed), func(x *relaxation, k int) {
		x.climbFrom(seeds[k/2], s.side[k%2], 1, &climbed[k])
	})
	for k := range climbed {
		s.meet(&climbed[k], k%2)
	}
}

// ascend goes on to local maxima from where the climbs of a round with the largest values ended, from
// each end once, if that is near the goal.
func (s *search) ascend(taken []*queued, states []*state, climbed []found) {
	if s.ascents >= freeAscents && s.ascending > ascentShare*s.operations {
		return
	}
	least := nearGoal * s.goal()
	tree := func(k int) int { return taken[k/2].tree }
	var fresh []int
	for k := range climbed {
		if climbed[k].value > least && !s.ended[endOf(tree(k), climbed[k].value)] {
			fresh = append(fresh, k)
		}
	}
	slices.SortStableFunc(fresh, func(i, j int) int { return cmp.Compare(climbed[j].value, climbed[i].value) })
	if fresh = fresh[:min(len(fresh), roundAscents)]; len(fresh) == 0 {
		return
	}
	for _, k := range fresh {
		s.ended[endOf(tree(k), climbed[k].value)] = true
	}
	s.beside(len(fresh), func(x *relaxation, j int) {
		f := &climbed[fresh[j]]
		f.best, f.value = x.ascend(s.side[tree(fresh[j])], f.best, f.value)
		f.ascending = x.n.operations
		x.n.operations = 0
	}, taken, states, climbed)
	for _, k := range fresh {
		took := climbed[k].ascending
		climbed[k].operations += took
		s.ascending += scalarWork * float64(took)
	}
	s.ascents += len(fresh)
}

// climbEnd tells the ends of climbs apart, by their values.
type climbEnd struct {
	tree  int
	value int64
}

func endOf(tree int, value float64) climbEnd { return climbEnd{tree, int64(value * 1e7)} }

const (
	// nearGoal is the part of the goal that a climb reaches from which an ascent goes on.
	nearGoal = 0.9
	// roundAscents is how many there are in a round at most; seeds are climbed from only.
	roundAscents = 4
	// After freeAscents an ascent is made where those before took less than ascentShare of the
	// operations.
	freeAscents, ascentShare = 64, 0.1
)

// begin bounds the first node of a tree, which has none to start from.
func (s *search) begin(x *relaxation, t int, at *state) found {
	w := make([]float64, s.r)
	s.side[t].value(ones(len(s.size)), w)
	return x.bound(s.side[t], at, w, s.goal(), s.shift)
}

// enterRoot begins tree t.
func (s *search) enterRoot(t int, at *state, f *found) {
	s.meet(f, t)
	s.tree[t] = []Node{{Parent: -1, Knot: -1, Piece: -1}}
	s.enter(t, 0, at, f)
}

func ones(n int) []float64 {
	v := make([]float64, n)
	for k := range v {
		v[k] = 1
	}
	return v
}

// parallel runs f for 0 .. n-1, each worker with its own room.
func (s *search) parallel(n int, f func(x *relaxation, k int)) {
	if len(s.workers) == 1 || n == 1 {
		for k := range n {
			f(s.workers[0], k)
		}
		return
	}
	parallel.Share(n, len(s.workers), &shared{s.workers, f})
}

// shared is work of a search that its workers do.
type shared struct {
	workers []*relaxation
	f       func(x *relaxation, k int)
}

func (s *shared) Work(p parallel.Parts) {
	for k, ok := p.Next(); ok; k, ok = p.Next() {
		s.f(s.workers[p.Worker], k)
	}
}

// enter stores what is known about a node and queues or closes it.
func (s *search) enter(t int, node int32, at *state, f *found) {
	s.nodes++
	n := &s.tree[t][node]
	n.Bound, n.Evidence = f.bound, f.evidence
	if !s.stays(f, s.goal()) {
		s.done = max(s.done, f.bound)
		return
	}
	s.put(f.queued(t, node, at))
}

// stays says that a node is queued, given the goal.
func (s *search) stays(f *found, goal float64) bool {
	return f.bound > goal && (f.branch.Knot >= 0 || f.branch.Piece >= 0)
}

func (f *found) queued(t int, node int32, at *state) *queued {
	return &queued{f.bound, t, node, at, f.w, f.branch}
}

func (s *search) put(q *queued) { heap.Push(&s.open, q) }

// take takes the nodes with the largest bounds from the queue, as many as a round branches, if they are above the goal.
func (s *search) take(goal float64) []*queued {
	var taken []*queued
	for len(s.open) > 0 && len(taken) < roundNodes && s.open[0].bound > goal {
		taken = append(taken, heap.Pop(&s.open).(*queued))
	}
	return taken
}

// meet notes the neuron that a node led to.
func (s *search) meet(f *found, t int) {
	sign := 1 - 2*t
	s.operations += scalarWork * float64(f.operations)
	if f.value > s.lower {
		s.lower, s.w, s.sign = f.value, slices.Clone(f.best), sign
	}
	if s.enough == 0 && s.o.Violation > 0 && s.lower*s.scale > s.o.Violation {
		s.enough = 2*s.nodes + moreNodes
	}
	if s.o.Target > 0 {
		s.remember(Neuron{f.best, f.value, sign})
		s.remember(Neuron{f.w, f.atW, sign})
	}
}

// remember keeps a neuron above the target, once.
func (s *search) remember(n Neuron) {
	if !(n.Value*s.scale > s.o.Target) || len(s.found) == maxFound {
		return
	}
	for _, o := range s.found {
		if o.Sign == n.Sign && math.Abs(o.Value-n.Value) <= 1e-9*n.Value && squaredDistance(o.W, n.W) < 1e-12 {
			return
		}
	}
	n.W = slices.Clone(n.W)
	s.found = append(s.found, n)
}

// goal is the bound at which a node is closed.
func (s *search) goal() float64 { return s.goalAt(s.lower) }

// goalAt is it where the largest value met is lower.
func (s *search) goalAt(lower float64) float64 {
	return max(s.o.Target/s.scale*(1-1e-14), lower*(1+s.o.Tol))
}

func (s *search) more(ctx context.Context) bool {
	switch {
	case len(s.open) == 0 || s.open[0].bound <= s.goal():
		return false
	case s.enough > 0 && s.nodes >= s.enough:
		return false
	case s.hopeless():
		s.left = true
		return false
	}
	return s.nodes < s.o.Nodes && s.operations < s.o.Operations && ctx.Err() == nil
}

func (s *search) run(ctx context.Context) {
	for s.tell(); s.more(ctx); s.tell() {
		s.round()
	}
}

// tell reports how far the search is.
func (s *search) tell() {
	if s.o.Progress != nil {
		s.o.Progress(s.upper()*s.scale, s.lower*s.scale, s.nodes)
	}
}

// round branches the nodes with the largest bounds.
func (s *search) round() {
	goal := s.goal()
	taken := s.take(goal)
	states := make([]*state, 2*len(taken))
	got := make([]found, 2*len(taken))
	var missing []int
	for k, q := range taken {
		p := s.known(q, goal)
		for c := range 2 {
			states[2*k+c], got[2*k+c] = p.at[c], p.got[c]
			if !p.done[c] {
				missing = append(missing, 2*k+c)
			}
		}
	}
	s.ahead = nil
	s.parallel(len(missing), func(x *relaxation, j int) {
		k := missing[j]
		q := taken[k/2]
		got[k] = x.bound(s.side[q.tree], states[k], q.w, goal, s.shift)
	})
	s.ascend(taken, states, got)
	for k := range got {
		s.meet(&got[k], taken[k/2].tree)
	}
	for k, q := range taken {
		tree := s.tree[q.tree]
		child := int32(len(tree))
		n := &tree[q.node]
		n.Child, n.Knot, n.Piece, n.Row, n.Evidence = child, q.how.Knot, q.how.Piece, q.how.Row, nil
		for range 2 {
			tree = append(tree, Node{Parent: q.node, Knot: -1, Piece: -1})
		}
		s.tree[q.tree] = tree
		s.enter(q.tree, child, states[2*k], &got[2*k])
		s.enter(q.tree, child+1, states[2*k+1], &got[2*k+1])
	}
}

// upper is the largest bound of a leaf, in units of scale.
func (s *search) upper() float64 {
	if len(s.open) > 0 {
		return max(s.done, s.open[0].bound)
	}
	return s.done
}

func (s *search) result(slack float64) *Bound {
	b := &Bound{Operations: s.operations, Lower: s.lower * s.scale, W: s.w, Sign: s.sign, Nodes: s.nodes, Left: s.left, Slack: slack}
	b.Upper = s.upper()*s.scale*(1+0x1p-40) + slack
	b.Found = s.listed()
	s.unscale()
	b.Plus, b.Minus = s.tree[0], s.tree[1]
	return b
}

// unscale puts the trees into the units of nu.
func (s *search) unscale() {
	for t := range s.tree {
		for k := range s.tree[t] {
			n := &s.tree[t][k]
			n.Bound *= s.scale
			if e := n.Evidence; e != nil {
				for _, v := range [][]float64{e.Alpha, e.Beta, e.Knot, e.Before, e.After, e.Shift} {
					floats.Scale(s.scale, v)
				}
			}
		}
	}
}
