package run

import (
	"context"
	"errors"
	"fmt"
	"time"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/rowfile"
	"multigrade/proofs"
	"multigrade/solver/rowsum"
)

// Training is a training whose run directory is written as it goes.
type Training struct {
	Out          string  // the run directory, "" for runs/NAME
	Resume       bool    // take up the run that was broken off there
	Source, Test *Source // Test is nil where the test rows have no file of their own
	Data         *grade.Data
	Rows         *RowSource // in the place of Data's rows where these are too many for memory
	Memory       int64      // bytes allowed, where there are Rows
	Drawn        int        // of these, drawn to choose beta on; 0: it was given
	Gates        string     // the file the gates are from, "" without
	Options      grade.Options
	Command      []string
	Progress     func(grade.Progress) // nil: not told, as the next three
	// Drafted, Planned and Trained are called when there is a first model, when beta was
	// chosen and when a grade is done, with the seconds it took.
	Drafted func(d *grade.Draft, seconds float64)
	Planned func(p *grade.Plan, seconds float64)
	Trained func(g *grade.Trained, seconds float64)
}

// Outcome is a run that was trained and published.
type Outcome struct {
	Run      *grade.Run
	Dir      string
	Total    float64   // Seconds of the whole
	Seconds  []float64 // of each grade
	Planning float64   // seconds until beta was chosen
	Penalty  grade.Penalty
	// Unchecked says that an interruption or the time limit came before the checker
	// had accepted the run, which its manifest then says, too.
	Unchecked bool
	checked   *proofs.Report // what the checker said, nil if it had no time to
}

// Run trains and publishes the run directory.
func (t *Training) Run(ctx context.Context) (*Outcome, error) {
	open := newTraining
	if t.Resume {
		open = oldTraining
	}
	dir, err := open(t.Out, t.Source.runName())
	if err != nil {
		return nil, err
	}
	defer dir.discard()
	o := t.Options
	options := newManifestOptions(t.Gates, t.Data, &o)
	options.OutOfCore, options.Memory, options.Drawn = t.Rows != nil, t.Memory, t.Drawn
	record, err := newRecorder(dir, newIdentity(options, &o, t.Data), &o)
	if err != nil {
		return nil, exit.Failed(err)
	}
	r := new(Outcome)
	w := &watch{t: t, record: record, r: r, started: time.Now()}
	w.last = w.started
	r.Run, err = t.train(ctx, dir, o, record, w)
	switch {
	case errors.Is(err, rowfile.ErrChanged):
		return nil, exit.Bad(err)
	case grade.Refused(err) || errors.Is(err, grade.ErrFinished):
		return nil, exit.Bad(fmt.Errorf("%s: %w", t.Source.Name, err))
	}
	var failure *exit.Failure
	if errors.As(err, &failure) {
		return nil, err
	}
	if err != nil {
		return nil, exit.Failed(err)
	}
	r.Penalty = record.o.Penalty
	m, err := writeRun(record, t.Command, options, t.Source, t.Test, r.Run)
	if err != nil {
		return nil, exit.Failed(err)
	}
	if err := t.accepted(ctx, dir, r, w.started); err != nil {
		return nil, err
	}
	if m.Unchecked = r.Unchecked; m.Unchecked {
		if err := dir.writeManifest(m); err != nil {
			return nil, exit.Failed(err)
		}
	}
	if r.Dir, err = record.publish(r.Run); err != nil {
		return nil, exit.Failed(err)
	}
	if err := writeRunReport(r.Dir, t.Data, t.Rows != nil, r.checked); err != nil {
		return nil, exit.Failed(fmt.Errorf("the run is in %s, but not its report: %w", r.Dir, err))
	}
	r.Total = time.Since(w.started).Seconds()
	return r, nil
}

// train trains on the data, or on the rows.
func (t *Training) train(ctx context.Context, dir *runDir, o grade.Options, record *recorder, w *watch) (*grade.Run, error) {
	if t.Rows == nil {
		return grade.Resume(ctx, t.Data, o, record.earlier(), w)
	}
	if err := rowsum.RemoveScratch(dir.work); err != nil {
		return nil, err
	}
	t.Rows.Data.Scratch = dir.work
	r, err := grade.TrainRows(ctx, t.Rows.Data, o, record.earlier(), w)
	switch {
	case err == nil:
		return r, t.Rows.Unchanged()
	case errors.Is(err, context.Canceled):
		return nil, &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted before a network was found")}
	case errors.Is(err, context.DeadlineExceeded):
		return nil, errors.New("the time limit came before a network was found")
	}
	return nil, err
}

// watch records a training, measures its times and passes on how it goes.
type watch struct {
	t             *Training
	record        *recorder
	r             *Outcome
	started, last time.Time // last: when the grade in work began
}

var _ grade.Observer = (*watch)(nil)

func (w *watch) Progress(p grade.Progress) {
	if w.t.Progress != nil {
		w.t.Progress(p)
	}
	w.record.progress(p)
}

func (w *watch) Drafted(d *grade.Draft) {
	if w.t.Drafted != nil {
		w.t.Drafted(d, time.Since(w.started).Seconds())
	}
}

func (w *watch) Planned(p *grade.Plan, lasting bool) error {
	w.last = time.Now()
	w.r.Planning = w.last.Sub(w.started).Seconds()
	if w.t.Planned != nil {
		w.t.Planned(p, w.r.Planning)
	}
	return w.record.planned(p, lasting)
}

func (w *watch) Solved(k, output int, s *grade.Solved, lasting bool) error {
	return w.record.solved(k, output, s, lasting)
}

func (w *watch) Trained(g *grade.Trained) {
	now := time.Now()
	seconds := now.Sub(w.last).Seconds()
	w.r.Seconds = append(w.r.Seconds, seconds)
	w.last = now
	if w.t.Trained != nil {
		w.t.Trained(g, seconds)
	}
}

// checkTime is how long after its time limit a run may be checked: with it a run
// that was out of time is back within a second.
const checkTime = 500 * time.Millisecond

// accepted lets the checker look at the run before it is published. One that is
// refused stays under its unfinished name. Of a run that was interrupted or is out of
// time the check is ended with it, which is said.
func (t *Training) accepted(ctx context.Context, dir *runDir, r *Outcome, started time.Time) error {
	if ctx.Err() != nil {
		r.Unchecked = true
		return nil
	}
	if limit := t.Options.Limits.Time; limit > 0 {
		var end context.CancelFunc
		ctx, end = context.WithDeadline(ctx, started.Add(limit+checkTime))
		defer end()
		if ctx.Err() != nil { // nothing could be said
			r.Unchecked = true
			return nil
		}
	}
	var err error
	r.checked, err = accept(ctx, dir.work, "", "")
	switch {
	case err == nil:
		return nil
	case errors.Is(err, context.DeadlineExceeded):
		r.Unchecked = true
		return nil
	}
	if t.Rows != nil {
		if changed := t.Rows.Unchanged(); errors.Is(changed, rowfile.ErrChanged) {
			return exit.Bad(changed)
		}
	}
	dir.keep = true
	err = fmt.Errorf("%w; it is in %s", err, dir.work)
	if errors.Is(err, context.Canceled) {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: err}
	}
	return exit.Failed(err)
}
