package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// commonFlags are the flags of every command.
func commonFlags() []cli.Flag {
	return []cli.Flag{
		&cli.BoolFlag{Name: "quiet", Usage: "no progress and no table"},
		&cli.BoolFlag{Name: "json", Usage: "one JSON object on standard output"},
		&cli.IntFlag{Name: "threads", Usage: "number of `THREADS`; the results do not depend on it", DefaultText: "all"},
		&cli.Uint64Flag{Name: "seed", Usage: "`SEED` of everything random", Value: 1},
	}
}

// setThreads limits the processors used to --threads.
func setThreads(c *cli.Context) error {
	if !c.IsSet("threads") {
		return nil
	}
	n := c.Int("threads")
	if n < 1 {
		return exit.Bad(fmt.Errorf("--threads %d: want at least 1", n))
	}
	runtime.GOMAXPROCS(n)
	return nil
}

// writeJSON writes v as the one JSON object of the command.
func writeJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// present writes what came of a command: v as its JSON object, with --csv the rows,
// without --quiet the table. csv is nil where the command has no such flag.
func present(c *cli.Context, out io.Writer, v any, csv, table func(io.Writer) error) error {
	switch {
	case c.Bool("json"):
		return writeJSON(out, v)
	case csv != nil && c.Bool("csv"):
		return csv(out)
	case !c.Bool("quiet"):
		return table(out)
	}
	return nil
}

// arguments returns the command's arguments, which must be between least and
// most; what describes them.
func arguments(c *cli.Context, least, most int, what string) ([]string, error) {
	args := c.Args().Slice()
	if len(args) < least || len(args) > most {
		return nil, exit.Bad(fmt.Errorf("%s: want %s, got %d arguments", c.Command.Name, what, len(args)))
	}
	return args, nil
}

// checkOutFile refuses, before any work, a name for the output that is a folder's, in a
// folder that is not there, an input's, or that of a file of a run.
func checkOutFile(c *cli.Context, inputs []string) error {
	name := c.String("out")
	if name == "" || name == stdout {
		return nil
	}
	info, err := os.Stat(name)
	if err == nil && info.IsDir() {
		return exit.Bad(fmt.Errorf("--out %s: a folder, want the name of a file", name))
	}
	for _, input := range inputs {
		if other, failed := os.Stat(input); err == nil && failed == nil && os.SameFile(info, other) {
			return exit.Bad(fmt.Errorf("--out %s: the input, want the name of another file", name))
		}
	}
	if run.PartOfRun(name) {
		return exit.Bad(fmt.Errorf("--out %s: a file that a run consists of, want another name", name))
	}
	if _, err := os.Stat(filepath.Dir(name)); err != nil {
		return exit.Bad(fmt.Errorf("--out %s: there is no folder %s", name, filepath.Dir(name)))
	}
	return nil
}

// gradesAsked is --grade, by default all grades of the model.
func gradesAsked(c *cli.Context, m *grade.Model) int {
	if c.IsSet("grade") {
		return c.Int("grade")
	}
	return len(m.Grades)
}
