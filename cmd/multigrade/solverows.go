package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/rowfile"
	"multigrade/internal/run"
	"multigrade/solver"
)

const (
	// ownMemory is what the program takes whatever it does, and a little more: a solve of a hundred rows
	// is 48 MB resident.
	ownMemory = 64 << 20
	// codeMemory is the part of it that the garbage collector knows nothing of.
	codeMemory = 44 << 20
)

// memoryLimit is --memory in bytes, 0 without it. From then on the garbage collector keeps to it.
func memoryLimit(c *cli.Context) (int64, error) {
	if !c.IsSet("memory") {
		return 0, nil
	}
	n, err := parseSize(c.String("memory"))
	if err != nil {
		return 0, exit.Bad(fmt.Errorf("--memory %q: want a number of bytes, such as 500MB or 2GB", c.String("memory")))
	}
	debug.SetMemoryLimit(max(n, ownMemory) - codeMemory)
	return n, nil
}

// rowsNeed is how much memory n rows of so many features take out of core.
func rowsNeed(o *grade.Options, n, features int) int64 {
	return ownMemory + o.RowBytes(n, columns(o, features))
}

// tooLittle says that --memory is less than what is needed, in a whole number of megabytes.
func tooLittle(c *cli.Context, what string, need int64) error {
	return exit.Bad(fmt.Errorf("--memory %s: %s at least --memory %dMB", c.String("memory"), what, (need+1e6-1)/1e6))
}

// roomForRows is what of --memory is left for data, 0 where all are to be gone through out of core; asked is false
// where nothing is said of that.
func roomForRows(c *cli.Context, path string, o *grade.Options) (room int64, asked bool, err error) {
	memory, err := memoryLimit(c)
	always := c.Bool("out-of-core")
	if err != nil || memory == 0 && !always {
		return 0, false, err
	}
	flag := "--memory"
	if always {
		flag = "--out-of-core"
	}
	info, err := os.Stat(path)
	if path == run.Stdin || path == run.Embedded && always || path != run.Embedded && err == nil && info.Mode().Type()&^fs.ModeDir != 0 {
		return 0, false, exit.Bad(fmt.Errorf("%s is for a data file, whose size is known and which can be gone through more than once", flag))
	}
	switch {
	case memory > 0 && memory <= ownMemory:
		return 0, false, noRoom(c, path, *o)
	case always:
		return 0, true, nil
	}
	return memory - ownMemory, true, nil
}

// noRoom says that --memory is less than the program takes whatever it does, and what the least is for the data, where
// their size is known.
func noRoom(c *cli.Context, path string, o grade.Options) error {
	array, err := rowfile.OpenNpy(path)
	if err != nil {
		return tooLittle(c, "the program takes, without data,", ownMemory+1)
	}
	defer array.Close()
	if o.Loss = solver.Squared; c.String("loss") != "" {
		if err := setLoss(c.String("loss"), &o); err != nil {
			return exit.Bad(fmt.Errorf("--loss: %w", err))
		}
	}
	n, cols := array.Dims()
	return tooLittle(c, fmt.Sprintf("out of core these %d rows take", n), rowsNeed(&o, n, cols-1))
}

// beyondMemory says that a solve in memory over listed patterns takes more than --memory, the data being of
// so many bytes.
func beyondMemory(c *cli.Context, o *grade.Options, n, features, bytes int) (bool, error) {
	memory, err := memoryLimit(c)
	if err != nil || memory == 0 || o.Scope != grade.Restricted {
		return false, err
	}
	return ownMemory+run.InMemory*int64(bytes)+o.MemoryBytes(n, columns(o, features)) > memory, nil
}

// solveRows trains out of core where the data do not fit into --memory; done is false where they
// do.
func solveRows(c *cli.Context, s streams, path string, reading dataset.Options, o grade.Options) (done bool, err error) {
	room, asked, err := roomForRows(c, path, &o)
	if !asked || err != nil {
		return false, err
	}
	return solveOutOfCore(c, s, path, room, reading, o)
}

// solveOutOfCore is solveRows where there is room for so many bytes of data in memory.
func solveOutOfCore(c *cli.Context, s streams, path string, room int64, reading dataset.Options, o grade.Options) (done bool, err error) {
	bar := newProgress(c, s)
	rows, err := run.OpenRows(c.Context, path, room, reading, c.String("task"), bar.converting)
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
	memory, err := memoryLimit(c)
	if err != nil {
		return true, err
	}
	if n := rows.Data.Rows; memory > 0 {
		if need := rowsNeed(&o, n, rows.Data.Features); need > memory {
			return true, tooLittle(c, fmt.Sprintf("out of core these %d rows take, with so many patterns,", n), need)
		}
		rows.Data.Memory = memory - ownMemory
	}
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
	case grade.Refused(err):
		return o, 0, exit.Bad(fmt.Errorf("%s: %w", rows.Name, err))
	case errors.Is(err, rowfile.ErrChanged):
		return o, 0, exit.Bad(err)
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
