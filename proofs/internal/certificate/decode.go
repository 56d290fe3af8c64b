package certificate

import (
	"io"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// Decode reads a certificate in the form of FORMAT.md. Anything else is refused
// with a *MalformedError naming line and field; other errors are r's own. Memory
// grows with what has been read, whatever the counts at the top announce.
func Decode(r io.Reader) (*Certificate, error) {
	return decode(r, func(*Certificate, *Pattern) {})
}

// decode calls each for every pattern as soon as it is read; program, data,
// network and dual are complete by then. What each leaves of the pattern is kept.
func decode(r io.Reader, each func(*Certificate, *Pattern)) (*Certificate, error) {
	return decodeWith(&decoder{scanner: newScanner(r), c: new(Certificate), each: each})
}

func decodeWith(d *decoder) (*Certificate, error) {
	d.header()
	d.program()
	d.sections()
	if d.err != nil {
		return nil, d.err
	}
	return d.c, nil
}

// A decoder reads one section after the other into c.
type decoder struct {
	*scanner
	c           *Certificate
	each        func(*Certificate, *Pattern)
	parts       *inFile // where nu and the words are, if they are not to be kept
	neurons     int
	patterns    int
	multipliers int
	left        int // multipliers announced and not read
}

// expect reads the keyword that opens the next line.
func (d *decoder) expect(word string) {
	if got := d.keyword(word); d.err == nil && got != word {
		d.fail("%q, expected %s", got, word)
	}
}

func (d *decoder) count(name string, lo, hi int) int {
	d.expect(name)
	n := d.integer(name, lo, hi)
	d.endLine()
	return n
}

func (d *decoder) value(name string) float64 {
	d.expect(name)
	v := d.number(name)
	d.endLine()
	return v
}

func (d *decoder) values(name string, n int) []float64 {
	d.expect(name)
	v := d.numbers(name, n)
	d.endLine()
	return v
}

func (d *decoder) choice(name string, known ...string) string {
	d.expect(name)
	return d.oneOf(name, known...)
}

// oneOf reads the last field of a line.
func (d *decoder) oneOf(name string, known ...string) string {
	got := string(d.next(name))
	if d.err == nil {
		if err := verdict.KnownWord(name, got, known...); err != nil {
			d.fail("%v", err)
		}
	}
	d.endLine()
	return got
}

func (d *decoder) header() {
	d.expect(formatName)
	if got := string(d.next("version")); d.err == nil && got != formatVersion {
		d.fail("version %q, expected %s", got, formatVersion)
	}
	d.endLine()
	d.c.Program.Rows = d.count("rows", 1, maxRows)
	d.c.Program.Cols = d.count("cols", 1, maxCols)
	d.neurons = d.count("neurons", 0, maxCount)
	d.patterns = d.count("patterns", 0, maxCount)
	d.multipliers = d.count("multipliers", 0, maxCount)
}

// section reads "section name", leaving the fields after the name.
func (d *decoder) section(name string) {
	d.expect("section")
	if got := string(d.next("section name")); d.err == nil && got != name {
		d.fail("section %q, expected section %s", got, name)
	}
}

func (d *decoder) program() {
	p := &d.c.Program
	d.section("program")
	d.endLine()
	d.expect("activation")
	p.Activation = string(d.next("activation"))
	if d.err == nil {
		if _, err := Slope(p.Activation); err != nil {
			d.fail("%v", err)
		}
	}
	d.endLine()
	d.loss(p)
	p.Intercept = d.choice("intercept", "true", "false") == "true"
	d.beta(p)
	d.expect("sha256")
	p.SHA256 = string(d.next("sha256"))
	if d.err == nil {
		if err := KnownHash("sha256", p.SHA256); err != nil {
			d.fail("%v", err)
		}
	}
	d.endLine()
}

// beta reads the number, and whether it is that of ridge.
func (d *decoder) beta(p *Program) {
	d.expect("beta")
	p.Beta = d.number("beta")
	if d.err == nil && !d.ended {
		if word := string(d.next("beta")); d.err == nil && word != ridgeWord {
			d.fail("%q after beta", word)
		}
		p.Ridge = true
	}
	if d.err == nil {
		if err := formBeta(p); err != nil {
			d.fail("%v", err)
		}
	}
	d.endLine()
}

// loss reads the name, the number of a loss that has one, and whether there are
// an offset and weights.
func (d *decoder) loss(p *Program) {
	d.expect("loss")
	p.Loss = string(d.next("loss"))
	if d.err == nil {
		if err := verdict.KnownWord("loss", p.Loss, LossNames...); err != nil {
			d.fail("%v", err)
		}
	}
	if d.err == nil && Losses[p.Loss].parameter != nil {
		p.Threshold = d.number("threshold")
		if d.err == nil {
			if err := FormParameter(p.Loss, p.Threshold); err != nil {
				d.fail("%v", err)
			}
		}
	}
	for d.err == nil && !d.ended {
		switch word := string(d.next("loss")); {
		case d.err != nil:
		case word == offsetWord && Losses[p.Loss].Labels && !p.Shifted && !p.Weighted:
			p.Shifted = true
		case word == weightsWord && Losses[p.Loss].Weights && !p.Weighted:
			p.Weighted = true
		default:
			d.fail("%q after loss %s", word, p.Loss)
		}
	}
	d.endLine()
}

// sections reads all sections after program; data may be absent.
func (d *decoder) sections() {
	d.expect("section")
	name := string(d.next("section name"))
	if name == "data" {
		d.data()
		d.section("network")
	} else if d.err == nil && name != "network" {
		d.fail("section %q, expected section data or network", name)
	}
	d.endLine()
	d.network()
	d.dual()
	d.section("patterns")
	d.endLine()
	d.listed()
	d.gap()
	d.global()
	d.expect("end")
	d.endLine()
	d.endFile()
}

func (d *decoder) data() {
	form := d.oneOf("data form", "dense", "sparse")
	if d.c.Program.Rows > maxInline/d.c.Program.Cols {
		d.fail("rows x cols: more than %d, the most a certificate with data may have", maxInline)
	}
	x := exact.Matrix{Rows: d.c.Program.Rows, Cols: d.c.Program.Cols}
	if form == "sparse" {
		x.Start = append(x.Start, 0)
	}
	for i := 0; i < x.Rows && d.err == nil; i++ {
		d.expect("x")
		if form == "dense" {
			for j := 0; j < x.Cols && d.err == nil; j++ {
				x.Values = append(x.Values, d.number("x"))
			}
		} else {
			d.sparseRow(&x)
		}
		d.endLine()
	}
	d.c.Data = &Data{X: x, Y: d.values("y", x.Rows)}
	if d.c.Program.Shifted {
		d.c.Program.Offset = d.values(offsetWord, x.Rows)
	}
	if d.c.Program.Weighted {
		d.c.Program.Weights = d.values(weightsWord, x.Rows)
	}
}

func (d *decoder) sparseRow(x *exact.Matrix) {
	first := 0
	for n := d.integer("number of entries", 0, x.Cols); n > 0 && d.err == nil; n-- {
		j := d.integer("column", first, x.Cols-1)
		x.Index = append(x.Index, j)
		x.Values = append(x.Values, d.number("x"))
		first = j + 1
	}
	x.Start = append(x.Start, len(x.Values))
}

func (d *decoder) network() {
	n := &d.c.Network
	n.Constant = d.value("constant")
	n.Neurons = make([]Neuron, 0, min(d.neurons, readAhead))
	for len(n.Neurons) < d.neurons && d.err == nil {
		n.Neurons = append(n.Neurons, d.neuron())
	}
	n.Primal = d.value("primal")
	n.Objective = d.value("objective")
}

func (d *decoder) neuron() Neuron {
	d.expect("neuron")
	u := Neuron{Pattern: d.integer("pattern", 0, d.patterns-1), Alpha: d.number("alpha")}
	d.endLine()
	u.W = d.values("w", d.c.Program.Cols)
	if d.c.Program.Activation == Gated {
		u.Gate = d.values("gate", d.c.Program.Cols)
	}
	return u
}

func (d *decoder) dual() {
	d.section("dual")
	d.c.Dual.Scope = d.oneOf("scope", ScopeRestricted)
	d.nu()
	d.c.Dual.Bound = d.value("bound")
}

func (d *decoder) nu() {
	if d.parts == nil {
		d.c.Dual.Nu = d.values("nu", d.c.Program.Rows)
		return
	}
	d.expect("nu")
	d.parts.nu = d.at
	for i := 0; i < d.c.Program.Rows && d.err == nil; i++ {
		d.number("nu")
	}
	d.endLine()
}

// listed reads the patterns, each with its multipliers.
func (d *decoder) listed() {
	left := d.multipliers
	d.c.Patterns = make([]Pattern, 0, min(d.patterns, readAhead))
	for len(d.c.Patterns) < d.patterns && d.err == nil {
		p := Pattern{Words: d.words()}
		p.Plus = d.mu("mu+", left)
		p.Minus = d.mu("mu-", left-len(p.Plus))
		left -= len(p.Plus) + len(p.Minus)
		if d.err == nil {
			d.each(d.c, &p)
		}
		d.c.Patterns = append(d.c.Patterns, p)
	}
	d.left = left
}

func (d *decoder) words() []uint64 {
	d.expect("pattern")
	rows := d.c.Program.Rows
	n := (rows + 63) / 64
	if d.parts != nil {
		d.parts.words = append(d.parts.words, d.at)
	}
	words, last := make([]uint64, 0, min(n, readAhead)), uint64(0)
	for k := 0; k < n && d.err == nil; k++ {
		if last = d.word("pattern"); d.parts == nil {
			words = append(words, last)
		}
	}
	if d.err == nil {
		if err := formSpare(last, rows); err != nil {
			d.fail("pattern: %v", err)
		}
	}
	d.endLine()
	return words
}

// mu reads the multipliers of one sign if the next line has them.
func (d *decoder) mu(keyword string, most int) []Multiplier {
	word := d.keyword("mu+, mu-, pattern or section")
	if d.err != nil || word != keyword {
		d.hold(word)
		return nil
	}
	if d.c.Program.Activation == Gated {
		d.fail("%s: a gated program has no multipliers", word)
	}
	n := d.integer("number of multipliers", 1, most)
	mu := make([]Multiplier, 0, min(n, readAhead))
	first := 0
	for len(mu) < n && d.err == nil {
		i := d.integer("row", first, d.c.Program.Rows-1)
		mu = append(mu, Multiplier{Row: i, Value: d.number("mu")})
		first = i + 1
	}
	d.endLine()
	return mu
}

func (d *decoder) gap() {
	d.section("gap")
	d.endLine()
	if d.left != 0 {
		d.fail("%d multipliers read, %d announced", d.multipliers-d.left, d.multipliers)
	}
	g := &d.c.Gap
	g.Rel = d.value("rel_gap")
	g.Tol = d.value("tol")
	if d.err == nil && g.Tol <= 0 {
		d.fail("tol: %v, expected a number > 0", g.Tol)
	}
	g.Status = d.choice("status", listedStatuses...)
}
