package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/testdata"
)

// source is a data file before it is parsed: where it came from and its bytes.
type source struct {
	path     string // as it goes into the manifest: the path given, "-", or "embedded:NAME"
	absolute string // of a file, "" otherwise
	name     string // in messages
	raw      []byte
}

// The names under which data that are no file are known.
const (
	embeddedPrefix = "embedded:"
	embedded       = embeddedPrefix + "co2_weekly"

	// embeddedBeta is the regularisation relative to beta_max for the embedded
	// data: all three grades then end at a proved optimum of their patterns
	// within seconds.
	embeddedBeta = 0.03
	stdin        = "-"
)

// stdinFile is the file of the run directory that keeps standard input.
const stdinFile = "data.csv"

// readSource reads the data named path: a file, "-" for standard input, or
// embedded.
func readSource(path string, in io.Reader) (*source, error) {
	switch path {
	case embedded:
		return &source{path: path, name: "co2_weekly.csv", raw: testdata.CO2Weekly}, nil
	case stdin:
		raw, err := io.ReadAll(in)
		if err != nil {
			return nil, failed(fmt.Errorf("standard input: %w", err))
		}
		return &source{path: path, name: "standard input", raw: raw}, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, bad(err)
	}
	absolute, err := filepath.Abs(path)
	return &source{path: path, absolute: absolute, name: path, raw: raw}, err
}

// embeddedData is the data of runs without a data file.
func embeddedData(name string) ([]byte, bool) {
	return testdata.CO2Weekly, embeddedPrefix+name == embedded
}

// manifestData says where the source is.
func (s *source) manifestData(sha256 string) *manifestData {
	return &manifestData{Path: s.path, Absolute: s.absolute, SHA256: sha256}
}

// parse reads the table and checks that standard input is CSV.
func (s *source) parse(targets []string) (*dataset.Data, error) {
	d, err := dataset.Parse(s.name, s.raw, targets)
	if err != nil {
		return nil, bad(err)
	}
	if s.path == stdin {
		if d.Kind != dataset.CSV {
			return nil, bad(fmt.Errorf("standard input: expected CSV, got %s", d.Kind))
		}
		d.Source = stdinFile
	}
	return d, nil
}

// runName is the name of a run on these data: the file's without extensions.
func (s *source) runName() string {
	if s.path == stdin {
		return "stdin"
	}
	base, _, _ := strings.Cut(filepath.Base(s.name), ".")
	if base == "" {
		return "data"
	}
	return base
}

// trainingData hands the table to package grade. task is the task asked for, ""
// to go by the target; images are regressions.
func trainingData(d *dataset.Data, task string) (*grade.Data, error) {
	if d.Kind == dataset.Image && task == "" {
		task = grade.Regression.String()
	}
	labels, err := grade.NewLabels(task, d.Y, d.Labels)
	if err != nil {
		return nil, bad(fmt.Errorf("%s: %w", d.Source, err))
	}
	return gradeData(d, labels), nil
}

func gradeData(d *dataset.Data, labels *grade.Labels) *grade.Data {
	return &grade.Data{X: d.X, Labels: *labels, Source: grade.Source{Name: d.Source, Kind: string(d.Kind), SHA256: d.SHA256,
		Rows: d.Rows(), Features: d.Features(), Columns: d.Columns, Target: d.Target, Width: d.Width}}
}

// readTest reads the file of test rows, nil without one.
func readTest(path string, first *dataset.Data, training *grade.Data) (*source, error) {
	if path == "" {
		return nil, nil
	}
	if path == stdin {
		return nil, bad(errors.New("--test -: want a file, standard input is for the training data"))
	}
	src, err := readSource(path, nil)
	if err != nil {
		return nil, err
	}
	d, err := dataset.ParseLike(src.name, src.raw, first)
	if err != nil {
		return nil, bad(err)
	}
	labels, err := training.Encode(d.Y, d.Labels)
	if err != nil {
		return nil, bad(fmt.Errorf("%s: %w", src.name, err))
	}
	training.Test = gradeData(d, labels)
	return src, nil
}
