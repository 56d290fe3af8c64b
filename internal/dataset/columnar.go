//go:build !js

package dataset

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// indexColumns begin the names of columns that only number the rows.
const indexColumns = "__index_level_"

// Text writes a columnar file as a text table, its names in the first line: numbers as the shortest
// decimals that read back to the same float64, truth values as 0 and 1, days and
// times as dates in UTC, what is not there as nothing, or NaN where it is all of a row. Columns of lists and the like
// are refused by name if they are wanted, nil wanting all, and are nothing otherwise.
func Text(ctx context.Context, name string, raw []byte, wanted func(column string) bool, l Limits) (text []byte, err error) {
	alloc := newAllocator(l)
	defer func() { // a damaged file makes the library panic
		p := recover()
		switch {
		case alloc.out:
			text, err = nil, l.bytes(name, l.Bytes+1, true)
		case p != nil:
			text, err = nil, &Error{File: name, Want: "a Parquet or Arrow file", Got: quote(fmt.Sprint(p)), Err: ErrFormat}
		}
	}()
	bad := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{File: name, Want: "a Parquet or Arrow file", Got: quote(err.Error()), Err: ErrFormat}
	}
	if bytes.HasPrefix(raw, []byte(arrowMagic)) {
		if err := checkFooter(raw); err != nil {
			return nil, bad(err)
		}
		r, err := ipc.NewFileReader(bytes.NewReader(raw), ipc.WithAllocator(alloc))
		if err != nil {
			return nil, bad(err)
		}
		defer r.Close()
		t := &textTable{name: name, wanted: wanted, limits: l}
		err = t.open(r.Schema())
		for k := 0; err == nil && k < r.NumRecords(); k++ {
			batch, readErr := r.RecordBatch(k)
			if readErr != nil {
				return nil, bad(readErr)
			}
			err = t.add(ctx, batch)
		}
		return t.finish(err)
	}
	t := &textTable{name: name, wanted: wanted, limits: l}
	return t.finish(t.parquet(ctx, bytes.NewReader(raw), alloc, bad))
}

// WriteText writes a Parquet file as Text does, a batch of rows at a time, which with a group of the
// file's rows is all that is in memory.
func WriteText(ctx context.Context, name string, in parquet.ReaderAtSeeker, l Limits, w io.Writer) (err error) {
	alloc := newAllocator(l)
	defer func() {
		p := recover()
		switch {
		case alloc.out:
			err = l.bytes(name, l.Bytes+1, true)
		case p != nil:
			err = &Error{File: name, Want: "a Parquet file", Got: quote(fmt.Sprint(p)), Err: ErrFormat}
		}
	}()
	t := &textTable{name: name, limits: Limits{Bytes: math.MaxInt64, Columns: l.Columns}, to: w}
	bad := func(err error) error {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return &Error{File: name, Want: "a Parquet file", Got: quote(err.Error()), Err: ErrFormat}
	}
	err = t.parquet(ctx, in, alloc, bad)
	if t.out != nil {
		t.out.Flush()
		err = errors.Join(err, t.out.Error())
	}
	return err
}

// parquet writes the rows of a Parquet file.
func (t *textTable) parquet(ctx context.Context, in parquet.ReaderAtSeeker, alloc *limitedAllocator, bad func(error) error) error {
	r, err := file.NewParquetReader(in, file.WithReadProps(parquet.NewReaderProperties(alloc)))
	if err != nil {
		return bad(err)
	}
	defer r.Close()
	if err := t.limits.numbers(t.name, int(r.NumRows()), r.MetaData().Schema.NumColumns()); err != nil {
		return err
	}
	f, err := pqarrow.NewFileReader(r, pqarrow.ArrowReadProperties{BatchSize: ctxEvery}, alloc)
	if err != nil {
		return bad(err)
	}
	batches, err := f.GetRecordReader(ctx, nil, nil)
	if err != nil {
		return bad(err)
	}
	defer batches.Release()
	if err := t.open(batches.Schema()); err != nil {
		return err
	}
	for {
		batch, err := batches.Read()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return bad(err)
		}
		if err := t.add(ctx, batch); err != nil {
			return err
		}
	}
}

// textTable is a text table in the making.
type textTable struct {
	name    string
	wanted  func(column string) bool // nil: all
	limits  Limits
	columns []int // of the file, that are written
	names   []string
	cells   []string
	rows    int
	buffer  bytes.Buffer
	to      io.Writer // nil: the buffer
	out     *csv.Writer
}

// open writes the names.
func (t *textTable) open(schema *arrow.Schema) error {
	if t.to == nil {
		t.to = &t.buffer
	}
	t.out = csv.NewWriter(t.to)
	if err := t.limits.columns(t.name, 0, schema.NumFields()); err != nil {
		return err
	}
	for j, field := range schema.Fields() {
		if !strings.HasPrefix(field.Name, indexColumns) {
			t.columns, t.names = append(t.columns, j), append(t.names, field.Name)
		}
	}
	t.cells = make([]string, len(t.columns))
	return t.out.Write(t.names)
}

// add writes the rows of a batch.
func (t *textTable) add(ctx context.Context, batch arrow.RecordBatch) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	for i := range int(batch.NumRows()) {
		t.rows++
		for k, j := range t.columns {
			text, want := cellText(batch.Column(j), i)
			if want != "" && t.wanted != nil && !t.wanted(t.names[k]) {
				text, want = "", ""
			}
			if want != "" {
				return &Error{File: t.name, Line: t.rows, Column: j + 1, Name: t.names[k], Want: want, Got: quote(text), Err: ErrFormat}
			}
			if text == "" && len(t.columns) == 1 { // an empty line would be no row
				text = "NaN"
			}
			t.cells[k] = text
		}
		if err := t.out.Write(t.cells); err != nil {
			return err
		}
		if err := t.limits.bytes(t.name, int64(t.buffer.Len()), true); err != nil {
			return err
		}
	}
	return nil
}

// finish returns the text unless there was an error.
func (t *textTable) finish(err error) ([]byte, error) {
	if t.out != nil {
		t.out.Flush()
	}
	if err == nil {
		err = t.limits.bytes(t.name, int64(t.buffer.Len()), true)
	}
	if err != nil {
		return nil, err
	}
	return t.buffer.Bytes(), nil
}

// cellText is the text of entry i, or what was wanted of it.
func cellText(column arrow.Array, i int) (text, want string) {
	const exact = 1 << 53
	if column.IsNull(i) {
		return "", ""
	}
	switch a := column.(type) {
	case *array.Null:
		return "", ""
	case *array.Float64:
		return strconv.FormatFloat(a.Value(i), 'g', -1, 64), ""
	case *array.Float32:
		return strconv.FormatFloat(float64(a.Value(i)), 'g', -1, 64), ""
	case *array.Float16:
		return strconv.FormatFloat(float64(a.Value(i).Float32()), 'g', -1, 64), ""
	case *array.Int64:
		if v := a.Value(i); v > exact || v < -exact {
			return a.ValueStr(i), "a whole number up to 2^53, which float64 holds"
		}
		return a.ValueStr(i), ""
	case *array.Uint64:
		if a.Value(i) > exact {
			return a.ValueStr(i), "a whole number up to 2^53, which float64 holds"
		}
		return a.ValueStr(i), ""
	case *array.Int8, *array.Int16, *array.Int32, *array.Uint8, *array.Uint16, *array.Uint32, *array.Decimal32, *array.Decimal64, *array.Decimal128, *array.Decimal256:
		return a.ValueStr(i), ""
	case *array.Boolean:
		if a.Value(i) {
			return "1", ""
		}
		return "0", ""
	case *array.String:
		return strings.ToValidUTF8(a.Value(i), "\ufffd"), ""
	case *array.LargeString:
		return strings.ToValidUTF8(a.Value(i), "\ufffd"), ""
	case *array.StringView:
		return strings.ToValidUTF8(a.Value(i), "\ufffd"), ""
	case *array.Dictionary:
		return cellText(a.Dictionary(), a.GetValueIndex(i))
	case *array.Date32:
		return a.Value(i).ToTime().Format(time.DateOnly), ""
	case *array.Date64:
		return a.Value(i).ToTime().Format(time.DateOnly), ""
	case *array.Timestamp:
		unit := a.DataType().(*arrow.TimestampType).Unit
		return a.Value(i).ToTime(unit).UTC().Format("2006-01-02T15:04:05.999999999Z"), ""
	}
	return column.DataType().String(), "a column of numbers, truth values, texts or dates"
}
