package pieces

import "math"

// Around a local maximum there are others that share all rows but one that hold them. One lets go, w turns about the others, once
// around, and from each maximum on the way that is near the target an ascent goes on.
//
// Measured at a dual point of grade 3 of ecg208 at 0.01 beta_max (7200 x 9, 23 pieces), where 143 maxima above n beta were known, the
// largest 1.070 n beta: 16,384 starts met 66 in 1.4 s up to 1.055, turns from some 400 maxima met 1051 in 2.5 s up to 1.143. With 0.85 in place of
// aroundNear they were 1270 in 5.6 s, with even steps and 0.85 1118 in 5.8 s up to 1.130.

const (
	// aroundFrom is the part of the target from which on a maximum is turned from, aroundNear that from which an ascent goes on.
	aroundFrom, aroundNear = 0.95, 0.93
	// aroundSteps of a turn, even: the nearer the smaller.
	aroundSteps = 64
	// leastAcross of a unit vector to turn to.
	leastAcross = 1e-3
)

// around are the local maxima above the target around w, which was ascended to last.
func (x *relaxation) around(d *side, w []float64, target float64) []found {
	var out []found
	for _, start := range x.turns(d, w, aroundNear*target) {
		x.n.project(start)
		if best, value := x.ascend(d, start, x.valueThere(d)); value > target {
			out = append(out, found{best: best, value: value})
		}
	}
	return out
}

// turns are the maxima above least of turns of w about the rows that hold but one, each of them in turn.
func (x *relaxation) turns(d *side, w []float64, least float64) (starts [][]float64) {
	knots := len(x.size)
	room := make([]float64, 3*knots)
	at, aside, v := room[:knots], room[knots:2*knots], room[2*knots:]
	value := make([]float64, aroundSteps)
	for j := range x.climber.pieces {
		u := x.lets(j)
		if !across(u, w) {
			continue
		}
		for k := range at {
			at[k], aside[k] = dot(x.knot(k), w), dot(x.knot(k), u)
		}
		for s := range value {
			sin, cos := turned(s)
			for k := range v {
				v[k] = cos*at[k] + sin*aside[k]
			}
			value[s] = d.value(v, nil)
		}
		for s, got := range value {
			before, behind := value[(s+aroundSteps-1)%aroundSteps], value[(s+1)%aroundSteps]
			if s != aroundSteps/2 && got > least && got >= before && got >= behind {
				start := make([]float64, x.r)
				sin, cos := turned(s)
				axpy(start, cos, w)
				axpy(start, sin, u)
				starts = append(starts, start)
			}
		}
	}
	x.n.operations += len(x.climber.pieces) * (aroundSteps*valueOperations*x.pieces + 4*len(x.knots))
	return starts
}

// across takes what is along the unit vector w off the unit vector u, which has none where w lies on the rows that hold. It need not: an ascent
// that ends below the largest value it met returns where that was. It is false where little is left.
func across(u, w []float64) bool {
	axpy(u, -dot(u, w), w)
	norm := math.Sqrt(dot(u, u))
	for i := range u {
		u[i] /= norm
	}
	return norm > leastAcross
}

// turned is the angle of a step: -pi is step 0, 0 that in the middle.
func turned(step int) (sin, cos float64) {
	t := 2*float64(step)/aroundSteps - 1
	return math.Sincos(math.Pi * t * t * t)
}

// lets is the unit vector in the span of the rows that hold across all of them but number j.
func (x *relaxation) lets(j int) []float64 {
	t, u := x.climber, make([]float64, x.r)
	share := t.share[:len(t.pieces)]
	clear(share)
	share[j] = 1
	for i := j + 1; i < len(share); i++ {
		f := t.factor[i*x.r:]
		share[i] = -dot(f[j:i], share[j:i]) / f[i]
	}
	for i, s := range share[j:] {
		axpy(u, s, t.basis[(j+i)*x.r:(j+i+1)*x.r])
	}
	norm := math.Sqrt(dot(u, u))
	for i := range u {
		u[i] /= norm
	}
	return u
}
