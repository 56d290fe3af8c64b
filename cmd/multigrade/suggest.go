package main

import (
	"fmt"
	"os"
	"regexp"
	"slices"
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
	if m := badValue.FindStringSubmatch(err.Error()); m != nil {
		return exit.Bad(fmt.Errorf("--%s %s: want %s", m[2], m[1], kindOfValue(c.Command, m[2])))
	}
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

// badValue is the error of the flag package about a value that is not of the flag's kind.
var badValue = regexp.MustCompile(`^invalid (?:boolean )?value (".*") for (?:flag )?-([^ :]+): `)

// kindOfValue says what values a flag takes.
func kindOfValue(command *cli.Command, name string) string {
	for _, f := range command.Flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		switch f.(type) {
		case *cli.IntFlag, *cli.Int64Flag:
			return "a whole number"
		case *cli.UintFlag, *cli.Uint64Flag:
			return "a whole number >= 0"
		case *cli.Float64Flag, *cli.Float64SliceFlag:
			return "a number"
		case *cli.DurationFlag:
			return "a time with its unit, such as 30s, 5m or 1h30m"
		case *cli.BoolFlag:
			return "true or false, or no value"
		}
	}
	return "another value"
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
