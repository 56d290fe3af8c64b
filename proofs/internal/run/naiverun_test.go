package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

// A second checker of whole run directories, written from FORMAT.md as plainly as possible: dense rows, everything in
// memory, float64 loops where the format says float64 and rational numbers elsewhere. Certificates go to the naive
// checker of certificates. It reads CSV and libsvm.

type naiveModel struct {
	Format  string
	Version int
	Data    struct {
		Kind, SHA256    string
		Rows, Features  int
		Columns, Target []string
	}
	Task    string
	Classes []string
	Split   struct {
		Holdout, Validation float64
		Refit, Last         bool
		Group               string
		Stratified          bool
		Fold                string
	}
	Loss      string
	Threshold float64
	Weights   *struct {
		Column   string
		Balanced bool
	}
	Standardize, Bias, Intercept bool
	Input, Output                struct{ Shift, Scale []float64 }
	CarryShift                   []float64 `json:"carry_shift"`
	Grades                       []naiveGrade
}

type naiveGrade struct {
	Grade        int
	Activation   string
	Loss         string
	Carry        bool
	InputDim     int `json:"input_dim"`
	Outputs      []naiveOutput
	FeatureScale []float64 `json:"feature_scale"`
}

type naiveOutput struct {
	Beta, Constant float64
	Neurons        []struct {
		W, Gate []float64
		Alpha   float64
	}
	Decomposed *struct{ Objective float64 }
	DeadZone   *float64 `json:"dead_zone"`
}

type naiveManifest struct {
	Data    struct{ Path, SHA256 string }
	Options struct {
		DeadZone bool `json:"dead_zone"`
	}
	Plan   *naivePlan
	Status string
	Files  map[string]string
}

type naiveScore struct{ L2, Loss, Accuracy *float64 }

type naivePlan struct {
	Rows    int
	Before  naiveScore
	Choices []naiveScore
}

type naiveRun struct {
	dir      string
	manifest naiveManifest
	m        naiveModel
	x        [][]float64
	stored   [][]bool // of libsvm; nil: all
	y        [][]float64
	weights  []float64 // as in the file
	groups   []string  // likewise
	parts    []*naiveRows
	ledger   map[string][]string
	header   []string
	wrong    map[string]bool // by claim
	worst    int
}

// naiveRunCheck returns the names of the claims that are false. The error is for malformed files.
func naiveRunCheck(dir string) (wrong map[string]bool, err error) {
	defer func() { // indices that do not fit
		if r := recover(); r != nil {
			err = fmt.Errorf("malformed: %v", r)
		}
	}()
	r := &naiveRun{dir: dir, wrong: map[string]bool{}}
	for _, step := range []func() error{r.read, r.form, r.deal, r.standardised} {
		if err := step(); err != nil {
			return r.wrong, err
		}
	}
	for _, p := range r.parts {
		r.rowsOfLedger(0, p, p.e, nil)
	}
	for k := range r.m.Grades {
		if err := r.grade(&r.m.Grades[k]); err != nil {
			return r.wrong, err
		}
	}
	r.claim("status", r.manifest.Status == "" || slices.Index(naiveStatuses, r.manifest.Status) >= r.worst)
	r.heldOut()
	r.claim("ledger", len(r.ledger) == 0)
	return r.wrong, nil
}

// heldOut strikes out the rows of split cv that repeat the plan.
func (r *naiveRun) heldOut() {
	if r.manifest.Plan == nil {
		return
	}
	for k, s := range append([]naiveScore{r.manifest.Plan.Before}, r.manifest.Plan.Choices...) {
		key := fmt.Sprintf("%d cv %s", k, map[bool]string{true: "1", false: "all"}[len(r.y) == 1])
		f := r.ledger[key]
		if f == nil || k > len(r.m.Grades) {
			continue
		}
		delete(r.ledger, key)
		for c, name := range r.header {
			got, err := strconv.ParseFloat(f[c], 64)
			is := func(v *float64) bool { return v == nil && f[c] == "" || v != nil && err == nil && got == *v }
			switch name {
			case "grade", "split", "output":
			case "rows":
				r.claim("ledger", err == nil && got == float64(r.manifest.Plan.Rows))
			case "l2":
				r.claim("ledger", is(s.L2))
			case "mse":
				r.claim("ledger", s.L2 != nil && err == nil && got == *s.L2**s.L2)
			case "loss":
				r.claim("ledger", is(s.Loss))
			case "accuracy":
				r.claim("ledger", is(s.Accuracy))
			default:
				r.claim("ledger", f[c] == "")
			}
		}
	}
}

func (r *naiveRun) claim(name string, holds bool) {
	if !holds {
		r.wrong[name] = true
	}
}

func (r *naiveRun) read() error {
	for name, into := range map[string]any{"manifest.json": &r.manifest, "model.json": &r.m} {
		raw, err := os.ReadFile(filepath.Join(r.dir, name))
		if err == nil {
			err = json.Unmarshal(raw, into)
		}
		if err != nil {
			return err
		}
	}
	for _, name := range []string{"model.json", "ledger.csv"} {
		r.hash(name)
	}
	ledger, err := os.ReadFile(filepath.Join(r.dir, "ledger.csv"))
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSuffix(string(ledger), "\n"), "\n")
	r.header, r.ledger = strings.Split(lines[0], ","), map[string][]string{}
	for _, line := range lines[1:] {
		f := strings.Split(line, ",")
		key := strings.Join(f[:3], " ")
		if r.m.Version == 1 {
			key = f[0] + " " + f[1] + " 1"
		}
		if len(f) != len(r.header) || r.ledger[key] != nil {
			return errors.New("ledger.csv")
		}
		r.ledger[key] = f
	}
	return nil
}

func (r *naiveRun) hash(name string) []byte {
	raw, err := os.ReadFile(filepath.Join(r.dir, name))
	if err != nil {
		panic(err)
	}
	r.claim("file", r.manifest.Files[name] == fmt.Sprintf("%x", sha256.Sum256(raw)))
	return raw
}

// form: shapes and words fit together.
func (r *naiveRun) form() error {
	m := &r.m
	labels := m.Loss == "logistic" || m.Loss == "hinge"
	good := m.Format == "multigrade-model" && (m.Version == 2 || m.Version == 1 && len(m.Data.Target) == 1)
	if m.Version == 1 {
		m.Loss, m.Task = "squared", "regression"
	}
	d, outputs := m.Data.Features, len(m.Data.Target)
	switch m.Task {
	case "regression":
		good = good && len(m.Classes) == 0 && !labels
	case "binary":
		good = good && len(m.Classes) == 2 && outputs == 1
	case "multiclass":
		good = good && len(m.Classes) >= 2 && outputs == 1
		outputs = len(m.Classes)
	default:
		good = false
	}
	good = good && (m.Threshold > 0) == (m.Loss == "huber" || m.Loss == "quantile") && (m.Loss != "quantile" || m.Threshold < 1) && slices.Contains([]string{"squared", "huber", "quantile", "l1", "linf", "logistic", "hinge", "monotone"}, m.Loss)
	for _, share := range []float64{m.Split.Holdout, m.Split.Validation} {
		good = good && share >= 0 && share < 1
	}
	good = good && (!m.Split.Refit || m.Split.Validation > 0) && len(m.Input.Shift) == d && len(m.Input.Scale) == d &&
		len(m.Output.Shift) == outputs && len(m.Output.Scale) == outputs && (m.CarryShift == nil || len(m.CarryShift) == d)
	width := d
	for k, g := range m.Grades {
		dim := width
		if m.Bias {
			dim++
		}
		good = good && g.Grade == k+1 && g.Carry == (m.CarryShift != nil) && g.InputDim == dim && len(g.Outputs) == outputs && width > 0 &&
			g.Loss == m.Loss || m.Version == 1 && good
		width = 0
		for _, o := range g.Outputs {
			width += len(o.Neurons)
			good = good && (o.Decomposed == nil || g.Activation == "relu")
			good = good && (o.DeadZone == nil || *o.DeadZone >= 0 && m.Task == "regression" && m.Loss != "monotone")
			for _, u := range o.Neurons {
				gate := map[string]int{"relu": 0, "abs": 0, "gated": dim}
				n, known := gate[g.Activation]
				known = known || g.slope() > 0 && g.slope() < 1
				good = good && known && len(u.W) == dim && len(u.Gate) == n
			}
		}
		good = good && len(g.FeatureScale) == width
		if g.Carry && width > 0 {
			width += d
		}
	}
	if !good {
		return errors.New("model.json")
	}
	return nil
}

// agreedRuns are runs of every kind on which both checkers of whole runs are tried.
var agreedRuns = []madeUp{
	usualRun, wholeRun, zoneRun,
	{kind: table.KindCSV, weights: "size", bias: true, intercept: true, standardize: true, holdout: 0.2, validation: 0.2, grades: 2},
	{kind: table.KindCSV, weights: "size", loss: certificate.Huber, bias: true, standardize: true, grades: 1},
	{kind: table.KindCSV, weights: "size", gated: true, decomposed: true, bias: true, intercept: true, standardize: true, grades: 1},
	{kind: table.KindCSV, weights: "size", balanced: true, task: table.TaskBinary, loss: certificate.Logistic, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
	{kind: table.KindLibsvm, balanced: true, task: table.TaskMulticlass, loss: certificate.Hinge, bias: true, intercept: true, standardize: true, grades: 1},
	{kind: table.KindCSV, last: true, bias: true, intercept: true, standardize: true, holdout: 0.2, validation: 0.2, grades: 1},
	{kind: table.KindCSV, group: "who", bias: true, intercept: true, standardize: true, holdout: 0.2, validation: 0.2, grades: 1},
	{kind: table.KindCSV, stratified: true, bias: true, intercept: true, standardize: true, holdout: 0.2, validation: 0.2, grades: 1},
	{kind: table.KindCSV, fold: "2/5", bias: true, intercept: true, standardize: true, holdout: 0.2, validation: 0.2, grades: 1},
	{kind: table.KindLibsvm, stratified: true, task: table.TaskMulticlass, loss: certificate.Hinge, bias: true, standardize: true, holdout: 0.3, grades: 1},
	{kind: table.KindCSV, gzip: true, bias: true, standardize: true, holdout: 0.1, grades: 2},
	{kind: table.KindCSV, bias: true, standardize: true, holdout: 0.25, validation: 0.5, refit: true, grades: 1},
	{kind: table.KindLibsvm, bias: true, intercept: true, standardize: true, holdout: 0.1, grades: 2},
	{kind: table.KindLibsvm, carry: true, bias: true, standardize: true, grades: 2},
	{kind: table.KindCSV, gated: true, bias: true, intercept: true, standardize: true, grades: 1},
	{kind: table.KindCSV, activation: "leaky:0.1", carry: true, bias: true, intercept: true, standardize: true, grades: 2},
	{kind: table.KindCSV, activation: "abs", loss: certificate.L1, second: true, bias: true, standardize: true, grades: 2},
	{kind: table.KindCSV, constant: true, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 1},
	{kind: table.KindCSV, loss: certificate.Huber, bias: true, intercept: true, standardize: true, grades: 1},
	{kind: table.KindCSV, loss: "quantile", bias: true, standardize: true, grades: 1},
	{kind: table.KindCSV, loss: certificate.L1, second: true, bias: true, standardize: true, validation: 0.3, grades: 1},
	{kind: table.KindCSV, zone: 1, loss: certificate.LInf, bias: true, intercept: true, standardize: true, grades: 2},
	{kind: table.KindCSV, zone: 1 - 0x1p-40, bias: true, intercept: true, standardize: true, grades: 2},
	{kind: table.KindCSV, task: table.TaskBinary, loss: certificate.Logistic, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
	{kind: table.KindLibsvm, task: table.TaskMulticlass, loss: certificate.Hinge, bias: true, intercept: true, standardize: true, grades: 1},
	{kind: table.KindCSV, gated: true, decomposed: true, second: true, bias: true, intercept: true, standardize: true, grades: 1},
	{kind: table.KindCSV, version: 1, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 1},
	{kind: table.KindCSV, loss: certificate.Monotone, bias: true, standardize: true, grades: 1},
}

// Every loss the checker knows occurs in a run on which both checkers are tried.
func TestNaiveRunLosses(t *testing.T) {
	seen := map[string]bool{certificate.Squared: true}
	for _, s := range agreedRuns {
		seen[s.loss] = true
	}
	for _, name := range certificate.LossNames {
		if !seen[name] {
			t.Errorf("no run of loss %s", name)
		}
	}
}

// Both checkers of whole runs accept and refuse the same ones: honest runs, and runs with one number of the model or
// one field of the ledger changed and the hashes made to fit.
func TestNaiveRunAgrees(t *testing.T) {
	for _, s := range agreedRuns {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			dir := t.TempDir()
			s.write(t, dir)
			runsAgree(t, dir, "as it is")
			model, ledger := readFile(t, dir, "model.json"), readFile(t, dir, "ledger.csv")
			for k := 0; ; k += 29 {
				path, changed := changeNumber(t, model, k)
				if path == "" {
					break
				}
				writeFile(t, dir, "model.json", changed)
				rehash(t, dir)
				runsAgree(t, dir, path)
			}
			writeFile(t, dir, "model.json", model)
			fields := bytes.Split(ledger, []byte(","))
			for k := len(ledgerColumns) + 3; k < len(fields); k += 41 {
				other := slices.Clone(fields)
				other[k] = append([]byte("1"), fields[k]...)
				writeFile(t, dir, "ledger.csv", bytes.Join(other, []byte(",")))
				rehash(t, dir)
				runsAgree(t, dir, fmt.Sprintf("ledger field %d", k))
			}
		})
	}
}

func runsAgree(t *testing.T, dir, what string) {
	t.Helper()
	r, err := Check(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	wrong, err := naiveRunCheck(dir)
	refused := falseClaims(r)
	differ := (r.Verdict() == verdict.Valid) != (err == nil && len(wrong) == 0)
	for name := range wrong { // what stops one of them may stop the other later
		differ = differ || err == nil && r.Verdict() == verdict.Invalid && !refused[name]
	}
	if differ {
		t.Errorf("%s: %v %q; the naive checker says %v, %v", what, r.Verdict(), invalidLines(r), wrong, err)
	}
}
