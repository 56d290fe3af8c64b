package rowfile

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// array writes an array of so many bytes a number.
func array(t *testing.T, size, rows, cols int, values ...float64) string {
	t.Helper()
	raw := npyHeaderOf(rows, cols)
	for _, v := range values {
		if size == 4 {
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
		} else {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
	}
	if size == 4 {
		copy(raw[strings.Index(string(raw), "<f8"):], "<f4")
	}
	name := filepath.Join(t.TempDir(), "a.npy")
	if err := os.WriteFile(name, raw, 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestRead(t *testing.T) {
	for _, size := range []int{4, 8} {
		a, err := OpenNpy(array(t, size, 3, 2, 1, 2, 3, 4.5, -5, 6))
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		got := make([]float64, 4)
		if err := a.Read(got, 1); err != nil || !slices.Equal(got, []float64{3, 4.5, -5, 6}) {
			t.Errorf("rows 1 and 2 are %v (%v)", got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	whole := array(t, 8, 2, 2, 1, 2, 3, 4)
	raw, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	of := func(old, text string) string { return strings.Replace(string(raw), old, text, 1) }
	for what, test := range map[string]struct{ text, want string }{
		"cut": {string(raw[:len(raw)-1]), "bytes of numbers"}, "longer": {string(raw) + "x", "bytes of numbers"}, "empty": {"", "something else"}, "header": {string(raw[:40]), "header"},
		"fortran": {of("False,", "True, "), "write it again as numpy.ascontiguousarray(a)"}, "type": {of("<f8", "<i8"), `got the type '<i8': write it again as a.astype("<f8")`},
		"big endian": {of("<f8", ">f8"), "got the type '>f8'"}, "records": {of("'<f8'", "[('a', '<f8')]"), "got the type [('a', '<f8')]"},
		"shape": {of("(2, 2)", "(4,)  "), "got the shape (4,)"}, "cube": {of("(2, 2)", "(2, 2, 1)"), "got the shape (2, 2, 1)"}, "no array": {of("descr", "mode"), "the header of a NumPy array"},
		"huge": {of("(2, 2), }                ", "(9223372036854775807, 2), }"), "shape"}} {
		name := filepath.Join(t.TempDir(), "b.npy")
		if err := os.WriteFile(name, []byte(test.text), 0o666); err != nil {
			t.Fatal(err)
		}
		if a, err := OpenNpy(name); err == nil {
			a.Close()
			t.Errorf("%s: an array that is none was opened", what)
		} else if !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", what, err, test.want)
		}
	}
	a, err := OpenNpy(array(t, 8, 2, 2, 1, 2, 3, math.NaN()))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Read(make([]float64, 4), 0); err == nil || !strings.Contains(err.Error(), "row 2, column 2") {
		t.Errorf("a number that is none: %v", err)
	}
}

// TestChanged: a file that changes while it is read is an error.
func TestChanged(t *testing.T) {
	name := array(t, 8, 2, 2, 1, 2, 3, 4)
	a, err := OpenNpy(name)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := os.Truncate(name, 150); err != nil {
		t.Fatal(err)
	}
	if err := a.Read(make([]float64, 2), 0); !errors.Is(err, ErrChanged) {
		t.Errorf("reading a file that was cut: %v", err)
	}
}

func TestConvert(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.npy")
	text := Text{Name: "c.csv", In: strings.NewReader("a,\"y\",b\r\n1,2,3\r\n\n-4e2, 5 ,.5"), Target: "y"}
	if err := text.Convert(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	a, err := OpenNpy(path)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	got := make([]float64, 6)
	if err := a.Read(got, 0); err != nil || !slices.Equal(got, []float64{1, 3, 2, -400, .5, 5}) {
		t.Errorf("the array is %v (%v)", got, err)
	}
	if err := text.Convert(t.Context(), path); !errors.Is(err, os.ErrExist) {
		t.Errorf("an array that is there was written again: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	for what, c := range map[string]struct {
		ctx  context.Context
		text string
	}{"few": {t.Context(), "a,b\n1,2\n3"}, "many": {t.Context(), "a,b\n1,2\n3,4,5\n"}, "word": {t.Context(), "a,b\n1,x\n"}, "infinite": {t.Context(), "a,b\n1,inf\n1,2"},
		"header": {t.Context(), "1,2,3\n4,5,6\n7,8,9\n"}, "header and a word": {t.Context(), "a,5.1\n4,5\n7,8\n"}, "name": {t.Context(), "a,\n4,5\n7,8\n"}, "twice": {t.Context(), "a,a\n4,5\n7,8\n"},
		"rows": {t.Context(), "a,b\n1,2\n"}, "column": {t.Context(), "a\n1\n2\n"}, "nothing": {t.Context(), ""}, "ended": {ended, "a,b\n" + strings.Repeat("1,2\n", 2*progressRows)}} {
		name := filepath.Join(t.TempDir(), "d.npy")
		if err := (&Text{Name: what, In: strings.NewReader(c.text)}).Convert(c.ctx, name); err == nil {
			t.Errorf("%s: was converted", what)
		}
		if left, err := filepath.Glob(name + "*"); err != nil || left != nil {
			t.Errorf("%s: left %v (%v)", what, left, err)
		}
	}
}
