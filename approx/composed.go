package approx

import (
	"context"
	"fmt"
	"math"
)

// undone is the number of units of a composed grade that take up what the dead zone before it left.
//
// With r_k = e_{k-1} - g_k, |r_k| <= eps_k, the grade leaves e_k = r_k + c_k, where c_k is g_k clipped to [-eps_k, eps_k]:
//
//	c_k = relu(g_k + eps_k) - relu(g_k - eps_k) - eps_k,
//
// two units on h_k. So g_{k+1} = c_k + phi is near e_k if phi, the other units, is near r_k, which has none of the
// steps that dead zones leave where the target changes sign.
//
// The last grade is behind a firm dead zone, which leaves r_k itself where |g_k| >= 2 eps_k, so, if eps_k is below half of eps_{k-1}, but near the zeros of the target: the same supremum, but
// a quarter to a third of the L1 norm, as |r_k| is small at most points. What that leaves would take up four units of a next grade, whose fit with two units less is so much worse that nothing is gained: with 16 in the plane eps_3 is 1.3e-2 instead of 9.1e-3.
const undone = 2

// TrainComposed builds a scheme like Train, but of composed networks: those of grade k are fitted on x and the hidden units of
// grade k-1, which are frozen (Stack). fit is given points of that many coordinates, each scaled by a power of two into
// [0, 1], and is to return a network on them. Errors as for Train.
func TrainComposed(ctx context.Context, f *Expr, fit Fit, o TrainOptions) (*TrainedScheme, error) {
	if err := o.Validate(f.Dim()); err != nil {
		return nil, err
	}
	stack := &Stack{dim: f.Dim()}
	s := &TrainedScheme{Target: f, Samples: o.Samples, Stack: stack}
	t := &training{o: o, left: &residual{f: f}, maker: &composing{o: o, fit: fit, f: f, stack: stack, scheme: s}, scheme: s}
	return t.end(ctx, t.run(ctx))
}

// ComposedUnits is how many units of a composed grade with so many neurons, from 1, are fitted.
func ComposedUnits(grade, neurons int) int {
	if grade == 1 {
		return neurons
	}
	return neurons - undone
}

type composing struct {
	o      TrainOptions
	fit    Fit
	f      *Expr
	stack  *Stack
	scheme *TrainedScheme
	scale  []float64 // of the features, powers of two
}

// make fits a network to r_{k-1} at samples, on the features so far, and proves the dead zone of what it makes of it. Where the
// network is clearly worse than there samples are added, a few times.
func (c *composing) make(ctx context.Context, k int) (best *TrainedGrade, err error) {
	left := &composedResidual{f: c.f, stack: c.stack, open: k > 1}
	e, err := sample(ctx, left, c.o.Samples)
	if err != nil {
		return nil, err
	}
	const clearly = 1.1
	rounds := 5
	if k > 1 {
		rounds = 2 // each trains as many weights as neurons squared
	}
	for range rounds {
		rows := c.rows(e.points)
		phi, err := c.fit(ctx, k, rows, e.values)
		if err != nil {
			return nil, fmt.Errorf("grade %d: %w", k, err)
		}
		net, err := c.compose(phi)
		if err != nil {
			return nil, fmt.Errorf("grade %d: %w", k, err)
		}
		next, err := c.stack.with(net, 0, false)
		if err != nil {
			return nil, err
		}
		sup, err := supremum(ctx, &composedResidual{f: c.f, stack: next, open: true}, c.o.Sharp, c.o.Splits)
		if err != nil {
			return nil, err
		}
		// Wider than what is attained, so that others can prove it, too.
		if eps := c.multiple(max(sup.Upper, mulUp(c.o.Sharp, sup.Lower))); best == nil || eps < best.Eps {
			best = &TrainedGrade{Net: net, Eps: eps, Boxes: sup.Boxes}
		}
		at := 0.0
		for i, x := range rows {
			at = max(at, math.Abs(e.values[i]-phi.Float(x)))
		}
		if sup.Lower <= clearly*at {
			break
		}
		if err := e.extend(sup, at); err != nil {
			return nil, err
		}
	}
	next, err := c.stack.with(best.Net, best.Eps, false)
	if err != nil {
		return nil, err
	}
	best.witness(e.points, next)
	best.Firm = k == c.o.Grades && best.top > 2*best.Eps
	return best, nil
}

// witness finds the sample where |g| is largest.
func (g *TrainedGrade) witness(points [][]float64, s *Stack) {
	v := s.view()
	for _, x := range points {
		v.at(x)
		if top := v.g[len(v.g)-1].abs().Lo; g.Witness == nil || top > g.top {
			g.Witness, g.top = x, top
		}
	}
}

// take adds the grade and scales its features.
func (c *composing) take(g *TrainedGrade) (rangedTarget, error) {
	next, err := c.stack.with(g.Net, g.Eps, g.Firm)
	if err != nil {
		return nil, err
	}
	*c.stack = *next
	return &composedResidual{f: c.f, stack: next}, nil
}

// rows are the features at the points, scaled.
func (c *composing) rows(points [][]float64) [][]float64 {
	c.scale = make([]float64, c.stack.inputs())
	rows := make([][]float64, len(points))
	for i, x := range points {
		rows[i] = append([]float64(nil), c.stack.features(x)...)
		for j, v := range rows[i] {
			c.scale[j] = max(c.scale[j], math.Abs(v))
		}
	}
	for j, top := range c.scale {
		_, e := math.Frexp(top)
		c.scale[j] = math.Ldexp(1, -e)
	}
	for _, r := range rows {
		for j := range r {
			r[j] *= c.scale[j]
		}
	}
	return rows
}

// quantum is the power of two of which constants and dead zones are multiples, so that their sums are exact.
func (c *composing) quantum() float64 {
	_, e := math.Frexp(c.scheme.Initial.Linf.Hi)
	return math.Ldexp(1, e-44)
}

func (c *composing) multiple(v float64) float64 { return math.Ceil(v/c.quantum()) * c.quantum() }

// compose takes the scales of the features into the weights of phi and adds the units that undo the dead zone before.
func (c *composing) compose(phi *Shallow) (*Shallow, error) {
	constant := math.Round(phi.constant/c.quantum()) * c.quantum()
	var units []Unit
	for _, u := range phi.units {
		w := make([]float64, len(u.W))
		for j := range w {
			w[j] = u.W[j] * c.scale[j]
		}
		units = append(units, Unit{W: w, B: u.B, Alpha: u.Alpha})
	}
	if n := len(c.stack.layers); n > 0 {
		var shift float64
		units, shift = c.stack.layers[n-1].undo(units, c.stack.dim)
		constant -= shift
	}
	return NewShallow(c.stack.inputs(), constant, units)
}
