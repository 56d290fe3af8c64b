package grade

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"

	"multigrade/solver"
)

// Choosing beta by successive halving (Jamieson and Talwalkar, Non-stochastic best arm
// identification, 2016). A candidate is a ratio of beta_max, at which the first grade
// is trained in every fold. All candidates are trained a little, each from the network
// of the next larger ratio; then the better ones longer, from their own networks, and
// so on, every round at about the same cost, and in the last one the best ones with,
// to be finer, the neighbours of the best. Behind the best grade upon grade is trained
// then, each at ratios of its own beta_max, as long as that lowers the loss on the rows
// held out. Every training is noted as a Step, and those that led to the networks of a
// score lead to the model's.

// coarse are the ratios that the first round tries, falling by half decades. The least
// is about the best on yacht, energy_heating and airfoil; below it errors no longer
// depend on beta (within 5%), and the certified training costs several times as much.
var coarse = func() []float64 {
	var r []float64
	for e := 1; e <= 8; e++ {
		r = append(r, math.Pow(10, -float64(e)/2))
	}
	return r
}()

// rounds of halving: how much of the iterations a training has, and how many
// candidates there are left.
// Each candidate has at least so many iterations, whatever the work allowed: networks
// that were trained too little are better on rows held out than the solution that
// the model is at the same beta (kin8nm, 2000 rows: after 100 iterations 0.0955, at
// the solution 0.116).
var rounds = []struct {
	share       float64
	left, least int
}{{0.1, len(coarse), 15}, {0.3, 4, 60}, {1, 2, 300}}

const (
	// patience is the number of ratios in a row that may be worse than the best by more
	// than is tolerated.
	patience = 3
	// leastListed is the least ratio for programs over listed patterns, whose cost grows
	// with the number of active blocks.
	leastListed = 0.9e-3
	// leastLater are the iterations of a later grade's training.
	leastLater = 20
	// laterWork is the share of CrossValidation.Work that every later grade may cost
	// besides: one has about a hundred features, and an iteration costs ten times as much.
	laterWork = 0.5
	// finer is the ratio of a neighbour: a quarter of a decade; of decades half of one.
	finer       = 0.5623413251903491
	finerDecade = 0.31622776601683794
	// leastTried are the ratios that the first round tries whatever that costs: the best of
	// one alone is the edge of what was seen (digits of 8 x 8 pixels, ten outputs: 0.927 of
	// the test rows right where work for the largest ratio was all there was).
	leastTried = 3
)

// laterRatios are those of beta_max that a later grade tries, falling, each from the
// network of the one before, until the rows held out like it less.
var laterRatios = []float64{0.1, 1e-2, 1e-3}

// Step is a training on the way to a network: at which ratio of beta_max, and of how
// many iterations. It begins with the network of the step before, or a random one.
type Step struct {
	Ratio      float64 `json:"ratio"`
	Iterations int     `json:"iterations"`
}

// laterGrade is a grade from the second on, at the best of the ratios tried.
type laterGrade struct {
	steps  []Step
	trials []Trial
}

// candidate is a ratio with the grades trained at it.
type candidate struct {
	ratio  float64
	round  int      // in which it was trained last
	first  networks // of the first grade
	steps  []Step   // that led to them
	later  []laterGrade
	folds  []fold     // behind the last grade
	after  []*heldOut // behind each grade
	builds bool       // whether the last grade has neurons in every fold
	cut    bool       // whether the context ended before a further grade had been tried
	path   *candidate // whose networks it was trained from
}

// at is the ratio of grade k, from 1.
func (c *candidate) at(k int) float64 {
	if k == 1 {
		return c.ratio
	}
	return c.stepsTo(k)[len(c.stepsTo(k))-1].Ratio
}

// stepsTo are the trainings that led to the networks of grade k, from 1.
func (c *candidate) stepsTo(k int) []Step {
	if k == 1 {
		return c.steps
	}
	return c.later[k-2].steps
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
	o       *Options
	cv      CrossValidation
	folds   []fold
	first   *foldTraining // of the first grade
	before  *heldOut
	all     []*candidate    // ratios falling
	planned float64         // operations of the trainings so far, as iterationWork has them
	account *solver.Account // what they and all else came to
	// narrowed is the candidate that goes on with a width, nil without; width and widths
	// are those of Plan.
	narrowed *candidate
	width    int
	widths   []WidthTrial
	report   func(round int, ratio float64)
}

// newHalving prepares the search in the given folds.
func newHalving(ctx context.Context, o *Options, cv CrossValidation, folds []fold) (*halving, error) {
	account := solver.NewAccount(0)
	first, err := newFoldTraining(ctx, o, 1, folds, account)
	if err != nil {
		return nil, err
	}
	return &halving{account: account, o: o, cv: cv, folds: folds, first: first, before: newHeldOut(folds, o.Loss), report: func(int, float64) {}}, nil
}

// run makes all rounds and adds grades to the best; when ctx ends, it is as far
// as it came.
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
	best := s.trained()
	slices.SortStableFunc(best, func(a, b *candidate) int { return cmp.Compare(a.best(), b.best()) })
	if len(best) == 0 {
		return nil
	}
	chosen := best[0]
	if s.cv.Width {
		var err error
		if chosen, err = s.narrow(ctx, chosen); err != nil {
			return err
		}
	}
	return s.addGrades(ctx, chosen)
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
			next := finer
			if s.decades() {
				next = finerDecade
			}
			entrants = append(entrants, &candidate{ratio: c.ratio / next, path: c}, &candidate{ratio: c.ratio * next, path: c})
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
		decades := s.decades()
		for k, ratio := range s.ratios() {
			if decades && k%2 == 0 {
				continue
			}
			if s.trainsLonger() || s.o.Penalty == Ridge || ratio >= leastListed {
				all = append(all, &candidate{ratio: ratio})
			}
		}
		return all
	}
	order := slices.Clone(s.all)
	slices.SortStableFunc(order, func(a, b *candidate) int {
		return cmp.Or(cmp.Compare(b.round, a.round), cmp.Compare(a.best(), b.best()))
	})
	left := rounds[round].left
	if s.decades() {
		left /= 2
	}
	return order[:min(left, len(order))]
}

// ratios are those that the first round tries.
func (s *halving) ratios() []float64 {
	if s.o.Penalty == Ridge {
		return ridgeRatios
	}
	return coarse
}

// decades says that the work of the first round is not enough for leastTried of the coarse
// ratios, so that every second is tried.
func (s *halving) decades() bool {
	least := firstRate * s.first.iterationWork(nil) * float64(2*min(rounds[0].least, s.cv.Iterations)*leastTried)
	return s.trainsLonger() && least > s.cv.Work*billion/float64(len(rounds)+1)
}

// descend is the first round: from the largest ratio down, until patience has run out.
func (s *halving) descend(ctx context.Context, entrants []*candidate) error {
	so := s.effort(0, len(entrants))
	var before, best *candidate
	worse := 0
	for k, c := range entrants {
		if k >= leastTried && s.exhausted(0) || ctx.Err() != nil {
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
		if worse++; c.best() <= best.best()+s.tolerated(best) {
			worse = 0
		}
		if worse >= patience {
			break
		}
	}
	return nil
}

// tolerated is by how much a ratio may be worse than the best so far and not count against
// patience. What is trained a little is uneven from ratio to ratio; that of Ridge, which is
// solved, is smooth.
func (s *halving) tolerated(best *candidate) float64 {
	if s.o.Penalty == Ridge {
		return 0
	}
	return best.least().standardError()
}

// least is what is left where the mean loss is least.
func (c *candidate) least() *heldOut {
	return slices.MinFunc(c.after, func(a, b *heldOut) int { return cmp.Compare(a.mean(), b.mean()) })
}

// left is what the rounds so far may still book.
func (s *halving) left(round int) float64 {
	return s.cv.Work*billion*float64(round+1)/float64(len(rounds)+1) - s.account.Booked()
}

// firstRate is rate before there is anything to tell it from: on yacht and energy_heating
// it came to 4.5.
const firstRate = 4.5

// rate is what an operation of iterationWork comes to on the account, with the line searches,
// the vectors of L-BFGS and the ascents between the trainings.
func (s *halving) rate() float64 {
	if s.planned == 0 {
		return firstRate
	}
	return s.account.Booked() / s.planned
}

// exhausted says that the rounds so far may cost no more.
func (s *halving) exhausted(round int) bool {
	return s.left(round) <= 0
}

// effort is that of each training of a round with so many candidates: as many
// iterations as are asked for, or as the work allows.
func (s *halving) effort(round, candidates int) solver.SketchOptions {
	c := &s.cv
	so := solver.SketchOptions{Iterations: int(rounds[round].share * float64(c.Iterations)), Rounds: 1}
	each := s.rate() * s.first.iterationWork(nil) * float64(candidates*(1+so.Rounds))
	allowed := s.left(round) / each
	so.Iterations = max(min(rounds[round].least, c.Iterations), min(so.Iterations, int(allowed)))
	return so
}

// train trains the first grade of a candidate and enters it among all; one that the
// context cuts short is left as it was.
func (s *halving) train(ctx context.Context, c *candidate, round int, so solver.SketchOptions) error {
	s.report(round, c.ratio)
	from, steps := c.first, c.steps
	if from == nil && c.path != nil {
		from, steps = c.path.first, c.path.steps
	}
	s.planned += s.first.iterationWork(from) * float64(so.Iterations*(1+so.Rounds))
	grades, nets, err := s.first.at(ctx, c.ratio, from, so)
	if ended(ctx, err) {
		return nil
	}
	if err != nil {
		return err
	}
	if c.after == nil {
		s.all = append(s.all, c)
		slices.SortStableFunc(s.all, func(a, b *candidate) int { return cmp.Compare(b.ratio, a.ratio) })
	}
	*c = candidate{ratio: c.ratio, round: round, first: nets, steps: append(slices.Clip(steps), Step{c.ratio, so.Iterations})}
	c.pass(s.first, grades, s.o.Loss)
	return nil
}

// pass moves the candidate past the grades of all folds.
func (c *candidate) pass(t *foldTraining, grades []*Grade, l solver.Loss) {
	c.folds = t.past(grades)
	c.after = append(c.after, newHeldOut(c.folds, l))
	c.builds = allBuild(grades)
}

// addGrades trains further grades of the candidate, as long as they pay.
func (s *halving) addGrades(ctx context.Context, c *candidate) error {
	for k := 2; k <= s.o.Grades && c.builds && !c.cut; k++ {
		if k > 2 && !pays(s.before, c.after[k-3], c.after[k-2]) {
			return nil
		}
		t, err := newFoldTraining(ctx, s.o, k, c.folds, s.account)
		if ended(ctx, err) {
			c.cut = true
			return nil
		}
		if errors.Is(err, errNoPattern) {
			c.builds = false
			return nil
		}
		if err == nil {
			err = s.addGrade(ctx, c, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// addGrade trains a later grade at falling ratios, until one is worse than that before,
// and moves the candidate past the best; past none if ctx ends before there is one.
func (s *halving) addGrade(ctx context.Context, c *candidate, t *foldTraining) error {
	so := solver.SketchOptions{Iterations: s.cv.Iterations, Rounds: 1}
	each := s.rate() * t.iterationWork(nil) * float64((1+so.Rounds)*len(laterRatios))
	so.Iterations = max(leastLater, min(so.Iterations, int(laterWork*s.cv.Work*billion/each)))
	var from networks
	var steps []Step
	var best []*Grade
	var least *heldOut
	var later laterGrade
	for _, ratio := range laterRatios {
		s.report(len(rounds), ratio)
		s.planned += t.iterationWork(from) * float64(so.Iterations*(1+so.Rounds))
		grades, nets, err := t.at(ctx, ratio, from, so)
		if ended(ctx, err) {
			break
		}
		if err != nil {
			return err
		}
		from, steps = nets, append(slices.Clip(steps), Step{ratio, so.Iterations})
		h := newHeldOut(t.past(grades), s.o.Loss)
		later.trials = append(later.trials, Trial{Ratio: ratio, Share: 1, Score: h.score()})
		if least != nil && h.mean() >= least.mean() {
			break
		}
		best, least, later.steps = grades, h, steps
	}
	if best != nil {
		c.later = append(c.later, later)
		c.pass(t, best, s.o.Loss)
	} else {
		c.cut = true
	}
	return nil
}

// trained are the candidates of the last round that was made, ratios falling.
func (s *halving) trained() []*candidate {
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

// choose returns the candidate of the last round and the number of its grades with which the mean loss is
// least, where one grade more counts only if it pays; nil and 0 if none does. With
// one standard error it is the candidate with the largest ratio whose loss is within
// that of the least.
func (s *halving) choose() (chosen *candidate, grades int) {
	now := s.before
	trained := s.trained()
	if s.narrowed != nil {
		trained = []*candidate{s.narrowed}
	}
	for k := 1; k <= s.o.Grades; k++ {
		var best *candidate
		for _, c := range trained {
			if h := c.behind(k); h != nil && (best == nil || h.mean() < best.behind(k).mean()) {
				best = c
			}
		}
		if best != nil && pays(s.before, now, best.behind(k)) {
			chosen, grades, now = best, k, best.behind(k)
		}
	}
	if chosen == nil || s.narrowed != nil || !s.cv.OneStandardError {
		return chosen, grades
	}
	for _, c := range s.all {
		if h := c.behind(grades); h != nil && h.mean() <= now.mean()+now.standardError() {
			return c, grades
		}
	}
	return chosen, grades
}
