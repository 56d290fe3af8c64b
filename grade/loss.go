package grade

import (
	"math"

	"multigrade/internal/elementary"
	"multigrade/solver"
)

// fit is what a grade left of one target on one part of the data: the residual
// e_k, the prediction f_1 + ... + f_k and the target, in the program's units.
type fit struct{ e, total, y []float64 }

// lossOf is the value of the loss, the mean of phi over the rows (linf: the
// maximum), defined to the bit but for the logarithms of the logistic one: the
// terms are summed from the first to the last.
func lossOf(l solver.Loss, f fit) float64 {
	n := float64(len(f.e))
	switch l.Name() {
	case "squared", "monotone": // what monotone forbids is about the grade before
		return sumSquares(f.e) / float64(2*n)
	case "huber":
		threshold, _ := solver.Threshold(l)
		return meanOf(f.e, func(e float64) float64 { return huberPhi(e, threshold) })
	case "l1":
		return meanOf(f.e, math.Abs)
	case "linf":
		largest := 0.0
		for _, e := range f.e {
			largest = max(largest, math.Abs(e))
		}
		return largest
	case "logistic":
		return meanOfMargins(f, func(m float64) float64 { return softplus(-m) })
	case "hinge":
		return meanOfMargins(f, func(m float64) float64 { return max(0, 1-m) })
	}
	panic("grade: no value of loss " + l.Name())
}

func meanOf(e []float64, phi func(float64) float64) float64 {
	sum := 0.0
	for _, v := range e {
		sum += phi(v)
	}
	return sum / float64(len(e))
}

func meanOfMargins(f fit, phi func(float64) float64) float64 {
	sum := 0.0
	for i, z := range f.total {
		sum += phi(float64(f.y[i] * z))
	}
	return sum / float64(len(f.total))
}

// softplus is log(1 + e^t).
func softplus(t float64) float64 {
	return max(t, 0) + elementary.Log1p(elementary.Exp(-math.Abs(t)))
}

// huberPhi is e^2/2 up to the threshold t, t(|e| - t/2) beyond.
func huberPhi(e, t float64) float64 {
	if a := math.Abs(e); a > t {
		return float64(t * (a - float64(t/2)))
	}
	return float64(e*e) / 2
}
