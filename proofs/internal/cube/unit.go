package cube

import (
	"math"
	"multigrade/proofs/internal/exact"
)

// A cubeUnit is the neuron alpha relu(w.x + b) on the cube.
type cubeUnit struct {
	W     []float64 `json:"w"`
	B     float64   `json:"b"`
	Alpha float64   `json:"alpha"`
}

// A cubeNetwork is a constant and a sum of units, a function of real numbers.
type cubeNetwork struct {
	Constant float64    `json:"constant"`
	Units    []cubeUnit `json:"units"`
}

// largestCubeWeight bounds the numbers of a network, so that sums and products of two stay finite.
const largestCubeWeight = 0x1p400

// preactivation is w.x + b with the sum of the absolute values of its terms.
func (u *cubeUnit) preactivation(x []float64) (z, size float64) {
	z, size = u.B, math.Abs(u.B)
	for j, w := range u.W {
		p := w * x[j]
		z += p
		size += math.Abs(p)
	}
	return z, size
}

// at encloses the network at a point: a sum of n terms alpha relu(z), each z a sum of d + 1 products, is off by at most
// gamma(n + d + 4) times the sum of the absolute values, which is itself within that; doubled. Underflow adds less
// than the last summand.
func (n *cubeNetwork) at(x []float64) exact.Bracket {
	sum, size := n.Constant, math.Abs(n.Constant)
	for i := range n.Units {
		u := &n.Units[i]
		z, s := u.preactivation(x)
		sum += u.Alpha * max(z, 0)
		size += math.Abs(u.Alpha) * s
	}
	off := n.room(len(x))*size + 0x1p-600
	return exact.Bracket{Lo: exact.SumBelow(sum, -off), Hi: exact.SumAbove(sum, off)}
}

// room is 2 gamma(n + d + 4), rounded up.
func (n *cubeNetwork) room(dim int) float64 {
	return float64(len(n.Units)+dim+8) * 4 * exact.UnitRoundoff
}

// slopes encloses the partial derivatives, generalised at kinks, on the box with that centre and half sides. A unit
// whose sign is settled there has slope alpha w or 0, any other one between them.
func (n *cubeNetwork) slopes(out []exact.Bracket, centre, half []float64) {
	clear(out)
	size := make([]float64, len(out))
	for i := range n.Units {
		u := &n.Units[i]
		z, s := u.preactivation(centre)
		swing := 0.0
		for j, w := range u.W {
			swing += math.Abs(w) * half[j]
		}
		swing += (s + swing) * n.room(len(out))
		if z+swing < 0 {
			continue
		}
		for j, w := range u.W {
			a := u.Alpha * w
			size[j] += math.Abs(a)
			if z-swing > 0 {
				out[j] = exact.Bracket{Lo: out[j].Lo + a, Hi: out[j].Hi + a}
			} else {
				out[j] = exact.Bracket{Lo: out[j].Lo + min(a, 0), Hi: out[j].Hi + max(a, 0)}
			}
		}
	}
	for j := range out {
		off := n.room(len(out))*size[j] + 0x1p-600
		out[j] = exact.Bracket{Lo: exact.SumBelow(out[j].Lo, -off), Hi: exact.SumAbove(out[j].Hi, off)}
	}
}

// A cubeCorrection is a network behind a dead zone: g - eps where g > eps, g + eps where g < -eps, else 0. Behind a firm one it is the smaller in size of g and twice
// that. A hidden one is a layer between two grades, which corrects nothing.
type cubeCorrection struct {
	network *cubeNetwork
	eps     float64
	firm    bool
	hidden  bool
}

// A bound of a dead zone: the correction is the sum of weight (relu(g - at) - relu(-g - at)) over them.
type zoneBound struct{ at, weight float64 }

func zoneBounds(eps float64, firm bool) []zoneBound {
	if firm {
		return []zoneBound{{eps, 2}, {2 * eps, -1}}
	}
	return []zoneBound{{eps, 1}}
}

// at encloses the correction at a point.
func (c cubeCorrection) at(x []float64) exact.Bracket {
	g := c.network.at(x)
	return exact.Bracket{Lo: shrink(g.Lo, c.eps).Lo, Hi: shrink(g.Hi, c.eps).Hi}
}

// slopes encloses its derivatives on a box: those of the network outside the dead zone, 0 inside.
func (c cubeCorrection) slopes(out []exact.Bracket, centre, half []float64) {
	c.network.slopes(out, centre, half)
	g := c.network.at(centre)
	for j, s := range out {
		reach := exact.ProductAbove(s.Size(), half[j])
		g = exact.Bracket{Lo: exact.SumBelow(g.Lo, -reach), Hi: exact.SumAbove(g.Hi, reach)}
	}
	switch {
	case g.Lo > c.eps || g.Hi < -c.eps:
	case g.Lo >= -c.eps && g.Hi <= c.eps:
		clear(out)
	default:
		for j := range out {
			out[j] = out[j].Join(exact.At(0))
		}
	}
}
