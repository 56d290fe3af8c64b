package table

import (
	"bytes"
	"fmt"
	"multigrade/proofs/internal/exact"
	"strconv"
	"strings"
)

// maxFeatures bounds an index, as a certificate does the columns of its matrix.
const maxFeatures = 1 << 24

// readLibsvm reads "label index:value ..." lines, indices from 1 and ascending,
// # beginning a comment. The label is the target, the number of features the
// largest index; zeros are not stored.
func (t *Table) readLibsvm(text []byte) error {
	x := exact.Matrix{Start: []int{0}}
	t.Y = make([][]float64, 1)
	for number := 1; len(text) > 0; number++ {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		fields := strings.Fields(string(line))
		if len(fields) == 0 {
			continue
		}
		if err := t.addLibsvm(&x, fields); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	x.Rows = len(t.Y[0])
	t.X = x
	for j := range x.Cols {
		t.Columns = append(t.Columns, fmt.Sprintf("f%d", j+1))
	}
	return nil
}

func (t *Table) addLibsvm(x *exact.Matrix, fields []string) error {
	label, err := t.target(fields[0])
	if err != nil {
		return fmt.Errorf("label: %w", err)
	}
	last := 0
	for _, field := range fields[1:] {
		left, right, _ := strings.Cut(field, ":")
		index, err := strconv.Atoi(left)
		if err != nil || index <= last || index > maxFeatures {
			return fmt.Errorf("index %q, expected a whole number in %d..%d", left, last+1, maxFeatures)
		}
		value, err := finiteNumber(right)
		if err != nil {
			return fmt.Errorf("index %d: %w", index, err)
		}
		last = index
		if value != 0 {
			x.Index, x.Values = append(x.Index, index-1), append(x.Values, value)
		}
	}
	x.Cols = max(x.Cols, last)
	x.Start = append(x.Start, len(x.Values))
	t.Y[0] = append(t.Y[0], label)
	return nil
}
