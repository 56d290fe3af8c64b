package table

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"slices"
	"strings"
)

// readCSV reads a header line and rows of numbers separated by commas.
func (t *Table) readCSV(text []byte, targets, wanted []string) error {
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.TrimLeadingSpace = true
	r.ReuseRecord = true
	header, err := r.Read()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	names := make([]string, len(header))
	for j, name := range header {
		names[j] = strings.TrimSpace(name)
	}
	var values []float64
	for {
		record, err := r.Read()
		if err == io.EOF {
			return t.takeTargets(names, values, targets)
		}
		if err != nil {
			return err
		}
		for j, field := range record {
			read := finiteNumber
			switch {
			case slices.Contains(targets, names[j]):
				read = t.target
			case wanted != nil && !slices.Contains(wanted, names[j]):
				read = unread
			}
			v, err := read(field)
			if err != nil {
				line, _ := r.FieldPos(j)
				return fmt.Errorf("line %d column %d: %w", line, j+1, err)
			}
			values = append(values, v)
		}
	}
}

// unread stands for a column nobody wants.
func unread(string) (float64, error) { return 0, nil }
