package certificate

import (
	"fmt"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/sphere"
)

// transfersPerRow limits the transfers of a sign: each leaves a row like those of X.
const transfersPerRow = 8

// transfers writes those of one sign, if there are any.
func (e *encoder) transfers(sign string, all []sphere.Transfer) {
	if len(all) == 0 {
		return
	}
	e.w.WriteString("transfers" + sign)
	e.int(len(all))
	e.w.WriteByte('\n')
	for _, t := range all {
		e.w.WriteString("transfer")
		e.int(t.Row)
		e.number(t.Weight)
		e.number(t.Curvature)
		e.int(len(t.Terms))
		for _, a := range t.Terms {
			e.int(a.Row)
			e.number(a.Factor)
		}
		e.w.WriteByte('\n')
	}
}

// transfers reads what encoder.transfers writes.
func (d *decoder) transfers(sign string) (all []sphere.Transfer) {
	word := d.keyword("transfers" + sign)
	if d.err != nil || word != "transfers"+sign {
		d.hold(word)
		return nil
	}
	rows := d.c.Program.stackedRows()
	n := d.integer("number of transfers", 1, transfersPerRow*rows)
	d.endLine()
	all = make([]sphere.Transfer, 0, min(n, readAhead))
	for len(all) < n && d.err == nil {
		d.expect("transfer")
		t := sphere.Transfer{Row: d.integer("row", 0, rows-1), Weight: d.number("weight"), Curvature: d.number("curvature")}
		for left := d.integer("number of terms", 1, rows); left > 0 && d.err == nil; left-- {
			t.Terms = append(t.Terms, sphere.Term{Row: d.integer("row", 0, rows-1), Factor: d.number("factor")})
		}
		d.endLine()
		all = append(all, t)
	}
	return all
}

// formTransfers is what a reader would refuse.
func formTransfers(all []sphere.Transfer, rows int) error {
	if len(all) > transfersPerRow*rows {
		return fmt.Errorf("global transfers: %d of %d rows", len(all), rows)
	}
	for k, t := range all {
		if t.Row < 0 || t.Row >= rows || len(t.Terms) < 1 || len(t.Terms) > rows {
			return fmt.Errorf("global transfer %d: row %d, %d terms of %d rows", k, t.Row, len(t.Terms), rows)
		}
		numbers := []float64{t.Weight, t.Curvature}
		for _, a := range t.Terms {
			if a.Row < 0 || a.Row >= rows {
				return fmt.Errorf("global transfer %d: row %d of %d", k, a.Row, rows)
			}
			numbers = append(numbers, a.Factor)
		}
		if err := exact.FiniteAll(fmt.Sprintf("global transfer %d", k), numbers); err != nil {
			return err
		}
	}
	return nil
}
