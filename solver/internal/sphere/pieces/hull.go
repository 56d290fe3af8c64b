package pieces

import (
	"math"
	"slices"
)

// flat is what counts as not above a facet, relative to the size of the points.
const flat = 1e-11

// upperFacets returns gradients (alpha, beta) of the facets of the upper hull of
// the points (a, b, phi), found by adding the point that is highest above the
// hull so far. Rounding makes it incomplete at worst: whoever uses a gradient
// computes the constant that goes with it.
func upperFacets(p []point, e ellipse) [][2]float64 {
	if len(p) < 3 {
		return nil
	}
	h := newHull(p, e)
	if h == nil {
		return nil
	}
	for h.grow() {
	}
	return h.gradients()
}

type vector3 [3]float64

func (u vector3) minus(v vector3) vector3 { return vector3{u[0] - v[0], u[1] - v[1], u[2] - v[2]} }

func (u vector3) dot(v vector3) float64 { return u[0]*v[0] + u[1]*v[1] + u[2]*v[2] }

func (u vector3) cross(v vector3) vector3 {
	return vector3{u[1]*v[2] - u[2]*v[1], u[2]*v[0] - u[0]*v[2], u[0]*v[1] - u[1]*v[0]}
}

// facet is an oriented triangle: normal.q <= offset for the points q of the hull.
type facet struct {
	v      [3]int
	normal vector3
	offset float64
	gone   bool
}

// above is the height of q over the facet's plane.
func (f *facet) above(q vector3) float64 { return f.normal.dot(q) - f.offset }

// hull is a convex hull under construction (quickhull: Barber, Dobkin, Huhdanpaa
// 1996), in coordinates where the ellipse is the unit disc and phi is at most 1.
// The last point is far below the others.
type hull struct {
	e      ellipse
	size   float64 // of phi
	q      []vector3
	facets []facet
	inside vector3
	over   []int     // a facet that the point is above, or -1
	height []float64 // over it
	rim    []edge    // around the facets that a point is above
}

func newHull(p []point, e ellipse) *hull {
	h := &hull{e: e}
	for _, x := range p {
		h.size = max(h.size, math.Abs(x.phi))
	}
	if !(h.size > 0) {
		return nil
	}
	var centre vector3
	for _, x := range p {
		u := x.a / e.l11
		q := vector3{u, (x.b - e.l21*u) / e.l22, x.phi / h.size}
		h.q = append(h.q, q)
		for k := range centre {
			centre[k] += q[k] / float64(len(p))
		}
	}
	bottom := len(h.q)
	h.q = append(h.q, vector3{centre[0], centre[1], -3})
	first, second, third := 0, h.farthest(0), -1
	area := 0.0
	for k := range bottom {
		u, v := h.q[second].minus(h.q[first]), h.q[k].minus(h.q[first])
		if s := math.Abs(u[0]*v[1] - u[1]*v[0]); s > area {
			area, third = s, k
		}
	}
	if area < 1e-9 {
		return nil
	}
	for k := range h.inside {
		h.inside[k] = (h.q[first][k] + h.q[second][k] + h.q[third][k] + h.q[bottom][k]) / 4
	}
	for _, v := range [][3]int{{first, second, third}, {first, second, bottom}, {second, third, bottom}, {third, first, bottom}} {
		h.facets = append(h.facets, h.facet(v[0], v[1], v[2]))
	}
	h.over, h.height = make([]int, bottom), make([]float64, bottom)
	for k := range h.over {
		h.assign(k, 0)
	}
	return h
}

// farthest is the point farthest from point k, seen from above.
func (h *hull) farthest(k int) int {
	best, far := k, -1.0
	for j := range len(h.q) - 1 {
		d := h.q[j].minus(h.q[k])
		if s := d[0]*d[0] + d[1]*d[1]; s > far {
			best, far = j, s
		}
	}
	return best
}

// facet is the triangle of three points, turned away from inside.
func (h *hull) facet(i, j, k int) facet {
	n := h.q[j].minus(h.q[i]).cross(h.q[k].minus(h.q[i]))
	if s := math.Sqrt(n.dot(n)); s > 0 {
		for c := range n {
			n[c] /= s
		}
	}
	f := facet{v: [3]int{i, j, k}, normal: n, offset: n.dot(h.q[i])}
	if n.dot(h.inside) > f.offset {
		for c := range n {
			f.normal[c] = -n[c]
		}
		f.offset = -f.offset
		f.v[1], f.v[2] = k, j
	}
	return f
}

// assign finds the facet from number from on that point k is highest above.
func (h *hull) assign(k, from int) {
	h.over[k], h.height[k] = -1, flat
	for i := from; i < len(h.facets); i++ {
		if d := h.facets[i].above(h.q[k]); d > h.height[k] {
			h.over[k], h.height[k] = i, d
		}
	}
}

// grow adds the point that is highest above a facet; false if there is none.
func (h *hull) grow() bool {
	add := -1
	for k, i := range h.over {
		if i >= 0 && (add < 0 || h.height[k] > h.height[add]) {
			add = k
		}
	}
	if add < 0 {
		return false
	}
	h.rim = h.rim[:0]
	for i := range h.facets {
		f := &h.facets[i]
		if f.gone || f.above(h.q[add]) <= flat/2 {
			continue
		}
		f.gone = true
		for k := range f.v {
			h.addToRim(edge{f.v[k], f.v[(k+1)%3]})
		}
	}
	from := len(h.facets)
	for _, e := range h.rim {
		h.facets = append(h.facets, h.facet(e.from, e.to, add))
	}
	h.over[add] = -1
	for k, i := range h.over {
		if i >= 0 && h.facets[i].gone {
			h.assign(k, from)
		}
	}
	return true
}

// edge is a side of a facet.
type edge struct{ from, to int }

// addToRim adds a side of a facet that goes, or takes away the one that it has in common with
// another such facet.
func (h *hull) addToRim(e edge) {
	if k := slices.Index(h.rim, edge{e.to, e.from}); k >= 0 {
		h.rim[k] = h.rim[len(h.rim)-1]
		h.rim = h.rim[:len(h.rim)-1]
		return
	}
	h.rim = append(h.rim, e)
}

// gradients are those of the facets that face up, in units of a, b and phi.
func (h *hull) gradients() [][2]float64 {
	var out [][2]float64
	for _, f := range h.facets {
		if !f.gone && f.normal[2] > 1e-7 {
			x, y := -f.normal[0]/f.normal[2]*h.size, -f.normal[1]/f.normal[2]*h.size
			beta := y / h.e.l22
			out = append(out, [2]float64{(x - beta*h.e.l21) / h.e.l11, beta})
		}
	}
	return out
}
