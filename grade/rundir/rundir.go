// Package rundir trains on data files and keeps what comes of it in run directories, as
// the program does: a directory that it can verify, report, predict with and take up
// again, and the other way round. Package proofs checks one (CheckRun).
package rundir

import (
	"context"
	"os"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/run"
)

// Reading says what is known about a data file beforehand and what is wanted of it:
// targets, columns, what becomes of missing values (package dataset).
type Reading = dataset.Options

// What becomes of missing values.
const (
	Refuse = dataset.Refuse // a missing value is an error that names the first cell
	Impute = dataset.Impute // the mean, and an indicator as a further feature
	Drop   = dataset.Drop   // without the row
)

// NewReading reads tables of numbers with a header, the last column the target, and
// other formats by their first bytes.
func NewReading() Reading { return Reading{Limits: dataset.DefaultLimits()} }

// Table is a data file that was read: Data is what Train trains on.
type Table struct {
	Data   *grade.Data
	source *run.Source
}

// Read reads a file to train on. The task is regression, binary or multiclass, or "" to go
// by the target, of which a few whole numbers are classes. The shares are those that a
// training keeps out: the means that stand in the place of missing values are of the other
// rows. An error says the file, line and column, from 1, where there are some.
func Read(ctx context.Context, path string, reading Reading, task string, shares grade.Shares) (*Table, error) {
	source, err := run.ReadSource(path, os.Stdin, reading.Limits)
	if err != nil {
		return nil, err
	}
	parsed, err := source.Parse(ctx, reading, shares)
	if err != nil {
		return nil, err
	}
	data, err := run.TrainingData(parsed, task)
	if err != nil {
		return nil, err
	}
	return &Table{data, source}, nil
}

// Options are the defaults, with the loss that goes with the task.
func (t *Table) Options() grade.Options {
	o := grade.DefaultOptions()
	o.Loss = t.Data.Task.Loss()
	return o
}

// Train trains and writes the run directory dir, "" for runs/NAME after the file: whole under
// its name once the checker has accepted it, or not at all. An earlier run in it is replaced; anything else in it is
// an error. An ended ctx is none: the run then holds the grades so far.
func (t *Table) Train(ctx context.Context, dir string, o grade.Options) (*grade.Run, error) {
	if err := run.CheckOut(dir, t.source.Path); err != nil {
		return nil, err
	}
	outcome, err := (&run.Training{Out: dir, Source: t.source, Data: t.Data, Options: o, Command: os.Args}).Run(ctx)
	if outcome == nil {
		return nil, err
	}
	return outcome.Run, err
}

// Open loads the model of a run directory whose files are those that its manifest has
// the hashes of, or of a model file.
func Open(path string) (*grade.Model, error) { return run.OpenModel(path) }
