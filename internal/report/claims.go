package report

import (
	"fmt"
	"math"

	"multigrade/proofs"
	"multigrade/solver"
)

// claims says what is certified and what is not.
func (r *Run) claims() Part {
	p := Part{Title: "What is certified, and what is not", Text: []string{
		"Certified, by proofs that multigrade verify derives again from the data file: the objective of every grade; " + r.boundsProved() +
			", and with that the gaps in the first table; every number of the ledger; that the training loss does not rise from grade to grade.",
		"Not certified: that grades which are each optimal are together the best network of their depth; how beta was chosen; times and the trace; what happens on rows that are not in the data.",
	}}
	said := map[solver.Status]bool{}
	for _, g := range r.Grades {
		if s := g.Status(); !said[s] {
			said[s] = true
			p.Text = append(p.Text, Meaning(s, g.Scope))
		}
	}
	p.Text = append(p.Text, verdict(r.Checked)...)
	return p
}

// boundsProved says for which patterns there are bounds.
func (r *Run) boundsProved() string {
	for _, g := range r.Grades {
		for _, s := range g.Outputs {
			if math.IsNaN(s.GlobalBound) {
				return "a lower bound of its optimum over the patterns listed (over all patterns only where the table has one)"
			}
		}
	}
	return "lower bounds of its optimum over the patterns listed and over all patterns"
}

// verdict is what the checker said, if it was asked.
func verdict(c *proofs.Report) []string {
	if c == nil {
		return []string{"The claims were not checked for this page (report --verify does)."}
	}
	lines := []string{fmt.Sprintf("Checked for this page: %s, %d claims.", c.Verdict(), c.Checked())}
	for _, claim := range c.Claims {
		if claim.Verdict != proofs.Valid {
			lines = append(lines, fmt.Sprintf("%s: %s, %s: %s", claim.Verdict, claim.Name, claim.Scope, claim.Detail))
		}
	}
	return lines
}
