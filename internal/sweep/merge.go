package sweep

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"multigrade/internal/run"
	"multigrade/proofs"
)

// Merge reads all shards that are done. With verify every run is checked as by the
// command verify, and the table has the numbers that its model, ledger and certificates
// tell, with which the shard's result is compared. What killed workers have left of shards
// that are done is removed.
func Merge(ctx context.Context, dir string, verify bool) (*Table, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	w := &Worker{Dir: dir, Plan: p}
	if err := w.sweepOut(); err != nil {
		return nil, err
	}
	t := &Table{Versions: p.Versions, Options: p.Options, Rows: []Row{}, Missing: []int{}}
	var unread error
	for i := range p.Shards {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !w.Done(i) {
			t.Missing = append(t.Missing, i)
			continue
		}
		r, err := w.read(i)
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		s := &p.Shards[i]
		row := Row{Index: i, Data: s.Data, Seed: s.Seed, Settings: s.Settings, Result: r.raw, summary: &r.Summary}
		if verify && unread == nil {
			row.verify(ctx, s, filepath.Join(w.path(i), runDir))
		}
		t.Rows = append(t.Rows, row)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return t, unread
}

// verify checks the run of s in dir and compares the result with it.
func (r *Row) verify(ctx context.Context, s *Shard, dir string) {
	report, err := proofs.CheckRun(ctx, dir, proofs.RunOptions{Data: r.Data, Embedded: run.EmbeddedData})
	r.Verdict = report.Verdict().String()
	if err != nil { // what prevents checking, of which a report says nothing
		r.Verdict = proofs.Unchecked.String()
	}
	if err != nil || report.Verdict() != proofs.Valid {
		switch changed := s.unchanged(); {
		case changed != nil:
			r.Why = changed.Error()
		case err != nil:
			r.Why = err.Error()
		default:
			r.Why = worst(report) + doneAgain
		}
		return
	}
	seconds := r.summary.Seconds // which nothing else tells
	summary, contradictions, err := run.Recount(ctx, run.RunSource{Dir: dir, Data: r.Data}, r.Result)
	if err != nil {
		r.Verdict, r.Why = proofs.Malformed.String(), err.Error()+doneAgain
		return
	}
	r.summary, r.Contradictions = summary, contradictions
	r.summary.Seconds = seconds
	if r.Contradictions != nil {
		r.Verdict = proofs.Invalid.String()
	}
}

// doneAgain is what helps where a run is damaged.
const doneAgain = "; without its " + resultFile + " the shard is done again"

// worst is the first of the claims that have the report's verdict, and how many others
// are not valid.
func worst(report proofs.Report) string {
	first, others := "", -1
	for _, c := range report.Claims {
		if c.Verdict == proofs.Valid || c.Verdict == proofs.Unchecked {
			continue
		}
		if others++; first == "" && c.Verdict == report.Verdict() {
			first = fmt.Sprintf("%s of %s: %s", c.Name, c.Scope, c.Detail)
		}
	}
	switch {
	case first == "":
		return "it has no claim that could be checked"
	case others > 0:
		return fmt.Sprintf("%s (and %d more)", first, others)
	}
	return first
}
