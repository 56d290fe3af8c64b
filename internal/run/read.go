package run

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/report"
	"multigrade/internal/strictjson"
	"multigrade/internal/trace"
	"multigrade/proofs"
	"multigrade/solver"
)

// ReadSubject reads a run directory of solve or approx, its data from the given files
// or where the manifest says; checked is what the checker
// said of it, or nil.
func ReadSubject(ctx context.Context, dir, data, test string, checked *proofs.Report) (report.Subject, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if !info.IsDir() {
		return nil, exit.Bad(fmt.Errorf("%s: want a run directory", dir))
	}
	for name, read := range cubeReaders {
		if holds(dir, name) && !holds(dir, ModelFile) {
			return readCube(dir, read, checked)
		}
	}
	r, m, err := readRun(dir)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", dir, err))
	}
	r.Checked = checked
	r.Data, err = m.trainedOn(ctx, dir, r.Model, data, test)
	if err != nil {
		r.NoData = fmt.Sprintf("The fit is not drawn: %s.", exit.OneLine(err))
	}
	return r, nil
}

// decodeManifest reads the manifest of a training alone.
func decodeManifest(dir string) (*manifest, error) {
	raw, err := strictjson.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err := strictjson.OfVersion(raw, runFormat, runVersion); err != nil {
		if strictjson.OfVersion(raw, approxFormat, approxVersion) == nil {
			return nil, fmt.Errorf("%s is that of a run of approx, expected one of solve or fit; the networks of approx are written by its --network", ManifestFile)
		}
		return nil, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	if err := strictjson.Decode(raw, m); err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	return m, nil
}

// readManifest reads the manifest of a training and compares the hash of every file
// it lists, among them the model and the ledger.
func readManifest(dir string) (*manifest, error) {
	m, err := decodeManifest(dir)
	if err != nil {
		return nil, err
	}
	for _, name := range []string{ModelFile, ledgerFile} {
		if m.Files[name] == "" {
			return nil, fmt.Errorf("%s does not list %s", ManifestFile, name)
		}
	}
	return m, sameFiles(dir, m.Files)
}

// Whole is an error where a run directory has not the files that its manifest lists.
func Whole(dir string) error {
	_, err := readManifest(dir)
	return err
}

// sameFiles compares the hash of every file that a manifest lists.
func sameFiles(dir string, files map[string]string) error {
	for name, want := range files {
		if !isOwned(name, &owner{Files: files}) {
			return fmt.Errorf("%s lists %q, which no run has", ManifestFile, name)
		}
		if sum, err := FileHash(filepath.Join(dir, name)); err != nil || sum != want {
			return errors.Join(err, fmt.Errorf("%s is not the file that %s has the hash of", name, ManifestFile))
		}
	}
	return nil
}

// readRun reads everything but the data.
func readRun(dir string) (*report.Run, *manifest, error) {
	r, m, err := readClaims(dir)
	if err != nil {
		return nil, nil, err
	}
	if r.Points, err = readTrace(dir); err != nil {
		return nil, nil, err
	}
	for _, g := range r.Grades { // in no certificate: that nothing was searched needs no proof
		for t, o := range g.Outputs {
			o.NotAttempted = trace.NotAttempted(r.Points, g.Grade.Number, t+1)
		}
	}
	return r, m, nil
}

// readClaims reads what the manifest has the hashes of, and not the trace, by which
// nothing is claimed.
func readClaims(dir string) (*report.Run, *manifest, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, nil, err
	}
	r := &report.Run{Name: dir, Stopped: m.Stopped, Plan: m.Plan, Tol: m.Options.Tol, CutShort: m.Unchecked}
	if r.Model, err = readModel(filepath.Join(dir, ModelFile)); err != nil {
		return nil, nil, err
	}
	if r.Ledger, err = readLedgerFile(dir); err != nil {
		return nil, nil, err
	}
	if err := r.Ledger.Fits(r.Model); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", ledgerFile, err)
	}
	if r.Status, err = solver.ParseStatus(m.Status); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	if r.Grades, err = certifiedGrades(dir, r.Model, m); err != nil {
		return nil, nil, err
	}
	r.Facts, r.Options = m.facts(r.Model), settingList(m.Options)
	return r, m, nil
}

// OpenModel loads the model of a run directory, whose files are those the manifest
// has the hashes of and fit together, or a model file.
func OpenModel(path string) (*grade.Model, error) {
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		return readModel(path)
	}
	r, _, err := readClaims(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r.Model, nil
}

func readModel(path string) (*grade.Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, err := grade.Load(f)
	if err != nil {
		return nil, fmt.Errorf("%s, where a run directory or its %s is expected: %w", path, ModelFile, err)
	}
	return m, nil
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
		return nil, fmt.Errorf("%s: %w", ManifestFile, err)
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
	c, err := decodeCertificate(path, proofs.DecodeClaims)
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

// writeRunReport writes the report into the run directory; checked is what the
// checker said of it, or nil.
func writeRunReport(dir string, data *grade.Data, outOfCore bool, checked *proofs.Report) error {
	r, _, err := readRun(dir)
	if err != nil {
		return err
	}
	if r.Data, r.Checked = data, checked; outOfCore {
		r.Data, r.NoData = nil, "The fit is not drawn: the rows were gone through out of core."
	}
	return writeReport(dir, r)
}

// writeReport writes the page about a run into its directory.
func writeReport(dir string, about report.Subject) error {
	page, err := report.New("multigrade "+Version, about)
	if err != nil {
		return err
	}
	return WriteWhole(filepath.Join(dir, ReportFile), page.Write)
}
