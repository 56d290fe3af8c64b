package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"sync"

	"multigrade/internal/parallel"
	"multigrade/internal/run"
)

const (
	shardsDir  = "shards"
	runDir     = "run"
	resultFile = "result.json"
)

// Call runs the program with args until it ends or ctx does; what it prints goes to
// out and log. An error says that it did not end with a model that holds.
type Call func(ctx context.Context, args []string, out, log io.Writer) error

// A Worker does shards of the sweep in Dir.
type Worker struct {
	Dir  string
	Plan *Plan
	Call Call
	Log  io.Writer // what the calls write besides their results
}

// NewWorker reads the plan of dir and checks that this program may do its shards.
func NewWorker(dir string, call Call, log io.Writer) (*Worker, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	if here := run.Versions(); !reflect.DeepEqual(p.Versions, here) {
		return nil, fmt.Errorf("%s was planned by another version of the program (%v; this is %v): plan it again", dir, p.Versions, here)
	}
	return &Worker{Dir: dir, Plan: p, Call: call, Log: log}, nil
}

func (w *Worker) path(index int) string {
	return filepath.Join(w.Dir, shardsDir, fmt.Sprintf("%06d", index))
}

// Done says whether a shard is done.
func (w *Worker) Done(index int) bool {
	_, err := os.Stat(filepath.Join(w.path(index), resultFile))
	return err == nil
}

// Do does shard index (from 0) unless it is done, and says whether it was it that
// did. The shard appears whole or not at all.
func (w *Worker) Do(ctx context.Context, index int) (bool, error) {
	if err := w.Plan.Check(index); err != nil {
		return false, err
	}
	if w.Done(index) {
		return false, nil
	}
	s := &w.Plan.Shards[index]
	if sum, err := run.FileHash(s.Data); err != nil {
		return false, err
	} else if sum != s.SHA256 {
		return false, fmt.Errorf("shard %d: %s has changed since the plan was made", index, s.Data)
	}
	work, err := os.MkdirTemp(filepath.Dir(w.path(index)), fmt.Sprintf(".%06d-*", index))
	if err != nil {
		return false, err
	}
	defer os.RemoveAll(work)
	var out bytes.Buffer
	at := len(s.Args) - 2 // before "-- DATA"
	args := append(append(append([]string{}, s.Args[:at]...), "--out="+filepath.Join(work, runDir)), s.Args[at:]...)
	if err := errors.Join(w.Call(ctx, args, &out, w.Log), ctx.Err()); err != nil {
		return false, fmt.Errorf("shard %d (%s): %w", index, s.Data, err)
	}
	if !json.Valid(out.Bytes()) {
		return false, fmt.Errorf("shard %d: the program printed no JSON object", index)
	}
	if err := os.WriteFile(filepath.Join(work, resultFile), out.Bytes(), 0o666); err != nil {
		return false, err
	}
	if err := os.Rename(work, w.path(index)); err != nil {
		if w.Done(index) {
			return false, nil // another worker was first
		}
		return false, err
	}
	return true, nil
}

// DoAll does every shard that is not done, jobs at a time, tells done of each that
// ended, and goes on after a failure; the error joins all of them.
func (w *Worker) DoAll(ctx context.Context, jobs int, done func(index int, did bool, err error)) error {
	var mu sync.Mutex
	var failed error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	parallel.Each(ctx, cancel, len(w.Plan.Shards), jobs, func() func(i int) {
		return func(i int) {
			did, err := w.Do(ctx, i)
			mu.Lock()
			defer mu.Unlock()
			failed = errors.Join(failed, err)
			done(i, did, err)
		}
	})
	return errors.Join(failed, ctx.Err())
}
