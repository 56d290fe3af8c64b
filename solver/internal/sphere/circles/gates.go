package circles

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// onWall is the distance from a plane up to which a peak is on it: those of edges and vertices are,
// but for rounding.
const onWall = 1e-9

// Gate is a point inside a cell whose closure has the unit vector w: w itself where it is on no
// plane. The cell opposite says as much of it, and as all that meet there.
func (c *Circles) Gate(w []float64) []float64 {
	var at [3]float64
	for k, j := range c.columns {
		at[k] = w[j]
	}
	var on []int
	for j := range c.m {
		if math.Abs(c.off(j, at)) <= onWall {
			on = append(on, j)
		}
	}
	if len(on) == 0 {
		return w
	}
	e := c.between(on, at)
	free := 1.0 // how far it is to the next plane, at most to where w and e are as long
	for j := range c.m {
		if z, toward := c.off(j, at), c.off(j, e); math.Abs(z) > onWall && z*toward < 0 {
			free = min(free, -z/toward)
		}
	}
	for k := range at {
		at[k] += free / 2 * e[k]
	}
	gate := c.embed(at)
	floats.Scale(1/floats.Norm(gate, 2), gate)
	return gate
}

// off is x_j.w / |x_j|.
func (c *Circles) off(j int, w [3]float64) float64 {
	return (c.x[3*j]*w[0] + c.x[3*j+1]*w[1] + c.x[3*j+2]*w[2]) / c.norm[j]
}

// between is a direction, tangent to the sphere at w, into the widest of the sectors that planes through w leave.
func (c *Circles) between(on []int, w [3]float64) [3]float64 {
	a := c.unit(on[0])
	b := [3]float64{w[1]*a[2] - w[2]*a[1], w[2]*a[0] - w[0]*a[2], w[0]*a[1] - w[1]*a[0]} // a, b span the tangents
	angles := make([]float64, len(on))                                                   // of the normals, in a half circle
	for k, j := range on {
		n := c.unit(j)
		angles[k] = math.Atan2(n[0]*b[0]+n[1]*b[1]+n[2]*b[2], n[0]*a[0]+n[1]*a[1]+n[2]*a[2])
		if angles[k] < 0 {
			angles[k] += math.Pi
		}
	}
	slices.SortFunc(angles, cmp.Compare)
	width, middle := angles[0]+math.Pi-angles[len(angles)-1], (angles[0]+math.Pi+angles[len(angles)-1])/2
	for k := range angles[1:] {
		if gap := angles[k+1] - angles[k]; gap > width {
			width, middle = gap, (angles[k]+angles[k+1])/2
		}
	}
	sin, cos := math.Sincos(middle + math.Pi/2) // lines, not their normals
	var e [3]float64
	for k := range e {
		e[k] = cos*a[k] + sin*b[k]
	}
	return e
}

func (c *Circles) unit(j int) [3]float64 {
	return [3]float64{c.x[3*j] / c.norm[j], c.x[3*j+1] / c.norm[j], c.x[3*j+2] / c.norm[j]}
}
