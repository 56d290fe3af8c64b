package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/james-bowman/sparse"
	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

// parse, like and features read with defaults.
func parse(name string, raw []byte, targets []string) (*Data, error) {
	return Read(context.Background(), name, raw, Options{Targets: targets, Limits: DefaultLimits()})
}

func like(name string, raw []byte, first *Data) (*Data, error) {
	return ReadLike(context.Background(), name, raw, first.Describe(), Options{Limits: DefaultLimits()})
}

func features(kind Kind, raw []byte, columns []string) (*Data, error) {
	return ReadFeatures(context.Background(), "f", raw, Description{Kind: kind, Columns: columns}, Options{Limits: DefaultLimits()})
}

func gates(name string, raw []byte, d int) (*mat.Dense, error) {
	return ParseGates(context.Background(), name, raw, d, DefaultLimits())
}

func zipped(text []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	return b.Bytes()
}

func npyBytes(t testing.TB, m any) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestMalformed holds one file per defect: what is wrong, and where it is said
// to be wrong.
func TestMalformed(t *testing.T) {
	full := npyBytes(t, mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6}))
	for _, c := range []struct {
		name, text   string
		targets      []string
		err          error
		line, column int
	}{
		{"empty", "", nil, ErrEmpty, 0, 0},
		{"blank", "\n \n", nil, ErrEmpty, 0, 0},
		{"numbers only", "1,2\n3,4\n", nil, ErrNoHeader, 1, 0},
		{"header only", "a,b\n", nil, ErrTooFewRows, 0, 0},
		{"single row", "a,b\n1,2\n", nil, ErrTooFewRows, 0, 0},
		{"single column", "a\n1\n2\n", nil, ErrTooFewColumns, 1, 0},
		{"single semicolon row", "a;b\n1;2\n", nil, ErrTooFewRows, 0, 0},
		{"short row", "a,b,c\n1,2,3\n4,5\n", nil, ErrRagged, 3, 0},
		{"long row", "a,b\n1,2\n\n4,5,6\n", nil, ErrRagged, 4, 0},
		{"text", "a,b\n1,2\n3,four\n", nil, ErrNotNumber, 3, 2},
		{"missing", "a,b\n1,2\n,4\n", nil, ErrMissing, 3, 1},
		{"hexadecimal", "a,b\n1,2\n0x10,4\n", nil, ErrNotNumber, 3, 1},
		{"NaN", "a,b\n1,NaN\n3,4\n", nil, ErrMissing, 2, 2},
		{"Inf", "a,b\n1,2\n-Inf,4\n", nil, ErrNotFinite, 3, 1},
		{"overflow", "a,b\n1,2\n3,1e400\n", nil, ErrNotFinite, 3, 2},
		{"quotes", "a,b\n1,\"2\n", nil, ErrFormat, 2, 2},
		{"same name", "a,b,a\n1,2,3\n4,5,6\n", nil, ErrDuplicateColumn, 1, 3},
		{"label among numbers", "a,b\n1,2\n3,4\n5,six\n", nil, ErrNotNumber, 4, 2},
		{"number among labels", "a,b\n1,two\n3,four\n5,6\n", nil, ErrNotText, 4, 2},
		{"label missing", "a,b\n1,two\n3,\n", nil, ErrMissing, 3, 2},
		{"label first missing", "a,b\n1,\n3,two\n", nil, ErrMissing, 2, 2},
		{"two targets of text", "a,b,c\n1,2,u\n3,4,v\n", []string{"c", "b"}, ErrNotNumber, 0, 0},
		{"second target text", "a,b,c\n1,2,u\n3,4,v\n", []string{"b", "c"}, ErrNotNumber, 0, 0},
		{"unknown target", "a,b\n1,2\n3,4\n", []string{"c"}, ErrUnknownColumn, 0, 0},
		{"only targets", "a,b\n1,2\n3,4\n", []string{"b", "a"}, ErrTooFewColumns, 0, 0},
		{"same target", "a,b,c\n1,2,3\n3,4,5\n", []string{"b", "b"}, ErrDuplicateColumn, 0, 0},

		{"index zero", "1 1:2\n-1 0:1\n", nil, ErrIndex, 2, 2},
		{"index not ascending", "1 1:2 3:1 2:1\n", nil, ErrIndex, 1, 4},
		{"quote open", "a,b,y\n1,2,3\n4, \"5,6\n7,8,9\n", nil, ErrFormat, 3, 2},
		{"quote open up to the next", "a,b,y\n\"u \"\"v\"\"\",2,\"3\n4,\"5\",6\n", nil, ErrFormat, 2, 3},
		{"quote open in the header", "a,\"b,y\n1,2,3\n4,5,6\n", nil, ErrFormat, 1, 2},
		{"quote closed within", "a,b,y\n\"x\n\",2,3\n4,\"5\"6,7\n", nil, ErrFormat, 4, 2},
		{"no rows", string(npyFile("'descr': '<f8', 'fortran_order': False, 'shape': (0, 3), ", "")), nil, ErrTooFewRows, 0, 0},
		{"a number alone", string(npyFile("'descr': '<f8', 'fortran_order': False, 'shape': (), ", "12345678")), nil, ErrFormat, 0, 0},
		{"dates of NumPy", string(npyFile("'descr': '<M8[D]', 'fortran_order': False, 'shape': (1, 1), ", "12345678")), nil, ErrFormat, 0, 0},
		{"records", string(npyFile("'descr': [('a', '<i4'), ('b', '<f8')], 'fortran_order': False, 'shape': (1,), ", "123456789012")), nil, ErrFormat, 0, 0},
		{"version 4", "\x93NUMPY\x04\x00v\x00" + strings.Repeat(" ", 118), nil, ErrFormat, 0, 0},
		{"quote within", "a,b,y\n1,2,3\n4,5\"6,7\n", nil, ErrFormat, 3, 2},
		{"index twice", "1 2:2 2:1\n", nil, ErrIndex, 1, 3},
		{"index fraction", "1 1:2\n1 1.5:1\n", nil, ErrIndex, 2, 2},
		{"index negative", "1 1:2\n1 -1:1\n", nil, ErrIndex, 2, 2},
		{"index huge", "1 1:2\n1 99999999999:1\n", nil, ErrIndex, 2, 2},
		{"no colon", "1 1:2\n1 2:1 7\n", nil, ErrFormat, 2, 3},
		{"label text", "1 1:2\nyes 1:1\n", nil, ErrNotNumber, 2, 1},
		{"value text", "1 1:2\n1 1:x\n", nil, ErrNotNumber, 2, 2},
		{"value NaN", "1 1:2\n1 1:nan\n", nil, ErrNotFinite, 2, 2},
		{"libsvm single row", "1 1:2\n", nil, ErrTooFewRows, 0, 0},
		{"libsvm target", "1 1:2\n1 1:3\n", []string{"f1"}, ErrUnknownColumn, 0, 0},

		{"gzip cut", string(zipped([]byte("a,b\n1,2\n3,4\n"))[:20]), nil, ErrTruncated, 0, 0},
		{"gzip damaged", "\x1f\x8bxxxxxxxxxxxxxxxxx", nil, ErrFormat, 0, 0},
		{"npy cut", string(full[:len(full)-8]), nil, ErrTruncated, 0, 0},
		{"npy cut in header", string(full[:30]), nil, ErrTruncated, 0, 0},
		{"npy too long", string(full) + "x", nil, ErrFormat, 0, 0},
		{"npy vector", string(npyBytes(t, []float64{1, 2})), nil, ErrFormat, 0, 0},
		{"npy of truth values", string(npyBytes(t, []bool{true, false})), nil, ErrFormat, 0, 0},
		{"npy NaN", string(npyBytes(t, mat.NewDense(2, 2, []float64{1, 2, 3, nan()}))), nil, ErrMissing, 2, 2},
		{"npy target", string(full), []string{"x1"}, ErrUnknownColumn, 0, 0},
		{"npz", "PK\x03\x04....", nil, ErrFormat, 0, 0},
		{"binary", "\x00\x01\x02", nil, ErrFormat, 0, 0},
		{"a zero byte", "a,y\n1,2\n3\x00,4\n", nil, ErrFormat, 3, 0},
		{"binary with letters", "ELF\x01\x00", nil, ErrFormat, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := parse("dir/file", []byte(c.text), c.targets)
			var e *Error
			if !errors.As(err, &e) || d != nil {
				t.Fatalf("got %v, %v, want an *Error and no data", d, err)
			}
			if !errors.Is(err, c.err) || e.Line != c.line || e.Column != c.column {
				t.Errorf("got %v (line %d, column %d), want %v at %d, %d", err, e.Line, e.Column, c.err, c.line, c.column)
			}
			if msg := err.Error(); !strings.HasPrefix(msg, "dir/file:") || strings.Contains(msg, "\n") || e.Want == "" || e.Got == "" {
				t.Errorf("message %q", msg)
			}
		})
	}
}

func nan() float64 { v, _ := strconv.ParseFloat("nan", 64); return v }

func TestCSV(t *testing.T) {
	const text = "\ufeffa, \"b c\",y\r\n1,2,3\r\n\r\n-4.5,5e-1,6\r\n"
	for _, raw := range [][]byte{[]byte(text), zipped([]byte(text))} {
		d, err := parse("dir/f.csv", raw, nil)
		if err != nil {
			t.Fatal(err)
		}
		if !mat.Equal(d.X, mat.NewDense(2, 2, []float64{1, 2, -4.5, 0.5})) {
			t.Errorf("X = %v", mat.Formatted(d.X))
		}
		want := Data{Source: "f.csv", Kind: CSV, SHA256: d.SHA256, Columns: []string{"a", "b c"}, Target: []string{"y"}, X: d.X, Y: [][]float64{{3, 6}}}
		if diff := cmp.Diff(want, *d, cmp.Comparer(func(a, b mat.Matrix) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
	}
	d, err := parse("f.csv", []byte(text), []string{"a"})
	if err != nil || d.Target[0] != "a" || d.Y[0][1] != -4.5 || d.X.At(1, 1) != 6 || d.Columns[0] != "b c" {
		t.Errorf("target a: %+v, %v", d, err)
	}
}

func hash(t *testing.T, text string) string {
	d, err := parse("f.csv", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	return d.SHA256
}

// The hash is the one sha256sum prints for the file.
func TestHash(t *testing.T) {
	const text = "a,y\n1,2\n3,4\n"
	const sha256sum = "caaa92249a6f95367edbad1765983d001e57cf725e649489415f8828fd5b8446"
	if got := hash(t, text); got != sha256sum {
		t.Errorf("got %s, want %s", got, sha256sum)
	}
}

func TestLibsvmStaysSparse(t *testing.T) {
	d, err := parse("f", []byte("+1 1:2 3:-1.5 # why\n-1\n\n0.5 2:1 4:0\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	x, ok := d.X.(*sparse.CSR)
	if !ok {
		t.Fatalf("X is a %T", d.X)
	}
	if want := mat.NewDense(3, 3, []float64{2, 0, -1.5, 0, 0, 0, 0, 1, 0}); !mat.Equal(x, want) || x.NNZ() != 3 {
		t.Errorf("X = %v with %d entries", mat.Formatted(x), x.NNZ())
	}
	if diff := cmp.Diff([][]float64{{1, -1, 0.5}}, d.Y); diff != "" {
		t.Error(diff)
	}
}

func TestNpy(t *testing.T) {
	want := mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, 6})
	d, err := parse("f.npy", npyBytes(t, mat.NewDense(3, 3, []float64{1, 2, 7, 3, 4, 8, 5, 6, 9})), nil)
	if err != nil || !mat.Equal(d.X, want) || !cmp.Equal(d.Y, [][]float64{{7, 8, 9}}) {
		t.Errorf("got %+v, %v", d, err)
	}
	// the layout NumPy writes: Fortran order, small integers
	text := npyFile("'descr': '<i2', 'fortran_order': True, 'shape': (3, 2), ", "\x01\x00\x03\x00\x05\x00\x02\x00\x04\x00\xff\xff")
	g, err := gates("g.npy", text, 2)
	if err != nil || !mat.Equal(g, mat.NewDense(3, 2, []float64{1, 2, 3, 4, 5, -1})) {
		t.Errorf("got %v, %v", g, err)
	}
}

func npyFile(header, data string) []byte {
	header = "{" + header + "}\n"
	return []byte("\x93NUMPY\x01\x00" + string(rune(len(header))) + "\x00" + header + data)
}

func TestGates(t *testing.T) {
	g, err := gates("g", []byte("1,2\n-3,4.5\n"), 2)
	if err != nil || !mat.Equal(g, mat.NewDense(2, 2, []float64{1, 2, -3, 4.5})) {
		t.Fatal(g, err)
	}
	for text, kind := range map[string]error{"": ErrEmpty, "1,2\n3\n": ErrRagged, "a,b\n1,2\n": ErrNotNumber, "1,2,3\n": ErrRagged} {
		if _, err := gates("g", []byte(text), 2); !errors.Is(err, kind) {
			t.Errorf("%q: %v, want %v", text, err, kind)
		}
	}
}

func TestReadFeatures(t *testing.T) {
	want := mat.NewDense(2, 2, []float64{2, 1, 5, 4})
	d, err := features(CSV, []byte("a,b,extra\n1,2,3\n4,5,6\n"), []string{"b", "a"})
	if err != nil || !mat.Equal(d.X, want) {
		t.Error(d, err)
	}
	if _, err := features(CSV, []byte("a,b\n1,2\n"), []string{"a", "c"}); !errors.Is(err, ErrUnknownColumn) {
		t.Error(err)
	}
	d, err = features(Libsvm, []byte("0 1:2\n"), []string{"f1", "f2", "f3"})
	if err != nil || d.Features() != 3 || d.Rows() != 1 {
		t.Error(d, err)
	}
	if _, err := features(Libsvm, []byte("0 1:2 4:1\n"), []string{"f1", "f2", "f3"}); !errors.Is(err, ErrIndex) {
		t.Error(err)
	}
	full := npyBytes(t, mat.NewDense(2, 3, []float64{2, 1, math.NaN(), 5, 4, math.Inf(1)})) // the target may be anything
	d, err = features(Npy, full, []string{"x1", "x2"})
	if err != nil || !mat.Equal(d.X, want) {
		t.Error(d, err)
	}
	if _, err := features(Npy, full, []string{"x1"}); !errors.Is(err, ErrTooFewColumns) {
		t.Error(err)
	}
}

// What is written as shortest decimals is read back to the same bits.
func TestRoundTrip(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(40, 7, nil)
	for i := range 40 {
		for j := range 7 {
			x.Set(i, j, rnd.NormFloat64()*1e3)
		}
	}
	text := "a,b,c,d,e,f,y\n"
	for i := range 40 {
		for j, v := range x.RawRowView(i) {
			text += strconv.FormatFloat(v, 'g', -1, 64) + map[bool]string{true: "\n", false: ","}[j == 6]
		}
	}
	d, err := parse("f", []byte(text), nil)
	if err != nil || !mat.Equal(d.X, x.Slice(0, 40, 0, 6)) || !cmp.Equal(d.Y[0], mat.Col(nil, 6, x)) {
		t.Error(err)
	}
}

// adultLike is a libsvm file of the size of the larger ones in use, 2.3 MB.
func adultLike() []byte {
	rnd := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range 32561 {
		b.WriteString("-1")
		index := 0
		for range 14 {
			index += 1 + rnd.IntN(8)
			b.WriteString(" " + strconv.Itoa(index) + ":1")
		}
		b.WriteByte('\n')
	}
	return []byte(b.String())
}

func TestLibsvmRows(t *testing.T) {
	d, err := parse("f", adultLike(), nil)
	if err != nil || d.Rows() != 32561 {
		t.Fatal(err)
	}
}

// BenchmarkLibsvm reads a libsvm file; ratio is its time over that of cutting the same bytes
// into fields and converting these, which any reader must.
func BenchmarkLibsvm(b *testing.B) {
	raw := adultLike()
	b.SetBytes(int64(len(raw)))
	var read, least time.Duration
	for b.Loop() {
		start := time.Now()
		if _, err := parse("f", raw, nil); err != nil {
			b.Fatal(err)
		}
		middle := time.Now()
		for _, field := range strings.Fields(string(raw)) {
			index, value, pair := strings.Cut(field, ":")
			if !pair {
				value = index
			}
			if _, err := strconv.ParseFloat(value, 64); err != nil {
				b.Fatal(err)
			}
		}
		read, least = read+middle.Sub(start), least+time.Since(middle)
	}
	b.ReportMetric(float64(read)/float64(least), "ratio")
}

// Only regular files up to the limit are read.
func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f.csv")
	if _, err := File(path, DefaultLimits()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	os.WriteFile(path, []byte("a,y\n1,2\n3,4\n"), 0o666)
	if raw, err := File(path, DefaultLimits()); err != nil || len(raw) != 12 {
		t.Error(raw, err)
	}
	if _, err := File(path, Limits{Bytes: 11}); !errors.Is(err, ErrTooLarge) {
		t.Error(err)
	}
	for _, other := range []string{filepath.Dir(path), os.DevNull} {
		if _, err := File(other, DefaultLimits()); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", other, err)
		}
	}
}

// A target of text stays text, and does not matter to who wants the features.
func TestLabels(t *testing.T) {
	raw := []byte("kind,x\nred, 1\n green ,2\nred,3\n")
	d, err := parse("f.csv", raw, []string{"kind"})
	if err != nil || !cmp.Equal(d.Labels, []string{"red", "green", "red"}) || d.Y != nil || !cmp.Equal(d.Columns, []string{"x"}) {
		t.Fatalf("%+v, %v", d, err)
	}
	if f, err := features(CSV, raw, []string{"x"}); err != nil || f.X.At(2, 0) != 3 {
		t.Fatalf("%+v, %v", f, err)
	}
}
