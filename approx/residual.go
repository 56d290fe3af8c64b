package approx

// residual is the target f - q_1 - ... - q_k, less the network g if there is one; q_j are networks behind dead zones.
type residual struct {
	f Target
	q []zoned
	g *Shallow
}

var _ Target = (*residual)(nil)

// Dim returns the dimension of the cube.
func (r *residual) Dim() int { return r.f.Dim() }

func (r *residual) newBounder() bounder {
	d := r.Dim()
	return &residualBounder{residual: r, target: r.f.newBounder(), middle: make([]float64, d), half: make([]float64, d),
		corner: make([]float64, d), slope: make([]Interval, d)}
}

type residualBounder struct {
	*residual
	target               bounder
	middle, half, corner []float64
	slope                []Interval
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
		d.bound = addUp(d.bound, slopeDeviation(b.slope, box))
	}
	if b.g != nil {
		b.g.gradient(b.slope, b.middle, b.half)
		d.bound = addUp(d.bound, slopeDeviation(b.slope, box))
	}
	return d, nil
}

// targetDeviation bounds |f - I f|, by subdivision where the gradient of f is unbounded.
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
	if w, isExpr := b.target.(*evaluation); isExpr && d.crude {
		d = deviation{}
		d.bound, _, _, err = newSubdivision(w, box).run()
	}
	return d, err
}
