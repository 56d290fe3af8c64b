package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"github.com/urfave/cli/v2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"multigrade/internal/exit"
)

// A runner is what executes pipelines, reached by its job service.
type runner struct {
	name, usage string
	// within starts it in this program and returns its job service; nil where it is
	// elsewhere only.
	within func(ctx context.Context) (jobpb.JobServiceClient, error)
	// oneEach says that it starts one worker for each environment, and does the shards of
	// a lane one by one: jobs are lanes, and for processes each an environment. Others
	// share the shards of a lane out by themselves.
	oneEach bool
}

// runners are those that --runner names, the default first.
var runners = []runner{
	{"prism", "Beam's runner for one machine", embeddedPrism, true},
	{"flink", "a job service of Apache Flink", nil, false},
	{"portable", "any other job service", nil, false},
}

func embeddedPrism(ctx context.Context) (jobpb.JobServiceClient, error) {
	return prism.CreateJobServer(ctx, prism.Options{}) // at a port that is free
}

// engineFlags are those of the commands that run pipelines.
func engineFlags() []cli.Flag {
	var names []string
	for _, r := range runners {
		names = append(names, r.name+" ("+r.usage+")")
	}
	return []cli.Flag{
		&cli.StringFlag{Name: "runner", Usage: "`NAME` of the runner: " + strings.Join(names, ", "), Value: runners[0].name},
		&cli.StringFlag{Name: "endpoint", Usage: "`HOST:PORT` of the runner's job service", DefaultText: "within this program, with prism"},
		&cli.IntFlag{Name: "jobs", Usage: "`N` shards at a time", Value: 1},
		&cli.StringFlag{Name: "workers", Usage: "`WHERE` the shards are done: here (in this program), processes (of this machine, each on its own), or HOST:PORT of a pool that the runner reaches", Value: workersHere},
		&cli.BoolFlag{Name: "verbose", Usage: "what the runner and the workers log, too"},
		&cli.BoolFlag{Name: "quiet", Usage: "no progress"},
		&cli.BoolFlag{Name: "json", Usage: "one JSON object on standard output"},
	}
}

// The values of --workers that are no address.
const (
	workersHere      = "here"
	workersProcesses = "processes"
)

// engine runs pipelines.
type engine struct {
	runner    *runner
	jobs      int
	client    jobpb.JobServiceClient
	processes bool   // every lane is one
	pool      string // address of the worker pool
	close     func()
	c         *cli.Context
	log       io.Writer
}

func newEngine(c *cli.Context) (*engine, error) {
	at := slices.IndexFunc(runners, func(r runner) bool { return r.name == c.String("runner") })
	if at < 0 {
		return nil, exit.Bad(fmt.Errorf("--runner %q: want one of those that --help lists", c.String("runner")))
	}
	e := &engine{runner: &runners[at], jobs: c.Int("jobs"), c: c, log: c.App.ErrWriter}
	endpoint, workers := c.String("endpoint"), c.String("workers")
	switch {
	case e.jobs < 1:
		return nil, exit.Bad(fmt.Errorf("--jobs %d: want at least 1", e.jobs))
	case endpoint == "" && e.runner.within == nil:
		return nil, exit.Bad(fmt.Errorf("--runner %s: want the --endpoint of its job service", e.runner.name))
	case workers != workersHere && workers != workersProcesses && !strings.Contains(workers, ":"):
		return nil, exit.Bad(fmt.Errorf("--workers %q: want %s, %s or HOST:PORT", workers, workersHere, workersProcesses))
	}
	level := "error"
	if c.Bool("verbose") {
		level = "info"
	}
	beamlog.SetupLogging(level, "text")
	ctx, cancel := context.WithCancel(context.WithoutCancel(c.Context)) // of services, which end after the pipeline
	e.close = cancel
	if err := e.connect(ctx, endpoint); err != nil {
		e.close()
		return nil, exit.Failed(err)
	}
	if err := e.staff(ctx, workers); err != nil {
		e.close()
		return nil, exit.Failed(err)
	}
	return e, nil
}

// connect finds the job service.
func (e *engine) connect(ctx context.Context, endpoint string) (err error) {
	if endpoint == "" {
		e.client, err = e.runner.within(ctx)
		return err
	}
	conn, err := grpc.NewClient(endpoint, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	e.alsoClose(func() { conn.Close() })
	e.client = jobpb.NewJobServiceClient(conn)
	return nil
}

// staff finds the pool of workers.
func (e *engine) staff(ctx context.Context, workers string) error {
	switch workers {
	case workersHere:
		here, err := extworker.StartLoopback(ctx, 0)
		if err != nil {
			return err
		}
		e.alsoClose(func() { here.Stop(ctx) })
		e.pool = here.EnvironmentConfig(ctx)
	case workersProcesses:
		p, err := newPool(ctx, "localhost:0", e.log, e.c.Bool("verbose"))
		if err != nil {
			return err
		}
		e.alsoClose(p.stop)
		e.pool, e.processes = p.address(), true
	default:
		e.pool = workers
	}
	return nil
}

func (e *engine) alsoClose(f func()) {
	before := e.close
	e.close = func() { f(); before() }
}

// lanes are how many a pipeline of count shards has.
func (e *engine) lanes(count int) int {
	if e.runner.oneEach {
		return min(e.jobs, count)
	}
	return 1
}

// laneByLane keeps Prism from doing the rest of a lane beside its slow shards, which would
// be more shards at a time than were asked for.
const laneByLane = "prism_disable_sdf_split"

// run submits a pipeline and waits for its end; when ctx ends it is cancelled.
func (e *engine) run(ctx context.Context, p *beam.Pipeline) error {
	pb, err := e.encode(ctx, p)
	if err != nil {
		return err
	}
	o := &runnerlib.JobOptions{Name: "multigrade", Parallelism: e.jobs, Loopback: true, Experiments: []string{laneByLane}}
	id, artifacts, token, err := runnerlib.Prepare(ctx, e.client, pb, o)
	if err != nil {
		return err
	}
	// The workers are this program already; what a runner asks to be sent is nothing.
	token, err = runnerlib.Stage(ctx, id, artifacts, os.DevNull, token)
	if err != nil {
		return err
	}
	job, err := runnerlib.Submit(ctx, e.client, id, token)
	if err != nil {
		return err
	}
	err = runnerlib.WaitForCompletion(ctx, e.client, job)
	if ctx.Err() != nil {
		_, errCancel := e.client.Cancel(context.WithoutCancel(ctx), &jobpb.CancelJobRequest{JobId: job})
		return errors.Join(ctx.Err(), errCancel)
	}
	return err
}

// defaultEnvironment is the name that the SDK gives to the environment of all transforms.
const defaultEnvironment = "go"

// encode is the pipeline as it is sent. Where lanes are processes of their own each has an
// environment of its own, all but the first, which has the default one.
func (e *engine) encode(ctx context.Context, p *beam.Pipeline) (*pipepb.Pipeline, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, err
	}
	env, err := graphx.CreateEnvironment(ctx, graphx.URNEnvExternal, func(context.Context) string { return e.pool })
	if err != nil {
		return nil, err
	}
	pb, err := graphx.Marshal(edges, &graphx.Options{Environment: env})
	if err != nil {
		return nil, err
	}
	if err := graphx.UpdateDefaultEnvWorkerType(graphx.URNArtifactFileType, nothing(), pb); err != nil {
		return nil, err
	}
	if !e.processes || !e.runner.oneEach {
		return pb, nil
	}
	all := pb.GetComponents()
	for _, t := range all.GetTransforms() {
		lane, _, inLane := strings.Cut(t.GetUniqueName(), "/")
		if !inLane || !strings.HasPrefix(lane, "lane-") || lane == laneName(0) || t.GetEnvironmentId() == "" {
			continue
		}
		if all.GetEnvironments()[lane] == nil {
			own := proto.Clone(all.GetEnvironments()[defaultEnvironment]).(*pipepb.Environment)
			own.Dependencies = nil
			all.Environments[lane] = own
		}
		t.EnvironmentId = lane
	}
	return pb, nil
}

// nothing is the payload of an artifact that is empty.
func nothing() []byte {
	raw, err := proto.Marshal(&pipepb.ArtifactFilePayload{Path: os.DevNull})
	if err != nil {
		panic(err) // of a message of one string
	}
	return raw
}

// failed says how a command ends whose pipeline ended with err.
func (e *engine) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted; the same command goes on")}
	}
	return exit.Failed(err)
}

// event is a line of progress.
func (e *engine) event(text string) {
	if !e.c.Bool("quiet") {
		fmt.Fprintln(e.log, text)
	}
}

// say says what came of a command.
func (e *engine) say(v any, text string) error {
	switch {
	case e.c.Bool("json"):
		return exit.Failed(json.NewEncoder(e.c.App.Writer).Encode(v))
	case !e.c.Bool("quiet"):
		_, err := fmt.Fprintln(e.c.App.Writer, text)
		return exit.Failed(err)
	}
	return nil
}
