package proofs

// A residualSurface is f less corrections and, if there is one, a network.
type residualSurface struct {
	f           surface
	corrections []cubeCorrection
	network     *cubeNetwork // nil: none
	dim         int
}

func (s residualSurface) piecewise() piecewise { return nil }

func (s residualSurface) probe() probe {
	return &residualProbe{residualSurface: s, p: s.f.probe(), centre: make([]float64, s.dim), half: make([]float64, s.dim),
		corner: make([]float64, s.dim), slope: make([]bracket, s.dim)}
}

type residualProbe struct {
	residualSurface
	p                    probe
	centre, half, corner []float64
	slope                []bracket
}

func (p *residualProbe) divisible() bool { return p.p.divisible() }

func (p *residualProbe) at(x []float64) (bracket, error) {
	v, err := p.p.at(x)
	if err != nil {
		return v, err
	}
	for _, c := range p.corrections {
		v = v.minus(c.at(x))
	}
	if p.network != nil {
		v = v.minus(p.network.at(x))
	}
	return v, nil
}

// deviation: a sum deviates from its interpolant by no more than its terms together.
func (p *residualProbe) deviation(box []bracket, _ bracket) deviation {
	d := p.targetDeviation(box)
	for j, s := range box {
		p.centre[j] = s.lo + (s.hi-s.lo)/2
		p.half[j] = max(sumAbove(s.hi, -p.centre[j]), sumAbove(p.centre[j], -s.lo))
	}
	for _, c := range p.corrections {
		c.slopes(p.slope, p.centre, p.half)
		p.less(&d, box, c.at(p.centre))
	}
	if p.network != nil {
		p.network.slopes(p.slope, p.centre, p.half)
		p.less(&d, box, p.network.at(p.centre))
	}
	return d
}

// less subtracts what has that value at the centre and the slopes in p.slope.
func (p *residualProbe) less(d *deviation, box []bracket, value bracket) {
	d.bound = sumAbove(d.bound, slopeBound(p.slope, box))
	for j, s := range p.slope {
		reach := productAbove(s.size(), p.half[j])
		value = bracket{sumBelow(value.lo, -reach), sumAbove(value.hi, reach)}
	}
	d.value = d.value.minus(value)
}

// targetDeviation is that of f.
func (p *residualProbe) targetDeviation(box []bracket) deviation {
	ends := bracket{inf, -inf}
	for m := range 1 << len(box) {
		v, err := p.p.at(cornerAt(box, m, p.corner))
		if err != nil {
			return deviation{bound: inf, value: wholeLine, crude: true, err: err}
		}
		ends = ends.join(v)
	}
	return p.p.deviation(box, ends)
}

// cornerAt writes corner m of a box: bit j is set if coordinate j is the upper end.
func cornerAt(box []bracket, m int, x []float64) []float64 {
	for j, b := range box {
		x[j] = b.lo
		if m>>j&1 == 1 {
			x[j] = b.hi
		}
	}
	return x
}
