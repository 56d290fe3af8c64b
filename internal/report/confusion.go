package report

import (
	"fmt"
	"slices"
)

// mostClasses is the most classes a confusion table is shown for.
const mostClasses = 30

// confusion counts which classes are taken for which.
func (r *Run) confusion(seen []sample) Part {
	p := Part{Title: "Which classes are told apart"}
	if len(r.Model.Classes) > mostClasses {
		p.Text = []string{fmt.Sprintf("%d classes are too many for a table.", len(r.Model.Classes))}
		return p
	}
	for i := range seen {
		p.Tables = append(p.Tables, r.confusionTable(&seen[i]))
	}
	return p
}

func (r *Run) confusionTable(s *sample) Table {
	classes := r.Model.Classes
	counts := make([][]int, len(classes))
	for k := range counts {
		counts[k] = make([]int, len(classes))
	}
	for i := range s.rows() {
		counts[r.actual(s, i)][slices.Index(classes, r.Model.Class(s.after[r.last()], i))]++
	}
	t := Table{Caption: fmt.Sprintf("Of %d %s rows: lines are the actual classes, columns the predicted ones.", s.rows(), rowsOf(s.split)),
		Head: append(append([]string{"actual"}, classes...), "right")}
	if s.rows() < s.all {
		t.Caption = fmt.Sprintf("Of %d %s rows, evenly spaced among %d: lines are the actual classes, columns the predicted ones.", s.rows(), rowsOf(s.split), s.all)
	}
	for k, class := range classes {
		row, sum := []string{class}, 0
		for _, n := range counts[k] {
			row, sum = append(row, fmt.Sprint(n)), sum+n
		}
		right := "-"
		if sum > 0 {
			right = percent(float64(counts[k][k]) / float64(sum))
		}
		t.Rows = append(t.Rows, append(row, right))
	}
	return t
}

// actual is the number of the class of row i.
func (r *Run) actual(s *sample, i int) int {
	if len(s.y) == 1 {
		if s.y[0][i] > 0 {
			return 1
		}
		return 0
	}
	return slices.IndexFunc(s.y, func(y []float64) bool { return y[i] > 0 })
}
