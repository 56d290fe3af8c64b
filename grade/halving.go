package grade

import (
	"cmp"
	"context"
	"math"
	"slices"

	"multigrade/solver"
)

// Choosing beta by successive halving (Jamieson and Talwalkar, Non-stochastic best arm
// identification, 2016). A candidate is a ratio of beta_max: in every fold grade upon
// grade is trained at that ratio of its own beta_max. All candidates are trained a
// little, each from the network of the next larger ratio; then the better ones longer,
// from their own networks, and so on, every round at about the same cost. Last come the
// best ones and, to be finer, their neighbours.

// coarse are the ratios that the first round tries, falling by half decades; where
// training is long small ones are the best (yacht, energy_heating: 1e-4).
var coarse = func() []float64 {
	var r []float64
	for e := 1; e <= 10; e++ {
		r = append(r, math.Pow(10, -float64(e)/2))
	}
	return r
}()

// rounds of halving: how much of the iterations a training has, and how many
// candidates there are left.
var rounds = []struct {
	share float64
	left  int
}{{0.04, len(coarse)}, {0.2, 4}, {1, 2}}

const (
	// leastIterations are those without which a training says nothing.
	leastIterations = 15
	// patience is the number of ratios in a row that may be worse than the best by more
	// than a standard error.
	patience = 3
	// leastListed is the least ratio for programs over listed patterns, whose cost grows
	// with the number of active blocks.
	leastListed = 0.9e-3
	// laterDim is about the number of inputs of a later grade.
	laterDim = 50
	// finer is the ratio of a neighbour: a quarter of a decade.
	finer = 0.5623413251903491
)

// candidate is a ratio with the grades trained at it.
type candidate struct {
	ratio float64
	round int        // in which it was trained last
	first networks   // of the first grade
	after []*heldOut // behind each grade
	build bool       // whether the last grade has neurons in every fold
	path  *candidate // whose networks it was trained from
}

// best is the least mean loss behind any of the grades.
func (c *candidate) best() float64 {
	least := math.Inf(1)
	for _, h := range c.after {
		least = math.Min(least, h.mean())
	}
	return least
}

// behind is what is left behind grade k, from 1; nil where there is no such grade.
func (c *candidate) behind(k int) *heldOut {
	if k > len(c.after) {
		return nil
	}
	return c.after[k-1]
}

// halving is the state of the search.
type halving struct {
	o      *Options
	folds  []fold
	first  *foldTraining // of the first grade
	before *heldOut
	all    []*candidate // ratios falling
	spent  float64      // operations
	report func(round int, ratio float64)
}

// newHalving prepares the search in the given folds.
func newHalving(ctx context.Context, o *Options, folds []fold) (*halving, error) {
	first, err := newFoldTraining(ctx, o, 1, folds)
	if err != nil {
		return nil, err
	}
	return &halving{o: o, folds: folds, first: first, before: newHeldOut(folds, o.Loss), report: func(int, float64) {}}, nil
}

// run makes all rounds; when ctx ends, it is as far as it came.
func (s *halving) run(ctx context.Context) error {
	last := len(rounds) - 1
	if !s.trainsLonger() {
		last = 0
	}
	for round := 0; round <= last && ctx.Err() == nil; round++ {
		if err := s.round(ctx, round, last); err != nil {
			return err
		}
	}
	return nil
}

// trainsLonger says whether a training gets better with its iterations: a program
// over listed patterns is solved to its tolerance at once.
func (s *halving) trainsLonger() bool {
	return s.o.Scope == Global && !s.o.Activation.Gated
}

// round trains the candidates that are left; the last one adds the neighbours of the
// best.
func (s *halving) round(ctx context.Context, round, last int) error {
	entrants := s.entrants(round)
	if round == last && last > 0 {
		for _, c := range slices.Clone(entrants[:min(1, len(entrants))]) {
			entrants = append(entrants, &candidate{ratio: c.ratio / finer, path: c}, &candidate{ratio: c.ratio * finer, path: c})
		}
	}
	if round == 0 {
		return s.descend(ctx, entrants)
	}
	so := s.effort(round, len(entrants))
	for _, c := range entrants {
		if s.exhausted(round) || ctx.Err() != nil {
			break
		}
		if err := s.train(ctx, c, round, so); err != nil {
			return err
		}
	}
	return nil
}

// entrants of a round, the best first.
func (s *halving) entrants(round int) []*candidate {
	if round == 0 {
		var all []*candidate
		for _, ratio := range coarse {
			if s.trainsLonger() || ratio >= leastListed {
				all = append(all, &candidate{ratio: ratio})
			}
		}
		return all
	}
	order := slices.Clone(s.all)
	slices.SortStableFunc(order, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.round, a.round), cmp.Compare(a.best(), b.best()))
	})
	return order[:min(rounds[round].left, len(order))]
}

// descend is the first round: from the largest ratio down, until patience has run out.
func (s *halving) descend(ctx context.Context, entrants []*candidate) error {
	so := s.effort(0, len(entrants))
	var before, best *candidate
	worse := 0
	for _, c := range entrants {
		if s.exhausted(0) || ctx.Err() != nil {
			break
		}
		c.path = before
		if err := s.train(ctx, c, 0, so); err != nil {
			return err
		}
		if c.after == nil {
			break // the context has ended
		}
		before = c
		if best == nil || c.best() < best.best() {
			best = c
		}
		if worse++; c.best() <= best.best()+best.least().standardError() {
			worse = 0
		}
		if worse >= patience {
			break
		}
	}
	return nil
}

// least is what is left where the mean loss is least.
func (c *candidate) least() *heldOut {
	return slices.MinFunc(c.after, func(a, b *heldOut) int { return cmp.Compare(a.mean(), b.mean()) })
}

// exhausted says that the rounds so far may cost no more.
func (s *halving) exhausted(round int) bool {
	return s.spent >= s.o.CrossValidation.Work*1e9*float64(round+1)/float64(len(rounds))
}

// effort is that of each training of a round with so many candidates: as many
// iterations as are asked for, or as the work allows.
func (s *halving) effort(round, candidates int) solver.SketchOptions {
	c := &s.o.CrossValidation
	so := solver.SketchOptions{Iterations: int(rounds[round].share * float64(c.Iterations)), Rounds: 1}
	each := float64(candidates*(1+so.Rounds)) * s.chainWork(round)
	allowed := (c.Work*1e9*float64(round+1)/float64(len(rounds)) - s.spent) / each
	so.Iterations = max(leastIterations, min(so.Iterations, int(allowed)))
	return so
}

// chainWork is about what an iteration of every grade costs: later grades see the
// neurons of the one before, half as many as a training begins with.
func (s *halving) chainWork(round int) float64 {
	work := s.first.iterationWork(nil)
	for range s.grades(round) - 1 {
		for f, t := range s.first.inFolds {
			work += float64(len(t.outputs)) * solver.IterationWork(len(s.folds[f].train.y[0]), laterDim, 0)
		}
	}
	return work
}

// grades is the number of grades that a round trains at most: the first one looks at
// the second to see what a ratio leaves for it, later ones at all.
func (s *halving) grades(round int) int {
	if round == 0 && s.trainsLonger() {
		return min(2, s.o.Grades)
	}
	return s.o.Grades
}

// train trains the grades of a candidate, one behind the other as long as they lower
// the mean loss on the rows held out, and enters the candidate among all. A
// candidate whose first grade the context cuts short is left as it was.
func (s *halving) train(ctx context.Context, c *candidate, round int, so solver.SketchOptions) error {
	s.report(round, c.ratio)
	from := c.first
	if from == nil && c.path != nil {
		from = c.path.first
	}
	next := candidate{ratio: c.ratio, round: round, build: true}
	training, folds := s.first, s.folds
	for k := 1; k <= s.grades(round) && next.build; k++ {
		if k > 1 {
			var err error
			if training, err = newFoldTraining(ctx, s.o, k, folds); ended(ctx, err) {
				break
			} else if err != nil {
				return err
			}
			from = nil
		}
		s.spent += training.iterationWork(from) * float64(so.Iterations*(1+so.Rounds))
		grades, nets, err := training.at(ctx, c.ratio, from, so)
		if ended(ctx, err) {
			break
		}
		if err != nil {
			return err
		}
		if k == 1 {
			next.first = nets
		}
		folds = training.past(grades)
		left := newHeldOut(folds, s.o.Loss)
		next.after = append(next.after, left)
		next.build = allBuild(grades)
		if k > 1 && left.mean() >= next.after[k-2].mean() {
			break
		}
	}
	if next.after == nil {
		return nil
	}
	if c.after == nil {
		s.all = append(s.all, c)
		slices.SortStableFunc(s.all, func(a, b *candidate) int { return cmp.Compare(b.ratio, a.ratio) })
	}
	*c = next
	return nil
}

// finalists are the candidates of the last round that was made.
func (s *halving) finalists() []*candidate {
	last := 0
	for _, c := range s.all {
		last = max(last, c.round)
	}
	var f []*candidate
	for _, c := range s.all {
		if c.round == last {
			f = append(f, c)
		}
	}
	return f
}

// choose returns the finalist and the number of its grades with which the mean loss is
// least, where one grade more counts only if it pays; nil and 0 if none does. With
// one standard error it is the finalist with the largest ratio whose loss is within
// that of the least.
func (s *halving) choose() (chosen *candidate, grades int) {
	now := s.before
	finalists := s.finalists()
	for k := 1; k <= s.o.Grades; k++ {
		var best *candidate
		for _, c := range finalists {
			if h := c.behind(k); h != nil && (best == nil || h.mean() < best.behind(k).mean()) {
				best = c
			}
		}
		if best != nil && pays(now, best.behind(k)) {
			chosen, grades, now = best, k, best.behind(k)
		}
	}
	if chosen == nil || !s.o.OneStandardError {
		return chosen, grades
	}
	for _, c := range s.all {
		if h := c.behind(grades); h != nil && h.mean() <= now.mean()+now.standardError() {
			return c, grades
		}
	}
	return chosen, grades
}
