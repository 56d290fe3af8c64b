package run

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"multigrade/grade"
	"multigrade/internal/dataset"
)

// trainedOn reads the data of the run, from the given files or where the manifest
// says; they must be the ones the model was trained on.
func (m *manifest) trainedOn(ctx context.Context, dir string, model *grade.Model, data, test string) (*grade.Data, error) {
	limits := dataset.DefaultLimits()
	raw, err := m.Data.read(dir, data)
	if err != nil {
		return nil, err
	}
	what := Describe(model)
	what.Group = model.Split.Group
	if model.Weights != nil {
		what.Weights = model.Weights.Column
	}
	d, err := dataset.Reread(ctx, model.Data.Name, raw, what, model.Data.Reading, limits)
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
	what.Group, what.Weights = "", ""
	if d, err = dataset.Reread(ctx, model.Test.Name, raw, what, model.Test.Reading, limits); err != nil {
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
	if sum := Sha256Hex(raw); sum != d.SHA256 {
		return nil, fmt.Errorf("the data file %s has changed since the run: its SHA-256 begins with %.16s, the run has %.16s", d.Path, sum, d.SHA256)
	}
	return raw, nil
}

func (d *manifestData) find(dir, given string) ([]byte, error) {
	given, err := d.arrayOf(given)
	if err != nil {
		return nil, err
	}
	if given != "" {
		return dataset.File(given, dataset.DefaultLimits())
	}
	if strings.HasPrefix(d.Path, embeddedPrefix) {
		raw, ok := EmbeddedData(strings.TrimPrefix(d.Path, embeddedPrefix))
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
	raw, err := dataset.File(path, dataset.DefaultLimits())
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("the data file %s is not there (--data says where it is)", path)
	}
	return raw, err
}

// arrayOf is the array that was made of the file given: beside it, or "" where the manifest says; a
// file of which it was not made is returned.
func (d *manifestData) arrayOf(given string) (string, error) {
	if given == "" || d.MadeOf == nil {
		return given, nil
	}
	sum, err := FileHash(given)
	if err != nil || sum != d.MadeOf.SHA256 {
		return given, err
	}
	beside := given + strings.TrimPrefix(filepath.Base(d.Path), filepath.Base(d.MadeOf.Path))
	if _, err := os.Stat(beside); err != nil {
		return "", nil
	}
	return beside, nil
}
