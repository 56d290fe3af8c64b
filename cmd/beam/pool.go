package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	fnpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/fnexecution_v1"
	"github.com/urfave/cli/v2"
	"google.golang.org/grpc"

	"multigrade/internal/child"
	"multigrade/internal/exit"
	"multigrade/internal/parallel"
)

func poolCommand() *cli.Command {
	return &cli.Command{
		Name:  "pool",
		Usage: "start the workers that a runner asks for, on this machine",
		Description: "Runs until it is interrupted. A runner that was given --workers HOST:PORT asks there for its workers, each of\n" +
			"which is a process of this program. Whoever reaches the port can start such workers: keep it inside.\n\n" +
			"Example: multigrade-beam pool --listen localhost:50000",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "listen", Usage: "`HOST:PORT` to listen at", Value: "localhost:50000"},
			&cli.BoolFlag{Name: "verbose", Usage: "what the workers log, too"},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return exit.Bad(fmt.Errorf("pool: want no arguments, got %d", c.NArg()))
			}
			p, err := newPool(context.WithoutCancel(c.Context), c.String("listen"), c.App.ErrWriter, c.Bool("verbose"))
			if err != nil {
				return exit.Bad(fmt.Errorf("--listen: %w", err))
			}
			fmt.Fprintln(c.App.ErrWriter, "listening at", p.address())
			<-c.Context.Done()
			p.stop()
			return nil
		},
	}
}

// workerFlag makes this program a worker; runners' containers give it, too.
const workerFlag = "--worker"

// A pool starts worker processes when a runner asks for them.
type pool struct {
	fnpb.UnimplementedBeamFnExternalWorkerPoolServer

	ctx     context.Context
	at      net.Listener
	server  *grpc.Server
	log     io.Writer
	verbose bool
	group   parallel.Group

	mu      sync.Mutex
	workers map[string]context.CancelFunc // by the runner's name for it
}

func newPool(ctx context.Context, address string, log io.Writer, verbose bool) (*pool, error) {
	at, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &pool{ctx: ctx, at: at, server: grpc.NewServer(), log: log, verbose: verbose, workers: map[string]context.CancelFunc{}}
	fnpb.RegisterBeamFnExternalWorkerPoolServer(p.server, p)
	p.group.Go(func() { p.server.Serve(at) })
	return p, nil
}

func (p *pool) address() string { return p.at.Addr().String() }

// StartWorker starts a process.
func (p *pool) StartWorker(_ context.Context, r *fnpb.StartWorkerRequest) (*fnpb.StartWorkerResponse, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := r.GetWorkerId()
	if p.workers[id] != nil {
		return &fnpb.StartWorkerResponse{Error: fmt.Sprintf("there is a worker %q already", id)}, nil
	}
	self, err := os.Executable()
	if err != nil {
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	ctx, cancel := context.WithCancel(p.ctx)
	cmd := child.Command(ctx, self, workerFlag, "--id="+id, "--logging_endpoint="+r.GetLoggingEndpoint().GetUrl(), "--control_endpoint="+r.GetControlEndpoint().GetUrl())
	said := new(tail)
	cmd.Stderr = said
	if p.verbose {
		cmd.Stderr = io.MultiWriter(said, p.log)
	}
	if err := cmd.Start(); err != nil {
		cancel()
		return &fnpb.StartWorkerResponse{Error: err.Error()}, nil
	}
	p.workers[id] = cancel
	p.group.Go(func() {
		err := cmd.Wait()
		if ctx.Err() == nil || cmd.ProcessState.String() != interrupted { // by itself, or killed before the runner gave it up
			fmt.Fprintf(p.log, "worker %d (%s) ended: %v\n%s", cmd.Process.Pid, id, err, *said)
		}
		p.forget(id)
	})
	return &fnpb.StartWorkerResponse{}, nil
}

// tail keeps the last bytes written to it.
type tail []byte

func (t *tail) Write(b []byte) (int, error) {
	const most = 2000
	*t = append(*t, b...)
	*t = (*t)[max(0, len(*t)-most):]
	return len(b), nil
}

// interrupted is the state of a process that ended because this one asked it to.
const interrupted = "signal: interrupt"

// forget ends a worker and says whether there was one.
func (p *pool) forget(id string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	cancel := p.workers[id]
	if cancel != nil {
		cancel()
		delete(p.workers, id)
	}
	return cancel != nil
}

// StopWorker ends a process.
func (p *pool) StopWorker(_ context.Context, r *fnpb.StopWorkerRequest) (*fnpb.StopWorkerResponse, error) {
	if !p.forget(r.GetWorkerId()) {
		return &fnpb.StopWorkerResponse{Error: fmt.Sprintf("there is no worker %q", r.GetWorkerId())}, nil
	}
	return &fnpb.StopWorkerResponse{}, nil
}

// stop ends all workers and the service.
func (p *pool) stop() {
	p.server.Stop()
	p.mu.Lock()
	for _, cancel := range p.workers {
		cancel()
	}
	p.mu.Unlock()
	p.group.Wait()
}
