package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
)

// flagsFirst moves the flags of a command before its arguments, because the
// flag package stops at the first argument: "solve data.csv --grades 2" becomes
// "solve --grades 2 -- data.csv". A flag whose value was forgotten is an error: it
// would take the next flag for it, which can still be given as --flag=--value.
func flagsFirst(app *cli.App, args []string) ([]string, error) {
	if len(args) < 2 || strings.HasPrefix(args[1], "-") || args[len(args)-1] == "--generate-bash-completion" {
		return args, nil
	}
	if app.Command(args[1]) == nil {
		if _, err := os.Stat(args[1]); err == nil && (slices.Contains(args, "--help") || slices.Contains(args, "-h")) {
			return []string{args[0], "solve", "--help"}, nil // what the file is for
		}
		return nil, exit.Bad(unknownCommand(app, args[1]))
	}
	takesValue, err := flagsOf(app.Command(args[1])), error(nil)
	var flags, rest []string
	for todo := args[2:]; len(todo) > 0; todo = todo[1:] {
		arg := todo[0]
		if arg == "--" {
			rest = append(rest, todo[1:]...)
			break
		}
		if arg == "--help" || arg == "-h" { // which would take an argument for a topic
			return []string{args[0], args[1], arg}, nil
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" || args[1] == "approx" && isFormula(arg, takesValue) {
			rest = append(rest, arg)
			continue
		}
		flags = append(flags, arg)
		if name, value, given := strings.Cut(strings.TrimLeft(arg, "-"), "="); takesValue[name] {
			if !given {
				value, todo = next(todo)
				flags = append(flags, value)
			}
			err = errors.Join(err, checkValue(arg, value, given, takesValue))
		}
	}
	if err != nil {
		return nil, exit.Bad(err)
	}
	return append(append(append(args[:2:2], flags...), "--"), rest...), nil
}

// isFormula: -x^2 begins with one - and is no flag.
func isFormula(arg string, known map[string]bool) bool {
	name, _, _ := strings.Cut(arg[1:], "=")
	_, isFlag := known[name]
	return !isFlag && !strings.HasPrefix(arg, "--") && name != "help" && name != "h"
}

// flagsOf says of each flag of a command whether a value follows it; nil has none.
func flagsOf(command *cli.Command) map[string]bool {
	takesValue := map[string]bool{}
	if command == nil {
		return takesValue
	}
	for _, f := range command.Flags {
		_, isBool := f.(*cli.BoolFlag)
		for _, name := range f.Names() {
			takesValue[name] = !isBool
		}
	}
	return takesValue
}

// next is the argument after the first, "" if there is none, and what begins with it.
func next(todo []string) (string, []string) {
	if len(todo) < 2 {
		return "", todo
	}
	return todo[1], todo[1:]
}

// checkValue reports a value that was forgotten: there is none, or it is the next flag.
func checkValue(flag, value string, given bool, known map[string]bool) error {
	switch {
	case value == "":
		return fmt.Errorf("%s: want a value", strings.TrimSuffix(flag, "="))
	case given:
		return nil
	}
	name, _, _ := strings.Cut(strings.TrimLeft(value, "-"), "=")
	if _, isFlag := known[name]; value == "--" || strings.HasPrefix(value, "-") && (isFlag || name == "help" || name == "h") {
		return fmt.Errorf("%s: want a value, got %s (one that begins so is given as %s=%s)", flag, value, flag, value)
	}
	return nil
}
