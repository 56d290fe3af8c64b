package export

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
)

// sklearnCase is a network, rows of cells, and what is to be predicted for them.
type sklearnCase struct {
	name    string
	network *grade.Flat
	rows    [][]string
	want    *mat.Dense
}

// predictAll is Python: the predictions of the modules case0.py, case1.py, ... for
// the rows of cases.json.
const predictAll = `
import importlib, json
import numpy as np
cases = json.load(open("cases.json", encoding="utf-8"))
modules = [importlib.import_module("case%d" % k) for k in range(len(cases))]
def told(estimator, rows):
    """Scores, and after them probabilities or lower and upper, where there are."""
    y = estimator._scores(rows)
    if hasattr(estimator, "predict_proba"):
        y = np.hstack([y, estimator.predict_proba(rows)])
    elif "intervals" in estimator.network_:
        y = np.hstack([y, *estimator.predict_interval(rows, 0.8)])
    return y.tolist()
print(json.dumps([told(m.trained(), np.array(rows, dtype=object)) for m, rows in zip(modules, cases)]))
`

func TestSklearn(t *testing.T) {
	interpreters := []string{"python3", "/usr/bin/python3"}
	k := slices.IndexFunc(interpreters, func(name string) bool { return exec.Command(name, "-c", "import sklearn").Run() == nil })
	if k < 0 {
		t.Skip("no python3 with scikit-learn")
	}
	cases := append(sklearnShapes(t), sklearnColumns(t))
	files := map[string][]byte{"predict.py": []byte(predictAll)}
	var rows [][][]string
	for k, c := range cases {
		module, err := Sklearn(c.network, "1")
		if err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("case%d.py", k)] = module
		rows = append(rows, c.rows)
	}
	var err error
	if files["cases.json"], err = json.Marshal(rows); err != nil {
		t.Fatal(err)
	}
	run := exec.Command(interpreters[k], "predict.py")
	run.Dir, run.Stderr = t.TempDir(), os.Stderr
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(run.Dir, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	out, err := run.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got [][][]float64
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	for k, c := range cases {
		t.Run(c.name, func(t *testing.T) { wantClose(t, got[k], c.want) })
	}
}

// wantClose: numpy orders its sums as it likes.
func wantClose(t *testing.T, got [][]float64, want *mat.Dense) {
	t.Helper()
	n, outputs := want.Dims()
	if len(got) != n || len(got[0]) != outputs {
		t.Fatalf("%d x %d predictions, want %d x %d", len(got), len(got[0]), n, outputs)
	}
	for i, y := range got {
		for j := range outputs {
			if d := math.Abs(y[j] - want.At(i, j)); !(d <= 1e-12*(1+math.Abs(want.At(i, j)))) {
				t.Errorf("row %d, output %d: %v, want %v", i, j, y[j], want.At(i, j))
			}
		}
	}
}

func sklearnShapes(t *testing.T) []sklearnCase {
	var cases []sklearnCase
	rnd := rand.New(rand.NewPCG(11, 12))
	for _, s := range shapes {
		m := s.model(t, rnd)
		flat, err := m.Flatten(len(m.Grades))
		if err != nil {
			t.Fatal(err)
		}
		c := sklearnCase{name: s.name, network: flat, rows: make([][]string, 20)}
		x := mat.NewDense(len(c.rows), s.features, nil)
		x.Apply(func(i, _ int, _ float64) float64 {
			v := 3 * rnd.NormFloat64()
			c.rows[i] = append(c.rows[i], strconv.FormatFloat(v, 'g', -1, 64))
			return v
		}, x)
		if c.want, err = m.Predict(x); err != nil {
			t.Fatal(err)
		}
		c.want = withCertainty(t, m, flat, c.want)
		cases = append(cases, c)
	}
	return cases
}

// withCertainty has after the predictions y the probabilities, or the lower and then the
// upper ends of intervals for four rows of five.
func withCertainty(t *testing.T, m *grade.Model, f *grade.Flat, y *mat.Dense) *mat.Dense {
	n, outputs := y.Dims()
	all := mat.DenseCopyOf(y)
	switch {
	case m.Classes != nil:
		p := mat.NewDense(n, len(m.Classes), nil)
		for i := range n {
			grade.Probabilities(f.Platt, y.RawRowView(i), p.RawRowView(i))
		}
		all = new(mat.Dense)
		all.Augment(y, p)
	case m.Calibration != nil:
		half, err := m.Calibration.HalfWidths(0.8)
		if err != nil {
			t.Fatal(err)
		}
		all = mat.NewDense(n, 3*outputs, nil)
		all.Apply(func(i, j int, _ float64) float64 {
			k := j % outputs
			return y.At(i, k) + []float64{0, -half[k], half[k]}[j/outputs]
		}, all)
	}
	return all
}

// sklearnColumns is a table with texts, dates and missing cells.
func sklearnColumns(t *testing.T) sklearnCase {
	s := newEncodedTable(t)
	n, _ := s.y.Dims()
	rows := make([][]string, n)
	for i := range rows {
		for k := range s.model.Data.Encoding {
			c := &s.model.Data.Encoding[k]
			v := s.numbers[c.Name][i]
			cell := strconv.FormatFloat(v, 'g', -1, 64)
			switch {
			case c.IsText():
				cell = s.texts[c.Name][i]
			case math.IsNaN(v):
				cell = ""
			case c.Date != "":
				cell = time.Unix(int64(v)*86400, 0).UTC().Format(time.DateOnly)
			}
			rows[i] = append(rows[i], cell)
		}
	}
	return sklearnCase{"columns of a table", s.flat, rows, s.y}
}
