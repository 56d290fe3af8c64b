package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/strict"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
	"slices"
	"strings"
)

// Options say where the checker finds what is not in the run directory. The
// zero value goes by manifest.json and knows no embedded data.
type Options struct {
	// Data is the path of the data file, "" to go by manifest.json.
	Data string
	// Test is the path of the file with the test data, of a run that has one, ""
	// to go by manifest.json.
	Test string
	// Embedded returns the bytes of the data set called name, for runs whose
	// data path is "embedded:NAME".
	Embedded func(name string) ([]byte, bool)
	// Target is a formula in x1, x2, .. of which the rows of a run of solve are samples; with it, what holds on the whole box of the
	// rows is found out, too. "" if there is none.
	Target string
}

// Names of a run's claims besides those of its certificates.
const (
	ClaimData            = "data"            // the data file is the one the model was trained on
	ClaimStandardisation = "standardisation" // shifts and scales re-derived from the training rows
	ClaimComposition     = "composition"     // the certificate's network is the model's; feature scales re-derived
	ClaimLedger          = "ledger"          // a row of the ledger, recomputed
	ClaimDecreasing      = "decreasing"      // the training loss does not rise from grade to grade
	ClaimStatus          = "status"          // the run's status is not better than its grades'
)

// Check checks everything a run directory claims: manifest.json, model.json,
// ledger.csv, certificates/ and the data they go back to. The error is for what
// prevents checking (a run directory or data file that cannot be read, ctx
// ended); what is wrong with the run is in the report.
func Check(ctx context.Context, dir string, o Options) (verdict.Report, error) {
	r := &runChecker{dir: dir}
	raw, err := readOwn(dir, manifestFile)
	if err != nil {
		return r.report, err
	}
	if formatOf(raw) == constructionFormat {
		if o.Target != "" {
			return r.report, errors.New("a target is for runs trained on rows: a construction has its own")
		}
		return checkConstruction(ctx, dir, raw)
	}
	if r.manifest, err = readManifest(raw); err != nil {
		r.malformed(manifestFile, err)
		return r.report, nil
	}
	if err := r.manifest.Files.unlisted(dir, &r.report); err != nil {
		return r.report, err
	}
	if !r.files() {
		return r.report, nil
	}
	if r.manifest.outOfCore() {
		if o.Target != "" || o.Test != "" {
			return r.report, errors.New("a target or a test file is not for runs out of core")
		}
		return r.report, r.rows(ctx, o.Data)
	}
	if raw, err = r.manifest.Data.read(dir, o.Data, o.Embedded); err != nil {
		return r.report, err
	}
	if !r.data(ctx, raw) {
		return r.report, ctx.Err()
	}
	if ok, err := r.test(ctx, o.Test); !ok || err != nil {
		return r.report, err
	}
	r.settings()
	r.standardisation()
	r.budgets()
	r.zoned()
	r.open()
	for k := range r.model.Grades {
		if err := ctx.Err(); err != nil {
			return r.report, err
		}
		if err := r.grade(&r.model.Grades[k]); err != nil {
			return r.report, err
		}
	}
	r.scope()
	r.status()
	r.crossValidated()
	r.close()
	if o.Target != "" {
		return r.report, r.formula(ctx, o.Target)
	}
	return r.report, nil
}

// formatOf is the format a manifest says it has, "" if it cannot be told.
func formatOf(raw []byte) string {
	var m map[string]any
	if strict.JSON(raw, &m) != nil {
		return ""
	}
	format, _ := m["format"].(string)
	return format
}

// A runChecker follows a run from its data through its grades.
type runChecker struct {
	dir      string
	report   verdict.Report
	manifest *manifest
	model    *model
	ledger   ledger
	table    *table.Table
	parts    []*part     // the training rows first
	losses   []lossValue // of e_{k-1} on the training rows, in the program's units, by target
	worst    int         // status of the grades so far, as an index of certificate.Statuses
	proved   int         // certificates with bounds over all patterns
	listed   int         // those of programs with cones without
}

func (r *runChecker) malformed(scope string, err error) {
	r.report.Add(verdict.ClaimFormat, scope, verdict.Malformed, err.Error())
}

func (r *runChecker) judge(name, scope, detail string, err error) {
	r.report.Judge(name, scope, detail, err)
}

// file reads one file of the run and judges its hash; raw is nil if it is missing.
func (r *runChecker) file(name string) []byte {
	raw, err := r.manifest.Files.read(r.dir, name)
	if raw == nil && err != nil {
		r.malformed(name, err)
		return nil
	}
	r.judge(verdict.ClaimFile, name, "sha256 as in manifest.json", err)
	return raw
}

// files reads model and ledger, and reports whether both are readable.
func (r *runChecker) files() bool {
	ok := true
	if raw := r.file(modelFile); raw == nil {
		ok = false
	} else if m, err := readModel(raw); err != nil {
		r.malformed(modelFile, err)
		ok = false
	} else {
		r.model = m
	}
	if raw := r.file(ledgerFile); raw == nil || r.model == nil {
		ok = false
	} else if l, err := readLedger(raw, r.model.Version); err != nil {
		r.malformed(ledgerFile, err)
		ok = false
	} else {
		r.ledger = l
	}
	if ok {
		r.otherFiles()
	}
	return ok
}

// otherFiles judges what manifest.json lists and no grade accounts for.
func (r *runChecker) otherFiles() {
	for _, name := range slices.Sorted(maps.Keys(r.manifest.Files)) {
		if name == modelFile || name == ledgerFile {
			continue
		}
		if claiming(name) && !strings.HasPrefix(name, "certificates/") {
			r.judge(verdict.ClaimFile, name, "", errors.New("not a file of a training run"))
			continue
		}
		if !strings.HasPrefix(name, "certificates/") {
			r.file(name)
		} else if !slices.ContainsFunc(r.model.Grades, func(g modelGrade) bool { return g.owns(name) }) {
			r.judge(verdict.ClaimFile, name, "", errors.New("the model has no such grade and output"))
		}
	}
}

// data reads the data file and reports whether it is the model's; where ctx ended it says no without a claim.
func (r *runChecker) data(ctx context.Context, raw []byte) bool {
	m := r.model
	t, err := table.Read(ctx, raw, m.file(m.Data.Reading, false))
	switch {
	case ctx.Err() != nil:
		return false
	case t.Sha256 != m.Data.SHA256 || t.Sha256 != r.manifest.Data.SHA256:
		err = fmt.Errorf("sha256: the data file hashes to %s, model.json says %s, manifest.json %s", t.Sha256, m.Data.SHA256, r.manifest.Data.SHA256)
	case err != nil:
		r.malformed("data", err)
		return false
	case t.X.Rows != m.Data.Rows || t.X.Cols != m.Data.Features:
		err = fmt.Errorf("the data file has %d rows and %d features, model.json says %d and %d", t.X.Rows, t.X.Cols, m.Data.Rows, m.Data.Features)
	case t.Width != m.Data.Width:
		err = fmt.Errorf("width: the data file has lines of %d pixels, model.json says %d", t.Width, m.Data.Width)
	case !slices.Equal(t.Columns, m.Data.Columns):
		err = fmt.Errorf("columns: the data file has features %.200q, model.json says %.200q", t.Columns, m.Data.Columns)
	}
	if err == nil {
		t.ToLabels(m.Task, m.Classes)
		m.toQuantiles(t)
	}
	r.table = t
	r.judge(ClaimData, verdict.ScopeFile, fmt.Sprintf("%d rows, %d features, sha256 %.16s...", t.X.Rows, t.X.Cols, t.Sha256), err)
	return err == nil && r.split()
}

// test reads the file with the test data, if the model has one, and makes it a
// part; it reports whether checking can go on. The error is the file system's, or that of ctx.
func (r *runChecker) test(ctx context.Context, given string) (bool, error) {
	m := r.model
	if (m.Test != nil) != (r.manifest.Test != nil) {
		r.malformed(manifestFile, fmt.Errorf("test: %v, model.json has test data %v", r.manifest.Test != nil, m.Test != nil))
		return false, nil
	}
	if m.Test == nil {
		return true, nil
	}
	raw, err := r.manifest.Test.read(r.dir, given, nil)
	if err != nil {
		return false, err
	}
	t, err := table.Read(ctx, raw, m.file(m.Test.Reading, true))
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if t.Sha256 != m.Test.SHA256 || t.Sha256 != r.manifest.Test.SHA256 {
		err = fmt.Errorf("sha256: the test file hashes to %s, model.json says %s, manifest.json %s", t.Sha256, m.Test.SHA256, r.manifest.Test.SHA256)
	}
	if err == nil && !slices.Equal(t.Columns, m.Data.Columns) {
		err = fmt.Errorf("columns: the test file has features %.200q, model.json says %.200q", t.Columns, m.Data.Columns)
	}
	if err == nil && t.X.Rows != m.Test.Rows {
		err = fmt.Errorf("the test file has %d rows, model.json says %d", t.X.Rows, m.Test.Rows)
	}
	if err != nil {
		r.judge(ClaimData, splitTest, "", err)
		return false, nil
	}
	r.judge(ClaimData, splitTest, fmt.Sprintf("%d rows, sha256 %.16s...", t.X.Rows, t.Sha256), nil)
	t.ToLabels(m.Task, m.Classes)
	m.toQuantiles(t)
	every := make([]int, t.X.Rows)
	for i := range every {
		every[i] = i
	}
	r.parts = append(r.parts, newPart(splitTest, t, m, every))
	return true, nil
}

// file is how a data file is read: the training file, or a further one.
func (m *model) file(reading *table.Reading, further bool) table.File {
	f := table.File{Kind: m.Data.Kind, Rows: m.Data.Rows, Sha256: m.Data.SHA256, Targets: m.Data.Target, Classes: m.Classes, Reading: reading, Encoding: m.Data.Encoding, Further: further, Weights: m.Weights.column(), Group: m.Split.Group}
	if m.Data.Kind == table.KindLibsvm {
		f.Columns = m.Data.Columns
	}
	if further {
		f.Weights, f.Group = "", "" // which are the training rows'
		f.Wanted, f.Rows, f.Sha256 = m.Data.Columns, m.Test.Rows, m.Test.SHA256
	}
	return f
}

// split makes the parts; it reports whether there is anything to train on.
func (r *runChecker) split() bool {
	m := r.model
	train, valid, test := m.split(r.table)
	if len(train) == 0 {
		r.judge(ClaimData, "split", "", fmt.Errorf("no training rows left by holdout %v and validation %v", m.Split.Holdout, m.Split.Validation))
		return false
	}
	r.parts = []*part{newPart(splitTrain, r.table, m, train)}
	for _, p := range []struct {
		name string
		rows []int
	}{{splitValidation, valid}, {splitTest, test}} {
		if len(p.rows) > 0 {
			r.parts = append(r.parts, newPart(p.name, r.table, m, p.rows))
		}
	}
	return true
}

// standardisation re-derives shifts and scales from the training rows.
func (r *runChecker) standardisation() {
	m := r.model
	rows, valid, _ := m.split(r.table)
	input, output := unitScaling(m.Data.Features), unitScaling(m.outputs())
	if m.Standardize {
		input = columnScaling(r.table.X, rows)
	}
	if m.Standardize && m.Task == table.TaskRegression {
		output = targetScaling(r.table.Y, rows)
	}
	err := errors.Join(
		sameBits("input.shift", m.Input.Shift, recomputed, input.Shift), sameBits("input.scale", m.Input.Scale, recomputed, input.Scale),
		sameBits("output.shift", m.Output.Shift, recomputed, output.Shift), sameBits("output.scale", m.Output.Scale, recomputed, output.Scale))
	if m.carries() {
		err = errors.Join(err, sameBits("carry_shift", m.CarryShift, recomputed, carryShifts(r.parts[0].h)))
	}
	seen := slices.Concat(rows, valid)
	slices.Sort(seen)
	err = errors.Join(err, r.table.CheckImputed(seen))
	r.judge(ClaimStandardisation, splitTrain, fmt.Sprintf("re-derived from %d rows, equal to the bit", len(rows)), oneLine(err))
}

// oneLine puts joined errors on one line.
func oneLine(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.ReplaceAll(err.Error(), "\n", "; "))
}

// open checks the ledger's rows of grade 0.
func (r *runChecker) open() {
	for _, p := range r.parts {
		r.ledgerRows(0, p, p.e, nil)
	}
	for t := range r.parts[0].e {
		r.losses = append(r.losses, r.parts[0].loss(r.model, t))
	}
}

// status: manifest.json says nothing better than the certificates.
func (r *runChecker) status() {
	claimed := r.manifest.Status
	if claimed == "" && r.model.Version == 1 {
		return
	}
	at := slices.Index(certificate.Statuses, claimed)
	var err error
	switch {
	case at < 0:
		err = fmt.Errorf("manifest.json: status %q, expected one of %q", claimed, certificate.Statuses)
	case at < r.worst:
		err = fmt.Errorf("manifest.json: status %s, but a certificate says %s", claimed, certificate.Statuses[r.worst])
	}
	r.judge(ClaimStatus, "run", claimed, err)
}

// close checks that the ledger has no further rows.
func (r *runChecker) close() {
	for _, key := range slices.Sorted(maps.Keys(r.ledger)) {
		r.judge(ClaimLedger, "grade "+key, "", fmt.Errorf("line %d: the model has no such grade, split or output", r.ledger[key].line))
	}
}
