package run

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	"multigrade/proofs/internal/certificate"
)

// The columns of ledger.csv, by name. Those of the program are empty for grade
// 0. Ledgers of version 1 have no output, loss and accuracy.
var (
	ledgerColumns = []string{"grade", "split", "output", "rows", "l1", "l2", "linf", "mse", "nonincreasing", "loss", "accuracy",
		"neurons", "beta", "primal", "dual", "rel_gap", "status"}
	ledgerColumns1 = []string{"grade", "split", "rows", "l1", "l2", "linf", "mse", "nonincreasing",
		"neurons", "beta", "primal", "dual", "rel_gap", "status"}
	programColumns = ledgerColumns[11:]
)

// columnsOf are the columns of the ledger beside a model of the version.
func columnsOf(version int) []string {
	if version == 1 {
		return ledgerColumns1
	}
	return ledgerColumns
}

// A ledgerRow is a line of ledger.csv as text, with its line number.
type ledgerRow struct {
	line    int
	columns []string
	fields  []string
}

// A ledger maps "grade split output" to its row.
type ledger map[string]ledgerRow

// allOutputs is the output of a row for several outputs together.
const allOutputs = "all"

func ledgerKey(grade int, split, output string) string {
	return fmt.Sprintf("%d %s output %s", grade, split, output)
}

func readLedger(raw []byte, version int) (ledger, error) {
	columns := columnsOf(version)
	records, err := csv.NewReader(bytes.NewReader(raw)).ReadAll() // as many fields in every line
	if err != nil {
		return nil, err
	}
	if with := slices.Concat(columns, widthColumns); len(records) > 0 && version > 1 && len(records[0]) == len(with) {
		columns = with
	}
	if len(records) == 0 || !slices.Equal(records[0], columns) {
		return nil, fmt.Errorf("line 1: expected the header %q, or this with %q", columns, widthColumns)
	}
	l := make(ledger)
	for k, fields := range records[1:] {
		grade, err := strconv.Atoi(fields[0])
		if err != nil || grade < 0 {
			return nil, fmt.Errorf("line %d grade: %q, expected a whole number", k+2, fields[0])
		}
		output := "1"
		if version > 1 {
			output = fields[2]
		}
		key := ledgerKey(grade, fields[1], output)
		if first, seen := l[key]; seen {
			return nil, fmt.Errorf("line %d: grade %s again, first on line %d", k+2, key, first.line)
		}
		l[key] = ledgerRow{k + 2, columns, fields}
	}
	return l, nil
}

// take removes and returns the row of a grade, split and output.
func (l ledger) take(grade int, split, output string) (ledgerRow, error) {
	key := ledgerKey(grade, split, output)
	row, ok := l[key]
	if !ok {
		return row, fmt.Errorf("no row for grade %s", key)
	}
	delete(l, key)
	return row, nil
}

// field returns a column's text; ok is false where this ledger has no such column.
func (r ledgerRow) field(column string) (text string, ok bool) {
	at := slices.Index(r.columns, column)
	if at < 0 {
		return "", false
	}
	return r.fields[at], true
}

// number compares a column, if there is one, with the recomputed float64, to the bit.
func (r ledgerRow) number(column string, want float64) error {
	text, ok := r.field(column)
	if !ok {
		return nil
	}
	got, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return fmt.Errorf("line %d %s: %q, expected a number", r.line, column, text)
	}
	if math.Float64bits(got) != math.Float64bits(want) {
		return fmt.Errorf("line %d %s: %v, recomputed %v (off by %.3g)", r.line, column, got, want, math.Abs(got-want))
	}
	return nil
}

// text compares a column, if there is one, with the expected word.
func (r ledgerRow) text(column, want string) error {
	if got, ok := r.field(column); ok && got != want {
		return fmt.Errorf("line %d %s: %q, expected %q", r.line, column, got, want)
	}
	return nil
}

// norms are the ledger's measures of a residual, in the target's units, the loss
// in the program's, and the accuracy, NaN for a regression.
type norms struct {
	l1, l2, linf, mse, nonincreasing float64
	loss                             lossValue
	accuracy                         float64
}

// measure computes them for e_k of target t, given e_{k-1} = before.
func (p *part) measure(m *model, t int, before []float64) norms {
	var sums measuring
	sums.add(m, p, t, before)
	v := sums.norms(m)
	v.accuracy = p.accuracy(m, t, t+1)
	return v
}

// measuring is what norms are made of, summed over rows in their order.
type measuring struct {
	l1, squares, linf float64
	kept, rows        int
	loss              lossSum
}

// add adds the rows of a part, which has e_k; before is e_{k-1}.
func (s *measuring) add(m *model, p *part, t int, before []float64) {
	shift, scale := m.Output.Shift[t], m.Output.Scale[t]
	for i, e := range p.e[t] {
		last := before[i]
		if m.margins() {
			e, last = labelResidual(e, p.y[t][i]), labelResidual(last, p.y[t][i])
		}
		r := float64(scale * e)
		if scale == 0 {
			r = p.y[t][i] - shift - p.total[t][i]
		}
		s.l1 += math.Abs(r)
		s.squares += float64(r * r)
		s.linf = max(s.linf, math.Abs(r))
		if math.Abs(e) <= math.Abs(last) {
			s.kept++
		}
	}
	s.rows += len(p.e[t])
	s.loss.add(m, p, t)
}

// norms are those of the rows added, without the accuracy.
func (s *measuring) norms(m *model) norms {
	n := float64(s.rows)
	mse := s.squares / n
	return norms{l1: s.l1 / n, mse: mse, l2: math.Sqrt(mse), linf: s.linf, nonincreasing: float64(s.kept) / n, loss: s.loss.value(m)}
}

// labelResidual is what is left of a label y = +-1 where e = y - z: y less z cut
// to [-1, 1].
func labelResidual(e, y float64) float64 {
	return float64(y * min(max(float64(y*e), 0), 2))
}

// together are the measures of several outputs: means, the largest linf, the
// sum of the losses, the accuracy given.
func together(each []norms, accuracy float64) norms {
	v := norms{accuracy: accuracy, loss: lossValue{exact: each[0].loss.exact}}
	for _, o := range each {
		v.l1 += o.l1
		v.mse += o.mse
		v.linf = max(v.linf, o.linf)
		v.nonincreasing += o.nonincreasing
		v.loss = v.loss.plus(o.loss)
	}
	n := float64(len(each))
	v.l1 /= n
	v.mse /= n
	v.l2 = math.Sqrt(v.mse)
	v.nonincreasing /= n
	return v
}

// checkNorms compares rows and the measures of one row.
func (r ledgerRow) checkNorms(rows int, v norms) error {
	if err := r.text("rows", strconv.Itoa(rows)); err != nil {
		return err
	}
	for _, c := range []struct {
		column string
		want   float64
	}{{"l1", v.l1}, {"l2", v.l2}, {"linf", v.linf}, {"mse", v.mse}, {"nonincreasing", v.nonincreasing}} {
		if err := r.number(c.column, c.want); err != nil {
			return err
		}
	}
	if err := r.loss(v.loss); err != nil {
		return err
	}
	if math.IsNaN(v.accuracy) {
		return r.text("accuracy", "")
	}
	return r.number("accuracy", v.accuracy)
}

// loss compares the column loss, if there is one.
func (r ledgerRow) loss(want lossValue) error {
	text, ok := r.field("loss")
	if want.exact || !ok {
		return r.number("loss", want.Mid)
	}
	got, err := strconv.ParseFloat(text, 64)
	if err != nil || !want.holds(got) {
		return fmt.Errorf("line %d loss: %q, recomputed %v (error at most %.3g)", r.line, text, want.Mid, want.Rad)
	}
	return nil
}

// programNumbers are the last columns of a row.
type programNumbers struct {
	neurons             int
	beta, primal, bound float64
	gap                 float64
	status              string
	convex              *convexNetwork // nil without a budget
}

// checkProgram compares the last columns with the model and the certificates.
func (r ledgerRow) checkProgram(p programNumbers) error {
	if err := r.text("neurons", strconv.Itoa(p.neurons)); err != nil {
		return err
	}
	for _, c := range []struct {
		column string
		want   float64
	}{{"beta", p.beta}, {"primal", p.primal}, {"dual", p.bound}, {"rel_gap", p.gap}} {
		if err := r.number(c.column, c.want); err != nil {
			return err
		}
	}
	if p.convex == nil {
		return r.text("status", p.status)
	}
	return errors.Join(r.text("status", p.status), r.checkConvex(p.convex))
}

// sumOf are the numbers of several outputs together: sums, the gap of the sums,
// the worst status.
func sumOf(each []programNumbers) programNumbers {
	sum := programNumbers{status: certificate.StatusOptimal}
	for _, p := range each {
		sum.neurons += p.neurons
		sum.beta += p.beta
		sum.primal += p.primal
		sum.bound += p.bound
		sum.status = certificate.Statuses[max(slices.Index(certificate.Statuses, sum.status), slices.Index(certificate.Statuses, p.status))]
	}
	sum.gap = certificate.RelGap(sum.primal, sum.bound)
	if sum.convex = each[0].convex; sum.convex != nil {
		for _, p := range each[1:] {
			sum.convex = sum.convex.plus(p.convex)
		}
		sum.convex.mse /= float64(len(each))
	}
	return sum
}
