package report

import (
	"fmt"

	"multigrade/grade"
	"multigrade/internal/chart"
)

// scoreLead is the score that counts, where there is one, in a sentence; then what a
// reader of it should not miss.
func (r *Run) scoreLead() []string {
	var lead []string
	if r.Plan != nil && r.last() <= len(r.Plan.Choices) {
		s := &r.Plan.Before
		if r.last() > 0 {
			s = &r.Plan.Choices[r.last()-1].Score
		}
		lead = append(lead, fmt.Sprintf("In cross-validation, on rows that the networks had not seen: %s. (Not certified.)", r.scoreText(s)))
	}
	for _, w := range r.Ledger.Warnings(r.Model) {
		lead = append(lead, "Warning: "+w+".")
	}
	return lead
}

// ofQuantiles says what a loss of several quantiles is.
const ofQuantiles = "summed over the levels and standardised"

// scoreText is a score in words.
func (r *Run) scoreText(s *grade.Score) string {
	if s.Accuracy != nil {
		text := fmt.Sprintf("%s of the rows in the right class", percent(*s.Accuracy))
		if s.LogLoss != nil {
			text += fmt.Sprintf(", log loss %.4g", *s.LogLoss)
		}
		return text
	}
	if r.Model.Quantiles != nil {
		return fmt.Sprintf("%s loss %.4g ± %.2g, %s", r.Model.Loss, s.Loss, s.LossSE, ofQuantiles)
	}
	text := fmt.Sprintf("r.m.s. error %.4g ± %.2g %s", s.L2, s.L2SE, r.unit())
	if s.R2 != nil {
		text += fmt.Sprintf(", R² %.4f", *s.R2)
	}
	return text
}

// crossValidation shows the scores of all grades and of every beta tried.
func (r *Run) crossValidation() Part {
	p := Part{Title: "Scores on rows held out", Text: []string{fmt.Sprintf(
		"%d parts of the rows were held out in turn, and grades trained on the other rows at many ratios of beta to its largest useful value. They chose the beta and the number of grades; the model was then trained on all rows but those of the test. The networks scored here are not the model's: the scores tell what to expect of it on new rows. They are as the run says; the networks are not in it, so nobody can check them.", r.Plan.Folds)}}
	table := Table{Head: []string{"grades", "beta / beta_max", "score on rows held out"}}
	table.Rows = append(table.Rows, []string{"0", "", r.scoreText(&r.Plan.Before)})
	for k, c := range r.Plan.Choices {
		table.Rows = append(table.Rows, []string{fmt.Sprint(k + 1), fmt.Sprintf("%.4g", c.Ratio), r.scoreText(&c.Score)})
	}
	p.Tables = append(p.Tables, table)
	if len(r.Plan.Widths) > 0 {
		p.Tables = append(p.Tables, r.widths())
	}
	if len(r.Plan.Penalties) > 0 {
		p.Tables = append(p.Tables, r.penalties())
	}
	for k, c := range r.Plan.Choices {
		if len(c.Trials) > 1 {
			p.Figures = append(p.Figures, Figure{Name: fmt.Sprintf("beta-grade-%d", k+1), Chart: r.overBeta(k, &c)})
		}
	}
	return p
}

// widths is the table of the budgets of neurons that were tried.
func (r *Run) widths() Table {
	t := Table{Caption: "Budgets of neurons tried for the first grade: the least from which on more do not pay is that of every grade.", Head: []string{"neurons at most", "score on rows held out", ""}}
	for _, w := range r.Plan.Widths {
		budget, chosen := fmt.Sprint(w.Width), ""
		if w.Width == 0 {
			budget = "as many as the optimum has"
		}
		if w.Width == r.Plan.Width {
			chosen = "chosen"
		}
		t.Rows = append(t.Rows, []string{budget, r.scoreText(&w.Score), chosen})
	}
	return t
}

// penalties is the table of those that were tried.
func (r *Run) penalties() Table {
	t := Table{Caption: "Penalties tried: norms of the neurons, which leave few, or their squares (ridge), for one grade of many gated neurons with sampled patterns, where that pays. Chosen: " + r.Plan.PenaltyText() + ".",
		Head: []string{"penalty", "score on rows held out"}}
	for _, p := range r.Plan.Penalties {
		t.Rows = append(t.Rows, []string{p.Penalty, r.scoreText(&p.Score)})
	}
	return t
}

// overBeta draws the error behind a grade over the ratios tried, with the choice in it.
func (r *Run) overBeta(k int, c *grade.Choice) *chart.Chart {
	label, of := "r.m.s. error held out ("+r.unit()+")", func(s *grade.Score) float64 { return s.L2 }
	if r.classes() || r.Model.Quantiles != nil {
		label, of = r.Model.Loss+" loss held out", func(s *grade.Score) float64 { return s.Loss }
	}
	plot := chart.New(chart.Third, fmt.Sprintf("beta / beta_max, %s", afterGrade(k+1)), label).LogX()
	var all, long []chart.XY
	for _, t := range c.Trials {
		xy := chart.XY{X: t.Ratio, Y: of(&t.Score)}
		if all = append(all, xy); t.Share == 1 {
			long = append(long, xy)
		}
	}
	plot.Line("tried", chart.Colour(chart.Validation), all)
	if len(long) < len(all) {
		plot.Points("trained to the end", chart.Colour(chart.Train), long, 2)
	}
	plot.Points("chosen", chart.Colour(chart.Test), []chart.XY{{X: c.Ratio, Y: of(&c.Score)}}, 3.5)
	return plot
}
