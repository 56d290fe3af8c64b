package table

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestReadTable(t *testing.T) {
	for name, c := range map[string]struct {
		kind, target, text string
		columns            []string
		values, y          []float64
	}{
		"csv":              {KindCSV, "y", "a, y ,\"b\"\n1,2,3\n 4,5e-1,-6\n", []string{"a", "b"}, []float64{1, 3, 4, -6}, []float64{2, 0.5}},
		"csv with a mark":  {KindCSV, "b", "\ufeffa,b\r\n1,2\r\n\r\n3,4\r\n", []string{"a"}, []float64{1, 3}, []float64{2, 4}},
		"csv, two targets": {KindCSV, "c a", "a,b,c\n1,2,3\n4,5,6\n", []string{"b"}, []float64{2, 5}, []float64{3, 6, 1, 4}},
		"libsvm":           {KindLibsvm, "label", "# head\n1 1:2 3:0\n-1 2:0.5 # end\n", []string{"f1", "f2", "f3"}, []float64{2, 0.5}, []float64{1, -1}},
		"npy, C order":     {KindNpy, "y", npyText("<i2", "False", "(2, 2)", "\x01\x00\xff\xff\x03\x00\x04\x00"), []string{"x1"}, []float64{1, 3}, []float64{-1, 4}},
		"npy, transposed":  {KindNpy, "y", npyText("|u1", "True", "(2, 2)", "\x01\x03\xff\x04"), []string{"x1"}, []float64{1, 3}, []float64{255, 4}},
		"npy, other bytes": {KindNpy, "y", npyText(">f4", "False", "(1, 2)", "\x3f\x80\x00\x00\xc0\x00\x00\x00"), []string{"x1"}, []float64{1}, []float64{-2}},
	} {
		got, err := Read(t.Context(), []byte(c.text), File{Kind: c.kind, Targets: strings.Split(c.target, " ")})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.Columns, c.columns) || !slices.Equal(got.X.Values, c.values) || !slices.Equal(slices.Concat(got.Y...), c.y) {
			t.Errorf("%s: columns %q, x %v, y %v", name, got.Columns, got.X.Values, got.Y)
		}
	}
}

// TestReadClasses: classes are compared as numbers where they are numbers, else
// as text; the indices become labels.
func TestReadClasses(t *testing.T) {
	for name, c := range map[string]struct {
		kind, text string
		classes    Classes
		task       string
		y          [][]float64
	}{
		"text":    {KindCSV, "y,a\n red,1\nblue ,2\nred,3\n", Classes{"blue", "red"}, TaskBinary, [][]float64{{1, -1, 1}}},
		"numbers": {KindCSV, "a,y\n1,1.0\n2,3\n3,2e0\n", Classes{"1", "2", "3"}, TaskMulticlass, [][]float64{{1, -1, -1}, {-1, -1, 1}, {-1, 1, -1}}},
		"libsvm":  {KindLibsvm, "+1 1:2\n-1 1:3\n", Classes{"-1", "1"}, TaskBinary, [][]float64{{1, -1}}},
		"npy":     {KindNpy, npyText("|u1", "False", "(2, 2)", "\x01\x05\x03\x04"), Classes{"4", "5"}, TaskBinary, [][]float64{{1, -1}}},
	} {
		target := map[string]string{KindLibsvm: "label"}[c.kind]
		if target == "" {
			target = "y"
		}
		got, err := Read(t.Context(), []byte(c.text), File{Kind: c.kind, Targets: []string{target}, Classes: c.classes})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if y := c.classes.Labels(c.task, got.Y[0]); !slices.EqualFunc(y, c.y, slices.Equal[[]float64]) {
			t.Errorf("%s: labels %v, want %v", name, y, c.y)
		}
		if _, err := Read(t.Context(), []byte(c.text), File{Kind: c.kind, Targets: []string{target}, Classes: Classes{"0", "7"}}); err == nil {
			t.Errorf("%s: classes the file does not have are accepted", name)
		}
	}
}

func npyText(descr, fortran, shape, body string) string {
	header := "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }"
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	return "\x93NUMPY\x01\x00" + string([]byte{byte(len(header)), 0}) + header + body
}

func TestReadTableRefuses(t *testing.T) {
	for name, c := range map[string]struct{ kind, text, words string }{
		"text for a number":   {KindCSV, "a,y\n1,2\nx,4\n", "line 3 column 1"},
		"ragged":              {KindCSV, "a,y\n1,2,3\n", "wrong number of fields"},
		"no such target":      {KindCSV, "a,b\n1,2\n", "expected the target"},
		"only a target":       {KindCSV, "y\n1\n", "expected a feature"},
		"no rows":             {KindCSV, "a,y\n", "no rows"},
		"infinite":            {KindCSV, "a,y\n1,Inf\n", "line 2 column 2"},
		"hexadecimal":         {KindCSV, "a,y\n1,0x10\n", "line 2 column 2"},
		"index 0":             {KindLibsvm, "1 0:1\n", "line 1: index"},
		"descending indices":  {KindLibsvm, "1 2:1 1:1\n", "line 1: index"},
		"index beyond reason": {KindLibsvm, "1 99999999999:1\n", "line 1: index"},
		"no value":            {KindLibsvm, "1 1\n", "line 1: index 1"},
		"not npy":             {KindNpy, "a,y\n1,2\n....", "npy"},
		"cut off npy":         {KindNpy, npyText("<f8", "False", "(2, 2)", "1234567"), "npy shape"},
		"overflowing shape":   {KindNpy, npyText("<f8", "False", "(4294967296, 4294967296)", ""), "npy shape"},
		"complex npy":         {KindNpy, npyText("<c8", "False", "(1, 2)", "12345678"), "npy header"},
		"unknown kind":        {"xls", "", "kind"},
		"damaged gzip":        {KindCSV, "\x1f\x8b\x08", "EOF"},
	} {
		if _, err := Read(t.Context(), []byte(c.text), File{Kind: c.kind, Targets: []string{"y"}}); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.words)
		}
	}
}

// A context that has ended ends the reading.
func TestReadEnds(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for kind, text := range map[string]string{
		KindCSV:    "a,y\n" + strings.Repeat("1,2\n", 2*aLook),
		KindLibsvm: strings.Repeat("2 1:1\n", 2*aLook),
	} {
		f := File{Kind: kind, Targets: []string{map[string]string{KindCSV: "y", KindLibsvm: "label"}[kind]}}
		if _, err := Read(t.Context(), []byte(text), f); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		if _, err := Read(ended, []byte(text), f); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", kind, err, context.Canceled)
		}
	}
}
