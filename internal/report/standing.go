package report

import (
	"fmt"

	"multigrade/grade"
	"multigrade/proofs"
	"multigrade/solver"
)

// Standing is what stands behind the claims of a run that is told about.
type Standing int

const (
	Claimed Standing = iota // by the run; nobody has checked it
	Proved                  // the checker found every claim of the run valid
	Refused                 // the checker did not
)

// String is the end of a sentence about a claim.
func (s Standing) String() string {
	switch s {
	case Proved:
		return "proved"
	case Refused:
		return "claimed, refused by the checker"
	}
	return "claimed, not checked"
}

// StandingOf is that of a run of which the checker said c, nil if it was not asked.
func StandingOf(c *proofs.Report) Standing {
	switch {
	case c == nil:
		return Claimed
	case c.Verdict() == proofs.Valid:
		return Proved
	}
	return Refused
}

// Meaning says in a sentence what the status of a grade or a run means, where the
// optimum was sought over all patterns or over listed ones. That a search has found
// nothing more is in no certificate.
func Meaning(s solver.Status, scope grade.Scope, stands Standing) string {
	bounds := "the bounds are " + stands.String() + "."
	switch s {
	case solver.Optimal:
		if scope == grade.Restricted {
			return fmt.Sprintf("optimal: the optimum over the patterns listed, to the tolerance, %s; the bound for all patterns is loose.", stands)
		}
		return fmt.Sprintf("optimal: the optimum over all patterns, to the tolerance, %s.", stands)
	case solver.Priced:
		return fmt.Sprintf(`priced: the optimum over the patterns listed, to the tolerance, %s; a search, which nothing proves, found no neuron that would lower it, and over all patterns there is the bound "of all".`, stands)
	case solver.Limit:
		return "limit: a limit of iterations, rounds or work came before the search for better neurons had ended; " + bounds
	case solver.TimeLimit:
		return "time: the time limit came before the search for better neurons had ended; " + bounds
	case solver.Stalled:
		return "stalled: no further progress is possible in float64; " + bounds
	}
	return "interrupted: the end came from outside; " + bounds
}

// certified titles and opens what is said of the claims of a run: that they are
// proved only where they were checked.
func certified(stands Standing) (title, opening string) {
	switch stands {
	case Proved:
		return "What is certified, and what is not", "Certified, by proofs that the checker derived again for this page"
	case Refused:
		return "What is claimed", "Claimed, and refused by the checker, which says below what it found"
	}
	return "What is claimed, and what is not", "Claimed, with proofs that multigrade verify can derive again, which for this page nobody did"
}

// verdict is what the checker said, if it was asked; cutShort says of a run that its
// end came before it was checked.
func verdict(c *proofs.Report, cutShort bool) []string {
	var lines []string
	if cutShort {
		lines = append(lines, "The run was cut short before the checker had accepted it.")
	}
	if c == nil {
		return append(lines, "The claims were not checked for this page (report --verify does).")
	}
	lines = append(lines, fmt.Sprintf("Checked for this page: %s, %d claims.", c.Verdict(), c.Checked()))
	for _, claim := range c.Claims {
		if claim.Verdict != proofs.Valid {
			lines = append(lines, fmt.Sprintf("%s: %s, %s: %s", claim.Verdict, claim.Name, claim.Scope, claim.Detail))
		}
	}
	return lines
}
