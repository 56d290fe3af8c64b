package approx

import (
	"fmt"
	"math"
	"math/big"
)

// Construction names one of two explicit networks for a grade; doc.go proves both.
type Construction int

const (
	// Wide has width d+6: x, the running maximum M and minimum m of a hat, their increments, and the positive and
	// negative partial sums. Depth d+1 per hat, and 1.
	Wide Construction = iota
	// Narrow has width d+2: x, one channel for a hat, and one partial sum. Depth d(d+1)+1 per hat, and 1.
	Narrow
)

func (c Construction) String() string {
	if c == Narrow {
		return "narrow"
	}
	return "wide"
}

func networkWidth(g *Grade, c Construction) int {
	switch {
	case g.Trivial():
		return 0
	case c == Narrow:
		return g.Grid.Dim + 2
	}
	return g.Grid.Dim + 6
}

func networkDepth(g *Grade, c Construction) int {
	d := g.Grid.Dim
	switch {
	case g.Trivial():
		return 0
	case c == Narrow:
		return g.Hats*(d*(d+1)+1) + 1
	}
	return g.Hats*(d+1) + 1
}

// Term is one entry of a weight matrix.
type Term struct {
	Channel int     `json:"channel"`
	Weight  float64 `json:"weight"`
}

// Affine is the function sum of weight*channel + Bias of a layer's channels.
type Affine struct {
	Terms []Term  `json:"terms,omitempty"`
	Bias  float64 `json:"bias"`
}

// Layer computes relu(affine) for each of its channels from the previous layer's (from x for the first).
type Layer []Affine

// Network is one grade: ReLU layers and a linear output. Channels 0..d-1 of every layer carry x, so that the
// network of the next grade is composed on the last layer of this one.
type Network struct {
	Dim          int     `json:"dim"`
	Construction string  `json:"construction"`
	Layers       []Layer `json:"layers"`
	Output       Affine  `json:"output"`
}

// Network writes a grade out; nil for a trivial one. It fails if that takes more than maxLayers layers
// (0: no limit).
func (g *Grade) Network(c Construction, maxLayers int) (*Network, error) {
	if g.Trivial() {
		return nil, nil
	}
	if depth := networkDepth(g, c); maxLayers > 0 && depth > maxLayers {
		return nil, fmt.Errorf("the %s network of the grade with N = %d has %d layers: at most %d are allowed", c, g.Grid.N, depth, maxLayers)
	}
	n := &Network{Dim: g.Grid.Dim, Construction: c.String()}
	b := &networkBuilder{n: n, g: g}
	if c == Narrow {
		b.narrow()
	} else {
		b.wide()
	}
	return n, nil
}

// Width returns the largest number of channels of a layer.
func (n *Network) Width() int {
	w := 0
	for _, l := range n.Layers {
		w = max(w, len(l))
	}
	return w
}

// Depth returns the number of ReLU layers.
func (n *Network) Depth() int { return len(n.Layers) }

// Float evaluates the network in float64 arithmetic.
func (n *Network) Float(x []float64) float64 {
	h := x
	for _, l := range n.Layers {
		next := make([]float64, len(l))
		for i, a := range l {
			next[i] = max(0, a.float(h))
		}
		h = next
	}
	return n.Output.float(h)
}

func (a Affine) float(h []float64) float64 {
	s := a.Bias
	for _, t := range a.Terms {
		s += float64(t.Weight * h[t.Channel])
	}
	return s
}

// Rat evaluates the network exactly.
func (n *Network) Rat(x []*big.Rat) *big.Rat {
	h := x
	for _, l := range n.Layers {
		next := make([]*big.Rat, len(l))
		for i, a := range l {
			if next[i] = a.rat(h); next[i].Sign() < 0 {
				next[i] = new(big.Rat)
			}
		}
		h = next
	}
	return n.Output.rat(h)
}

func (a Affine) rat(h []*big.Rat) *big.Rat {
	s := new(big.Rat).SetFloat64(a.Bias)
	w := new(big.Rat)
	for _, t := range a.Terms {
		s.Add(s, w.Mul(w.SetFloat64(t.Weight), h[t.Channel]))
	}
	return s
}

// hat is a node with its value. right and left are N on either side, t_i = right x_i - right_i, and -t_i = left_i - left x_i on the left;
// they differ in graded grids only.
type hat struct {
	n     [2]float64   // N to the right and to the left
	at    [2][]float64 // N times the node
	value float64
}

func (g *Grade) hats(visit func(hat)) {
	if g.Graded.Len() > 0 {
		g.gradedHats(visit)
		return
	}
	x, n := make([]float64, g.Grid.Dim), float64(g.Grid.N)
	for i, v := range g.Values {
		if v == 0 {
			continue
		}
		g.Grid.Node(i, x)
		at := make([]float64, len(x))
		for j := range x {
			at[j] = x[j] * n
		}
		visit(hat{[2]float64{n, n}, [2][]float64{at, at}, v})
	}
}

func (g *Grade) gradedHats(visit func(hat)) {
	m, d := g.graded(), g.Grid.Dim
	x := make([]float64, d)
	for i, v := range g.Values {
		if v == 0 {
			continue
		}
		m.point(m.key[i], x)
		h := hat{value: v}
		right, left := m.level[i], m.level[i]
		if d == 1 {
			right, left = m.Levels[min(i, m.Len()-1)], m.Levels[max(i-1, 0)]
		}
		for side, l := range []uint8{right, left} {
			h.n[side] = math.Ldexp(1, int(l))
			for _, c := range x {
				h.at[side] = append(h.at[side], c*h.n[side])
			}
		}
		visit(h)
	}
}

type networkBuilder struct {
	n *Network
	g *Grade
}

// carry starts a layer that passes x on; x >= 0, so relu changes nothing.
func (b *networkBuilder) carry(width int) Layer {
	l := make(Layer, b.n.Dim, width)
	for j := range l {
		l[j] = pass(j)
	}
	return l
}

func pass(channel int) Affine { return Affine{Terms: []Term{{channel, 1}}} }

// wide: channels x, M, m, dM, dm, P, Q. Layer i of a hat sets M to max(0, t_1..t_(i-1)), m to -min(..) and the
// increments to relu(t_i - M), relu(-t_i - m); layer d+1 sets dM to the hat's value relu(1 - M - m); the next
// layer adds it to P or Q.
func (b *networkBuilder) wide() {
	d := b.n.Dim
	M, m, dM, dm, P, Q := d, d+1, d+2, d+3, d+4, d+5
	pending := 0.0
	sums := func(l Layer) Layer {
		p, q := pass(P), pass(Q)
		if len(b.n.Layers) == 0 {
			p, q = Affine{}, Affine{}
		}
		if pending > 0 {
			p.Terms = append(p.Terms, Term{dM, pending})
		} else if pending < 0 {
			q.Terms = append(q.Terms, Term{dM, -pending})
		}
		pending = 0
		return append(l, p, q)
	}
	b.g.hats(func(a hat) {
		for i := range d {
			l := b.carry(d + 6)
			run := func(side int, sign float64, sum ...Term) Affine {
				terms := []Term{{i, sign * a.n[side]}}
				for _, t := range sum {
					terms = append(terms, Term{t.Channel, -t.Weight})
				}
				return Affine{Terms: terms, Bias: -sign * a.at[side][i]}
			}
			if i == 0 {
				l = append(l, Affine{}, Affine{}, run(0, 1), run(1, -1))
			} else {
				top, low := []Term{{M, 1}, {dM, 1}}, []Term{{m, 1}, {dm, 1}}
				l = append(l, Affine{Terms: top}, Affine{Terms: low}, run(0, 1, top...), run(1, -1, low...))
			}
			b.n.Layers = append(b.n.Layers, sums(l))
		}
		value := Affine{Bias: 1, Terms: []Term{{M, -1}, {dM, -1}, {m, -1}, {dm, -1}}}
		l := append(b.carry(d+6), Affine{}, Affine{}, value, Affine{})
		b.n.Layers = append(b.n.Layers, sums(l))
		pending = a.value
	})
	b.n.Layers = append(b.n.Layers, sums(append(b.carry(d+6), Affine{}, Affine{}, Affine{}, Affine{})))
	b.n.Output = Affine{Terms: []Term{{P, 1}, {Q, -1}}}
}

// narrow: channels x, y, A. With the forms l_1, l_2, ... = t_i, -t_i, t_i - t_j the running maximum
// S_k = max(0, l_1..l_k) is y_k + l_k(x), y_k = relu(S_(k-1) - l_k); the hat is relu(1 - S). The sum A is kept
// nonnegative by starting at the sum of the absolute negative values.
func (b *networkBuilder) narrow() {
	d := b.n.Dim
	y, A := d, d+1
	shift := new(big.Rat)
	b.g.hats(func(a hat) {
		if a.value < 0 {
			shift.Sub(shift, new(big.Rat).SetFloat64(a.value))
		}
	})
	// Any float64 at least as large will do: it is subtracted again at the end.
	start, _ := shift.Float64()
	start = above(start)
	pending := 0.0
	sum := func(l Layer) Layer {
		s := pass(A)
		if len(b.n.Layers) == 0 {
			s = Affine{Bias: start}
		}
		if pending != 0 {
			s.Terms = append(s.Terms, Term{y, pending})
		}
		pending = 0
		return append(l, s)
	}
	b.g.hats(func(a hat) {
		var last *Affine // l_k of the running maximum; nil while S = 0
		for _, form := range b.forms(a) {
			next := Affine{}
			if last != nil {
				next = Affine{Terms: append([]Term{{y, 1}}, last.Terms...), Bias: last.Bias}
			}
			next = next.minus(form)
			b.n.Layers = append(b.n.Layers, sum(append(b.carry(d+2), next)))
			last = &form
		}
		value := Affine{Bias: 1 - last.Bias, Terms: []Term{{y, -1}}}
		for _, t := range last.Terms {
			value.Terms = append(value.Terms, Term{t.Channel, -t.Weight})
		}
		b.n.Layers = append(b.n.Layers, sum(append(b.carry(d+2), value)))
		pending = a.value
	})
	b.n.Layers = append(b.n.Layers, sum(append(b.carry(d+2), Affine{})))
	b.n.Output = Affine{Terms: []Term{{A, 1}}, Bias: -start}
}

// forms lists the d(d+1) linear forms whose maximum with 0 is max(0, t) - min(0, t). Coefficients are integers.
func (b *networkBuilder) forms(a hat) []Affine {
	var all []Affine
	for i := range b.n.Dim {
		all = append(all, Affine{Terms: []Term{{i, a.n[0]}}, Bias: -a.at[0][i]}, Affine{Terms: []Term{{i, -a.n[1]}}, Bias: a.at[1][i]})
		for j := range b.n.Dim {
			if i != j {
				all = append(all, Affine{Terms: []Term{{i, a.n[0]}, {j, -a.n[0]}}, Bias: a.at[0][j] - a.at[0][i]})
			}
		}
	}
	return all
}

func (a Affine) minus(b Affine) Affine {
	r := Affine{Terms: append([]Term(nil), a.Terms...), Bias: a.Bias - b.Bias}
	for _, t := range b.Terms {
		r.Terms = append(r.Terms, Term{t.Channel, -t.Weight})
	}
	return r
}
