package run

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/testdata"
)

// Source is a data file before it is parsed: where it came from and its bytes.
type Source struct {
	Path     string // as it goes into the manifest: the path given, "-", or "embedded:NAME"
	absolute string // of a file, "" otherwise
	Name     string // in messages
	Raw      []byte
}

// The names under which data that are no file are known.
const (
	embeddedPrefix = "embedded:"
	Embedded       = embeddedPrefix + "co2_weekly"

	// EmbeddedBeta is the regularisation relative to beta_max for the embedded
	// data: all three grades then end at a proved optimum of their patterns
	// within seconds.
	EmbeddedBeta = 0.03
	Stdin        = "-"
)

// stdinFile is the file of the run directory that keeps standard input.
const stdinFile = "data.csv"

// ReadSource reads the data named path: a file, "-" for standard input, or
// embedded.
func ReadSource(path string, in io.Reader) (*Source, error) {
	switch path {
	case Embedded:
		return &Source{Path: path, Name: "co2_weekly.csv", Raw: testdata.CO2Weekly}, nil
	case Stdin:
		raw, err := io.ReadAll(in)
		if err != nil {
			return nil, exit.Failed(fmt.Errorf("standard input: %w", err))
		}
		return &Source{Path: path, Name: "standard input", Raw: raw}, nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, exit.Bad(err)
	}
	absolute, err := filepath.Abs(path)
	return &Source{Path: path, absolute: absolute, Name: path, Raw: raw}, err
}

// EmbeddedData is the data of runs without a data file.
func EmbeddedData(name string) ([]byte, bool) {
	return testdata.CO2Weekly, embeddedPrefix+name == Embedded
}

// manifestData says where the source is.
func (s *Source) manifestData(sha256 string) *manifestData {
	return &manifestData{Path: s.Path, Absolute: s.absolute, SHA256: sha256}
}

// Parse reads the table and checks that standard input is CSV.
func (s *Source) Parse(targets []string) (*dataset.Data, error) {
	d, err := dataset.Parse(s.Name, s.Raw, targets)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if s.Path == Stdin {
		if d.Kind != dataset.CSV {
			return nil, exit.Bad(fmt.Errorf("standard input: expected CSV, got %s", d.Kind))
		}
		d.Source = stdinFile
	}
	return d, nil
}

// runName is the name of a run on these data: the file's without extensions.
func (s *Source) runName() string {
	if s.Path == Stdin {
		return "stdin"
	}
	base, _, _ := strings.Cut(filepath.Base(s.Name), ".")
	if base == "" {
		return "data"
	}
	return base
}

// TrainingData hands the table to package grade. task is the task asked for, ""
// to go by the target; images are regressions.
func TrainingData(d *dataset.Data, task string) (*grade.Data, error) {
	if d.Kind == dataset.Image && task == "" {
		task = grade.Regression.String()
	}
	labels, err := grade.NewLabels(task, d.Y, d.Labels)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", d.Source, err))
	}
	return gradeData(d, labels), nil
}

func gradeData(d *dataset.Data, labels *grade.Labels) *grade.Data {
	return &grade.Data{X: d.X, Labels: *labels, Source: grade.Source{Name: d.Source, Kind: string(d.Kind), SHA256: d.SHA256,
		Rows: d.Rows(), Features: d.Features(), Columns: d.Columns, Target: d.Target, Width: d.Width}}
}

// ReadTest reads the file of test rows, nil without one.
func ReadTest(path string, first *dataset.Data, training *grade.Data) (*Source, error) {
	if path == "" {
		return nil, nil
	}
	if path == Stdin {
		return nil, exit.Bad(errors.New("--test -: want a file, standard input is for the training data"))
	}
	src, err := ReadSource(path, nil)
	if err != nil {
		return nil, err
	}
	d, err := dataset.ParseLike(src.Name, src.Raw, first)
	if err != nil {
		return nil, exit.Bad(err)
	}
	labels, err := training.Encode(d.Y, d.Labels)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", src.Name, err))
	}
	training.Test = gradeData(d, labels)
	return src, nil
}
