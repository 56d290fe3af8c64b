package solver

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/program"
)

// A network of loss Monotone has to be in its boxes exactly, and a solution to a
// tolerance is so only where there is room. Where there is none, a sample whose
// prediction has to be 0 is spoiled by the least remains of an idle neuron, and
// one at the far end of its box by rounding. fit leaves out the neurons below a
// cut, for a growing cut, and shrinks the rest towards 0, which keeps signs:
// (1-t) g for the least t that will do.

// fit returns the first network that way which is in all boxes, pt itself where
// there is none.
func fit(rc *program.Recoverer, pt program.Point) program.Point {
	if rc.P.LossOrSquared() != loss.Monotone || !math.IsInf(pt.Objective, 1) {
		return pt
	}
	size := make([]float64, len(pt.Net.Neurons))
	for j, nr := range pt.Net.Neurons {
		size[j] = math.Abs(nr.Alpha) * floats.Norm(nr.W, 2)
	}
	if len(size) == 0 {
		return pt
	}
	largest := floats.Max(size)
	for cut := 1e-9; cut < 1e-1; cut *= 10 {
		few := program.Point{Net: program.Network{Activation: pt.Net.Activation, Constant: pt.Net.Constant}}
		for j, nr := range pt.Net.Neurons {
			if size[j] > cut*largest {
				few.Net.Neurons = append(few.Net.Neurons, nr)
			}
		}
		rc.Evaluate(&few)
		if few = shrink(rc, few); !math.IsInf(few.Objective, 1) {
			return few
		}
	}
	return pt
}

// shrink scales the network so that no prediction is beyond the far end of its
// box, unless it loses much by it.
func shrink(rc *program.Recoverer, pt program.Point) program.Point {
	const room, most = 1e-9, 1e-2
	t := 0.0
	for i, z := range pt.Pred {
		if far := 2 * rc.P.Y[i]; z*far > 0 && math.Abs(z) > math.Abs(far)*(1-room) {
			t = max(t, 1-math.Abs(far)/math.Abs(z)*(1-room))
		}
	}
	if t == 0 || t > most {
		return pt
	}
	small := program.Point{Net: program.Network{Activation: pt.Net.Activation, Constant: pt.Net.Constant * (1 - t)}}
	for _, nr := range pt.Net.Neurons {
		nr.Alpha *= 1 - t // w stays in its cone; |w| = |alpha| but for t
		small.Net.Neurons = append(small.Net.Neurons, nr)
	}
	rc.Evaluate(&small)
	return small
}
