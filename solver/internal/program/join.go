package program

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// NearCosine is that of directions that count as nearly one: training leaves
// swarms of such neurons.
const NearCosine = 0.9995

// Alike is the first neuron in kept that has the sign of nr and nearly its
// direction, -1 if there is none. |w| = |alpha| for all.
func Alike(kept []Neuron, nr Neuron, cosine float64) int {
	return slices.IndexFunc(kept, func(o Neuron) bool {
		return o.Alpha*nr.Alpha > 0 && floats.Dot(o.W, nr.W) > cosine*math.Abs(o.Alpha*nr.Alpha)
	})
}

// JoinNear joins neurons of nearly one direction: u = |alpha| w of all together,
// balanced again.
func JoinNear(neurons []Neuron, cosine float64) []Neuron {
	var joined []Neuron
	for _, nr := range neurons {
		k := Alike(joined, nr, cosine)
		if k < 0 {
			joined = append(joined, Neuron{W: slices.Clone(nr.W), Alpha: nr.Alpha})
			continue
		}
		o := &joined[k]
		floats.Scale(math.Abs(o.Alpha), o.W)
		floats.AddScaled(o.W, math.Abs(nr.Alpha), nr.W)
		norm := floats.Norm(o.W, 2)
		floats.Scale(1/math.Sqrt(norm), o.W)
		o.Alpha = math.Copysign(math.Sqrt(norm), o.Alpha)
	}
	return joined
}
