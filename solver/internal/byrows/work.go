package byrows

import (
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/solver/internal/operator"
	"multigrade/solver/rowsum"
)

const (
	// modelSteps is about how many the interior-point method takes for the model of a round.
	modelSteps = 40
	// closingPasses that price all patterns are about what the certificate takes.
	closingPasses = 6
	// wallPasses look for rows beyond the walls known in a round.
	wallPasses = 3
)

// affords says that the account has room for a round and the certificate behind it.
func (s *Search) affords() bool {
	left := s.o.Account.Left()
	return left > s.roundWork()+s.closingWork()
}

// roundWork is about what the next round takes, with as many blocks entering as may.
func (s *Search) roundWork() float64 {
	b := min(len(s.blocks)+max(firstBlocks, len(s.blocks)), len(s.values))
	if s.p.Activation.Gated {
		b = min(b, s.patterns())
	}
	k := min(b, s.patterns())
	at := &rowsum.Point{Patterns: make([]int, k)}
	var rows float64
	switch {
	case s.peaks != nil:
		rows = (&rowsum.Deviations{At: at}).Work(s.d)
	case s.kinks != nil:
		rows = (&rowsum.Advance{From: at, Step: at, At: at, Length: 1, Columns: at.Patterns, Patterns: s.patterns(), D: s.d}).Work(s.d)
		rows += (&rowsum.Reach{At: at, Step: at}).Work(s.d)
	default:
		g := &rowsum.Gram{At: at, Curved: s.curved, Patterns: at.Patterns, D: s.d}
		if s.curved.Quadratic() {
			g.First = min(len(s.gram.patterns), k) * s.d
		} else {
			rows = (&rowsum.Line{At: at, Step: at, Lengths: lengths}).Work(s.d)
		}
		rows += g.Work(s.d) + s.pricing(&s.at, nil).Work(s.d)
	}
	if !s.p.Activation.Gated {
		rows += wallPasses * (&rowsum.Cones{W: blas64.General{Rows: b}}).Work(s.d)
	}
	return float64(s.n)*rows + modelSteps*operator.FactorWork(b*s.d)
}

// closingWork is about what the certificate takes.
func (s *Search) closingWork() float64 {
	at := &rowsum.Point{Patterns: make([]int, min(max(len(s.at.blocks), firstBlocks), s.patterns()))}
	return closingPasses * float64(s.n) * (&rowsum.Prices{At: at, Patterns: s.patterns()}).Work(s.d)
}
