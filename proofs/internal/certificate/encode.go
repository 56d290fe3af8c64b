package certificate

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
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
	e.dual(&c.Dual)
	e.patterns(c)
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
	e.field("beta", p.Beta)
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

func (e *encoder) dual(d *Dual) {
	e.line("section", "dual", d.Scope)
	e.field("nu", d.Nu...)
	e.field("bound", d.Bound)
}

func (e *encoder) patterns(c *Certificate) {
	e.line("section", "patterns")
	for _, p := range c.Patterns {
		e.w.WriteString("pattern")
		for _, word := range p.Words {
			fmt.Fprintf(e.w, " %016x", word)
		}
		e.w.WriteByte('\n')
		e.multipliers("mu+", p.Plus)
		e.multipliers("mu-", p.Minus)
	}
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
