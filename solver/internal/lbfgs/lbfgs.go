// Package lbfgs minimises smooth functions of many unknowns.
package lbfgs

import (
	"context"
	"math"

	"gonum.org/v1/gonum/floats"
)

// Minimiser minimises a smooth function by the limited-memory BFGS method (Nocedal
// and Wright, Numerical Optimization, algorithm 7.5) with a line search for the
// weak Wolfe conditions by bisection (Lewis and Overton 2013).
type Minimiser struct {
	// F returns the value at x and sets its gradient.
	F func(grad, x []float64) float64
	// Memory is the number of steps that are remembered, at least 1.
	Memory int
	// Metric, if not nil, has for every unknown about the inverse of its curvature, up to a common factor: the squares of their
	// units, where these differ. The first step, and those after a search that failed, are begun with length 1 in it.
	Metric []float64
	// Least is the number of iterations that are made whether ctx has ended or not.
	Least int
	// Enough, if not nil, says after every iteration whether that was the last one.
	Enough func() bool

	s, y [][]float64 // the last steps and changes of the gradient
	rho  []float64   // 1/(s.y)
}

// Run makes at most iterations steps from x, in place, and returns the value
// there. It stops when 100 steps gain less than a relative tol, when the line
// search fails or when ctx ends.
func (m *Minimiser) Run(ctx context.Context, x []float64, iterations int, tol float64) float64 {
	const window = 100
	n := len(x)
	grad, next, nextGrad, dir := make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	value := m.F(grad, x)
	var history []float64
	for it := 0; it < iterations && (it < m.Least || ctx.Err() == nil); it++ {
		history = append(history, value)
		if it >= window && history[it-window]-value <= tol*math.Abs(value) {
			break
		}
		m.direction(dir, grad)
		reached, ok := m.search(value, x, grad, dir, next, nextGrad)
		if !ok {
			if len(m.s) == 0 {
				break
			}
			m.s, m.y, m.rho = nil, nil, nil // start afresh along the gradient
			continue
		}
		m.remember(x, grad, next, nextGrad)
		copy(x, next)
		copy(grad, nextGrad)
		value = reached
		if m.Enough != nil && m.Enough() {
			break
		}
	}
	return value
}

// direction sets dir = -H grad by the two-loop recursion.
func (m *Minimiser) direction(dir, grad []float64) {
	floats.ScaleTo(dir, -1, grad)
	k := len(m.s)
	if k == 0 {
		m.normalise(dir)
		m.stretch(dir)
		return
	}
	alpha := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		alpha[i] = m.rho[i] * floats.Dot(m.s[i], dir)
		floats.AddScaled(dir, -alpha[i], m.y[i])
	}
	last := k - 1
	floats.Scale(1/(m.rho[last]*m.square(m.y[last])), dir)
	m.stretch(dir)
	for i := range k {
		beta := m.rho[i] * floats.Dot(m.y[i], dir)
		floats.AddScaled(dir, alpha[i]-beta, m.s[i])
	}
}

// stretch multiplies v by the metric, and square is v'v in it.
func (m *Minimiser) stretch(v []float64) {
	if m.Metric != nil {
		floats.Mul(v, m.Metric)
	}
}

func (m *Minimiser) square(v []float64) float64 {
	if m.Metric == nil {
		return floats.Dot(v, v)
	}
	sum := 0.0
	for k, a := range v {
		sum += m.Metric[k] * a * a
	}
	return sum
}

// normalise makes the length of v in the metric 1, if it is not 0.
func (m *Minimiser) normalise(v []float64) {
	length := floats.Norm(v, 2)
	if m.Metric != nil {
		length = math.Sqrt(m.square(v))
	}
	if length > 0 {
		floats.Scale(1/length, v)
	}
}

// search sets next = x + t dir with f(next) <= f(x) + c1 t g.dir and
// f'(next).dir >= c2 g.dir, and returns its value.
func (m *Minimiser) search(value float64, x, grad, dir, next, nextGrad []float64) (float64, bool) {
	const c1, c2 = 1e-4, 0.9
	slope := floats.Dot(grad, dir)
	if !(slope < 0) {
		return 0, false
	}
	low, high, t := 0.0, math.Inf(1), 1.0
	for range 40 {
		floats.AddScaledTo(next, x, t, dir)
		v := m.F(nextGrad, next)
		switch {
		case !(v <= value+c1*t*slope):
			high = t
		case floats.Dot(nextGrad, dir) < c2*slope:
			low = t
		default:
			return v, true
		}
		t = 2 * low
		if !math.IsInf(high, 1) {
			t = (low + high) / 2
		}
	}
	return 0, false
}

func (m *Minimiser) remember(x, grad, next, nextGrad []float64) {
	s, y := make([]float64, len(x)), make([]float64, len(x))
	floats.SubTo(s, next, x)
	floats.SubTo(y, nextGrad, grad)
	sy := floats.Dot(s, y)
	if !(sy > 0) {
		return
	}
	if len(m.s) == m.Memory {
		m.s, m.y, m.rho = m.s[1:], m.y[1:], m.rho[1:]
	}
	m.s, m.y, m.rho = append(m.s, s), append(m.y, y), append(m.rho, 1/sy)
}
