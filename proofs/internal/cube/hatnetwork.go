package cube

import (
	"errors"
	"fmt"
	"maps"
	"math/big"

	"multigrade/proofs/internal/exact"
)

// serves compares network n of grade k from 0, layer by layer, with one that computes
// the hats of the nodes with a value, one after the other in the order of the nodes,
// and sums them up: hat(x) = relu(1 - max(0, t_1..t_d) + min(0, t_1..t_d)) with
// t = N x - a. A trivial grade has none.
func (c *cubeChecker) serves(k int, n *deepNetwork) (string, error) {
	q, d := c.corrections[k], c.model.Target.Dim
	if q.values == nil {
		if n != nil {
			return "", errors.New("there is one, but the grade is trivial")
		}
		return "none, the grade is trivial", nil
	}
	if n == nil || n.Dim != d {
		return "", fmt.Errorf("none of dimension %d", d)
	}
	w := layers{n: n, d: d}
	var err error
	switch n.Construction {
	case "wide":
		err = w.wide(&q)
	case "narrow":
		err = w.narrow(&q)
	default:
		err = fmt.Errorf("construction: %q, expected wide or narrow", n.Construction)
	}
	return fmt.Sprintf("%d layers, hat by hat, %s", len(n.Layers), n.Construction), err
}

// A layers compares the layers of a network with those expected, in order.
type layers struct {
	n  *deepNetwork
	d  int
	at int
}

func (w *layers) expect(want []affineForm) error {
	if w.at >= len(w.n.Layers) {
		return fmt.Errorf("%d layers, more are needed", w.at)
	}
	w.at++
	if err := sameLayer(w.n.Layers[w.at-1], want); err != nil {
		return fmt.Errorf("layer %d, %w", w.at, err)
	}
	return nil
}

func (w *layers) end(output affineForm) error {
	if w.at != len(w.n.Layers) {
		return fmt.Errorf("%d layers, expected %d", len(w.n.Layers), w.at)
	}
	if err := sameLayer([]deepAffine{w.n.Output}, []affineForm{output}); err != nil {
		return fmt.Errorf("output, %w", err)
	}
	return nil
}

// A peak is a node with a value: right and left are N on either side, and N times its coordinates; they differ on graded intervals only.
type peak struct {
	right, left     float64
	atRight, atLeft []float64
	value           float64
}

// hats calls visit for the nodes with a value.
func (q *correction) hats(d int, visit func(p peak) error) error {
	for i, v := range q.values {
		if v == 0 {
			continue
		}
		p := peak{value: v, right: float64(q.n), left: float64(q.n), atRight: make([]float64, d), atLeft: make([]float64, d)}
		switch g := q.adaptive.(type) {
		case nil:
			lattice{d, q.n}.point(i, p.atRight)
		case graded:
			p.right, p.left = 1/g.volume(min(i, len(g)-2)), 1/g.volume(max(i-1, 0))
			g.point(i, p.atRight)
		default:
			p.right = 1 / g.narrowest(i)
			p.left = p.right
			g.point(i, p.atRight)
		}
		for j, x := range p.atRight {
			p.atRight[j], p.atLeft[j] = x*p.right, x*p.left
		}
		if err := visit(p); err != nil {
			return err
		}
	}
	return nil
}

func affine(bias float64, pairs ...float64) affineForm {
	f := affineForm{map[int]float64{}, bias}
	for k := 0; k < len(pairs); k += 2 {
		f.weight[int(pairs[k])] = pairs[k+1]
	}
	return f
}

// wide has the channels x; M, m, the running maximum and negated minimum; their next
// increments; P, Q, the sums of the positive and of the negated negative terms.
func (w *layers) wide(q *correction) error {
	d := w.d
	M, m, up, down, P, Q := float64(d), float64(d+1), float64(d+2), float64(d+3), float64(d+4), float64(d+5)
	last := 0.0 // the value of the hat that channel up holds
	layer := func(middle ...affineForm) error {
		p, q := affine(0, P, 1), affine(0, Q, 1)
		if w.at == 0 {
			p, q = affine(0), affine(0)
		}
		if last > 0 {
			p.weight[int(up)] = last
		} else if last < 0 {
			q.weight[int(up)] = -last
		}
		last = 0
		return w.expect(append(append(carryAll(d), middle...), p, q))
	}
	err := q.hats(d, func(p peak) error {
		for i := range d {
			x := float64(i)
			top, low := affine(0, M, 1, up, 1), affine(0, m, 1, down, 1)
			rise, fall := affine(-p.atRight[i], x, p.right, M, -1, up, -1), affine(p.atLeft[i], x, -p.left, m, -1, down, -1)
			if i == 0 {
				top, low, rise, fall = affine(0), affine(0), affine(-p.atRight[i], x, p.right), affine(p.atLeft[i], x, -p.left)
			}
			if err := layer(top, low, rise, fall); err != nil {
				return err
			}
		}
		err := layer(affine(0), affine(0), affine(1, M, -1, up, -1, m, -1, down, -1), affine(0))
		last = p.value
		return err
	})
	if err == nil {
		err = layer(affine(0), affine(0), affine(0), affine(0))
	}
	if err != nil {
		return err
	}
	return w.end(affine(0, P, 1, Q, -1))
}

// narrow has the channels x, y, A. With the forms l_1, l_2, .. in the order t_1, -t_1,
// t_1 - t_2, .., t_2, -t_2, t_2 - t_1, .. the maximum S_k = max(0, l_1..l_k) is y_k + l_k,
// y_k = relu(S_(k-1) - l_k), and the hat relu(1 - S). A begins at a number that no
// partial sum falls below 0 from, which the output subtracts.
func (w *layers) narrow(q *correction) error {
	d := w.d
	y, A := float64(d), float64(d+1)
	if len(w.n.Layers) == 0 || len(w.n.Layers[0]) != d+2 {
		return fmt.Errorf("no first layer of %d channels", d+2)
	}
	start := w.n.Layers[0][d+1].Bias
	if err := covers(start, q.values); err != nil {
		return err
	}
	last := 0.0
	layer := func(middle affineForm) error {
		sum := affine(0, A, 1)
		if w.at == 0 {
			sum = affine(start)
		}
		if last != 0 {
			sum.weight[int(y)] = last
		}
		last = 0
		return w.expect(append(carryAll(d), middle, sum))
	}
	err := q.hats(d, func(p peak) error {
		before := affine(0) // S_(k-1) without y
		for k, l := range w.differences(p) {
			next := less(before, l)
			if k > 0 {
				next.weight[int(y)] = 1
			}
			if err := layer(next); err != nil {
				return err
			}
			before = l
		}
		hat := less(affine(1), before)
		hat.weight[int(y)] = -1
		err := layer(hat)
		last = p.value
		return err
	})
	if err == nil {
		err = layer(affine(0))
	}
	if err != nil {
		return err
	}
	return w.end(affine(-start, A, 1))
}

// differences are the forms t_i, -t_i, t_i - t_j whose maximum with 0 is max(0, t) - min(0, t).
func (w *layers) differences(p peak) (all []affineForm) {
	for i := range w.d {
		all = append(all, affine(-p.atRight[i], float64(i), p.right), affine(p.atLeft[i], float64(i), -p.left))
		for j := range w.d {
			if j != i {
				all = append(all, affine(p.atRight[j]-p.atRight[i], float64(i), p.right, float64(j), -p.right))
			}
		}
	}
	return all
}

// less is a - b; the numbers are integers below 2^53.
func less(a, b affineForm) affineForm {
	out := affineForm{maps.Clone(a.weight), a.bias - b.bias}
	for j, v := range b.weight {
		if out.weight[j] -= v; out.weight[j] == 0 {
			delete(out.weight, j)
		}
	}
	return out
}

// covers: start is at least the sum of the absolute negative values.
func covers(start float64, values []float64) error {
	sum := new(big.Rat)
	for _, v := range values {
		if v < 0 {
			sum.Sub(sum, new(big.Rat).SetFloat64(v))
		}
	}
	if !exact.Finite(start) || new(big.Rat).SetFloat64(start).Cmp(sum) < 0 {
		return fmt.Errorf("the sum begins at %v, less than the negative terms", start)
	}
	return nil
}
