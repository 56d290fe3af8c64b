package approx

import (
	"fmt"
	"math"
)

// Unit is the hidden neuron Alpha relu(W.x + B).
type Unit struct {
	W     []float64 `json:"w"` // one weight per coordinate
	B     float64   `json:"b"`
	Alpha float64   `json:"alpha"`
}

// Shallow is a network with one hidden layer on the cube: a constant and the sum of its units. It is immutable.
type Shallow struct {
	dim      int
	constant float64
	units    []Unit
	// Rounding errors on the cube: of a unit's W.x + B, of the value, of the partial derivatives.
	unitSlack  []float64
	valueSlack float64
	slopeSlack []float64
}

// largestWeight keeps products and sums of weights finite, and what underflow may do below negligible.
const (
	largestWeight = 0x1p300
	negligible    = 0x1p-700
)

// NewShallow checks the units' shapes and keeps them.
func NewShallow(dim int, constant float64, units []Unit) (*Shallow, error) {
	s := &Shallow{dim: dim, constant: constant, units: units, valueSlack: math.Abs(constant), slopeSlack: make([]float64, dim)}
	if !(math.Abs(constant) <= largestWeight) {
		return nil, fmt.Errorf("the constant is %g: expected a number within %g", constant, largestWeight)
	}
	for i, u := range units {
		if len(u.W) != dim {
			return nil, fmt.Errorf("unit %d has %d weights: expected %d", i+1, len(u.W), dim)
		}
		size := math.Abs(u.B)
		for j, w := range u.W {
			size += math.Abs(w)
			s.slopeSlack[j] += math.Abs(u.Alpha * w)
		}
		if !(size <= largestWeight && math.Abs(u.Alpha) <= largestWeight) {
			return nil, fmt.Errorf("unit %d has weights beyond %g", i+1, largestWeight)
		}
		s.unitSlack = append(s.unitSlack, float64(dim+2)*0x1p-51*size+negligible)
		s.valueSlack += math.Abs(u.Alpha) * size
	}
	s.boundRounding()
	return s, nil
}

// boundRounding: since |x_j| <= 1, a sum of n terms is off by at most about (n + dim + 3) 2^-53 times the sum of their
// absolute values, which slack holds and which itself is rounded; twice that is left for it.
func (s *Shallow) boundRounding() {
	relative := float64(len(s.units)+s.dim+8) * 0x1p-52
	s.valueSlack = s.valueSlack*relative + negligible
	for j := range s.slopeSlack {
		s.slopeSlack[j] = s.slopeSlack[j]*relative + negligible
	}
}

// Units returns the units, which the caller must not change.
func (s *Shallow) Units() []Unit { return s.units }

// Float evaluates the network in float64 arithmetic.
func (s *Shallow) Float(x []float64) float64 {
	sum := s.constant
	for i := range s.units {
		u := &s.units[i]
		sum += float64(u.Alpha * max(0, u.form(x)))
	}
	return sum
}

func (u *Unit) form(x []float64) float64 {
	z := u.B
	for j, w := range u.W {
		z += float64(w * x[j])
	}
	return z
}

// at encloses the value at a point of the cube.
func (s *Shallow) at(x []float64) Interval {
	v := s.Float(x)
	return Interval{addDown(v, -s.valueSlack), addUp(v, s.valueSlack)}
}

// gradient encloses the generalised gradient on the box with that middle and these half sides: units whose sign is
// decided on it count as what they are, the others as anything between 0 and their full slope.
func (s *Shallow) gradient(out []Interval, middle, half []float64) {
	clear(out)
	for i := range s.units {
		u := &s.units[i]
		z, reach := u.form(middle), s.unitSlack[i]
		for j, w := range u.W {
			reach += math.Abs(w) * half[j]
		}
		if z < -reach {
			continue
		}
		for j, w := range u.W {
			a := float64(u.Alpha * w)
			if z > reach || a < 0 {
				out[j].Lo += a
			}
			if z > reach || a > 0 {
				out[j].Hi += a
			}
		}
	}
	for j, slack := range s.slopeSlack {
		out[j] = Interval{addDown(out[j].Lo, -slack), addUp(out[j].Hi, slack)}
	}
}

// zoned is a network behind a dead zone: relu(g - eps) - relu(-g - eps).
type zoned struct {
	net *Shallow
	eps float64
}

// at encloses the value at a point.
func (z zoned) at(x []float64) Interval { return zone(z.net.at(x), z.eps) }

// gradient encloses the generalised gradient on a box: that of the network beyond the dead zone, 0 within.
func (z zoned) gradient(out []Interval, middle, half []float64) {
	z.net.gradient(out, middle, half)
	g := z.net.at(middle)
	reach := 0.0
	for j, s := range out {
		reach = addUp(reach, mulUp(s.Mag(), half[j]))
	}
	// The checker encloses in its own way: what is decided here is so by a little more than its roundings.
	reach *= 1 + 0x1p-40
	zoneSlope(out, Interval{addDown(g.Lo, -reach), addUp(g.Hi, reach)}, z.eps)
}
