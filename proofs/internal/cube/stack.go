package cube

import (
	"errors"
	"fmt"
	"math"

	"multigrade/proofs/internal/exact"
)

// A composedSurface is f less the corrections of composed grades and, if there is one, the network of the next. The
// units of a grade take x and the units of the grade before it.
type composedSurface struct {
	f           surface
	corrections []cubeCorrection
	network     *cubeNetwork // nil: none
	dim         int
}

func (s composedSurface) piecewise() piecewise { return nil }

func (s composedSurface) probe() probe {
	p := &composedProbe{residualProbe: residualSurface{f: s.f, dim: s.dim}.probe().(*residualProbe)}
	add := func(n *cubeNetwork, c cubeCorrection) {
		l := newLayer(n, c.eps, c.firm)
		l.hidden = c.hidden
		if len(p.layers) > 0 {
			l.recognise(p.layers[len(p.layers)-1], s.dim)
		}
		p.layers = append(p.layers, l)
	}
	for _, c := range s.corrections {
		add(c.network, c)
	}
	if s.network != nil {
		add(s.network, cubeCorrection{eps: -1})
	}
	return p
}

// A composedProbe is one goroutine's workspace; its residualProbe knows f alone.
type composedProbe struct {
	*residualProbe
	layers []*layer
	sum    chordForm
	box    chordBox
}

// A layer is a grade: at a point unit i is within off[i] of value[i], on a box it is form[i].
type layer struct {
	network      *cubeNetwork
	hidden       bool    // no grade: nothing is subtracted
	eps          float64 // of the dead zone behind it; negative: none
	firm         bool
	bounds       []zoneBound
	value, off   []float64
	zoned        exact.Bracket // what the grade subtracts at the point
	g            exact.Bracket // the network at the point
	form         []chordForm
	argumentForm chordForm // of one unit after the other
	whole        chordForm // the network
	edge         []edge    // two for each bound: g less it, g and it
	same         []int     // per unit: the edge of the layer before that it is (recognise)
}

func newLayer(n *cubeNetwork, eps float64, firm bool) *layer {
	u, bounds := len(n.Units), zoneBounds(eps, firm)
	return &layer{network: n, eps: eps, firm: firm, bounds: bounds, edge: make([]edge, 2*len(bounds)), value: make([]float64, u), off: make([]float64, u), form: make([]chordForm, u), same: make([]int, u)}
}

func (p *composedProbe) at(x []float64) (exact.Bracket, error) {
	v, err := p.p.at(x)
	if err != nil {
		return v, err
	}
	var before *layer
	for _, l := range p.layers {
		l.at(x, before)
		if !l.hidden {
			v = v.Minus(l.zoned)
		}
		before = l
	}
	return v, nil
}

// at encloses the grade at a point. The argument of a unit is off by what its sum rounds, operation by operation, and by what its units before are off by; max(., 0) is off by no
// more. What is off adds up numbers that are not negative, whose own rounding is within room of them.
func (l *layer) at(x []float64, before *layer) {
	n := l.network
	room := n.room(l.inputs(x, before))
	sum, off := n.Constant, 0.0
	for i := range n.Units {
		u := &n.Units[i]
		z, o := l.argument(u, x, before)
		l.value[i], l.off[i] = max(z, 0), (1+room)*o+0x1p-600
		off += increase(&sum, u.Alpha, l.value[i]) + math.Abs(u.Alpha)*l.off[i]
	}
	off = (1+room)*off + 0x1p-600
	l.g = exact.Bracket{Lo: exact.SumBelow(sum, -off), Hi: exact.SumAbove(sum, off)}
	l.zoned = l.beyond(l.g)
}

func (l *layer) inputs(x []float64, before *layer) int {
	if before == nil {
		return len(x)
	}
	return len(x) + len(before.value)
}

// argument is w.(x, h) + b, and what it is off by.
func (l *layer) argument(u *cubeUnit, x []float64, before *layer) (z, off float64) {
	z = u.B
	for j, v := range x {
		off += increase(&z, u.W[j], v)
	}
	for j, w := range u.W[len(x):] {
		off += increase(&z, w, before.value[j]) + math.Abs(w)*before.off[j]
	}
	return z, off
}

// beyond is the part of a range beyond the dead zone.
func (l *layer) beyond(g exact.Bracket) exact.Bracket {
	if l.eps < 0 {
		return g
	}
	q := exact.Bracket{Lo: shrink(g.Lo, l.eps).Lo, Hi: shrink(g.Hi, l.eps).Hi}
	if !l.firm {
		return q
	}
	// A firm zone doubles that up to g: it rises with g, so the ends decide.
	twice := q.Plus(q)
	if math.Abs(twice.Lo) > math.Abs(g.Lo) {
		twice.Lo = g.Lo
	}
	if math.Abs(twice.Hi) > math.Abs(g.Hi) {
		twice.Hi = g.Hi
	}
	return twice
}

func (p *composedProbe) deviation(box []exact.Bracket, _ exact.Bracket, _ [][]float64) deviation {
	d := p.targetDeviation(box)
	for j, s := range box {
		p.centre[j] = s.Lo + (s.Hi-s.Lo)/2
		p.half[j] = max(exact.SumAbove(s.Hi, -p.centre[j]), exact.SumAbove(p.centre[j], -s.Lo))
	}
	p.box = chordBox{centre: p.centre, half: p.half}
	sum := p.on(&p.box)
	d.join(flat(sum.departs()))
	d.value = d.value.Minus(sum.values(&p.box))
	return d
}

// on encloses the networks on the box, the sum of what the grades subtract.
func (p *composedProbe) on(box *chordBox) *chordForm {
	d, room := len(box.centre), 0.0
	p.sum.begin(0, d)
	var before *layer
	for _, l := range p.layers {
		l.units(box, before)
		before = l
		if l.hidden {
			continue
		}
		rounds := l.network.room(d)
		room += rounds
		l.whole.begin(l.network.Constant, d)
		for i := range l.network.Units {
			l.whole.plus(l.network.Units[i].Alpha, &l.form[i], box)
		}
		l.whole.close(rounds)
		if l.eps < 0 {
			p.sum.plus(1, &l.whole, box)
			continue
		}
		for i, b := range l.bounds {
			up, down := &l.edge[2*i], &l.edge[2*i+1]
			up.shift(&l.whole, -b.at, box)
			down.shift(&l.whole, b.at, box)
			// relu(g - at) - relu(-g - at), and relu(-t) = relu(t) - t
			p.sum.plus(b.weight, &up.relu, box)
			p.sum.plus(-b.weight, &down.relu, box)
			p.sum.plus(b.weight, &down.argument, box)
		}
	}
	p.sum.close(room + 16*exact.UnitRoundoff)
	return &p.sum
}

// An edge of a dead zone is the unit relu(t), t = g - at or g + at for a bound of it.
type edge struct{ argument, relu chordForm }

func (e *edge) shift(g *chordForm, by float64, box *chordBox) {
	e.argument.begin(by, len(box.centre))
	e.argument.plus(1, g, box)
	e.argument.close(16 * exact.UnitRoundoff)
	e.relu.rectify(&e.argument, box)
}

// units encloses the units of the layer on the box.
func (l *layer) units(box *chordBox, before *layer) {
	d := len(box.centre)
	room := l.network.room(l.inputs(box.centre, before))
	for i := range l.network.Units {
		if s := l.same[i]; s != 0 {
			e := &before.edge[max(s, -s)-1]
			l.form[i].begin(0, d)
			l.form[i].plus(1, &e.relu, box)
			if s < 0 {
				l.form[i].plus(-1, &e.argument, box)
			}
			l.form[i].close(16 * exact.UnitRoundoff)
			continue
		}
		u, z := &l.network.Units[i], &l.argumentForm
		z.begin(u.B, d)
		for j, w := range u.W[:d] {
			z.plusCoordinate(w, j, box)
		}
		for j, w := range u.W[d:] {
			if h := &before.form[j]; w != 0 && !h.isZero() {
				z.plus(w, h, box)
			}
		}
		z.close(room)
		l.form[i].rectify(z, box)
	}
}

// recognise finds the units whose argument is that of edge s - 1 of the dead zone before, exactly, or its opposite (-s).
func (l *layer) recognise(before *layer, dim int) {
	if before == nil || before.hidden || before.eps < 0 {
		return
	}
	for i := range l.network.Units {
		u := &l.network.Units[i]
		for k := range 2 * len(before.edge) {
			s, sign := k/2+1, float64(1-2*(k%2))
			at := before.bounds[k/4].at
			if k/2%2 == 0 {
				at = -at
			}
			t := exact.At(before.network.Constant).Plus(exact.At(at))
			equal := t.Lo == t.Hi && sign*u.B == t.Lo
			for j, w := range u.W {
				expected := 0.0
				if j >= dim {
					expected = sign * before.network.Units[j-dim].Alpha
				}
				equal = equal && w == expected
			}
			if equal {
				l.same[i] = s * int(sign)
				break
			}
		}
	}
}

// servesComposed compares a network, layer by layer, with the one that computes the units of the grades one after the other, each beside
// x, and the dead zone at the end.
func (n *deepNetwork) servesComposed(grades []trainedGrade, d int) error {
	var layers [][]cubeUnit
	for k := range grades {
		layers = append(append(layers, grades[k].Hidden...), grades[k].Units)
	}
	if n == nil || n.Dim != d || len(n.Layers) != len(layers)+1 {
		return errors.New("not of the dimension of the target with the layers of each grade and the dead zone")
	}
	for k, units := range layers {
		expected := carryAll(d)
		for i := range units {
			expected = append(expected, unitForm(&units[i]))
		}
		if err := sameLayer(n.Layers[k], expected); err != nil {
			return fmt.Errorf("layer %d, %w", k+1, err)
		}
	}
	g := &grades[len(grades)-1]
	zone, output := carryAll(d), affineForm{map[int]float64{}, 0}
	for _, b := range zoneBounds(g.Eps, g.Firm) {
		up, down := exact.At(g.Constant).Minus(exact.At(b.at)), exact.At(-g.Constant).Minus(exact.At(b.at))
		if up.Lo != up.Hi || down.Lo != down.Hi {
			return errors.New("the constant and the dead zone have no exact sum")
		}
		first, second := affineForm{map[int]float64{}, up.Lo}, affineForm{map[int]float64{}, down.Lo}
		for i := range g.Units {
			if a := g.Units[i].Alpha; a != 0 {
				first.weight[d+i], second.weight[d+i] = a, -a
			}
		}
		output.weight[len(zone)], output.weight[len(zone)+1] = b.weight, -b.weight
		zone = append(zone, first, second)
	}
	if err := sameLayer(n.Layers[len(layers)], zone); err != nil {
		return err
	}
	return sameLayer([]deepAffine{n.Output}, []affineForm{output})
}
