package approx

import (
	"fmt"
	"math"
)

// Stack is a composed network: the units of grade k see x and the hidden units of grade k-1,
//
//	h_0 = (),    h_k = relu(W_k (x, h_{k-1}) + b_k),    g_k = constant_k + alpha_k . h_k,
//
// h_k being frozen once grade k+1 is built on it. x is carried along: it is nonnegative, so relu changes nothing.
// A layer may be hidden: then it is no grade, but lies between two, and its g is 0.
type Stack struct {
	dim    int
	layers []stackLayer
}

// stackLayer is g_k and the dead zone behind it.
type stackLayer struct {
	net    *Shallow // on (x, h of the layer before)
	eps    float64
	hidden bool
	firm   bool
}

func (l *stackLayer) edges() []edge { return edges(l.eps, l.firm) }

// undo adds to units those that give what the dead zone behind the layer leaves of g when it takes its correction off, on the layer's units,
//
//	g - q = sum of w_i (relu(g + t_i) - relu(g - t_i)) - constant.
func (l *stackLayer) undo(units []Unit, dim int) (all []Unit, constant float64) {
	w := make([]float64, dim+len(l.net.units))
	for i, u := range l.net.units {
		w[dim+i] = u.Alpha
	}
	for _, e := range l.edges() {
		units = append(units, Unit{W: w, B: l.net.constant + e.at, Alpha: e.weight}, Unit{W: w, B: l.net.constant - e.at, Alpha: -e.weight})
		constant += e.weight * e.at
	}
	return units, constant
}

// hide adds a hidden layer.
func (s *Stack) hide(units []Unit) (*Stack, error) {
	net, err := NewShallow(s.inputs(), 0, units)
	if err != nil {
		return nil, err
	}
	return s.add(stackLayer{net: net, hidden: true})
}

// upTo is the number of layers up to that of a grade, from 1.
func (s *Stack) upTo(grade int) int {
	for i, l := range s.layers {
		if !l.hidden {
			grade--
		}
		if grade == 0 {
			return i + 1
		}
	}
	return len(s.layers)
}

// inputs is the number of coordinates that the units of the next grade see.
func (s *Stack) inputs() int {
	if len(s.layers) == 0 {
		return s.dim
	}
	return s.dim + len(s.layers[len(s.layers)-1].net.units)
}

// with returns the stack with one more grade; the units' shapes are checked.
func (s *Stack) with(net *Shallow, eps float64, firm bool) (*Stack, error) {
	return s.add(stackLayer{net: net, eps: eps, firm: firm})
}

func (s *Stack) add(l stackLayer) (*Stack, error) {
	if l.net.dim != s.inputs() {
		return nil, fmt.Errorf("layer %d has units with %d weights: expected %d", len(s.layers)+1, l.net.dim, s.inputs())
	}
	return &Stack{s.dim, append(s.layers[:len(s.layers):len(s.layers)], l)}, nil
}

// Width and Depth of the explicit network of a grade, from 1: x and its units; the hidden layers up to it and the dead zone.
func (s *Stack) Width(grade int) int {
	layers := s.layers[:s.upTo(grade)]
	w := s.dim + 2*len(layers[len(layers)-1].edges())
	for _, g := range layers {
		w = max(w, s.dim+len(g.net.units))
	}
	return w
}
func (s *Stack) Depth(grade int) int { return s.upTo(grade) + 1 }

// Float evaluates g_1, .., g_K in float64 arithmetic.
func (s *Stack) Float(x []float64) []float64 {
	var g []float64
	h := x
	for _, l := range s.layers {
		next, v := l.net.hidden(h)
		if !l.hidden {
			g = append(g, v)
		}
		h = append(x[:len(x):len(x)], next...)
	}
	return g
}

// features returns x and the hidden units of the last grade.
func (s *Stack) features(x []float64) []float64 {
	h := x
	for k := range s.layers {
		h, _ = s.layers[k].net.hidden(h)
		h = append(x[:len(x):len(x)], h...)
	}
	return h
}

// hidden returns the units' values and the network's.
func (s *Shallow) hidden(x []float64) (h []float64, value float64) {
	h, value = make([]float64, len(s.units)), s.constant
	for i := range s.units {
		h[i] = max(0, s.units[i].form(x))
		value += float64(s.units[i].Alpha * h[i])
	}
	return h, value
}

// Network writes the network of a grade out, from 1: x and the units of each layer, then x and the dead zone.
func (s *Stack) Network(grade int) *Network {
	b := &networkBuilder{n: &Network{Dim: s.dim, Construction: "composed+deadzone"}}
	layers := s.layers[:s.upTo(grade)]
	for _, g := range layers {
		l := b.carry(s.dim + len(g.net.units))
		for i := range g.net.units {
			u := &g.net.units[i]
			l = append(l, Affine{Terms: terms(u.W), Bias: u.B})
		}
		b.n.Layers = append(b.n.Layers, l)
	}
	last := layers[len(layers)-1]
	zone := b.carry(s.dim + 2*len(last.edges()))
	for _, e := range last.edges() {
		up, down := Affine{Bias: last.net.constant - e.at}, Affine{Bias: -last.net.constant - e.at}
		for i := range last.net.units {
			a := last.net.units[i].Alpha
			up.Terms, down.Terms = append(up.Terms, Term{s.dim + i, a}), append(down.Terms, Term{s.dim + i, -a})
		}
		b.n.Output.Terms = append(b.n.Output.Terms, Term{len(zone), e.weight}, Term{len(zone) + 1, -e.weight})
		zone = append(zone, up, down)
	}
	b.n.Layers = append(b.n.Layers, zone)
	return b.n
}

func terms(w []float64) []Term {
	var t []Term
	for j, v := range w {
		if v != 0 {
			t = append(t, Term{j, v})
		}
	}
	return t
}

// stackView is the workspace of one goroutine that encloses the networks of a stack at points.
type stackView struct {
	s          *Stack
	value, off [][]float64 // per layer and unit: its value and what that is off by
	g          []Interval  // per layer: g_k
}

func (s *Stack) view() *stackView {
	v := &stackView{s: s, g: make([]Interval, len(s.layers))}
	for _, g := range s.layers {
		n := len(g.net.units)
		v.value, v.off = append(v.value, make([]float64, n)), append(v.off, make([]float64, n))
	}
	return v
}

// at encloses every g_k at a point of the cube. The rounding of every operation is followed, and what the factors are off by; relu keeps that. Bounds are sums of
// nonnegative numbers, whose own rounding is relative.
func (v *stackView) at(x []float64) {
	for k := range v.s.layers {
		net := v.s.layers[k].net
		room := rounding(net)
		sum, off := net.constant, 0.0
		for i := range net.units {
			u := &net.units[i]
			z, o, e := u.B, 0.0, 0.0
			for j, w := range u.W[:len(x)] {
				z, e = plus(z, w, x[j])
				o += e
			}
			for j, w := range u.W[len(x):] {
				z, e = plus(z, w, v.value[k-1][j])
				o += e + math.Abs(float64(w*v.off[k-1][j]))
			}
			v.value[k][i], v.off[k][i] = max(0, z), o*(1+room)+negligible
			sum, e = plus(sum, u.Alpha, v.value[k][i])
			off += e + math.Abs(float64(u.Alpha*v.off[k][i]))
		}
		off = off*(1+room) + negligible
		v.g[k] = Interval{addDown(sum, -off), addUp(sum, off)}
	}
}

// rounding bounds the relative error of sums over the units and over the weights of one.
func rounding(net *Shallow) float64 { return float64(len(net.units)+net.dim+8) * 0x1p-51 }
