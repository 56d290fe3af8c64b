package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/internal/sweep"
)

func sweepCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "sweep",
		Usage:     "many trainings as shards: plan, run, merge",
		ArgsUsage: "plan [SPEC] | run [DIR] | merge [DIR]",
		Description: "plan lists data sets x option values x seeds x folds as numbered shards, from a YAML file (command,\n" +
			"data, options, seeds, folds) or from --data, --set, --seeds and --folds. run does one shard, or all that are not done;\n" +
			"a shard that is done is left as it is, and one that was broken off begins again. merge makes one\n" +
			"table of them, table.csv, table.json and the page report.html, and names the shards that are not done. DIR is " + sweepDir + " unless said\n" +
			"otherwise. --index is taken from the array job if there is one (SLURM_ARRAY_TASK_ID,\n" +
			"JOB_COMPLETION_INDEX).\n\n" +
			"Example: multigrade sweep plan --data a.csv --data b.csv --set beta=0.01,0.003 --seeds 1,2,3\n" +
			"         multigrade sweep run --all --jobs 2\n" +
			"         multigrade sweep merge --verify",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "plan: directory `DIR` of the sweep", Value: sweepDir},
			&cli.StringFlag{Name: "command", Usage: "plan: `NAME` of the command, solve or fit", Value: sweep.Commands[0]},
			&cli.StringSliceFlag{Name: "data", Usage: "plan: data `FILE`, repeated for several"},
			&cli.StringSliceFlag{Name: "set", Usage: "plan: option and its values, `NAME=V1,V2`, repeated for several; true or false where a flag has no value"},
			&cli.StringFlag{Name: "seeds", Usage: "plan: `LIST` of seeds, such as 1,2,3", Value: "1"},
			&cli.IntFlag{Name: "folds", Usage: "plan: `K` parts of the rows, each in turn for the test; merge writes their means, too", DefaultText: "none"},
			&cli.IntFlag{Name: "index", Usage: "run: shard `I`, from 0", DefaultText: "that of the array job"},
			&cli.BoolFlag{Name: "all", Usage: "run: all shards that are not done"},
			&cli.IntFlag{Name: "jobs", Usage: "run --all: `N` shards at a time, which share the threads", Value: 1},
			&cli.BoolFlag{Name: "verify", Usage: "merge: check every run, and the results against the runs; exit 1 if one is not valid or a shard is not done"},
		},
		Action: func(c *cli.Context) error { return sweepAction(c, s) },
	}
}

// sweepDir is the directory of a sweep by default.
const sweepDir = "sweep"

func sweepAction(c *cli.Context, s streams) error {
	args, err := arguments(c, 1, 2, "plan, run or merge and what it works on")
	if err != nil {
		return err
	}
	if err := sweepFlagsFit(c, args[0]); err != nil {
		return exit.Bad(err)
	}
	dir := sweepDir
	if len(args) == 2 {
		dir = args[1]
	}
	switch args[0] {
	case "plan":
		return sweepPlan(c, s, args[1:])
	case "run":
		return sweepRun(c, s, dir)
	}
	return sweepMerge(c, s, dir)
}

// sweepParts are the parts of the command, each with the flags that only it has.
var sweepParts = map[string][]string{
	"plan":  {"out", "command", "data", "set", "seeds", "folds"},
	"run":   {"index", "all", "jobs"},
	"merge": {"verify"},
}

// sweepFlagsFit is an error where there is no such part, or a flag of another one is given
// or the one seed of a training.
func sweepFlagsFit(c *cli.Context, part string) error {
	if sweepParts[part] == nil {
		return fmt.Errorf("sweep %q: want plan, run or merge", part)
	}
	if c.IsSet("seed") {
		return errors.New("--seed: the seeds of a sweep are those of sweep plan --seeds")
	}
	for _, other := range slices.Sorted(maps.Keys(sweepParts)) {
		for _, f := range sweepParts[other] {
			if other != part && c.IsSet(f) {
				return fmt.Errorf("--%s is a flag of sweep %s, not of sweep %s", f, other, part)
			}
		}
	}
	return nil
}

// sweepPlan writes a plan.
func sweepPlan(c *cli.Context, s streams, files []string) error {
	spec, err := sweepSpec(c, files)
	if err != nil {
		return exit.Bad(err)
	}
	p, err := sweep.NewPlan(spec, sweepFlags(c.App.Command(spec.Command)))
	if err != nil {
		return exit.Bad(err)
	}
	if err := p.Write(c.String("out")); err != nil {
		return exit.Bad(err)
	}
	if c.Bool("json") {
		return writeJSON(s.out, map[string]any{"dir": c.String("out"), "shards": len(p.Shards)})
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(s.out, "%s: %d shards, 0 to %d\n", c.String("out"), len(p.Shards), len(p.Shards)-1)
	}
	return nil
}

// sweepFlags are the flags of a command as a sweep sets them; nil has none.
func sweepFlags(command *cli.Command) map[string]sweep.Flag {
	flags := map[string]sweep.Flag{}
	for name, valued := range flagsOf(command) {
		flags[name] = sweep.Flag{Valued: valued, Read: meaningOf(command, name)}
	}
	return flags
}

// meaningOf reads the values of a flag as its type does, nil where that is a list.
func meaningOf(command *cli.Command, name string) func(value string) (string, error) {
	for _, f := range command.Flags {
		if !slices.Contains(f.Names(), name) {
			continue
		}
		switch f.(type) {
		case *cli.Float64Flag:
			return numberOf
		case *cli.IntFlag, *cli.Uint64Flag:
			return func(value string) (string, error) {
				n, err := strconv.ParseInt(value, 0, 64)
				if err != nil {
					return "", errors.New("want a whole number")
				}
				return strconv.FormatInt(n, 10), nil
			}
		case *cli.DurationFlag:
			return func(value string) (string, error) {
				d, err := time.ParseDuration(value)
				if err != nil {
					return "", errors.New("want a time such as 90s or 1h30m")
				}
				return d.String(), nil
			}
		case *cli.StringFlag: // in which numbers may stand beside words
			return func(value string) (string, error) {
				if n, err := numberOf(value); err == nil {
					return n, nil
				}
				return value, nil
			}
		}
	}
	return nil
}

// numberOf is what all ways to write a number share.
func numberOf(value string) (string, error) {
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || math.IsNaN(x) {
		return "", errors.New("want a number")
	}
	return strconv.FormatFloat(x, 'g', -1, 64), nil
}

// sweepSpec is the spec of the file or that of the flags.
func sweepSpec(c *cli.Context, files []string) (*sweep.Spec, error) {
	if len(files) == 1 {
		for _, f := range []string{"data", "set", "seeds", "folds", "command"} {
			if c.IsSet(f) {
				return nil, fmt.Errorf("--%s beside the file %s, which says it itself", f, files[0])
			}
		}
		spec, err := sweep.ReadSpec(files[0])
		if err == nil && spec.Command == "" {
			spec.Command = sweep.Commands[0]
		}
		return spec, err
	}
	spec := &sweep.Spec{Command: c.String("command"), Data: c.StringSlice("data"), Options: map[string]sweep.Settings{}, Folds: c.Int("folds")}
	if c.IsSet("folds") && spec.Folds == 0 {
		return nil, errors.New("--folds 0: want at least 2")
	}
	for _, set := range c.StringSlice("set") {
		name, values, ok := strings.Cut(set, "=")
		if !ok || values == "" {
			return nil, fmt.Errorf("--set %q: want NAME=VALUE or NAME=VALUE,VALUE", set)
		}
		if spec.Options[name] != nil {
			return nil, fmt.Errorf("--set %s twice", name)
		}
		spec.Options[name] = strings.Split(values, ",")
	}
	for _, v := range strings.Split(c.String("seeds"), ",") {
		seed, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("--seeds %q: want whole numbers from 0, separated by commas", c.String("seeds"))
		}
		spec.Seeds = append(spec.Seeds, seed)
	}
	return spec, nil
}

// sweepRun does shards.
func sweepRun(c *cli.Context, s streams, dir string) error {
	if c.Int("jobs") < 1 {
		return exit.Bad(fmt.Errorf("--jobs %d: want at least 1", c.Int("jobs")))
	}
	index, all, err := shardIndex(c, "sweep run")
	if err != nil {
		return err
	}
	threads := runtime.GOMAXPROCS(0)
	if all {
		threads = max(1, threads/c.Int("jobs"))
	}
	self, err := os.Executable()
	if err != nil {
		return exit.Failed(err)
	}
	w, err := sweep.NewWorker(dir, sweep.Program(self, threads), s.err)
	if err != nil {
		return exit.Bad(err)
	}
	did, kept, unfit := 0, 0, 0
	tell := func(index int, mine bool, err error) {
		said := "done"
		switch {
		case err != nil:
			if errors.As(err, new(*sweep.Unfit)) {
				unfit++
			}
			fmt.Fprintln(s.err, "multigrade:", exit.OneLine(err))
			return
		case mine:
			did++
		default:
			kept++
			said = "was done before"
		}
		if !c.Bool("quiet") {
			fmt.Fprintf(s.err, "shard %d %s\n", index, said)
		}
	}
	if all {
		if err := w.DoAll(c.Context, c.Int("jobs"), tell); err != nil {
			return sweepFailure(c.Context, len(w.Plan.Shards)-did-kept-unfit, unfit)
		}
	} else {
		if err := w.Plan.Check(index); err != nil {
			return exit.Bad(err)
		}
		mine, err := w.Do(c.Context, index)
		tell(index, mine, err)
		if err != nil {
			return sweepFailure(c.Context, 1-unfit, unfit)
		}
	}
	if c.Bool("json") {
		return writeJSON(s.out, map[string]any{"dir": dir, "did": did, "kept": kept})
	}
	return nil
}

// sweepFailure is how a run ends that left shards undone, or found results that do not
// fit; why was said before.
func sweepFailure(ctx context.Context, undone, unfit int) error {
	if ctx.Err() != nil {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted; the same command goes on")}
	}
	var said []string
	if undone > 0 {
		said = append(said, fmt.Sprintf("shards not done: %d; the same command tries them again", undone))
	}
	if unfit > 0 {
		said = append(said, fmt.Sprintf("shards whose result does not fit: %d; they are done again when it is removed", unfit))
	}
	return exit.Failed(errors.New(strings.Join(said, "; ")))
}

// sweepMerge writes the table of what is done.
func sweepMerge(c *cli.Context, s streams, dir string) error {
	t, err := sweep.Merge(c.Context, dir, c.Bool("verify"))
	if c.Context.Err() != nil {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted; no table is written")}
	}
	if err != nil {
		return exit.Bad(err)
	}
	if err := run.OtherVersion(t.Versions, run.Versions()); err != nil {
		fmt.Fprintf(s.err, "multigrade: the shards were done by %v\n", err)
	}
	if err := t.Write(dir); err != nil {
		return exit.Failed(err)
	}
	switch {
	case c.Bool("json"):
		err = writeJSON(s.out, t)
	case !c.Bool("quiet"):
		if err = t.WriteCSV(s.out); err == nil {
			fmt.Fprintf(s.err, "%d shards done, %d missing; written to %s\n", len(t.Rows), len(t.Missing), filepath.Join(dir, "table.csv"))
		}
	}
	if err != nil {
		return exit.Failed(err)
	}
	if len(t.Missing) > 0 { // also where nothing else is said, as the table does not tell
		fmt.Fprintf(s.err, "multigrade: shards not done: %s\n", sweep.Ranges(t.Missing))
	}
	refuted := t.Refuted()
	for _, why := range refuted {
		fmt.Fprintln(s.err, "multigrade:", why)
	}
	switch {
	case len(refuted) > 0:
		return exit.Failed(errors.New("not all runs are valid, or their results not theirs; the table says which"))
	case c.Bool("verify") && len(t.Missing) > 0:
		return exit.Failed(errors.New("not all shards are done, so not all are checked"))
	}
	return nil
}
