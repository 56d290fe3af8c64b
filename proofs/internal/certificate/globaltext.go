package certificate

import (
	"errors"
	"fmt"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/sphere"
	"multigrade/proofs/internal/verdict"
)

// global writes section global. Trees are cut into fields of maxField characters.
func (e *encoder) global(g *Global) {
	form := "tree"
	switch {
	case g.closed():
		form = "closed"
	case g.Pieces != nil:
		form = "pieces"
	case g.rowwise():
		form = "rows"
	case g.branched():
		form = "branches"
	}
	e.line("section", "global", form)
	e.field("nu", g.Nu...)
	e.field("bound", g.Bound)
	e.field("rel_gap", g.Rel)
	e.line("status", g.Status)
	if g.closed() {
		e.field("quadratic+", numbersOf(g.QuadraticPlus)...)
		e.field("quadratic-", numbersOf(g.QuadraticMinus)...)
		return
	}
	if g.Pieces != nil {
		e.pieces(g.Pieces)
		return
	}
	if g.rowwise() {
		e.parabolas("+", g.ParabolasPlus)
		e.parabolas("-", g.ParabolasMinus)
		return
	}
	if g.branched() {
		e.branches("+", g.BranchesPlus)
		e.branches("-", g.BranchesMinus)
		return
	}
	e.tree("tree+", g.Plus)
	e.tree("tree-", g.Minus)
	e.line("sha256", treeHash(g))
}

func (e *encoder) tree(keyword string, text []byte) {
	e.w.WriteString(keyword)
	e.int(len(text))
	for len(text) > 0 {
		n := min(len(text), maxField)
		e.w.WriteByte(' ')
		e.w.Write(text[:n])
		text = text[n:]
	}
	e.w.WriteByte('\n')
}

// global reads section global if the next line opens it.
func (d *decoder) global() {
	word := d.keyword("end")
	d.hold(word)
	if d.err != nil || word != "section" {
		return
	}
	d.section("global")
	form := d.oneOf("form", "tree", "closed", "rows", "branches", "pieces")
	if d.c.Program.Activation == Gated {
		d.fail("section global: a gated program has none")
	}
	g := new(Global)
	g.Nu = d.values("nu", d.c.Program.Rows)
	g.Bound = d.value("bound")
	g.Rel = d.value("rel_gap")
	g.Status = d.choice("status", Statuses...)
	d.c.Global = g
	if form == "closed" {
		g.QuadraticPlus, g.QuadraticMinus = d.quadratic("quadratic+"), d.quadratic("quadratic-")
		return
	}
	if form == "rows" {
		g.ParabolasPlus, g.ParabolasMinus = d.parabolas("+"), d.parabolas("-")
		return
	}
	if form == "branches" {
		g.BranchesPlus, g.BranchesMinus = d.branches("+"), d.branches("-")
		return
	}
	if form == "pieces" {
		g.Pieces = d.pieces()
		return
	}
	d.trees(g)
}

func numbersOf(q sphere.Quadratic) []float64 { return []float64{q.Scale, q.Mu, q.Tau} }

func (d *decoder) quadratic(name string) (q sphere.Quadratic) {
	if v := d.values(name, 3); d.err == nil {
		q = sphere.Quadratic{Scale: v[0], Mu: v[1], Tau: v[2]}
	}
	return q
}

func (e *encoder) parabolas(sign string, p *sphere.Parabolas) {
	e.field("parabolas"+sign, p.Mu, p.Tau)
	e.field("slope"+sign, p.Slope...)
	e.field("curvature"+sign, p.Curvature...)
	e.transfers(sign, p.Transfers)
}

func (d *decoder) parabolas(sign string) *sphere.Parabolas {
	p, n := new(sphere.Parabolas), d.c.Program.stackedRows()
	if v := d.values("parabolas"+sign, 2); d.err == nil {
		p.Mu, p.Tau = v[0], v[1]
	}
	p.Slope = d.values("slope"+sign, n)
	p.Curvature = d.values("curvature"+sign, n)
	p.Transfers = d.transfers(sign)
	return p
}

func (d *decoder) trees(g *Global) {
	g.Plus = d.tree("tree+")
	g.Minus = d.tree("tree-")
	d.expect("sha256")
	hash := string(d.next("sha256"))
	if d.err == nil {
		if want := treeHash(g); hash != want {
			d.fail("sha256: %q, the trees hash to %s", hash, want)
		}
	}
	d.endLine()
}

func (d *decoder) tree(keyword string) []byte {
	d.expect(keyword)
	n := d.integer("number of nodes", 1, maxCount)
	text := make([]byte, 0, min(n, readAhead))
	for len(text) < n && d.err == nil {
		field := d.next("nodes")
		if want := min(n-len(text), maxField); d.err == nil && len(field) != want {
			d.fail("%d nodes in a field, expected %d", len(field), want)
		}
		if d.err == nil {
			if err := formTree(field); err != nil {
				d.fail("%v", err)
			}
		}
		text = append(text, field...)
	}
	d.endLine()
	return text
}

// formTree accepts '.' and the edges of up to maxTreeRank vertices.
func formTree(text []byte) error {
	for _, b := range text {
		if b != sphere.TreeLeaf && !(b >= sphere.TreeEdge && int(b) < sphere.TreeEdge+sphere.MaxTreeRank*(sphere.MaxTreeRank-1)/2) {
			return fmt.Errorf("node %q, expected '.' or an edge", b)
		}
	}
	return nil
}

// formParabolas is what a reader would refuse.
func formParabolas(p *sphere.Parabolas, of *Program) error {
	n := of.stackedRows()
	if err := errors.Join(exact.FiniteAll("global parabolas: mu, tau", []float64{p.Mu, p.Tau}),
		vector("global parabolas: slope", p.Slope, n), vector("global parabolas: curvature", p.Curvature, n)); err != nil {
		return err
	}
	return formTransfers(p.Transfers, n)
}

func formGlobal(c *Certificate) error {
	g := c.Global
	if g == nil {
		return nil
	}
	if c.Program.Activation == Gated {
		return fmt.Errorf("global: a gated program has no such section")
	}
	if err := vector("global nu", g.Nu, c.Program.Rows); err != nil {
		return err
	}
	if err := exact.FiniteAll("global bound, rel_gap", []float64{g.Bound, g.Rel}); err != nil {
		return err
	}
	if err := verdict.KnownWord("global status", g.Status, Statuses...); err != nil {
		return err
	}
	if g.closed() {
		return exact.FiniteAll("global quadratic+, quadratic-", append(numbersOf(g.QuadraticPlus), numbersOf(g.QuadraticMinus)...))
	}
	if g.rowwise() {
		return errors.Join(formParabolas(g.ParabolasPlus, &c.Program), formParabolas(g.ParabolasMinus, &c.Program))
	}
	if g.branched() {
		return errors.Join(formBranches(g.BranchesPlus, &c.Program), formBranches(g.BranchesMinus, &c.Program))
	}
	if g.Pieces != nil {
		return formPieces(g.Pieces, &c.Program)
	}
	for _, text := range [][]byte{g.Plus, g.Minus} {
		if len(text) < 1 || len(text) > maxCount {
			return fmt.Errorf("global trees: %d nodes, expected 1..%d", len(text), maxCount)
		}
		if err := formTree(text); err != nil {
			return fmt.Errorf("global trees: %w", err)
		}
	}
	return nil
}
