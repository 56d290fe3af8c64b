package solver

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
	"multigrade/solver/internal/train"
)

// Where a search is hard (centring.hard), neurons are found by the sliding Frank-Wolfe method (Denoyelle, Duval, Peyré and
// Soubies, Inverse Problems 36, 2020): solve for the masses of all units at hand, which are a hundred unknowns where their
// blocks are a thousand; train those that weigh something, which moves them across cells, all at once, to a local minimum; look for units that
// the dual point there asks for. A survey does, whose maxima are tracked from round to round, and where
// it finds little the search over pieces, which finds what is left or proves that there is not much. When training gains no
// more, units stand, and are exchanged for the local maxima around them (exchange.go), which converges as fast as
// Newton's method where these lie at crossings. Programs over cells close what is left of the gap.
//
// Measured on grade 3 of synthetic1 at 0.01 beta_max with 8 neurons a grade (1024 x 9, 20 pieces): column generation by
// programs over cells came to an objective of .0029886 after 1.0e12 operations, this to .0029537. On that of seattle_hourly (8759 x 9) training came to
// units violated by 3%, and seven exchanges, of 8 s, to 1.3e-7; programs over cells, which rounding ends at a gap of some 1e-6, left 8%.

const (
	// slideStill ends a training as train.Descent.Still.
	slideStill = 1e-6
	// slideMasses is the relative gap to which masses are solved: what is left of the gap
	// is violation, in units of beta, by its square root.
	slideMasses = 1e-9
	// slideEntering is how many units enter at most, the largest first.
	slideEntering = 192
	// slideStarts of the first surveys, twice as many where they find little, up to slideMostStarts.
	slideStarts, slideMostStarts = 4096, 1 << 14
	// slideWorth is the violation of a unit that is worth a round, slideFew the number of such units below which a survey
	// found little. Units that are trained still are violated by less, mostly.
	slideWorth, slideFew = 3e-3, 8
	// slideGain is the part of the objective below which a round gained little.
	slideGain = 2e-4
	// slideKept is the value, of n beta, above which a unit met is tracked on, slideTracked how many are at most.
	slideKept, slideTracked = 0.85, 512
	// slideSearch operations are what the first search over pieces takes at most, twice as many the next where one finds
	// less than slideFew units.
	slideSearch = 4e10
	// slideEnd is the violation that is left to programs over cells.
	slideEnd = 1e-3
	// slideVain is the part of the objective that has to be gained between two searches over pieces. Trained units stay apart
	// from the kinks where they belong by so much.
	slideVain = 1e-5
	// slideRounds are the most, and of those in which units stand.
	slideRounds, settleRounds = 1000, 100
	// settleRows is from how many rows on units stand at the end. With 1024 to 2820 programs over cells close the gap to 1e-7.
	settleRows = 5000
	// settleShare of what is violated by the last search over pieces is what surveys may still find when the next one begins.
	settleShare = 3e-3
	// settleKept is how far below n beta the value of an idle unit that stands may be until it leaves. With 3e-3 there were 1400 of
	// them after 14 exchanges.
	settleKept = 1e-3
)

// sliding is the state of that method.
type sliding struct {
	g       *everywhere
	units   *exchanged
	weighed *interior.Weighed // their masses
	pool    [][]float64       // units met before, which are tracked
	starts  int               // of the next survey
	work    float64           // operations of the next search
	value   float64           // objective of the last round
	before  float64           // the least at the last search
	upper   float64           // what that one proved

	best    *exchanged
	masses  *interior.Weighed // of best
	rounds  int               // so far
	settled int               // of them, with units that stand; 0: they are trained
	closed  bool              // the last round found the maxima that surveys meet
}

// slides says that the method is used.
func (g *everywhere) slides() bool {
	return g.exact && g.centred.hard && !g.slid && g.trains() && g.s.o.Method == Auto && !loss.HasKinks(g.s.p.LossOrSquared())
}

// slide is that method, from the best network. Its network becomes the best one if it is, and its units' blocks the
// working set.
func (g *everywhere) slide(ctx context.Context) error {
	g.slid = true
	s := &sliding{g: g, units: g.unitsOf(g.s.best.Net.Neurons), starts: slideStarts, work: slideSearch, value: math.Inf(1), before: math.Inf(1)}
	for done := false; !done && s.goesOn(ctx); s.rounds++ {
		if err := s.train(ctx); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break // masses that a solve was not done with are no dual point to look from
		}
		var err error
		if done, err = s.look(ctx); err != nil {
			return err
		}
	}
	if s.best == nil {
		return nil
	}
	g.solved, g.cost = nil, nil
	g.s.eachMethod(program.Method.Forget)
	g.s.nu = s.masses.Nu
	return s.best.adopt(ctx, s.masses, func(w []float64) []float64 { return w })
}

func (s *sliding) goesOn(ctx context.Context) bool {
	g := s.g
	return ctx.Err() == nil && s.rounds < slideRounds && s.settled < settleRounds && g.rounds < g.o.MaxRounds && g.s.iterations < g.s.o.MaxIter && len(s.units.unit) > 0 && g.s.affords(s.units.work())
}

// train solves for the masses, trains the units that weigh something and solves for their masses again.
func (s *sliding) train(ctx context.Context) (err error) {
	g := s.g
	if s.weighed, err = s.units.solve(ctx, slideMasses); err != nil {
		return err
	}
	if s.settled > 0 {
		s.keepBest()
		s.leave()
		return nil
	}
	net := s.units.network(s.weighed)
	net.Neurons = program.JoinNear(net.Neurons, direction.Trained)
	if len(net.Neurons) == 0 {
		return nil
	}
	t, v := train.DescentOf(g.s.x, g.s.p, &net)
	t.Still = slideStill
	trained := t.Network(g.descent(ctx, t, v))
	s.units = g.unitsOf(trained.Neurons)
	if s.weighed, err = s.units.solve(ctx, slideMasses); err != nil {
		return err
	}
	s.keepBest()
	return nil
}

func (s *sliding) keepBest() {
	if s.best == nil || s.weighed.Objective < s.masses.Objective {
		s.best, s.masses = &exchanged{s.g, slices.Clone(s.units.unit)}, s.weighed
	}
}

// leave drops idle units that are not nearly violated, and after a search over pieces all that are idle.
func (s *sliding) leave() {
	kept, w := settleKept, s.weighed
	if s.closed {
		kept = 0
	}
	s.units.leave(func(k int) bool {
		return w.Idle[k] && floats.Dot(s.units.unit[k].at, w.Nu) < s.g.s.lambda*(1-kept)
	})
}

// look enters units that are violated at the dual point. It is done where there are hardly any.
func (s *sliding) look(ctx context.Context) (done bool, err error) {
	g, nu := s.g, s.weighed.Nu
	g.s.p.LossOrSquared().Project(nu, g.s.p.Y, g.s.p.Intercept)
	gain := (s.value - s.weighed.Objective) / s.weighed.Objective
	s.value = s.weighed.Objective
	g.reportExchange(s.value, program.RelGap(s.value, g.centred.promise), len(s.units.unit))
	found, worth, err := s.survey(ctx, nu)
	if err != nil {
		return false, err
	}
	if s.settled > 0 {
		return s.settle(ctx, nu, found)
	}
	if worth >= slideFew || s.starts < slideMostStarts {
		if worth < slideFew {
			s.starts *= 2
		}
		if gain > slideGain {
			return false, nil
		}
	}
	more, upper, err := s.search(ctx, nu, slideEnd)
	if err != nil {
		return false, err
	}
	vain := s.before-s.masses.Objective <= slideVain*s.masses.Objective
	s.before = s.masses.Objective
	if !vain && upper > g.s.lambda*(1+slideEnd) && len(found)+len(more) > 0 {
		return false, nil
	}
	if s.upper = upper; g.s.pricer.N < settleRows {
		return true, g.list(append(found, more...))
	}
	s.settled = 1
	return false, nil
}

// settle goes on with units that stand while a survey has found local maxima above n beta, and then searches over
// pieces. It is done when that finds none, or has proved enough.
func (s *sliding) settle(ctx context.Context, nu []float64, found [][]float64) (done bool, err error) {
	g := s.g
	s.settled++
	enough := math.Max(g.o.Tol*g.s.lambda, settleShare*(s.upper-g.s.lambda))
	if s.closed = len(found) == 0 || math.Abs(s.at(found[0], nu)) <= g.s.lambda+enough; !s.closed {
		return false, nil
	}
	s.work = math.Inf(1)
	more, upper, err := s.search(ctx, nu, g.o.Tol)
	if err != nil {
		return false, err
	}
	s.upper = upper
	proved := program.RelGap(s.masses.Objective, g.globalBound) <= shareOfTol*g.o.Tol
	return proved || upper <= g.s.lambda*(1+g.o.Tol) || len(more) == 0, g.list(more[:min(len(more), exactAdded)])
}

// survey enters the local maxima that it meets, and says how many of them are worth it.
func (s *sliding) survey(ctx context.Context, nu []float64) (found [][]float64, worth int, err error) {
	g := s.g
	s.pool = slices.DeleteFunc(s.pool, func(w []float64) bool { return math.Abs(s.at(w, nu)) <= slideKept*g.s.lambda })
	tracked := slices.Clone(s.pool)
	for _, u := range s.units.unit {
		tracked = append(tracked, u.w)
	}
	o := sphere.DefaultBoundOptions()
	o.Target, o.Work = g.s.lambda*(1+0.1*g.o.Tol), math.Max(exactShare*g.s.left(), 1)
	if found, _, err = g.stack.Survey(ctx, nu, tracked, s.starts, g.o.Seed+uint64(s.rounds), o); err != nil {
		return nil, 0, err
	}
	return found, s.enter(found, nu), nil
}

// search enters what the search over pieces meets above n beta, or says that nothing is violated by more than end, and
// returns the bound that it proves.
func (s *sliding) search(ctx context.Context, nu []float64, end float64) (found [][]float64, upper float64, err error) {
	g := s.g
	g.rounds++
	o := sphere.DefaultBoundOptions()
	o.Tol, o.Target = end/10, g.s.lambda*(1+end/10)
	o.MaxLeaves, o.Work = g.o.BoundLeaves, math.Max(math.Min(s.work, exactShare*g.s.left()), 1)
	b, err := g.stack.MaxNeuron(ctx, nu, o)
	if err != nil {
		return nil, 0, err
	}
	g.keepBound(b, nu)
	if s.enter(b.Found, nu) < slideFew {
		s.work *= 2
	}
	return b.Found, b.Upper, nil
}

// enter takes the largest of some unit vectors as units, tracks them from now on and says how many are worth it.
func (s *sliding) enter(found [][]float64, nu []float64) (worth int) {
	for k, w := range found {
		value := s.at(w, nu)
		if math.Abs(value) > (1+slideWorth)*s.g.s.lambda {
			worth++
		}
		if k < slideEntering {
			s.units.enter(w, math.Copysign(1, value))
		}
		near := func(v []float64) bool { return math.Abs(floats.Dot(v, w)) > direction.Start }
		if at := slices.IndexFunc(s.pool, near); at >= 0 {
			s.pool[at] = w
		} else if len(s.pool) < slideTracked {
			s.pool = append(s.pool, w)
		}
	}
	return worth
}

// at is nu'phi(Xw).
func (s *sliding) at(w, nu []float64) float64 {
	values := s.g.products(w)
	s.g.s.p.Activation.Apply(values, values)
	return floats.Dot(values, nu)
}

// network has the units that are not idle, with their masses.
func (e *exchanged) network(w *interior.Weighed) program.Network {
	net := program.Network{Activation: e.g.s.p.Activation, Constant: w.C}
	for k, u := range e.unit {
		if w.Idle[k] || !(w.A[k] > 0) {
			continue
		}
		root := math.Sqrt(w.A[k])
		net.Neurons = append(net.Neurons, program.Neuron{Cell: train.NoCell, W: floats.ScaleTo(make([]float64, len(u.w)), root, u.w), Alpha: u.sign * root})
	}
	return net
}
