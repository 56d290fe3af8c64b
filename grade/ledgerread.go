package grade

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// ReadLedger reads what Ledger.Write wrote, KeptEntry.ConvexMSE from its root; errors
// name line and column. It does not ask whether the numbers are true.
func ReadLedger(r io.Reader) (Ledger, error) {
	rows, err := csv.NewReader(r).ReadAll()
	if err != nil {
		return nil, err
	}
	header := strings.Split(ledgerHeader, ",")
	wide := strings.Split(ledgerHeader+widthHeader, ",")
	if len(rows) == 0 || !slices.Equal(rows[0], header) && !slices.Equal(rows[0], wide) {
		return nil, fmt.Errorf("line 1: want the columns %s", ledgerHeader)
	}
	var l Ledger
	for i, fields := range rows[1:] {
		row := ledgerRow{names: rows[0], fields: fields}
		l = append(l, row.entry())
		if row.err != nil {
			return nil, fmt.Errorf("line %d, %w", i+2, row.err)
		}
	}
	return l, nil
}

// ledgerRow takes a line apart from left to right, and keeps the first error.
type ledgerRow struct {
	names, fields []string
	at            int
	err           error
}

func (r *ledgerRow) text() string {
	r.at++
	return r.fields[r.at-1]
}

// number is NaN where the field is empty.
func (r *ledgerRow) number() float64 {
	text := r.text()
	if text == "" {
		return math.NaN()
	}
	v, err := strconv.ParseFloat(text, 64)
	r.fail(err)
	return v
}

func (r *ledgerRow) whole() int {
	v, err := strconv.Atoi(r.text())
	r.fail(err)
	return v
}

func (r *ledgerRow) fail(err error) {
	if err != nil && r.err == nil {
		r.err = fmt.Errorf("column %s: %w", r.names[r.at-1], errors.Unwrap(err))
	}
}

// entry reads the columns in their order; grade 0 has none of a program.
func (r *ledgerRow) entry() Entry {
	e := Entry{Grade: r.whole(), Split: r.text(), Output: AllOutputs}
	if r.fields[r.at] == allOutputsName {
		r.at++
	} else {
		e.Output = r.whole()
	}
	e.Rows = r.whole()
	e.Norms = Norms{L1: r.number(), L2: r.number(), Linf: r.number(), MSE: r.number(), Nonincreasing: r.number()}
	e.Loss, e.Accuracy = r.number(), r.number()
	if e.Grade == 0 || e.Split == OnCV {
		return e
	}
	e.Neurons, e.Beta, e.Primal, e.Dual, e.RelGap, e.Status = r.whole(), r.number(), r.number(), r.number(), r.number(), r.text()
	if r.at < len(r.fields) && r.fields[r.at] != "" {
		e.Kept = &KeptEntry{Objective: r.number(), ConvexNeurons: r.whole(), ConvexL2: r.number()}
		e.Kept.ConvexMSE = float64(e.Kept.ConvexL2 * e.Kept.ConvexL2)
	}
	return e
}

// Fits reports whether the ledger has entries for every grade and output of the
// model on every split of the data it has for grade 0.
func (l Ledger) Fits(m *Model) error {
	if l.Find(0, OnTrain) == nil {
		return errors.New("no grade 0 on the training rows")
	}
	for _, first := range l {
		if first.Grade != 0 {
			break
		}
		if first.Split == OnCV {
			continue
		}
		for k := range len(m.Grades) + 1 {
			for t := range m.Outputs() {
				if l.Output(k, first.Split, t) == nil {
					return fmt.Errorf("no output %d of grade %d on the %s rows", t+1, k, first.Split)
				}
			}
		}
	}
	return nil
}
