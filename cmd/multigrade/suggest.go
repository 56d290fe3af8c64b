package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"
	"github.com/xrash/smetrics"

	"multigrade/internal/exit"
)

// likeEnough is the Jaro-Winkler similarity from which on a name is taken for a slip of
// another: one letter left out, doubled, wrong or two swapped in a name of five
// letters stays above it, names of different commands below.
const likeEnough = 0.84

// meant is ", did you mean NAME?" with the known name most like the one given, behind
// a prefix; "" where none is like it.
func meant(given, prefix string, known []string) string {
	best, likeness := "", likeEnough
	for _, name := range known {
		if l := smetrics.JaroWinkler(given, name, 0.7, 4); l > likeness {
			best, likeness = name, l
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(", did you mean %s%s?", prefix, best)
}

// usageError names the flag that was meant.
func usageError(c *cli.Context, err error, _ bool) error {
	const undefined = "flag provided but not defined: -"
	given, is := strings.CutPrefix(err.Error(), undefined)
	if !is {
		return exit.Bad(err)
	}
	given = strings.TrimLeft(given, "-")
	known := []string{"help"}
	for _, f := range c.Command.Flags {
		for _, name := range f.Names() {
			if len(name) > 1 {
				known = append(known, name)
			}
		}
	}
	return exit.Bad(fmt.Errorf("unknown flag --%s%s", given, meant(given, "--", known)))
}

// noCommand runs when no command was named.
func noCommand(c *cli.Context) error { return cli.ShowAppHelp(c) }

func unknownCommand(app *cli.App, given string) error {
	var names []string
	for _, known := range app.Commands {
		names = append(names, known.Name)
	}
	hint := meant(given, "", names)
	if info, err := os.Stat(given); err == nil && hint == "" {
		hint = fmt.Sprintf(", did you mean multigrade solve %s?", given)
		if info.IsDir() {
			hint = fmt.Sprintf(", did you mean multigrade verify %s?", given)
		}
	}
	if hint == "" {
		hint = "; multigrade help lists them"
	}
	return fmt.Errorf("unknown command %q%s", given, hint)
}
