package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/proofs"
	"multigrade/solver"
)

// version of the program.
const version = "0.1.0"

// Names in a run directory.
const (
	manifestFile = "manifest.json"
	modelFile    = "model.json"
	ledgerFile   = "ledger.csv"
)

// manifest is the account of how a run came about.
type manifest struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Command  []string          `json:"command"`
	Options  manifestOptions   `json:"options"`
	Seed     uint64            `json:"seed"`
	Versions map[string]string `json:"versions"`
	Data     manifestData      `json:"data"`
	Status   string            `json:"status"`
	Stopped  string            `json:"stopped,omitempty"` // why there are fewer grades than asked for
	Files    map[string]string `json:"files"`             // sha256 of each
}

// manifestData says where the data are: Path as given, "embedded:NAME", or for
// standard input the file of the run directory that keeps it.
type manifestData struct {
	Path     string `json:"path"`
	Absolute string `json:"absolute,omitempty"`
	SHA256   string `json:"sha256"`
}

// manifestOptions are the options with their defaults filled in.
type manifestOptions struct {
	Target      []string `json:"target"`
	Task        string   `json:"task"`
	Holdout     float64  `json:"holdout"`
	Validation  float64  `json:"validation"`
	Grades      int      `json:"grades"`
	Beta        float64  `json:"beta"`
	BetaAbs     bool     `json:"beta_absolute"`
	Activation  string   `json:"activation"`
	Loss        string   `json:"loss"`
	Threshold   float64  `json:"huber_threshold,omitempty"`
	Carry       bool     `json:"carry"`
	Scope       string   `json:"scope"`
	Patterns    int      `json:"patterns"`     // 0: chosen by the scope and the sizes
	Rounds      int      `json:"rounds"`       // of pricing, at most
	Work        float64  `json:"work"`         // 1e9 operations, at most
	BoundLeaves int      `json:"bound_leaves"` // -1: by the sizes
	Gates       string   `json:"gates,omitempty"`
	Bias        bool     `json:"bias"`
	Standardize bool     `json:"standardize"`
	Intercept   bool     `json:"intercept"`
	Tol         float64  `json:"tol"`
	MaxIter     int      `json:"max_iter"`
	TimeLimit   string   `json:"time_limit,omitempty"`
}

// certificateFile names the certificate of an output of a grade, both from 1.
func certificateFile(grade, output int) string {
	return fmt.Sprintf("certificates/grade-%03d-output-%d.cert", grade, output)
}

// writeRun writes all files of a run into dir.
func writeRun(dir *runDir, c *cli.Context, src *source, run *grade.Run, o *grade.Options) error {
	m := newManifest(c, src, run, o)
	add := func(name string, fill func(*bytes.Buffer) error) error {
		var b bytes.Buffer
		if err := fill(&b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		sum := sha256.Sum256(b.Bytes())
		m.Files[name] = hex.EncodeToString(sum[:])
		return dir.write(name, b.Bytes())
	}
	if err := add(modelFile, func(b *bytes.Buffer) error { return run.Model.Save(b) }); err != nil {
		return err
	}
	if err := add(ledgerFile, func(b *bytes.Buffer) error { return run.Ledger.Write(b) }); err != nil {
		return err
	}
	for _, g := range run.Grades {
		for t, out := range g.Outputs {
			err := add(certificateFile(g.Grade.Number, t+1), func(b *bytes.Buffer) error {
				c, err := certificate(g, out, o)
				if err != nil {
					return err
				}
				return proofs.Encode(b, c)
			})
			if err != nil {
				return err
			}
		}
	}
	if src.path == stdin {
		if err := add(stdinFile, func(b *bytes.Buffer) error { _, err := b.Write(src.raw); return err }); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return dir.write(manifestFile, append(raw, '\n'))
}

func newManifest(c *cli.Context, src *source, run *grade.Run, o *grade.Options) *manifest {
	m := &manifest{Format: "multigrade-run", Version: 1, Command: os.Args, Seed: o.Seed, Versions: versions(),
		Data:   manifestData{Path: src.path, Absolute: src.absolute, SHA256: run.Model.Data.SHA256},
		Status: run.Status.String(), Stopped: run.Stopped, Files: map[string]string{}}
	if src.path == stdin {
		m.Data.Path = stdinFile
	}
	m.Options = manifestOptions{Target: run.Model.Data.Target, Task: run.Model.Task, Holdout: o.Shares.Holdout, Validation: o.Shares.Validation,
		Grades: o.Grades, Beta: o.Beta, BetaAbs: o.BetaAbsolute, Activation: o.Activation.String(), Loss: o.Loss.Name(), Carry: o.Carry, Scope: o.Scope.String(),
		Patterns: o.Patterns, Rounds: o.Rounds, Work: o.Work, BoundLeaves: o.BoundLeaves, Gates: c.String("gates"), Bias: o.Bias, Standardize: o.Standardize, Intercept: o.Intercept,
		Tol: o.Tol, MaxIter: o.MaxIter}
	m.Options.Threshold, _ = solver.Threshold(o.Loss)
	if o.TimeLimit > 0 {
		m.Options.TimeLimit = o.TimeLimit.String()
	}
	return m
}

// versions names what the numbers of the run may depend on.
func versions() map[string]string {
	v := map[string]string{"multigrade": version, "go": runtime.Version(), "arch": runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "gonum.org/v1/gonum" {
				v["gonum"] = d.Version
			}
		}
	}
	return v
}
