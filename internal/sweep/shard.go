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
	err := w.do(ctx, index, s)
	switch {
	case err == nil:
		return true, nil
	case w.Done(index):
		return false, nil // another worker was first
	}
	return false, fmt.Errorf("shard %d (%s): %w", index, s.Data, err)
}

// do does s in a directory of its own, which it locks, and then renames.
func (w *Worker) do(ctx context.Context, index int, s *Shard) error {
	if sum, err := run.FileHash(s.Data); err != nil {
		return err
	} else if sum != s.SHA256 {
		return errors.New("the data have changed since the plan was made")
	}
	work, err := os.MkdirTemp(filepath.Dir(w.path(index)), unfinished(index)+"*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	unlock, err := run.LockDir(work)
	if err != nil {
		return err
	}
	defer unlock()
	var out bytes.Buffer
	at := len(s.Args) - 2 // before "-- DATA"
	args := append(append(append([]string{}, s.Args[:at]...), "--out="+filepath.Join(work, runDir)), s.Args[at:]...)
	if err := errors.Join(w.Call(ctx, args, &out, w.Log), ctx.Err()); err != nil {
		return err
	}
	if err := w.check(filepath.Join(work, runDir), out.Bytes()); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, resultFile), out.Bytes(), 0o666); err != nil {
		return err
	}
	if err := run.SyncDir(work); err != nil { // before it counts
		return err
	}
	return os.Rename(work, w.path(index))
}

// check looks at what the call left: a JSON object of a run by the plan's version.
func (w *Worker) check(dir string, result []byte) error {
	if !json.Valid(result) {
		return errors.New("the program printed no JSON object")
	}
	versions, err := run.VersionsOf(dir)
	if err == nil && !reflect.DeepEqual(versions, w.Plan.Versions) {
		err = fmt.Errorf("done by another version of the program (%v) than the plan's (%v)", versions, w.Plan.Versions)
	}
	return err
}

// unfinished is how the name of a directory begins that shard index is done in.
func unfinished(index int) string { return fmt.Sprintf(".%06d-", index) }

// sweepOut removes what killed workers have left of shards that are done.
func (w *Worker) sweepOut() error {
	entries, err := os.ReadDir(filepath.Join(w.Dir, shardsDir))
	if err != nil {
		return err
	}
	for _, e := range entries {
		var index int
		if n, err := fmt.Sscanf(e.Name(), ".%06d-", &index); n != 1 || err != nil || !w.Done(index) {
			continue
		}
		left := filepath.Join(w.Dir, shardsDir, e.Name())
		unlock, err := run.LockDir(left)
		if err != nil {
			continue // a worker is at it, who will find that the shard is done
		}
		if err := errors.Join(os.RemoveAll(left), unlock()); err != nil {
			return err
		}
	}
	return nil
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
