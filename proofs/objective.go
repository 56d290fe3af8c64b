package proofs

import (
	"fmt"
	"math"
)

// primal decides Network.Primal >= F = S/(2n) + beta sum_j |alpha_j| ||w_j||,
// S/(2n) the loss: S is the sum of squared residuals of the program for squares.
func (k *checker) primal() (string, error) {
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	claimed := k.c.Network.Primal
	value := k.primalBall()
	switch value.compare(point(claimed)) {
	case lessOrEqual:
		return fmt.Sprintf("optimum over the listed patterns <= %v", claimed), nil
	case undecided:
		if k.kind().exact != nil && k.groupNormAtMost(k.exactLoss(false), claimed) {
			return fmt.Sprintf("optimum over the listed patterns <= %v (decided exactly)", claimed), nil
		}
	}
	return "", fmt.Errorf("primal: %v claimed, the neurons cost %v, %s", claimed, value.mid, excess(value.mid-claimed))
}

// objective decides Network.Objective >= the recovered network's own objective:
// weight decay beta/2 sum_j (||w_j||^2 + alpha_j^2) for ReLU, the group norm for gated.
func (k *checker) objective() (string, error) {
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	claimed := k.c.Network.Objective
	value := k.objectiveBall()
	detail := fmt.Sprintf("the network's own objective <= %v", claimed)
	switch value.compare(point(claimed)) {
	case lessOrEqual:
		return detail, nil
	case undecided:
		if k.kind().exact == nil {
			break
		}
		s := k.exactLoss(!k.feasible())
		if k.gated() && k.groupNormAtMost(s, claimed) || !k.gated() && k.weightDecayAtMost(s, claimed) {
			return detail + " (decided exactly)", nil
		}
	}
	return "", fmt.Errorf("objective: %v claimed, the network has %v, %s", claimed, value.mid, excess(value.mid-claimed))
}

// excess says by how much a bound is missed.
func excess(by float64) string {
	if by > 0 {
		return fmt.Sprintf("too much by %.3g", by)
	}
	return "too much by less than float64 shows"
}

func (k *checker) gated() bool { return k.c.Program.Activation == Gated }

func (k *checker) primalBall() ball {
	return k.lossBall(func(r rowResult) ball { return r.listed }).add(k.groupNormBall())
}

func (k *checker) objectiveBall() ball {
	loss := k.lossBall(func(r rowResult) ball { return r.network })
	if k.gated() {
		return loss.add(k.groupNormBall())
	}
	return loss.add(k.weightDecayBall())
}

// groupNormBall encloses beta sum_j |alpha_j| ||w_j||.
func (k *checker) groupNormBall() ball {
	var sum ball
	for _, u := range k.c.Network.Neurons {
		sum = sum.add(point(math.Abs(u.Alpha)).mul(squaredNorm(u.W).sqrt()))
	}
	return sum.mul(point(k.c.Program.Beta))
}

// weightDecayBall encloses beta/2 sum_j (||w_j||^2 + alpha_j^2).
func (k *checker) weightDecayBall() ball {
	var sum ball
	for _, u := range k.c.Network.Neurons {
		sum = sum.add(squaredNorm(u.W)).add(point(u.Alpha).square())
	}
	return sum.mul(point(k.c.Program.Beta)).div(2)
}

func squaredNorm(w []float64) ball {
	var sum float64
	for _, v := range w {
		sum += v * v
	}
	return ball{sum, sumError(len(w), sum)}
}

// exactLoss is S itself, with the activations evaluated from scratch or taken
// from the listed patterns; computed once.
func (k *checker) exactLoss(fromScratch bool) *dyadic {
	s := &k.loss.listed
	if fromScratch {
		s = &k.loss.scratch
	}
	if *s == nil {
		*s = k.sumLosses(fromScratch)
	}
	return *s
}

func (k *checker) sumLosses(fromScratch bool) *dyadic {
	l := k.kind()
	twice := make([]dyadic, len(k.rows))
	parallel(len(twice), func() func(int) {
		return func(i int) {
			twice[i].copy(l.exact(&k.c.Program, k.exactResidual(i, fromScratch), k.y[i]))
		}
	})
	return l.exactTwice(twice)
}

func (k *checker) exactResidual(i int, fromScratch bool) *dyadic {
	r := exact(k.y[i])
	r.add(r, exact(-k.c.Network.Constant)).add(r, exact(-k.offset(i)))
	for _, u := range k.c.Network.Neurons {
		active := k.c.Patterns[u.Pattern].Active(i)
		if fromScratch {
			w := u.W
			if u.Gate != nil {
				w = u.Gate
			}
			p := k.x.product(i, w)
			active = p.sign(p.ball()) > 0
		}
		if active {
			z := k.x.product(i, u.W).exact()
			r.add(r, z.mul(z, exact(-u.Alpha)))
		}
	}
	return r
}

// weightDecayAtMost decides S + n beta sum_j (||w_j||^2 + alpha_j^2) <= 2n claimed.
func (k *checker) weightDecayAtMost(s *dyadic, claimed float64) bool {
	sum := new(dyadic)
	for _, u := range k.c.Network.Neurons {
		sum.add(sum, exactSquaredNorm(u.W)).addProduct(u.Alpha, u.Alpha)
	}
	n := float64(len(k.rows))
	sum.mul(sum, new(dyadic).product(n, k.c.Program.Beta))
	return sum.add(sum, s).compare(new(dyadic).product(2*n, claimed)) <= 0
}

// Root precisions tried by groupNormAtMost, in bits. A sum of positive roots of
// rationals is rational only if each root is, so a sum equal to the claim shows
// as such once the precision covers the roots' digits, and any other sum
// separates from it. What 2^14 bits cannot separate is refused.
const (
	firstRootPrecision = 128
	lastRootPrecision  = 1 << 14
)

// groupNormAtMost decides S + 2n beta sum_j sqrt(alpha_j^2 ||w_j||^2) <= 2n claimed.
func (k *checker) groupNormAtMost(s *dyadic, claimed float64) bool {
	n := float64(len(k.rows))
	room := new(dyadic).product(2*n, claimed)
	room.add(room, new(dyadic).neg(s))
	weight := new(dyadic).product(2*n, k.c.Program.Beta)
	for precision := uint(firstRootPrecision); precision <= lastRootPrecision; precision *= 2 {
		lo, hi := k.groupNormBounds(precision)
		if hi.mul(hi, weight).compare(room) <= 0 {
			return true
		}
		if lo.mul(lo, weight).compare(room) > 0 {
			return false
		}
	}
	return false
}

// groupNormBounds encloses sum_j |alpha_j| ||w_j||.
func (k *checker) groupNormBounds(precision uint) (lo, hi *dyadic) {
	lo, hi = new(dyadic), new(dyadic)
	for _, u := range k.c.Network.Neurons {
		square := exactSquaredNorm(u.W)
		l, h := square.mul(square, new(dyadic).product(u.Alpha, u.Alpha)).sqrtBounds(precision)
		lo.add(lo, l)
		hi.add(hi, h)
	}
	return lo, hi
}

func exactSquaredNorm(w []float64) *dyadic {
	sum := new(dyadic)
	for _, v := range w {
		sum.addProduct(v, v)
	}
	return sum
}
