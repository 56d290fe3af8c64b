package certificate

import (
	"fmt"
	"math"

	"multigrade/proofs/internal/exact"
)

// primal decides Network.Primal >= F = S/(2n) + beta sum_j |alpha_j| ||w_j||, of ridge
// S/(2n) + beta/2 sum_j alpha_j^2 ||w_j||^2, S/(2n) the loss: S is the sum of squared residuals of the program for squares.
func (k *Checker) primal() (string, error) {
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	claimed := k.C.Network.Primal
	value := k.primalBall()
	switch value.Compare(exact.Point(claimed)) {
	case exact.LessOrEqual:
		return fmt.Sprintf("optimum over the listed patterns <= %v", claimed), nil
	case exact.Undecided:
		if k.Kind().Exact != nil && k.costAtMost(k.ExactLoss(false), claimed) {
			return fmt.Sprintf("optimum over the listed patterns <= %v (decided exactly)", claimed), nil
		}
	}
	return "", fmt.Errorf("primal: %v claimed, the neurons cost %v, %s", claimed, value.Mid, Excess(value.Mid-claimed))
}

// objective decides Network.Objective >= the recovered network's own objective:
// weight decay beta/2 sum_j (||w_j||^2 + alpha_j^2), or what the blocks cost for gated.
func (k *Checker) objective() (string, error) {
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	claimed := k.C.Network.Objective
	value := k.objectiveBall()
	detail := fmt.Sprintf("the network's own objective <= %v", claimed)
	switch value.Compare(exact.Point(claimed)) {
	case exact.LessOrEqual:
		return detail, nil
	case exact.Undecided:
		if k.Kind().Exact == nil {
			break
		}
		s := k.ExactLoss(!k.feasible())
		if k.gated() && k.costAtMost(s, claimed) || !k.gated() && k.weightDecayAtMost(s, claimed) {
			return detail + " (decided exactly)", nil
		}
	}
	return "", fmt.Errorf("objective: %v claimed, the network has %v, %s", claimed, value.Mid, Excess(value.Mid-claimed))
}

// Excess says by how much a bound is missed.
func Excess(by float64) string {
	if by > 0 {
		return fmt.Sprintf("too much by %.3g", by)
	}
	return "too much by less than float64 shows"
}

func (k *Checker) gated() bool { return k.C.Program.Activation == Gated }

func (k *Checker) primalBall() exact.Ball {
	return k.LossBall(func(r RowResult) exact.Ball { return r.listed }).Add(k.costBall())
}

func (k *Checker) objectiveBall() exact.Ball {
	loss := k.LossBall(func(r RowResult) exact.Ball { return r.Network })
	if k.gated() {
		return loss.Add(k.costBall())
	}
	return loss.Add(k.weightDecayBall())
}

// costBall encloses what the blocks cost.
func (k *Checker) costBall() exact.Ball {
	if k.C.Program.Ridge {
		return k.ridgeBall()
	}
	return k.GroupNormBall()
}

// costAtMost decides S + 2n times that <= 2n claimed.
func (k *Checker) costAtMost(s *exact.Dyadic, claimed float64) bool {
	if k.C.Program.Ridge {
		return k.ridgeAtMost(s, claimed)
	}
	return k.GroupNormAtMost(s, claimed)
}

// GroupNormBall encloses beta sum_j |alpha_j| ||w_j||.
func (k *Checker) GroupNormBall() exact.Ball {
	var sum exact.Ball
	for _, u := range k.C.Network.Neurons {
		sum = sum.Add(exact.Point(math.Abs(u.Alpha)).Mul(squaredNorm(u.W).Sqrt()))
	}
	return sum.Mul(exact.Point(k.C.Program.Beta))
}

// weightDecayBall encloses beta/2 sum_j (||w_j||^2 + alpha_j^2).
func (k *Checker) weightDecayBall() exact.Ball {
	var sum exact.Ball
	for _, u := range k.C.Network.Neurons {
		sum = sum.Add(squaredNorm(u.W)).Add(exact.Point(u.Alpha).Square())
	}
	return sum.Mul(exact.Point(k.C.Program.Beta)).Div(2)
}

func squaredNorm(w []float64) exact.Ball {
	var sum float64
	for _, v := range w {
		sum += v * v
	}
	return exact.Ball{Mid: sum, Rad: exact.SumError(len(w), sum)}
}

// ExactLoss is S itself, with the activations evaluated from scratch or taken
// from the listed patterns; computed once.
func (k *Checker) ExactLoss(fromScratch bool) *exact.Dyadic {
	s := &k.loss.listed
	if fromScratch {
		s = &k.loss.scratch
	}
	if *s == nil {
		*s = k.sumLosses(fromScratch)
	}
	return *s
}

func (k *Checker) sumLosses(fromScratch bool) *exact.Dyadic {
	l := k.Kind()
	twice := make([]exact.Dyadic, len(k.rows))
	exact.Parallel(len(twice), func() func(int) {
		return func(i int) {
			twice[i].Copy(l.Exact(&k.C.Program, k.exactResidual(i, fromScratch), k.Y[i]))
			if w := k.weight(i); w != 1 {
				twice[i].Mul(&twice[i], exact.Of(w))
			}
		}
	})
	return l.exactTwice(twice)
}

func (k *Checker) exactResidual(i int, fromScratch bool) *exact.Dyadic {
	r := exact.Of(k.Y[i])
	r.Add(r, exact.Of(-k.C.Network.Constant)).Add(r, exact.Of(-k.offset(i)))
	for _, u := range k.C.Network.Neurons {
		active := k.C.Patterns[u.Pattern].Active(i)
		if fromScratch {
			w := u.W
			if u.Gate != nil {
				w = u.Gate
			}
			p := k.X.Product(i, w)
			active = p.Sign(p.Ball()) > 0
		}
		factor := 1.0
		if !active {
			factor = k.C.Program.slope()
		}
		if factor != 0 {
			z := k.X.Product(i, u.W).Exact()
			r.Add(r, z.Mul(z, new(exact.Dyadic).Product(-u.Alpha, factor)))
		}
	}
	return r
}

// weightDecayAtMost decides S + n beta sum_j (||w_j||^2 + alpha_j^2) <= 2n claimed.
func (k *Checker) weightDecayAtMost(s *exact.Dyadic, claimed float64) bool {
	sum := new(exact.Dyadic)
	for _, u := range k.C.Network.Neurons {
		sum.Add(sum, exactSquaredNorm(u.W)).AddProduct(u.Alpha, u.Alpha)
	}
	n := float64(len(k.rows))
	sum.Mul(sum, new(exact.Dyadic).Product(n, k.C.Program.Beta))
	return sum.Add(sum, s).Compare(new(exact.Dyadic).Product(2*n, claimed)) <= 0
}

// Root precisions tried by groupNormAtMost, in bits. A sum of positive roots of
// rationals is rational only if each root is, so a sum equal to the claim shows
// as such once the precision covers the roots' digits, and any other sum
// separates from it. What 2^14 bits cannot separate is refused.
const (
	firstRootPrecision = 128
	lastRootPrecision  = 1 << 14
)

// GroupNormAtMost decides S + 2n beta sum_j sqrt(alpha_j^2 ||w_j||^2) <= 2n claimed.
func (k *Checker) GroupNormAtMost(s *exact.Dyadic, claimed float64) bool {
	n := float64(len(k.rows))
	room := new(exact.Dyadic).Product(2*n, claimed)
	room.Add(room, new(exact.Dyadic).Neg(s))
	weight := new(exact.Dyadic).Product(2*n, k.C.Program.Beta)
	for precision := uint(firstRootPrecision); precision <= lastRootPrecision; precision *= 2 {
		lo, hi := k.groupNormBounds(precision)
		if hi.Mul(hi, weight).Compare(room) <= 0 {
			return true
		}
		if lo.Mul(lo, weight).Compare(room) > 0 {
			return false
		}
	}
	return false
}

// groupNormBounds encloses sum_j |alpha_j| ||w_j||.
func (k *Checker) groupNormBounds(precision uint) (lo, hi *exact.Dyadic) {
	lo, hi = new(exact.Dyadic), new(exact.Dyadic)
	for _, u := range k.C.Network.Neurons {
		square := exactSquaredNorm(u.W)
		l, h := square.Mul(square, new(exact.Dyadic).Product(u.Alpha, u.Alpha)).SqrtBounds(precision)
		lo.Add(lo, l)
		hi.Add(hi, h)
	}
	return lo, hi
}

func exactSquaredNorm(w []float64) *exact.Dyadic {
	sum := new(exact.Dyadic)
	for _, v := range w {
		sum.AddProduct(v, v)
	}
	return sum
}
