package table

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"

	"multigrade/proofs/internal/exact"
)

// maxFeatures bounds the features where none are named, as a certificate does the
// columns of its matrix; maxIndex an index of a file.
const (
	maxFeatures = 1 << 24
	maxIndex    = 1<<31 - 1
)

// readLibsvm reads "label index:value ..." lines, indices from 1 and ascending,
// # beginning a comment. The label is the target. Zeros are not stored.
func (t *Table) readLibsvm(ctx context.Context, text []byte, f *File) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !bytes.Contains(text, []byte("\n")) {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	x := exact.Matrix{Start: []int{0}}
	t.Y = make([][]float64, 1)
	place, err := places(f.Columns)
	if err != nil {
		return err
	}
	most := maxIndex
	if place == nil {
		most = maxFeatures
	} else {
		x.Cols, t.Columns = len(f.Columns), f.Columns
	}
	for number := 1; len(text) > 0; number++ {
		if number%aLook == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		line, _, _ = bytes.Cut(line, []byte("#"))
		fields := strings.Fields(string(line))
		if len(fields) == 0 {
			continue
		}
		if err := t.addLibsvm(&x, fields, place, most, f.Further); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
	}
	x.Rows = len(t.Y[0])
	t.X = x
	if place == nil {
		for j := range x.Cols {
			t.Columns = append(t.Columns, fmt.Sprintf("f%d", j+1))
		}
	}
	return nil
}

// places says which column an index has, of columns f1, f2, ... in ascending order.
func places(columns []string) (map[int]int, error) {
	if columns == nil {
		return nil, nil
	}
	place := make(map[int]int, len(columns))
	last := 0
	for k, name := range columns {
		digits, ok := strings.CutPrefix(name, "f")
		index, err := strconv.Atoi(digits)
		if !ok || err != nil || index <= last || index > maxIndex || strconv.Itoa(index) != digits {
			return nil, fmt.Errorf("column %q, expected f and an index above %d", name, last)
		}
		place[index], last = k, index
	}
	return place, nil
}

func (t *Table) addLibsvm(x *exact.Matrix, fields []string, place map[int]int, most int, further bool) error {
	label, err := t.target(fields[0], Form{})
	if err != nil {
		return fmt.Errorf("label: %w", err)
	}
	last := 0
	for _, field := range fields[1:] {
		left, right, _ := strings.Cut(field, ":")
		index, err := strconv.Atoi(left)
		if err != nil || index <= last || index > most {
			return fmt.Errorf("index %q, expected a whole number in %d..%d", left, last+1, most)
		}
		value, err := finiteNumber(right)
		if err != nil {
			return fmt.Errorf("index %d: %w", index, err)
		}
		last = index
		if value == 0 {
			continue
		}
		at := index - 1
		if place != nil {
			k, ok := place[index]
			if !ok && !further {
				return fmt.Errorf("index %d, expected one of the features", index)
			}
			if at = k; !ok {
				continue
			}
		}
		x.Index, x.Values = append(x.Index, at), append(x.Values, value)
	}
	if place == nil {
		x.Cols = max(x.Cols, last)
	}
	x.Start = append(x.Start, len(x.Values))
	t.Y[0] = append(t.Y[0], label)
	return nil
}
