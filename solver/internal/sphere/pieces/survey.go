package pieces

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// SurveyOptions are the settings of LookAround.
type SurveyOptions struct {
	// Target >= 0: neurons above it are listed.
	Target float64
	// Starts drawn at random, >= 0, beside Seeds.
	Starts int
	// Seed of the draws.
	Seed uint64
	// Seeds are vectors near which large values are expected.
	Seeds [][]float64
	// Tracked are vectors from each of which a local maximum is looked for at once.
	Tracked [][]float64
	// Around has the local maxima around those of Tracked near the target looked for, too.
	Around bool
	// Operations > 0 that it takes at most, but for a batch: see Bound.Operations.
	Operations float64
	// Threads, at least 1. The result does not depend on it.
	Threads int
}

// Validate reports the first setting out of its range.
func (o *SurveyOptions) Validate() error {
	switch {
	case !(o.Target >= 0):
		return fmt.Errorf("pieces: target is %v, want >= 0", o.Target)
	case o.Starts < 0:
		return fmt.Errorf("pieces: starts are %d, want >= 0", o.Starts)
	case !(o.Operations > 0):
		return fmt.Errorf("pieces: operations are %v, want > 0", o.Operations)
	case o.Threads < 1:
		return fmt.Errorf("pieces: threads are %d, want at least 1", o.Threads)
	}
	return nil
}

// Survey is what climbs from many starts came to. It bounds nothing.
type Survey struct {
	// Found are neurons above the target, most of them local maxima, the largest first.
	Found []Neuron
	// Lower is the largest value met.
	Lower float64
	// Operations that it took.
	Operations float64
}

const (
	// batchStarts climb before the ends that are highest go on to local maxima.
	batchStarts = 256
	// batchAscents go on at most, from ends that no neuron met before is near.
	batchAscents = 64
	// nearTarget is the part of the target that a climb reaches from which an ascent goes on. Measured on grade 3 of ecg208 at 0.01
	// beta_max (rank 9): with 0.85 and 16 ascents in a batch an exchange of units for what surveys find came to an objective of .14560
	// after 48 s, so to .14540.
	nearTarget = 0.5
	// sameEnd is the cosine from which on the ends of climbs are near.
	sameEnd = 0.98
	// leastShare of the way to the best vector of a pattern is gone at least. Measured with 8192 starts at a dual point of a grade
	// of rank 9 with 20 pieces, where 64 maxima are above n beta and a search that proves it takes 75,000 nodes and 8 s: whole ways led to 2
	// of them in 0.2 s, 0.2 to 6 in 0.3 s, 0.02 to 13 in 0.5 s, 0.001 to 13 in 1.3 s; 32,768 starts to 27 in 1.9 s.
	leastShare = 0.02
)

// LookAround climbs on both sides from Seeds and from starts drawn at random, each across rows of
// the chain at 1 to r - 1 places in different pieces, so that as many signs change as are chosen,
// and goes on to local maxima from ends near the target. A climb takes some
// microseconds where a node of Maximise takes a hundred times as long: at the dual points of a
// grade of rank 9 with 20 pieces, 8192 starts met in 0.2 s neurons of 1.46, 1.42, 1.45 and 1.09 n beta
// where Maximise had met 1.09, 1.18, 1.37 and 1.15 after 286 to 1086 nodes in about that time.
func LookAround(ctx context.Context, x *mat.Dense, nu []float64, c *Chain, o SurveyOptions) (*Survey, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s, err := newSearch(x, nu, c, Options{Target: o.Target, Seeds: o.Seeds, Threads: o.Threads})
	if err != nil {
		return nil, err
	}
	for k, w := range o.Tracked {
		if len(w) != s.r {
			return nil, fmt.Errorf("pieces: tracked vector %d has %d entries, X has %d columns", k, len(w), s.r)
		}
	}
	if s.setScale(nu); !(s.scale > 0) {
		return &Survey{}, nil
	}
	s.prepare(nu)
	s.track(ctx, &o)
	total := o.Starts + len(o.Seeds)
	for from := 0; from < total && ctx.Err() == nil && s.operations < o.Operations; from += batchStarts {
		s.climbAll(ctx, from, min(from+batchStarts, total), o.Seed)
	}
	return &Survey{Lower: s.lower * s.scale, Found: s.listed(), Operations: s.operations}, nil
}

// climbAll climbs from starts number from to to, seeds first, and on from the highest ends.
func (s *search) climbAll(ctx context.Context, from, to int, seed uint64) {
	climbed := make([]found, 2*(to-from))
	s.parallel(to-from, func(x *relaxation, k int) {
		start := make([]float64, s.r)
		if at := from + k; at < len(s.o.Seeds) {
			copy(start, s.o.Seeds[at])
		} else {
			x.draw(start, rand.New(rand.NewPCG(seed, uint64(at))))
		}
		for t := range 2 {
			x.climbFrom(start, s.side[t], leastShare, &climbed[2*k+t])
		}
	})
	s.ascendApart(ctx, climbed)
	for k := range climbed {
		s.meet(&climbed[k], k%2)
	}
}

// track goes on to local maxima from the tracked vectors, and to those around them if so, until ctx ends.
func (s *search) track(ctx context.Context, o *SurveyOptions) {
	reached := make([][]found, 2*len(o.Tracked))
	s.parallel(len(reached), func(x *relaxation, k int) {
		if ctx.Err() == nil {
			reached[k] = x.track(s.side[k%2], o.Tracked[k/2], s.o.Target/s.scale, o.Around)
		}
	})
	for k := range reached {
		for j := range reached[k] {
			f := &reached[k][j]
			if j == 0 && f.best != nil {
				s.ends[k%2] = append(s.ends[k%2], f.best)
			}
			s.meet(f, k%2)
		}
	}
}

// track is the local maximum above w, if w's value is near the target, and then those around it.
func (x *relaxation) track(d *side, w []float64, target float64, around bool) []found {
	if !x.stand(w) {
		return nil
	}
	out := make([]found, 1)
	if value := x.valueThere(d); value > nearTarget*target {
		out[0].best, out[0].value = x.ascend(d, slices.Clone(x.w), value)
		if around && out[0].value > aroundFrom*target {
			out = append(out, x.around(d, out[0].best, target)...)
		}
	}
	out[0].operations, x.n.operations = x.n.operations, 0
	return out
}

// ascendApart goes on to local maxima from the highest ends of climbs, of both sides in turn, that nothing met before is near.
func (s *search) ascendApart(ctx context.Context, climbed []found) {
	values := make([]float64, len(climbed))
	for k := range climbed {
		values[k] = climbed[k].value
	}
	var fresh []int
	for _, k := range descending(values) {
		f := &climbed[k]
		if len(fresh) == batchAscents || !(f.value > nearTarget*s.o.Target/s.scale) {
			break
		}
		if !slices.ContainsFunc(s.ends[k%2], func(w []float64) bool { return dot(w, f.best) > sameEnd }) {
			fresh = append(fresh, k)
			s.ends[k%2] = append(s.ends[k%2], slices.Clone(f.best))
		}
	}
	s.parallel(len(fresh), func(x *relaxation, j int) {
		if ctx.Err() != nil {
			return
		}
		f := &climbed[fresh[j]]
		f.best, f.value = x.ascend(s.side[fresh[j]%2], f.best, f.value)
		f.operations += x.n.operations
		x.n.operations = 0
	})
	for _, k := range fresh {
		s.ends[k%2] = append(s.ends[k%2], climbed[k].best)
	}
}

// descending are the positions of values from the largest on, ties by position.
func descending(values []float64) []int {
	order := make([]int, len(values))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(values[j], values[i]) })
	return order
}

// listed are the neurons remembered, the largest first, in the units of nu.
func (s *search) listed() []Neuron {
	var out []Neuron
	for _, f := range s.found {
		f.Value *= s.scale
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(x, y Neuron) int { return cmp.Compare(y.Value, x.Value) })
	return out
}

// climbFrom climbs from a multiple of w; least is that of climb.
func (x *relaxation) climbFrom(w []float64, d *side, least float64, f *found) {
	if !x.stand(w) {
		return
	}
	f.value, f.best = x.climb(d, least)
	f.operations = x.n.operations
	x.n.operations = 0
}

// stand takes the unit vector along w, to which the knots are projected; false where w is 0.
func (x *relaxation) stand(w []float64) bool {
	norm := math.Sqrt(dot(w, w))
	if !(norm > 0) {
		return false
	}
	for j, v := range w {
		x.w[j] = v / norm
	}
	x.n.project(x.w)
	return true
}

// independent is what has to be left of a row, relatively, by those before it.
const independent = 1e-10

// draw sets w across rows of the chain at up to r - 1 random places, as far as they are independent. With r - 1 of
// them always a survey of 8192 starts met one or none of the maxima of nearTarget.
func (x *relaxation) draw(w []float64, rng *rand.Rand) {
	for j := range w {
		w[j] = rng.NormFloat64()
	}
	var basis [][]float64
	across := func(v []float64) {
		for range 2 { // the second time for what the first leaves to rounding
			for _, q := range basis {
				axpy(v, -dot(q, v), q)
			}
		}
	}
	for _, k := range rng.Perm(x.pieces)[:min(1+rng.IntN(max(1, x.r-1)), x.pieces)] {
		p, t := &x.chain.Pieces[k], rng.Float64()
		row := make([]float64, x.r)
		axpy(row, 1-t, x.knot(p.A))
		axpy(row, t, x.knot(p.B))
		size := math.Sqrt(dot(row, row))
		across(row)
		if left := math.Sqrt(dot(row, row)); left > independent*size {
			for j := range row {
				row[j] /= left
			}
			basis = append(basis, row)
		}
	}
	across(w)
	x.n.operations += 4 * len(basis) * len(basis) * x.r
}
