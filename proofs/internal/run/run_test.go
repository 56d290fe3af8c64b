package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

func checkRun(t *testing.T, dir string) verdict.Report {
	t.Helper()
	r, err := Check(context.Background(), dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// invalidLines are the report's lines that are not valid.
func invalidLines(r verdict.Report) (lines []string) {
	for _, c := range r.Claims {
		if c.Verdict != verdict.Valid {
			lines = append(lines, fmt.Sprintf("%v %s, %s: %s", c.Verdict, c.Name, c.Scope, c.Detail))
		}
	}
	return lines
}

var usualRun = madeUp{kind: table.KindCSV, bias: true, intercept: true, standardize: true, holdout: 0.25, validation: 0.2, grades: 2}

func TestRunsAreValid(t *testing.T) {
	for _, s := range []madeUp{
		usualRun,
		{kind: table.KindCSV, grades: 1},
		{kind: table.KindCSV, last: true, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 1},
		{kind: table.KindCSV, group: "who", weights: "size", bias: true, standardize: true, holdout: 0.2, grades: 1},
		{kind: table.KindCSV, stratified: true, task: table.TaskBinary, loss: certificate.Logistic, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 1},
		{kind: table.KindCSV, fold: "3/3", bias: true, intercept: true, standardize: true, holdout: 1. / 3, grades: 1},
		{kind: table.KindCSV, gzip: true, bias: true, standardize: true, holdout: 0.1, grades: 3},
		{kind: table.KindLibsvm, bias: true, intercept: true, standardize: true, holdout: 0.1, grades: 2},
		{kind: table.KindLibsvm, gzip: true, grades: 1, validation: 0.5},
		{kind: table.KindCSV, bias: true, standardize: true, holdout: 0.25, validation: 0.5, refit: true, grades: 1},
		{kind: table.KindNpy, bias: true, standardize: true, grades: 2},
		{kind: table.KindCSV, gated: true, bias: true, intercept: true, standardize: true, grades: 1},
		{kind: table.KindCSV, activation: "leaky:0.1", second: true, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
		{kind: table.KindLibsvm, activation: "leaky:0.75", task: table.TaskBinary, loss: certificate.Logistic, bias: true, intercept: true, standardize: true, grades: 2},
		{kind: table.KindCSV, activation: "abs", zone: 1, bias: true, intercept: true, standardize: true, grades: 3},
		{kind: table.KindCSV, constant: true, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 1},
		{kind: table.KindCSV, bias: true, standardize: true, grades: 0},
		{kind: table.KindCSV, second: true, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
		{kind: table.KindCSV, carry: true, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 3},
		{kind: table.KindLibsvm, carry: true, bias: true, intercept: true, standardize: true, holdout: 0.1, grades: 2},
		{kind: table.KindCSV, loss: certificate.Huber, bias: true, intercept: true, standardize: true, grades: 1},
		{kind: table.KindCSV, loss: certificate.L1, second: true, bias: true, standardize: true, validation: 0.3, grades: 2},
		{kind: table.KindCSV, loss: certificate.LInf, bias: true, intercept: true, standardize: true, grades: 1},
		{kind: table.KindCSV, task: table.TaskBinary, loss: certificate.Logistic, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
		{kind: table.KindCSV, task: table.TaskMulticlass, loss: certificate.Logistic, bias: true, standardize: true, holdout: 0.2, grades: 1},
		{kind: table.KindLibsvm, task: table.TaskMulticlass, loss: certificate.Hinge, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
		{kind: table.KindCSV, task: table.TaskBinary, bias: true, intercept: true, standardize: true, carry: true, grades: 2},
		{kind: table.KindCSV, gated: true, decomposed: true, second: true, bias: true, intercept: true, standardize: true, grades: 2},
		{kind: table.KindCSV, zone: 1, loss: certificate.LInf, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
		{kind: table.KindCSV, zone: 1.25, second: true, carry: true, bias: true, standardize: true, grades: 2},
		{kind: table.KindCSV, zone: 1, gated: true, decomposed: true, bias: true, intercept: true, standardize: true, grades: 2},
		{kind: table.KindCSV, version: 1, bias: true, intercept: true, standardize: true, holdout: 0.2, grades: 2},
	} {
		t.Run(fmt.Sprintf("%+v", s), func(t *testing.T) {
			dir := t.TempDir()
			s.write(t, dir)
			r := checkRun(t, dir)
			if r.Verdict() != verdict.Valid {
				t.Errorf("%q", invalidLines(r))
			}
			if want := 5 + 12*s.grades; len(r.Claims) < want {
				t.Errorf("%d claims, want at least %d", len(r.Claims), want)
			}
		})
	}
}

func TestReportDoesNotDependOnThreads(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	one := checkRun(t, dir)
	runtime.GOMAXPROCS(4)
	if four := checkRun(t, dir); !slices.Equal(one.Claims, four.Claims) {
		t.Errorf("one thread: %v\nfour: %v", one, four)
	}
}

// wholeRun has two targets and carried inputs besides what usualRun has.
var wholeRun = madeUp{kind: table.KindCSV, second: true, carry: true, bias: true, intercept: true, standardize: true, holdout: 0.25, validation: 0.2, grades: 2}

// classRun is of three classes.
var classRun = madeUp{kind: table.KindCSV, task: table.TaskMulticlass, loss: certificate.Logistic, bias: true, intercept: true, standardize: true, holdout: 0.25, grades: 2}

// zoneRun has a dead zone behind each of its networks.
var zoneRun = madeUp{kind: table.KindCSV, zone: 1, bias: true, intercept: true, standardize: true, holdout: 0.25, grades: 2}

// TestChangedBytes: any changed byte of any file of the run is noticed.
func TestChangedBytes(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	for _, name := range []string{"data", "model.json", "ledger.csv", "certificates/grade-001-output-1.cert", "certificates/grade-002-output-1.cert"} {
		raw := readFile(t, dir, name)
		for at := 0; at < len(raw); at += 1 + len(raw)/25 {
			changed := slices.Clone(raw)
			changed[at] ^= 1
			writeFile(t, dir, name, changed)
			if r, err := Check(context.Background(), dir, Options{}); err == nil && r.Verdict() == verdict.Valid {
				t.Errorf("%s: byte %d changed, still valid", name, at)
			}
		}
		writeFile(t, dir, name, raw)
	}
}

// refused checks the run, whose hashes have been made to fit again.
func refused(t *testing.T, dir, what string, claims ...string) {
	t.Helper()
	rehash(t, dir)
	r, err := Check(context.Background(), dir, Options{})
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	for _, c := range r.Claims {
		if c.Verdict != verdict.Valid && (len(claims) == 0 || slices.Contains(claims, c.Name)) {
			return
		}
	}
	t.Errorf("%s: not refused by any of %q: %q", what, claims, invalidLines(r))
}

// TestChangedModel changes every number of model.json, hashes made to fit.
func TestChangedModel(t *testing.T) {
	t.Run("one target", func(t *testing.T) { testChangedModel(t, usualRun) })
	t.Run("two targets, carry", func(t *testing.T) { testChangedModel(t, wholeRun) })
	t.Run("classes", func(t *testing.T) { testChangedModel(t, classRun) })
	t.Run("dead zones", func(t *testing.T) { testChangedModel(t, zoneRun) })
}

func testChangedModel(t *testing.T, run madeUp) {
	t.Helper()
	dir := t.TempDir()
	run.write(t, dir)
	if r := checkRun(t, dir); r.Verdict() != verdict.Valid {
		t.Fatalf("unchanged: %q", invalidLines(r))
	}
	raw := readFile(t, dir, "model.json")
	changes := 0
	for k := 0; ; k++ {
		path, changed := changeNumber(t, raw, k)
		if path == "" {
			break
		}
		changes++
		writeFile(t, dir, "model.json", changed)
		if strings.HasPrefix(path, ".split.") {
			continue // the last bit of a share need not move a row; see TestChangedSplit
		}
		if strings.HasSuffix(path, ".dead_zone") && strings.HasPrefix(path, ".grades.1.") {
			continue // the second grade stays within its dead zone: it does so within a wider one, too
		}
		refused(t, dir, "model.json"+path)
	}
	if changes < 50 {
		t.Errorf("only %d numbers changed", changes)
	}
}

// changeNumber moves the k-th number of a JSON text to its neighbour and
// returns its path, "" if there are not so many.
func changeNumber(t *testing.T, raw []byte, k int) (path string, changed []byte) {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	var walk func(at string, v any) any
	walk = func(at string, v any) any {
		switch v := v.(type) {
		case map[string]any:
			keys := make([]string, 0, len(v))
			for key := range v {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for _, key := range keys {
				v[key] = walk(at+"."+key, v[key])
			}
		case []any:
			for j := range v {
				v[j] = walk(at+"."+strconv.Itoa(j), v[j])
			}
		case json.Number:
			if k--; k == -1 {
				path = at
				if n, err := strconv.Atoi(v.String()); err == nil && !strings.Contains(at, ".w.") && !strings.Contains(at, "shift") && !strings.Contains(at, "scale") {
					return n + 1
				}
				x, err := v.Float64()
				if err != nil {
					t.Fatal(err)
				}
				return json.Number(shortest(up(x)))
			}
		}
		return v
	}
	root = walk("", root)
	changed, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return path, changed
}

func TestChangedSplit(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	for _, change := range [][2]string{{`"holdout":0.25`, `"holdout":0.2`}, {`"validation":0.2`, `"validation":0.4`}, {`"holdout":0.25`, `"holdout":1`}, {`"refit":false`, `"refit":true`},
		{`"bias":true`, `"bias":false`}, {`"intercept":true`, `"intercept":false`}, {`"standardize":true`, `"standardize":false`},
		{`"carry":false`, `"carry":true`}, {`"activation":"relu"`, `"activation":"gated"`}, {`"price"`, `"a"`}, {`"kind":"csv"`, `"kind":"npy"`}, {`["a","b","c"]`, `["b","a","c"]`}} {
		raw := readFile(t, dir, "model.json")
		writeFile(t, dir, "model.json", []byte(replaceAll(string(raw), change[0], change[1])))
		refused(t, dir, change[1])
		writeFile(t, dir, "model.json", raw)
	}
}

// What refit takes for training must have been there to choose by.
func TestRefitWithoutValidation(t *testing.T) {
	dir := t.TempDir()
	s := usualRun
	s.validation = 0
	s.write(t, dir)
	raw := readFile(t, dir, "model.json")
	writeFile(t, dir, "model.json", []byte(replaceAll(string(raw), `"refit":false`, `"refit":true`)))
	refused(t, dir, "refit")
}

// TestChangedLedger changes every field of ledger.csv, hashes made to fit.
func TestChangedLedger(t *testing.T) {
	t.Run("one target", func(t *testing.T) { testChangedLedger(t, usualRun) })
	t.Run("two targets, carry", func(t *testing.T) { testChangedLedger(t, wholeRun) })
	t.Run("classes", func(t *testing.T) { testChangedLedger(t, classRun) })
}

func testChangedLedger(t *testing.T, run madeUp) {
	t.Helper()
	dir := t.TempDir()
	run.write(t, dir)
	if r := checkRun(t, dir); r.Verdict() != verdict.Valid {
		t.Fatalf("unchanged: %q", invalidLines(r))
	}
	text := string(readFile(t, dir, "ledger.csv"))
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	for l := 1; l < len(lines); l++ {
		fields := strings.Split(lines[l], ",")
		for f, field := range fields {
			mutant := "7"
			if v, err := strconv.ParseFloat(field, 64); err == nil {
				mutant = shortest(up(v))
				if run.loss == certificate.Logistic && ledgerColumns[f] == "loss" {
					mutant = shortest(v * (1 + 3*ledgerRoom))
				}
			}
			changed := slices.Clone(fields)
			changed[f] = mutant
			all := slices.Clone(lines)
			all[l] = strings.Join(changed, ",")
			writeFile(t, dir, "ledger.csv", []byte(strings.Join(all, "\n")+"\n"))
			refused(t, dir, fmt.Sprintf("ledger.csv line %d field %d", l+1, f+1), ClaimLedger, verdict.ClaimFormat)
		}
		writeFile(t, dir, "ledger.csv", []byte(strings.Join(slices.Delete(slices.Clone(lines), l, l+1), "\n")+"\n"))
		refused(t, dir, fmt.Sprintf("ledger.csv without line %d", l+1), ClaimLedger)
		writeFile(t, dir, "ledger.csv", []byte(strings.Join(append(slices.Clone(lines), "9"+lines[l]), "\n")+"\n"))
		refused(t, dir, fmt.Sprintf("ledger.csv with another line like %d", l+1), ClaimLedger)
	}
}

// TestChangedData changes every number of the data file, hashes made to fit.
func TestChangedData(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	lines := strings.Split(string(readFile(t, dir, "data")), "\n")
	for l := 1; l < len(lines)-1; l++ {
		fields := strings.Split(lines[l], ",")
		for f := range fields {
			v, err := strconv.ParseFloat(fields[f], 64)
			if err != nil {
				t.Fatal(err)
			}
			changed := slices.Clone(fields)
			changed[f] = shortest(v + 0.01)
			all := slices.Clone(lines)
			all[l] = strings.Join(changed, ",")
			writeFile(t, dir, "data", []byte(strings.Join(all, "\n")))
			if f == 3 && isHeldOut(l-1) {
				continue // the constant column is 0 in every row, whatever it says in a row held out
			}
			refused(t, dir, fmt.Sprintf("data line %d field %d", l+1, f+1), ClaimStandardisation, ClaimLedger)
		}
	}
}

func isHeldOut(row int) bool {
	train, _, _ := splitRows(madeUpRows, usualRun.holdout, usualRun.validation)
	return !slices.Contains(train, row)
}

// TestChangedCertificate changes every number of a certificate in a run, hashes
// made to fit. What is accepted has been shown anew: the evidence may be another.
func TestChangedCertificate(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	const name = "certificates/grade-002-output-1.cert"
	text := string(readFile(t, dir, name))
	lines := strings.Split(text, "\n")
	for l, line := range lines {
		fields := strings.Split(line, " ")
		for f := 1; f < len(fields); f++ {
			v, err := strconv.ParseFloat(fields[f], 64)
			if err != nil {
				continue
			}
			changed := slices.Clone(fields)
			changed[f] = shortest(up(v))
			all := slices.Clone(lines)
			all[l] = strings.Join(changed, " ")
			writeFile(t, dir, name, []byte(strings.Join(all, "\n")))
			if slices.Contains([]string{"nu", "objective", "tol", "mu+", "mu-", "pattern"}, fields[0]) {
				continue // evidence, or a weaker claim: TestMutants
			}
			refused(t, dir, fmt.Sprintf("%s line %d field %d", name, l+1, f+1))
		}
	}
}

// TestRisingLoss: a second grade that fits squares better and huber worse.
func TestRisingLoss(t *testing.T) {
	dir := t.TempDir()
	madeUp{kind: table.KindCSV, loss: certificate.Huber, bias: true, intercept: true, standardize: true, grades: 2}.write(t, dir)
	refused(t, dir, "a rising huber loss", ClaimDecreasing)
}

// TestDamagedGzip: data that cannot be unpacked are the wrong data.
func TestDamagedGzip(t *testing.T) {
	dir := t.TempDir()
	madeUp{kind: table.KindCSV, gzip: true, bias: true, grades: 1}.write(t, dir)
	raw := readFile(t, dir, "data")
	writeFile(t, dir, "data", raw[:len(raw)/2])
	if r := checkRun(t, dir); r.Verdict() == verdict.Valid {
		t.Error("half a data file is valid")
	}
}

// TestDecomposed: the objective stated for a ReLU network made from a gated one is
// checked, and it is a ReLU network.
func TestDecomposed(t *testing.T) {
	dir := t.TempDir()
	madeUp{kind: table.KindCSV, gated: true, decomposed: true, bias: true, intercept: true, standardize: true, grades: 1}.write(t, dir)
	raw := string(readFile(t, dir, "model.json"))
	for what, c := range map[string]struct{ old, with, claim string }{
		"objective":  {`"decomposed":{"objective":0.`, `"decomposed":{"objective":0.00`, ClaimDecomposed},
		"gated":      {`"activation":"relu"`, `"activation":"gated"`, verdict.ClaimFormat},
		"a neuron":   {`"alpha":1`, `"alpha":2`, ClaimDecomposed},
		"a constant": {`"constant":`, `"constant":1e3`, ClaimDecomposed},
	} {
		writeFile(t, dir, "model.json", []byte(replaceAll(raw, c.old, c.with)))
		refused(t, dir, what, c.claim)
	}
	notSo := regexp.MustCompile(`"decomposed":\{[^}]*\}`).ReplaceAllString(raw, `"decomposed":null`)
	writeFile(t, dir, "model.json", []byte(notSo))
	refused(t, dir, "not so", ClaimComposition)
}

// TestDeadZone: dead zones that are too narrow for their networks are refused also
// where every number of the run goes with them, and so are those of other runs.
func TestDeadZone(t *testing.T) {
	dir := t.TempDir()
	narrow := zoneRun
	narrow.zone = 1 - 0x1p-40
	narrow.write(t, dir)
	r := checkRun(t, dir)
	for _, c := range r.Claims {
		if (c.Verdict == verdict.Invalid) != (c.Name == verdict.ClaimDeadZone) {
			t.Errorf("too narrow by little: %v %s, %s: %s", c.Verdict, c.Name, c.Scope, c.Detail)
		}
	}
	zoneRun.write(t, dir)
	raw := string(readFile(t, dir, "model.json"))
	for what, c := range map[string]struct{ old, with, claim string }{
		"wider":    {`"dead_zone":`, `"dead_zone":1`, ClaimLedger},
		"negative": {`"dead_zone":`, `"dead_zone":-`, verdict.ClaimFormat},
		"monotone": {`"loss":"squared"`, `"loss":"monotone"`, verdict.ClaimFormat},
	} {
		writeFile(t, dir, "model.json", []byte(replaceAll(raw, c.old, c.with)))
		refused(t, dir, what, c.claim)
	}
	none := regexp.MustCompile(`"dead_zone":[^,}]*`).ReplaceAllString(raw, `"dead_zone":null`)
	writeFile(t, dir, "model.json", []byte(none))
	refused(t, dir, "none", ClaimLedger)
	writeFile(t, dir, "model.json", []byte(raw))
	rehash(t, dir)
	manifest := string(readFile(t, dir, "manifest.json"))
	writeFile(t, dir, "manifest.json", []byte(replaceAll(manifest, `"dead_zone":true`, `"dead_zone":false`)))
	if r := checkRun(t, dir); r.Verdict() != verdict.Invalid {
		t.Errorf("a manifest without them: %v", r.Verdict())
	}
}

func TestRunStatus(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	raw := string(readFile(t, dir, "manifest.json"))
	wanted := map[string]verdict.Verdict{"": verdict.Invalid, "late": verdict.Invalid}
	for k, status := range certificate.Statuses {
		if wanted[status] = verdict.Invalid; k >= slices.Index(certificate.Statuses, certificate.StatusLimit) {
			wanted[status] = verdict.Valid
		}
	}
	for status, want := range wanted {
		writeFile(t, dir, "manifest.json", []byte(replaceAll(raw, `"status":"limit"`, `"status":"`+status+`"`)))
		if r := checkRun(t, dir); r.Verdict() != want {
			t.Errorf("status %q: %v %q", status, r.Verdict(), invalidLines(r))
		}
	}
}

func TestMissingFiles(t *testing.T) {
	for _, name := range []string{"model.json", "ledger.csv", "certificates/grade-001-output-1.cert"} {
		dir := t.TempDir()
		usualRun.write(t, dir)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if r := checkRun(t, dir); r.Verdict() != verdict.Malformed {
			t.Errorf("without %s: %v %q", name, r.Verdict(), invalidLines(r))
		}
	}
	for _, name := range []string{"manifest.json", "data"} {
		dir := t.TempDir()
		usualRun.write(t, dir)
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(context.Background(), dir, Options{}); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("without %s: %v", name, err)
		}
	}
}

func TestDataFromElsewhere(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	raw := readFile(t, dir, "data")
	other := filepath.Join(t.TempDir(), "moved.csv")
	if err := os.Rename(filepath.Join(dir, "data"), other); err != nil {
		t.Fatal(err)
	}
	r, err := Check(context.Background(), dir, Options{Data: other})
	if err != nil || r.Verdict() != verdict.Valid {
		t.Errorf("%v %q", err, invalidLines(r))
	}
	text := readFile(t, dir, "manifest.json")
	writeFile(t, dir, "manifest.json", []byte(replaceAll(string(text), `"path":"data"`, `"path":"embedded:prices"`)))
	r, err = Check(context.Background(), dir, Options{Embedded: func(name string) ([]byte, bool) { return raw, name == "prices" }})
	if err != nil || r.Verdict() != verdict.Valid {
		t.Errorf("%v %q", err, invalidLines(r))
	}
	if _, err := Check(context.Background(), dir, Options{}); err == nil {
		t.Error("an embedded data set nobody knows is no error")
	}
}

func TestCancelledRun(t *testing.T) {
	dir := t.TempDir()
	usualRun.write(t, dir)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, dir, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// TestWeightsOfFile: a weight in the data file that is not the one trained with is
// refused, and so are a column and balanced classes that the model does not have.
func TestWeightsOfFile(t *testing.T) {
	s := madeUp{kind: table.KindCSV, weights: "size", bias: true, intercept: true, standardize: true, grades: 1}
	for what, change := range map[string]func(dir string){
		"as it is": func(string) {},
		"weight": func(dir string) {
			writeFile(t, dir, "data", bytes.Replace(readFile(t, dir, "data"), []byte(",4\n"), []byte(",4.5\n"), 1))
		},
		"no weights": func(dir string) {
			writeFile(t, dir, "model.json", bytes.Replace(readFile(t, dir, "model.json"), []byte(`"weights":{"balanced":false,"column":"size"}`), []byte(`"weights":null`), 1))
		},
		"zero": func(dir string) {
			writeFile(t, dir, "data", bytes.Replace(readFile(t, dir, "data"), []byte(",4\n"), []byte(",0\n"), 1))
		},
	} {
		dir := t.TempDir()
		s.write(t, dir)
		change(dir)
		rehash(t, dir)
		r, err := Check(context.Background(), dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if (r.Verdict() == verdict.Valid) != (what == "as it is") {
			t.Errorf("%s: %v %q", what, r.Verdict(), invalidLines(r))
		}
	}
}

// A rule by which the test rows were not chosen is refused.
func TestOtherTestRows(t *testing.T) {
	s := usualRun
	s.group = "who"
	dir := t.TempDir()
	s.write(t, dir)
	raw := string(readFile(t, dir, "model.json"))
	for _, change := range [][2]string{{`"group":"who"`, `"group":""`}, {`"group":"who"`, `"group":"a"`}, {`"group":"who"`, `"group":"nobody"`},
		{`"stratified":false`, `"stratified":true`}, {`"last":false`, `"last":true`}, {`"fold":""`, `"fold":"1/4"`}} {
		writeFile(t, dir, "model.json", []byte(replaceAll(raw, change[0], change[1])))
		refused(t, dir, change[1])
	}
	s.group, s.fold = "", "1/4"
	s.write(t, dir)
	raw = string(readFile(t, dir, "model.json"))
	for _, fold := range []string{"2/4", "1/5", "0/4", "5/4", "1/1", "01/4", "1/4/", "1", ""} {
		writeFile(t, dir, "model.json", []byte(replaceAll(raw, `"fold":"1/4"`, `"fold":"`+fold+`"`)))
		refused(t, dir, fold)
	}
}
