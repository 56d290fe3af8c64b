package program

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/direction"
)

// Direction is that of a neuron with |w| = |alpha|.
func (nr *Neuron) Direction() direction.Signed {
	return direction.Signed{W: nr.W, Norm: math.Abs(nr.Alpha), Sign: math.Copysign(1, nr.Alpha)}
}

// JoinNear joins neurons of nearly one direction: u = |alpha| w of all together,
// balanced again, in the cell of the first.
func JoinNear(neurons []Neuron, cosine float64) []Neuron {
	var joined []Neuron
	var kept []direction.Signed // of joined
	for _, nr := range neurons {
		at := nr.Direction()
		k := at.First(kept, cosine)
		if k < 0 {
			own := Neuron{Cell: nr.Cell, W: slices.Clone(nr.W), Alpha: nr.Alpha}
			joined, kept = append(joined, own), append(kept, own.Direction())
			continue
		}
		o := &joined[k]
		floats.Scale(math.Abs(o.Alpha), o.W)
		floats.AddScaled(o.W, math.Abs(nr.Alpha), nr.W)
		norm := floats.Norm(o.W, 2)
		floats.Scale(1/math.Sqrt(norm), o.W)
		o.Alpha = math.Copysign(math.Sqrt(norm), o.Alpha)
		kept[k] = o.Direction()
	}
	return joined
}
