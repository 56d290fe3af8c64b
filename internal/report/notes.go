package report

import (
	"fmt"
	"math"

	"multigrade/grade"
	"multigrade/solver"
)

// notes say what stands between the convex programs and the network: budgets of
// neurons, dead zones, decompositions.
func (r *Run) notes() []string {
	notes := []string{r.residualIs() + " Logarithmic scale; a residual of 0 is not drawn."}
	notes = append(notes, r.larger()...)
	for _, g := range r.Grades {
		notes = append(notes, r.budget(g)...)
		notes = append(notes, deadZones(g)...)
		notes = append(notes, decomposition(g)...)
	}
	return notes
}

// residualIs says what e is.
func (r *Run) residualIs() string {
	if r.Model.Margins() {
		return "e is the label, 1 or -1, less the prediction cut to [-1, 1]; grade 0 predicts 0."
	}
	return "e is what is left of the target after a grade; grade 0 is the target about its mean, or as it is where it is not standardised."
}

// larger says why residuals may grow, where some do.
func (r *Run) larger() []string {
	for k := 1; k <= r.last(); k++ {
		if e := r.Ledger.Find(k, grade.OnTrain); e.Nonincreasing < 1 && !r.classes() {
			return []string{fmt.Sprintf("After grade %d the residual is not larger on %s of the training rows: a grade lowers the loss, a sum over the rows, and may trade one row for another. "+
				"With --monotone no residual of a training row may grow, as constraints of the program; with --dead-zone none does, at the price of two more neurons.", k, percent(e.Nonincreasing))}
		}
	}
	return nil
}

// budget says what a limit on the neurons costs.
func (r *Run) budget(g *grade.Trained) []string {
	e := r.Ledger.Find(g.Grade.Number, grade.OnTrain)
	if e.Kept == nil {
		return nil
	}
	note := fmt.Sprintf("Grade %d keeps %d neurons, where the network of the convex program, which the first table is about, has %d and leaves a training r.m.s. of %.4g.",
		g.Grade.Number, e.Neurons, e.Kept.ConvexNeurons, e.Kept.ConvexL2)
	if bound := g.Sum().GlobalBound; !math.IsNaN(bound) {
		note += fmt.Sprintf(" Its objective, %.6g, is above the optimum over all patterns by at most %.2g of itself.", e.Kept.Objective, solver.RelGap(e.Kept.Objective, bound))
	}
	return []string{note}
}

// deadZones say how wide they are.
func deadZones(g *grade.Trained) []string {
	widest := -1.0
	for _, o := range g.Grade.Outputs {
		if o.DeadZone != nil {
			widest = math.Max(widest, *o.DeadZone)
		}
	}
	if widest < 0 {
		return nil
	}
	return []string{fmt.Sprintf("Grade %d is followed by a dead zone of %.4g in the program's units: at no training row does the residual grow.", g.Grade.Number, widest)}
}

// decomposition says what leaving the gated relaxation costs.
func decomposition(g *grade.Trained) []string {
	objective := 0.0
	for _, o := range g.Grade.Outputs {
		if o.Decomposed == nil {
			return nil
		}
		objective += o.Decomposed.Objective
	}
	return []string{fmt.Sprintf("Grade %d is a gated optimum, which the first table is about, decomposed into %d ReLU neurons; its objective, %.6g, is above the ReLU optimum over the patterns listed by at most %.2g of itself.",
		g.Grade.Number, g.Grade.Neurons(), objective, solver.RelGap(objective, g.Sum().Dual))}
}
