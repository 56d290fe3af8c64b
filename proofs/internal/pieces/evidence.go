package pieces

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
)

// Evidence is what a section global pieces lists.
type Evidence struct {
	Knots       [][]float64 // vectors of as many entries as X has columns
	Groups      []Group
	Plus, Minus []Node // the trees for nu and -nu, in preorder
}

// Group is a set of rows of X, each near (1 - Theta) a + Theta b for the knots a
// and b, Theta ascending in [0, 1].
type Group struct {
	A, B  int
	Rows  []int
	Theta []float64
}

// Kinds of nodes, as they are written.
const (
	Leaf     = '.'
	Shifted  = 's' // a leaf with shifts at its open knots
	Sign     = 'k' // the children have v >= 0 and v <= 0 at a knot
	Crossing = 'c' // the sign changes within a group up to a row, and from it on
)

// Node is a node of a tree.
type Node struct {
	Kind   byte
	At     int       // knot of a Sign, group of a Crossing
	Row    int       // of a Crossing: a place in the group's Rows
	Values []float64 // numbers of a leaf
}

// AppendText appends the node's line, without its end.
func (n *Node) AppendText(b []byte) []byte {
	b = append(b, n.Kind)
	switch n.Kind {
	case Sign:
		return integer(b, n.At)
	case Crossing:
		return integer(integer(b, n.At), n.Row)
	}
	return Numbers(integer(b, len(n.Values)), n.Values)
}

func integer(b []byte, v int) []byte { return strconv.AppendInt(append(b, ' '), int64(v), 10) }

// Numbers appends a space and a number for every value.
func Numbers(b []byte, values []float64) []byte {
	for _, v := range values {
		b = strconv.AppendFloat(append(b, ' '), v, 'g', -1, 64)
	}
	return b
}

// Hash is the SHA-256 of the knots, groups and nodes as they are written.
func (e *Evidence) Hash() string {
	h := sha256.New()
	var b []byte
	line := func() {
		h.Write(append(b, '\n'))
		b = b[:0]
	}
	for _, k := range e.Knots {
		b = Numbers(append(b, "knot"...), k)
		line()
	}
	for _, g := range e.Groups {
		b = integer(integer(integer(append(b, "group"...), g.A), g.B), len(g.Rows))
		line()
		b = append(b, "rows"...)
		for _, i := range g.Rows {
			b = integer(b, i)
		}
		line()
		b = Numbers(append(b, "theta"...), g.Theta)
		line()
	}
	for _, tree := range [][]Node{e.Plus, e.Minus} {
		b = append(b, "tree"...)
		line()
		for k := range tree {
			b = tree[k].AppendText(b)
			line()
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}
