// Command multigrade-beam does the shards of multigrade's sweeps and proofs as pipelines
// of Apache Beam.
//
//	multigrade-beam sweep DIR   the shards of a sweep, planned by multigrade sweep plan
//	multigrade-beam prove RUN   a grade's proof: plan, rounds of shards, merges
//	multigrade-beam solve ROWS  a grade on the rows of a file, a pipeline for each pass over them
//	multigrade-beam pool        the workers of a machine, for a runner elsewhere
//
// The shards, their directories and their results are those of multigrade; each is done
// once, whoever does it. The runner is Prism within this program unless another is named.
//
// Exit status: as that of multigrade.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/harness/init" // -worker, a worker process
	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/run"
)

func main() {
	if slices.ContainsFunc(os.Args[1:], func(a string) bool { return a == workerFlag || strings.HasPrefix(a, workerFlag+"=") }) {
		flag.Parse()
		if err := enableWithoutMetrics(); err != nil {
			panic(err) // it is registered
		}
		beam.Init() // which is the worker's life
		return
	}
	beam.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(execute(ctx, os.Args, os.Stdout, os.Stderr))
}

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string, out, log io.Writer) int {
	app := &cli.App{
		Name:            "multigrade-beam",
		Usage:           "the shards of multigrade as pipelines of Apache Beam",
		Version:         run.Version,
		Writer:          out,
		ErrWriter:       log,
		HideHelpCommand: true,
		ExitErrHandler:  func(*cli.Context, error) {},
		OnUsageError:    func(_ *cli.Context, err error, _ bool) error { return exit.Bad(err) },
		Commands:        []*cli.Command{sweepCommand(), proveCommand(), solveCommand(), poolCommand()},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return exit.Bad(fmt.Errorf("%q is no command; want sweep, prove, solve or pool", c.Args().First()))
			}
			return exit.Bad(errors.New("want a command: sweep, prove, solve or pool (--help says more)"))
		},
	}
	for _, c := range app.Commands {
		c.OnUsageError = app.OnUsageError
		c.HideHelpCommand = true
	}
	err := app.RunContext(ctx, args)
	if err == nil {
		return exit.StatusDone
	}
	var f *exit.Failure
	if !errors.As(err, &f) {
		f = &exit.Failure{Status: exit.StatusBadCall, Err: err}
	}
	if f.Err != nil {
		fmt.Fprintln(log, "multigrade-beam:", exit.OneLine(f.Err))
	}
	return f.Status
}

// one is the only argument of a command, described by what.
func one(c *cli.Context, what string) (string, error) {
	if c.NArg() != 1 {
		return "", exit.Bad(fmt.Errorf("%s: want %s after the flags, got %d arguments", c.Command.Name, what, c.NArg()))
	}
	return c.Args().First(), nil
}
