package report

import (
	"fmt"
	"math"
	"strings"

	"multigrade/grade"
	"multigrade/internal/trace"
	"multigrade/proofs"
	"multigrade/solver"
)

// Run is a trained model and the account of its training.
type Run struct {
	Name    string     // of its directory
	Facts   [][]string // names and values: data, options, versions
	Options []string   // that are not at their zero, each with its value
	Status  solver.Status
	Stopped string // why there are fewer grades than asked for
	Model   *grade.Model
	Ledger  grade.Ledger
	Grades  []*grade.Trained
	Plan    *grade.Plan    // nil where beta was given
	Tol     float64        // gap at which a grade counts as solved
	Points  []trace.Point  // empty without a trace
	Data    *grade.Data    // nil if it is not there, and then
	NoData  string         // why
	Checked *proofs.Report // what the checker said, nil if it was not asked
	// CutShort says that the end came before the checker had accepted the run.
	CutShort bool
}

var _ Subject = (*Run)(nil)

// splits are the parts of the data the ledger has, training first.
func (r *Run) splits() []string {
	var s []string
	for _, name := range []string{grade.OnTrain, grade.OnValidation, grade.OnTest} {
		if r.Ledger.Find(0, name) != nil {
			s = append(s, name)
		}
	}
	return s
}

// classes reports whether the target is classes.
func (r *Run) classes() bool { return r.Model.Task != grade.Regression.String() }

// last is the number of grades.
func (r *Run) last() int { return len(r.Model.Grades) }

// unit names what residuals are measured in.
func (r *Run) unit() string {
	switch {
	case r.classes():
		return "labels +-1"
	case r.Model.Data.Width > 0:
		return "intensity"
	case len(r.Model.Data.Target) > 1:
		return "units of the targets"
	}
	return r.Model.Data.Target[0]
}

func (r *Run) section() (Section, error) {
	s := Section{Title: r.Name, Status: r.Status.String(), Lead: r.lead()}
	seen, err := r.look()
	if err != nil {
		return s, err
	}
	if r.Plan != nil {
		s.Parts = append(s.Parts, r.crossValidation())
	}
	if r.Model.Calibration != nil {
		s.Parts = append(s.Parts, r.calibration(seen))
	}
	s.Parts = append(s.Parts, r.ledger())
	if r.Data == nil {
		s.Parts = append(s.Parts, Part{Title: "The fit", Text: []string{r.NoData}})
	} else {
		parts, err := r.fit(seen)
		if err != nil {
			return s, err
		}
		s.Parts = append(s.Parts, parts...)
	}
	s.Parts = append(s.Parts, r.optimisation(), r.claims(), Part{Title: "The run", Tables: []Table{{Facts: true, Rows: r.Facts}}})
	return s, nil
}

// lead says in a few sentences what came out.
func (r *Run) lead() []string {
	d := r.Model.Data
	target := strings.Join(d.Target, ", ")
	first := fmt.Sprintf("%d grade%s for %s from %d input%s (%s).", r.last(), plural(r.last()), target, d.Features, plural(d.Features), d.Name)
	if r.classes() {
		first = fmt.Sprintf("%d classes of %s told apart by %d grade%s from %d input%s (%s).", len(r.Model.Classes), target, r.last(), plural(r.last()), d.Features, plural(d.Features), d.Name)
	}
	if by := r.Model.Weights.String(); by != "" {
		first += fmt.Sprintf(" The training rows were weighted by %s in the loss; rows held out all count the same.", by)
	}
	lead := []string{first}
	for _, split := range r.splits() {
		before, after := r.Ledger.Find(0, split), r.Ledger.Find(r.last(), split)
		if r.classes() {
			lead[0] += fmt.Sprintf(" Of the %d %s rows%s %s are in the right class.", after.Rows, rowsOf(split), r.aside(split), percent(after.Accuracy))
			continue
		}
		if r.Model.Quantiles != nil {
			lead[0] += fmt.Sprintf(" On the %d %s rows%s the %s loss, %s, fell from %.4g to %.4g%s.", after.Rows, rowsOf(split), r.aside(split), r.Model.Loss, ofQuantiles, before.Loss, after.Loss, fell(before.Loss, after.Loss))
			continue
		}
		lead[0] += fmt.Sprintf(" On the %d %s rows%s the r.m.s. residual fell from %.4g to %.4g%s.", after.Rows, rowsOf(split), r.aside(split), before.L2, after.L2, fell(before.L2, after.L2))
	}
	lead = append(r.scoreLead(), lead...)
	lead = append(lead, Meaning(r.Status, r.scope(), StandingOf(r.Checked)))
	if r.Stopped != "" {
		lead = append(lead, "Less than asked for: "+r.Stopped+".")
	}
	return lead
}

// scope is that of the grades.
func (r *Run) scope() grade.Scope {
	if len(r.Grades) == 0 {
		return grade.Global
	}
	return r.Grades[0].Scope
}

// aside warns of a score on training rows, and says which rows the test's are.
func (r *Run) aside(split string) string {
	which := ""
	switch split {
	case grade.OnTrain:
		which = "which says little about new rows"
	case grade.OnTest:
		which = r.Model.Split.TestRows()
	}
	if which == "" {
		return ""
	}
	return ", " + which + ","
}

func rowsOf(split string) string {
	if split == grade.OnTrain {
		return "training"
	}
	return split
}

func fell(before, after float64) string {
	if before == 0 {
		return ""
	}
	return fmt.Sprintf(", by %s", percent(1-after/before))
}

func percent(v float64) string { return fmt.Sprintf("%.4g%%", math.Round(v*1e4)/100) }

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
