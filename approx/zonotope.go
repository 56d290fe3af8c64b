package approx

import "math"

// affine is, on a box about m,
//
//	centre + sum_j coef_j (x_j - m_j) + sum_i coef_{d+i} nu_i(x) + rest,    |nu_i| <= 1, |rest| <= off.
//
// Each nu is what a unit whose sign changes on the box is off its chord; all forms share them, so they cancel where units do.
// (Affine arithmetic: Comba and Stolfi 1993; chords of units: Singh et al., Fast and effective robustness certification, 2018.)
type affine struct {
	centre, off float64
	// size is at least the sum of |coef| over the nu, of the terms added up: what their rounding is relative to. That of the rest is followed operation by operation: so
	// nothing is lost where all numbers are dyadic and short, as in tents.
	size float64
	coef []float64
}

func (a *affine) reset(b float64) { a.centre, a.off, a.size, a.coef = b, 0, 0, a.coef[:0] }

// zero says that it is exactly that.
func (a *affine) zero() bool { return a.centre == 0 && a.off == 0 && len(a.coef) == 0 }

// plus returns a + w b and a bound, but for roundings of itself, of what that is off by.
func plus(a, w, b float64) (sum, off float64) {
	p := w * b
	sum = a + p
	t := sum - a
	return sum, math.Abs(math.FMA(w, b, -p)) + math.Abs((a-(sum-t))+(p-t))
}

// extend makes room for n coefficients.
func (a *affine) extend(n int) {
	for len(a.coef) < n {
		a.coef = append(a.coef, 0)
	}
}

// add adds w b, on a box with these half sides.
func (a *affine) add(w float64, b *affine, half []float64) {
	if w == 0 {
		return
	}
	a.extend(len(b.coef))
	var off, e float64
	a.centre, off = plus(a.centre, w, b.centre)
	inputs := min(len(half), len(b.coef))
	for j, v := range b.coef[:inputs] {
		a.coef[j], e = plus(a.coef[j], w, v)
		off += float64(e * half[j])
	}
	a.off += math.Abs(float64(w*b.off)) + off
	a.size += math.Abs(float64(w * b.size))
	for j := inputs; j < len(b.coef); j++ {
		a.coef[j] += float64(w * b.coef[j])
	}
}

// addInput adds w x_j.
func (a *affine) addInput(w float64, j int, middle, half []float64) {
	if w == 0 {
		return
	}
	a.extend(len(middle))
	var off, e float64
	a.centre, off = plus(a.centre, w, middle[j])
	a.coef[j], e = plus(a.coef[j], 1, w)
	a.off += off + float64(e*half[j])
}

func (a *affine) copy(b *affine) {
	a.centre, a.off, a.size = b.centre, b.off, b.size
	a.coef = append(a.coef[:0], b.coef...)
}

// zonotope encloses the networks of a stack on boxes; it is the workspace of one goroutine.
type zonotope struct {
	s            *Stack
	twins        [][]twin
	units        [][]affine
	edges        [][]edge
	zones        [][]zoneForm // per layer and edge of its dead zone
	g, z, total  affine
	middle, half []float64
	symbols      int
}

// zoneForm is g - t and g + t, and relu of these.
type zoneForm struct{ above, below, up, down affine }

// twin says that a unit is relu(g - t) or relu(g + t) of the layer before, or that of the opposite, for one edge of its dead zone.
type twin struct {
	upper, lower, opposite bool
	edge                   int
}

func newZonotope(s *Stack) *zonotope {
	v := &zonotope{s: s}
	for k, l := range s.layers {
		v.edges = append(v.edges, l.edges())
		v.zones = append(v.zones, make([]zoneForm, len(l.edges())))
		v.units = append(v.units, make([]affine, len(l.net.units)))
		v.twins = append(v.twins, make([]twin, len(l.net.units)))
		if k == 0 || s.layers[k-1].hidden {
			continue
		}
		for i := range l.net.units {
			v.twins[k][i] = findTwin(&l.net.units[i], s.dim, &s.layers[k-1])
		}
	}
	return v
}

func findTwin(u *Unit, dim int, before *stackLayer) twin {
	for j := range dim {
		if u.W[j] != 0 {
			return twin{}
		}
	}
	same, opposite := true, true
	for i := range before.net.units {
		a := before.net.units[i].Alpha
		same, opposite = same && u.W[dim+i] == a, opposite && u.W[dim+i] == -a
	}
	if !same && !opposite {
		return twin{}
	}
	b := u.B
	if !same {
		b = -b
	}
	is := func(t float64) bool {
		return addDown(before.net.constant, t) == b && addUp(before.net.constant, t) == b
	}
	for i, e := range before.edges() {
		if t := (twin{is(-e.at), is(e.at), !same, i}); t.upper || t.lower {
			return t
		}
	}
	return twin{}
}

// on returns the sum of the networks on the box with that middle and these half sides, the first so many of them behind their dead zones.
// It is valid until the next call.
func (v *zonotope) on(middle, half []float64, zoned int) *affine {
	v.middle, v.half, v.symbols = middle, half, 0
	v.total.reset(0)
	size := 0.0
	for k := range v.s.layers {
		l := &v.s.layers[k]
		room := rounding(l.net)
		size += room
		for i := range l.net.units {
			v.unit(k, i, room)
		}
		if l.hidden {
			continue
		}
		v.g.reset(l.net.constant)
		for i := range l.net.units {
			v.g.add(l.net.units[i].Alpha, &v.units[k][i], half)
		}
		v.settle(&v.g, room)
		if k >= zoned {
			v.total.add(1, &v.g, half)
			continue
		}
		for i, e := range v.edges[k] {
			z := &v.zones[k][i]
			v.shift(&z.up, &z.above, -e.at)
			v.shift(&z.down, &z.below, e.at)
			// relu(-g - t) is relu(g + t) - (g + t)
			v.total.add(e.weight, &z.up, half)
			v.total.add(-e.weight, &z.down, half)
			v.total.add(e.weight, &z.below, half)
		}
	}
	v.settle(&v.total, size)
	return &v.total
}

func (v *zonotope) unit(k, i int, room float64) {
	u, d := &v.s.layers[k].net.units[i], v.s.dim
	h := &v.units[k][i]
	if t := v.twins[k][i]; t.upper || t.lower {
		f := &v.zones[k-1][t.edge]
		z, r := &f.below, &f.down
		if t.upper {
			z, r = &f.above, &f.up
		}
		h.copy(r)
		if t.opposite {
			h.add(-1, z, v.half)
			v.settle(h, room)
		}
		return
	}
	v.z.reset(u.B)
	for j, w := range u.W[:d] {
		v.z.addInput(w, j, v.middle, v.half)
	}
	for j, w := range u.W[d:] {
		if p := &v.units[k-1][j]; !p.zero() {
			v.z.add(w, p, v.half)
		}
	}
	v.settle(&v.z, room)
	v.relu(h, &v.z)
}

// shift makes z = g + t and r = relu(z).
func (v *zonotope) shift(r, z *affine, t float64) {
	z.copy(&v.g)
	var off float64
	z.centre, off = plus(z.centre, 1, t)
	z.off += off
	v.settle(z, 0x1p-50)
	v.relu(r, z)
}

// settle takes the rounding of a sum into account, given its relative bound.
func (v *zonotope) settle(a *affine, room float64) {
	a.off = a.off*(1+room) + float64(room*a.size) + negligible
	a.size = 0
	for j := len(v.half); j < len(a.coef); j++ {
		a.size += math.Abs(a.coef[j])
	}
	a.size *= 1 + 0x1p-40
}

// radius bounds how far the form is from its centre, spread how far without the rest.
func (v *zonotope) radius(a *affine) float64 { return addUp(v.spread(a), a.off) }

func (v *zonotope) spread(a *affine) float64 {
	inputs, off, rest := 0.0, 0.0, 0.0
	for j, c := range a.coef {
		if c = math.Abs(c); j >= len(v.half) {
			rest += c
			continue
		}
		var e float64
		inputs, e = plus(inputs, c, v.half[j])
		off += e
	}
	if off > 0 {
		off = off*(1+0x1p-40) + negligible
	}
	return addUp(addUp(inputs, off), rest*(1+float64(len(a.coef)+8)*0x1p-52))
}

// relu encloses a unit: itself or 0 where its sign is known, else its chord and what it is below that, between 0 and w: relu(z) -
// lambda z is convex, 0 at 0 and at most w at the ends. The rest is left out of this: relu makes no more of it. What is no more than
// rounding is no symbol.
func (v *zonotope) relu(r, z *affine) {
	by := v.spread(z)
	lo, hi := addDown(z.centre, -by), addUp(z.centre, by)
	switch {
	case addUp(hi, z.off) <= 0:
		r.reset(0)
		return
	case hi <= 0:
		r.reset(0)
		r.off = z.off
		return
	case lo >= 0:
		r.copy(z)
		return
	}
	lambda := hi / (hi - lo)
	w := max(float64((1-lambda)*hi), float64(lambda*-lo)) * (1 + 0x1p-48)
	r.reset(0)
	rest := z.off
	z.off = 0
	r.add(lambda, z, v.half)
	z.off = rest
	var off float64
	r.centre, off = plus(r.centre, 0.5, w)
	r.off = (r.off+off)*(1+0x1p-40) + rest*(1+0x1p-50) + r.size*0x1p-50 + negligible
	r.size += w
	const rounded = 4
	if w <= rounded*r.off {
		r.off += w / 2
		return
	}
	v.symbols++
	r.extend(len(v.half) + v.symbols)
	r.coef[len(r.coef)-1] = w / 2
}

// deviation bounds by how much a form differs from its interpolant: the linear part not at all, a symbol by the length of its range, which is 2.
func (v *zonotope) deviation(a *affine) float64 {
	s := 0.0
	for j := len(v.half); j < len(a.coef); j++ {
		s += math.Abs(a.coef[j])
	}
	return 2 * (s + a.off) * (1 + float64(len(a.coef)+8)*0x1p-52)
}
