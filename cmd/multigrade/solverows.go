package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// ownMemory is what the program takes whatever it does, and a little more: work that fits into as much
// is begun whatever --memory says.
const ownMemory = 64 << 20

// memoryLimit is --memory in bytes, 0 without it. From then on the garbage collector keeps to it.
func memoryLimit(c *cli.Context) (int64, error) {
	if !c.IsSet("memory") {
		return 0, nil
	}
	n, err := parseSize(c.String("memory"))
	if err != nil {
		return 0, exit.Bad(fmt.Errorf("--memory %q: want a number of bytes, such as 500MB or 2GB", c.String("memory")))
	}
	debug.SetMemoryLimit(n)
	return n, nil
}

// solveRows trains out of core where the data do not fit into --memory; done is false where they
// do.
func solveRows(c *cli.Context, s streams, path string, reading dataset.Options, o grade.Options) (done bool, err error) {
	memory, err := memoryLimit(c)
	if memory == 0 || err != nil {
		return false, err
	}
	bar := newProgress(c, s)
	rows, err := run.OpenRows(c.Context, path, memory, reading, c.String("task"), bar.converting)
	bar.clear()
	if rows == nil || err != nil {
		return false, err
	}
	defer rows.Close()
	if c.IsSet("test") {
		return true, exit.Bad(errors.New("--test is not for rows out of core, and these do not fit into --memory"))
	}
	if err := readGates(c, rows.Data.Features, reading.Limits, &o); err != nil {
		return true, err
	}
	if err := chooseLoss(c, rows.Data.Labels.Task, &o); err != nil {
		return true, err
	}
	given := o
	if _, chosen := o.Beta.(grade.CrossValidation); chosen {
		given.Beta = grade.DefaultBeta // is chosen on rows drawn from the file
	} else if o.Limits.Work = 0; c.Float64("work") > 0 && c.IsSet("work") {
		return true, exit.Bad(errors.New("--work is not for rows out of core, and these do not fit into --memory: limit the rounds by --max-iter, or the time by --time-limit"))
	}
	if err := given.CheckRows(); err != nil {
		return true, exit.Bad(fmt.Errorf("%s: %w", path, err))
	}
	n, columns := rows.Data.Rows, rows.Data.Features
	if o.Bias {
		columns++
	}
	allowed := max(memory, ownMemory)
	if need := o.RowBytes(n, columns); need > allowed {
		return true, exit.Bad(fmt.Errorf("--memory %s: out of core these patterns take %.3g GB on %d rows: allow more, or take fewer --patterns", c.String("memory"), float64(need)/1e9, n))
	}
	rows.Data.Memory = allowed
	drawn := 0
	if _, chosen := o.Beta.(grade.CrossValidation); chosen {
		stratifyClasses(c, rows.Data.Labels.Task, &o)
		if o, drawn, err = chooseOnRows(c, s, rows, o); err != nil {
			return true, err
		}
	}
	r, err := trainWith(c, s, &run.Training{Out: c.String("out"), Resume: c.Bool("resume"), Source: rows.Source, Data: rows.Meta(), Rows: rows, Memory: memory, Drawn: drawn, Gates: c.String("gates"), Options: o})
	if err != nil {
		return true, err
	}
	return true, r.show(c, s)
}

// chooseOnRows leaves beta and the number of grades to cross-validation on rows drawn from the file,
// and says so.
func chooseOnRows(c *cli.Context, s streams, rows *run.RowSource, o grade.Options) (grade.Options, int, error) {
	bar := newProgress(c, s)
	o, drawn, err := rows.Data.ChooseRows(c.Context, o, &choosing{bar: bar})
	bar.clear()
	switch {
	case errors.Is(err, grade.ErrData):
		return o, 0, exit.Bad(fmt.Errorf("%s: %w", rows.Name, err))
	case errors.Is(err, context.Canceled):
		return o, 0, &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted while beta was chosen")}
	case err != nil:
		return o, 0, exit.Failed(err)
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "beta of each of %d grades is chosen by cross-validation on %d rows drawn from %d; all are trained on\n", o.Grades, drawn, rows.Data.Rows)
	}
	return o, drawn, nil
}

// choosing shows how a choice goes.
type choosing struct {
	grade.Silent
	bar *progress
}

// Progress is grade.Observer's.
func (w *choosing) Progress(p grade.Progress) { w.bar.show(p) }
