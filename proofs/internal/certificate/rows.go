package certificate

import (
	"errors"
	"fmt"

	"multigrade/proofs/internal/exact"
)

// A rowResult is what the pass over the network's neurons found at one row.
type RowResult struct {
	listed   exact.Ball // y_i - o_i - c - sum_j alpha_j [A_j]_i (x_i . w_j): the program's residual
	Network  exact.Ball // y_i - o_i - f(x_i): the network's own, phi or gate evaluated from scratch
	violated int        // 1 + the first neuron not in its pattern's cone here; 0: none
}

// Evaluate encloses every row's residuals and decides every row's signs.
func (k *Checker) Evaluate() {
	k.rows = make([]RowResult, k.C.Program.Rows)
	slope := k.C.Program.slope()
	exact.Parallel(len(k.rows), func() func(int) {
		return func(i int) { k.rows[i] = k.row(i, slope) }
	})
}

func (k *Checker) row(i int, slope float64) RowResult {
	start := exact.Point(k.Y[i]).Sub(exact.Point(k.C.Network.Constant)).Sub(exact.Point(k.offset(i)))
	r := RowResult{listed: start, Network: start}
	for j := range k.C.Network.Neurons {
		u := &k.C.Network.Neurons[j]
		active := k.C.Patterns[u.Pattern].Active(i)
		p := k.X.Product(i, u.W)
		z := p.Ball()
		alpha := exact.Point(u.Alpha)
		if active {
			r.listed = r.listed.Sub(alpha.Mul(z))
		} else if slope != 0 {
			r.listed = r.listed.Sub(alpha.Mul(exact.Point(slope).Mul(z)))
		}
		var inCone bool
		if u.Gate == nil {
			s := p.Sign(z)
			inCone = active && s >= 0 || !active && s <= 0
			r.Network = r.Network.Sub(alpha.Mul(phi(slope, z)))
		} else {
			gate := k.X.Product(i, u.Gate)
			open := gate.Sign(gate.Ball()) > 0
			inCone = open == active
			if open {
				r.Network = r.Network.Sub(alpha.Mul(z))
			}
		}
		if !inCone && r.violated == 0 {
			r.violated = j + 1
		}
	}
	return r
}

// primalFeasible: S_p X w_j >= 0 for every neuron j and its pattern p;
// the gate's pattern 1[x_i . gate > 0] is the listed one (gated). Loss Monotone:
// and every prediction is in its box.
func (k *Checker) primalFeasible() (string, error) {
	for i, r := range k.rows {
		if r.violated == 0 {
			continue
		}
		j := r.violated - 1
		u := &k.C.Network.Neurons[j]
		w, what := u.W, "w"
		if u.Gate != nil {
			w, what = u.Gate, "gate"
		}
		return "", fmt.Errorf("neuron %d row %d: x.%s = %.6g, but pattern %d says active = %v", j, i, what, k.X.Product(i, w).Exact().Float(), u.Pattern, k.C.Patterns[u.Pattern].Active(i))
	}
	if err := errors.Join(k.onePerPattern(), k.inBox()); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d neurons in the cones of their patterns", len(k.C.Network.Neurons)), nil
}

// feasible reports whether the neurons are in their cones, in which case the program's
// residuals are the network's own.
func (k *Checker) feasible() bool {
	for _, r := range k.rows {
		if r.violated != 0 {
			return false
		}
	}
	return true
}
