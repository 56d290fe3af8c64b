package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/urfave/cli/v2"

	"multigrade/internal/dense"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

func helpCommand() *cli.Command {
	return &cli.Command{
		Name:        "help",
		Usage:       "list the commands, or the flags of one",
		ArgsUsage:   "[COMMAND]",
		Description: "Example: multigrade help solve",
		Action: func(c *cli.Context) error {
			args, err := arguments(c, 0, 1, "one command or none")
			if err != nil {
				return err
			}
			if len(args) == 0 {
				cli.HelpPrinter(c.App.Writer, cli.AppHelpTemplate, c.App)
				return nil
			}
			topic := c.App.Command(args[0])
			if topic == nil {
				return exit.Bad(unknownCommand(c.App, args[0]))
			}
			cli.HelpPrinter(c.App.Writer, cli.CommandHelpTemplate, topic)
			return nil
		},
	}
}

func versionCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:        "version",
		Usage:       "the version of the program and what its numbers depend on",
		Description: "Example: multigrade version --json",
		Action: func(c *cli.Context) error {
			if _, err := arguments(c, 0, 0, "no arguments"); err != nil {
				return err
			}
			versions := run.Versions()
			versions["kernels"] = dense.Kernels() // for speed alone: the numbers are the same with each
			if c.Bool("json") {
				return exit.Failed(writeJSON(s.out, versions))
			}
			return exit.Failed(versionLines(s.out, versions))
		},
	}
}

// versionLines writes the program's version first.
func versionLines(out io.Writer, versions map[string]string) error {
	_, err := fmt.Fprintf(out, "multigrade %s\n", versions["multigrade"])
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		if name != "multigrade" {
			_, more := fmt.Fprintf(out, "%s %s\n", name, versions[name])
			err = errors.Join(err, more)
		}
	}
	return err
}
