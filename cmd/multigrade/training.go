package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"multigrade/grade"
)

// training is a training whose run directory is written as it goes.
type training struct {
	out          string  // the run directory, "" for runs/NAME
	resume       bool    // take up the run that was broken off there
	source, test *source // test is nil where the test rows have no file of their own
	data         *grade.Data
	gates        string // the file the gates are from, "" without
	options      grade.Options
	command      []string
	progress     func(grade.Progress) // nil: not told
}

// outcome is a run that was trained and published.
type outcome struct {
	run      *grade.Run
	dir      string
	total    float64   // seconds of the whole
	seconds  []float64 // of each grade
	planning float64   // seconds until beta was chosen
}

// run trains and publishes the run directory.
func (t *training) run(ctx context.Context) (*outcome, error) {
	open := newTraining
	if t.resume {
		open = oldTraining
	}
	dir, err := open(t.out, t.source.runName())
	if err != nil {
		return nil, err
	}
	defer dir.discard()
	o := t.options
	options := newManifestOptions(t.gates, t.data, &o)
	record, err := newRecorder(dir, newIdentity(options, &o, t.data), &o)
	if err != nil {
		return nil, failed(err)
	}
	o.Solved, o.Finished, o.Plan = record.solved, record.finished, record.plan
	started := time.Now()
	r, last := new(outcome), started
	o.Progress = func(p grade.Progress) {
		if t.progress != nil {
			t.progress(p)
		}
		record.progress(p)
	}
	o.Planned = func(p *grade.Plan) error {
		r.planning = time.Since(started).Seconds()
		last = time.Now()
		return record.planned(p)
	}
	o.Trained = func(*grade.Trained) {
		now := time.Now()
		r.seconds = append(r.seconds, now.Sub(last).Seconds())
		last = now
	}
	r.run, err = grade.Train(ctx, t.data, o)
	if errors.Is(err, grade.ErrData) || errors.Is(err, grade.ErrFinished) {
		return nil, bad(fmt.Errorf("%s: %w", t.source.name, err))
	}
	if err != nil {
		return nil, failed(err)
	}
	if err := writeRun(record, t.command, options, t.source, t.test, r.run); err != nil {
		return nil, failed(err)
	}
	if r.dir, err = record.publish(r.run); err != nil {
		return nil, failed(err)
	}
	if err := writeRunReport(r.dir, t.data); err != nil {
		return nil, failed(fmt.Errorf("the run is in %s, but not its report: %w", r.dir, err))
	}
	r.total = time.Since(started).Seconds()
	return r, nil
}
