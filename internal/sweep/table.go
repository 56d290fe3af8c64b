package sweep

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
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
	Verdict  string            `json:"verdict,omitempty"` // where it was asked: of the checker, invalid with contradictions, unchecked where it cannot be told
	Why      string            `json:"why,omitempty"`     // it is not valid, where that is not a contradiction
	// Contradictions are what the result says and the run does not, where it was asked.
	Contradictions []run.Contradiction `json:"contradictions,omitempty"`
	Result         json.RawMessage     `json:"result"` // the JSON object of the run

	summary *run.Summary // of the result or, where it was asked, of the run itself
}

// A Table is what a sweep has come to.
type Table struct {
	Versions map[string]string `json:"versions"` // of the program that did the shards
	Options  []string          `json:"options"`
	Rows     []Row             `json:"rows"`
	Missing  []int             `json:"missing"` // shards that are not done
}

// Refuted says of every run that was checked and is not valid why that is.
func (t *Table) Refuted() []string {
	var all []string
	for i := range t.Rows {
		r := &t.Rows[i]
		for _, c := range r.Contradictions {
			all = append(all, fmt.Sprintf("shard %d: in %s %s", r.Index, resultFile, c.String()))
		}
		if r.Verdict != "" && r.Verdict != proofs.Valid.String() && r.Contradictions == nil {
			all = append(all, fmt.Sprintf("shard %d: the run is %s: %s", r.Index, r.Verdict, r.Why))
		}
	}
	return all
}

// A column of the table about the runs.
type column struct {
	name string
	of   func(r *Row) string
}

// columns are those behind the settings.
var columns = []column{
	{"status", func(r *Row) string { return r.summary.Status }},
	{"verdict", func(r *Row) string { return r.Verdict }},
	{"grades", func(r *Row) string { return strconv.Itoa(len(r.summary.Grades)) }},
	{"neurons", func(r *Row) string {
		neurons := 0
		for k := range r.summary.Grades {
			neurons += r.summary.Grades[k].Neurons
		}
		return strconv.Itoa(neurons)
	}},
	{"train_rms", func(r *Row) string { return number(r.summary.Final.Train.RMS()) }},
	{"validation_rms", func(r *Row) string { return number(r.summary.Final.Validation.RMS()) }},
	{"test_rms", func(r *Row) string { return number(r.testRMS()) }},
	{"seconds", func(r *Row) string { return strconv.FormatFloat(r.summary.Seconds, 'f', 3, 64) }},
}

// testRMS is the root mean square of the residual on the test rows, NaN without any.
func (r *Row) testRMS() float64 { return r.summary.Final.Test.RMS() }

// number is empty where it is not there.
func number(v float64) string {
	if math.IsNaN(v) {
		return ""
	}
	return strconv.FormatFloat(v, 'g', 17, 64)
}

// head is a line of column names: the settings between others. One that has the name of
// another column is named as what it was set by.
func head(first, settings, others []string) []string {
	names := slices.Clone(first)
	for _, s := range settings {
		if slices.Contains(first, s) || slices.Contains(others, s) {
			s = "set_" + s
		}
		names = append(names, s)
	}
	return append(names, others...)
}

// lines are the table as texts, its head first; numbers that are not there are empty.
func (t *Table) lines() [][]string {
	var names []string
	for _, c := range columns {
		names = append(names, c.name)
	}
	rows := [][]string{head([]string{"shard", "data", "seed"}, t.Options, names)}
	for i := range t.Rows {
		r := &t.Rows[i]
		line := []string{strconv.Itoa(r.Index), r.Data, strconv.FormatUint(r.Seed, 10)}
		for _, o := range t.Options {
			line = append(line, r.Settings[o])
		}
		for _, c := range columns {
			line = append(line, c.of(r))
		}
		rows = append(rows, line)
	}
	return rows
}

// WriteCSV writes a row per shard; numbers that are not there are empty.
func (t *Table) WriteCSV(w io.Writer) error { return csv.NewWriter(w).WriteAll(t.lines()) }

// Write leaves table.csv, table.json and the page report.html, and with folds folds.csv,
// in the sweep directory.
func (t *Table) Write(dir string) error {
	var folds error
	if slices.Contains(t.Options, foldOption) {
		folds = run.WriteWhole(filepath.Join(dir, "folds.csv"), t.WriteFolds)
	}
	return errors.Join(folds,
		run.WriteWhole(filepath.Join(dir, "table.csv"), t.WriteCSV),
		run.WriteWhole(filepath.Join(dir, run.ReportFile), t.Page("multigrade "+run.Version).Write),
		run.WriteWhole(filepath.Join(dir, "table.json"), func(w io.Writer) error {
			e := json.NewEncoder(w)
			e.SetEscapeHTML(false)
			return e.Encode(t)
		}))
}
