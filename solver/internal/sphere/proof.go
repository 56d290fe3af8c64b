package sphere

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Proof is a proof that m(nu) <= target in the making: the trees for nu and -nu, some
// of whose leaves are open. Without open leaves it is done.
type Proof struct{ Plus, Minus Tree }

// Tree is a tree in preorder, or several one after the other. As text its nodes stand
// behind one another, separated by commas, as TreeNode says.
type Tree []TreeNode

// TreeNode is a node of a Tree.
type TreeNode struct {
	// Kind is '?' for an open leaf, '.' or 's' for one that is proved, with what proves it in
	// Values, 'e' where the cone is bisected at edge At, 'k', 'c' and 's' as in PieceNode. As
	// text it comes first, then At and after a colon Row, or the Values with spaces.
	Kind    byte
	At, Row int
	Values  []float64
}

// Way leads to a node of a Proof.
type Way struct {
	Minus bool // in the tree for -nu
	Root  int  // of how many trees before it
	Steps []WayStep
}

// WayStep is a branching and the child taken, 0 or 1.
type WayStep struct {
	Kind    byte
	At, Row int
	Child   int
}

func (n *TreeNode) leaf() bool { return n.Kind == '.' || n.Kind == 's' || n.Kind == '?' }

// Open counts the open leaves.
func (p *Proof) Open() int {
	open := 0
	for _, t := range []Tree{p.Plus, p.Minus} {
		for k := range t {
			if t[k].Kind == '?' {
				open++
			}
		}
	}
	return open
}

// Nodes counts the nodes.
func (p *Proof) Nodes() int { return len(p.Plus) + len(p.Minus) }

// Ways are those to the open leaves, in order.
func (p *Proof) Ways() ([]Way, error) {
	var ways []Way
	for k, t := range []Tree{p.Plus, p.Minus} {
		w, err := t.ways(Way{Minus: k == 1})
		if err != nil {
			return nil, err
		}
		ways = append(ways, w...)
	}
	return ways, nil
}

// errCutOff says that a tree has fewer nodes than it announces.
var errCutOff = errors.New("a tree of the proof ends too early")

// ways are those to the open leaves, the first tree's root being at from.
func (t Tree) ways(from Way) ([]Way, error) {
	var open []Way
	var way []WayStep
	root := from.Root
	for k := range t {
		n := &t[k]
		if !n.leaf() {
			way = append(way, WayStep{Kind: n.Kind, At: n.At, Row: n.Row})
			continue
		}
		if n.Kind == '?' {
			steps := append(append([]WayStep{}, from.Steps...), way...)
			open = append(open, Way{from.Minus, root, steps})
		}
		for len(way) > 0 && way[len(way)-1].Child == 1 {
			way = way[:len(way)-1]
		}
		if len(way) == 0 {
			root++
			continue
		}
		way[len(way)-1].Child = 1
	}
	if len(way) > 0 {
		return nil, errCutOff
	}
	return open, nil
}

// Graft puts a tree into the place of every open leaf, in order.
func (p *Proof) Graft(trees []Tree) (*Proof, error) {
	if open := p.Open(); len(trees) != open {
		return nil, fmt.Errorf("%d trees for %d open leaves of a proof", len(trees), open)
	}
	for k, t := range trees {
		if !t.forest(1) {
			return nil, fmt.Errorf("what is to be open leaf %d is not one tree", k)
		}
	}
	out := new(Proof)
	out.Plus, trees = p.Plus.graft(trees)
	out.Minus, _ = p.Minus.graft(trees)
	return out, nil
}

// graft returns t with the first trees in the places of its open leaves, and the
// other trees.
func (t Tree) graft(trees []Tree) (Tree, []Tree) {
	var out Tree
	for _, n := range t {
		if n.Kind != '?' {
			out = append(out, n)
			continue
		}
		out = append(out, trees[0]...)
		trees = trees[1:]
	}
	return out, trees
}

// MarshalText writes the tree.
func (t Tree) MarshalText() ([]byte, error) {
	var b []byte
	for k := range t {
		n := &t[k]
		if k > 0 {
			b = append(b, ',')
		}
		b = append(b, n.Kind)
		switch n.Kind {
		case 'e', 'k':
			b = strconv.AppendInt(b, int64(n.At), 10)
		case 'c':
			b = strconv.AppendInt(b, int64(n.At), 10)
			b = strconv.AppendInt(append(b, ':'), int64(n.Row), 10)
		case '.', 's':
			for j, v := range n.Values {
				if j > 0 {
					b = append(b, ' ')
				}
				b = strconv.AppendFloat(b, v, 'g', -1, 64)
			}
		}
	}
	return b, nil
}

// UnmarshalText reads what MarshalText writes.
func (t *Tree) UnmarshalText(text []byte) error {
	*t = nil
	for from, rest := 0, string(text); ; from++ {
		word, more, comma := strings.Cut(rest, ",")
		n, err := parseNode(word)
		if err != nil {
			return fmt.Errorf("node %d of a tree: %w", from, err)
		}
		*t = append(*t, n)
		if !comma {
			return nil
		}
		rest = more
	}
}

func parseNode(word string) (n TreeNode, err error) {
	bad := fmt.Errorf("%.40q, want ?, . or s with numbers, eN, kN or cN:N", word)
	if word == "" {
		return n, bad
	}
	n.Kind = word[0]
	at, row, colon := strings.Cut(word[1:], ":")
	switch {
	case n.Kind == '?' && len(word) == 1:
		return n, nil
	case n.Kind == '.' && len(word) == 1:
		return n, nil
	case n.Kind == '.' || n.Kind == 's':
		for _, number := range strings.Split(word[1:], " ") {
			v, err := strconv.ParseFloat(number, 64)
			if err != nil {
				return n, bad
			}
			n.Values = append(n.Values, v)
		}
		return n, nil
	case (n.Kind == 'e' || n.Kind == 'k') && !colon:
	case n.Kind == 'c' && colon:
		if n.Row, err = strconv.Atoi(row); err != nil {
			return n, bad
		}
	default:
		return n, bad
	}
	if n.At, err = strconv.Atoi(at); err != nil || n.At < 0 || n.Row < 0 {
		return n, bad
	}
	return n, nil
}
