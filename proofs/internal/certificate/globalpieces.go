package certificate

import (
	"fmt"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/pieces"
)

// pieces decides m(nu) <= n beta by the trees over groups of rows.
func (k *Checker) pieces(g *Global) (string, error) {
	x, nu, radius := k.stacked()
	p := pieces.Problem{
		Rows: x.Rows, Cols: x.Cols, Nu: nu,
		Row: func(i int, dst []float64) {
			clear(dst)
			values, index := x.Row(i)
			for e, v := range values {
				j := e
				if index != nil {
					j = index[e]
				}
				dst[j] = v
			}
		},
	}
	leaves, err := g.Pieces.Check(p, radius.Lower())
	if err != nil {
		return "", fmt.Errorf("pieces: %w", err)
	}
	return fmt.Sprintf("all patterns, both signs: %d regions, %d groups of rows", leaves, len(g.Pieces.Groups)), nil
}

// pieces writes the knots, groups and trees of section global pieces.
func (e *encoder) pieces(p *pieces.Evidence) {
	e.w.WriteString("knots")
	e.int(len(p.Knots))
	e.w.WriteByte('\n')
	for _, a := range p.Knots {
		e.field("knot", a...)
	}
	e.w.WriteString("groups")
	e.int(len(p.Groups))
	e.w.WriteByte('\n')
	for _, g := range p.Groups {
		e.w.WriteString("group")
		e.int(g.A)
		e.int(g.B)
		e.int(len(g.Rows))
		e.w.WriteString("\nrows")
		for _, i := range g.Rows {
			e.int(i)
		}
		e.w.WriteByte('\n')
		e.field("theta", g.Theta...)
	}
	var line []byte
	for k, tree := range [][]pieces.Node{p.Plus, p.Minus} {
		e.w.WriteString([]string{"tree+", "tree-"}[k])
		e.int(len(tree))
		e.w.WriteByte('\n')
		for i := range tree {
			line = append(tree[i].AppendText(line[:0]), '\n')
			e.w.Write(line)
		}
	}
	e.line("sha256", p.Hash())
}

// pieces reads what encoder.pieces writes.
func (d *decoder) pieces() *pieces.Evidence {
	p := new(pieces.Evidence)
	for n := d.count("knots", 1, maxCount); n > 0 && d.err == nil; n-- {
		p.Knots = append(p.Knots, d.values("knot", d.c.Program.Cols))
	}
	for n := d.count("groups", 1, d.c.Program.stackedRows()); n > 0 && d.err == nil; n-- {
		p.Groups = append(p.Groups, d.group(len(p.Knots)))
	}
	p.Plus = d.pieceTree("tree+", p)
	p.Minus = d.pieceTree("tree-", p)
	d.expect("sha256")
	hash := string(d.next("sha256"))
	if d.err == nil {
		if want := p.Hash(); hash != want {
			d.fail("sha256: %q, knots, groups and trees hash to %s", hash, want)
		}
	}
	d.endLine()
	return p
}

func (d *decoder) group(knots int) (g pieces.Group) {
	d.expect("group")
	g.A, g.B = d.integer("knot", 0, knots-1), d.integer("knot", 0, knots-1)
	n := d.integer("number of rows", 1, d.c.Program.stackedRows())
	d.endLine()
	d.expect("rows")
	for len(g.Rows) < n && d.err == nil {
		g.Rows = append(g.Rows, d.integer("row", 0, d.c.Program.stackedRows()-1))
	}
	d.endLine()
	g.Theta = d.values("theta", n)
	return g
}

func (d *decoder) pieceTree(name string, p *pieces.Evidence) []pieces.Node {
	n := d.count(name, 1, maxCount)
	nodes := make([]pieces.Node, 0, min(n, readAhead))
	for len(nodes) < n && d.err == nil {
		var v pieces.Node
		switch word := d.keyword("., s, k or c"); word {
		case ".", "s":
			v.Kind = word[0]
			v.Values = d.numbers("multiplier", d.integer("number of multipliers", 0, 4*len(p.Groups)+len(p.Knots)))
		case "k":
			v.Kind, v.At = pieces.Sign, d.integer("knot", 0, len(p.Knots)-1)
		case "c":
			v.Kind, v.At = pieces.Crossing, d.integer("group", 0, len(p.Groups)-1)
			if d.err == nil {
				v.Row = d.integer("row of the group", 0, len(p.Groups[v.At].Rows)-1)
			}
		default:
			d.fail("node %q, expected ., s, k or c", word)
		}
		d.endLine()
		nodes = append(nodes, v)
	}
	return nodes
}

// formPieces is what a reader would refuse.
func formPieces(p *pieces.Evidence, program *Program) error {
	if len(p.Knots) < 1 || len(p.Knots) > maxCount || len(p.Groups) < 1 || len(p.Groups) > program.stackedRows() {
		return fmt.Errorf("pieces: %d knots and %d groups of %d rows", len(p.Knots), len(p.Groups), program.stackedRows())
	}
	for _, a := range p.Knots {
		if err := vector("pieces knot", a, program.Cols); err != nil {
			return err
		}
	}
	for k, g := range p.Groups {
		if len(g.Rows) < 1 || min(g.A, g.B) < 0 || max(g.A, g.B) >= len(p.Knots) {
			return fmt.Errorf("pieces group %d: knots %d and %d, %d rows", k, g.A, g.B, len(g.Rows))
		}
		for _, i := range g.Rows {
			if i < 0 || i >= program.stackedRows() {
				return fmt.Errorf("pieces group %d: row %d", k, i)
			}
		}
		if err := vector("pieces theta", g.Theta, len(g.Rows)); err != nil {
			return err
		}
	}
	for _, tree := range [][]pieces.Node{p.Plus, p.Minus} {
		if len(tree) < 1 || len(tree) > maxCount {
			return fmt.Errorf("pieces trees: %d nodes, expected 1..%d", len(tree), maxCount)
		}
		for k, n := range tree {
			if err := formPieceNode(&n, p); err != nil {
				return fmt.Errorf("pieces trees: node %d: %w", k, err)
			}
		}
	}
	return nil
}

func formPieceNode(n *pieces.Node, p *pieces.Evidence) error {
	switch n.Kind {
	case pieces.Leaf, pieces.Shifted:
		if len(n.Values) > 4*len(p.Groups)+len(p.Knots) {
			return fmt.Errorf("%d multipliers", len(n.Values))
		}
		return exact.FiniteAll("multipliers", n.Values)
	case pieces.Sign:
		if n.At < 0 || n.At >= len(p.Knots) {
			return fmt.Errorf("knot %d", n.At)
		}
	case pieces.Crossing:
		if n.At < 0 || n.At >= len(p.Groups) || n.Row < 0 || n.Row >= len(p.Groups[n.At].Rows) {
			return fmt.Errorf("row %d of group %d", n.Row, n.At)
		}
	default:
		return fmt.Errorf("kind %q", n.Kind)
	}
	return nil
}
