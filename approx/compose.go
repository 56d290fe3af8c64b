package approx

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Compose builds a scheme whose grades compute a polynomial by ever more tent layers. With T(t) = 2t - 4 relu(t - 1/2),
//
//	t (1 - t) = T(t)/4 + T(T(t))/16 + ..,    0 <= t (1 - t) - the first j terms <= 4^-(j+1),
//
// so one layer more for every square in it makes what is left four times as small. Grade k ends with a dead zone of width eps_k >= |f - p_k|,
// p_k being the polynomial with k terms for each square, so that |e_k| <= 2 eps_k and nothing grows anywhere.
//
//   - Polynomials of degree 2: squares are of affine functions of x, so grade k is one layer on the tents of grade k-1: two units for each
//     square and two that undo the dead zone before, the same for all k.
//   - Other targets of one or two variables: squares of squares, by a polynomial that interpolates the target at Chebyshev points; grade k has
//     k layers per level of squares, all of about the same width. The grades end where the polynomial is no nearer.
//
// Dead zones are proved by bisection, for the target itself. Errors as for Train, and for a target without such a polynomial. Options.Sharp
// of 0 takes 1.01 in one variable, 1.25 in more: there kinks are lines, and boxes at them many.
func Compose(ctx context.Context, f *Expr, o TrainOptions) (*TrainedScheme, error) {
	if err := o.ValidateCompose(f.Dim()); err != nil {
		return nil, err
	}
	o = o.sharpened(f.Dim())
	stack := &Stack{dim: f.Dim()}
	s := &TrainedScheme{Target: f, Samples: o.Samples, Stack: stack}
	c := &squarer{o: o, f: f, stack: stack, scheme: s}
	t := &training{o: o, left: &residual{f: f}, maker: c, scheme: s}
	return t.end(ctx, t.run(ctx))
}

// ValidateCompose reports the first option out of range for Compose.
func (o TrainOptions) ValidateCompose(dim int) error { return o.sharpened(dim).Validate(dim) }

func (o TrainOptions) sharpened(dim int) TrainOptions {
	if o.Sharp == 0 {
		o.Sharp = 1.01
		if dim > 1 {
			o.Sharp = 1.25
		}
	}
	return o
}

// squarer makes the grades.
type squarer struct {
	o      TrainOptions
	f      *Expr
	stack  *Stack
	scheme *TrainedScheme
	plan   *squaring
	affine bool // of degree 2
	extra  int  // terms more than the number of the grade

	tents []form // affine: the last terms' tents, on the last layer; those of the next grade
	shift float64
	next  pending
}

// pending is a grade that is not taken yet.
type pending struct {
	stack *Stack
	tents []form
	shift float64
	// attained is what the residual and the grade's network are apart somewhere.
	attained float64
}

// prepare finds the polynomial.
func (c *squarer) prepare() (err error) {
	var ok bool
	if c.plan, ok = quadratic(c.f); ok {
		c.affine = true
		return nil
	}
	const leastTolerance = 1e-14
	top := c.scheme.Initial.Linf.Hi
	c.plan, err = chebyshev(c.f, top, top*max(leastTolerance, math.Ldexp(1, -2*c.o.Grades-5)))
	return err
}

// Where a grade would not halve the dead zone, as before the terms are small, terms are added, so many at a grade and in all at most.
const (
	extraAtOnce = 3
	maxExtra    = 8
)

func (c *squarer) make(ctx context.Context, k int) (*TrainedGrade, error) {
	if k == 1 {
		if err := c.prepare(); err != nil {
			return nil, err
		}
	}
	for tries := 0; ; tries++ {
		g, err := c.attempt(ctx, k)
		if err != nil {
			return nil, err
		}
		before := c.scheme.Initial.Linf.Hi
		if k > 1 {
			before = c.scheme.Grades[k-2].Eps
		}
		const falls = 2
		switch {
		case falls*g.Eps <= before:
			return g, nil
		case !c.affine && tries < extraAtOnce && c.extra < maxExtra:
			c.extra++
		default:
			g.stop = fmt.Sprintf("grade %d would not halve the dead zone: |e_%d - g_%d| <= %.4g is proved with %d bisections, %.4g of it is attained, the rest is what float64 rounds off a network so deep and boxes at its kinks; the dead zone before is %.4g wide",
				k, k-1, k, g.Eps, g.Boxes, c.next.attained, before)
			return g, nil
		}
	}
}

func (c *squarer) attempt(ctx context.Context, k int) (*TrainedGrade, error) {
	b, g, err := c.build(k)
	if err != nil {
		return nil, err
	}
	if !c.affine {
		g.b += c.centre(b, g)
	}
	// The dead zone and the constant are multiples of one number, so that their sums are exact.
	const bits = 44
	quantum := func(v float64) float64 { _, e := math.Frexp(v); return math.Ldexp(1, e-bits) }
	q := quantum(max(math.Abs(g.b), c.scheme.Initial.Linf.Hi*math.Ldexp(1, -2*k-2*c.extra)))
	net, err := b.network(g, q)
	if err != nil {
		return nil, err
	}
	open, err := b.stack.with(net, 0, false)
	if err != nil {
		return nil, err
	}
	sup, err := supremum(ctx, &composedResidual{f: c.f, stack: open, open: true}, c.o.Sharp, c.o.Splits)
	if err != nil {
		return nil, err
	}
	eps := math.Ceil(max(sup.Upper, mulUp(c.o.Sharp, sup.Lower))/q) * q
	grade := &TrainedGrade{Net: net, Hidden: b.hidden, Eps: eps, Boxes: sup.Boxes}
	c.next.attained = sup.Lower
	if c.next.stack, err = b.stack.with(net, eps, false); err != nil {
		return nil, err
	}
	grade.witness(thinned(sup.Nodes), c.next.stack)
	return grade, nil
}

// thinned are some of the points: enough to find where a network is large.
func thinned(points [][]float64) [][]float64 {
	const enough = 1 << 12
	if len(points) <= enough {
		return points
	}
	some := make([][]float64, 0, enough)
	for i := range enough {
		some = append(some, points[i*(len(points)/enough)])
	}
	return some
}

func (c *squarer) take(*TrainedGrade) (rangedTarget, error) {
	*c.stack = *c.next.stack
	c.tents, c.shift = c.next.tents, c.next.shift
	return &composedResidual{f: c.f, stack: c.stack}, nil
}

// build writes grade k but for the dead zone: its layers, and g_k on the last.
func (c *squarer) build(k int) (*layering, form, error) {
	b := &layering{stack: c.stack}
	if c.affine {
		return b, c.step(b, k), nil
	}
	g, err := c.series(b, k)
	return b, g, err
}

// step is one layer: g_k = c_{k-1} + sum of c_m T^k(t_m)/4^k + s_k - s_{k-1}, where c_{k-1} is g_{k-1} clipped to its dead zone and s_k centres what
// is left, between 0 and c_m 4^-(k+1) for each m. The first has the affine part of the target instead of c_{k-1}.
func (c *squarer) step(b *layering, k int) form {
	g := form{}
	if k == 1 {
		c.tents = nil
		for _, n := range c.plan.nodes {
			c.tents = append(c.tents, b.onInputs(n.squares[0].of))
		}
		g = b.carriedInputs(b.onInputs(c.plan.value))
	} else {
		last := c.scheme.Grades[k-2]
		before := c.last()
		g = b.unit(before.plus(last.Eps)).minus(b.unit(before.plus(-last.Eps))).plus(-last.Eps)
	}
	c.next.tents, c.next.shift = nil, 0
	for m, n := range c.plan.nodes {
		factor := c.plan.value.nodes[m] * n.squares[0].factor
		tent := b.tent(c.tents[m])
		c.next.tents = append(c.next.tents, tent)
		g = g.add(math.Ldexp(factor, -2*k), tent)
		c.next.shift += math.Ldexp(factor, -2*k-3)
	}
	return g.plus(c.next.shift - c.shift)
}

// last is the network of the grade before on its units.
func (c *squarer) last() form {
	net := c.stack.layers[len(c.stack.layers)-1].net
	f := form{net.constant, map[int]float64{}}
	for i, u := range net.units {
		f.w[c.f.Dim()+i] = u.Alpha
	}
	return f
}

// series is the whole polynomial with k terms for each square, less the corrections so far.
func (c *squarer) series(b *layering, k int) (form, error) {
	terms, levels := k+c.extra, c.plan.levels()
	up, down := form{}, form{} // the corrections so far, the positive and the negative parts
	if k > 1 {
		eps := c.scheme.Grades[k-2].Eps
		g := c.last()
		up, down = b.unit(g.plus(-eps)), b.unit(form{}.minus(g).plus(-eps))
		up, down = up.add(1, b.unit(c.tents[0])), down.add(1, b.unit(c.tents[1]))
	}
	value := make([]form, len(c.plan.nodes))
	done := make([]bool, len(c.plan.nodes))
	for level := 1; level <= levels; level++ {
		var tent, sum []form
		for _, n := range c.plan.nodes {
			if n.level == level {
				for _, s := range n.squares {
					tent, sum = append(tent, b.combine(s.of, value)), append(sum, form{})
				}
			}
		}
		for j := 1; j <= terms; j++ {
			if level > 1 || j > 1 {
				if err := b.close(); err != nil {
					return form{}, err
				}
				up, down = b.unit(up), b.unit(down)
				for i := range value {
					if done[i] {
						value[i] = b.unit(value[i].plus(2)).plus(-2) // |value| <= 1, nearly
					}
				}
			}
			for m := range tent {
				if j > 1 {
					sum[m] = b.unit(sum[m])
				}
				tent[m] = b.tent(tent[m])
				sum[m] = sum[m].add(math.Ldexp(1, -2*j), tent[m])
			}
		}
		m := 0
		for i, n := range c.plan.nodes {
			if n.level != level {
				continue
			}
			value[i] = b.combine(n.rest, value)
			for _, s := range n.squares {
				value[i] = value[i].add(s.factor, sum[m])
				m++
			}
			done[i] = true
		}
	}
	c.next.tents = []form{up, down}
	g := b.combine(c.plan.value, value)
	return b.carriedInputs(g).minus(up).add(1, down), nil
}

// centre moves what the next network is off by, at points, to the middle.
func (c *squarer) centre(b *layering, g form) float64 {
	net, err := b.network(g, 0)
	if err != nil {
		return 0
	}
	open, err := b.stack.with(net, 0, false)
	if err != nil {
		return 0
	}
	d := c.f.Dim()
	lattice := Grid{d, gridFor(d, 1<<10)}
	lo, hi := math.Inf(1), math.Inf(-1)
	x := make([]float64, d)
	for i := range lattice.Nodes() {
		lattice.Node(i, x)
		for j := range x {
			x[j] = x[j] * 0.999 // off the kinks
		}
		v := c.f.Float(x)
		all := open.Float(x)
		for k, q := range all[:len(all)-1] {
			v -= DeadZone(q, c.scheme.Grades[k].Eps)
		}
		v -= all[len(all)-1]
		lo, hi = min(lo, v), max(hi, v)
	}
	if !(hi-lo < math.Inf(1)) {
		return 0
	}
	return lo + (hi-lo)/2
}

// A form is b + sum of w times channel: the coordinates of x and then the units of the layer before.
type form struct {
	b float64
	w map[int]float64
}

func (f form) plus(b float64) form { return form{f.b + b, f.w} }

func (f form) add(a float64, g form) form {
	r := form{f.b + float64(a*g.b), maps.Clone(f.w)}
	if r.w == nil {
		r.w = map[int]float64{}
	}
	for i, w := range g.w {
		r.w[i] += float64(a * w)
	}
	return r
}

func (f form) minus(g form) form { return f.add(-1, g) }

// layering collects the units of a layer on those of the stack; what it returns is on the layer that is made.
type layering struct {
	stack  *Stack
	hidden [][]Unit
	units  []Unit
}

// unit makes relu(f).
func (b *layering) unit(f form) form {
	u := Unit{W: make([]float64, b.stack.inputs()), B: f.b}
	for i, w := range f.w {
		u.W[i] = w
	}
	b.units = append(b.units, u)
	return form{0, map[int]float64{b.stack.dim + len(b.units) - 1: 1}}
}

// tent makes T(f) = 2 relu(f) - 4 relu(f - 1/2).
func (b *layering) tent(f form) form {
	return form{}.add(2, b.unit(f)).add(-4, b.unit(f.plus(-0.5)))
}

// close makes a hidden layer of the units.
func (b *layering) close() error {
	next, err := b.stack.hide(b.units)
	if err != nil {
		return err
	}
	b.hidden = append(b.hidden, b.units)
	b.stack, b.units = next, nil
	return nil
}

// onInputs is a combination of x alone.
func (b *layering) onInputs(c combination) form {
	f := form{c.constant, map[int]float64{}}
	for j, w := range c.x {
		if w != 0 {
			f.w[j] = w
		}
	}
	return f
}

// combine is a combination with the nodes' values.
func (b *layering) combine(c combination, value []form) form {
	f := b.onInputs(c)
	for _, i := range slices.Sorted(maps.Keys(c.nodes)) {
		if w := c.nodes[i]; w != 0 {
			f = f.add(w, value[i])
		}
	}
	return f
}

// carriedInputs replaces the coordinates of x, which are no units, by units of the layer.
func (b *layering) carriedInputs(f form) form {
	r := form{f.b, maps.Clone(f.w)}
	for j := range b.stack.dim {
		w := r.w[j]
		if delete(r.w, j); w != 0 {
			r = r.add(w, b.unit(form{0, map[int]float64{j: 1}}))
		}
	}
	return r
}

// network is g on the units, its constant a multiple of the quantum.
func (b *layering) network(g form, quantum float64) (*Shallow, error) {
	units := slices.Clone(b.units)
	for i := range units {
		units[i].Alpha = g.w[b.stack.dim+i]
	}
	constant := g.b
	if quantum > 0 {
		constant = math.Round(g.b/quantum) * quantum
	}
	return NewShallow(b.stack.inputs(), constant, units)
}
