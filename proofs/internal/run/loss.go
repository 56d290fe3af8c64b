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
// order of the rows, with the weights of the training rows. Losses of margins are those of y (f_1 + ... + f_k).
func (p *part) loss(m *model, t int) lossValue {
	var s lossSum
	s.add(m, p, t)
	return s.value(m)
}

// A lossSum is what that is made of, summed over rows in their order.
type lossSum struct {
	rows         int
	ball         exact.Ball // logistic
	sum, largest float64
}

func (s *lossSum) add(m *model, p *part, t int) {
	l, terms := certificate.Losses[m.Loss], p.e[t]
	s.rows += len(terms)
	if l.Labels {
		terms = p.margins(t)
	}
	if l.Term == nil { // logistic
		for i, m := range terms {
			b := certificate.Softplus(-m)
			v := certificate.Spanning(b.Lo, b.Hi)
			if p.weight != nil {
				v = v.Mul(exact.Point(p.weight[i]))
			}
			s.ball = s.ball.Add(v)
		}
		return
	}
	for i, v := range terms {
		phi := l.Term(v, m.parameter(t))
		if p.weight != nil {
			phi = float64(p.weight[i] * phi)
		}
		s.sum, s.largest = s.sum+phi, max(s.largest, phi)
	}
}

func (s *lossSum) value(m *model) lossValue {
	l, n := certificate.Losses[m.Loss], float64(s.rows)
	switch {
	case l.Term == nil:
		return lossValue{Ball: s.ball.Div(n)}
	case l.Maximum:
		return lossValue{exact.Ball{Mid: s.largest}, true}
	case l.Halved:
		n *= 2
	}
	return lossValue{exact.Ball{Mid: s.sum / n}, true}
}

// margins are y (f_1 + ... + f_k), exact for labels.
func (p *part) margins(t int) []float64 {
	m := make([]float64, len(p.total[t]))
	for i, z := range p.total[t] {
		m[i] = float64(p.y[t][i] * z)
	}
	return m
}
