package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
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
	// made says that Raw is the text table which a Parquet or Arrow file was made into, or an
	// array with missing values, and which the run directory keeps.
	made bool
	// madeOf is the file that an array for a run out of core was made of, nil for others.
	madeOf *manifestData
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

// The files of the run directory that keep data which are in no text file: of standard
// input, a columnar file or an array with missing values, and of such a file of test rows.
const (
	stdinFile = "data.csv"
	testFile  = "test.csv"
)

// kept reports whether the run directory keeps the bytes.
func (s *Source) kept() bool { return s.Path == Stdin || s.made }

// toText makes a text table of a columnar file, with the columns that are wanted, or of an array as
// the function says, if it returns one.
func (s *Source) toText(ctx context.Context, o *dataset.Options, wanted func(column string) bool, ofArray func() ([]byte, error)) error {
	if !s.made {
		var text []byte
		var err error
		if dataset.IsColumnar(s.Raw) {
			text, err = dataset.Text(ctx, s.Name, s.Raw, wanted, o.Limits)
		} else {
			text, err = ofArray()
		}
		if err == nil && text != nil {
			s.Raw, s.made = text, true
		}
		if err != nil {
			return readError(err)
		}
	}
	o.Named = o.Named || s.made
	return nil
}

// noArray makes no text table of an array.
func noArray() ([]byte, error) { return nil, nil }

// ReadSource reads the data named path: a file, "-" for standard input, or
// embedded.
func ReadSource(path string, in io.Reader, l dataset.Limits) (*Source, error) {
	switch path {
	case Embedded:
		return &Source{Path: path, Name: "co2_weekly.csv", Raw: testdata.CO2Weekly}, nil
	case Stdin:
		raw, err := dataset.Stream("standard input", in, l)
		if err != nil {
			return nil, exit.Bad(err)
		}
		return &Source{Path: path, Name: "standard input", Raw: raw}, nil
	}
	raw, err := dataset.File(path, l)
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
	return &manifestData{Path: s.Path, Absolute: s.absolute, SHA256: sha256, MadeOf: s.madeOf}
}

// Parse reads the table, with the means of the rows that are not for the test in the
// place of missing numbers, and checks that standard input is CSV.
func (s *Source) Parse(ctx context.Context, o dataset.Options, shares grade.Shares) (*dataset.Data, error) {
	ofArray := noArray
	if o.Missing != dataset.Refuse {
		ofArray = func() ([]byte, error) {
			text, targets, err := dataset.NpyText(ctx, s.Name, s.Raw, false, o.Limits)
			if err == nil && text != nil {
				err = o.OfArray(s.Name, targets)
			}
			return text, err
		}
	}
	if err := s.toText(ctx, &o, o.Wants, ofArray); err != nil {
		return nil, err
	}
	d, err := dataset.Read(ctx, s.Name, s.Raw, o)
	if err != nil {
		return nil, readError(err)
	}
	if err := d.Impute(notForTest(d, shares)); err != nil {
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

// Features reads the features of a model from the source. Without a header in the training file
// there is none here either.
func (s *Source) Features(ctx context.Context, m *grade.Model, o dataset.Options) (*dataset.Data, error) {
	o.NoHeader = o.NoHeader || m.Data.Reading != nil && m.Data.Reading.NoHeader
	like := Describe(m)
	ofArray := noArray
	if like.Encoding != nil {
		ofArray = func() ([]byte, error) { return dataset.NpyFeaturesText(ctx, s.Name, s.Raw, like, o.Limits) }
	}
	if err := s.toText(ctx, &o, like.Wants, ofArray); err != nil {
		return nil, err
	}
	d, err := dataset.ReadFeatures(ctx, s.Name, s.Raw, like, o)
	if err != nil {
		return nil, readError(err)
	}
	return d, nil
}

// PlainTable reads a table of numbers with a header.
func (s *Source) PlainTable() (*dataset.Data, error) {
	return s.Parse(context.Background(), dataset.Options{Limits: dataset.DefaultLimits()}, grade.Shares{})
}

// readError says whether reading was interrupted or the file is bad.
func readError(err error) error {
	if errors.Is(err, context.Canceled) {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted while the data were read")}
	}
	return exit.Bad(err)
}

// notForTest are the rows of the data that are not held out for the test.
func notForTest(d *dataset.Data, shares grade.Shares) []int {
	if d.Width == 0 {
		shares.Stride = 0 // which is for images, as training will say
	}
	split := shares.SplitRows(grade.Rows{N: d.Rows(), Width: d.Width, Groups: numbered(d.Groups), Strata: d.Strata()})
	rows := slices.Concat(split.Train, split.Validation)
	slices.Sort(rows)
	return rows
}

// Describe is what a model knows of the data it was trained on.
func Describe(m *grade.Model) dataset.Description {
	return dataset.Description{Kind: dataset.Kind(m.Data.Kind), Columns: m.Data.Columns, Target: m.Data.Target, Encoding: m.Data.Encoding,
		Labels: grade.TextClasses(m.Classes), Reading: m.Data.Reading}
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
	data := &grade.Data{X: d.X, Labels: *labels, Groups: numbered(d.Groups), GroupColumn: d.Group, Weight: d.Weights, WeightColumn: d.Weight, Source: grade.Source{Name: d.Source, Kind: string(d.Kind), SHA256: d.SHA256,
		Rows: d.Rows(), Features: d.Features(), Columns: d.Columns, Target: d.Target, Width: d.Width, Reading: d.Reading, Encoding: d.Encoding}}
	for _, m := range d.Imputed {
		data.Imputed = append(data.Imputed, grade.Imputed(m))
	}
	return data
}

// numbered gives every name a number, the same to the same one.
func numbered(names []string) []int {
	if names == nil {
		return nil
	}
	known := map[string]int{}
	numbers := make([]int, len(names))
	for i, name := range names {
		k, ok := known[name]
		if !ok {
			k = len(known)
			known[name] = k
		}
		numbers[i] = k
	}
	return numbers
}

// ReadTest reads the file of test rows, nil without one.
func ReadTest(ctx context.Context, path string, o dataset.Options, first *dataset.Data, training *grade.Data) (*Source, error) {
	if path == "" {
		return nil, nil
	}
	if path == Stdin {
		return nil, exit.Bad(errors.New("--test -: want a file, standard input is for the training data"))
	}
	src, err := ReadSource(path, nil, o.Limits)
	if err != nil {
		return nil, err
	}
	like := first.Describe()
	ofArray := noArray
	if first.Kind == dataset.CSV {
		ofArray = func() ([]byte, error) {
			text, _, err := dataset.NpyText(ctx, src.Name, src.Raw, true, o.Limits)
			return text, err
		}
	}
	if err := src.toText(ctx, &o, like.Wants, ofArray); err != nil {
		return nil, err
	}
	d, err := dataset.ReadLike(ctx, src.Name, src.Raw, like, o)
	if err != nil {
		return nil, readError(err)
	}
	labels, err := training.Encode(d.Y, d.Labels)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", src.Name, err))
	}
	training.Test = gradeData(d, labels)
	return src, nil
}
