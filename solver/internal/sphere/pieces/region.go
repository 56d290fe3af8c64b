package pieces

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// point is a point of a piece's plane with the value of phi there.
type point struct{ a, b, phi float64 }

// ellipseSides is the number of tangents around the image of the ball. The
// polygon sticks out by 1/cos(pi/16) - 1 = 2%.
const ellipseSides = 16

// ellipse is the image {(A.w, B.w): |w| <= 1} of the ball, as L times the disc,
// L lower triangular.
type ellipse struct{ l11, l21, l22 float64 }

// newEllipse rounds outward, so that the image of vectors that are parallel has
// some width, too.
func newEllipse(a, b []float64) ellipse {
	const wide = 1e-9
	na, nb := floats.Norm(a, 2), floats.Norm(b, 2)
	e := ellipse{l11: na*(1+wide) + wide*nb}
	if na > 0 {
		e.l21 = floats.Dot(a, b) / na
	}
	e.l22 = math.Sqrt(max(0, nb*nb-e.l21*e.l21)) + wide*(na+nb)
	return e
}

func (e ellipse) at(x, y float64) (a, b float64) { return e.l11 * x, e.l21*x + e.l22*y }

// polygon returns the vertices of a polygon around the ellipse, cut to a sa >= 0
// and b sb >= 0, counterclockwise or clockwise.
func (e ellipse) polygon(sa, sb int8) []point {
	radius := 1 / math.Cos(math.Pi/ellipseSides)
	var p []point
	for k := range ellipseSides {
		y, x := math.Sincos((2*float64(k) + 1) * math.Pi / ellipseSides)
		a, b := e.at(radius*x, radius*y)
		p = append(p, point{a: a, b: b})
	}
	if sa != 0 {
		p = clip(p, func(q point) float64 { return float64(sa) * q.a })
	}
	if sb != 0 {
		p = clip(p, func(q point) float64 { return float64(sb) * q.b })
	}
	return p
}

// clip cuts a polygon to side >= 0, side being linear.
func clip(p []point, side func(point) float64) []point {
	var out []point
	for k, q := range p {
		next := p[(k+1)%len(p)]
		s, t := side(q), side(next)
		if s >= 0 {
			out = append(out, q)
		}
		if s > 0 && t < 0 || s < 0 && t > 0 {
			f := s / (s - t)
			out = append(out, point{a: q.a + f*(next.a-q.a), b: q.b + f*(next.b-q.b)})
		}
	}
	return out
}

// boundary returns the vertices of p and those of the points where its edges meet the lines
// on which phi has a kink that are on the upper hull of phi along the edge: phi is linear
// between kinks, and what is below that hull is below every majorant of its ends.
func (t *term) boundary(p []point) []point {
	var out []point
	var met []metAt
	for k, q := range p {
		next := p[(k+1)%len(p)]
		met = append(t.meets(met[:0], q, next), metAt{1, t.value(next.a, next.b)})
		hull := []metAt{{0, t.value(q.a, q.b)}}
		for _, z := range met {
			for m := len(hull); m >= 2; m-- {
				x, y := hull[m-2], hull[m-1]
				if (y.phi-x.phi)*(z.place-x.place) > (z.phi-x.phi)*(y.place-x.place) {
					break
				}
				hull = hull[:m-1]
			}
			hull = append(hull, z)
		}
		for _, z := range hull[:len(hull)-1] {
			out = append(out, point{q.a + z.place*(next.a-q.a), q.b + z.place*(next.b-q.b), z.phi})
		}
	}
	return out
}

// metAt is a place of an edge, 0 at its beginning and 1 at its end, and phi there.
type metAt struct{ place, phi float64 }

// meets appends the places where the edge from q to r meets lines on which phi has a kink, in order.
func (t *term) meets(met []metAt, q, r point) []metAt {
	last := math.NaN()
	for _, x := range t.theta {
		if x == last {
			continue
		}
		last = x
		g, h := (1-x)*q.a+x*q.b, (1-x)*r.a+x*r.b
		if g > 0 && h < 0 || g < 0 && h > 0 {
			f := g / (g - h)
			met = append(met, metAt{f, t.value(q.a+f*(r.a-q.a), q.b+f*(r.b-q.b))})
		}
	}
	slices.SortFunc(met, func(x, y metAt) int { return cmp.Compare(x.place, y.place) })
	return met
}
