package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

func solveCommand() *cli.Command {
	d := grade.DefaultOptions()
	return &cli.Command{
		Name:      "solve",
		Usage:     "train a grade on the rows of a NumPy file in shards, a pipeline for each pass over them",
		ArgsUsage: "DATA.npy",
		Description: "The solver that multigrade solve --out-of-core has for files larger than memory, one grade in scope restricted,\n" +
			"with its passes over the rows taken by the workers: they are sent the point, and what they return is added\n" +
			"in a fixed tree, so that the run has the same bits. All workers see the file and the directory of the run\n" +
			"under the same names. Losses: squared and logistic.\n\n" +
			"Example: multigrade-beam solve --shards 8 --jobs 2 --beta 0.05 --out runs/rows rows.npy",
		Flags: append(engineFlags(),
			&cli.IntFlag{Name: "shards", Usage: "at most `N` shards of the rows", Value: 8},
			&cli.StringFlag{Name: "task", Usage: "regression or binary", DefaultText: "from the target"},
			&cli.StringFlag{Name: "activation", Usage: "`ACTIVATION`: relu, leaky:S, abs or gated", Value: d.Activation.String()},
			&cli.Float64Flag{Name: "beta", Usage: "regularisation `R` relative to beta_max", Value: float64(grade.DefaultBeta)},
			&cli.IntFlag{Name: "patterns", Usage: "number `N` of Gaussian gates sampled", DefaultText: "100 beyond 5000 rows, else 200"},
			&cli.Float64Flag{Name: "tol", Usage: "relative duality gap `T` at which the grade is solved", Value: d.Tol},
			&cli.Uint64Flag{Name: "seed", Usage: "`SEED` of everything random", Value: 1},
			&cli.BoolFlag{Name: "resume", Usage: "take up the run that was broken off in --out; a grade that was not finished begins anew"},
			&cli.StringFlag{Name: "out", Usage: "run directory `DIR`; an earlier run in it is replaced", Required: true}),
		Action: doSolve,
	}
}

func doSolve(c *cli.Context) error {
	path, err := one(c, "a NumPy file")
	if err != nil {
		return err
	}
	o, err := rowOptions(c)
	if err != nil {
		return exit.Bad(err)
	}
	if err := run.CheckOut(c.String("out"), path, "", ""); err != nil {
		return exit.Bad(err)
	}
	rows, err := run.OpenRows(c.Context, path, 0, dataset.Options{Limits: dataset.DefaultLimits()}, c.String("task"), func(string, int64, int64) {})
	if err != nil {
		return err
	}
	if rows == nil {
		return exit.Bad(fmt.Errorf("%s: want a file of rows", path))
	}
	defer rows.Close()
	o.Loss = rows.Data.Labels.Task.Loss()
	e, err := newEngine(c)
	if err != nil {
		return err
	}
	defer e.close()
	work, err := newRowWork(e, path, c.String("out"), c.Int("shards"), o.Loss)
	if err != nil {
		return exit.Failed(err)
	}
	defer work.close()
	rows.Data.Pass = work.pass
	t := &run.Training{Out: c.String("out"), Resume: c.Bool("resume"), Source: rows.Source, Data: rows.Meta(), Rows: rows, Options: o, Command: os.Args}
	t.Progress = func(p grade.Progress) {
		e.event(fmt.Sprintf("pass %d: primal %.9g, dual %.9g, gap %.2g, %d blocks", p.Iteration, p.Primal, p.Dual, p.RelGap, p.Active))
	}
	r, err := t.Run(c.Context)
	if err := e.failed(c.Context, err); err != nil {
		return err
	}
	return e.say(r.Summary(), fmt.Sprintf("%s: %s, %d passes by pipelines", r.Dir, r.Run.Status, work.passes))
}

// rowOptions are the options of a training on rows.
func rowOptions(c *cli.Context) (grade.Options, error) {
	o := grade.DefaultOptions()
	o.Grades, o.Scope = 1, grade.Restricted
	o.Beta, o.Patterns, o.Tol, o.Seed = grade.RelativeBeta(c.Float64("beta")), c.Int("patterns"), c.Float64("tol"), c.Uint64("seed")
	var err error
	if o.Activation, err = solver.ParseActivation(c.String("activation")); err != nil {
		return o, fmt.Errorf("--activation: %w", err)
	}
	if c.IsSet("patterns") && o.Patterns < 1 {
		return o, fmt.Errorf("--patterns %d: want at least 1", o.Patterns)
	}
	if c.Int("shards") < 1 {
		return o, fmt.Errorf("--shards %d: want at least 1", c.Int("shards"))
	}
	return o, o.Validate()
}

// newRowWork makes the directory that the workers of a training share, beside its own.
func newRowWork(e *engine, data, out string, shards int, l solver.Loss) (*rowWork, error) {
	data, err := filepath.Abs(data)
	if err != nil {
		return nil, err
	}
	beside, err := filepath.Abs(filepath.Dir(filepath.Clean(out)))
	if err == nil {
		err = os.MkdirAll(beside, 0o777)
	}
	if err != nil {
		return nil, err
	}
	w := &rowWork{e: e, data: data, shards: shards, loss: l}
	w.dir, w.close, err = run.WorkDir(beside, passesDir)
	return w, err
}

// passesDir is how the names of such directories begin.
const passesDir = ".passes-"

// again calls f, a pipeline, until it ends without an error, a few times at most.
func (e *engine) again(ctx context.Context, f func() error) error {
	for k := 1; ; k++ {
		err := f()
		if err == nil || ctx.Err() != nil || k == attempts {
			return errors.Join(err, ctx.Err())
		}
		fmt.Fprintf(e.log, "the pipeline failed (%.200s); it is tried again\n", exit.OneLine(err))
		select { // for what was killed to be gone
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

// retryAfter is the pause before a pass is tried again.
const retryAfter = 100 * time.Millisecond
