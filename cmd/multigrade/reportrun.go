package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/approx"
	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/report"
	"multigrade/proofs"
	"multigrade/solver"
)

// readSubject reads a run directory of solve or approx; checked is what the checker
// said of it, or nil.
func readSubject(c *cli.Context, dir string, checked *proofs.Report) (report.Subject, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, bad(err)
	}
	if !info.IsDir() {
		return nil, bad(fmt.Errorf("%s: want a run directory", dir))
	}
	for name, read := range cubeReaders {
		if holds(dir, name) && !holds(dir, modelFile) {
			return readCube(dir, read, checked)
		}
	}
	r, m, err := readRun(dir)
	if err != nil {
		return nil, bad(fmt.Errorf("%s: %w", dir, err))
	}
	r.Checked = checked
	r.Data, err = m.trainedOn(dir, r.Model, c.String("data"), c.String("test"))
	if err != nil {
		r.NoData = fmt.Sprintf("The fit is not drawn: %s.", oneLine(err))
	}
	return r, nil
}

// readRun reads everything but the data.
func readRun(dir string) (*report.Run, *manifest, error) {
	m := new(manifest)
	if err := readFileJSON(filepath.Join(dir, manifestFile), m); err != nil {
		return nil, nil, err
	}
	for _, name := range []string{modelFile, ledgerFile} {
		if sum, err := fileHash(filepath.Join(dir, name)); err != nil || sum != m.Files[name] {
			return nil, nil, errors.Join(err, fmt.Errorf("%s is not the file that %s has the hash of", name, manifestFile))
		}
	}
	r := &report.Run{Name: dir, Stopped: m.Stopped, Tol: m.Options.Tol}
	var err error
	if r.Model, err = openModel(dir); err != nil {
		return nil, nil, err
	}
	if r.Ledger, err = readLedgerFile(dir); err != nil {
		return nil, nil, err
	}
	if err := r.Ledger.Fits(r.Model); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", ledgerFile, err)
	}
	if r.Points, err = readTrace(dir); err != nil {
		return nil, nil, err
	}
	if r.Status, err = solver.ParseStatus(m.Status); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	if r.Grades, err = certifiedGrades(dir, r.Model, m); err != nil {
		return nil, nil, err
	}
	r.Facts = m.facts(r.Model)
	return r, m, nil
}

func readLedgerFile(dir string) (grade.Ledger, error) {
	f, err := os.Open(filepath.Join(dir, ledgerFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l, err := grade.ReadLedger(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ledgerFile, err)
	}
	return l, nil
}

// certifiedGrades takes the accounts of the grades from their certificates.
func certifiedGrades(dir string, model *grade.Model, m *manifest) ([]*grade.Trained, error) {
	scope, err := grade.ParseScope(m.Options.Scope)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", manifestFile, err)
	}
	var grades []*grade.Trained
	for k := range model.Grades {
		g := &grade.Trained{Grade: &model.Grades[k], Scope: scope}
		for t := range g.Grade.Outputs {
			name := certificateFile(k+1, t+1)
			a, err := certifiedAccount(filepath.Join(dir, name))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			g.Outputs = append(g.Outputs, &grade.Solved{Account: a, Output: g.Grade.Outputs[t]})
		}
		grades = append(grades, g)
	}
	return grades, nil
}

// certifiedAccount is what a certificate claims. Where it claims nothing for all
// patterns the bound is NaN.
func certifiedAccount(path string) (grade.Account, error) {
	a := grade.Account{GlobalBound: math.NaN(), GlobalRelGap: math.NaN()}
	f, err := os.Open(path)
	if err != nil {
		return a, err
	}
	defer f.Close()
	c, err := proofs.Decode(f)
	if err != nil {
		return a, err
	}
	a.Patterns, a.Primal, a.Dual, a.RelGap = len(c.Patterns), c.Network.Primal, c.Dual.Bound, c.Gap.Rel
	if a.Listed, err = solver.ParseStatus(c.Gap.Status); err != nil {
		return a, err
	}
	a.Status = a.Listed
	if g := c.Global; g != nil {
		a.GlobalBound, a.GlobalRelGap = g.Bound, g.Rel
		a.Status, err = solver.ParseStatus(g.Status)
	}
	return a, err
}

// trainedOn reads the data of the run, from the given files or where the manifest
// says; they must be the ones the model was trained on.
func (m *manifest) trainedOn(dir string, model *grade.Model, data, test string) (*grade.Data, error) {
	raw, err := m.Data.read(dir, data)
	if err != nil {
		return nil, err
	}
	d, err := dataset.Parse(model.Data.Name, raw, model.Data.Target)
	if err != nil {
		return nil, err
	}
	labels, err := grade.NewLabels(model.Task, d.Y, d.Labels)
	if err != nil {
		return nil, err
	}
	training := gradeData(d, labels)
	if m.Test == nil {
		return training, nil
	}
	if raw, err = m.Test.read(dir, test); err != nil {
		return nil, err
	}
	if d, err = dataset.ParseLike(model.Test.Name, raw, d); err != nil {
		return nil, err
	}
	if labels, err = training.Encode(d.Y, d.Labels); err != nil {
		return nil, err
	}
	training.Test = gradeData(d, labels)
	return training, nil
}

// read finds the bytes of a data file: where given says, else embedded, else at the
// absolute path, else relative to the run directory.
func (d *manifestData) read(dir, given string) ([]byte, error) {
	raw, err := d.find(dir, given)
	if err != nil {
		return nil, err
	}
	if sum := sha256Hex(raw); sum != d.SHA256 {
		return nil, fmt.Errorf("the data file %s has changed since the run: its hash is %.16s..., the run has %.16s...", d.Path, sum, d.SHA256)
	}
	return raw, nil
}

func (d *manifestData) find(dir, given string) ([]byte, error) {
	if given != "" {
		return os.ReadFile(given)
	}
	if strings.HasPrefix(d.Path, embeddedPrefix) {
		raw, ok := embeddedData(strings.TrimPrefix(d.Path, embeddedPrefix))
		if !ok {
			return nil, fmt.Errorf("no embedded data set %s", d.Path)
		}
		return raw, nil
	}
	path := d.Absolute
	if path == "" {
		path = d.Path
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the data file %s is not there (--data says where it is)", path)
	}
	return raw, err
}

// facts are what there is to know about a run.
func (m *manifest) facts(model *grade.Model) [][]string {
	d := model.Data
	facts := [][]string{
		{"data", fmt.Sprintf("%s (%s): %d rows, %d feature%s", m.Data.Path, d.Kind, d.Rows, d.Features, plural(d.Features))},
		{"sha256", m.Data.SHA256},
		{"features", names(d.Columns)},
		{"target", names(d.Target) + ", " + model.Task},
	}
	if model.Classes != nil {
		facts = append(facts, []string{"classes", names(model.Classes)})
	}
	if m.Test != nil {
		facts = append(facts, []string{"test data", fmt.Sprintf("%s: %d rows, sha256 %s", m.Test.Path, model.Test.Rows, m.Test.SHA256)})
	}
	return append(facts, []string{"options", settings(m.Options)}, []string{"seed", fmt.Sprint(m.Seed)}, []string{"versions", settings(m.Versions)},
		[]string{"command", strings.Join(m.Command, " ")})
}

// names lists the first of many.
func names(all []string) string {
	const most = 20
	if len(all) > most {
		return fmt.Sprintf("%s, ... (%d)", strings.Join(all[:most], ", "), len(all))
	}
	return strings.Join(all, ", ")
}

// settings writes the fields of v, a struct or a map, that are not zero, as JSON
// names them.
func settings(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err) // numbers and texts always can
	}
	var fields map[string]any
	if err := json.Unmarshal(raw, &fields); err != nil {
		panic(err)
	}
	var all []string
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[name]; v {
		case false, 0.0, "":
		case true:
			all = append(all, name)
		default:
			all = append(all, fmt.Sprintf("%s %v", name, v))
		}
	}
	return strings.Join(all, ", ")
}

// cubeReaders read the run directories of approx, by the file that tells them.
var cubeReaders = map[string]func(dir string) (*report.Cube, error){
	approx.ModelFile: func(dir string) (*report.Cube, error) {
		s, err := approx.Load(dir)
		if err != nil {
			return nil, err
		}
		return report.NewCube(s)
	},
	approx.TrainedFile: func(dir string) (*report.Cube, error) {
		s, err := approx.LoadTrained(dir)
		if err != nil {
			return nil, err
		}
		return report.NewTrainedCube(s)
	},
}

// holds reports whether the directory has the file.
func holds(dir, name string) bool {
	_, err := os.Stat(filepath.Join(dir, name))
	return err == nil
}

// readCube reads a run of approx.
func readCube(dir string, read func(dir string) (*report.Cube, error), checked *proofs.Report) (report.Subject, error) {
	c, err := read(dir)
	m := new(approxManifest)
	if err == nil {
		err = readFileJSON(filepath.Join(dir, manifestFile), m)
	}
	if err != nil {
		return nil, bad(fmt.Errorf("%s: %w", dir, err))
	}
	c.Name, c.Checked = dir, checked
	c.Facts = [][]string{{"options", settings(m.Options)}, {"versions", settings(m.Versions)}, {"command", strings.Join(m.Command, " ")}}
	return c, nil
}

// writeRunReport writes the report into the run directory.
func writeRunReport(dir string, data *grade.Data) error {
	r, _, err := readRun(dir)
	if err != nil {
		return err
	}
	r.Data = data
	page, err := report.New("multigrade "+version, r)
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, reportFile), page.Write)
}
