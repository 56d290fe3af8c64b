package dataset

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"gonum.org/v1/gonum/mat"

	"multigrade/internal/schema"
)

// ParseGates reads gate vectors, one per row, each of d numbers: CSV without a
// header or .npy, gzip of these. The result has one gate per row.
func ParseGates(ctx context.Context, name string, raw []byte, d int, l Limits) (*mat.Dense, error) {
	text, err := decompress(ctx, name, raw, l)
	if err != nil {
		return nil, err
	}
	gates, err := parseGates(ctx, name, text, l)
	if err != nil {
		return nil, err
	}
	if _, c := gates.Dims(); c != d {
		return nil, &Error{File: name, Want: fmt.Sprintf("gates of %d numbers, one for each input of the grade", d),
			Got: fmt.Sprint(c), Err: ErrRagged}
	}
	return gates, nil
}

func parseGates(ctx context.Context, name string, text []byte, l Limits) (*mat.Dense, error) {
	if bytes.HasPrefix(text, []byte(npyMagic)) {
		a, err := openNpy(name, text)
		if err != nil {
			return nil, err
		}
		return a.matrix(l, false, false)
	}
	rows := newRecords(ctx, name, bytes.TrimPrefix(text, utf8Mark), &schema.Reading{NoHeader: true})
	var values []float64
	width := 0
	for {
		cells, line, err := rows.next()
		switch {
		case err == io.EOF && len(values) == 0:
			return nil, &Error{File: name, Want: "gate vectors", Got: "nothing", Err: ErrEmpty}
		case err == io.EOF:
			return mat.NewDense(len(values)/width, width, values), nil
		case err != nil:
			return nil, err
		case width > 0 && len(cells) != width:
			return nil, &Error{File: name, Line: line, Want: fmt.Sprintf("%d columns", width), Got: fmt.Sprint(len(cells)), Err: ErrRagged}
		}
		width = len(cells)
		for j, cell := range cells {
			v, err := schema.PlainNumber(cell)
			if err != nil {
				return nil, &Error{File: name, Line: line, Column: j + 1, Want: "a finite number", Got: quote(cell), Err: err}
			}
			values = append(values, v)
		}
	}
}
