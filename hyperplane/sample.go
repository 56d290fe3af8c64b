package hyperplane

import (
	"context"
	"errors"
	"math"
	"math/big"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"
)

// SampleGaussian draws n gates with independent standard normal entries and returns their distinct cells in order of
// appearance, without the pattern of no active rows: at most n cells, the same for the same seed. A gate that falls
// on the hyperplane of a row that is not zero (it does not happen in practice) is left out.
// The error is that x is not finite, or ctx's; then the cells found so far are returned too.
func SampleGaussian(ctx context.Context, x mat.Matrix, n int, seed uint64) ([]Cell, error) {
	s, err := Sample(ctx, x, SampleOptions{Gates: n, Seed: seed, Gaussian: 1})
	if s == nil {
		return nil, err
	}
	return s.Cells, err
}

// GaussianGates returns the n gates of d entries that SampleGaussian draws for d columns and this seed, whatever the
// rows are.
func GaussianGates(d, n int, seed uint64) *mat.Dense {
	s := &sampler{x: &rows{d: d}, rng: sampleSource(seed)}
	gates := mat.NewDense(n, d, nil)
	for j := range n {
		s.rng.Float64() // which way to draw it
		gates.SetRow(j, s.gaussian())
	}
	return gates
}

// sampleSource is where the gates of a seed come from.
func sampleSource(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0x5eed)) }

// SampleOptions says how to draw gates. The three shares are relative weights, at least 0, not all 0.
type SampleOptions struct {
	Gates    int     // gates to draw, at least 0; default 1000
	Seed     uint64  // default 1
	Gaussian float64 // share of gates with standard normal entries; default 0.5
	Through  float64 // share of gates beside a hyperplane through as many random data points as its freedom allows; default 0.25
	Walk     float64 // share of gates across a random facet of the cell found last; default 0.25
}

// DefaultSampleOptions returns the defaults.
func DefaultSampleOptions() SampleOptions {
	return SampleOptions{Gates: 1000, Seed: 1, Gaussian: 0.5, Through: 0.25, Walk: 0.25}
}

// Validate returns an error naming the option that is out of range.
func (o SampleOptions) Validate() error {
	sum := o.Gaussian + o.Through + o.Walk
	switch {
	case o.Gates < 0:
		return errors.New("hyperplane: SampleOptions.Gates is negative")
	case !(o.Gaussian >= 0 && o.Through >= 0 && o.Walk >= 0) || !(sum > 0) || math.IsInf(sum, 0):
		return errors.New("hyperplane: the shares of SampleOptions must be at least 0, finite and not all 0")
	}
	return nil
}

// Sampled is what a sample found.
type Sampled struct {
	Cells []Cell // distinct, in order of appearance, without the pattern of no active rows
	Drawn int    // gates drawn
	// Estimate is the number of patterns a sampler like this one would find in the end, by capture and recapture of
	// the gates drawn independently (not by walks): Chao's lower bound S + f1 (f1-1) / (2 (f2+1)), where S patterns were
	// seen, f1 of them once and f2 twice (A. Chao, Scand. J. Statistics 11, 1984), at most Bound. Patterns that are
	// too rare to be met even once do not enter, so it can be far below the number there is. NaN if nothing was drawn
	// independently.
	Estimate float64
	Bound    *big.Int // Cover's bound for n rows of rank min(n, d)
}

// Sample draws gates as o says and returns their distinct cells; the same for the same options. Gates that fall on the
// hyperplane of a row that is not zero are left out. The error is that x is not finite, o is invalid, or ctx's; in the
// last case the sample so far is returned too.
func Sample(ctx context.Context, x mat.Matrix, o SampleOptions) (*Sampled, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := newRows(x)
	if err := r.check(); err != nil {
		return nil, err
	}
	s := &sampler{x: r, marker: newMarker(r), rng: sampleSource(o.Seed), seen: newPatternSet(o.Gates), out: &Sampled{}}
	total := o.Gaussian + o.Through + o.Walk
	var err error
	for s.out.Drawn < o.Gates && err == nil {
		switch u := s.rng.Float64() * total; {
		case u < o.Gaussian:
			s.draw(s.gaussian())
		case u < o.Gaussian+o.Through:
			s.through()
		default:
			s.mark()
			s.record(s.across(), false)
		}
		err = ctx.Err()
	}
	s.mark()
	s.finish()
	return s.out, err
}

// sampler is the state of a sample.
type sampler struct {
	x       *rows
	marker  *Marker
	rng     *rand.Rand
	seen    *patternSet
	times   []int // how often each pattern was drawn independently
	waiting [][]float64
	last    []float64
	out     *Sampled
}

// draw counts a gate drawn independently, whose pattern is found with those of others.
func (s *sampler) draw(g []float64) {
	s.out.Drawn++
	if s.waiting = append(s.waiting, g); len(s.waiting) == markedGates {
		s.mark()
	}
}

// mark keeps the cells of the gates that wait for it.
func (s *sampler) mark() {
	if len(s.waiting) == 0 {
		return
	}
	gates := mat.NewDense(len(s.waiting), s.x.d, nil)
	for k, g := range s.waiting {
		gates.SetRow(k, g)
	}
	patterns, inside := s.marker.Patterns(gates)
	for k, g := range s.waiting {
		s.keep(g, patterns[k], inside[k], true)
	}
	s.waiting = s.waiting[:0]
}

// record counts a gate drawn and keeps its cell if it is new.
func (s *sampler) record(g []float64, independent bool) {
	s.mark()
	s.out.Drawn++
	p, inside := s.marker.Pattern(g)
	s.keep(g, p, inside, independent)
}

// keep keeps the cell of a gate if it is new.
func (s *sampler) keep(g []float64, p Pattern, inside, independent bool) {
	if !inside || p.IsZero() {
		return
	}
	s.last = g
	if s.seen.add(p) {
		s.out.Cells = append(s.out.Cells, Cell{Pattern: p, Gate: g})
		s.times = append(s.times, 0)
	}
	if independent {
		s.times[s.seen.find(p)]++
	}
}

func (s *sampler) gaussian() []float64 {
	g := make([]float64, s.x.d)
	for j := range g {
		g[j] = s.rng.NormFloat64()
	}
	return g
}

// mostThrough bounds the work for one gate through data points in very high dimension.
const mostThrough = 200

// through draws a vector in the row space orthogonal to as many random rows as leave something of it, and records the
// gates on both sides of it along a random direction, half way to the next hyperplane. One of the two counts as
// drawn independently.
func (s *sampler) through() {
	n, d := s.x.n, s.x.d
	g := make([]float64, d)
	for range min(2*d, n) {
		s.x.addTo(g, s.rng.NormFloat64(), s.rng.IntN(n))
	}
	var basis [][]float64
	on := make(map[int]bool)
	for range min(4*d, n) {
		if len(basis) == min(d-1, mostThrough) {
			break
		}
		i := s.rng.IntN(n)
		q := make([]float64, d)
		s.x.addTo(q, 1, i)
		size := norm2(q)
		orthogonalise(q, basis)
		if on[i] || norm2(q) <= 1e-9*size {
			continue
		}
		scale(q, 1/norm2(q))
		rest := append([]float64(nil), g...)
		orthogonalise(rest, append(basis, q))
		if norm2(rest) <= 1e-7*norm2(g) {
			break
		}
		basis, g, on[i] = append(basis, q), rest, true
	}
	if norm2(g) == 0 {
		s.record(s.gaussian(), true)
		return
	}
	side := s.gaussian()
	near := func(i int) bool { return on[i] || math.Abs(s.x.dot(i, g)) <= 1e-9*s.x.norm(i)*norm2(g) }
	for k, t := range []float64{1, -1} {
		q := append([]float64(nil), side...)
		scale(q, t)
		reach, _ := s.x.distance(g, q, near)
		reach = math.Min(reach, norm2(g)/norm2(q))
		w := append([]float64(nil), g...)
		axpy(w, reach/2, q)
		s.record(w, k == 0)
	}
}

// orthogonalise subtracts from v its components along the orthonormal basis, twice.
func orthogonalise(v []float64, basis [][]float64) {
	for range 2 {
		for _, q := range basis {
			axpy(v, -dot(q, v), q)
		}
	}
}

// across goes from the last gate in a random direction over the first hyperplane and half way to the next.
func (s *sampler) across() []float64 {
	if s.last == nil {
		return s.gaussian()
	}
	g := append([]float64(nil), s.last...)
	q := s.gaussian()
	first, row := s.x.distance(g, q, nil)
	if row < 0 {
		return s.gaussian()
	}
	axpy(g, first, q)
	next, _ := s.x.distance(g, q, func(i int) bool { return math.Abs(s.x.dot(i, g)) <= 1e-12*s.x.norm(i)*norm2(g) })
	axpy(g, math.Min(next, norm2(g)/norm2(q))/2, q)
	if norm2(g) == 0 { // of one column: the hyperplane is the point 0
		return s.gaussian()
	}
	scale(g, 1/norm2(g))
	return g
}

// finish fills in the bound and the estimate.
func (s *sampler) finish() {
	s.out.Bound = Cover(s.x.n, min(s.x.n, s.x.d))
	var seen, once, twice float64
	for _, t := range s.times {
		switch {
		case t == 0:
			continue
		case t == 1:
			once++
		case t == 2:
			twice++
		}
		seen++
	}
	s.out.Estimate = math.NaN()
	if seen > 0 {
		bound, _ := new(big.Float).SetInt(s.out.Bound).Float64()
		s.out.Estimate = math.Min(bound, seen+once*(once-1)/(2*(twice+1)))
	}
}
