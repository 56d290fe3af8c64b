package hyperplane

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// nearby lists the rows whose hyperplanes are near a point w inside their half-spaces, or beyond it: as no row of the others is
// nearer than the radius, none of them is violated at a point that is less than the radius away. Where X has many rows, most
// products with it are so with few of them, and what is found is the same.
type nearby struct {
	from   []float64 // w
	radius float64   // 0: there is no list
	rows   []int     // ascending
	sample []float64
}

const (
	// one of nearShare rows is listed, about. Measured on all of a9a with columns of unit variance, the logistic loss, CPU
	// seconds in the products of projections from a factor: without lists 13, one of 8 rows 8, one of 24 rows 3.
	nearShare = 24
	// nearSample rows say which radius that takes.
	nearSample = 256
)

// covers says that no row but those listed is violated at w, whatever the rounding of a product.
func (n *nearby) covers(w []float64) bool {
	if n.radius == 0 {
		return false
	}
	room := 2 * unitRoundoff * float64(len(w)+8) * (norm2(w) + norm2(n.from))
	return floats.Distance(w, n.from, 2)*(1+1e-9)+room < n.radius
}

// set lists the rows near w, given by how much they are violated there, over their norms.
func (n *nearby) set(w, violation []float64) {
	n.sample = n.sample[:0]
	for k := range nearSample {
		n.sample = append(n.sample, -violation[k*len(violation)/nearSample])
	}
	slices.Sort(n.sample)
	if n.radius = n.sample[nearSample/nearShare]; !(n.radius > 0) || math.IsInf(n.radius, 0) {
		n.radius = 0
		return
	}
	n.from = append(n.from[:0], w...)
	n.rows = n.rows[:0]
	for i, v := range violation {
		if -v <= n.radius {
			n.rows = append(n.rows, i)
		}
	}
}
