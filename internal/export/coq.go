package export

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"multigrade/proofs"
)

// coqUsage says what a theorem can be written of.
const coqUsage = "relu or gated, without weights"

// A coqLoss is a constructor of data_term in proofs/coq/Checker.v, those with a
// parameter taking it over the scale, and its number in CheckerInput.v.
type coqLoss struct {
	constructor string
	code        int
}

var coqLosses = map[string]coqLoss{
	proofs.Squared: {"Squares", 0}, proofs.Huber: {"HuberOf", 1}, proofs.L1: {"Absolute", 2}, proofs.Quantile: {"QuantileOf", 3},
	proofs.LInf: {"MaximumOf", 4}, proofs.Hinge: {"HingeOf", 5}, proofs.Monotone: {"MonotoneOf", 6},
	proofs.Logistic: {"LogisticOf", 7},
}

// entropyScale is where rounding the entropy of a row down to 2^(-2 scale) is nothing
// beside the precision of Logarithm.v, 96 bits.
const entropyScale = 64

// Coq writes the lower bound of a certificate as a theorem of Coq, to be compiled with
// the library of proofs/coq: no network with the patterns listed has a smaller objective.
// row(i) are the d entries of row i of X, y the targets, and c has the offset; of names the certificate. The
// error says what the library has no theorem for.
func Coq(c *proofs.Certificate, row func(i int) []float64, y []float64, of string) ([]byte, error) {
	definition, err := coqDefinition(c, row, y)
	if err != nil {
		return nil, err
	}
	w := &coqWriter{}
	w.line("(* %s", strings.NewReplacer("(*", "( *", "*)", "* )").Replace(of))
	w.line("   SHA-256 of the program's numbers: %s", c.Program.SHA256)
	w.line("   Compile it with the library of the project: coqc -Q proofs/coq Multigrade FILE *)")
	w.line("From Coq Require Import Reals List ZArith.")
	w.line("From Multigrade Require Import WeakDuality TrainingBound Checker.")
	w.line("Import ListNotations.\nOpen Scope Z_scope.\n")
	w.text.WriteString(definition)
	if c.Program.Activation == proofs.Gated {
		w.text.WriteString(gatedTheorem)
	} else {
		w.text.WriteString(reluTheorem)
	}
	return []byte(w.text.String()), nil
}

const (
	reluTheorem = `
Theorem checked : check certificate = true.
Proof. vm_compute. reflexivity. Qed.

Open Scope R_scope.
Theorem lower_bound const ns : constant_allowed (with_intercept certificate) const ->
  (forall v, In v ns -> exists k, (k < length (patterns certificate))%nat /\
    in_cone (length (points certificate)) (cols certificate) (rX certificate) (rFamily certificate k) (weight v)) ->
  r certificate (bound certificate) <= training (cols certificate) (rX certificate) (rLoss certificate)
    (r certificate (beta certificate)) const ns.
Proof. exact (check_sound certificate const ns checked). Qed.
`
	gatedTheorem = `
Theorem checked : check_gated certificate = true.
Proof. vm_compute. reflexivity. Qed.

Open Scope R_scope.
Theorem lower_bound const bs : constant_allowed (with_intercept certificate) const ->
  gated_feasible (length (patterns certificate)) bs ->
  r certificate (bound certificate) <= primal (cols certificate) (rX certificate) (rFamily certificate) (rLoss certificate)
    (r certificate (beta certificate)) const bs.
Proof. exact (check_gated_sound certificate const bs checked). Qed.
`
)

// RowsOf are the rows of X, with the entries that a sparse one does not store.
func RowsOf(x proofs.Matrix) func(i int) []float64 {
	return func(i int) []float64 {
		values, columns := x.Row(i)
		if columns == nil {
			return values
		}
		row := make([]float64, x.Cols)
		for k, v := range values {
			row[columns[k]] = v
		}
		return row
	}
}

// newCoqWriter has the scale of a certificate's numbers. Its error says what the library
// has no theorem for.
func newCoqWriter(c *proofs.Certificate, row func(i int) []float64, y []float64) (*coqWriter, coqLoss, error) {
	loss, ok := coqLosses[c.Program.Loss]
	switch {
	case !ok || c.Program.Weighted:
		return nil, loss, fmt.Errorf("no theorem for loss %s, want %s", c.Program.Loss, coqUsage)
	case c.Program.Ridge:
		return nil, loss, fmt.Errorf("no theorem for penalty ridge, want the group norm")
	case c.Program.Activation != proofs.Gated && c.Program.Activation != proofs.ReLU:
		return nil, loss, fmt.Errorf("no theorem for activation %s, want %s", c.Program.Activation, coqUsage)
	}
	if c.Program.Shifted != (c.Program.Offset != nil) {
		return nil, loss, fmt.Errorf("the program has an offset: %v, %d numbers are given", c.Program.Shifted, len(c.Program.Offset))
	}
	w := &coqWriter{}
	if c.Program.Loss == proofs.Logistic {
		w.scale = entropyScale
	}
	w.see(y, c.Dual.Nu, c.Program.Offset, []float64{c.Program.Beta, c.Program.Threshold, c.Dual.Bound})
	for i := range c.Program.Rows {
		w.see(row(i))
	}
	if withNetwork(c) {
		w.see([]float64{c.Network.Constant, c.Network.Objective})
		for _, u := range c.Network.Neurons {
			w.see(u.W, []float64{u.Alpha})
		}
	}
	for _, p := range c.Patterns {
		w.seeMultipliers(p.Plus)
		w.seeMultipliers(p.Minus)
	}
	if w.scale > largestScale {
		return nil, loss, errors.New("its numbers are too far apart for one scale")
	}
	return w, loss, nil
}

// coqDefinition defines the certificate.
func coqDefinition(c *proofs.Certificate, row func(i int) []float64, y []float64) (string, error) {
	w, kind, err := newCoqWriter(c, row, y)
	if err != nil {
		return "", err
	}
	loss := kind.constructor
	if c.Program.Threshold != 0 {
		loss = fmt.Sprintf("(%s %s)", loss, w.number(c.Program.Threshold))
	}
	w.line("(* Integers over the scale 2^%d: the rows of X with target and dual variable; columns, scale, loss, offset, intercept,\n   beta, bound; the patterns with the multipliers of both signs. *)", w.scale)
	w.line("Definition certificate : cert := Cert [")
	for i := range c.Program.Rows {
		w.line("  Point %s %s %s%s", w.list(row(i)), w.number(y[i]), w.number(c.Dual.Nu[i]), separator(i, c.Program.Rows))
	}
	w.line("  ] %d%%nat (2 ^ %d) %s %s %t %s %s [", c.Program.Cols, w.scale, loss, w.list(c.Program.Offset), c.Program.Intercept, w.number(c.Program.Beta), w.number(c.Dual.Bound))
	for k, p := range c.Patterns {
		w.line("  (bits %d %s, (%s, %s))%s", c.Program.Rows, term(bitsOf(p.Words)), w.spread(p.Plus, c.Program.Rows), w.spread(p.Minus, c.Program.Rows), separator(k, len(c.Patterns)))
	}
	w.line("  ].")
	return w.text.String(), nil
}

// largestScale keeps numbers readable: float64 has exponents down to -1074.
const largestScale = 1100

// coqWriter writes float64 numbers as integers over the scale 2^scale.
type coqWriter struct {
	text  strings.Builder
	scale int
}

func (w *coqWriter) line(format string, args ...any) { fmt.Fprintf(&w.text, format+"\n", args...) }

// see makes the scale large enough for numbers.
func (w *coqWriter) see(lists ...[]float64) {
	for _, list := range lists {
		for _, v := range list {
			if v != 0 {
				mantissa, exponent := math.Frexp(v)
				whole := int64(math.Ldexp(mantissa, 53))
				w.scale = max(w.scale, 53-exponent-trailingZeros(whole))
			}
		}
	}
}

func trailingZeros(v int64) int { return int(big.NewInt(v).TrailingZeroBits()) }

func (w *coqWriter) seeMultipliers(list []proofs.Multiplier) {
	for _, m := range list {
		w.see([]float64{m.Value})
	}
}

// number is v 2^scale as a term of Coq.
func (w *coqWriter) number(v float64) string { return term(w.whole(v)) }

// whole is v 2^scale.
func (w *coqWriter) whole(v float64) *big.Int {
	f := new(big.Float).SetFloat64(v)
	whole, accuracy := f.SetMantExp(f, w.scale).Int(nil)
	if accuracy != big.Exact {
		panic("export: a number that the scale has not seen")
	}
	return whole
}

// term is v as a term of Coq.
func term(v *big.Int) string {
	if v.Sign() < 0 {
		return "(" + hexadecimal(v) + ")"
	}
	return hexadecimal(v)
}

// hexadecimal is what Coq and Zarith read fastest.
func hexadecimal(v *big.Int) string { return fmt.Sprintf("%#x", v) }

func (w *coqWriter) list(values []float64) string {
	text := make([]string, len(values))
	for k, v := range values {
		text[k] = w.number(v)
	}
	return "[" + strings.Join(text, "; ") + "]"
}

// spread are the multipliers of n rows.
func (w *coqWriter) spread(list []proofs.Multiplier, n int) string {
	text := make([]string, len(list))
	for k, m := range list {
		text[k] = fmt.Sprintf("(%d, %s)", m.Row, w.number(m.Value))
	}
	return fmt.Sprintf("spread %d [%s]", n, strings.Join(text, "; "))
}

// bitsOf is the number whose bits a pattern's are.
func bitsOf(words []uint64) *big.Int {
	v := new(big.Int)
	for k := len(words) - 1; k >= 0; k-- {
		v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(words[k]))
	}
	return v
}

// separator is between the elements of a list.
func separator(k, n int) string {
	if k+1 < n {
		return ";"
	}
	return ""
}
