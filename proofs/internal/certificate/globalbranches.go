package certificate

import (
	"fmt"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/sphere"
)

// branches writes the tree of one sign of section global branches.
func (e *encoder) branches(sign string, tree []sphere.BranchNode) {
	e.w.WriteString("tree" + sign)
	e.int(len(tree))
	e.w.WriteByte('\n')
	for _, node := range tree {
		if node.Leaf == nil {
			e.w.WriteByte('r')
			e.int(node.Row)
			e.w.WriteByte('\n')
			continue
		}
		e.w.WriteString(".\n")
		e.parabolas(sign, node.Leaf)
		if len(node.Leaf.Signs) > 0 {
			e.w.WriteString("signs" + sign)
			e.int(len(node.Leaf.Signs) / 2)
			for _, v := range node.Leaf.Signs {
				e.number(v)
			}
			e.w.WriteByte('\n')
		}
	}
}

// branches reads what encoder.branches writes.
func (d *decoder) branches(sign string) []sphere.BranchNode {
	rows := d.c.Program.stackedRows()
	n := d.count("tree"+sign, 1, maxCount)
	nodes := make([]sphere.BranchNode, 0, min(n, readAhead))
	for len(nodes) < n && d.err == nil {
		var node sphere.BranchNode
		switch word := d.keyword(". or r"); word {
		case "r":
			node.Row = d.integer("row", 0, rows-1)
			d.endLine()
		case ".":
			d.endLine()
			node.Leaf = d.parabolas(sign)
			node.Leaf.Signs = d.signs(sign, rows)
		default:
			d.fail("%q, expected . or r", word)
		}
		nodes = append(nodes, node)
	}
	return nodes
}

// signs reads those of a leaf, if there are any.
func (d *decoder) signs(sign string, rows int) (all []float64) {
	word := d.keyword("signs" + sign)
	if d.err != nil || word != "signs"+sign {
		d.hold(word)
		return nil
	}
	n := d.integer("number of rows", 1, rows)
	for len(all) < 2*n && d.err == nil {
		all = append(all, d.number("multiplier"))
	}
	d.endLine()
	return all
}

// formBranches is what a reader would refuse.
func formBranches(tree []sphere.BranchNode, of *Program) error {
	if len(tree) < 1 || len(tree) > maxCount {
		return fmt.Errorf("global branches: %d nodes, expected 1..%d", len(tree), maxCount)
	}
	for k, node := range tree {
		if node.Leaf == nil {
			if node.Row < 0 || node.Row >= of.stackedRows() {
				return fmt.Errorf("global branches: node %d: row %d of %d", k, node.Row, of.stackedRows())
			}
			continue
		}
		if err := formParabolas(node.Leaf, of); err != nil {
			return err
		}
		if err := exact.FiniteAll("global branches: signs", node.Leaf.Signs); err != nil {
			return err
		}
		if n := len(node.Leaf.Signs); n%2 != 0 || n/2 > of.stackedRows() {
			return fmt.Errorf("global branches: node %d: signs of %d numbers", k, n)
		}
	}
	return nil
}
