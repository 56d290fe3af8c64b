package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// The pipeline of count shards in n lanes, which are worked on at the same time, each
// shard by shard:
//
//	lane-k:  Impulse -> k, k+n, k+2n, ... < count -> Reshuffle -> do the shard -> failures
//	all lanes -> Flatten -> one group -> a file with the failures
//
// That a shard is done is said by its own file or directory, not by the pipeline: one
// that a runner does twice, or that a worker was killed at, does no harm. A shard that
// fails is no failure of the pipeline, which a runner would repeat.

// shards are what a pipeline does.
type shards struct {
	count int
	dir   string // that all workers share
	done  func(index int) bool
	do    any // a DoFn: context, index -> failures
}

// failure says that a shard was not done, and whose fault it is.
type failure struct {
	Index, Status int
	Why           string
}

// laneName names the lane of a transform and, where lanes are processes, its environment.
func laneName(k int) string { return fmt.Sprintf("lane-%d", k) }

// pipeline does the shards in so many lanes and leaves a file with the failures.
func (w *shards) pipeline(lanes int, failures string) *beam.Pipeline {
	p, root := beam.NewPipelineWithRoot()
	var all []beam.PCollection
	for k := range lanes {
		s := root.Scope(laneName(k))
		indices := beam.ParDo(s, &everyNth{First: k, Step: lanes, Count: w.count}, beam.Impulse(s))
		all = append(all, beam.ParDo(s, w.do, beam.Reshuffle(s, indices)))
	}
	key := beam.AddFixedKey(root, beam.Flatten(root, all...))
	// (an empty group would not come to the end: the impulse is a failure of no shard)
	none := beam.AddFixedKey(root, beam.ParDo(root, &noFailure{}, beam.Impulse(root)))
	beam.ParDo0(root, &writeFailures{failures}, beam.GroupByKey(root, beam.Flatten(root, key, none)))
	return p
}

// everyNth emits First, First+Step, ... < Count.
type everyNth struct{ First, Step, Count int }

func (f *everyNth) ProcessElement(_ []byte, emit func(int)) {
	for i := f.First; i < f.Count; i += f.Step {
		emit(i)
	}
}

// noFailure emits the failure of shard -1, which is none.
type noFailure struct{}

func (*noFailure) ProcessElement(_ []byte, emit func(failure)) { emit(failure{Index: -1}) }

// writeFailures writes the failures of a group into a file.
type writeFailures struct{ File string }

func (f *writeFailures) ProcessElement(_ int, next func(*failure) bool) error {
	all := []failure{}
	for one := (failure{}); next(&one); {
		if one.Index >= 0 {
			all = append(all, one)
		}
	}
	return run.WriteWhole(f.File, func(w io.Writer) error { return json.NewEncoder(w).Encode(all) })
}

func init() {
	register.DoFn2x0[[]byte, func(int)](&everyNth{})
	register.DoFn2x0[[]byte, func(failure)](&noFailure{})
	register.DoFn2x1[int, func(*failure) bool, error](&writeFailures{})
	register.Emitter1[int]()
	register.Emitter1[failure]()
	register.Iter1[failure]()
}

// doer is a worker of either protocol.
type doer interface {
	Do(ctx context.Context, index int) (bool, error)
}

// try does a shard with a worker that open makes, and emits why it could not. The error
// is that the pipeline is being ended.
func try(ctx context.Context, open func() (doer, error), index int, emit func(failure)) error {
	w, err := open()
	if err == nil {
		_, err = w.Do(ctx, index)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		status := exit.StatusFailed
		var f *exit.Failure
		if errors.As(err, &f) {
			status = f.Status
		}
		emit(failure{index, status, exit.OneLine(err)})
	}
	return nil
}

// undone counts the shards that are not done.
func (w *shards) undone() int {
	n := 0
	for i := range w.count {
		if !w.done(i) {
			n++
		}
	}
	return n
}

// attempts is how often in a row a pipeline may fail without one more shard done.
const attempts = 3

// run does all shards that are not done. A pipeline that fails as a whole, because a
// worker was killed or the runner gave up, is begun again for what it left. The failures
// are of shards that were tried.
func (w *shards) run(ctx context.Context, e *engine) ([]failure, error) {
	for idle := 0; ; {
		left := w.undone()
		if left == 0 {
			return nil, nil
		}
		file := filepath.Join(w.dir, fmt.Sprintf(".failures-%d-%d.json", os.Getpid(), left))
		err := e.run(ctx, w.pipeline(e.lanes(left), file))
		failures, errRead := readFailures(file)
		if err == nil || ctx.Err() != nil {
			return failures, errors.Join(errRead, ctx.Err())
		}
		now := w.undone()
		if idle++; now < left {
			idle = 0
		}
		if idle == attempts {
			return nil, fmt.Errorf("%d shards are not done after %d more attempts: %w", now, attempts, err)
		}
		if now > 0 {
			fmt.Fprintf(e.log, "the pipeline failed (%.200s); %d shards are left, which are tried again\n", exit.OneLine(err), now)
		}
	}
}

// readFailures reads and removes the file of a pipeline, which is not there where that
// failed.
func readFailures(file string) ([]failure, error) {
	raw, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	var all []failure
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	return all, errors.Join(err, os.Remove(file))
}
