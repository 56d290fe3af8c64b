// Command multigrade trains multigrade ReLU networks by convex programs, with a
// certificate for every grade, and checks such certificates.
//
//	multigrade solve       train a model
//	multigrade fit         train on a table as it is, choices made by held-out rows
//	multigrade predict     apply a trained model
//	multigrade patterns    count, sample or list activation patterns
//	multigrade approx      the constructive scheme for a target on the cube
//	multigrade path        the regularisation path of the first grade
//	multigrade bench       time the standard problems
//	multigrade reproduce   run the built-in experiments beside published numbers
//	multigrade verify      check everything a run claims
//	multigrade report      a page with plots about one or several runs
//	multigrade sweep       many trainings as shards of a plan
//	multigrade prove       the proof of one grade as shards
//	multigrade export      a trained network as ONNX, JSON or Go source
//
//	multigrade version     the version, and what numbers depend on
//	multigrade help        the commands, or the flags of one
//
// Exit status: 0 what was written holds as claimed, whatever its status says; 1 the
// mathematics failed (an invalid certificate, nothing usable to write, a status worse
// than --require asks for); 2 the call or the input is bad; 130 interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/run"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(execute(ctx, os.Args, streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// streams are the standard streams of the program.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string, s streams) int {
	return guarded(s, args, func() int { return executeApp(ctx, newApp(s), args, s) })
}

func executeApp(ctx context.Context, app *cli.App, args []string, s streams) int {
	args, err := flagsFirst(app, args)
	if err == nil {
		err = app.RunContext(ctx, args)
	}
	if err == nil {
		return exit.StatusDone
	}
	var f *exit.Failure
	if !errors.As(err, &f) {
		f = &exit.Failure{Status: exit.StatusBadCall, Err: err}
	}
	if f.Err != nil {
		fmt.Fprintln(s.err, "multigrade:", exit.OneLine(f.Err))
	}
	return f.Status
}

func newApp(s streams) *cli.App {
	app := &cli.App{
		Name:                      "multigrade",
		Usage:                     "multigrade ReLU networks, trained by convex programs and certified",
		Description:               "Example: multigrade solve data.csv --grades 3",
		Version:                   run.Version,
		Reader:                    s.in,
		Writer:                    s.out,
		ErrWriter:                 s.err,
		HideHelpCommand:           true,
		EnableBashCompletion:      true,
		Flags:                     []cli.Flag{cli.HelpFlag}, // which the library leaves out beside a command of the same name
		DisableSliceFlagSeparator: true,
		ExitErrHandler:            func(*cli.Context, error) {},
		Commands:                  []*cli.Command{solveCommand(s), fitCommand(s), predictCommand(s), patternsCommand(s), verifyCommand(s), approxCommand(s), pathCommand(s), benchCommand(s), reproduceCommand(s), exportCommand(s), reportCommand(s), sweepCommand(s), proveCommand(s), docsCommand(s), versionCommand(s), helpCommand()},
		Action:                    noCommand,
		OnUsageError:              usageError,
	}
	for _, c := range app.Commands {
		c.OnUsageError = usageError
		c.Flags = append(c.Flags, commonFlags()...)
		groupFlags(c.Flags)
		giveShortNames(c.Flags)
		c.Before = setThreads
		c.HideHelpCommand = true
	}
	return app
}
