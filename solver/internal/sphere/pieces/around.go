package pieces

import "math"

// Around a local maximum there are others that share all rows but one that hold them. One lets go, w turns about the others, once
// around, and from each maximum on the way that is near the target an ascent goes on.
//
// Measured at a dual point of grade 3 of ecg208 at 0.01 beta_max (7200 x 9, 23 pieces), where 116 maxima above n beta were known: 16,384 starts met 47
// others in 2.3 s, those around 421 maxima were 359 with aroundSteps of 32 in 1.1 s, 832 with 128 in 2.9 s, and
// 1221 in 10 s with 0.6 in place of aroundNear.

const (
	// aroundFrom is the part of the target from which on a maximum is turned from, aroundNear that from which an ascent goes on.
	aroundFrom, aroundNear = 0.95, 0.85
	// aroundSteps of a turn.
	aroundSteps = 64
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
	at, across, v := room[:knots], room[knots:2*knots], room[2*knots:]
	value := make([]float64, aroundSteps)
	for j := range x.climber.pieces {
		u := x.lets(j)
		for k := range at {
			at[k], across[k] = dot(x.knot(k), w), dot(x.knot(k), u)
		}
		for s := range value {
			sin, cos := turned(s)
			for k := range v {
				v[k] = cos*at[k] + sin*across[k]
			}
			value[s] = d.value(v, nil)
		}
		for s := 1; s < aroundSteps; s++ {
			if value[s] > least && value[s] >= value[s-1] && value[s] >= value[(s+1)%aroundSteps] {
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

func turned(step int) (sin, cos float64) {
	return math.Sincos(2 * math.Pi * float64(step) / aroundSteps)
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
