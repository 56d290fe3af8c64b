package experiment

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/solver"
)

func TestExponent(t *testing.T) {
	values := []int{10, 20, 40, 80}
	var rows []Timing
	for _, v := range values {
		rows = append(rows, Timing{Seconds: 3e-4 * math.Pow(float64(v), 2.5)})
	}
	if got := exponent(values, rows); math.Abs(got-2.5) > 1e-12 {
		t.Errorf("the exponent is %v, want 2.5", got)
	}
}

func TestScale(t *testing.T) {
	axes, aims, err := FindScale("gates", false, "")
	if err != nil || len(aims) > 0 {
		t.Fatal(err, aims)
	}
	axes[0].Values = []int{4, 8}
	told := 0
	all, status, err := Scale(t.Context(), axes, 1, 1, solver.DefaultOptions(), func(Growth) { told++ })
	if err != nil || status != solver.Optimal {
		t.Fatalf("status %v, %v", status, err)
	}
	if len(all) != 1 || told != 1 {
		t.Fatalf("%d axes, told of %d", len(all), told)
	}
	rows := all[0].Rows
	if len(rows) != 2 || rows[0].Rows != 1000 || rows[0].Columns != 11 || rows[0].Patterns != 4 || rows[1].Patterns != 8 {
		t.Errorf("rows %+v", rows)
	}
	if r := rows[0]; !(r.Seconds > 0) || r.Peak < 1<<20 {
		t.Errorf("took %v s and %d bytes", r.Seconds, r.Peak)
	}
	if _, _, err := FindScale("depth", true, ""); err == nil {
		t.Error("an axis that is not there is taken")
	}
}

// Every kind of aim is timed: what was waited for came, and at most as late as the run ended.
func TestAims(t *testing.T) {
	if _, aims, err := FindScale("", true, ""); err != nil || len(aims) != len(Aims) {
		t.Fatalf("%d of %d aims, %v", len(aims), len(Aims), err)
	}
	if _, aims, err := FindScale("", false, ""); err != nil || len(aims) == 0 || len(aims) == len(Aims) {
		t.Fatalf("%d of %d aims, %v", len(aims), len(Aims), err)
	}
	small := []Aim{
		{Name: "first", task: firstModel(planted(300, 3, 2))},
		{Name: "within", task: withinThousandth(problem(planter(60, 3, 2), 0))},
		{Name: "listed", task: listed(planter(60, 3, 2), 10, solver.Gated, gatedBeta, gatedGap)},
		{Name: "logistic", task: listedLogistic(40, 30, 5)},
		{Name: "everywhere", task: everywhere(planter(60, 3, 2))},
	}
	var told []string
	rows, _, err := TimeAims(t.Context(), small, 1, 1, solver.DefaultOptions(), func(r Timing) { told = append(told, r.Problem) })
	if err != nil || len(rows) != len(small) || len(told) != len(small) {
		t.Fatal(len(rows), told, err)
	}
	for k, r := range rows {
		if r.Problem != small[k].Name || !(r.Seconds > 0) || r.Peak == 0 || r.Rows == 0 || r.Columns == 0 || r.Status == "" || !(r.RelGap >= 0) || r.Neurons == 0 || r.Processor != nil && *r.Processor < 0 {
			t.Errorf("%+v", r)
		}
	}
	again, _, err := TimeAims(t.Context(), small[1:3], 1, 1, solver.DefaultOptions(), func(Timing) {})
	if err != nil || again[0].Primal != rows[1].Primal || again[1].Primal != rows[2].Primal {
		t.Errorf("%v: another objective the second time: %+v, %+v", err, again, rows[1:3])
	}
}

// A folder adds the lines of what lies in it.
func TestFolderAims(t *testing.T) {
	folder := t.TempDir()
	if _, _, err := FindScale("", true, folder); err == nil || !strings.Contains(err.Error(), "yacht.csv") {
		t.Errorf("an empty folder: %v", err)
	}
	write := func(path string, raw []byte) {
		t.Helper()
		file := filepath.Join(folder, path)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, raw, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	const rows = 14
	table := []byte("a,b,y\n")
	rnd := rand.New(rand.NewPCG(1, 2))
	for range rows {
		a, b := rnd.NormFloat64(), rnd.NormFloat64()
		table = fmt.Appendf(table, "%v,%v,%v\n", a, b, math.Abs(a)-b/2)
	}
	write("yacht/yacht.csv", table)
	zipped := func(header []byte, content []byte) []byte {
		var b bytes.Buffer
		w := gzip.NewWriter(&b)
		w.Write(header)
		w.Write(content)
		w.Close()
		return b.Bytes()
	}
	const images = 12
	pixels, digits := make([]byte, images*784), make([]byte, images)
	for k := range pixels {
		pixels[k] = byte(rnd.IntN(256))
	}
	for k := range digits {
		digits[k] = byte(k % 4)
	}
	write("mnist/train-images-idx3-ubyte.gz", zipped([]byte{0, 0, 8, 3, 0, 0, 0, images, 0, 0, 0, 28, 0, 0, 0, 28}, pixels))
	write("mnist/train-labels-idx1-ubyte.gz", zipped([]byte{0, 0, 8, 1, 0, 0, 0, images}, digits))
	if _, _, err := FindScale("", true, filepath.Join(folder, "yacht", "yacht.csv")); err == nil {
		t.Error("a file is taken for a folder")
	}
	_, aims, err := FindScale("", true, folder)
	if err != nil || len(aims) != len(Aims)+2 {
		t.Fatalf("%d lines, %v", len(aims), err)
	}
	timed, _, err := TimeAims(t.Context(), aims[len(Aims):], 1, 1, solver.DefaultOptions(), func(Timing) {})
	if err != nil {
		t.Fatal(err)
	}
	for k, size := range [][2]int{{rows, 2}, {images, 784}} {
		if r := timed[k]; r.Rows != size[0] || r.Columns != size[1] || r.Neurons == 0 || r.Status != solver.Optimal.String() && k == 1 {
			t.Errorf("%+v", r)
		}
	}
	limited := solver.DefaultOptions()
	limited.TimeLimit = 1
	if cut, _, err := TimeAims(t.Context(), aims[len(aims)-1:], 1, 1, limited, func(Timing) {}); err != nil || cut[0].Status != solver.TimeLimit.String() {
		t.Errorf("%v, %v within no time", cut, err)
	}
	write("mnist/train-labels-idx1-ubyte.gz", zipped([]byte{0, 0, 8, 1, 0, 0, 0, images + 1}, append(digits, 1)))
	if _, _, err := TimeAims(t.Context(), aims[len(aims)-1:], 1, 1, solver.DefaultOptions(), func(Timing) {}); err == nil {
		t.Error("more labels than images are taken")
	}
}
