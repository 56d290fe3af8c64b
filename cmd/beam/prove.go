package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"
	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/prove"
	"multigrade/internal/run"
)

func proveCommand() *cli.Command {
	d := prove.DefaultSettings()
	return &cli.Command{
		Name:      "prove",
		Usage:     "prove a grade: plan, a pipeline for each round of shards, merges",
		ArgsUsage: "RUN",
		Description: "RUN is a run directory, which all workers share under the same name, with a grade that ended as priced.\n" +
			"A proof that multigrade prove began is continued. The certificate is the one that multigrade prove makes.\n\n" +
			"Example: multigrade-beam prove --grade 1 --jobs 2 runs/data",
		Flags: append(engineFlags(),
			&cli.IntFlag{Name: "grade", Usage: "grade `K` of the run", Value: 1},
			&cli.StringFlag{Name: "data", Usage: "data `FILE` of the run", DefaultText: "where the manifest says"},
			&cli.StringFlag{Name: "test", Usage: "`FILE` with the test rows of the run, if they have one", DefaultText: "where the manifest says"},
			&cli.IntFlag{Name: "shards", Usage: "at most `N` shards in a round, of a proof that begins", Value: d.Shards},
			&cli.IntFlag{Name: "leaves", Usage: "about `N` leaves for a shard in a round, of a proof that begins", Value: d.Leaves}),
		Action: doProve,
	}
}

// proofShard is the DoFn of the shards of one round.
type proofShard struct {
	Run, Data, Test string
	Grade, Round    int

	worker *prove.Worker
}

func init() { register.DoFn3x1[context.Context, int, func(failure), error](&proofShard{}) }

func (f *proofShard) ProcessElement(ctx context.Context, index int, emit func(failure)) error {
	return try(ctx, func() (doer, error) { return f.open(ctx) }, index, emit)
}

func (f *proofShard) open(ctx context.Context) (doer, error) {
	if f.worker != nil {
		return f.worker, nil
	}
	w, err := prove.NewWorker(ctx, run.RunSource{Dir: f.Run, Data: f.Data, Test: f.Test}, f.Grade)
	if err == nil && w.Plan.Round != f.Round {
		err = fmt.Errorf("%s: the plan is in round %d, the pipeline in round %d", prove.Dir(f.Run, f.Grade), w.Plan.Round, f.Round)
	}
	if err != nil {
		return nil, err
	}
	f.worker = w
	return w, nil
}

// proof is one call of the command.
type proof struct {
	e     *engine
	from  run.RunSource
	grade int
}

func doProve(c *cli.Context) error {
	dir, err := one(c, "a run directory")
	if err != nil {
		return err
	}
	e, err := newEngine(c)
	if err != nil {
		return err
	}
	defer e.close()
	p := &proof{e, run.RunSource{Dir: dir, Data: c.String("data"), Test: c.String("test")}, c.Int("grade")}
	for _, name := range []*string{&p.from.Dir, &p.from.Data, &p.from.Test} {
		if *name == "" {
			continue
		}
		if *name, err = filepath.Abs(*name); err != nil {
			return exit.Bad(err)
		}
	}
	o, err := p.run(c.Context, prove.Settings{Shards: c.Int("shards"), Leaves: c.Int("leaves")})
	if err != nil {
		return err
	}
	return e.say(map[string]any{"run": p.from.Dir, "grade": p.grade, "status": "optimal", "nodes": o.Nodes},
		fmt.Sprintf("%s: grade %d is proved to be optimal over all patterns", p.from.Dir, p.grade))
}

// run proves the grade in as many rounds as that takes.
func (p *proof) run(ctx context.Context, s prove.Settings) (*prove.Outcome, error) {
	dir := prove.Dir(p.from.Dir, p.grade)
	if _, err := os.Stat(dir); err != nil {
		plan, err := prove.NewPlan(ctx, p.from, p.grade, s)
		if err != nil {
			return nil, err
		}
		if plan == nil {
			return &prove.Outcome{Proved: true}, nil
		}
		if err := plan.Write(dir); err != nil {
			return nil, err
		}
	}
	for {
		if err := p.round(ctx, dir); err != nil {
			return nil, err
		}
		o, err := prove.Merge(ctx, p.from, p.grade)
		if err != nil || o.Proved {
			return o, err
		}
		p.e.event(fmt.Sprintf("round %d: %d shards, %d open leaves, %d nodes so far", o.Round, o.Shards, o.Open, o.Nodes))
	}
}

// round does the shards of the round that the plan is in.
func (p *proof) round(ctx context.Context, dir string) error {
	w, err := prove.NewWorker(ctx, p.from, p.grade)
	if err != nil {
		return err
	}
	work := &shards{count: w.Plan.Count(), dir: dir, done: w.Done,
		do: &proofShard{Run: p.from.Dir, Data: p.from.Data, Test: p.from.Test, Grade: p.grade, Round: w.Plan.Round}}
	failures, err := work.run(ctx, p.e)
	if err := p.e.failed(ctx, err); err != nil {
		return err
	}
	if len(failures) == 0 {
		return nil
	}
	first := failures[0] // of the lowest number, so that it is the same for any workers
	for _, f := range failures {
		if f.Index < first.Index {
			first = f
		}
	}
	return &exit.Failure{Status: first.Status, Err: fmt.Errorf("%s", first.Why)}
}
