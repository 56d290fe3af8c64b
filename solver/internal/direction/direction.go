// Package direction says when two weight vectors count as one direction.
//
// A neuron s phi(x.w) is, but for its size, the direction of w with the sign s. Two of
// them do nearly the same on the data where their angle is small, and which angle is
// small depends on what is lost by taking one for the other: a candidate that comes
// back in the next round, a neuron that training moves again, or the objective itself.
package direction

import (
	"slices"

	"gonum.org/v1/gonum/floats"
)

// Cosines from which on two directions count as one, the widest angle first.
const (
	// Candidate, 14 degrees: of two violated blocks that neighbouring cells share one
	// is enough to enter the working set; the other, if still violated, comes back.
	Candidate = 0.97
	// Start, 8 degrees: of two neurons that training begins with one is enough, for
	// training turns it.
	Start = 0.99
	// Trained, 1.8 degrees: training leaves swarms of neurons that differ by less and
	// whose sum does the same; it goes on after they are joined.
	Trained = 0.9995
	// Shared, 4e-3 radians: blocks of one neuron in the cells that meet there, as an interior point
	// well before the tolerance leaves them.
	Shared = 1 - 1e-5
	// Solved, 1e-4 radians: as exactly as an interior point at the tolerance knows a
	// direction that several blocks share.
	Solved = 1 - 1e-8
)

// Coarsening are the cosines tried, the widest angle first, where neurons of an optimum
// are gathered and the objective afterwards says whether that was too much: from 26
// degrees down to what float64 tells apart.
var Coarsening = []float64{0.9, 0.99, 0.999, 0.9999, 1 - 1e-5, 1 - 1e-6, 1 - 1e-7, 1 - 1e-8, 1 - 1e-11}

// Signed is a neuron's direction.
type Signed struct {
	W    []float64
	Norm float64 // |W|
	Sign float64 // +1 or -1
}

// Near reports whether a and b have one sign and an angle of more than the given
// cosine. A vector without entries, of a block that is not projected, is near nothing.
func (a Signed) Near(b Signed, cosine float64) bool {
	return a.Sign == b.Sign && floats.Dot(a.W, b.W) > cosine*a.Norm*b.Norm
}

// First is the index of the first of the kept directions that is near a, -1 if there is
// none.
func (a Signed) First(kept []Signed, cosine float64) int {
	return slices.IndexFunc(kept, func(b Signed) bool { return a.Near(b, cosine) })
}
