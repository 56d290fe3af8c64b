package loss

import (
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
)

// monotoneTerm is the loss Monotone with elastic boxes, (z - y)^2/2 + K times the
// distance of z from lo <= z <= hi. A working set often has no network strictly
// inside all boxes, or none but zero; the elastic program has every point inside,
// and the same solution where the multipliers stay below K. Per sample,
//
//	r = z - y - low.m + high.m,   z - lo = low.in - low.out,   hi - z = high.in - high.out,
//	in m = out (K - m) = mu,   0 < m < K,
//
// for both sides; on the central path z is strictly inside where m < K/2.
type monotoneTerm struct {
	y         []float64
	intercept bool

	z, r      []float64
	low, high elastic
	w, target []float64
	c         float64
	one       [1]side
}

// elastic is one side of all boxes, room = in - out being what z leaves of it.
type elastic struct {
	limit          float64   // K
	end            []float64 // lo or hi
	sign           float64   // room = sign (z - end)
	m, in, out     []float64
	dm, din, dout  []float64
	goal, softness []float64 // m + dm = goal - sign dz / softness
}

func newElastic(y []float64, sign float64) elastic {
	s := elastic{limit: steepness(y), sign: sign}
	for _, v := range s.vectors() {
		*v = make([]float64, len(y))
	}
	for i, v := range y {
		lo, hi := monotone{}.box(v)
		if s.end[i] = lo; sign < 0 {
			s.end[i] = hi
		}
	}
	return s
}

func (s *elastic) vectors() []*[]float64 {
	return []*[]float64{&s.end, &s.m, &s.in, &s.out, &s.dm, &s.din, &s.dout, &s.goal, &s.softness}
}

func (s *elastic) clone() elastic {
	c := *s
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	return c
}

// start takes the multiplier at which the room would be that in the middle of the
// box, or where that is narrow somewhat more.
func (s *elastic) start(y []float64, mu float64) {
	least := s.limit * 1e-5
	for i, v := range y {
		half := max(v, -v, least)
		s.m[i] = min(mu/half, s.limit/2)
		s.in[i], s.out[i] = mu/s.m[i], mu/(s.limit-s.m[i])
	}
}

func (s *elastic) complementarity() float64 {
	sum := floats.Dot(s.m, s.in)
	for i, m := range s.m {
		sum += s.out[i] * (s.limit - m)
	}
	return sum
}

func (s *elastic) weigh() {
	for i, m := range s.m {
		s.softness[i] = s.in[i]/m + s.out[i]/(s.limit-m)
	}
}

func (s *elastic) aim(z []float64, target float64, corrected bool) {
	for i, m := range s.m {
		in, out := target, target // of in m and out (K - m)
		if corrected {
			in -= s.dm[i] * s.din[i]
			out += s.dm[i] * s.dout[i]
		}
		rest := s.limit - m
		s.goal[i] = m + (in/m-s.in[i]-(out/rest-s.out[i])-(s.sign*(z[i]-s.end[i])-s.in[i]+s.out[i]))/s.softness[i]
		s.din[i], s.dout[i] = in/m-s.in[i], out/rest-s.out[i] // at dm = 0
	}
}

func (s *elastic) direction(fdu []float64, offset float64) {
	for i, v := range fdu {
		s.dm[i] = s.goal[i] - s.m[i] - s.sign*(v+offset)/s.softness[i]
		s.din[i] -= s.in[i] / s.m[i] * s.dm[i]
		s.dout[i] += s.out[i] / (s.limit - s.m[i]) * s.dm[i]
	}
}

func (s *elastic) stepLength() float64 {
	alpha := min(operator.OrthantStep(s.m, s.dm), min(operator.OrthantStep(s.in, s.din), operator.OrthantStep(s.out, s.dout)))
	for i, dm := range s.dm {
		if alpha*dm > s.limit-s.m[i] {
			alpha = (s.limit - s.m[i]) / dm
		}
	}
	return alpha
}

func (s *elastic) advance(alpha float64) {
	floats.AddScaled(s.m, alpha, s.dm)
	floats.AddScaled(s.in, alpha, s.din)
	floats.AddScaled(s.out, alpha, s.dout)
}

func newMonotoneTerm(y []float64, intercept bool) *monotoneTerm {
	t := &monotoneTerm{y: y, intercept: intercept, low: newElastic(y, 1), high: newElastic(y, -1)}
	for _, v := range t.vectors() {
		*v = make([]float64, len(y))
	}
	t.one[0].Weight = t.w
	return t
}

func (t *monotoneTerm) vectors() []*[]float64 { return []*[]float64{&t.z, &t.r, &t.w, &t.target} }

func (t *monotoneTerm) Clone() DataTerm {
	c := *t
	for _, v := range c.vectors() {
		*v = slices.Clone(*v)
	}
	c.low, c.high = t.low.clone(), t.high.clone()
	c.one[0].Weight = c.w
	return &c
}

func (t *monotoneTerm) Start(_, mu float64) {
	t.low.start(t.y, mu)
	t.high.start(t.y, mu)
}

func (t *monotoneTerm) Update(f []float64) {
	for i, v := range f {
		t.z[i] = v + t.c
		t.r[i] = t.z[i] - t.y[i] - t.low.m[i] + t.high.m[i]
	}
}

func (t *monotoneTerm) Slope() []float64  { return t.r }
func (t *monotoneTerm) Constant() float64 { return t.c }
func (t *monotoneTerm) base() []float64   { return t.target }
func (t *monotoneTerm) Sides() []side     { return t.one[:] }

func (t *monotoneTerm) Complementarity() (float64, int) {
	return t.low.complementarity() + t.high.complementarity(), 4 * len(t.r)
}

func (t *monotoneTerm) Weigh() {
	t.low.weigh()
	t.high.weigh()
	for i := range t.w {
		t.w[i] = 1 + 1/t.low.softness[i] + 1/t.high.softness[i]
	}
}

func (t *monotoneTerm) aim(target float64, corrected bool) {
	t.low.aim(t.z, target, corrected)
	t.high.aim(t.z, target, corrected)
	for i, z := range t.z {
		t.target[i] = z - t.y[i] - t.low.goal[i] + t.high.goal[i]
	}
}

func (t *monotoneTerm) offsets(fdu []float64) {
	if t.intercept {
		t.one[0].offset = -(floats.Sum(t.target) + floats.Dot(t.w, fdu)) / floats.Sum(t.w)
	}
}

func (t *monotoneTerm) direction(fdu []float64) {
	t.low.direction(fdu, t.one[0].offset)
	t.high.direction(fdu, t.one[0].offset)
}

func (t *monotoneTerm) StepLength() float64 { return min(t.low.stepLength(), t.high.stepLength()) }

func (t *monotoneTerm) Advance(alpha float64) {
	t.low.advance(alpha)
	t.high.advance(alpha)
	t.c += alpha * t.one[0].offset
}
