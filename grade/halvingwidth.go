package grade

import (
	"context"
	"slices"

	"multigrade/solver"
)

// Choosing a width: the networks of the first grade at the best ratio, as wide as they
// are, are reduced in every fold to budgets that double, which ends with the networks
// themselves. One more step counts only if it pays, as one more grade does.

const (
	// LeastWidth is the least budget tried, in neurons of an output.
	LeastWidth = 2
	// widthShare is the part of CrossValidation.Work that all widths together may cost
	// besides.
	widthShare = 0.5
)

// chosenBudget is a budget that was chosen, trained with the work of a grade.
func chosenBudget(neurons int, work float64) *Budget {
	b := NewBudget(neurons)
	if work > 0 {
		b.Work = work
	}
	return b
}

// budgets are those to try: of each output powers of two below the most neurons that it
// has in a fold.
func budgets(nets networks) []int {
	outputs, most := 0, 0
	for _, fold := range nets {
		outputs = len(fold)
		for _, net := range fold {
			most = max(most, len(net.Neurons))
		}
	}
	var all []int
	for m := LeastWidth; m < most; m *= 2 {
		all = append(all, m*outputs)
	}
	return all
}

// narrow is the candidate behind its first grade with the width chosen, or itself where
// none is enough.
func (s *halving) narrow(ctx context.Context, c *candidate) (*candidate, error) {
	all := budgets(c.first)
	wide := c.behind(1)
	var best *candidate
	now, width := s.before, 0
	for _, m := range all {
		o := *s.o
		o.Width = chosenBudget(m, widthShare*s.cv.Work/float64(len(all)*len(s.folds)*len(c.first[0])))
		next, err := s.withBudget(ctx, c, &o)
		if next == nil || err != nil {
			s.widths = nil
			return c, err
		}
		s.widths = append(s.widths, WidthTrial{m, next.behind(1).score()})
		if best == nil || pays(s.before, now, next.behind(1)) {
			best, now, width = next, next.behind(1), m
		}
	}
	s.widths = append(s.widths, WidthTrial{0, wide.score()})
	if best == nil || pays(s.before, now, wide) {
		return c, nil
	}
	o := *s.o
	o.Width = chosenBudget(width, o.Limits.Work)
	s.o, s.narrowed, s.width = &o, best, width
	return best, nil
}

// withBudget is the candidate with networks of the first grade reduced to the budget of
// the options; nil if ctx has ended.
func (s *halving) withBudget(ctx context.Context, c *candidate, o *Options) (*candidate, error) {
	t, err := newFoldTraining(ctx, o, 1, s.folds, s.account)
	if err == nil {
		var grades []*Grade
		var nets networks
		if grades, nets, err = t.at(ctx, c.ratio, c.first, solver.SketchOptions{Iterations: 1, Rounds: 1}); err == nil {
			next := &candidate{ratio: c.ratio, round: c.round, first: nets, steps: slices.Clone(c.steps)}
			next.pass(t, grades, o.Loss)
			return next, nil
		}
	}
	if ended(ctx, err) {
		return nil, nil
	}
	return nil, err
}
