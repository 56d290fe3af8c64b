package approx

// A network with one hidden layer of any number of units is a deep one of width d+3: the units are computed one
// after the other in the channels x, r, P, Q, where r is the unit's relu and P and Q collect the positive and the
// negative terms, the constant first. Behind its dead zone it is composed with the next grade's on the layer that carries x.

// Width and Depth of the explicit network of the network and its dead zone (Network).
func (s *Shallow) Width() int { return s.dim + 3 }
func (s *Shallow) Depth() int { return len(s.units) + 2 }

// Network writes the network out, followed by a dead zone of eps >= 0.
func (s *Shallow) Network(eps float64) (*Network, error) {
	b := &serialBuilder{networkBuilder: networkBuilder{n: &Network{Dim: s.dim, Construction: "serial"}}, constant: s.constant}
	for i := range s.units {
		u := &s.units[i]
		r := Affine{Bias: u.B}
		for j, w := range u.W {
			r.Terms = append(r.Terms, Term{j, w})
		}
		b.layer(r)
		b.last = u.Alpha
	}
	b.layer(Affine{})
	b.n.Output = Affine{Terms: []Term{{s.dim + 1, 1}, {s.dim + 2, -1}}}
	return b.n.WithDeadZone(eps)
}

type serialBuilder struct {
	networkBuilder
	constant float64
	last     float64 // output weight of the unit in channel r
}

// layer adds x, r, P, Q, the sums with the last layer's r.
func (b *serialBuilder) layer(r Affine) {
	d := b.n.Dim
	p, q := Affine{Bias: max(b.constant, 0)}, Affine{Bias: max(-b.constant, 0)}
	if len(b.n.Layers) > 0 {
		p, q = pass(d+1), pass(d+2)
	}
	if b.last > 0 {
		p.Terms = append(p.Terms, Term{d, b.last})
	} else if b.last < 0 {
		q.Terms = append(q.Terms, Term{d, -b.last})
	}
	b.n.Layers = append(b.n.Layers, append(b.carry(d+3), r, p, q))
}
