package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/sbinet/npyio/npy"
	"github.com/sbinet/npyio/npz"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/run"
)

// quick are flags of a training of milliseconds.
var quick = []string{"--grades", "1", "--scope", "restricted", "--patterns", "4", "--tol", "1e-3", "--quiet"}

// A dressedTable is a table of two features and a target, all whole numbers of
// thousandths, and how it is written.
type dressedTable struct {
	file  string
	cell  func(thousandths int) string
	dress func(rows [][]string) string
	flags []string
}

// plainCell writes thousandths with a point.
func plainCell(v int) string {
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	}
	return fmt.Sprintf("%s%d.%03d", sign, v/1000, v%1000)
}

// joined writes rows with a separator, cells that hold it in quotes.
func joined(separator string) func(rows [][]string) string {
	return func(rows [][]string) string {
		var b strings.Builder
		for _, row := range rows {
			for j, cell := range row {
				if strings.Contains(cell, separator) {
					cell = `"` + cell + `"`
				}
				if j > 0 {
					b.WriteString(separator)
				}
				b.WriteString(cell)
			}
			b.WriteByte('\n')
		}
		return b.String()
	}
}

// then changes a dressed table.
func then(first func([][]string) string, change func(string) string) func([][]string) string {
	return func(rows [][]string) string { return change(first(rows)) }
}

func grouped(group, decimal string) func(v int) string {
	return func(v int) string {
		whole, rest, _ := strings.Cut(plainCell(v), ".")
		if n := len(whole); n > 3 && whole[n-4] != '-' {
			whole = whole[:n-3] + group + whole[n-3:]
		}
		return whole + decimal + rest
	}
}

// TestDressedTables: however a table is written, the model of it and what that predicts
// on it are the same to the bit, and the run is valid.
func TestDressedTables(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	numbers := make([][3]int, 20)
	for i := range numbers {
		x, z := 1000+rnd.IntN(9e6), rnd.IntN(8e6)-4e6
		numbers[i] = [3]int{x, z, x/2 + max(0, z) + 100 + rnd.IntN(1000)*7}
	}
	comma := joined(",")
	point := plainCell
	unix := func(change func(string) string) func([][]string) string { return then(comma, change) }
	replace := func(old, with string) func(string) string {
		return func(text string) string { return strings.ReplaceAll(text, old, with) }
	}
	tables := []dressedTable{
		{"plain.csv", point, comma, nil},
		{"semicolon.csv", point, joined(";"), nil},
		{"tab.tsv", point, joined("\t"), nil},
		{"bar.txt", point, joined("|"), nil},
		{"blanks.txt", point, joined("  "), nil},
		{"decimal.csv", grouped("", ","), joined(";"), nil},
		{"thousands.csv", grouped(",", "."), comma, nil},
		{"german.csv", grouped(".", ","), joined(";"), nil},
		{"nbsp.csv", grouped("\u00a0", "."), comma, nil},
		{"typographic.csv", grouped("\u2019", "."), comma, nil},
		{"swiss.csv", grouped("'", "."), comma, nil},
		{"dollars.csv", func(v int) string { return strings.Replace("$"+plainCell(v), "$-", "-$", 1) }, comma, nil},
		{"percent.csv", func(v int) string { return plainCell(v) + " %" }, comma, nil},
		{"minus.csv", func(v int) string { return strings.Replace(plainCell(v), "-", "\u2212", 1) }, comma, nil},
		{"fortran.csv", func(v int) string { return fmt.Sprintf("%d.0D-03", v) }, comma, nil},
		{"cr.csv", point, unix(replace("\n", "\r")), nil},
		{"crlf.csv", point, unix(replace("\n", "\r\n")), nil},
		{"trailing.csv", point, unix(replace("\n", ",\n")), nil},
		{"gaps.csv", point, unix(func(text string) string {
			lines := strings.Split(strings.ReplaceAll(text, ",", ",,"), "\n") // a column of nothing, with several at the end
			return "\t\n" + strings.Join(lines[:7], ",,\n") + ",,\n   \n# a pause\n" + strings.Join(lines[7:len(lines)-1], ",,\n") + ",,\n  \n"
		}), nil},
		{"mark.csv", point, unix(func(text string) string { return "\ufeff" + text }), nil},
		{"hint.csv", point, then(joined(";"), func(text string) string { return "sep=;\r\n" + text }), nil},
		{"comments.csv", point, unix(func(text string) string { return "# made by a test, in V\n" + text }), nil},
		{"utf16.csv", point, unix(func(text string) string {
			out := []byte{0xff, 0xfe}
			for _, u := range utf16.Encode([]rune(text)) {
				out = append(out, byte(u), byte(u>>8))
			}
			return string(out)
		}), nil},
		{"index.csv", point, unix(func(text string) string {
			lines := strings.Split(strings.TrimSpace(text), "\n")
			for i := range lines {
				lines[i] = fmt.Sprintf("%d,%s", i-1, lines[i])
			}
			return strings.TrimPrefix(strings.Join(lines, "\n"), "-1")
		}), nil},
		{"rownames.csv", point, unix(func(text string) string {
			lines := strings.Split(strings.TrimSpace(text), "\n")
			for i := range lines[1:] {
				lines[i+1] = fmt.Sprintf("\"r%d\",%s", i, lines[i+1])
			}
			return strings.Join(lines, "\n")
		}), nil},
		{"columns.parquet", point, asParquet(t), nil},
		{"ignored.csv", point, unix(func(text string) string {
			return regexp.MustCompile(`(?m)^(.+),([^,]+)$`).ReplaceAllString(text, "$1,some text é,$2")
		}), []string{"--ignore", "some text é"}},
		{"latin1.csv", point, unix(func(text string) string {
			return regexp.MustCompile(`(?m)^(.+),([^,]+)$`).ReplaceAllString(text, "$1,\xe9,$2")
		}), []string{"--ignore", "é", "--encoding", "latin1"}},
	}
	dir := t.TempDir()
	var first string
	for _, c := range tables {
		rows := [][]string{{"a", "b", "y"}}
		for _, row := range numbers {
			rows = append(rows, []string{c.cell(row[0]), c.cell(row[1]), c.cell(row[2])})
		}
		file, out := filepath.Join(dir, c.file), filepath.Join(dir, c.file+".run")
		if err := os.WriteFile(file, []byte(c.dress(rows)), 0o666); err != nil {
			t.Fatal(err)
		}
		args := append([]string{"solve", file, "--out", out}, append(append([]string{}, quick...), c.flags...)...)
		if status, _, errs := call(args...); status > 1 || errs != "" {
			t.Errorf("%s: exit status %d, %s", c.file, status, errs)
			continue
		}
		mustVerify(t, out)
		var flags []string
		for k := 0; k < len(c.flags); k += 2 {
			if c.flags[k] == "--encoding" {
				flags = c.flags[k : k+2]
			}
		}
		status, predicted, errs := call(append([]string{"predict", out, file}, flags...)...)
		if status != 0 || strings.Count(predicted, "\n") != len(numbers)+1 {
			t.Errorf("%s: predict: exit status %d, %s", c.file, status, errs)
		}
		model, err := run.OpenModel(out)
		if err != nil {
			t.Fatal(err)
		}
		predicted += fmt.Sprint(model.Input, model.Output, model.Grades)
		if first == "" {
			first = predicted
		} else if predicted != first {
			t.Errorf("%s: another model or other predictions", c.file)
		}
	}
}

// asParquet writes a Parquet file of float64 columns.
func asParquet(t *testing.T) func(rows [][]string) string {
	return func(rows [][]string) string {
		var fields []arrow.Field
		for _, name := range rows[0] {
			fields = append(fields, arrow.Field{Name: name, Type: arrow.PrimitiveTypes.Float64})
		}
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
		for _, row := range rows[1:] {
			for j, cell := range row {
				v, err := strconv.ParseFloat(cell, 64)
				if err != nil {
					t.Fatal(err)
				}
				b.Field(j).(*array.Float64Builder).Append(v)
			}
		}
		batch := b.NewRecordBatch()
		var out bytes.Buffer
		w, err := pqarrow.NewFileWriter(batch.Schema(), &out, parquet.NewWriterProperties(), pqarrow.DefaultWriterProps())
		if err == nil {
			err = errors.Join(w.Write(batch), w.Close())
		}
		if err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
}

// mixedTable has numbers, some of them missing, texts and dates.
func mixedTable(rows int) string {
	rnd := rand.New(rand.NewPCG(7, 8))
	var b strings.Builder
	b.WriteString("size;colour;when;price\n")
	for i := range rows {
		size, colour := fmt.Sprintf("%d,%d", 10+i, rnd.IntN(10)), []string{"red", "blue", "green", ""}[rnd.IntN(4)]
		if i%7 == 3 {
			size = "NA"
		}
		if i == 5 {
			colour = "mauve"
		}
		fmt.Fprintf(&b, "%s;%s;2024-%02d-%02d;%d,5\n", size, colour, 1+i/28, 1+i%28, 20+i+5*len(colour))
	}
	return b.String()
}

// TestFitEncodes: missing numbers, texts and dates go through training, checking,
// prediction and export, and what is imputed is what the rows say.
func TestFitEncodes(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return file
	}
	file, out := write("mixed.csv", mixedTable(40)), filepath.Join(dir, "run")
	if status, _, errs := call("solve", file, "--out", out); status != 2 || !strings.Contains(errs, "mixed.csv:2: column 2 (colour)") {
		t.Errorf("solve: exit status %d, %s", status, errs)
	}
	args := append([]string{"fit", file, "--out", out, "--holdout", "0.2", "--beta", "0.01"}, quick...)
	if status, _, errs := call(args...); status > 1 || errs != "" {
		t.Fatalf("fit: exit status %d, %s", status, errs)
	}
	mustVerify(t, out)
	model, err := run.OpenModel(out)
	if err != nil {
		t.Fatal(err)
	}
	want := "size size=missing colour=blue colour=green colour=red colour=other colour=missing when"
	if got := strings.Join(model.Data.Columns, " "); got != want {
		t.Errorf("features %q, want %q", got, want)
	}
	// in another dress, with other columns and a colour never seen
	rows := write("rows.csv", "when,note,colour,size\n2024-02-01,x,red,12.5\n2024-02-02,y,pink,NA\n2024-02-03,z,NA,30\n")
	status, predicted, errs := call("predict", out, rows)
	if status != 0 || strings.Count(predicted, "\n") != 4 || strings.Contains(predicted, "NaN") {
		t.Errorf("predict: exit status %d, %s%s", status, predicted, errs)
	}
	for name, c := range map[string]struct{ text, refused string }{
		"a date missing":      {"when,colour,size\nNA,red,1\n", "bad.csv:2: column 1 (when)"},
		"a date that is none": {"when,colour,size\n5,red,1\n", "bad.csv:2: column 1 (when)"},
		"a text as a size":    {"when,colour,size\n2024-02-01,red,big\n", "bad.csv:2: column 3 (size)"},
		"no colour":           {"when,size\n2024-02-01,1\n", `"colour"`},
	} {
		if status, _, errs := call("predict", out, write("bad.csv", c.text)); status != 2 || !strings.Contains(errs, c.refused) || strings.Count(errs, "\n") != 1 {
			t.Errorf("%s: exit status %d, %s", name, status, errs)
		}
	}
	for _, format := range []string{"onnx", "json", "go"} {
		if status, _, errs := call("export", out, "--format", format, "--out", filepath.Join(dir, "exported."+format), "--quiet"); status != 0 {
			t.Errorf("export to %s: exit status %d, %s", format, status, errs)
		}
	}
	if status, _, errs := call("report", out, "--out", filepath.Join(dir, "report.html"), "--quiet"); status != 0 {
		t.Errorf("report: exit status %d, %s", status, errs)
	}
}

// TestFitArrayWithMissing: NaN of a NumPy array are missing values as in a text table, for
// training, tests and predictions.
func TestFitArrayWithMissing(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	write := func(name string, array any) {
		var b bytes.Buffer
		if err := errors.Join(npy.Write(&b, array), os.WriteFile(path(name), b.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	rnd := rand.New(rand.NewPCG(9, 10))
	x, text := mat.NewDense(30, 3, nil), "x1,x2,y\n"
	for i := range 30 {
		a, b := rnd.Float64(), rnd.NormFloat64()
		x.SetRow(i, []float64{a, b, a + max(b, 0)})
		if i%9 == 4 {
			x.Set(i, 1, math.NaN())
		}
		text += strings.ReplaceAll(fmt.Sprintln(x.At(i, 0), ",", x.At(i, 1), ",", x.At(i, 2)), "NaN", "NA")
	}
	write("a.npy", x)
	write("features.npy", mat.DenseCopyOf(x.Slice(0, 30, 0, 2)))
	if err := os.WriteFile(path("a.csv"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := call("solve", path("a.npy"), "--out", path("run")); status != 2 || !strings.Contains(errs, "a.npy:5: column 2: missing value") || !strings.Contains(errs, "--missing") || strings.Count(errs, "\n") != 1 {
		t.Errorf("solve: exit status %d, %s", status, errs)
	}
	var first string
	for _, file := range []string{"a.csv", "a.npy"} {
		args := append([]string{"fit", path(file), "--test", path("a.npy"), "--out", path("run"), "--beta", "0.01"}, quick...)
		if status, _, errs := call(args...); status > 1 || errs != "" {
			t.Fatalf("fit %s: exit status %d, %s", file, status, errs)
		}
		mustVerify(t, path("run"))
		for _, rows := range []string{"a.csv", "a.npy", "features.npy"} {
			status, predicted, errs := call("predict", path("run"), path(rows))
			if status != 0 || strings.Count(predicted, "\n") != 31 || strings.Contains(predicted, "NaN") {
				t.Errorf("fit %s, predict %s: exit status %d, %s", file, rows, status, errs)
			}
			if first == "" {
				first = predicted
			} else if predicted != first {
				t.Errorf("fit %s, predict %s: other predictions", file, rows)
			}
		}
	}
	// of an archive all columns of y are targets
	archive, err := os.Create(path("a.npz"))
	if err != nil {
		t.Fatal(err)
	}
	z := npz.NewWriter(archive)
	if err := errors.Join(z.Write("X.npy", mat.DenseCopyOf(x.Slice(0, 30, 0, 2))), z.Write("y.npy", mat.DenseCopyOf(x.Slice(0, 30, 1, 3))), z.Close(), archive.Close()); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := call("fit", path("a.npz"), "--out", path("run")); status != 2 || !strings.Contains(errs, "a.npz:5: column 3 (y1): missing value") {
		t.Errorf("a target of several that is missing: exit status %d, %s", status, errs)
	}
	x.Set(6, 2, math.NaN())
	write("a.npy", x)
	if status, _, errs := call("fit", path("a.npy"), "--out", path("run")); status != 2 || !strings.Contains(errs, "a.npy:7: column 3 (y): missing value") || strings.Count(errs, "\n") != 1 {
		t.Errorf("a target that is missing: exit status %d, %s", status, errs)
	}
}
