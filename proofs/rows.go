package proofs

import "fmt"

// A rowResult is what the pass over the network's neurons found at one row.
type rowResult struct {
	listed   ball // y_i - o_i - c - sum_j alpha_j [D_j]_i (x_i . w_j): the program's residual
	network  ball // y_i - o_i - f(x_i): the network's own, relu or gate evaluated from scratch
	violated int  // 1 + the first neuron not in its pattern's cone here; 0: none
}

// evaluate encloses every row's residuals and decides every row's signs.
func (k *checker) evaluate() {
	k.rows = make([]rowResult, k.c.Program.Rows)
	parallel(len(k.rows), func() func(int) {
		return func(i int) { k.rows[i] = k.row(i) }
	})
}

func (k *checker) row(i int) rowResult {
	start := point(k.y[i]).sub(point(k.c.Network.Constant)).sub(point(k.offset(i)))
	r := rowResult{listed: start, network: start}
	for j := range k.c.Network.Neurons {
		u := &k.c.Network.Neurons[j]
		active := k.c.Patterns[u.Pattern].Active(i)
		p := k.x.product(i, u.W)
		z := p.ball()
		alpha := point(u.Alpha)
		if active {
			r.listed = r.listed.sub(alpha.mul(z))
		}
		var inCone bool
		if u.Gate == nil {
			s := p.sign(z)
			inCone = active && s >= 0 || !active && s <= 0
			r.network = r.network.sub(alpha.mul(z.relu()))
		} else {
			gate := k.x.product(i, u.Gate)
			open := gate.sign(gate.ball()) > 0
			inCone = open == active
			if open {
				r.network = r.network.sub(alpha.mul(z))
			}
		}
		if !inCone && r.violated == 0 {
			r.violated = j + 1
		}
	}
	return r
}

// primalFeasible: S_p X w_j >= 0 for every neuron j and its pattern p (ReLU);
// the gate's pattern 1[x_i . gate > 0] is the listed one (gated). Loss Monotone:
// and every prediction is in its box.
func (k *checker) primalFeasible() (string, error) {
	for i, r := range k.rows {
		if r.violated == 0 {
			continue
		}
		j := r.violated - 1
		u := &k.c.Network.Neurons[j]
		w, what := u.W, "w"
		if u.Gate != nil {
			w, what = u.Gate, "gate"
		}
		return "", fmt.Errorf("neuron %d row %d: x.%s = %.6g, but pattern %d says active = %v", j, i, what, k.x.product(i, w).exact().float(), u.Pattern, k.c.Patterns[u.Pattern].Active(i))
	}
	if err := k.inBox(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%d neurons in the cones of their patterns", len(k.c.Network.Neurons)), nil
}

// feasible reports whether the neurons are in their cones, in which case the program's
// residuals are the network's own.
func (k *checker) feasible() bool {
	for _, r := range k.rows {
		if r.violated != 0 {
			return false
		}
	}
	return true
}
