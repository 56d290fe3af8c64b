package sweep

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"multigrade/internal/run"
	"multigrade/proofs"
)

// A Row is what a table says of one shard.
type Row struct {
	Index    int               `json:"index"`
	Data     string            `json:"data"`
	Seed     uint64            `json:"seed"`
	Settings map[string]string `json:"settings"`
	Verdict  string            `json:"verdict,omitempty"` // of the checker, where it was asked
	Result   json.RawMessage   `json:"result"`            // the JSON object of the run

	status    string
	grades    int
	neurons   int
	seconds   float64
	residuals [3]*float64 // root mean squares on training, validation and test rows
}

// A Table is what a sweep has come to.
type Table struct {
	Options []string `json:"options"`
	Rows    []Row    `json:"rows"`
	Missing []int    `json:"missing"` // shards that are not done
	Refuted bool     `json:"-"`       // a run was checked and is not valid
}

// Merge reads all shards that are done. With verify every run is checked as by the
// command verify, and the table says what came of it. What killed workers have
// left of shards that are done is removed.
func Merge(ctx context.Context, dir string, verify bool) (*Table, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	w := &Worker{Dir: dir, Plan: p}
	if err := w.sweepOut(); err != nil {
		return nil, err
	}
	t := &Table{Options: p.Options, Rows: []Row{}, Missing: []int{}}
	for i := range p.Shards {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if !w.Done(i) {
			t.Missing = append(t.Missing, i)
			continue
		}
		row, err := w.row(i)
		if err != nil {
			return nil, err
		}
		if verify {
			r, err := proofs.CheckRun(ctx, filepath.Join(w.path(i), runDir), proofs.RunOptions{Data: row.Data, Embedded: run.EmbeddedData})
			if err != nil {
				return nil, fmt.Errorf("shard %d: %w", i, err)
			}
			row.Verdict = r.Verdict().String()
			t.Refuted = t.Refuted || r.Verdict() != proofs.Valid
		}
		t.Rows = append(t.Rows, *row)
	}
	return t, nil
}

// row reads the result of shard i and compares it with the plan.
func (w *Worker) row(i int) (*Row, error) {
	s := &w.Plan.Shards[i]
	name := filepath.Join(w.path(i), resultFile)
	raw, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	r := &Row{Index: i, Data: s.Data, Seed: s.Seed, Settings: s.Settings, Result: raw}
	var sum run.Summary
	if err := json.Unmarshal(raw, &sum); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if sum.Data.SHA256 != s.SHA256 {
		return nil, fmt.Errorf("%s: the result is of other data (SHA-256 begins with %.16s) than the plan's (%.16s)", name, sum.Data.SHA256, s.SHA256)
	}
	r.status, r.seconds, r.grades = sum.Status, sum.Seconds, len(sum.Grades)
	for k := range sum.Grades {
		r.neurons += sum.Grades[k].Neurons
	}
	if f := sum.Final.Train; f != nil {
		r.residuals[0] = &f.L2
	}
	if f := sum.Final.Validation; f != nil {
		r.residuals[1] = &f.L2
	}
	if f := sum.Final.Test; f != nil {
		r.residuals[2] = &f.L2
	}
	return r, nil
}

// WriteCSV writes a row per shard; numbers that are not there are empty.
func (t *Table) WriteCSV(w io.Writer) error {
	c := csv.NewWriter(w)
	head := append([]string{"shard", "data", "seed"}, t.Options...)
	head = append(head, "status", "verdict", "grades", "neurons", "train_rms", "validation_rms", "test_rms", "seconds")
	rows := [][]string{head}
	for i := range t.Rows {
		r := &t.Rows[i]
		line := []string{strconv.Itoa(r.Index), r.Data, strconv.FormatUint(r.Seed, 10)}
		for _, o := range t.Options {
			line = append(line, r.Settings[o])
		}
		line = append(line, r.status, r.Verdict, strconv.Itoa(r.grades), strconv.Itoa(r.neurons))
		for _, v := range r.residuals {
			text := ""
			if v != nil {
				text = strconv.FormatFloat(*v, 'g', 17, 64)
			}
			line = append(line, text)
		}
		rows = append(rows, append(line, strconv.FormatFloat(r.seconds, 'f', 3, 64)))
	}
	return c.WriteAll(rows)
}

// Write leaves table.csv and table.json, and with folds folds.csv, in the sweep directory.
func (t *Table) Write(dir string) error {
	var folds error
	if slices.Contains(t.Options, foldOption) {
		folds = run.WriteWhole(filepath.Join(dir, "folds.csv"), t.WriteFolds)
	}
	return errors.Join(folds,
		run.WriteWhole(filepath.Join(dir, "table.csv"), t.WriteCSV),
		run.WriteWhole(filepath.Join(dir, "table.json"), func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			return e.Encode(t)
		}))
}
