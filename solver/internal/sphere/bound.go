package sphere

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/moments"
	"multigrade/solver/internal/operator"
)

// BoundOptions are the settings of MaxNeuron. Start from DefaultBoundOptions.
type BoundOptions struct {
	// Tol > 0: stop when upper <= lower (1 + Tol).
	Tol float64
	// Target: stop as soon as upper <= Target; 0: no such end.
	Target float64
	// Violation: stop as soon as lower > Violation; 0: no such end.
	Violation float64
	// Hopeless > 0: a search over pieces stops where upper will not come below it, infinite: the closed form, as a neuron is
	// as large, or at the pace at which it falls.
	Hopeless float64
	// MaxLeaves limits the leaves of the search tree, >= 0; 0 leaves only the
	// closed form.
	MaxLeaves int
	// Work > 0 limits the operations of the search tree, as the account of X counts them:
	// the round after which there are as many is the last. A closed form that takes as
	// many is replaced by a looser one.
	Work float64
	// Seeds are vectors of d entries near which large values are expected,
	// usually neurons. They help to find W and never enter a claim.
	Seeds [][]float64
	// Line, if the rows are functions of one number, has that number for each
	// row (n): then they lie on pieces of planes, which are bounded as a whole. nil:
	// the order of the rows is looked for where n is moderate.
	Line []float64
	// Progress, if not nil, is called now and then from MaxNeuron's goroutine.
	Progress func(upper, lower float64, leaves int)

	stacked bool // the rows are [X; -X]
}

// DefaultBoundOptions asks for seven digits within 2^22 leaves.
func DefaultBoundOptions() BoundOptions {
	return BoundOptions{Tol: 1e-7, MaxLeaves: 1 << 22, Work: math.Inf(1)}
}

// Validate reports the first setting out of its range.
func (o *BoundOptions) Validate() error {
	switch {
	case !(o.Tol > 0):
		return fmt.Errorf("solver: bound tol is %v, want > 0", o.Tol)
	case !(o.Target >= 0) || !(o.Violation >= 0) || !(o.Hopeless >= 0):
		return fmt.Errorf("solver: bound target is %v, violation %v, hopeless %v, want >= 0", o.Target, o.Violation, o.Hopeless)
	case !(o.Work > 0):
		return fmt.Errorf("solver: work of the bound is %v, want > 0", o.Work)
	case o.MaxLeaves < 0:
		return fmt.Errorf("solver: bound leaves are %d, want >= 0", o.MaxLeaves)
	}
	return nil
}

// Fits reports the first setting out of its range or not of the size of x (n x d), and a nu
// without n entries.
func (o *BoundOptions) Fits(x operator.Design, nu []float64) error {
	if err := o.Validate(); err != nil {
		return err
	}
	n, d := x.Dims()
	if len(nu) != n {
		return fmt.Errorf("solver: %d duals for %d rows of X", len(nu), n)
	}
	for k, s := range o.Seeds {
		if len(s) != d {
			return fmt.Errorf("solver: seed %d has %d entries, X has %d columns", k, len(s), d)
		}
	}
	if o.Line != nil && len(o.Line) != n {
		return fmt.Errorf("solver: %d places on a line for %d rows of X", len(o.Line), n)
	}
	return nil
}

// NeuronBound is what MaxNeuron knows about m(nu) = max |nu'relu(Xw)|, |w| <= 1.
type NeuronBound struct {
	// Upper >= m(nu), with all rounding errors; Lower is the value at W.
	Upper, Lower float64
	// W (d, |W| = 1) is the best neuron found and Sign the sign of its value.
	W    []float64
	Sign int
	// Found are unit vectors w with |nu'relu(Xw)| > Target that were met on the
	// way, the largest value first: local maxima, mostly of different patterns.
	Found [][]float64
	// Exact says that Upper and Lower agree to the tolerance asked for.
	Exact bool
	// Method is "branch and bound", "pieces" (branch and bound where rows lie on
	// pieces of planes), "moments" (a relaxation, at a dual point of its own) or
	// "closed form".
	Method string
	// Leaves of the trees, both signs; for pieces their nodes.
	Leaves int
	// Left says that the search was stopped as Upper would not have come below BoundOptions.Hopeless.
	Left bool
	// History is how the search went, by growing nodes, its end the last point; nil where
	// there was none.
	History []SearchPoint
	// Certificate proves Upper.
	Certificate GlobalCertificate
}

// GlobalCertificate proves a bound of m(nu). Its trees do not depend on the scale
// of nu: they prove m(t nu) <= t Upper for every t > 0.
type GlobalCertificate struct {
	// Columns are the columns of X that are not zero, ascending: the trees
	// live in their space.
	Columns []int
	// Plus and Minus are the trees for nu and -nu in preorder, one character
	// a node: '.' is a leaf, '0' + e bisects edge e of the cone, the pairs of
	// vertices a < b being numbered b(b-1)/2 + a. nil: the closed form.
	Plus, Minus []byte
	// QuadraticPlus and QuadraticMinus are the evidence of the closed form for
	// nu and -nu. Mu and Tau scale with nu.
	QuadraticPlus, QuadraticMinus Quadratic
	// Pieces, if not nil, is the evidence instead of all the others. Its
	// multipliers scale with nu.
	Pieces *PiecesCertificate
	// ParabolasPlus and ParabolasMinus, if not nil, are the evidence for nu and -nu
	// instead of all the others. Their Mu and Tau scale with nu.
	ParabolasPlus, ParabolasMinus *moments.Parabolas
	// BranchesPlus and BranchesMinus, if not nil, are trees with such evidence at their
	// leaves, instead of all the others.
	BranchesPlus, BranchesMinus moments.Tree
}

// maxBoundRank is the largest number of columns for which the 2^r orthants are
// a sensible start.
const maxBoundRank = 12

// MaxNeuron bounds m(nu) = max over |w| <= 1 of |nu'relu(Xw)| from both sides,
// by branch and bound: over pieces where the rows lie on few planes (package
// pieces), else over the 2^r orthants (see relaxation); in closed form where X has
// no pieces and more than 12 columns that are not zero. It can be stopped by ctx
// at any time: Upper is always proved. The result depends on when ctx ends and
// on nothing else.
func MaxNeuron(ctx context.Context, x mat.Matrix, nu []float64, o BoundOptions) (*NeuronBound, error) {
	dx, err := operator.NewDesign(x)
	if err != nil {
		return nil, err
	}
	return maxNeuron(ctx, dx, nu, o)
}

// maxNeuron is MaxNeuron; of rows in rank coordinates, in which no tree or piece of the
// matrix can be stated, in closed form.
func maxNeuron(ctx context.Context, dx operator.Design, nu []float64, o BoundOptions) (*NeuronBound, error) {
	if err := o.Fits(dx, nu); err != nil {
		return nil, err
	}
	n, d := dx.Dims()
	b := &bounder{ctx: ctx, x: dx, n: n, d: d, nu: nu, o: o}
	b.climb(b.starts())
	b.formula = NewClosedForm(ctx, dx, nu, o.Work)
	b.closed = b.formula.Bound
	if operator.Columns(dx) == d {
		b.columns = operator.UsedColumns(dx)
	} else {
		b.o.MaxLeaves = 0
	}
	if r := len(b.columns); b.o.MaxLeaves > 0 {
		switch done, err := b.searchPieces(); {
		case err != nil:
			return nil, err
		case !done && r >= 1 && r <= maxBoundRank:
			b.search()
		}
	}
	return b.result(), nil
}

// bounder is the state of MaxNeuron.
type bounder struct {
	ctx     context.Context
	x       operator.Design
	n, d    int
	nu      []float64
	o       BoundOptions
	formula closedForm
	closed  float64 // its bound
	columns []int

	lower float64
	w     []float64
	sign  float64
	found []foundNeuron

	scale  float64 // the search works on nu/scale
	slack  float64 // rounding errors there
	trees  [2]*boundTree
	open   leafHeap
	done   float64 // largest bound of the leaves that are finished
	leaves int
	left   bool    // the search over pieces, as hopeless
	work   float64 // operations of the trees

	pieces      *PiecesCertificate
	piecesUpper float64 // the bound it proves

	history []SearchPoint
}

// starts are the seeds, both signs of X'nu and a few random directions.
func (b *bounder) starts() [][]float64 {
	starts := slices.Clone(b.o.Seeds)
	c := operator.NewGeneral(1, b.d)
	t := operator.NewGeneral(1, b.n)
	copy(t.Data, b.nu)
	b.x.MulTrans(c, t)
	minus := slices.Clone(c.Data)
	floats.Scale(-1, minus)
	starts = append(starts, c.Data, minus)
	rng := rand.New(rand.NewPCG(1, 2))
	random := 16
	if b.d <= 3 {
		random = 2 // the search is as fast
	}
	for range random {
		w := make([]float64, b.d)
		for k := range w {
			w[k] = rng.NormFloat64()
		}
		starts = append(starts, w)
	}
	return starts
}

// climb improves lower and W from the starts: w becomes the best neuron of its
// pattern, s X'D nu normalised, as long as that increases s nu'relu(Xw). What
// ends above Target is remembered in found. Where the account is nearly used up, it is from the first few.
func (b *bounder) climb(starts [][]float64) {
	const steps = 40
	if room := b.x.Account().Left() / (2 * steps * (2*float64(b.x.Stored()) + operator.PassWork*float64(b.n))); room < float64(len(starts)) {
		starts = starts[:min(len(starts), max(1, int(room)))]
	}
	m := 2 * len(starts)
	w, z, c := operator.NewGeneral(m, b.d), operator.NewGeneral(m, b.n), operator.NewGeneral(m, b.d)
	for k := range m {
		copy(operator.RowOf(w, k), starts[k/2])
	}
	best, reached, top := make([]float64, m), make([]float64, m), operator.NewGeneral(m, b.d)
	for range steps {
		if b.ctx.Err() != nil {
			break
		}
		for k := range m {
			if norm := floats.Norm(operator.RowOf(w, k), 2); norm > 0 {
				floats.Scale(1/norm, operator.RowOf(w, k))
			}
		}
		b.x.Book(operator.PassWork * float64(len(z.Data)))
		b.x.Mul(z, w)
		operator.Parallel(m, func(k int) { reached[k] = b.gate(operator.RowOf(z, k), sideOf(k)) })
		improved := false
		for k, value := range reached {
			improved = improved || value > best[k]*(1+1e-12)
			if value > best[k] {
				best[k] = value
				copy(operator.RowOf(top, k), operator.RowOf(w, k))
			}
		}
		if !improved {
			break
		}
		b.x.MulTrans(c, z)
		copy(w.Data, c.Data)
	}
	for k, value := range best {
		if value > b.lower {
			b.lower, b.w, b.sign = value, slices.Clone(operator.RowOf(top, k)), sideOf(k)
		}
		b.find(value, operator.RowOf(top, k))
	}
}

// sideOf is the sign for which climb maximises in row k.
func sideOf(k int) float64 { return float64(1 - 2*(k%2)) }

// gate turns z = Xw into s D nu and returns s nu'relu(z).
func (b *bounder) gate(z []float64, s float64) float64 {
	value := 0.0
	for i, v := range z {
		z[i] = 0
		if v > 0 {
			z[i] = s * b.nu[i]
			value += z[i] * v
		}
	}
	return value
}

// find remembers a neuron above Target, once.
func (b *bounder) find(value float64, w []float64) {
	if b.o.Target == 0 || value <= b.o.Target {
		return
	}
	for _, f := range b.found {
		if math.Abs(f.value-value) <= 1e-9*value && floats.Distance(f.w, w, 2) < 1e-6 {
			return
		}
	}
	b.found = append(b.found, foundNeuron{value, slices.Clone(w)})
}

// foundNeuron is a unit vector w and the value of |nu'relu(Xw)| there.
type foundNeuron struct {
	value float64
	w     []float64
}

// leafRef is a leaf of a tree that may still be bisected.
type leafRef struct {
	bound float64
	tree  int
	node  int32
}

// leafHeap has the leaf with the largest bound first; ties go by tree and node.
type leafHeap []leafRef

func (h leafHeap) Len() int      { return len(h) }
func (h leafHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h leafHeap) Less(i, j int) bool {
	switch a, b := h[i], h[j]; {
	case a.bound != b.bound:
		return a.bound > b.bound
	case a.tree != b.tree:
		return a.tree < b.tree
	default:
		return a.node < b.node
	}
}
func (h *leafHeap) Push(x any) { *h = append(*h, x.(leafRef)) }
func (h *leafHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}

// search is best-first branch and bound. A round takes the leaves with the
// largest bounds and grows a limited subtree from each, in parallel.
func (b *bounder) search() {
	r := len(b.columns)
	b.scale = b.closed
	if b.lower > 0 {
		b.scale = b.lower
	}
	if !(b.scale > 0) || math.IsInf(b.scale, 0) {
		return
	}
	x, nu, slack := b.normalised()
	b.slack = slack
	growers := make([]*grower, operator.MaxWorkers())
	for k := range growers {
		growers[k] = newGrower(x, nu, r, slack)
	}
	for t, s := range [...]float64{1, -1} {
		b.trees[t] = newBoundTree(r, s, b.closed/b.scale)
		for o := range b.trees[t].node {
			heap.Push(&b.open, leafRef{b.closed / b.scale, t, int32(o)})
		}
	}
	b.leaves = len(b.open)
	b.note(b.place())
	for b.more() {
		b.round(growers)
		b.note(b.place())
		if b.o.Progress != nil {
			b.o.Progress(b.upper(), b.lower, b.leaves)
		}
	}
	b.noteEnd(b.place())
}

// place is how far the search over cones is.
func (b *bounder) place() SearchPoint {
	return SearchPoint{len(b.trees[0].node) + len(b.trees[1].node), b.upper(), b.lower}
}

// normalised returns X restricted to its columns (n x r), nu / scale, and what
// rounding can add to a bound. With M = sum_i |v_i| max_k |x_ik|, a number
// y_ij is within (r + maxAge) u |v_i| max_k |x_ik| of the true one, as |v_j|_1 =
// 1; deciding a row wrongly by that much changes v_i relu(x_i.w) by as much
// again; and the sums have at most n + maxAge terms. So every U_j is within a
// few (n + r + maxAge) u M, and sum_j l_j <= sqrt(r).
func (b *bounder) normalised() (x, nu []float64, slack float64) {
	r := len(b.columns)
	place := make([]int, b.d)
	for k, j := range b.columns {
		place[j] = k
	}
	x, nu = make([]float64, b.n*r), make([]float64, b.n)
	m := 0.0
	for i := range b.n {
		largest := 0.0
		b.x.Row(i, func(j int, v float64) {
			if v != 0 {
				x[i*r+place[j]] = v
				largest = max(largest, math.Abs(v))
			}
		})
		nu[i] = b.nu[i] / b.scale
		m += math.Abs(nu[i]) * largest
	}
	return x, nu, 4 * operator.Roundoff(b.n+4*r+4*maxAge+maxCuts) * m * math.Sqrt(float64(r))
}

// goal is the bound at which a leaf is finished, in units of scale: what was
// asked for, but no closer to lower than rounding errors allow.
func (b *bounder) goal() float64 {
	return math.Max(b.o.Target/b.scale*(1-1e-14), b.lower/b.scale*b.rise())
}

// rise is the largest upper/lower that is close enough.
func (b *bounder) rise() float64 { return 1 + b.o.Tol + 2*b.slack }

func (b *bounder) more() bool {
	switch {
	case len(b.open) == 0 || b.open[0].bound <= b.goal():
		return false
	case b.o.Violation > 0 && b.lower > b.o.Violation:
		return false
	}
	return b.leaves < b.o.MaxLeaves && b.work < b.o.Work && b.ctx.Err() == nil
}

// worst is the largest bound of a leaf, in units of scale.
func (b *bounder) worst() float64 {
	if len(b.open) == 0 {
		return b.done
	}
	return math.Max(b.done, b.open[0].bound)
}

// upper is the bound proved so far, in units of nu.
func (b *bounder) upper() float64 { return math.Min(b.closed, b.worst()*b.scale*(1+0x1p-50)) }

// mostRoundLeaves are taken in a round.
const mostRoundLeaves = 256

// roundLeaves is how many leaves are taken in the next round: fewer where they would cost
// more than what is left, each some passes over the rows for every node.
func (b *bounder) roundLeaves() int {
	each := float64(b.budget()) * float64(b.n) * float64(len(b.columns)) * rowWork
	return int(max(1, min(mostRoundLeaves, (b.o.Work-b.work)/each)))
}

// budget is how many nodes are grown from a leaf. Sorting all n rows to begin
// with should not dominate; from rank 6 on, depth first goes astray otherwise.
func (b *bounder) budget() int {
	if len(b.columns) > 5 {
		return 64 + b.n/8
	}
	return 400
}

func (b *bounder) round(growers []*grower) {
	goal := b.goal()
	enough := goal
	if len(b.columns) > 3 {
		low := b.lower / b.scale
		enough = math.Max(goal, low+(b.open[0].bound-low)*0.6)
	}
	var taken []leafRef
	for len(b.open) > 0 && len(taken) < b.roundLeaves() && b.open[0].bound > enough {
		taken = append(taken, heap.Pop(&b.open).(leafRef))
	}
	type growth struct {
		sub     []subtreeNode
		reached float64
		w       []float64
		work    float64
	}
	grown := make([]growth, len(taken))
	operator.ParallelWorkers(len(taken), func(worker, k int) {
		if b.ctx.Err() != nil {
			return
		}
		g := growers[worker]
		grown[k].sub = g.grow(b.trees[taken[k].tree], taken[k].node, goal, enough, b.rise(), b.budget())
		grown[k].reached, grown[k].w, grown[k].work = g.reached, slices.Clone(g.w), g.operations()
	})
	for k := range grown {
		b.work += grown[k].work
		b.x.Book(grown[k].work)
	}
	var starts [][]float64
	for k, leaf := range taken {
		if grown[k].sub == nil {
			heap.Push(&b.open, leaf)
			continue
		}
		b.graft(leaf, grown[k].sub)
		if v := grown[k].reached * b.scale; v > b.lower || b.o.Target > 0 && v > b.o.Target {
			starts = append(starts, b.embed(grown[k].w))
		}
	}
	if len(starts) > 0 {
		b.climb(starts)
	}
}

// embed returns the vector of d entries with the given ones in columns.
func (b *bounder) embed(w []float64) []float64 {
	out := make([]float64, b.d)
	for k, j := range b.columns {
		out[j] = w[k]
	}
	return out
}

// graft puts a subtree in the place of a leaf and sorts its leaves into open
// and done.
func (b *bounder) graft(leaf leafRef, sub []subtreeNode) {
	b.leaves--
	b.trees[leaf.tree].graft(leaf.node, sub, func(k int32, s subtreeNode) {
		b.leaves++
		if s.done {
			b.done = math.Max(b.done, b.trees[leaf.tree].node[k].bound)
			return
		}
		heap.Push(&b.open, leafRef{b.trees[leaf.tree].node[k].bound, leaf.tree, k})
	})
}

func (b *bounder) result() *NeuronBound {
	out := &NeuronBound{Upper: b.closed, Lower: b.lower, W: b.w, Sign: int(b.sign), Method: "closed form", Leaves: b.leaves, Left: b.left, History: b.history}
	out.Certificate.Columns = b.columns
	out.Certificate.QuadraticPlus, out.Certificate.QuadraticMinus = b.formula.plus, b.formula.minus
	if b.trees[0] != nil && b.upper() < b.closed {
		out.Upper = b.upper()
		out.Method = "branch and bound"
		out.Certificate.Plus, out.Certificate.Minus = b.trees[0].preorder(b.worst()), b.trees[1].preorder(b.worst())
	}
	if b.pieces != nil && b.piecesUpper < b.closed {
		out.Upper, out.Method, out.Certificate.Pieces = b.piecesUpper, "pieces", b.pieces
	}
	slices.SortStableFunc(b.found, func(x, y foundNeuron) int { return cmp.Compare(y.value, x.value) })
	for _, f := range b.found {
		out.Found = append(out.Found, f.w)
	}
	out.Exact = out.Upper <= out.Lower*b.rise()*(1+1e-14+2*piecesMargin)
	return out
}
