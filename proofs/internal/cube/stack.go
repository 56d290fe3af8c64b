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
	for _, c := range s.corrections {
		l := newLayer(c.network, c.eps, s.dim)
		l.hidden = c.hidden
		p.layers = append(p.layers, l)
	}
	if s.network != nil {
		p.layers = append(p.layers, newLayer(s.network, -1, s.dim))
	}
	return p
}

// A composedProbe is one goroutine's workspace; its residualProbe knows f alone.
type composedProbe struct {
	*residualProbe
	layers []*layer
}

// A layer is a grade: at a point unit i is within off[i] of value[i], and over a box about it each of its partial derivatives
// (dim of them) is within spread of mid.
type layer struct {
	network     *cubeNetwork
	hidden      bool    // no grade: nothing is subtracted
	eps         float64 // of the dead zone behind it; negative: none
	value, off  []float64
	mid, spread []float64
	zoned       exact.Bracket // what the grade subtracts at the point
	slope       []exact.Bracket
	g           exact.Bracket // the network at the point
}

func newLayer(n *cubeNetwork, eps float64, dim int) *layer {
	u := len(n.Units)
	return &layer{network: n, eps: eps, value: make([]float64, u), off: make([]float64, u), mid: make([]float64, u*dim), spread: make([]float64, u*dim),
		slope: make([]exact.Bracket, dim)}
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

// at encloses the grade at a point. The argument of a unit, a sum of n products, is off by at most 2 gamma(n) times the sum
// of the absolute values, as for cubeNetwork.at, and by what its units before are off by; max(., 0) is off by no more.
func (l *layer) at(x []float64, before *layer) {
	n := l.network
	room := n.room(l.inputs(x, before))
	sum, size, off := n.Constant, math.Abs(n.Constant), 0.0
	for i := range n.Units {
		u := &n.Units[i]
		z, s, o := l.argument(u, x, before)
		l.value[i], l.off[i] = max(z, 0), (1+room)*o+room*s+0x1p-600
		a := math.Abs(u.Alpha)
		sum += u.Alpha * l.value[i]
		size += a * l.value[i]
		off += a * l.off[i]
	}
	off = (1+room)*off + room*size + 0x1p-600
	l.g = exact.Bracket{Lo: exact.SumBelow(sum, -off), Hi: exact.SumAbove(sum, off)}
	l.zoned = l.beyond(l.g)
}

func (l *layer) inputs(x []float64, before *layer) int {
	if before == nil {
		return len(x)
	}
	return len(x) + len(before.value)
}

// argument is w.(x, h) + b, with the sum of the absolute values of its terms and what errors of h add.
func (l *layer) argument(u *cubeUnit, x []float64, before *layer) (z, size, off float64) {
	z, size = u.B, math.Abs(u.B)
	for j, v := range x {
		t := u.W[j] * v
		z, size = z+t, size+math.Abs(t)
	}
	for j, w := range u.W[len(x):] {
		t := w * before.value[j]
		z, size, off = z+t, size+math.Abs(t), off+math.Abs(w)*before.off[j]
	}
	return z, size, off
}

// beyond is the part of a range beyond the dead zone.
func (l *layer) beyond(g exact.Bracket) exact.Bracket {
	if l.eps < 0 {
		return g
	}
	return exact.Bracket{Lo: shrink(g.Lo, l.eps).Lo, Hi: shrink(g.Hi, l.eps).Hi}
}

func (p *composedProbe) deviation(box []exact.Bracket, _ exact.Bracket) deviation {
	d := p.targetDeviation(box)
	for j, s := range box {
		p.centre[j] = s.Lo + (s.Hi-s.Lo)/2
		p.half[j] = max(exact.SumAbove(s.Hi, -p.centre[j]), exact.SumAbove(p.centre[j], -s.Lo))
	}
	var before *layer
	for _, l := range p.layers {
		l.at(p.centre, before)
		l.slopes(p.centre, p.half, before)
		if !l.hidden {
			d.bound = exact.SumAbove(d.bound, slopeBound(l.slope, box))
			d.value = d.value.Minus(l.zoned)
		}
		before = l
	}
	return d
}

// slopes encloses, on the box with that centre and half sides, what the grade subtracts and its partial derivatives. That of a unit
// is that of its argument where that is positive on the box, 0 where it is negative, else in the hull of both.
func (l *layer) slopes(centre, half []float64, before *layer) {
	n, d := l.network, len(centre)
	room := n.room(l.inputs(centre, before))
	sumMid, sumSpread, sumSize := [9]float64{}, [9]float64{}, [9]float64{}
	for i := range n.Units {
		u := &n.Units[i]
		mid, spread := l.mid[i*d:(i+1)*d], l.spread[i*d:(i+1)*d]
		l.chain(u, mid, spread, before, room)
		z, size, off := l.argument(u, centre, before)
		swing := (1+room)*off + room*size
		for j, h := range half {
			swing += (math.Abs(mid[j]) + spread[j]) * h
		}
		swing = swing*(1+room) + 0x1p-600
		if z+swing < 0 {
			clear(mid)
			clear(spread)
			continue
		}
		for j := range mid {
			if !(z-swing > 0) {
				lo, hi := min(mid[j]-spread[j], 0), max(mid[j]+spread[j], 0)
				mid[j], spread[j] = (lo+hi)/2, (hi-lo)/2*(1+room)
			}
			sumMid[j] += u.Alpha * mid[j]
			sumSpread[j] += math.Abs(u.Alpha) * spread[j]
			sumSize[j] += math.Abs(u.Alpha * mid[j])
		}
	}
	g := l.g
	for j := range l.slope {
		r := sumSpread[j]*(1+room) + room*sumSize[j] + 0x1p-600
		l.slope[j] = exact.Bracket{Lo: exact.SumBelow(sumMid[j], -r), Hi: exact.SumAbove(sumMid[j], r)}
		reach := exact.ProductAbove(l.slope[j].Size(), half[j])
		g = exact.Bracket{Lo: exact.SumBelow(g.Lo, -reach), Hi: exact.SumAbove(g.Hi, reach)}
	}
	l.zoned = l.beyond(g)
	if l.eps < 0 || g.Lo > l.eps || g.Hi < -l.eps {
		return
	}
	for j := range l.slope {
		if g.Lo >= -l.eps && g.Hi <= l.eps {
			l.slope[j] = exact.At(0)
		} else {
			l.slope[j] = l.slope[j].Join(exact.At(0))
		}
	}
}

// chain encloses the partial derivatives of a unit's argument.
func (l *layer) chain(u *cubeUnit, mid, spread []float64, before *layer, room float64) {
	d := len(mid)
	size := [9]float64{}
	for j := range mid {
		mid[j], spread[j], size[j] = u.W[j], 0, math.Abs(u.W[j])
	}
	for i, w := range u.W[d:] {
		a := math.Abs(w)
		for j := range mid {
			t := w * before.mid[i*d+j]
			mid[j] += t
			size[j] += math.Abs(t)
			spread[j] += a * before.spread[i*d+j]
		}
	}
	for j := range spread {
		spread[j] = spread[j]*(1+room) + room*size[j] + 0x1p-600
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
	up, down := exact.At(g.Constant).Minus(exact.At(g.Eps)), exact.At(-g.Constant).Minus(exact.At(g.Eps))
	if up.Lo != up.Hi || down.Lo != down.Hi {
		return errors.New("the constant and the dead zone have no exact sum")
	}
	first, second := affineForm{map[int]float64{}, up.Lo}, affineForm{map[int]float64{}, down.Lo}
	for i := range g.Units {
		if a := g.Units[i].Alpha; a != 0 {
			first.weight[d+i], second.weight[d+i] = a, -a
		}
	}
	if err := sameLayer(n.Layers[len(layers)], append(carryAll(d), first, second)); err != nil {
		return err
	}
	return sameLayer([]deepAffine{n.Output}, []affineForm{{map[int]float64{d: 1, d + 1: -1}, 0}})
}
