package proofs

import "math"

// A lossValue is the loss of a model on a part of the data: a float64 that is
// defined to the bit or, for logarithms, an enclosure.
type lossValue struct {
	ball
	exact bool
}

// ledgerRoom is the relative error a ledger may have in an enclosed loss.
const ledgerRoom = 1e-12

// holds reports whether v may stand for an enclosed loss in the ledger.
func (l lossValue) holds(v float64) bool {
	return math.Abs(v-l.mid) <= l.rad+ledgerRoom*math.Abs(l.mid)
}

// atMost reports whether the loss is proved to be at most that of b.
func (l lossValue) atMost(b lossValue) bool {
	if l.exact {
		return l.mid <= b.mid
	}
	return l.compare(b.ball) == lessOrEqual
}

// plus adds, as the ledger adds up outputs.
func (l lossValue) plus(b lossValue) lossValue {
	if l.exact {
		return lossValue{ball{mid: l.mid + b.mid}, true}
	}
	return lossValue{ball: l.add(b.ball)}
}

// loss is the value of the loss in e_k of target t, in the program's units: the
// mean of phi over the rows, the maximum for linf, float64 operations in the
// order of the rows. Losses of margins are those of y (f_1 + ... + f_k).
func (p *part) loss(m *model, t int) lossValue {
	n := float64(len(p.e[t]))
	exact := func(v float64) lossValue { return lossValue{ball{mid: v}, true} }
	switch m.Loss {
	case Huber:
		return exact(sumOver(p.e[t], func(e float64) float64 { return huberTerm(e, m.Threshold) }) / n)
	case L1:
		return exact(sumOver(p.e[t], math.Abs) / n)
	case LInf:
		largest := 0.0
		for _, e := range p.e[t] {
			largest = max(largest, math.Abs(e))
		}
		return exact(largest)
	case Hinge:
		return exact(sumOver(p.margins(t), func(m float64) float64 { return max(0, 1-m) }) / n)
	case Logistic:
		var sum ball
		for _, m := range p.margins(t) {
			b := softplus(-m)
			sum = sum.add(spanning(b.lo, b.hi))
		}
		return lossValue{ball: sum.div(n)}
	}
	return exact(sumOver(p.e[t], func(e float64) float64 { return float64(e * e) }) / float64(2*n))
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
