package sweep

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"multigrade/internal/chart"
	"multigrade/internal/report"
	"multigrade/proofs"
)

// pageRows are the shards that the page lists at most; a browser is slow with more.
const pageRows = 1000

// Page is the table as a page: what was reached over every option that varies, and a row
// per shard, the first pageRows of them.
func (t *Table) Page(program string) *report.Page {
	part := report.Part{Title: "What was reached", Figures: t.figures()}
	if len(part.Figures) > 0 {
		part.After = []string{"A dot is a shard, of its test rows or, where none has any, of its training rows, relative to the median of its data."}
	}
	part.Tables = []report.Table{t.list()}
	section := report.Section{Title: fmt.Sprintf("Sweep of %d trainings", len(t.Rows)+len(t.Missing)), Lead: t.lead(), Parts: []report.Part{part}}
	if refuted := t.Refuted(); len(refuted) > 0 {
		section.Parts = append(section.Parts, report.Part{Title: "Not valid", Text: refuted})
	}
	return &report.Page{Title: "multigrade: sweep", Program: program, Sections: []report.Section{section}}
}

// list is the beginning of the table for readers: numbers in few digits.
func (t *Table) list() report.Table {
	lines := t.lines()
	list := report.Table{Head: lines[0], Rows: lines[1:]}
	if len(list.Rows) > pageRows {
		list.Caption = fmt.Sprintf("The first %d of %d shards; table.csv has all.", pageRows, len(list.Rows))
		list.Rows = list.Rows[:pageRows]
	}
	for _, row := range list.Rows {
		for j, cell := range row {
			if v, err := strconv.ParseFloat(cell, 64); err == nil && len(cell) > len("0.12345") {
				row[j] = strconv.FormatFloat(v, 'g', 4, 64)
			}
		}
	}
	return list
}

// lead counts the shards by status, and those that are missing or not valid.
func (t *Table) lead() []string {
	count := map[string]int{}
	checked, refuted, unchecked := 0, 0, 0
	for i := range t.Rows {
		count[t.Rows[i].summary.Status]++
		switch t.Rows[i].Verdict {
		case "":
		case proofs.Unchecked.String():
			unchecked++
		case proofs.Valid.String():
			checked++
		default:
			checked++
			refuted++
		}
	}
	var parts []string
	for status, n := range count {
		parts = append(parts, fmt.Sprintf("%d %s", n, status))
	}
	slices.Sort(parts)
	parts = append(parts, fmt.Sprintf("%d not done", len(t.Missing)))
	lead := []string{strings.Join(parts, ", ") + "."}
	if checked+unchecked > 0 {
		lead = append(lead, fmt.Sprintf("%d runs were checked, %d are not valid or not what their results say.", checked, refuted))
	}
	if unchecked > 0 {
		lead = append(lead, fmt.Sprintf("%d could not be checked.", unchecked))
	}
	return append(lead, fmt.Sprintf("Each has a page of its own, %s/NUMBER/%s/report.html with the number of the shard in six digits.", shardsDir, runDir))
}

// figures are a chart for every option, the seed among them, that has several values.
func (t *Table) figures() []report.Figure {
	dataSets := t.dataSets()
	reached, of := t.reached(dataSets)
	var all []report.Figure
	for _, o := range append(slices.Clone(t.Options), "seed") {
		x, axis := t.positions(o)
		if x == nil {
			continue
		}
		c := chart.New(chart.Half, axis, of+" r.m.s. relative to the median").LogY()
		switch {
		case slices.Min(x) > 0 && slices.Max(x) >= 10*slices.Min(x):
			c.LogX()
		case !slices.ContainsFunc(x, func(v float64) bool { return v != math.Round(v) }):
			c.WholeX()
		}
		for k, rows := range dataSets {
			var dots []chart.XY
			for _, i := range rows {
				dots = append(dots, chart.XY{X: x[i], Y: reached[i]})
			}
			c.Points(t.Rows[rows[0]].Data, chart.Several(k), dots, dotRadius)
		}
		if !c.Empty() {
			all = append(all, report.Figure{Name: "over-" + o, Chart: c})
		}
	}
	return all
}

// dotRadius of a shard, in points.
const dotRadius = 2.5

// dataSets are the rows of the table that share their data, in the order of the table.
func (t *Table) dataSets() [][]int {
	var all [][]int
	known := map[string]int{}
	for i := range t.Rows {
		k, is := known[t.Rows[i].Data]
		if !is {
			k = len(all)
			known[t.Rows[i].Data] = k
			all = append(all, nil)
		}
		all[k] = append(all[k], i)
	}
	return all
}

// reached is the residual of every shard relative to the median of its data, on the test
// rows or, where no shard has any, on the training rows, and which rows these are.
func (t *Table) reached(dataSets [][]int) ([]float64, string) {
	rms, of := make([]float64, len(t.Rows)), "test"
	for i := range t.Rows {
		rms[i] = t.Rows[i].testRMS()
	}
	if !slices.ContainsFunc(rms, func(v float64) bool { return !math.IsNaN(v) }) {
		of = "training"
		for i := range t.Rows {
			rms[i] = t.Rows[i].summary.Final.Train.RMS()
		}
	}
	for _, rows := range dataSets {
		var known []float64
		for _, i := range rows {
			if !math.IsNaN(rms[i]) {
				known = append(known, rms[i])
			}
		}
		if len(known) == 0 {
			continue
		}
		slices.Sort(known)
		median := known[len(known)/2]
		for _, i := range rows {
			rms[i] /= median
		}
	}
	return rms, of
}

// positions are where the values of an option lie on the axis of its chart: numbers where
// they are, else from 1 in the order that they occur, which the name of the axis tells.
// Without several values there are none.
func (t *Table) positions(option string) (x []float64, axis string) {
	var values []string
	place := map[string]int{} // of a value, from 1
	numbers := true
	for i := range t.Rows {
		v := t.Rows[i].setting(option)
		if place[v] == 0 {
			values = append(values, v)
			place[v] = len(values)
		}
		number, err := strconv.ParseFloat(v, 64)
		numbers = numbers && err == nil
		x = append(x, number)
	}
	switch {
	case len(values) < 2:
		return nil, ""
	case numbers:
		return x, option
	}
	for i := range t.Rows {
		x[i] = float64(place[t.Rows[i].setting(option)])
	}
	for k := range values {
		values[k] = fmt.Sprintf("%d %s", k+1, values[k])
	}
	return x, option + ": " + strings.Join(values, ", ")
}

// setting is the value of an option of a shard, or its seed.
func (r *Row) setting(option string) string {
	if v, ok := r.Settings[option]; ok || option != "seed" {
		return v
	}
	return strconv.FormatUint(r.Seed, 10)
}
