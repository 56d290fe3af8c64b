package main

import (
	"slices"

	"github.com/urfave/cli/v2"
)

// flagGroups are the headings under which --help lists flags, and the flags under
// each; those of one command alone are under its own, otherHeading. Help sorts the
// headings by name.
var flagGroups = []struct {
	heading string
	flags   []string
}{
	{"Data", []string{"target", "task", "test", "holdout", "fold", "stride", "validation", "refit", "one-standard-error", "gates", "data", "table", "dim", "lipschitz", "samples",
		"columns", "ignore", "categorical", "missing", "no-header", "encoding", "date", "weights", "group", "time", "stratify", "folds", "repeats", "box", "max-size", "max-columns"}},
	{"Model", []string{"grades", "width", "width-work", "spread", "beta", "beta-abs", "penalty", "activation", "loss", "huber-threshold", "class-weight", "monotone", "dead-zone", "carry", "no-bias", "no-standardize", "no-intercept",
		"grade", "trained", "growth", "adaptive", "halving", "narrow", "composed", "compose", "compare"}},
	{"Optimisation", []string{"method", "scope", "patterns", "rounds", "bound-leaves", "tol", "points", "ratio", "effort", "relaxation"}},
	{"Limits", []string{"max-iter", "work", "time-limit", "memory", "out-of-core", "require"}},
	{"Output", []string{"out", "resume", "quiet", "explain", "json", "csv", "plot", "png", "svg", "network", "format", "float32", "package", "features", "image", "size", "proba", "interval"}},
	{"Shards", []string{"command", "set", "seeds", "shards", "leaves", "index", "all", "jobs", "verify"}},
	{"Program", []string{"threads", "seed", "help"}},
}

const otherHeading = "This command"

// groupFlags puts the flags of a command under their headings.
func groupFlags(flags []cli.Flag) {
	for _, f := range flags {
		setHeading(f, otherHeading)
		for _, g := range flagGroups {
			if slices.Contains(g.flags, f.Names()[0]) {
				setHeading(f, g.heading)
			}
		}
	}
}

func setHeading(flag cli.Flag, heading string) {
	switch f := flag.(type) {
	case *cli.BoolFlag:
		f.Category = heading
	case *cli.StringFlag:
		f.Category = heading
	case *cli.StringSliceFlag:
		f.Category = heading
	case *cli.IntFlag:
		f.Category = heading
	case *cli.Uint64Flag:
		f.Category = heading
	case *cli.Float64Flag:
		f.Category = heading
	case *cli.DurationFlag:
		f.Category = heading
	}
}

// shortNames are those that flags have besides their own.
var shortNames = map[string]string{"out": "o", "quiet": "q"}

// giveShortNames adds them.
func giveShortNames(flags []cli.Flag) {
	for _, flag := range flags {
		short, has := shortNames[flag.Names()[0]]
		if !has {
			continue
		}
		switch f := flag.(type) {
		case *cli.BoolFlag:
			f.Aliases = []string{short}
		case *cli.StringFlag:
			f.Aliases = []string{short}
		}
	}
}
