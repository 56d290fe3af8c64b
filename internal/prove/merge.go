package prove

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

// Outcome is what a merge came to.
type Outcome struct {
	Proved bool // the grade is optimal over all patterns, and its run says so
	Round  int  // the next one, where it is not
	Shards int  // of that round
	Open   int  // leaves
	Nodes  int  // of the trees so far, 0 where the grade was proved before
}

// Merge puts together what the shards of a round have come to: the certificates of the
// grade, or the plan of the next round.
func Merge(ctx context.Context, from run.RunSource, k int) (*Outcome, error) {
	dir, work := Dir(from.Dir, k), workDir(from.Dir, k)
	if _, err := os.Stat(dir); err == nil {
		unlock, err := run.LockDir(dir)
		if err != nil {
			return nil, exit.Bad(err)
		}
		defer unlock()
		if err := run.Recover(from.Dir, work); err != nil {
			return nil, exit.Failed(err)
		}
	}
	if r, err := run.OpenProvable(ctx, from, k); err != nil {
		return nil, err
	} else if len(r.Outputs) == 0 {
		return &Outcome{Proved: true}, exit.Failed(os.RemoveAll(dir))
	}
	w, err := NewWorker(ctx, from, k)
	if err != nil {
		return nil, err
	}
	if err := w.graft(ctx); err != nil {
		return nil, err
	}
	out := &Outcome{Open: w.Plan.Open(), Nodes: w.Plan.Nodes()}
	if out.Open == 0 {
		out.Proved = true
		return out, w.publish(ctx, work)
	}
	done := w.roundDir()
	w.Plan.Round++
	out.Round, out.Shards = w.Plan.Round, w.Plan.Count()
	if err := w.Plan.replace(dir); err != nil {
		return nil, exit.Failed(err)
	}
	return out, exit.Failed(os.RemoveAll(done))
}

// graft puts the shards' trees into the plan's.
func (w *Worker) graft(ctx context.Context) error {
	count := w.Plan.Count()
	trees := make([][]solver.ProofTree, len(w.Plan.Outputs))
	results := make([]*result, count)
	var missing []string
	for i := range results {
		if !w.Done(i) {
			missing = append(missing, strconv.Itoa(i))
			continue
		}
		var err error
		if results[i], err = w.read(i); err != nil {
			return err
		}
	}
	if len(missing) > 0 {
		return exit.Bad(fmt.Errorf("%s: shards of round %d that are not done: %s", w.dir, w.Plan.Round, few(missing)))
	}
	if err := w.prepare(ctx); err != nil {
		return err
	}
	for i, r := range results {
		for j, l := range w.of(i) {
			if err := w.prover[l.part].Check(ctx, l.way, r.Trees[j]); err != nil {
				if ctx.Err() == nil {
					err = w.remove(i, fmt.Errorf("tree %d: %w", j+1, err))
				}
				return failed(ctx, err)
			}
		}
	}
	for k, l := range w.leaves {
		trees[l.part] = append(trees[l.part], results[k%count].Trees[k/count])
	}
	for k := range trees {
		part := &w.Plan.Outputs[k]
		proof, err := part.proof().Graft(trees[k])
		if err != nil {
			return exit.Bad(fmt.Errorf("%s: %w", w.dir, err))
		}
		part.Plus, part.Minus = proof.Plus, proof.Minus
	}
	return nil
}

// few lists the first of many.
func few(all []string) string {
	const most = 20
	if len(all) > most {
		return fmt.Sprintf("%s, ... (%d)", strings.Join(all[:most], ", "), len(all))
	}
	return strings.Join(all, ", ")
}

// publish puts the proof into the run directory and removes its own.
func (w *Worker) publish(ctx context.Context, work string) error {
	for k, o := range w.run.Outputs {
		part := &w.Plan.Outputs[k]
		nu, evidence, err := part.aim().Proved(o.Program.Problem, w.prover[k], part.proof())
		if err == nil {
			err = o.Claim(nu, evidence)
		}
		if err != nil {
			return exit.Failed(fmt.Errorf("output %d: %w", o.Number, err))
		}
	}
	if err := w.run.Publish(ctx, work); err != nil {
		if errors.Is(err, context.Canceled) {
			return failed(ctx, err)
		}
		if run.Refused(err) {
			err = fmt.Errorf("%w; to plan the proof again, remove %s", err, w.dir)
		}
		return exit.Failed(err)
	}
	return exit.Failed(os.RemoveAll(w.dir))
}
