package approx

import "context"

// residual is the target f - q_1 - ... - q_k, less the network g if there is one; q_j are networks behind dead zones.
type residual struct {
	f *Expr
	q []zoned
	g *Shallow
}

var _ rangedTarget = (*residual)(nil)

// rangedTarget is a target whose bounders know the range, too.
type rangedTarget interface {
	Target
	ranged() rangedBounder
}

type rangedBounder interface {
	bounder
	// onBox is the range of the target on the box of the last deviation.
	onBox() Interval
}

// Dim returns the dimension of the cube.
func (r *residual) Dim() int { return r.f.Dim() }

func (r *residual) newBounder() bounder { return r.bounder() }

func (r *residual) ranged() rangedBounder { return r.bounder() }

func (b *residualBounder) onBox() Interval { return b.value }

func (r *residual) bounder() *residualBounder {
	d := r.Dim()
	return &residualBounder{residual: r, target: r.f.newEvaluation(), middle: make([]float64, d), half: make([]float64, d),
		corner: make([]float64, d), slope: make([]Interval, d)}
}

type residualBounder struct {
	*residual
	target               *evaluation
	middle, half, corner []float64
	slope                []Interval
	value                Interval // of the residual on the box of the last deviation
}

func (b *residualBounder) at(x []float64) (Interval, error) {
	v, err := b.target.at(x)
	if err != nil {
		return v, err
	}
	for _, q := range b.q {
		v = v.sub(q.at(x))
	}
	if b.g != nil {
		v = v.sub(b.g.at(x))
	}
	return v, nil
}

// deviation adds up the deviations of the target and of the networks from their interpolants: the radius of a sum of
// gradients is the sum of their radii, so that nothing is lost.
func (b *residualBounder) deviation(box []Interval, _ Interval) (deviation, error) {
	d, err := b.targetDeviation(box)
	if err != nil {
		return d, err
	}
	for j, s := range box {
		b.middle[j] = s.Mid()
		b.half[j] = max(addUp(s.Hi, -b.middle[j]), addUp(b.middle[j], -s.Lo))
	}
	for _, q := range b.q {
		q.gradient(b.slope, b.middle, b.half)
		b.subtract(&d, box, q.at(b.middle))
	}
	if b.g != nil {
		b.g.gradient(b.slope, b.middle, b.half)
		b.subtract(&d, box, b.g.at(b.middle))
	}
	return d, nil
}

// subtract takes a network into account, given its value in the middle and its gradient in slope.
func (b *residualBounder) subtract(d *deviation, box []Interval, middle Interval) {
	*d = d.plus(parabolic(slopeDeviation(b.slope, box)))
	b.value = b.value.sub(middle)
	for j, s := range b.slope {
		reach := mulUp(s.Mag(), b.half[j])
		b.value = b.value.add(Interval{-reach, reach})
	}
}

// targetDeviation bounds |f - I f|, by subdivision where the gradient of f is unbounded, and begins with the value.
func (b *residualBounder) targetDeviation(box []Interval) (deviation, error) {
	corners := Interval{}
	for m := range 1 << len(box) {
		v, err := b.target.at(cornerOf(box, m, b.corner))
		if err != nil {
			return deviation{}, err
		}
		if m == 0 {
			corners = v
		}
		corners = corners.hull(v)
	}
	d, err := b.target.deviation(box, corners)
	if b.value = entire; err == nil {
		b.value = b.target.value[len(b.target.value)-1]
	}
	if d.crude {
		var bound float64
		bound, _, _, err = newSubdivision(b.target, box).run(context.Background())
		crude := within(bound)
		crude.crude = true
		d = d.and(crude)
		d.crude = false
	}
	return d, err
}
