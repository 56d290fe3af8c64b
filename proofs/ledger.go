package proofs

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// The columns of ledger.csv. Those after nonincreasing are empty for grade 0.
var ledgerColumns = []string{"grade", "split", "rows", "l1", "l2", "linf", "mse", "nonincreasing",
	"neurons", "beta", "primal", "dual", "rel_gap", "status"}

// firstProgramColumn is the index of neurons.
const firstProgramColumn = 8

// A ledgerRow is a line of ledger.csv as text, with its line number.
type ledgerRow struct {
	line   int
	fields []string
}

// A ledger maps "grade split" to its row.
type ledger map[string]ledgerRow

func ledgerKey(grade int, split string) string { return fmt.Sprintf("%d %s", grade, split) }

func readLedger(raw []byte) (ledger, error) {
	r := csv.NewReader(bytes.NewReader(raw))
	r.FieldsPerRecord = len(ledgerColumns)
	records, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	if len(records) == 0 || !slices.Equal(records[0], ledgerColumns) {
		return nil, fmt.Errorf("line 1: expected the header %q", ledgerColumns)
	}
	l := make(ledger)
	for k, fields := range records[1:] {
		grade, err := strconv.Atoi(fields[0])
		if err != nil || grade < 0 {
			return nil, fmt.Errorf("line %d grade: %q, expected a whole number", k+2, fields[0])
		}
		key := ledgerKey(grade, fields[1])
		if first, seen := l[key]; seen {
			return nil, fmt.Errorf("line %d: grade %s again, first on line %d", k+2, key, first.line)
		}
		l[key] = ledgerRow{k + 2, fields}
	}
	return l, nil
}

// take removes and returns the row of a grade and split.
func (l ledger) take(grade int, split string) (ledgerRow, error) {
	key := ledgerKey(grade, split)
	row, ok := l[key]
	if !ok {
		return row, fmt.Errorf("no row for grade %d %s", grade, split)
	}
	delete(l, key)
	return row, nil
}

// number compares column c with the recomputed float64, to the bit.
func (r ledgerRow) number(c int, want float64) error {
	got, err := strconv.ParseFloat(r.fields[c], 64)
	if err != nil {
		return fmt.Errorf("line %d %s: %q, expected a number", r.line, ledgerColumns[c], r.fields[c])
	}
	if math.Float64bits(got) != math.Float64bits(want) {
		return fmt.Errorf("line %d %s: %v, recomputed %v (off by %.3g)", r.line, ledgerColumns[c], got, want, math.Abs(got-want))
	}
	return nil
}

// text compares column c with the expected word.
func (r ledgerRow) text(c int, want string) error {
	if r.fields[c] != want {
		return fmt.Errorf("line %d %s: %q, expected %q", r.line, ledgerColumns[c], r.fields[c], want)
	}
	return nil
}

// norms are the ledger's measures of a residual, in the target's units.
type norms struct {
	l1, l2, linf, mse, nonincreasing float64
}

// measure computes them for e_k = p.e, given e_{k-1} = before.
func (p *part) measure(output scaling, before []float64) norms {
	var m norms
	kept := 0
	for i, e := range p.e {
		r := float64(output.Scale[0] * e)
		if output.Scale[0] == 0 {
			r = p.y[i] - output.Shift[0] - p.total[i]
		}
		m.l1 += math.Abs(r)
		m.mse += float64(r * r)
		m.linf = max(m.linf, math.Abs(r))
		if math.Abs(e) <= math.Abs(before[i]) {
			kept++
		}
	}
	n := float64(len(p.e))
	m.l1 /= n
	m.mse /= n
	m.l2 = math.Sqrt(m.mse)
	m.nonincreasing = float64(kept) / n
	return m
}

// checkNorms compares rows and the norms of one row.
func (r ledgerRow) checkNorms(rows int, m norms) error {
	if err := r.text(2, strconv.Itoa(rows)); err != nil {
		return err
	}
	for k, want := range []float64{m.l1, m.l2, m.linf, m.mse, m.nonincreasing} {
		if err := r.number(3+k, want); err != nil {
			return err
		}
	}
	return nil
}

// checkProgram compares the last columns with the grade and its certificate.
func (r ledgerRow) checkProgram(g *modelGrade, c *Certificate) error {
	if err := r.text(firstProgramColumn, strconv.Itoa(len(g.Outputs[0].Neurons))); err != nil {
		return err
	}
	for k, want := range []float64{g.Outputs[0].Beta, c.Network.Primal, c.Dual.Bound, c.Gap.Rel} {
		if err := r.number(firstProgramColumn+1+k, want); err != nil {
			return err
		}
	}
	return r.text(firstProgramColumn+5, c.Gap.Status)
}
