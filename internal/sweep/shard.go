package sweep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"multigrade/internal/parallel"
	"multigrade/internal/run"
	"multigrade/internal/strictjson"
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
	if err := run.OtherVersion(p.Versions, run.Versions()); err != nil {
		return nil, fmt.Errorf("%s was planned by %w: plan it again, into another directory", dir, err)
	}
	return &Worker{Dir: dir, Plan: p, Call: call, Log: log}, nil
}

func (w *Worker) path(index int) string {
	return filepath.Join(w.Dir, shardsDir, fmt.Sprintf("%06d", index))
}

func (w *Worker) result(index int) string { return filepath.Join(w.path(index), resultFile) }

// Done says whether a shard is done.
func (w *Worker) Done(index int) bool {
	_, err := os.Stat(w.result(index))
	return err == nil
}

// Sound is an error where a shard is done and its result does not fit the plan.
func (w *Worker) Sound(index int) error {
	if !w.Done(index) {
		return nil
	}
	_, err := w.read(index)
	return err
}

// Do does shard index (from 0) unless it is done, and says whether it was it that
// did. The shard appears whole or not at all. One that is done and does not fit the plan
// is an error.
func (w *Worker) Do(ctx context.Context, index int) (bool, error) {
	if err := w.Plan.Check(index); err != nil {
		return false, err
	}
	if w.Done(index) {
		return false, w.Sound(index)
	}
	s := &w.Plan.Shards[index]
	err := w.do(ctx, index, s)
	switch {
	case err == nil:
		return true, nil
	case w.Done(index): // another worker was first
		return false, nil
	}
	return false, fmt.Errorf("shard %d (%s): %w", index, s.Data, err)
}

// unchanged is an error where the data are not there or not those of the plan.
func (s *Shard) unchanged() error {
	sum, err := run.FileHash(s.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the data %s are not there", s.Data)
	case err != nil:
		return err
	case sum != s.SHA256:
		return fmt.Errorf("the data %s have changed since the plan was made", s.Data)
	}
	return nil
}

// do does s in a directory of its own, which it locks, and then renames.
func (w *Worker) do(ctx context.Context, index int, s *Shard) error {
	if err := errors.Join(s.unchanged(), w.ours(index)); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(w.path(index)), 0o777); err != nil {
		return err
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
	result := relocated(out.Bytes(), filepath.Join(work, runDir), filepath.Join(w.path(index), runDir))
	if _, err := w.parse(index, work, result); err != nil {
		return fmt.Errorf("what the program printed: %w", err)
	}
	if err := run.Whole(filepath.Join(work, runDir)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(work, resultFile), result, 0o666); err != nil {
		return err
	}
	if err := run.SyncDir(work); err != nil { // before it counts
		return err
	}
	return w.publish(index, work)
}

// relocated is the result of a run in the directory from, as one in to.
func relocated(result []byte, from, to string) []byte {
	quoted := func(path string) []byte {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(path); err != nil {
			panic(err) // of a string
		}
		return bytes.TrimSpace(b.Bytes())
	}
	return bytes.Replace(result, quoted(from), quoted(to), 1)
}

// ours is an error where what has the name of a shard's directory is not one, and would be
// lost with it.
func (w *Worker) ours(index int) error {
	info, err := os.Lstat(w.path(index))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory: it is in the place of the shard's", w.path(index))
	}
	entries, err := os.ReadDir(w.path(index))
	for _, e := range entries {
		if !slices.Contains([]string{runDir, resultFile, run.LockFile}, e.Name()) {
			return fmt.Errorf("%s is not of a shard, and in the place of one", filepath.Join(w.path(index), e.Name()))
		}
	}
	return err
}

// publish gives the directory of a shard its name. What has that name and no result, from
// which it was removed, goes.
func (w *Worker) publish(index int, work string) error {
	old := work + "-old"
	if err := w.ours(index); err != nil {
		return err
	}
	if _, err := os.Lstat(w.path(index)); err == nil && !w.Done(index) {
		if err := os.Rename(w.path(index), old); err != nil {
			return err
		}
	}
	return errors.Join(os.Rename(work, w.path(index)), os.RemoveAll(old))
}

// A result is what a shard has come to.
type result struct {
	raw []byte
	run.Summary
}

// Unfit is the error of a shard that is done and whose result does not fit the plan: it is
// not tried again before the result is removed.
type Unfit struct{ error }

func (u *Unfit) Unwrap() error { return u.error }

// read reads the result of shard index and compares it with the plan.
func (w *Worker) read(index int) (*result, error) {
	raw, err := strictjson.ReadFile(w.result(index))
	var r *result
	if err == nil {
		r, err = w.parse(index, w.path(index), raw)
	}
	if err != nil {
		return nil, &Unfit{fmt.Errorf("shard %d: %s: %w; remove it to do it again", index, w.result(index), err)}
	}
	return r, nil
}

// parse looks at a result in the directory of a shard: it is that of a run of the plan's
// data by the plan's version.
func (w *Worker) parse(index int, dir string, raw []byte) (*result, error) {
	r := &result{raw: raw}
	if err := strictjson.Decode(raw, &r.Summary); err != nil {
		return nil, err
	}
	origin, err := run.OriginOf(filepath.Join(dir, runDir))
	if err != nil {
		return nil, err
	}
	if want := w.Plan.Shards[index].SHA256; r.Data.SHA256 != want && origin.MadeOf != want {
		return nil, fmt.Errorf("of other data (SHA-256 %s) than the plan's (%s)", r.Data.SHA256, want)
	}
	if err := run.OtherVersion(origin.Versions, w.Plan.Versions); err != nil {
		return nil, fmt.Errorf("made by %w", err)
	}
	if own, want := ofPlan(origin.Command), w.Plan.Shards[index].Args; !slices.Equal(own, want) {
		return nil, fmt.Errorf("of the call %q, the plan has %q", own, want)
	}
	return r, nil
}

// ofPlan are the arguments of a call of the program without those that a worker adds.
func ofPlan(command []string) []string {
	var args []string
	for _, a := range command[min(1, len(command)):] {
		if !strings.HasPrefix(a, "--threads=") && !strings.HasPrefix(a, "--out=") {
			args = append(args, a)
		}
	}
	return args
}

// unfinished is how the name of a directory begins that shard index is done in.
func unfinished(index int) string { return fmt.Sprintf(".%06d-", index) }

// sweepOut removes what killed workers have left of shards that are done.
func (w *Worker) sweepOut() error {
	entries, err := os.ReadDir(filepath.Join(w.Dir, shardsDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
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
