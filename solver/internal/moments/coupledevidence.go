package moments

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
)

const (
	// undecided is the share of the largest weight below which the sign of what transfers
	// leave of a row is not relied on.
	undecided = 1e-9
	// sharpest is the curvature, times the norm of the row, of the parabola of a remainder
	// that is 0.
	sharpest = 0x1p50
)

// evidence is that for s nu from the multipliers of a side, and what it bounds m by.
func (c *coupled) evidence(ctx context.Context, h *half, nu []float64) (*Parabolas, float64) {
	p := new(Parabolas)
	n := c.n
	_, columns := c.full.Dims()
	weight, linear := make([]float64, n), make([]float64, n) // of max(x_i.w, 0) and x_i.w
	for i, v := range nu {
		weight[i] = h.sign * v
		if other := -c.slope * h.sign * v; other != 0 { // of max(-x_i.w, 0) = max(x_i.w, 0) - x_i.w
			t := Transfer{Row: n + i, Weight: math.Abs(other), Curvature: sharpest / max(c.height[i], 0x1p-500), Terms: []Term{{i, -1}}}
			if other < 0 {
				t.Row, t.Terms[0].Row = i, n+i
			}
			p.Transfers = append(p.Transfers, t)
			weight[i] += other
			linear[i] -= other
		}
	}
	moved := len(p.Transfers)
	rest := make([]float64, 0, len(h.triangles)*columns)
	slopes, curves := []float64{}, []float64{}
	constant, size := 0.0, 0.0
	for k := range p.Transfers {
		constant += p.Transfers[k].Weight / (16 * p.Transfers[k].Curvature)
	}
	for k := range h.triangles {
		t := &h.triangles[k]
		f := short(2 * float64(n) * t.multiplier)
		if !(f > 0) {
			continue
		}
		root := math.Sqrt(h.rest(t, c.k)+flattening*flattening*h.rho*h.rho*t.square) / h.rho
		g := short(1 / (4 * max(root, nearFlat*nearFlat*c.height[t.row])))
		weight[t.row] -= f
		d := make([]float64, columns)
		c.full.Row(t.row, func(j int, v float64) { d[j] = v })
		reach := c.height[t.row]
		for _, a := range t.terms {
			weight[a.Row] += f * math.Abs(a.Factor)
			linear[a.Row] += f * min(a.Factor, 0)
			reach += math.Abs(a.Factor) * c.height[a.Row]
			c.full.Row(a.Row, func(j int, v float64) { d[j] -= a.Factor * v })
		}
		rest = append(rest, d...)
		slopes, curves = append(slopes, f/2), append(curves, f*g)
		constant += f / (16 * g)
		size += f * (reach + g*floats.Dot(d, d))
		p.Transfers = append(p.Transfers, Transfer{Row: t.row, Weight: f, Curvature: g, Terms: t.terms})
	}
	all := n + len(p.Transfers) - moved
	above, below := make([]float64, all), make([]float64, all)
	linear = append(linear, slopes...)
	copy(above[n:], curves)
	little := undecided * floats.Norm(weight, math.Inf(1))
	for i, w := range weight {
		if c.height[i] == 0 {
			w, linear[i] = 0, 0
		}
		a, g := c.parabola(h, i, w, little)
		if sign := h.on(i); sign != 0 {
			a, g = (1+sign)/2, 0
		}
		p.Slope, p.Curvature = append(p.Slope, a), append(p.Curvature, g)
		if w > 0 && h.on(i) == 0 {
			above[i] = w * g
			constant += w / (16 * g)
		} else {
			below[i] = -w * g
		}
		linear[i] += w * a
		size += math.Abs(w) * c.height[i] * (a + g*c.height[i])
	}
	for _, b := range h.path {
		high := c.height[b.row]
		a, square := c.signs(h, b)
		p.Signs = append(p.Signs, a, square)
		linear[b.row] += b.sign * a
		below[b.row] += square
		size += a*high + square*high*high
	}
	if c.slope != 0 { // nothing is left of -x_i but what rounding leaves
		for i := range n {
			a, g := c.parabola(h, i, 0, little)
			p.Slope, p.Curvature = append(p.Slope, a), append(p.Curvature, g)
		}
	}
	q := newForm(c.stacked(rest), above, below, linear)
	q.x = c.full // whose account books
	return p, p.close(ctx, q, constant, size, c.beta*float64(n), operator.Columns(c.full))
}

// parabola is that of row i of the weight w: above, below, or on both sides where the sign
// of w is not certain.
func (c *coupled) parabola(h *half, i int, w, little float64) (a, g float64) {
	high := c.height[i]
	switch {
	case high == 0:
		return 0, 1
	case math.Abs(w) <= little:
		return 0.5, short(0.5 / high * (1 - 1e-5))
	case w > 0:
		root := math.Sqrt(h.s[i]+flattening*flattening*h.rho*h.rho*high*high) / h.rho
		return 0.5, short(1 / (4 * max(root, nearFlat*high)))
	}
	sum := h.plus[i] + h.minus[i] + h.curved[i]
	if !(sum > 0) {
		return 0.5, 0
	}
	if a = short((1 + (h.plus[i]-h.minus[i])/sum) / 2); a < leastSlope {
		a = 0
	}
	a = min(a, 1)
	if g = short(min(h.curved[i]/(2*sum), a, 1-a) / high * (1 - 1e-5)); g*high < leastSlope {
		g = 0
	}
	return a, g
}

// signs are the multipliers of |t| and -t^2, where the sign of t = x_i.w is known.
func (c *coupled) signs(h *half, b signed) (a, square float64) {
	n, opposite := float64(c.n), h.minus[b.row]
	if b.sign < 0 {
		opposite = h.plus[b.row]
	}
	a = short(n * (2*opposite + h.curved[b.row]))
	square = short(min(n*h.curved[b.row], a) / c.height[b.row] * (1 - 1e-5))
	if square*c.height[b.row] < leastSlope {
		square = 0
	}
	return a, square
}

// stacked is X with further rows, dense.
func (c *coupled) stacked(rest []float64) operator.Design {
	n, d := c.full.Dims()
	x := make([]float64, n*d, n*d+len(rest))
	for i := range n {
		c.full.Row(i, func(j int, v float64) { x[i*d+j] = v })
	}
	x = append(x, rest...)
	out, _ := operator.NewDesign(mat.NewDense(len(x)/d, d, x)) // of a type that is known
	return out
}
