package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"multigrade/grade"
	"multigrade/internal/report"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

// table writes what fell, by how much, and how certain it is.
func (r *solveReport) table(out io.Writer, explained bool) error {
	m := r.Run.Model
	shown := grade.OnTrain
	if r.Run.Ledger.Find(0, grade.OnTest) != nil {
		shown = grade.OnTest
	}
	fmt.Fprintf(out, "%s: %d rows, %d feature%s, target%s %s\n", m.Data.Name, m.Data.Rows, m.Data.Features, plural(m.Data.Features),
		plural(len(m.Data.Target)), strings.Join(m.Data.Target, ", "))
	if by := m.Weights.String(); by != "" {
		fmt.Fprintf(out, "Training rows are weighted by %s in the loss; rows held out all count the same.\n", by)
	}
	r.scores(out)
	what := "What each grade left of the target, in its units"
	if r.classes() {
		what = fmt.Sprintf("How the grades so far tell %d classes apart (%s loss)", len(m.Classes), m.Loss)
	}
	fmt.Fprintf(out, "%s, on %d training rows%s:\n\n", what,
		r.Run.Ledger.Find(0, grade.OnTrain).Rows, also(r.Run, shown))
	w := terminal.NewTable(out, terminal.Right)
	r.header(w, shown)
	for k := 0; k <= len(r.Run.Grades); k++ {
		r.line(w, k, shown)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	r.remarks(out)
	if explained {
		fmt.Fprintln(out)
		return explain(out, r.explanations())
	}
	return nil
}

// unchecked says of a run that was cut short that nobody has checked it.
func unchecked(yes bool) string {
	if yes {
		return "Its end came before the checker had accepted it: what it claims has not been checked.\n"
	}
	return ""
}

// which rows they are, where there is something to say.
func which(rows string) string {
	if rows == "" {
		return ""
	}
	return ", " + rows
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}

func also(run *grade.Run, split string) string {
	if split == grade.OnTrain {
		return ""
	}
	rows := run.Ledger.Find(0, split).Rows
	if run.Model.Split.Stride > 1 {
		return fmt.Sprintf(" and on all %d pixels", rows)
	}
	return fmt.Sprintf(" and on %d %s rows never seen in training%s", rows, split, which(run.Model.Split.TestRows()))
}

func (r *solveReport) header(w io.Writer, shown string) {
	if r.classes() {
		fmt.Fprint(w, "grade\tneurons\tloss\taccuracy\tloss fell\t")
	} else {
		fmt.Fprint(w, "grade\tneurons\tmean |e|\tr.m.s.\tmax |e|\tr.m.s. fell\t")
	}
	switch {
	case shown == grade.OnTrain:
	case r.classes():
		fmt.Fprintf(w, "%s loss\t%s accuracy\t", shown, shown)
	default:
		fmt.Fprintf(w, "%s r.m.s.\t%s max |e|\t", shown, shown)
	}
	fmt.Fprint(w, "of listed\tof all\tpatterns\tstatus\tseconds\t\n")
}

// classes reports whether the target is classes.
func (r *solveReport) classes() bool { return r.Run.Model.Task != grade.Regression.String() }

// measures are the columns of an entry, and what the grade before left.
func (r *solveReport) measures(e *grade.Entry) (columns string, left float64) {
	if r.classes() {
		return fmt.Sprintf("%.4g\t%.4f\t", e.Loss, e.Accuracy), e.Loss
	}
	return fmt.Sprintf("%.4g\t%.4g\t%.4g\t", e.L1, e.L2, e.Linf), e.L2
}

// line writes the row of grade k; grade 0 is the target about its shift.
func (r *solveReport) line(w io.Writer, k int, shown string) {
	e := r.Run.Ledger.Find(k, grade.OnTrain)
	columns, left := r.measures(e)
	if k == 0 {
		fmt.Fprintf(w, "0\t\t%s\t", columns)
	} else {
		_, before := r.measures(r.Run.Ledger.Find(k-1, grade.OnTrain))
		fmt.Fprintf(w, "%d\t%d\t%s%s\t", k, e.Neurons, columns, fell(before, left))
	}
	if shown != grade.OnTrain {
		t := r.Run.Ledger.Find(k, shown)
		if r.classes() {
			fmt.Fprintf(w, "%.4g\t%.4f\t", t.Loss, t.Accuracy)
		} else {
			fmt.Fprintf(w, "%.4g\t%.4g\t", t.L2, t.Linf)
		}
	}
	if k == 0 {
		fmt.Fprint(w, "\t\t\t\t\t\n")
		return
	}
	a := r.Run.Grades[k-1].Sum()
	fmt.Fprintf(w, "<= %.1e\t%s\t%s\t%s\t%.1f\t\n", a.RelGap, report.OfAll(a), patternsOf(a), a.Status, r.Seconds[k-1])
}

// widths says what a budget of neurons costs.
func (r *solveReport) widths(out io.Writer) {
	for _, g := range r.Run.Grades {
		k := g.Sum().Kept
		if k == nil {
			continue
		}
		e := r.Run.Ledger.Find(g.Grade.Number, grade.OnTrain)
		listed := fmt.Sprintf("above the optimum over the patterns listed by at most %.2g of itself", k.RelGap)
		if k.RelGap < 0 {
			listed = "below the optimum over the patterns listed, for it has others"
		}
		fmt.Fprintf(out, "Grade %d keeps %d neurons, budget %d, the convex program's network has %d: r.m.s. %.4g before the selection, %.4g after;\n"+
			"its objective is %s, above that over all by at most %.2g.\n",
			g.Grade.Number, e.Neurons, k.Budget, k.Neurons, e.Kept.ConvexL2, e.L2, listed, k.GlobalRelGap)
	}
}

// decompositions say what leaving the gated relaxation costs.
func (r *solveReport) decompositions(out io.Writer) {
	for _, g := range r.Run.Grades {
		if d := g.Sum().Decomposition; d != nil {
			fmt.Fprintf(out, "Grade %d: %d gated units decomposed into %d ReLU neurons, whose objective is above the ReLU optimum over the patterns\n"+
				"listed by at most %.2g of itself.\n", g.Grade.Number, d.Units, g.Grade.Neurons(), d.RelGap)
		}
	}
}

// deadZones say what they leave.
func (r *solveReport) deadZones(out io.Writer) {
	for _, g := range r.Run.Grades {
		if z := g.Sum().DeadZone; z != nil {
			fmt.Fprintf(out, "Grade %d: a dead zone of %.4g, beyond which its network is on %.1f%% of the training rows; no residual there grew.\n", g.Grade.Number, z.Eps, 100*z.Open)
		}
	}
}

// fell writes by how much b is below a.
func fell(a, b float64) string {
	if a == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*(1-b/a))
}

// patternsOf says how many patterns the grade's program had at its end, and of
// how many there are.
func patternsOf(a grade.Account) string {
	switch {
	case a.Complete:
		return fmt.Sprintf("all %d", a.Patterns)
	case a.PatternsTotal != "":
		return fmt.Sprintf("%d of %s", a.Patterns, a.PatternsTotal)
	}
	return fmt.Sprint(a.Patterns)
}

// standing is that of a run that was checked before it was published, or was not.
func standing(unchecked bool) report.Standing {
	if unchecked {
		return report.Claimed
	}
	return report.Proved
}

// notes say what the statuses of the grades mean.
func (r *solveReport) notes() []string {
	var notes []string
	for _, s := range solver.Statuses() {
		for _, g := range r.Run.Grades {
			if g.Status() == s {
				notes = append(notes, report.Meaning(s, r.Run.Grades[0].Scope, standing(r.Unchecked)))
				break
			}
		}
	}
	return notes
}

// scores writes the score that counts, on rows held out, and behind it what the model
// is on the rows it was trained on.
func (r *solveReport) scores(out io.Writer) {
	cv := r.Run.CV()
	if cv == nil {
		return
	}
	last := len(r.Run.Grades)
	train := r.Run.Ledger.Find(last, grade.OnTrain)
	fmt.Fprintf(out, "Cross-validated (%d parts of the rows held out in turn, %.1f seconds): %s\n", r.Run.Plan.Folds, r.Planning, r.scoreText(cv))
	if t := r.Run.Ledger.Find(last, grade.OnTest); t != nil {
		fmt.Fprintf(out, "On the %d test rows%s: %s\n", t.Rows, which(r.Run.Model.Split.TestRows()), r.entryText(t))
	}
	r.calibration(out)
	fmt.Fprintf(out, "Training error, which says nothing about new rows: %s\n", r.entryText(train))
	for k, c := range r.Run.Plan.Choices[:min(last, len(r.Run.Plan.Choices))] {
		fmt.Fprintf(out, "Grade %d: beta %.4g beta_max, the best of %d, and %s held out.\n", k+1, c.Ratio, len(c.Trials), r.scoreText(&c.Score))
	}
	if w := r.Run.Plan.Widths; len(w) > 0 {
		fmt.Fprintf(out, "Width: %s\n", r.chosenWidth())
	}
	if p := r.Run.Plan; len(p.Penalties) > 0 {
		fmt.Fprintf(out, "Penalty: %s; held out, with %s.\n", p.PenaltyText(), r.penaltyScores())
	}
	for _, warning := range r.Run.Ledger.Warnings(r.Run.Model) {
		fmt.Fprintf(out, "Warning: %s.\n", warning)
	}
	fmt.Fprintln(out)
}

// penaltyScores are those of the penalties that were tried.
func (r *solveReport) penaltyScores() string {
	var texts []string
	for _, t := range r.Run.Plan.Penalties {
		texts = append(texts, t.Penalty+" "+r.scoreText(&t.Score))
	}
	return strings.Join(texts, ", with ")
}

// chosenWidth says which budget of neurons was chosen, and of which.
func (r *solveReport) chosenWidth() string {
	p := r.Run.Plan
	tried := p.Widths[:len(p.Widths)-1]
	wide := &p.Widths[len(p.Widths)-1].Score
	if len(tried) == 0 {
		return fmt.Sprintf("as many neurons as the optimum has, at most %d of an output in the folds", grade.LeastWidth)
	}
	if p.Width == 0 {
		return fmt.Sprintf("as many neurons as the optimum has, of which the first grade leaves %s held out; the %d budgets tried leave more.", r.scoreText(wide), len(tried))
	}
	of := tried[slices.IndexFunc(tried, func(t grade.WidthTrial) bool { return t.Width == p.Width })].Score
	return fmt.Sprintf("%d neurons per grade, of %d budgets tried the least from which on more do not pay: the first grade leaves %s held out, as wide as the optimum is %s.",
		p.Width, len(tried), r.scoreText(&of), r.scoreText(wide))
}

// calibration says how wide the intervals are that most new rows are in, or what
// the probabilities are worth, and what the test rows say to that.
func (r *solveReport) calibration(out io.Writer) {
	if q := r.Run.Quantiles; q != nil {
		r.quantiles(out, q)
		return
	}
	c := r.Run.Model.Calibration
	switch cover := r.Run.Coverage; {
	case c == nil || c.Residuals != nil && cover == nil:
		return
	case cover != nil:
		var widths []string
		for _, h := range cover.HalfWidths {
			widths = append(widths, fmt.Sprintf("%.4g", h))
		}
		fmt.Fprintf(out, "About %.0f%% of new rows are within +- %s of the prediction", 100*grade.ReportedInterval, strings.Join(widths, ", "))
		if !math.IsNaN(cover.Covered) {
			fmt.Fprintf(out, "; of the test rows %.1f%%", 100*cover.Covered)
		}
	default:
		fmt.Fprintf(out, "Log loss of calibrated probabilities %.4g on rows held out", c.LogLoss)
		if !math.IsNaN(r.Run.LogLoss) {
			fmt.Fprintf(out, ", %.4g on the test rows", r.Run.LogLoss)
		}
	}
	fmt.Fprintln(out)
}

// quantiles says how many test rows are at most the quantiles predicted.
func (r *solveReport) quantiles(out io.Writer, q *grade.QuantileShares) {
	if math.IsNaN(q.Crossing) {
		return
	}
	var shares []string
	for t, level := range q.Levels {
		shares = append(shares, fmt.Sprintf("%.1f%% (%v)", 100*q.AtMost[t], level))
	}
	fmt.Fprintf(out, "At most the quantile predicted are of the test rows %s; the outputs of %.1f%% of them crossed and were rearranged\n", strings.Join(shares, ", "), 100*q.Crossing)
}

// scoreText is a cross-validated score in a line.
func (r *solveReport) scoreText(s *grade.Score) string {
	if r.Run.Model.Quantiles != nil {
		return fmt.Sprintf("%s loss %.4g +- %.2g, summed over the levels and standardised", r.Run.Model.Loss, s.Loss, s.LossSE)
	}
	if !r.classes() {
		text := fmt.Sprintf("r.m.s. %.4g +- %.2g", s.L2, s.L2SE)
		if s.R2 != nil {
			text += fmt.Sprintf(", R2 %.4f", *s.R2)
		}
		return text
	}
	text := fmt.Sprintf("%s loss %.4g +- %.2g", r.Run.Model.Loss, s.Loss, s.LossSE)
	if s.LogLoss != nil {
		text = fmt.Sprintf("log loss %.4g", *s.LogLoss)
	}
	if s.Accuracy != nil {
		text = fmt.Sprintf("accuracy %.4f, %s", *s.Accuracy, text)
	}
	return text
}

// entryText is an entry of the ledger likewise.
func (r *solveReport) entryText(e *grade.Entry) string {
	if r.Run.Model.Quantiles != nil {
		return fmt.Sprintf("%s loss %.4g", r.Run.Model.Loss, e.Loss)
	}
	if r.classes() {
		return fmt.Sprintf("accuracy %.4f, %s loss %.4g", e.Accuracy, r.Run.Model.Loss, e.Loss)
	}
	text := fmt.Sprintf("r.m.s. %.4g", e.L2)
	if r2 := r.Run.R2(e.Split); !math.IsNaN(r2) {
		text += fmt.Sprintf(", R2 %.4f", r2)
	}
	return text
}

// replacedOf says which outputs of a grade do not have the solver's network, and how much of it they have.
func replacedOf(outputs []*grade.Solved) string {
	var multiples []float64
	for _, o := range outputs {
		if o.Replaced {
			multiples = append(multiples, o.Multiple)
		}
	}
	among, kept := "", "the zero network"
	if len(multiples) < len(outputs) {
		among = fmt.Sprintf(", %d of %d outputs", len(multiples), len(outputs))
	}
	switch least, most := slices.Min(multiples), slices.Max(multiples); {
	case least < most:
		kept = fmt.Sprintf("%g to %g of it", least, most)
	case most > 0:
		kept = fmt.Sprintf("%g of it", most)
	}
	return fmt.Sprintf("%s: the solver's network would have raised the training loss or the squares of labels; %s was kept", among, kept)
}

func (r *solveReport) remarks(out io.Writer) {
	fmt.Fprintln(out)
	for _, note := range r.notes() {
		fmt.Fprintln(out, note)
	}
	r.widths(out)
	r.decompositions(out)
	r.deadZones(out)
	if r.Run.Stopped != "" {
		fmt.Fprintf(out, "Less than asked for: %s.\n", r.Run.Stopped)
	}
	for _, g := range r.Run.Grades {
		if g.Sum().Replaced {
			fmt.Fprintf(out, "Grade %d%s.\n", g.Grade.Number, replacedOf(g.Outputs))
		}
	}
	if r.Run.Status > solver.Priced {
		fmt.Fprintf(out, "Status %s: not every grade is as close to its optimum as was asked for.\n", r.Run.Status)
	}
	fmt.Fprintf(out, "%.1f seconds. Run directory: %s\n%sCheck it with: multigrade verify %s\n", r.Total, r.Dir, unchecked(r.Unchecked), r.Dir)
}
