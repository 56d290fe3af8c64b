package approx

import "math"

// composedResidual is f - q_1 - ... - q_k, q_j the networks of a stack behind their dead zones, less the next network of
// the stack, without a dead zone, if open. Hidden layers are 0.
type composedResidual struct {
	f     *Expr
	stack *Stack
	open  bool
}

var _ rangedTarget = (*composedResidual)(nil)

// Dim returns the dimension of the cube.
func (r *composedResidual) Dim() int { return r.f.Dim() }

func (r *composedResidual) newBounder() bounder { return r.ranged() }

func (r *composedResidual) ranged() rangedBounder {
	return &composedBounder{residualBounder: (&residual{f: r.f}).bounder(), composedResidual: r, view: r.stack.view(), box: newZonotope(r.stack)}
}

type composedBounder struct {
	*residualBounder // of f alone
	*composedResidual
	view *stackView
	box  *zonotope
}

// Dim returns the dimension of the cube.
func (b *composedBounder) Dim() int { return b.f.Dim() }

func (b *composedBounder) newBounder() bounder { return b.composedResidual.newBounder() }

// corrected is the number of networks behind dead zones.
func (r *composedResidual) corrected() int {
	if r.open {
		return len(r.stack.layers) - 1
	}
	return len(r.stack.layers)
}

func (b *composedBounder) at(x []float64) (Interval, error) {
	v, err := b.target.at(x)
	if err != nil {
		return v, err
	}
	b.view.at(x)
	for k, g := range b.view.g {
		if b.stack.layers[k].hidden {
			continue
		}
		if k < b.corrected() {
			g = b.stack.layers[k].zone(g)
		}
		v = v.sub(g)
	}
	return v, nil
}

// deviation adds up those of the target and of the sum of the networks.
func (b *composedBounder) deviation(box []Interval, _ Interval) (deviation, error) {
	d, err := b.targetDeviation(box)
	if err != nil {
		return d, err
	}
	for j, s := range box {
		b.middle[j] = s.Mid()
		b.half[j] = max(addUp(s.Hi, -b.middle[j]), addUp(b.middle[j], -s.Lo))
	}
	q := b.box.on(b.middle, b.half, b.corrected())
	// The checker rounds in its own way.
	const margin = 1 + 0x1p-40
	d = d.plus(within(mulUp(margin, addUp(b.box.deviation(q), 4*q.off))))
	by := b.box.radius(q)
	b.residualBounder.value = b.residualBounder.value.sub(Interval{addDown(q.centre, -by), addUp(q.centre, by)})
	return d, nil
}

// zone is the correction for a range of g: it is monotone, and 2(g - eps) less the part of it that is more than g.
func (l *stackLayer) zone(g Interval) Interval {
	q := zone(g, l.eps)
	if l.firm {
		return Interval{firmEnd(g.Lo, q.Lo, addDown), firmEnd(g.Hi, q.Hi, addUp)}
	}
	return q
}

// firmEnd is the smaller in size of g and 2q, q what is beyond the zone.
func firmEnd(g, q float64, add func(a, b float64) float64) float64 {
	if twice := add(q, q); math.Abs(twice) < math.Abs(g) {
		return twice
	}
	return g
}

// zone is the dead zone of a range: it is monotone.
func zone(g Interval, eps float64) Interval {
	r := Interval{}
	if g.Lo > eps {
		r.Lo = addDown(g.Lo, -eps)
	} else if g.Lo < -eps {
		r.Lo = addDown(g.Lo, eps)
	}
	if g.Hi > eps {
		r.Hi = addUp(g.Hi, -eps)
	} else if g.Hi < -eps {
		r.Hi = addUp(g.Hi, eps)
	}
	return r
}

// zoneSlope turns the slopes of a network with that range into those behind its dead zone.
func zoneSlope(slope []Interval, g Interval, eps float64) {
	switch {
	case g.Lo > eps || g.Hi < -eps:
	case g.Lo >= -eps && g.Hi <= eps:
		clear(slope)
	default:
		for j := range slope {
			slope[j] = slope[j].hull(Point(0))
		}
	}
}
