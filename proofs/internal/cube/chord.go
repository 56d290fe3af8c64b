package cube

import (
	"math"

	"multigrade/proofs/internal/exact"
)

// A chordForm encloses a function on a box: it is within wrong of
//
//	mid + slope.(x - centre) + bends.b(x),    every |b_i(x)| <= 1.
//
// b_i belongs to a unit relu(z) whose sign is open on the box, z in [lo, hi]. With the slope s = hi/(hi - lo) of its chord relu(z) - s z is
// convex in z, 0 at z = 0 and s |lo| at both ends: it is r/2 (1 + b_i) with r = s |lo|, whatever z is made of. The same b_i in different
// forms is the same function, so that sums of forms lose nothing where units cancel.
type chordForm struct {
	mid, wrong float64
	slope      []float64
	bends      []float64
	scale      float64 // at least the sum of all |bends| that were added up
}

// A chordBox is the box, and how many bends there are.
type chordBox struct {
	centre, half []float64
	bends        int
}

// begin begins a sum with a number.
func (f *chordForm) begin(constant float64, dim int) {
	if cap(f.slope) < dim {
		f.slope = make([]float64, dim)
	}
	f.slope = f.slope[:dim]
	clear(f.slope)
	f.mid, f.wrong, f.bends, f.scale = constant, 0, f.bends[:0], 0
}

// isZero says that it is the function 0.
func (f *chordForm) isZero() bool {
	for _, s := range f.slope {
		if s != 0 {
			return false
		}
	}
	return f.mid == 0 && f.wrong == 0 && len(f.bends) == 0
}

// increase adds w v to a and returns how far from the true sum that is, but for the roundings of this distance.
func increase(a *float64, w, v float64) (distance float64) {
	product := float64(w * v) // the conversion rounds: it keeps compilers from fusing the product and the sum
	sum := *a + product
	fromProduct := sum - *a
	distance = math.Abs(math.FMA(w, v, -product)) + math.Abs((*a-(sum-fromProduct))+(product-fromProduct))
	*a = sum
	return distance
}

// plus adds w times another form. What that rounds is wrong from now on, operation by operation; only for bends it is added at the end (close).
func (f *chordForm) plus(w float64, g *chordForm, box *chordBox) {
	for len(f.bends) < len(g.bends) {
		f.bends = append(f.bends, 0)
	}
	for i, b := range g.bends {
		f.bends[i] += w * b
	}
	for j, s := range g.slope {
		f.wrong += increase(&f.slope[j], w, s) * box.half[j]
	}
	f.wrong += increase(&f.mid, w, g.mid) + math.Abs(w)*g.wrong
	f.scale += math.Abs(w) * g.scale
}

func (f *chordForm) plusCoordinate(w float64, j int, box *chordBox) {
	f.wrong += increase(&f.slope[j], 1, w)*box.half[j] + increase(&f.mid, w, box.centre[j])
}

// close ends a sum of so many terms: a bend of it is off by gamma times the sum of the absolute values at most, and what was found wrong, a sum of numbers that are not negative,
// by as much in proportion: room is at least twice gamma.
func (f *chordForm) close(room float64) {
	f.wrong = (1+room)*f.wrong + room*f.scale + 0x1p-600
	f.scale = 0
	for _, b := range f.bends {
		f.scale = exact.SumAbove(f.scale, math.Abs(b))
	}
}

// reach is how far the function may be from mid.
func (f *chordForm) reach(box *chordBox) float64 { return exact.SumAbove(f.swing(box), f.wrong) }

// swing is reach but for what is wrong.
func (f *chordForm) swing(box *chordBox) float64 {
	r := 0.0
	for j, s := range f.slope {
		r = exact.SumAbove(r, exact.ProductAbove(math.Abs(s), box.half[j]))
	}
	bends := 0.0
	for _, b := range f.bends {
		bends += math.Abs(b)
	}
	return exact.SumAbove(r, bends*(1+float64(len(f.bends)+4)*4*exact.UnitRoundoff))
}

func (f *chordForm) values(box *chordBox) exact.Bracket {
	r := f.reach(box)
	return exact.Bracket{Lo: exact.SumBelow(f.mid, -r), Hi: exact.SumAbove(f.mid, r)}
}

// departs bounds |f - If| on the box: each bend's part has a range of twice its factor, in which its interpolant is, too.
func (f *chordForm) departs() float64 {
	r := f.wrong
	for _, b := range f.bends {
		r += math.Abs(b)
	}
	return 2 * r * (1 + float64(len(f.bends)+4)*4*exact.UnitRoundoff)
}

// rectify sets f to relu of z. relu(t + u) is within |u| of relu(t), so that what is wrong stays as it is.
func (f *chordForm) rectify(z *chordForm, box *chordBox) {
	swing := z.swing(box)
	lo, hi := exact.SumBelow(z.mid, -swing), exact.SumAbove(z.mid, swing)
	f.begin(0, len(z.slope))
	if hi <= 0 {
		if exact.SumAbove(hi, z.wrong) > 0 {
			f.wrong = z.wrong
		}
		return
	}
	if lo >= 0 {
		f.plus(1, z, box)
		return
	}
	chord := hi / (hi - lo)
	// The chord's slope is rounded, so that the ends differ a little.
	above := exact.Outward(max(chord*-lo, (1-chord)*hi))
	wrong := z.wrong
	z.wrong = 0
	f.plus(chord, z, box)
	z.wrong = wrong
	f.wrong += increase(&f.mid, 0.5, above)
	f.close(8 * exact.UnitRoundoff)
	f.wrong = exact.SumAbove(f.wrong, wrong)
	if above <= negligibleBend*f.wrong {
		f.wrong = exact.SumAbove(f.wrong, above/2)
		return
	}
	for len(f.bends) <= box.bends {
		f.bends = append(f.bends, 0)
	}
	f.bends[box.bends] = above / 2
	f.scale = exact.SumAbove(f.scale, above)
	box.bends++
}

// negligibleBend: bends that are this many times what rounding leaves open are no bends of their own.
const negligibleBend = 4
