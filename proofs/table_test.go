package proofs

import (
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
		"csv":              {kindCSV, "y", "a, y ,\"b\"\n1,2,3\n 4,5e-1,-6\n", []string{"a", "b"}, []float64{1, 3, 4, -6}, []float64{2, 0.5}},
		"csv with a mark":  {kindCSV, "b", "\ufeffa,b\r\n1,2\r\n\r\n3,4\r\n", []string{"a"}, []float64{1, 3}, []float64{2, 4}},
		"csv, two targets": {kindCSV, "c a", "a,b,c\n1,2,3\n4,5,6\n", []string{"b"}, []float64{2, 5}, []float64{3, 6, 1, 4}},
		"libsvm":           {kindLibsvm, "label", "# head\n1 1:2 3:0\n-1 2:0.5 # end\n", []string{"f1", "f2", "f3"}, []float64{2, 0.5}, []float64{1, -1}},
		"npy, C order":     {kindNpy, "y", npyText("<i2", "False", "(2, 2)", "\x01\x00\xff\xff\x03\x00\x04\x00"), []string{"x1"}, []float64{1, 3}, []float64{-1, 4}},
		"npy, transposed":  {kindNpy, "y", npyText("|u1", "True", "(2, 2)", "\x01\x03\xff\x04"), []string{"x1"}, []float64{1, 3}, []float64{255, 4}},
		"npy, other bytes": {kindNpy, "y", npyText(">f4", "False", "(1, 2)", "\x3f\x80\x00\x00\xc0\x00\x00\x00"), []string{"x1"}, []float64{1}, []float64{-2}},
	} {
		got, err := readTable([]byte(c.text), c.kind, strings.Split(c.target, " "), nil, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !slices.Equal(got.columns, c.columns) || !slices.Equal(got.x.values, c.values) || !slices.Equal(slices.Concat(got.y...), c.y) {
			t.Errorf("%s: columns %q, x %v, y %v", name, got.columns, got.x.values, got.y)
		}
	}
}

// TestReadClasses: classes are compared as numbers where they are numbers, else
// as text; the indices become labels.
func TestReadClasses(t *testing.T) {
	for name, c := range map[string]struct {
		kind, text string
		classes    classes
		task       string
		y          [][]float64
	}{
		"text":    {kindCSV, "y,a\n red,1\nblue ,2\nred,3\n", classes{"blue", "red"}, taskBinary, [][]float64{{1, -1, 1}}},
		"numbers": {kindCSV, "a,y\n1,1.0\n2,3\n3,2e0\n", classes{"1", "2", "3"}, taskMulticlass, [][]float64{{1, -1, -1}, {-1, -1, 1}, {-1, 1, -1}}},
		"libsvm":  {kindLibsvm, "+1 1:2\n-1 1:3\n", classes{"-1", "1"}, taskBinary, [][]float64{{1, -1}}},
		"npy":     {kindNpy, npyText("|u1", "False", "(2, 2)", "\x01\x05\x03\x04"), classes{"4", "5"}, taskBinary, [][]float64{{1, -1}}},
	} {
		target := map[string]string{kindLibsvm: "label"}[c.kind]
		if target == "" {
			target = "y"
		}
		got, err := readTable([]byte(c.text), c.kind, []string{target}, c.classes, nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if y := c.classes.labels(c.task, got.y[0]); !slices.EqualFunc(y, c.y, slices.Equal[[]float64]) {
			t.Errorf("%s: labels %v, want %v", name, y, c.y)
		}
		if _, err := readTable([]byte(c.text), c.kind, []string{target}, classes{"0", "7"}, nil); err == nil {
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
		"text for a number":   {kindCSV, "a,y\n1,2\nx,4\n", "line 3 column 1"},
		"ragged":              {kindCSV, "a,y\n1,2,3\n", "wrong number of fields"},
		"no such target":      {kindCSV, "a,b\n1,2\n", "expected the target"},
		"only a target":       {kindCSV, "y\n1\n", "expected a feature"},
		"no rows":             {kindCSV, "a,y\n", "no rows"},
		"infinite":            {kindCSV, "a,y\n1,Inf\n", "line 2 column 2"},
		"hexadecimal":         {kindCSV, "a,y\n1,0x10\n", "line 2 column 2"},
		"index 0":             {kindLibsvm, "1 0:1\n", "line 1: index"},
		"descending indices":  {kindLibsvm, "1 2:1 1:1\n", "line 1: index"},
		"index beyond reason": {kindLibsvm, "1 99999999999:1\n", "line 1: index"},
		"no value":            {kindLibsvm, "1 1\n", "line 1: index 1"},
		"not npy":             {kindNpy, "a,y\n1,2\n....", "npy"},
		"cut off npy":         {kindNpy, npyText("<f8", "False", "(2, 2)", "1234567"), "npy shape"},
		"overflowing shape":   {kindNpy, npyText("<f8", "False", "(4294967296, 4294967296)", ""), "npy shape"},
		"complex npy":         {kindNpy, npyText("<c8", "False", "(1, 2)", "12345678"), "npy header"},
		"unknown kind":        {"xls", "", "kind"},
		"damaged gzip":        {kindCSV, "\x1f\x8b\x08", "EOF"},
	} {
		if _, err := readTable([]byte(c.text), c.kind, []string{"y"}, nil, nil); err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.words)
		}
	}
}
