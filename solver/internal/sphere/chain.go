package sphere

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/sphere/pieces"
)

// PiecesCertificate proves a bound of m(nu) piece by piece: rows of X in groups
// near planes through the origin, and a tree for each sign of nu, whose leaves
// carry multipliers. Multipliers scale with nu. proofs/FORMAT.md says what it claims.
type PiecesCertificate struct {
	Knots       [][]float64 // of d entries
	Groups      []RowGroup
	Plus, Minus []PieceNode // in preorder
}

// RowGroup is a set of rows x_i ~ (1 - Theta) a + Theta b, a and b being knots.
type RowGroup struct {
	A, B  int
	Rows  []int
	Theta []float64
}

// PieceNode is a node of a tree over pieces.
type PieceNode struct {
	// Kind is '.' for a leaf, 's' for one with shifts, 'k' where the children have v >= 0 and v <= 0 at
	// knot At, 'c' where they have the sign change of group At up to its row
	// number Row, and from it on.
	Kind    byte
	At, Row int
	// Values of a leaf are its shifts and multipliers.
	Values []float64
}

// Times returns the certificate for t nu.
func (c *PiecesCertificate) Times(t float64) *PiecesCertificate {
	if c == nil {
		return nil
	}
	out := *c
	scaled := func(tree []PieceNode) []PieceNode {
		tree = slices.Clone(tree)
		for k := range tree {
			v := slices.Clone(tree[k].Values)
			for j := range v {
				v[j] *= t
			}
			tree[k].Values = v
		}
		return tree
	}
	out.Plus, out.Minus = scaled(c.Plus), scaled(c.Minus)
	return &out
}

const (
	// leastPieceRank: with fewer columns the cones end as soon. Of stacked rows a piece
	// and its mirror image are bounded apart, for which it takes a column more:
	// measured with absolute values, grade 3 of co2_weekly, rank 3, is proved by cones in
	// a few seconds, but not by 215,744 pieces in 250 s of CPU time.
	// Nor are rows of rank 3 that are no functions of one number: measured on 16 x 16 pixels,
	// whose lines are found as 16 pieces, m(nu) was 6 n beta after 500 s of pieces, and is
	// proved to 1e-7 by cones in a second.
	leastPieceRank, leastStackedRank, leastUnorderedRank = 3, 4, 4
	// mostPieceRank is the largest rank for which the search is tried.
	mostPieceRank = 64
	// rowsPerPiece: a chain has structure if its pieces have as many rows on
	// average.
	rowsPerPiece = 4
	// mostUnordered is the number of rows up to which the order along a chain is
	// looked for where it is not given, in O(n^2 r).
	mostUnordered = 4096
	// nodesPerLeaf is how many nodes over pieces may take the place of a cone of
	// BoundOptions.MaxLeaves: a cone costs passes over the rows, a node does not.
	nodesPerLeaf = 16
	// piecesMargin is the relative room for the roundings of whoever checks.
	piecesMargin = 2e-9
)

// chain groups the rows into pieces, or returns nil where they have no such
// structure.
func (b *bounder) chain() (*mat.Dense, *pieces.Chain) {
	r, least := len(b.columns), leastPieceRank
	if b.o.stacked {
		least = leastStackedRank
	}
	if b.o.Line == nil {
		least = max(least, leastUnorderedRank)
	}
	if r < least || r > mostPieceRank || b.o.Line == nil && b.n > mostUnordered {
		return nil, nil
	}
	var along chainAlong
	if b.o.Line != nil {
		along.line = &b.o.Line[0]
	}
	found := b.x.Once(along, func() any { return b.findChain(r) }).(foundChain)
	if len(found.c.Pieces)*rowsPerPiece > b.n {
		return nil, nil
	}
	return found.x, found.c
}

// chainAlong is the chain of the rows along a line, nil without one.
type chainAlong struct{ line *float64 }

// foundChain is a chain and its rows, without columns of zeros.
type foundChain struct {
	x *mat.Dense
	c *pieces.Chain
}

// findChain groups rows of r columns that are not zero.
func (b *bounder) findChain(r int) foundChain {
	place := make([]int, b.d)
	for k, j := range b.columns {
		place[j] = k
	}
	x := mat.NewDense(b.n, r, nil)
	for i := range b.n {
		b.x.Row(i, func(j int, v float64) {
			if v != 0 {
				x.Set(i, place[j], v)
			}
		})
	}
	var order []int
	if b.o.Line != nil {
		for i := range b.n {
			order = append(order, i)
		}
		slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(b.o.Line[i], b.o.Line[j]) })
	}
	return foundChain{x: x, c: pieces.Find(x, order)}
}

// HasPieces says that MaxNeuron works by pieces.
func (s *Stack) HasPieces() bool {
	if _, d := s.X.Dims(); operator.Columns(s.X) != d {
		return false // their knots are rows of the matrix
	}
	_, c := s.bounder(context.Background(), nil, BoundOptions{}).chain()
	return c != nil
}

// searchPieces bounds m(nu) piece by piece; false where the rows have no pieces.
func (b *bounder) searchPieces() (bool, error) {
	x, c := b.chain()
	if c == nil {
		return false, nil
	}
	o := pieces.DefaultOptions()
	o.Tol, o.Target, o.Violation, o.Hopeless = b.o.Tol, b.o.Target, b.o.Violation, b.o.Hopeless
	if math.IsInf(o.Hopeless, 1) {
		o.Hopeless = b.closed
	}
	o.Nodes = max(2, nodesPerLeaf*b.o.MaxLeaves)
	o.Threads, o.Operations = operator.MaxWorkers(), b.o.Work
	for _, w := range append(slices.Clone(b.o.Seeds), b.w) {
		if w != nil {
			o.Seeds = append(o.Seeds, b.within(w))
		}
	}
	o.Progress = func(upper, lower float64, nodes int) {
		b.note(SearchPoint{nodes, upper, math.Max(lower, b.lower)})
		if b.o.Progress != nil {
			b.o.Progress(math.Min(upper, b.closed), lower, nodes)
		}
	}
	got, err := pieces.Maximise(b.ctx, x, b.nu, c, o)
	if err != nil {
		return false, err
	}
	for _, f := range got.Found {
		b.find(f.Value, b.embed(f.W))
	}
	if got.W != nil && got.Lower > b.lower {
		b.lower, b.w, b.sign = got.Lower, b.embed(got.W), float64(got.Sign)
	}
	b.x.Book(got.Operations)
	b.leaves, b.left = got.Nodes, got.Left
	b.piecesUpper = got.Upper * (1 + piecesMargin)
	for k := range b.history { // what the progress said is without the room for rounding
		upper := &b.history[k].Upper
		*upper = math.Min((*upper*(1+0x1p-40)+got.Slack)*(1+piecesMargin), b.closed)
	}
	if got.Nodes > 0 {
		b.noteEnd(SearchPoint{got.Nodes, math.Min(b.piecesUpper, b.closed), b.lower})
	}
	b.pieces = b.piecesCertificate(c, got)
	return true, nil
}

// within returns the entries of w in columns.
func (b *bounder) within(w []float64) []float64 {
	out := make([]float64, len(b.columns))
	for k, j := range b.columns {
		out[k] = w[j]
	}
	return out
}

// piecesCertificate puts the trees into preorder.
func (b *bounder) piecesCertificate(c *pieces.Chain, got *pieces.Bound) *PiecesCertificate {
	out := &PiecesCertificate{Plus: preorderPieces(c, got.Plus), Minus: preorderPieces(c, got.Minus)}
	if out.Plus == nil || out.Minus == nil {
		return nil
	}
	for _, a := range c.Knots {
		out.Knots = append(out.Knots, b.embed(a))
	}
	for _, p := range c.Pieces {
		out.Groups = append(out.Groups, RowGroup(p))
	}
	return out
}

// preorderPieces lists a tree's nodes in preorder, nil if there are none.
func preorderPieces(c *pieces.Chain, tree []pieces.Node) []PieceNode {
	if len(tree) == 0 {
		return nil
	}
	out := make([]PieceNode, 0, len(tree))
	visitPieces(c, tree, newPlace(c), func(n PieceNode, _ *pieces.Node) { out = append(out, n) })
	return out
}

// place is where a tree over pieces begins: the signs known, 0 for the others, and
// between which rows of a piece the sign changes.
type place struct{ sign, l, u []int }

// newPlace is the whole ball.
func newPlace(c *pieces.Chain) *place {
	at := &place{make([]int, len(c.Knots)), make([]int, len(c.Pieces)), make([]int, len(c.Pieces))}
	for k, p := range c.Pieces {
		at.u[k] = len(p.Rows)
	}
	return at
}

// allows says whether the place can be branched so.
func (at *place) allows(c *pieces.Chain, s WayStep) bool {
	if s.Kind == 'k' {
		return s.At < len(c.Knots) && at.sign[s.At] == 0
	}
	if s.Kind != 'c' || s.At >= len(c.Pieces) {
		return false
	}
	p := &c.Pieces[s.At]
	return at.sign[p.A]*at.sign[p.B] < 0 && at.l[s.At] <= s.Row && s.Row < at.u[s.At]
}

// child goes where a step of a proof leads and returns it.
func (at *place) child(c *pieces.Chain, s WayStep) (*pieces.Step, error) {
	if !at.allows(c, s) {
		return nil, ErrNoWay
	}
	step := &pieces.Step{Knot: -1, Piece: int32(s.At), Row: int32(s.Row), Child: s.Child}
	if s.Kind == 'k' {
		step.Knot, step.Piece = int32(s.At), -1
	}
	at.take(step)
	return step, nil
}

// take goes to a child.
func (at *place) take(s *pieces.Step) {
	switch {
	case s.Knot >= 0:
		at.sign[s.Knot] = 1 - 2*s.Child
	case s.Child == 0:
		at.u[s.Piece] = int(s.Row)
	default:
		at.l[s.Piece] = int(s.Row) + 1
	}
}

// visitPieces visits in preorder the nodes of a tree that begins at a place, which is
// as it was behind it.
func visitPieces(c *pieces.Chain, tree []pieces.Node, at *place, visit func(n PieceNode, node *pieces.Node)) {
	sign, l, u := at.sign, at.l, at.u
	shared := c.Shared()
	var below func(node int32)
	below = func(node int32) {
		n := &tree[node]
		switch k, row := int(n.Piece), int(n.Row); {
		case n.Child == 0:
			visit(leafNode(c, shared, n.Evidence, sign, l, u), n)
		case n.Knot >= 0:
			visit(PieceNode{Kind: 'k', At: int(n.Knot)}, n)
			sign[n.Knot] = 1
			below(n.Child)
			sign[n.Knot] = -1
			below(n.Child + 1)
			sign[n.Knot] = 0
		default:
			visit(PieceNode{Kind: 'c', At: k, Row: row}, n)
			from, to := l[k], u[k]
			u[k] = row
			below(n.Child)
			l[k], u[k] = row+1, to
			below(n.Child + 1)
			l[k] = from
		}
	}
	below(0)
}

// leafNode lists a leaf's multipliers: shifts, if there are some, at the open knots that have
// room for one, alpha and beta of the pieces that the signs do not decide, then those of knots of
// known sign, then those at crossings.
func leafNode(c *pieces.Chain, shared [][2]int32, e *pieces.Evidence, sign, l, u []int) PieceNode {
	n := PieceNode{Kind: '.'}
	for k, s := range sign {
		if s == 0 && e.Shift[k] != 0 {
			n.Kind = 's'
		}
	}
	var v []float64
	if n.Kind == 's' {
		for k, s := range sign {
			if s == 0 && shared[k][0] >= 0 {
				v = append(v, e.Shift[k])
			}
		}
	}
	for k, p := range c.Pieces {
		if sign[p.A]*sign[p.B] <= 0 {
			v = append(v, e.Alpha[k], e.Beta[k])
		}
	}
	for k, s := range sign {
		if s != 0 {
			v = append(v, e.Knot[k])
		}
	}
	for k, p := range c.Pieces {
		if sign[p.A]*sign[p.B] < 0 {
			if l[k] > 0 {
				v = append(v, e.Before[k])
			}
			if u[k] < len(p.Rows) {
				v = append(v, e.After[k])
			}
		}
	}
	n.Values = v
	return n
}
