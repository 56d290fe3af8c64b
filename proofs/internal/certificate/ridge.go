package certificate

import (
	"errors"
	"fmt"

	"multigrade/proofs/internal/exact"
)

// ridgeWord is the one word that there may be behind beta.
const ridgeWord = "ridge"

// formBeta is about beta, and what goes with ridge: for other activations and losses
// FORMAT.md has no such program.
func formBeta(p *Program) error {
	switch {
	case !exact.Finite(p.Beta) || p.Beta < 0:
		return fmt.Errorf("beta: %v, expected a finite number >= 0", p.Beta)
	case !p.Ridge:
		return nil
	case p.Activation != Gated || p.Loss != Squared || p.Weighted:
		return errors.New("beta: ridge is for activation gated and loss squared without weights")
	case p.Beta == 0:
		return errors.New("beta: 0, expected a number > 0 with ridge")
	}
	return nil
}

// onePerPattern: of ridge every listed pattern has one block, so two neurons must not share
// one, whose costs would not be those of their sum.
func (k *Checker) onePerPattern() error {
	if !k.C.Program.Ridge {
		return nil
	}
	owner := map[int]int{}
	for j, u := range k.C.Network.Neurons {
		if before, taken := owner[u.Pattern]; taken {
			return fmt.Errorf("neuron %d: pattern %d is that of neuron %d, with ridge it has one", j, u.Pattern, before)
		}
		owner[u.Pattern] = j
	}
	return nil
}

// ridgeBall encloses beta/2 sum_j alpha_j^2 ||w_j||^2.
func (k *Checker) ridgeBall() exact.Ball {
	var sum exact.Ball
	for _, u := range k.C.Network.Neurons {
		sum = sum.Add(exact.Point(u.Alpha).Square().Mul(squaredNorm(u.W)))
	}
	return sum.Mul(exact.Point(k.C.Program.Beta)).Div(2)
}

// ridgeAtMost decides S + n beta sum_j alpha_j^2 ||w_j||^2 <= 2n claimed.
func (k *Checker) ridgeAtMost(s *exact.Dyadic, claimed float64) bool {
	sum := new(exact.Dyadic)
	for _, u := range k.C.Network.Neurons {
		square := exactSquaredNorm(u.W)
		sum.Add(sum, square.Mul(square, new(exact.Dyadic).Product(u.Alpha, u.Alpha)))
	}
	n := float64(len(k.rows))
	sum.Mul(sum, new(exact.Dyadic).Product(n, k.C.Program.Beta))
	return sum.Add(sum, s).Compare(new(exact.Dyadic).Product(2*n, claimed)) <= 0
}

// squares encloses ||X' D_p nu||^2.
func (b *blocks) squares(pattern *Pattern, w *blockScratch) exact.Ball {
	copy(w.magnitude, b.nuMagnitude)
	return b.sharpNorm(pattern, pattern.sides()[0], w)
}

// ridgeDual is D(nu) less what the blocks can gain, sum_p ||X' D_p nu||^2/(2 beta n^2),
// with the sum given.
func (k *Checker) ridgeDual(squares exact.Ball) exact.Ball {
	n := float64(len(k.Y))
	return k.dualBall().Sub(squares.Div(n).Div(n).Div(k.C.Program.Beta).Div(2))
}
