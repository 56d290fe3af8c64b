package run

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"multigrade/grade"
)

// Names in a run directory.
const (
	ManifestFile   = "manifest.json"
	ModelFile      = "model.json"
	ledgerFile     = "ledger.csv"
	ReportFile     = "report.html"
	certificateDir = "certificates"
	traceFile      = "trace.csv" // holds times, so the manifest has no hash of it
)

// manifest is the account of how a run came about.
type manifest struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Command  []string          `json:"command"`
	Options  manifestOptions   `json:"options"`
	Seed     uint64            `json:"seed"`
	Plan     *grade.Plan       `json:"plan,omitempty"` // where beta was chosen
	Versions map[string]string `json:"versions"`
	Data     manifestData      `json:"data"`
	Test     *manifestData     `json:"test,omitempty"` // where the test rows have a file of their own
	Status   string            `json:"status"`
	Stopped  string            `json:"stopped,omitempty"` // why there are fewer grades than asked for
	// Unchecked says that the end came before the checker had accepted the run.
	Unchecked bool              `json:"unchecked,omitempty"`
	Files     map[string]string `json:"files"` // sha256 of each
}

// manifestData says where the data are: Path as given, "embedded:NAME", or for
// standard input the file of the run directory that keeps it.
type manifestData struct {
	Path     string `json:"path"`
	Absolute string `json:"absolute,omitempty"`
	SHA256   string `json:"sha256"`
	// MadeOf is, out of core, the file that the array was made of, nil where it is the data file itself.
	MadeOf *manifestData `json:"made_of,omitempty"`
}

// manifestOptions are the options with their defaults filled in, and what of the data
// belongs to them.
type manifestOptions struct {
	Target []string `json:"target"`
	Task   string   `json:"task"`
	Test   string   `json:"test,omitempty"` // sha256 of the file with the test rows
	grade.Settings
	Weights string `json:"weights,omitempty"` // the column of weights
	// OutOfCore says that the rows were gone through in the file, and Memory how many bytes were allowed,
	// if so many were.
	OutOfCore bool  `json:"out_of_core,omitempty"`
	Memory    int64 `json:"memory,omitempty"`
	// Drawn are, out of core, the rows drawn from the file that beta was chosen on.
	Drawn       int    `json:"drawn,omitempty"`
	Gates       string `json:"gates,omitempty"`
	GatesSHA256 string `json:"gates_sha256,omitempty"` // of the numbers
}

// certificateFile names the certificate of an output of a grade, both from 1.
func certificateFile(grade, output int) string {
	return fmt.Sprintf(certificateDir+"/grade-%03d-output-%d.cert", grade, output)
}

// Sha256Hex is the hash of raw in hexadecimal digits.
func Sha256Hex(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// writeRun writes what a run has besides its certificates, the manifest last, and
// returns that.
func writeRun(r *recorder, command []string, options manifestOptions, src, test *Source, run *grade.Run) (*manifest, error) {
	if err := r.keepOnly(run); err != nil {
		return nil, err
	}
	// What was chosen besides beta is a claim like what is given.
	given := options.CrossValidation
	options.Settings, options.CrossValidation = r.o.Settings(), given
	m := &manifest{Format: runFormat, Version: runVersion, Command: command, Options: options, Seed: r.o.Seed, Plan: run.Plan.Scores(), Versions: VersionsAndKernels(),
		Data:   *src.manifestData(run.Model.Data.SHA256),
		Status: run.Status.String(), Stopped: run.Stopped, Files: r.files}
	if test != nil {
		m.Test = test.manifestData(run.Model.Test.SHA256)
	}
	add := func(name string, fill func(io.Writer) error) error {
		var b bytes.Buffer
		if err := fill(&b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.Files[name] = Sha256Hex(b.Bytes())
		return r.dir.write(name, b.Bytes())
	}
	err := errors.Join(add(ModelFile, run.Model.Save), add(ledgerFile, run.Ledger.Write), r.writeTrace())
	keep := func(s *Source, d *manifestData, name string) {
		if s != nil && s.kept() {
			d.Path, d.Absolute = name, ""
			err = errors.Join(err, add(name, func(w io.Writer) error { _, err := w.Write(s.Raw); return err }))
		}
	}
	keep(src, &m.Data, stdinFile)
	keep(test, m.Test, testFile)
	if err != nil {
		return nil, err
	}
	return m, r.dir.writeManifest(m)
}

// writeManifest writes the manifest of a run of either kind.
func (d *runDir) writeManifest(m any) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return d.write(ManifestFile, append(raw, '\n'))
}

// newManifestOptions are the options of a training with defaults filled in.
func newManifestOptions(gates string, data *grade.Data, o *grade.Options) manifestOptions {
	m := manifestOptions{Target: data.Target, Task: data.Task.String(), Settings: o.Settings(), Weights: data.WeightColumn, Gates: gates}
	if m.CrossValidation != nil {
		m.CrossValidation.Group = data.GroupColumn
	}
	if data.Test != nil {
		m.Test = data.Test.SHA256
	}
	if o.Gates != nil {
		m.GatesSHA256 = grade.ProgramHash(o.Gates, nil)
	}
	return m
}
