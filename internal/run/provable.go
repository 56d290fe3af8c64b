package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/proofs"
	"multigrade/solver"
)

// Provable is a grade of a published run whose claims for all patterns can be replaced
// by better ones.
type Provable struct {
	Grade   int
	Outputs []*ProvableOutput // those that are not proved to be optimal
	source  RunSource
	data    *grade.Data
	m       *manifest
}

// RunSource is a run directory and where its data are: files, or "" for where its
// manifest says.
type RunSource struct{ Dir, Data, Test string }

// ProvableOutput is an output of a grade.
type ProvableOutput struct {
	Number      int // from 1
	Program     *grade.Program
	Certificate *proofs.Certificate
	SHA256      string // of the certificate's file
}

// OpenProvable reads a run directory and the programs of its grade k (from 1). The error
// is the caller's: there is no such run or grade, or it has nothing to prove.
func OpenProvable(ctx context.Context, s RunSource, k int) (*Provable, error) {
	p, err := openProvable(ctx, s, k)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", s.Dir, err))
	}
	return p, nil
}

func openProvable(ctx context.Context, s RunSource, k int) (*Provable, error) {
	dir := s.Dir
	if err := replaceable(dir); err != nil { // as Publish will
		return nil, err
	}
	r, m, err := readRun(dir)
	switch {
	case err != nil:
		return nil, err
	case k < 1 || k > len(r.Model.Grades):
		return nil, fmt.Errorf("grade %d: the run has grades 1 to %d", k, len(r.Model.Grades))
	case Resumable(dir):
		return nil, errors.New("the run was cut short: continue it with solve --resume")
	case m.Options.Scope != grade.Global.String():
		return nil, fmt.Errorf("the run is of scope %s, which claims nothing for all patterns", m.Options.Scope)
	}
	if err := OtherVersion(m.versions(), Versions()); err != nil {
		return nil, fmt.Errorf("the run was made by %w: prove it with that, or train it again", err)
	}
	p := &Provable{Grade: k, source: s, m: m}
	if p.data, err = m.trainedOn(ctx, dir, r.Model, s.Data, s.Test); err != nil {
		return nil, err
	}
	for t := range r.Model.Grades[k-1].Outputs {
		o, err := p.output(r.Model, t+1)
		if err != nil {
			return nil, fmt.Errorf("grade %d, output %d: %w", k, t+1, err)
		}
		if o != nil {
			p.Outputs = append(p.Outputs, o)
		}
	}
	return p, nil
}

// output is nil where there is nothing left to prove.
func (p *Provable) output(model *grade.Model, number int) (*ProvableOutput, error) {
	o, err := certifiedOutput(p.source.Dir, p.m, model, p.data, p.Grade, number)
	if err != nil {
		return nil, err
	}
	switch c := o.Certificate; {
	case c.Program.Activation == proofs.Gated:
		return nil, errors.New("gated units have no bound over all patterns to search for")
	case c.Global == nil || c.Global.Status == proofs.StatusOptimal:
		return nil, nil
	}
	return o, nil
}

// certifiedOutput is an output of a grade with its program, built again from the data,
// which is the one its certificate is about.
func certifiedOutput(dir string, m *manifest, model *grade.Model, data *grade.Data, k, number int) (*ProvableOutput, error) {
	name := certificateFile(k, number)
	c, err := decodeCertificate(filepath.Join(dir, name), proofs.Decode)
	if err != nil {
		return nil, err
	}
	o := &ProvableOutput{Number: number, Certificate: c, SHA256: m.Files[name]}
	if o.Program, err = model.Reprogram(data, k, number); err != nil {
		return nil, err
	}
	if o.Program.Hash != c.Program.SHA256 {
		return nil, fmt.Errorf("the program has hash %.16s, its certificate says %.16s", o.Program.Hash, c.Program.SHA256)
	}
	own, said := o.Program.Problem, &c.Program
	threshold, _ := solver.Parameter(own.Loss)
	is := fmt.Sprintf("activation %v, loss %s %v, intercept %t, beta %v", own.Activation, own.Loss.Name(), threshold, own.Intercept, own.Beta)
	if says := fmt.Sprintf("activation %s, loss %s %v, intercept %t, beta %v", said.Activation, said.Loss, said.Threshold, said.Intercept, said.Beta); is != says {
		return nil, fmt.Errorf("the program has %s, its certificate %s", is, says)
	}
	return o, nil
}

// OpenOutput reads an output (from 1) of a grade (from 1) of a run directory, with its
// certificate and program. The error is the caller's.
func OpenOutput(ctx context.Context, s RunSource, k, number int) (*ProvableOutput, error) {
	o, err := openOutput(ctx, s, k, number)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", s.Dir, err))
	}
	return o, nil
}

func openOutput(ctx context.Context, s RunSource, k, number int) (*ProvableOutput, error) {
	r, m, err := readRun(s.Dir)
	switch {
	case err != nil:
		return nil, err
	case k < 1 || k > len(r.Model.Grades):
		return nil, fmt.Errorf("grade %d: the run has grades 1 to %d", k, len(r.Model.Grades))
	case number < 1 || number > len(r.Model.Grades[k-1].Outputs):
		return nil, fmt.Errorf("output %d: the grade has outputs 1 to %d", number, len(r.Model.Grades[k-1].Outputs))
	}
	data, err := m.trainedOn(ctx, s.Dir, r.Model, s.Data, s.Test)
	if err != nil {
		return nil, err
	}
	return certifiedOutput(s.Dir, m, r.Model, data, k, number)
}

// Claim puts a claim for all patterns into the output's certificate. The error says that
// it does not prove the optimum.
func (o *ProvableOutput) Claim(nu []float64, evidence solver.GlobalCertificate) error {
	c := *o.Certificate
	c.Program.Offset, c.Program.Weights = o.Program.Offset, o.Program.Weight // which are not in the file
	bound, err := proofs.EncloseGlobal(&c, nu, o.Program.Y)
	if err != nil {
		return err
	}
	claimGlobal(&c, nu, bound, evidence, c.Global.Status)
	if c.Global.Status != proofs.StatusOptimal {
		return fmt.Errorf("the proof leaves a gap of %v, more than %v", c.Global.Rel, c.Gap.Tol)
	}
	o.Certificate = &c
	return nil
}

// Publish puts the certificates of the outputs and what follows from them into the place
// of the run directory's, whole, once the checker has accepted the run with them. Until
// then it is written to work, a folder beside it.
func (p *Provable) Publish(ctx context.Context, work string) error {
	if err := errors.Join(os.RemoveAll(work), os.RemoveAll(work+retired)); err != nil {
		return err
	}
	if err := os.CopyFS(work, os.DirFS(p.source.Dir)); err != nil {
		return err
	}
	d := &runDir{work: work, final: p.source.Dir, fixed: true}
	for _, o := range p.Outputs {
		var text bytes.Buffer
		if err := proofs.Encode(&text, o.Certificate); err != nil {
			return err
		}
		name := certificateFile(p.Grade, o.Number)
		p.m.Files[name] = Sha256Hex(text.Bytes())
		if err := d.write(name, text.Bytes()); err != nil {
			return err
		}
	}
	if err := p.writeManifest(d); err != nil {
		return err
	}
	checked, err := accept(ctx, work, p.source.Data, p.source.Test)
	if err != nil {
		return fmt.Errorf("%w; it is in %s", err, work)
	}
	r, _, err := readRun(work)
	if err != nil {
		return err
	}
	r.Name, r.Data, r.Checked = p.source.Dir, p.data, checked
	if err := writeReport(work, r); err != nil {
		return err
	}
	_, err = d.publish()
	return err
}

// writeManifest writes the manifest with the hashes and the status as they have become.
func (p *Provable) writeManifest(d *runDir) error {
	model, err := readModel(filepath.Join(d.work, ModelFile))
	if err != nil {
		return err
	}
	grades, err := certifiedGrades(d.work, model, p.m)
	if err != nil {
		return err
	}
	worst := solver.Optimal
	for _, g := range grades {
		worst = max(worst, g.Status())
	}
	p.m.Status, p.m.Unchecked = worst.String(), false // it takes the run's place when it is accepted
	raw, err := json.MarshalIndent(p.m, "", "  ")
	if err != nil {
		return err
	}
	return d.write(ManifestFile, append(raw, '\n'))
}

// Recover gives a run directory its name back that was broken off in Publish, between
// taking the name from the one in the place of which the one in work was to come.
func Recover(dir, work string) error {
	old := work + retired
	if _, err := os.Lstat(dir); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if _, err := os.Lstat(old); err != nil {
		return nil
	}
	return os.Rename(old, dir)
}

// LockDir locks a directory that the program works in until the function returned is
// called.
func LockDir(dir string) (unlock func() error, err error) {
	l, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	return l.Unlock, nil
}
