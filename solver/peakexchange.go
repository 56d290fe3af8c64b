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
)

// Where a search is hard (centring.hard), units of which only the masses are unknown, a hundred unknowns where their blocks are
// a thousand, are exchanged for the local maxima of |nu'phi(Xw)| at the dual point (exchange.go). A survey finds these, those
// met before and the units at hand being tracked; where it finds next to none, the search over pieces finds what is
// left or proves that there is not much. Maxima lie at crossings mostly, and the exchange converges as fast as Newton's method there.
//
// Measured on grade 3 of ecg208 at 0.01 beta_max with 8 neurons a grade (7200 x 9, about 130 neurons), CPU seconds: with the
// units that weigh something trained in every round, which moves them across cells, all at once, the
// objective was .14594 after 80 s in 11 rounds; with units that stand it was .14596 after 15 s in 15, .14521 after 108 s in 45; with
// surveys that look around what is at hand, too, and neighbours that do not enter together it is .14474 after 128 s in 36.

const (
	// peakMasses is the relative gap to which masses are solved: what is left of the gap
	// is violation, in units of beta, by its square root.
	peakMasses = 1e-9
	// peaksEntering is how many units enter at most, the largest first, none near another.
	peaksEntering = 192
	// aroundBelow is the number of units worth it below which the next survey looks around those at hand, too.
	aroundBelow = 64
	// peakStarts of the first surveys, twice as many where they find little, up to mostPeakStarts.
	peakStarts, mostPeakStarts = 4096, 1 << 14
	// peakWorth is the violation of a unit that is worth a round, fewPeaks the number of such units below which a survey
	// found little.
	peakWorth, fewPeaks = 3e-3, 8
	// peakKept is the value, of n beta, above which a unit met is tracked on, peaksTracked how many are at most.
	peakKept, peaksTracked = 0.85, 512
	// peakSearch operations are what the first search over pieces takes at most, twice as many the next where one finds less than
	// fewPeaks units, and none more than peakSearchShare of what is left. Measured on grade 3 of co2_weekly at 0.01 beta_max, 8
	// neurons a grade: all three grades took 87 CPU s so, 107 with four times as many, 90 where those also end soon after they meet
	// a unit that is worth a round.
	peakSearch, peakSearchShare = 4e10, 0.25
	// peakEnd is the largest violation met by a survey at which the first search over pieces begins, peakShare what part of the violation that
	// one met it is at which the next begins.
	peakEnd, peakShare = 1e-2, 0.1
	// barrenSurveys in a row that find little are followed by a search, whatever the largest violation. On grade 3 of ecg208 as above
	// one of 14% was met now and then for 30 rounds, and searches met others of 57%.
	barrenSurveys = 4
	// peakRounds are the most.
	peakRounds = 1000
	// idlePeak is how far below n beta the value of an idle unit may be until it leaves. With 3e-3 there were 1400 of
	// them after 14 exchanges.
	idlePeak = 1e-3
)

// peakExchange is the state of that method.
type peakExchange struct {
	g       *everywhere
	units   *exchanged
	weighed *interior.Weighed // their masses
	pool    [][]float64       // units met before, which are tracked
	starts  int               // of the next survey
	work    float64           // operations of the next search
	enough  float64           // the violation at which it begins
	worth   int               // units that the last survey met
	barren  int               // surveys in a row that found little

	best   *exchanged
	masses *interior.Weighed // of best
	rounds int               // so far
}

// exchangesPeaks says that the method is used.
func (g *everywhere) exchangesPeaks() bool {
	return g.exact && g.centred.hard && !g.peaked && g.trains() && g.s.o.Method == Auto && !loss.HasKinks(g.s.p.LossOrSquared())
}

// exchangePeaks is that method, from the best network. Its network becomes the best one if it is, and its units' blocks the
// working set.
func (g *everywhere) exchangePeaks(ctx context.Context) error {
	g.peaked = true
	s := &peakExchange{g: g, units: g.unitsOf(g.s.best.Net.Neurons), starts: peakStarts, worth: aroundBelow, work: peakSearch, enough: peakEnd}
	for done := false; !done && s.goesOn(ctx); s.rounds++ {
		var err error
		if s.weighed, err = s.units.solve(ctx, peakMasses); err != nil {
			return err
		}
		if s.best == nil || s.weighed.Objective < s.masses.Objective {
			s.best, s.masses = &exchanged{g, slices.Clone(s.units.unit)}, s.weighed
		}
		if ctx.Err() != nil {
			break // masses that a solve was not done with are no dual point to look from
		}
		s.leave()
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

func (s *peakExchange) goesOn(ctx context.Context) bool {
	g := s.g
	return ctx.Err() == nil && s.rounds < peakRounds && g.rounds < g.o.MaxRounds && g.s.iterations < g.s.o.MaxIter && len(s.units.unit) > 0 && g.s.affords(s.units.work())
}

// leave drops idle units that are not nearly violated.
func (s *peakExchange) leave() {
	w := s.weighed
	s.units.leave(func(k int) bool {
		return w.Idle[k] && floats.Dot(s.units.unit[k].at, w.Nu) < s.g.s.lambda*(1-idlePeak)
	})
}

// look enters units that are violated at the dual point, those that a survey meets or, where they are hardly violated, a
// search over pieces. It is done where that finds none, or has proved enough.
func (s *peakExchange) look(ctx context.Context) (done bool, err error) {
	g, nu := s.g, s.weighed.Nu
	g.s.p.LossOrSquared().Project(nu, g.s.p.Y, g.s.p.Intercept)
	g.reportExchange(s.weighed.Objective, program.RelGap(s.weighed.Objective, g.centred.promise), len(s.units.unit))
	largest, err := s.survey(ctx, nu)
	if err != nil {
		return false, err
	}
	if s.barren++; s.worth >= fewPeaks {
		s.barren = 0
	} else {
		s.starts = min(2*s.starts, mostPeakStarts)
	}
	if largest > s.enough && s.barren < barrenSurveys {
		return false, nil
	}
	s.barren = 0
	found, b, err := s.search(ctx, nu)
	if err != nil {
		return false, err
	}
	s.enough = max(g.o.Tol, min(s.enough, peakShare*(b.Lower/g.s.lambda-1)))
	proved := program.RelGap(s.masses.Objective, g.globalBound) <= shareOfTol*g.o.Tol
	last := b.Leaves >= g.o.BoundLeaves || s.work >= peakSearchShare*g.s.left()
	if done = proved || b.Upper <= g.s.lambda*(1+g.o.Tol) || len(found) == 0 && last; done {
		return true, g.list(found[:min(len(found), exactAdded)])
	}
	return false, nil
}

// survey enters the local maxima that it meets, and returns by how much of n beta the largest exceeds it.
func (s *peakExchange) survey(ctx context.Context, nu []float64) (largest float64, err error) {
	g := s.g
	s.pool = slices.DeleteFunc(s.pool, func(w []float64) bool { return math.Abs(s.at(w, nu)) <= peakKept*g.s.lambda })
	tracked := slices.Clone(s.pool)
	for _, u := range s.units.unit {
		tracked = append(tracked, u.w)
	}
	o := sphere.DefaultBoundOptions()
	o.Target, o.Work = g.s.lambda*(1+0.1*g.o.Tol), math.Max(exactShare*g.s.left(), 1)
	found, _, err := g.stack.Survey(ctx, nu, tracked, s.worth < aroundBelow, s.starts, g.o.Seed+uint64(s.rounds), o)
	if err != nil {
		return 0, err
	}
	if s.worth = s.enter(found, nu); len(found) == 0 {
		return 0, nil
	}
	return math.Abs(s.at(found[0], nu))/g.s.lambda - 1, nil
}

// search enters what the search over pieces meets above n beta, and returns the bound that it proves.
func (s *peakExchange) search(ctx context.Context, nu []float64) (found [][]float64, b *sphere.NeuronBound, err error) {
	g := s.g
	g.rounds++
	o := sphere.DefaultBoundOptions()
	o.Tol, o.Target = g.o.Tol/10, g.s.lambda*(1+g.o.Tol/10)
	o.MaxLeaves, o.Work = g.o.BoundLeaves, math.Max(math.Min(s.work, peakSearchShare*g.s.left()), 1)
	if b, err = g.stack.MaxNeuron(ctx, nu, o); err != nil {
		return nil, nil, err
	}
	g.keepBound(b, nu)
	if s.enter(b.Found, nu) < fewPeaks {
		s.work *= 2
	}
	return b.Found, b, nil
}

// enter takes the largest of some unit vectors as units, none near another, tracks them from now on and says how many are worth it.
func (s *peakExchange) enter(found [][]float64, nu []float64) (worth int) {
	for _, w := range found {
		if math.Abs(s.at(w, nu)) > (1+peakWorth)*s.g.s.lambda {
			worth++
		}
	}
	for _, w := range apart(found, direction.Start, peaksEntering) {
		s.units.enter(w, math.Copysign(1, s.at(w, nu)))
	}
	s.pool = apart(append(slices.Clone(found), s.pool...), direction.Start, peaksTracked)
	return worth
}

// at is nu'phi(Xw).
func (s *peakExchange) at(w, nu []float64) float64 {
	values := s.g.products(w)
	s.g.s.p.Activation.Apply(values, values)
	return floats.Dot(values, nu)
}
