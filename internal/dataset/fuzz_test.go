package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// fuzzLimits keep what is made of a few bytes small.
var fuzzLimits = Limits{Bytes: 1 << 20, Columns: 1 << 10}

// checkRead checks that the answer is data of one shape, or one line of an *Error.
func checkRead(t *testing.T, d *Data, err error) {
	t.Helper()
	if err != nil {
		var e *Error
		if !errors.As(err, &e) || strings.ContainsAny(err.Error(), "\n\r") || d != nil {
			t.Fatalf("error %q, data %v", err, d)
		}
		return
	}
	targets := len(d.Y)
	if d.Labels != nil {
		targets, d.Y = 1, [][]float64{make([]float64, len(d.Labels))}
	}
	if len(d.Columns) != d.Features() || targets != len(d.Target) || d.Rows() < 2 || d.Features() < 1 {
		t.Fatalf("%d columns, %d features, %d rows, %d targets", len(d.Columns), d.Features(), d.Rows(), targets)
	}
	for _, y := range d.Y {
		if len(y) != d.Rows() {
			t.Fatalf("%d values of a target of %d rows", len(y), d.Rows())
		}
	}
	if err := d.Impute(upTo(d.Rows())); err != nil {
		t.Fatalf("no mean: %v", err)
	}
	for i := range d.Rows() {
		for _, v := range mat.Row(nil, i, d.X) {
			if v != v || v-v != 0 {
				t.Fatalf("row %d has the feature %v", i, v)
			}
		}
	}
}

// FuzzCSV reads text with all kinds of options, and what was read again by its
// reading.
func FuzzCSV(f *testing.F) {
	for _, text := range []string{"a,y\n1,2\n3,4\n", "a;b;y\n\"1,5\";x;2\nNA;y;4\n", "a,\"b\nc\",y\n1,2,3\n4,5,6\n", "d,y\n2024-01-01,$1\n2024-01-02,$2\n", "\xff\xfea\x00,\x00y\x00\n\x00", "1,2\n3,red\n",
		"# c\na\ty\n1 000\t3%\n2 000\t4%\n", "sep=;\na;y;\n1;2;\n3;4;\n", ",a,y\n0,1,2\n1,3,4\n"} {
		for how := range byte(8) {
			f.Add([]byte(text), how)
		}
	}
	f.Fuzz(func(t *testing.T, raw []byte, how byte) {
		ctx := context.Background()
		o := Options{Limits: fuzzLimits, Missing: Policy(how % 3), Encode: how&4 > 0, NoHeader: how&8 > 0, Classes: how&16 > 0, Charset: []string{"", "", "latin1", "cp1252"}[how>>6]}
		d, err := Read(ctx, "f", raw, o)
		checkRead(t, d, err)
		if err != nil || d.Kind != CSV {
			return
		}
		again, err := Reread(ctx, "f", raw, d.Describe(), d.Reading, fuzzLimits)
		if err != nil || again.Rows() != d.Rows() || !mat.Equal(again.X, d.X) {
			t.Fatalf("read again: %v", err)
		}
		if _, err := ReadFeatures(ctx, "f", raw, d.Describe(), o); err != nil && o.Missing != Drop && !o.NoHeader {
			t.Fatalf("its own features: %v", err)
		}
	})
}

// fuzzBytes reads whatever it is.
func fuzzBytes(f *testing.F, seeds ...[]byte) {
	for _, seed := range seeds {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := Read(context.Background(), "f", raw, Options{Limits: fuzzLimits})
		checkRead(t, d, err)
	})
}

func FuzzLibsvm(f *testing.F) {
	fuzzBytes(f, []byte("1 1:2 3:4\n-1 2:1\n"), []byte("1 qid:1 1:2\n"), []byte("1,2 1:2\n"), []byte("+1 1:2 # c\r-1 2147483647:1\r"), zipped([]byte("1 1:2\n2 1:3\n")))
}

func FuzzNpy(f *testing.F) {
	for _, descr := range []string{"<i2", "|b1", "<f2", ">f8", "<u8"} {
		f.Add(npyFile("'descr': '"+descr+"', 'fortran_order': True, 'shape': (3, 2), ", "\x01\x00\x03\x00\x05\x00\x02\x00\x04\x00\xff\xff"))
	}
	fuzzBytes(f, npyFile("'descr': '|u1', 'fortran_order': False, 'shape': (4,), ", "\x01\x02\x03\x04"))
}

func FuzzNpz(f *testing.F) {
	for _, names := range [][]string{{"arr_0"}, {"X", "y"}, {"a", "b", "c"}} {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, name := range names {
			w, err := z.Create(name + ".npy")
			if err != nil {
				f.Fatal(err)
			}
			w.Write(npyFile("'descr': '|u1', 'fortran_order': False, 'shape': (2, 2), ", "\x01\x02\x03\x04"))
		}
		z.Close()
		f.Add(b.Bytes())
	}
	fuzzBytes(f)
}

func FuzzImage(f *testing.F) {
	grey := image.NewGray(image.Rect(0, 0, 3, 2))
	var b bytes.Buffer
	if err := jpeg.Encode(&b, grey, nil); err != nil {
		f.Fatal(err)
	}
	fuzzBytes(f, pngBytes(f, grey), b.Bytes(), turnedJPEG(b.Bytes(), 6))
}

// FuzzGates: gates are what was asked for or an *Error.
func FuzzGates(f *testing.F) {
	f.Add([]byte("1,2\n3,4\n"))
	f.Add(npyFile("'descr': '|u1', 'fortran_order': False, 'shape': (1, 2), ", "\x01\x02"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		g, err := ParseGates(context.Background(), "f", raw, 2, fuzzLimits)
		var e *Error
		if err != nil && !errors.As(err, &e) {
			t.Fatalf("error %T %v", err, err)
		}
		if err == nil && g.RawMatrix().Cols != 2 {
			t.Fatal("columns")
		}
	})
}
