package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"multigrade/internal/exit"
	"multigrade/internal/parallel"
	"multigrade/internal/run"
	"multigrade/solver"
)

// A result is what a shard leaves.
type result struct {
	Plan  string             `json:"plan"` // SHA-256 of plan.json
	Index int                `json:"index"`
	Trees []solver.ProofTree `json:"trees"` // in the order of the shard's leaves
}

// A leaf is an open leaf of the proof.
type leaf struct {
	part int // of Plan.Outputs
	way  solver.Way
}

// A Worker does shards of one round. Several may work on the same directory.
type Worker struct {
	Plan   *Plan
	dir    string
	sum    string // of the plan
	run    *run.Provable
	leaves []leaf
	prover []*solver.Prover // by part
}

// NewWorker reads the plan for grade k of a run, and the run, which must be the one the
// plan was made for.
func NewWorker(ctx context.Context, from run.RunSource, k int) (*Worker, error) {
	w := &Worker{dir: Dir(from.Dir, k)}
	var err error
	if w.Plan, w.sum, err = ReadPlan(w.dir); err != nil {
		return nil, err
	}
	if w.run, err = run.OpenProvable(ctx, from, k); err != nil {
		return nil, err
	}
	if err := w.fits(k); err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", w.dir, err))
	}
	for k := range w.Plan.Outputs {
		ways, err := w.Plan.Outputs[k].proof().Ways()
		if err != nil {
			return nil, planAgain(w.dir, err)
		}
		for _, way := range ways {
			w.leaves = append(w.leaves, leaf{k, way})
		}
	}
	return w, nil
}

// fits compares the plan with the run.
func (w *Worker) fits(k int) error {
	p := w.Plan
	if p.Grade != k || p.Round < 1 || len(p.Outputs) != len(w.run.Outputs) {
		return fmt.Errorf("the plan is for %d outputs of grade %d, round %d, the run has %d to prove of grade %d", len(p.Outputs), p.Grade, p.Round, len(w.run.Outputs), k)
	}
	for k, o := range w.run.Outputs {
		if part := &p.Outputs[k]; part.Output != o.Number || part.SHA256 != o.SHA256 {
			return fmt.Errorf("the plan is for another run: the certificate of output %d has changed", o.Number)
		} else if len(part.Nu) != len(o.Program.Y) || !(part.Target > 0) {
			return fmt.Errorf("the plan of output %d has %d duals and target %v, want %d and a number > 0", o.Number, len(part.Nu), part.Target, len(o.Program.Y))
		}
	}
	return nil
}

// prepare makes the provers.
func (w *Worker) prepare(ctx context.Context) error {
	for k := range w.Plan.Outputs {
		o := w.run.Outputs[k]
		prover, err := w.Plan.Outputs[k].aim().Prover(ctx, o.Program.Problem, o.Program.Line, nil)
		if err != nil {
			return failed(ctx, err)
		}
		w.prover = append(w.prover, prover)
	}
	return nil
}

func (w *Worker) roundDir() string {
	return filepath.Join(w.dir, fmt.Sprintf("round-%d", w.Plan.Round))
}

func (w *Worker) file(index int) string {
	return filepath.Join(w.roundDir(), fmt.Sprintf("%06d.json", index))
}

// Done says whether a shard is done.
func (w *Worker) Done(index int) bool {
	_, err := os.Lstat(w.file(index))
	return err == nil
}

// of are the leaves of a shard.
func (w *Worker) of(index int) []leaf {
	var mine []leaf
	for k := index; k < len(w.leaves); k += w.Plan.Count() {
		mine = append(mine, w.leaves[k])
	}
	return mine
}

// Do does shard index (from 0) unless it is done, and says whether it did.
func (w *Worker) Do(ctx context.Context, index int) (bool, error) {
	if err := w.Plan.Check(index); err != nil {
		return false, err
	}
	if w.prover == nil {
		if err := w.prepare(ctx); err != nil {
			return false, err
		}
	}
	return w.do(ctx, w.prover, index)
}

func (w *Worker) do(ctx context.Context, prover []*solver.Prover, index int) (bool, error) {
	if w.Done(index) {
		_, err := w.read(index)
		return false, err
	}
	r := &result{Plan: w.sum, Index: index}
	mine, left := w.of(index), 2*w.Plan.Leaves // nodes
	for k, l := range mine {
		t, err := prover[l.part].Grow(ctx, l.way, max(2, left/(len(mine)-k)))
		if errors.Is(err, solver.ErrNoWay) {
			return false, planAgain(w.dir, err)
		}
		if err != nil {
			return false, failed(ctx, fmt.Errorf("shard %d: %w", index, err))
		}
		left -= len(t)
		r.Trees = append(r.Trees, t)
	}
	if err := os.MkdirAll(w.roundDir(), 0o777); err != nil {
		return false, exit.Failed(err)
	}
	return true, exit.Failed(w.write(r))
}

// write writes the result under a name of this worker's own and renames it.
func (w *Worker) write(r *result) error {
	f, err := os.CreateTemp(w.roundDir(), fmt.Sprintf(".%06d-*", r.Index))
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // where it is not renamed
	raw, err := run.EncodeRecord(r)
	if err == nil {
		_, err = f.Write(raw)
	}
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), w.file(r.Index))
}

// read reads the result of a shard and compares it with the plan.
func (w *Worker) read(index int) (*result, error) {
	r := new(result)
	err := run.ReadRecord(w.file(index), r)
	switch {
	case err != nil:
	case r.Plan != w.sum:
		err = errors.New("the result of another plan")
	case r.Index != index || len(r.Trees) != len(w.of(index)):
		err = fmt.Errorf("%d trees of shard %d, want %d of shard %d", len(r.Trees), r.Index, len(w.of(index)), index)
	}
	if err != nil {
		return nil, w.remove(index, err)
	}
	return r, nil
}

// remove says what is wrong with the result of a shard and what to do.
func (w *Worker) remove(index int, err error) error {
	return exit.Bad(fmt.Errorf("shard %d: %s: %w; remove it to do it again", index, w.file(index), err))
}

// DoAll does every shard that is not done, jobs at a time, tells done of each that ended,
// and goes on after a failure unless that is a violation, which ends the proof. The error
// is of the shard of the lowest number.
func (w *Worker) DoAll(ctx context.Context, jobs int, done func(index int, did bool, err error)) error {
	if err := w.prepare(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	failures := make([]error, w.Plan.Count())
	var mu sync.Mutex
	var violated *solver.ViolatedError
	parallel.Each(ctx, cancel, len(failures), jobs, func() func(i int) {
		var mine []*solver.Prover
		for _, p := range w.prover {
			mine = append(mine, p.Twin())
		}
		return func(i int) {
			did, err := w.do(ctx, mine, i)
			mu.Lock()
			defer mu.Unlock()
			if violated == nil {
				failures[i] = err
			}
			if errors.As(err, &violated) {
				cancel()
			}
			done(i, did, err)
		}
	})
	for _, err := range failures {
		if err != nil && (violated == nil || errors.As(err, &violated)) {
			return err
		}
	}
	return failed(ctx, ctx.Err())
}
