package main

import (
	"fmt"
	"path/filepath"
	"runtime"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/prove"
	"multigrade/internal/run"
)

func proveCommand(s streams) *cli.Command {
	d := prove.DefaultSettings()
	return &cli.Command{
		Name:      "prove",
		Usage:     "the proof of one grade as shards: plan, run, merge",
		ArgsUsage: "plan RUN | run RUN | merge RUN",
		Description: "For a grade that ended as priced: solved over its patterns, the bound over all patterns too far away.\n" +
			"plan begins a branch and bound for that bound in RUN.proof-GRADE and numbers its open leaves as shards.\n" +
			"run does one shard, or all that are not done, each with a counted number of leaves; a shard that is done is\n" +
			"left as it is, and one that was broken off begins again. merge puts them together: what is still open is\n" +
			"the next round's shards; when nothing is, the run's certificate is replaced, checked, and the grade is\n" +
			"optimal. The certificate does not depend on the number of workers. --index is taken from the array job\n" +
			"if there is one (SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX).\n\n" +
			"Example: multigrade prove plan runs/data --grade 1\n" +
			"         multigrade prove run runs/data --grade 1 --all\n" +
			"         multigrade prove merge runs/data --grade 1",
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "grade", Usage: "grade `K` of the run", Value: 1},
			&cli.StringFlag{Name: "data", Usage: "data `FILE` of the run", DefaultText: "where the manifest says"},
			&cli.StringFlag{Name: "test", Usage: "`FILE` with the test rows of the run, if they have one", DefaultText: "where the manifest says"},
			&cli.IntFlag{Name: "shards", Usage: "plan: at most `N` shards in a round", Value: d.Shards},
			&cli.IntFlag{Name: "leaves", Usage: "plan: about `N` leaves for a shard in a round", Value: d.Leaves},
			&cli.IntFlag{Name: "index", Usage: "run: shard `I`, from 0", DefaultText: "that of the array job"},
			&cli.BoolFlag{Name: "all", Usage: "run: all shards that are not done"},
			&cli.IntFlag{Name: "jobs", Usage: "run --all: `N` shards at a time", DefaultText: "one for each thread"},
		},
		Action: func(c *cli.Context) error { return proveAction(c, s) },
	}
}

func proveAction(c *cli.Context, s streams) error {
	args, err := arguments(c, 2, 2, "plan, run or merge and the run directory")
	if err != nil {
		return err
	}
	if base := filepath.Base(filepath.Clean(args[1])); base == "." || base == ".." {
		return exit.Bad(fmt.Errorf("%s: the proof is written beside the run directory, so name that from outside of it", args[1]))
	}
	p := &proving{c, s, c.Int("grade"), run.RunSource{Dir: args[1], Data: c.String("data"), Test: c.String("test")}}
	switch args[0] {
	case "plan":
		return p.plan()
	case "run":
		return p.run()
	case "merge":
		return p.merge()
	}
	return exit.Bad(fmt.Errorf("prove %q: want plan, run or merge", args[0]))
}

// proving is one call of the command.
type proving struct {
	c     *cli.Context
	s     streams
	grade int
	from  run.RunSource
}

// proofState is the JSON object of plan and merge.
type proofState struct {
	Run    string `json:"run"`
	Grade  int    `json:"grade"`
	Status string `json:"status"` // open or optimal
	Proof  string `json:"proof"`  // the proof directory
	Round  int    `json:"round,omitempty"`
	Shards int    `json:"shards"` // of the round
	Open   int    `json:"open"`   // leaves
	Nodes  int    `json:"nodes"`  // of the trees
}

const (
	proofOpen    = "open"
	proofOptimal = "optimal"
)

func (p *proving) plan() error {
	plan, err := prove.NewPlan(p.c.Context, p.from, p.grade, prove.Settings{Shards: p.c.Int("shards"), Leaves: p.c.Int("leaves")})
	if err != nil {
		return err
	}
	if plan == nil {
		return p.tell(&prove.Outcome{Proved: true})
	}
	if err := plan.Write(prove.Dir(p.from.Dir, p.grade)); err != nil {
		return err
	}
	there, _, err := prove.ReadPlan(prove.Dir(p.from.Dir, p.grade))
	if err != nil {
		return err
	}
	return p.tell(&prove.Outcome{Round: there.Round, Shards: there.Count(), Open: there.Open(), Nodes: there.Nodes()})
}

// tell says how far the proof is.
func (p *proving) tell(o *prove.Outcome) error {
	j := &proofState{Run: p.from.Dir, Grade: p.grade, Status: proofOpen, Proof: prove.Dir(p.from.Dir, p.grade), Round: o.Round, Shards: o.Shards, Open: o.Open, Nodes: o.Nodes}
	if o.Proved {
		j.Status = proofOptimal
	}
	switch {
	case p.c.Bool("json"):
		return writeJSON(p.s.out, j)
	case p.c.Bool("quiet"):
	case o.Proved && o.Nodes > 0:
		fmt.Fprintf(p.s.out, "%s: grade %d is proved to be optimal over all patterns, %d nodes\n", p.from.Dir, p.grade, o.Nodes)
	case o.Proved:
		fmt.Fprintf(p.s.out, "%s: grade %d has nothing to prove: its claims for all patterns are optimal\n", p.from.Dir, p.grade)
	case o.Open == 0:
		fmt.Fprintf(p.s.out, "%s: no leaf is open, %d nodes; merge it\n", j.Proof, o.Nodes)
	default:
		fmt.Fprintf(p.s.out, "%s: round %d, shards 0 to %d with %d open leaves, %d nodes so far\n", j.Proof, o.Round, o.Shards-1, o.Open, o.Nodes)
	}
	return nil
}

func (p *proving) run() error {
	jobs := runtime.GOMAXPROCS(0)
	if p.c.IsSet("jobs") {
		jobs = p.c.Int("jobs")
	}
	if jobs < 1 {
		return exit.Bad(fmt.Errorf("--jobs %d: want at least 1", jobs))
	}
	index, all, err := shardIndex(p.c, "prove run")
	if err != nil {
		return err
	}
	w, err := prove.NewWorker(p.c.Context, p.from, p.grade)
	if err != nil {
		return err
	}
	did, kept := 0, 0
	tell := func(index int, mine bool, err error) {
		said := "done"
		switch {
		case err != nil:
			return // the first is the command's
		case mine:
			did++
		default:
			kept++
			said = "was done before"
		}
		if !p.c.Bool("quiet") {
			fmt.Fprintf(p.s.err, "shard %d %s\n", index, said)
		}
	}
	if all {
		err = w.DoAll(p.c.Context, jobs, tell)
	} else {
		var mine bool
		mine, err = w.Do(p.c.Context, index)
		tell(index, mine, err)
	}
	if err != nil {
		return err
	}
	if p.c.Bool("json") {
		return writeJSON(p.s.out, map[string]any{"proof": prove.Dir(p.from.Dir, p.grade), "round": w.Plan.Round, "did": did, "kept": kept})
	}
	return nil
}

func (p *proving) merge() error {
	o, err := prove.Merge(p.c.Context, p.from, p.grade)
	if err != nil {
		return err
	}
	return p.tell(o)
}
