package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"

	"multigrade/internal/schema"
)

// NpyText writes a NumPy array, or an archive of them, as a text table, its names in the first line:
// numbers as the shortest decimals that read back to the same float64, or NaN. It returns the names
// of the targets, too, which are the last columns, and
// nil for a file of another kind and, unless always says so, for an array without a NaN.
func NpyText(ctx context.Context, name string, raw []byte, always bool, l Limits) (text []byte, targets []string, err error) {
	if !slices.ContainsFunc([]string{npyMagic, zipMagic, gzipMagic}, func(magic string) bool { return bytes.HasPrefix(raw, []byte(magic)) }) {
		return nil, nil, nil // a text is not looked at twice
	}
	c, err := open(ctx, name, raw, l)
	if err != nil || c.kind != Npy {
		return nil, nil, err
	}
	d, err := c.readNpy(l, true)
	if err != nil || !always && !d.hasNaN() {
		return nil, nil, err
	}
	text, err = d.text(ctx, name, l)
	return text, d.Target, err
}

// NpyFeaturesText writes the features of a model in a NumPy array, with a target after them or not,
// as NpyText does. It returns nil for a file of another kind and for a model with
// columns of texts or dates, which an array has not.
func NpyFeaturesText(ctx context.Context, name string, raw []byte, m Description, l Limits) ([]byte, error) {
	c, err := open(ctx, name, raw, l)
	if err != nil || c.kind != Npy || slices.ContainsFunc(m.Encoding, func(f schema.Column) bool { return f.IsText() || f.Date != "" }) {
		return nil, err
	}
	columns := m.Encoding.Columns()
	d, err := c.readNpyFeatures(columns, l, true)
	if err != nil {
		return nil, err
	}
	d.Columns, d.Target, d.Y = columns, nil, nil
	return d.text(ctx, name, l)
}

// hasNaN reports whether a feature or target is NaN.
func (d *Data) hasNaN() bool {
	return slices.ContainsFunc(d.X.(*mat.Dense).RawMatrix().Data, math.IsNaN) ||
		slices.ContainsFunc(d.Y, func(y []float64) bool { return slices.ContainsFunc(y, math.IsNaN) })
}

// text writes dense features and targets, up to the limit.
func (d *Data) text(ctx context.Context, name string, l Limits) ([]byte, error) {
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	cells := slices.Concat(d.Columns, d.Target)
	if err := w.Write(cells); err != nil {
		return nil, err
	}
	x := d.X.(*mat.Dense)
	for i := range d.Rows() {
		if i%ctxEvery == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		for j, v := range x.RawRowView(i) {
			cells[j] = npyCell(v)
		}
		for t, y := range d.Y {
			cells[len(d.Columns)+t] = npyCell(y[i])
		}
		if err := w.Write(cells); err != nil {
			return nil, err
		}
		if err := l.bytes(name, int64(out.Len()), true); err != nil {
			return nil, err
		}
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// npyCell is the text of a number.
func npyCell(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
