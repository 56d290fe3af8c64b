package certificate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"

	"multigrade/proofs/internal/exact"
)

// formatName and formatVersion open every certificate.
const (
	formatName    = "multigrade-certificate"
	formatVersion = "1"
)

// offsetWord follows the name of a shifted loss, and begins the line of offsets.
const offsetWord = "offset"

// weightsWord follows the loss of samples with weights, and begins the line of weights.
const weightsWord = "weights"

// Encode writes c in the textual form of FORMAT.md. A certificate Decode would
// refuse is refused here too, with the same words, before anything is written.
func Encode(w io.Writer, c *Certificate) error {
	if err := wellFormed(c); err != nil {
		return err
	}
	return encode(w, c, held{c})
}

// EncodeParts is Encode of a certificate that has what grows with the rows elsewhere; of that, what is
// not well formed ends it in the middle.
func EncodeParts(w io.Writer, c *Certificate, parts Parts) error {
	if err := wellFormedClaims(c); err != nil {
		return err
	}
	return encode(w, c, parts)
}

func encode(w io.Writer, c *Certificate, parts Parts) error {
	e := encoder{w: bufio.NewWriter(w)}
	e.header(c)
	e.program(&c.Program)
	if c.Data != nil {
		e.data(c.Data)
		if c.Program.Shifted {
			e.field(offsetWord, c.Program.Offset...)
		}
		if c.Program.Weighted {
			e.field(weightsWord, c.Program.Weights...)
		}
	}
	e.network(&c.Network)
	if err := e.dual(c, parts); err != nil {
		return err
	}
	if err := e.patterns(c, parts); err != nil {
		return err
	}
	e.gap(&c.Gap)
	if c.Global != nil {
		e.global(c.Global)
	}
	e.line("end")
	return e.w.Flush()
}

// An encoder writes lines; bufio keeps the first error until Flush.
type encoder struct {
	w   *bufio.Writer
	buf [32]byte
}

func (e *encoder) line(fields ...string) {
	for k, f := range fields {
		if k > 0 {
			e.w.WriteByte(' ')
		}
		e.w.WriteString(f)
	}
	e.w.WriteByte('\n')
}

func (e *encoder) number(v float64) {
	e.w.WriteByte(' ')
	e.w.Write(strconv.AppendFloat(e.buf[:0], v, 'g', -1, 64))
}

func (e *encoder) int(v int) {
	e.w.WriteByte(' ')
	e.w.Write(strconv.AppendInt(e.buf[:0], int64(v), 10))
}

func (e *encoder) field(name string, values ...float64) {
	e.w.WriteString(name)
	for _, v := range values {
		e.number(v)
	}
	e.w.WriteByte('\n')
}

func (e *encoder) header(c *Certificate) {
	e.line(formatName, formatVersion)
	e.line("rows", strconv.Itoa(c.Program.Rows))
	e.line("cols", strconv.Itoa(c.Program.Cols))
	e.line("neurons", strconv.Itoa(len(c.Network.Neurons)))
	e.line("patterns", strconv.Itoa(len(c.Patterns)))
	multipliers := 0
	for _, p := range c.Patterns {
		multipliers += len(p.Plus) + len(p.Minus)
	}
	e.line("multipliers", strconv.Itoa(multipliers))
}

func (e *encoder) program(p *Program) {
	e.line("section", "program")
	e.line("activation", p.Activation)
	words := []string{"loss", p.Loss}
	if Losses[p.Loss].parameter != nil {
		words = append(words, strconv.FormatFloat(p.Threshold, 'g', -1, 64))
	}
	if p.Shifted {
		words = append(words, offsetWord)
	}
	if p.Weighted {
		words = append(words, weightsWord)
	}
	e.line(words...)
	e.line("intercept", strconv.FormatBool(p.Intercept))
	beta := []string{"beta", strconv.FormatFloat(p.Beta, 'g', -1, 64)}
	if p.Ridge {
		beta = append(beta, ridgeWord)
	}
	e.line(beta...)
	e.line("sha256", p.SHA256)
}

func (e *encoder) data(d *Data) {
	form := "dense"
	if d.X.Sparse() {
		form = "sparse"
	}
	e.line("section", "data", form)
	for i := range d.X.Rows {
		values, index := d.X.Row(i)
		e.w.WriteString("x")
		if d.X.Sparse() {
			e.int(len(values))
		}
		for k, v := range values {
			if index != nil {
				e.int(index[k])
			}
			e.number(v)
		}
		e.w.WriteByte('\n')
	}
	e.field("y", d.Y...)
}

func (e *encoder) network(n *Network) {
	e.line("section", "network")
	e.field("constant", n.Constant)
	for _, u := range n.Neurons {
		e.w.WriteString("neuron")
		e.int(u.Pattern)
		e.number(u.Alpha)
		e.w.WriteByte('\n')
		e.field("w", u.W...)
		if u.Gate != nil {
			e.field("gate", u.Gate...)
		}
	}
	e.field("primal", n.Primal)
	e.field("objective", n.Objective)
}

// atATime is how many numbers or words are asked for at a time.
const atATime = 1 << 13

func (e *encoder) dual(c *Certificate, parts Parts) error {
	e.line("section", "dual", c.Dual.Scope)
	e.w.WriteString("nu")
	nu := make([]float64, min(atATime, c.Program.Rows))
	for first := 0; first < c.Program.Rows; first += len(nu) {
		nu = nu[:min(len(nu), c.Program.Rows-first)]
		if err := parts.Nu(nu, first); err != nil {
			return err
		}
		if err := exact.FiniteAll("nu", nu); err != nil {
			return err
		}
		for _, v := range nu {
			e.number(v)
		}
	}
	e.w.WriteByte('\n')
	e.field("bound", c.Dual.Bound)
	return nil
}

func (e *encoder) patterns(c *Certificate, parts Parts) error {
	e.line("section", "patterns")
	all := make([]uint64, min(atATime, (c.Program.Rows+63)/64))
	for p := range c.Patterns {
		e.w.WriteString("pattern")
		words, count := all, (c.Program.Rows+63)/64
		for first := 0; first < count; first += len(words) {
			words = words[:min(len(words), count-first)]
			if err := parts.Words(words, p, first); err != nil {
				return err
			}
			for _, word := range words {
				e.word(word)
			}
		}
		if err := formSpare(words[len(words)-1], c.Program.Rows); err != nil {
			return fmt.Errorf("pattern %d: %w", p, err)
		}
		e.w.WriteByte('\n')
		e.multipliers("mu+", c.Patterns[p].Plus)
		e.multipliers("mu-", c.Patterns[p].Minus)
	}
	return nil
}

func (e *encoder) word(v uint64) {
	const digits = "0123456789abcdef"
	field := e.buf[:wordBytes]
	field[0] = ' '
	for k := wordBytes - 1; k > 0; k-- {
		field[k], v = digits[v&15], v>>4
	}
	e.w.Write(field)
}

func (e *encoder) multipliers(keyword string, mu []Multiplier) {
	if len(mu) == 0 {
		return
	}
	e.w.WriteString(keyword)
	e.int(len(mu))
	for _, m := range mu {
		e.int(m.Row)
		e.number(m.Value)
	}
	e.w.WriteByte('\n')
}

func (e *encoder) gap(g *Gap) {
	e.line("section", "gap")
	e.field("rel_gap", g.Rel)
	e.field("tol", g.Tol)
	e.line("status", g.Status)
}
