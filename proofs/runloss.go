package proofs

import "math"

// loss is the value of the loss in e_k of target t, in the program's units: the
// mean of phi(e) over the rows, the maximum for linf, float64 operations in the
// order of the rows.
func (p *part) loss(m *model, t int) float64 {
	n := float64(len(p.e[t]))
	switch m.Loss {
	case Huber:
		return sumOver(p.e[t], func(e float64) float64 { return huberTerm(e, m.Threshold) }) / n
	case L1:
		return sumOver(p.e[t], math.Abs) / n
	case LInf:
		largest := 0.0
		for _, e := range p.e[t] {
			largest = max(largest, math.Abs(e))
		}
		return largest
	}
	return sumOver(p.e[t], func(e float64) float64 { return float64(e * e) }) / float64(2*n)
}

func sumOver(e []float64, phi func(float64) float64) float64 {
	sum := 0.0
	for _, v := range e {
		sum += phi(v)
	}
	return sum
}

// huberTerm is e^2/2 up to the threshold t and t (|e| - t/2) beyond.
func huberTerm(e, t float64) float64 {
	if a := math.Abs(e); a > t {
		return float64(t * (a - t/2))
	}
	return float64(e*e) / 2
}
