package cube

import (
	"multigrade/proofs/internal/exact"
)

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
		corner: make([]float64, s.dim), slope: make([]exact.Bracket, s.dim)}
}

type residualProbe struct {
	residualSurface
	p                    probe
	centre, half, corner []float64
	slope                []exact.Bracket
}

func (p *residualProbe) divisible() bool { return p.p.divisible() }

func (p *residualProbe) at(x []float64) (exact.Bracket, error) {
	v, err := p.p.at(x)
	if err != nil {
		return v, err
	}
	for _, c := range p.corrections {
		v = v.Minus(c.at(x))
	}
	if p.network != nil {
		v = v.Minus(p.network.at(x))
	}
	return v, nil
}

// deviation: a sum deviates from its interpolant by no more than its terms together.
func (p *residualProbe) deviation(box []exact.Bracket, _ exact.Bracket, _ [][]float64) deviation {
	d := p.targetDeviation(box)
	for j, s := range box {
		p.centre[j] = s.Lo + (s.Hi-s.Lo)/2
		p.half[j] = max(exact.SumAbove(s.Hi, -p.centre[j]), exact.SumAbove(p.centre[j], -s.Lo))
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
func (p *residualProbe) less(d *deviation, box []exact.Bracket, value exact.Bracket) {
	d.join(sloped(slopeBound(p.slope, box)))
	for j, s := range p.slope {
		reach := exact.ProductAbove(s.Size(), p.half[j])
		value = exact.Bracket{Lo: exact.SumBelow(value.Lo, -reach), Hi: exact.SumAbove(value.Hi, reach)}
	}
	d.value = d.value.Minus(value)
}

// targetDeviation is that of f.
func (p *residualProbe) targetDeviation(box []exact.Bracket) deviation {
	ends := exact.Bracket{Lo: exact.Inf, Hi: -exact.Inf}
	for m := range 1 << len(box) {
		v, err := p.p.at(cornerAt(box, m, p.corner))
		if err != nil {
			d := flat(exact.Inf)
			d.crude, d.err = true, err
			return d
		}
		ends = ends.Join(v)
	}
	return p.p.deviation(box, ends, nil)
}

// cornerAt writes corner m of a box: bit j is set if coordinate j is the upper end.
func cornerAt(box []exact.Bracket, m int, x []float64) []float64 {
	for j, b := range box {
		x[j] = b.Lo
		if m>>j&1 == 1 {
			x[j] = b.Hi
		}
	}
	return x
}
