package report

import (
	"math"

	"multigrade/solver"
)

// claims says what is certified and what is not.
func (r *Run) claims() Part {
	stands := StandingOf(r.Checked)
	title, opening := certified(stands)
	rows, scores := "every number of the ledger", ""
	if r.Plan != nil {
		rows, scores = "every number of the ledger on rows of the data, but none of split cv", "the scores in cross-validation, whose networks are not kept; "
	}
	p := Part{Title: title, Text: []string{
		opening + ": the objective of every grade; " + r.bounds() +
			", and with that the gaps in the first table; " + rows + "; that the training loss does not rise from grade to grade.",
		"Not certified: " + scores + "that grades which are each optimal are together the best network of their depth; how beta was chosen; why there are not more grades; times and the trace; what happens on rows that are not in the data.",
	}}
	said := map[solver.Status]bool{}
	for _, g := range r.Grades {
		if s := g.Status(); !said[s] {
			said[s] = true
			p.Text = append(p.Text, Meaning(s, g.Scope, stands))
		}
	}
	p.Text = append(p.Text, verdict(r.Checked, r.CutShort)...)
	return p
}

// bounds says for which patterns there are bounds.
func (r *Run) bounds() string {
	for _, g := range r.Grades {
		for _, s := range g.Outputs {
			if math.IsNaN(s.GlobalBound) {
				return "a lower bound of its optimum over the patterns listed (over all patterns only where the table has one)"
			}
		}
	}
	return "lower bounds of its optimum over the patterns listed and over all patterns"
}
