package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/sweep"
)

func sweepCommand() *cli.Command {
	return &cli.Command{
		Name:      "sweep",
		Usage:     "do the shards of a sweep that are not done",
		ArgsUsage: "DIR",
		Description: "DIR is the directory of a sweep that multigrade sweep plan made, and which all workers share under the\n" +
			"same name. Each shard is a process of the program multigrade. multigrade sweep merge makes the table.\n\n" +
			"Example: multigrade sweep plan --data a.csv --set beta=0.01,0.003 --seeds 1,2,3\n" +
			"         multigrade-beam sweep --jobs 2 sweep",
		Flags: append(engineFlags(),
			&cli.StringFlag{Name: "program", Usage: "the program multigrade at `PATH`", DefaultText: "beside this one, or where the shell finds it"},
			&cli.IntFlag{Name: "threads", Usage: "`THREADS` of a shard", DefaultText: "those of the machine, shared by the jobs"}),
		Action: doSweep,
	}
}

// sweepShard is the DoFn of a sweep's shards.
type sweepShard struct {
	Dir, Program  string
	Threads, Jobs int

	worker *sweep.Worker
}

func init() { register.DoFn3x1[context.Context, int, func(failure), error](&sweepShard{}) }

func (f *sweepShard) ProcessElement(ctx context.Context, index int, emit func(failure)) error {
	return try(ctx, f.open, index, emit)
}

func (f *sweepShard) open() (doer, error) {
	if f.worker != nil {
		return f.worker, nil
	}
	program, err := findProgram(f.Program)
	if err != nil {
		return nil, err
	}
	threads := f.Threads
	if threads == 0 {
		threads = max(1, runtime.GOMAXPROCS(0)/f.Jobs)
	}
	f.worker, err = sweep.NewWorker(f.Dir, sweep.Program(program, threads), os.Stderr)
	return f.worker, err
}

// findProgram is where multigrade is: at path, beside this program, or on PATH.
func findProgram(path string) (string, error) {
	const name = "multigrade"
	if path != "" {
		return exec.LookPath(path)
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if beside, err := exec.LookPath(filepath.Join(filepath.Dir(self), name)); err == nil {
		return beside, nil
	}
	path, err = exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("the program %s is neither beside this one nor on PATH (--program says where it is)", name)
	}
	return path, nil
}

func doSweep(c *cli.Context) error {
	dir, err := one(c, "the directory of a sweep")
	if err != nil {
		return err
	}
	if c.Int("threads") < 0 {
		return exit.Bad(fmt.Errorf("--threads %d: want at least 1", c.Int("threads")))
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return exit.Bad(err)
	}
	w, err := sweep.NewWorker(dir, nil, nil)
	if err != nil {
		return exit.Bad(err)
	}
	for i := range w.Plan.Shards {
		err = errors.Join(err, w.Sound(i))
	}
	if err != nil {
		return exit.Bad(err)
	}
	program := c.String("program")
	if program, err = findProgram(program); err == nil {
		program, err = filepath.Abs(program)
	}
	if err != nil {
		return exit.Bad(err)
	}
	e, err := newEngine(c)
	if err != nil {
		return err
	}
	defer e.close()
	if c.String("program") == "" {
		program = "" // each worker finds its own
	}
	work := &shards{count: len(w.Plan.Shards), dir: dir, done: w.Done,
		do: &sweepShard{Dir: dir, Program: program, Threads: c.Int("threads"), Jobs: e.jobs}}
	before := work.undone()
	failures, err := work.run(c.Context, e)
	if err := e.failed(c.Context, err); err != nil {
		return err
	}
	for _, f := range failures {
		fmt.Fprintln(e.log, "multigrade-beam:", f.Why)
	}
	if left := work.undone(); left > 0 {
		return exit.Failed(fmt.Errorf("shards not done: %d; the same command tries them again", left))
	} else if len(failures) > 0 {
		return exit.Failed(errors.New("shards failed that were then done by others"))
	}
	return e.say(map[string]any{"dir": dir, "did": before, "kept": work.count - before}, fmt.Sprintf("%s: %d shards done, %d of them before", dir, work.count, work.count-before))
}
