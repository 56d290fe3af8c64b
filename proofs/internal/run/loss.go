package run

import (
	"math"
	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
)

// A lossValue is the loss of a model on a part of the data: a float64 that is
// defined to the bit or, for logarithms, an enclosure.
type lossValue struct {
	exact.Ball
	exact bool
}

// ledgerRoom is the relative error a ledger may have in an enclosed loss.
const ledgerRoom = 1e-12

// holds reports whether v may stand for an enclosed loss in the ledger.
func (l lossValue) holds(v float64) bool {
	return math.Abs(v-l.Mid) <= l.Rad+ledgerRoom*math.Abs(l.Mid)
}

// atMost reports whether the loss is proved to be at most that of b.
func (l lossValue) atMost(b lossValue) bool {
	if l.exact {
		return l.Mid <= b.Mid
	}
	return l.Compare(b.Ball) == exact.LessOrEqual
}

// plus adds, as the ledger adds up outputs.
func (l lossValue) plus(b lossValue) lossValue {
	if l.exact {
		return lossValue{exact.Ball{Mid: l.Mid + b.Mid}, true}
	}
	return lossValue{Ball: l.Add(b.Ball)}
}

// loss is the value of the loss in e_k of target t, in the program's units: the
// mean of phi over the rows, the maximum for linf, float64 operations in the
// order of the rows. Losses of margins are those of y (f_1 + ... + f_k).
func (p *part) loss(m *model, t int) lossValue {
	n := float64(len(p.e[t]))
	value := func(v float64) lossValue { return lossValue{exact.Ball{Mid: v}, true} }
	switch m.Loss {
	case certificate.Huber:
		return value(sumOver(p.e[t], func(e float64) float64 { return huberTerm(e, m.Threshold) }) / n)
	case certificate.L1:
		return value(sumOver(p.e[t], math.Abs) / n)
	case certificate.LInf:
		largest := 0.0
		for _, e := range p.e[t] {
			largest = max(largest, math.Abs(e))
		}
		return value(largest)
	case certificate.Hinge:
		return value(sumOver(p.margins(t), func(m float64) float64 { return max(0, 1-m) }) / n)
	case certificate.Logistic:
		var sum exact.Ball
		for _, m := range p.margins(t) {
			b := certificate.Softplus(-m)
			sum = sum.Add(certificate.Spanning(b.Lo, b.Hi))
		}
		return lossValue{Ball: sum.Div(n)}
	}
	return value(sumOver(p.e[t], func(e float64) float64 { return float64(e * e) }) / float64(2*n))
}

// margins are y (f_1 + ... + f_k), exact for labels.
func (p *part) margins(t int) []float64 {
	m := make([]float64, len(p.total[t]))
	for i, z := range p.total[t] {
		m[i] = float64(p.y[t][i] * z)
	}
	return m
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
