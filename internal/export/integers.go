package export

import (
	"fmt"
	"math/big"
	"strings"

	"multigrade/proofs"
)

// integersVersion is the first number of a list of integers.
const integersVersion = 1

// Integers writes the certificate that Coq states a theorem of, and its network, as a list of
// integers over one scale, a power of two: the input of the checker that is extracted from
// proofs/coq/CheckerInput.v, which says their order. Its arguments are those of Coq.
func Integers(c *proofs.Certificate, row func(i int) []float64, y []float64) ([]byte, error) {
	w, loss, err := newCoqWriter(c, row, y)
	if err != nil {
		return nil, err
	}
	p := &c.Program
	w.integers(integersVersion, p.Rows, p.Cols, len(c.Patterns), one(p.Activation == proofs.Gated))
	w.line("%s", hexadecimal(new(big.Int).Lsh(big.NewInt(1), uint(w.scale))))
	w.integers(loss.code)
	w.wholes(p.Threshold)
	w.integers(len(p.Offset))
	w.wholes(p.Offset...)
	w.integers(one(p.Intercept))
	w.wholes(p.Beta, c.Dual.Bound)
	for i := range p.Rows {
		w.wholes(row(i)...)
		w.wholes(y[i], c.Dual.Nu[i])
	}
	for _, pattern := range c.Patterns {
		w.line("%s", hexadecimal(bitsOf(pattern.Words)))
		for _, multipliers := range [][]proofs.Multiplier{pattern.Plus, pattern.Minus} {
			w.integers(len(multipliers))
			for _, m := range multipliers {
				w.integers(m.Row)
				w.wholes(m.Value)
			}
		}
	}
	w.network(c)
	return []byte(w.text.String()), nil
}

// network writes a certificate's network where CheckerNetwork.v has its objective: 1, the
// constant, how many neurons, the objective, the neurons; else 0.
func (w *coqWriter) network(c *proofs.Certificate) {
	with := withNetwork(c)
	w.integers(one(with))
	if !with {
		return
	}
	w.wholes(c.Network.Constant)
	w.integers(len(c.Network.Neurons))
	w.wholes(c.Network.Objective)
	for _, u := range c.Network.Neurons {
		w.wholes(u.W...)
		w.wholes(u.Alpha)
	}
}

// withNetwork: gated units have another objective, and the loss of logistic needs exp.
func withNetwork(c *proofs.Certificate) bool {
	return c.Program.Activation == proofs.ReLU && c.Program.Loss != proofs.Logistic
}

// integers writes numbers as they are.
func (w *coqWriter) integers(values ...int) {
	w.line("%s", strings.Trim(fmt.Sprint(values), "[]"))
}

// wholes writes numbers over the scale.
func (w *coqWriter) wholes(values ...float64) {
	for k, v := range values {
		if k > 0 {
			w.text.WriteByte(' ')
		}
		w.text.WriteString(hexadecimal(w.whole(v)))
	}
	w.text.WriteByte('\n')
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}
