package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// columnarBatch has a column of every type that can be read; the second row has
// values in none but the target.
func columnarBatch(t testing.TB) arrow.RecordBatch {
	t.Helper()
	field := func(name string, of arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: of, Nullable: true}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{
		field("half", arrow.PrimitiveTypes.Float32), field("x, \"y\"", arrow.PrimitiveTypes.Float64), field("0", arrow.PrimitiveTypes.Int16), field("big", arrow.PrimitiveTypes.Uint64),
		field("is", arrow.FixedWidthTypes.Boolean), field("colour", arrow.BinaryTypes.String), field("day", arrow.FixedWidthTypes.Date32), field("at", &arrow.TimestampType{Unit: arrow.Millisecond}),
		field("__index_level_0__", arrow.PrimitiveTypes.Int64), field("target", arrow.PrimitiveTypes.Float64)}, nil))
	defer b.Release()
	at := time.Date(1970, 1, 2, 12, 0, 0, 0, time.UTC)
	for i := range 3 {
		if i == 1 {
			for j := range 9 {
				b.Field(j).AppendNull()
			}
			b.Field(9).(*array.Float64Builder).Append(0.5)
			continue
		}
		b.Field(0).(*array.Float32Builder).Append(0.1)
		b.Field(1).(*array.Float64Builder).Append(math.Pi)
		b.Field(2).(*array.Int16Builder).Append(int16(-i))
		b.Field(3).(*array.Uint64Builder).Append(1 << 53)
		b.Field(4).(*array.BooleanBuilder).Append(i == 0)
		b.Field(5).(*array.StringBuilder).Append("red")
		b.Field(6).(*array.Date32Builder).Append(arrow.Date32FromTime(at))
		b.Field(7).(*array.TimestampBuilder).Append(arrow.Timestamp(at.UnixMilli()))
		b.Field(8).(*array.Int64Builder).Append(int64(i))
		b.Field(9).(*array.Float64Builder).Append(float64(i))
	}
	return b.NewRecordBatch()
}

// columnarFiles are the batch as a Parquet and as an Arrow file.
func columnarFiles(t testing.TB, batch arrow.RecordBatch) map[string][]byte {
	t.Helper()
	var p, a bytes.Buffer
	w, err := pqarrow.NewFileWriter(batch.Schema(), &p, parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Snappy)), pqarrow.DefaultWriterProps())
	if err == nil {
		err = errors.Join(w.Write(batch), w.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	f, err := ipc.NewFileWriter(&a, ipc.WithSchema(batch.Schema()))
	if err == nil {
		err = errors.Join(f.Write(batch), f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"parquet": p.Bytes(), "arrow": a.Bytes()}
}

// A columnar file becomes a text table that says the same.
func TestColumnar(t *testing.T) {
	const want = "half,\"x, \"\"y\"\"\",0,big,is,colour,day,at,target\n" +
		"0.10000000149011612,3.141592653589793,0,9007199254740992,1,red,1970-01-02,1970-01-02T12:00:00Z,0\n" +
		",,,,,,,,0.5\n" +
		"0.10000000149011612,3.141592653589793,-2,9007199254740992,0,red,1970-01-02,1970-01-02T12:00:00Z,2\n"
	for kind, raw := range columnarFiles(t, columnarBatch(t)) {
		if !IsColumnar(raw) {
			t.Errorf("%s is not recognised", kind)
		}
		text, err := Text(context.Background(), "f", raw, nil, DefaultLimits())
		if err != nil || string(text) != want {
			t.Errorf("%s: %v\n%s", kind, err, text)
		}
		d, err := Read(context.Background(), "f", text, Options{Missing: Impute, Encode: true, Named: true, Limits: DefaultLimits()})
		if err != nil || strings.Join(d.Columns[:6], " ") != `half half=missing x, "y" x, "y"=missing 0 0=missing` {
			t.Errorf("%s: %+v, %v", kind, d, err)
		}
		if _, err := Text(context.Background(), "f", raw, nil, Limits{Bytes: 40, Columns: 100}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s beyond the limit: %v", kind, err)
		}
		if _, err := Text(context.Background(), "f", raw, nil, Limits{Bytes: 1 << 20, Columns: 5}); !errors.Is(err, ErrTooLarge) {
			t.Errorf("%s with more columns than the limit: %v", kind, err)
		}
		if kind == "parquet" {
			var b bytes.Buffer
			if err := WriteText(context.Background(), "f", bytes.NewReader(raw), DefaultLimits(), &b); err != nil || b.String() != want {
				t.Errorf("as a stream: %v\n%s", err, b.String())
			}
		}
		for cut := 9; cut < len(raw); cut += 7 {
			var e *Error
			if err := WriteText(context.Background(), "f", bytes.NewReader(raw[:cut]), DefaultLimits(), new(bytes.Buffer)); !errors.As(err, &e) {
				t.Errorf("%s cut after %d bytes, as a stream: %v", kind, cut, err)
			}
			if text, err := Text(context.Background(), "f", raw[:cut], nil, DefaultLimits()); !errors.As(err, &e) || text != nil {
				t.Errorf("%s cut after %d bytes: %q, %v", kind, cut, text, err)
			}
		}
	}
}

// columnarOf is a batch of one column, of values as JSON.
func columnarOf(t *testing.T, name string, of arrow.DataType, values string) arrow.RecordBatch {
	t.Helper()
	column, _, err := array.FromJSON(memory.DefaultAllocator, of, strings.NewReader(values))
	if err != nil {
		t.Fatal(err)
	}
	schema := arrow.NewSchema([]arrow.Field{{Name: name, Type: of, Nullable: true}}, nil)
	return array.NewRecordBatch(schema, []arrow.Array{column}, int64(column.Len()))
}

// Kinds of columns as other tools write them.
func TestColumnarKinds(t *testing.T) {
	dictionary := &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}
	for _, c := range []struct {
		of           arrow.DataType
		values, want string
	}{
		{&arrow.Decimal128Type{Precision: 10, Scale: 3}, `["1.250", null, "-0.005", "1234567.891"]`, "1.25,NaN,-0.005,1234567.891"},
		{dictionary, `["red", null, "blue", "red"]`, "red,NaN,blue,red"},
		{&arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Paris"}, `["2024-03-01T12:00:00.5+01:00", null]`, "2024-03-01T11:00:00.5Z,NaN"},
		{&arrow.TimestampType{Unit: arrow.Second}, `["1969-12-31T23:59:59"]`, "1969-12-31T23:59:59Z"},
		{arrow.FixedWidthTypes.Date64, `["2024-03-01", null]`, "2024-03-01,NaN"},
		{arrow.FixedWidthTypes.Boolean, `[true, null, false]`, "1,NaN,0"},
		{arrow.PrimitiveTypes.Uint64, `[9007199254740992, null, 0]`, "9007199254740992,NaN,0"},
		{arrow.BinaryTypes.LargeString, `["a", null]`, "a,NaN"},
		{arrow.Null, `[null, null]`, "NaN,NaN"},
	} {
		for kind, raw := range columnarFiles(t, columnarOf(t, "a", c.of, c.values)) {
			text, err := Text(context.Background(), "f", raw, nil, DefaultLimits())
			want := "a\n" + strings.ReplaceAll(c.want, ",", "\n") + "\n"
			if err != nil || string(text) != want {
				t.Errorf("%s, %s: %v\n%s", kind, c.of, err, text)
			}
		}
	}
	for _, c := range []struct {
		of          arrow.DataType
		values, row string
	}{
		{arrow.PrimitiveTypes.Uint64, `[1, 9007199254740993]`, "f:2: "},
		{arrow.StructOf(arrow.Field{Name: "b", Type: arrow.PrimitiveTypes.Int64}), `[{"b": 1}]`, "f:1: "},
		{arrow.ListOf(arrow.BinaryTypes.String), `[null, ["u"]]`, "f:2: "},
		{arrow.BinaryTypes.Binary, `["AAE="]`, "f:1: "},
		{arrow.FixedWidthTypes.Time32s, `["12:00:00"]`, "f:1: "},
	} {
		for kind, raw := range columnarFiles(t, columnarOf(t, "a", c.of, c.values)) {
			if _, err := Text(context.Background(), "f", raw, nil, DefaultLimits()); err == nil || !strings.HasPrefix(err.Error(), c.row+"column 1 (a)") {
				t.Errorf("%s, %s: %v", kind, c.of, err)
			}
		}
	}
}

// The rows of all batches are rows of the table.
func TestColumnarBatches(t *testing.T) {
	first, second := columnarOf(t, "a", arrow.PrimitiveTypes.Float64, `[1, 2]`), columnarOf(t, "a", arrow.PrimitiveTypes.Float64, `[3]`)
	var p, a bytes.Buffer
	w, err := pqarrow.NewFileWriter(first.Schema(), &p, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
	if err == nil {
		err = errors.Join(w.Write(first), w.Write(second), w.Close())
	}
	f, err2 := ipc.NewFileWriter(&a, ipc.WithSchema(first.Schema()))
	if err2 == nil {
		err2 = errors.Join(f.Write(first), f.Write(second), f.Close())
	}
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	for _, raw := range [][]byte{p.Bytes(), a.Bytes()} {
		if text, err := Text(context.Background(), "f", raw, nil, DefaultLimits()); err != nil || string(text) != "a\n1\n2\n3\n" {
			t.Errorf("%v\n%s", err, text)
		}
	}
}

// What cannot be read is in nobody's way who does not want it.
func TestColumnarUnwanted(t *testing.T) {
	tags := columnarOf(t, "tags", arrow.ListOf(arrow.BinaryTypes.String), `[["u"], [], null]`)
	y := columnarOf(t, "y", arrow.PrimitiveTypes.Int8, `[1, 2, 3]`)
	schema := arrow.NewSchema([]arrow.Field{tags.Schema().Field(0), {Name: "tag", Type: arrow.PrimitiveTypes.Int8, Nullable: true}, y.Schema().Field(0)}, nil)
	for kind, raw := range columnarFiles(t, array.NewRecordBatch(schema, []arrow.Array{tags.Column(0), y.Column(0), y.Column(0)}, 3)) {
		for want, o := range map[string]Options{"f:1: column 1 (tags)": {}, "": {Ignore: []string{"tags"}}, " ": {Columns: []string{"tag"}, Targets: []string{"y"}}} {
			o.Named, o.Limits = true, DefaultLimits()
			text, err := Text(context.Background(), "f", raw, o.Wants, o.Limits)
			if err == nil {
				_, err = Read(context.Background(), "f", text, o)
			}
			if got := fmt.Sprint(err); strings.TrimSpace(want) == "" && err != nil || !strings.HasPrefix(got, strings.TrimSpace(want)) {
				t.Errorf("%s: %s, want %q", kind, got, want)
			}
		}
		m := Description{Kind: CSV, Columns: []string{"tag"}, Target: []string{"y"}}
		text, err := Text(context.Background(), "f", raw, m.Wants, DefaultLimits())
		if err == nil {
			_, err = ReadFeatures(context.Background(), "f", text, m, Options{Named: true, Limits: DefaultLimits()})
		}
		if err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// A column of its own keeps the rows where it has nothing, and errors count rows.
func TestColumnarRows(t *testing.T) {
	schema := arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Float64, Nullable: true}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	b.Field(0).(*array.Float64Builder).AppendValues([]float64{1, 0, 3}, []bool{true, false, true})
	for kind, raw := range columnarFiles(t, b.NewRecordBatch()) {
		text, err := Text(context.Background(), "f", raw, nil, DefaultLimits())
		if err != nil || string(text) != "a\n1\nNaN\n3\n" {
			t.Fatalf("%s: %v\n%s", kind, err, text)
		}
		m := Description{Kind: CSV, Columns: []string{"a"}}
		if _, err := ReadFeatures(context.Background(), "f", text, m, Options{Named: true, Limits: DefaultLimits()}); err == nil || !strings.Contains(err.Error(), "f:2: column 1 (a)") {
			t.Errorf("%s: %v, want row 2", kind, err)
		}
	}
}

// What float64 does not hold, and what is no number, text or date, is refused by name.
func TestColumnarRefuses(t *testing.T) {
	list := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "tags", Type: arrow.ListOf(arrow.PrimitiveTypes.Int64)}}, nil))
	list.Field(0).(*array.ListBuilder).Append(true)
	list.Field(0).(*array.ListBuilder).ValueBuilder().(*array.Int64Builder).Append(3)
	big := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "id", Type: arrow.PrimitiveTypes.Int64}}, nil))
	big.Field(0).(*array.Int64Builder).Append(1<<53 + 1)
	for words, batch := range map[string]arrow.RecordBatch{"column 1 (tags)": list.NewRecordBatch(), "column 1 (id)": big.NewRecordBatch()} {
		for kind, raw := range columnarFiles(t, batch) {
			if _, err := Text(context.Background(), "f", raw, nil, DefaultLimits()); err == nil || !strings.Contains(err.Error(), "f:1: "+words) {
				t.Errorf("%s: %v, want %q", kind, err, words)
			}
		}
	}
}

// FuzzColumnar: whatever the bytes, a text or an *Error.
func FuzzColumnar(f *testing.F) {
	for _, raw := range columnarFiles(f, columnarBatch(f)) {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		text, err := Text(context.Background(), "f", raw, nil, fuzzLimits)
		var e *Error
		if err != nil && (!errors.As(err, &e) || text != nil) {
			t.Fatalf("%v, %q", err, text)
		}
	})
}
