package sphere

import (
	"math"
	"math/rand/v2"
	"testing"
)

// polyhedron is what a nearestPoint was given.
type polyhedron struct{ points, directions [][]float64 }

func (p *polyhedron) nearest() *nearestPoint {
	s := newNearestPoint(len(append(p.points, p.directions...)[0]))
	for _, q := range p.directions {
		s.add(q, false)
	}
	for _, v := range p.points {
		s.add(v, true)
	}
	return s
}

// holds checks that c is the point of least norm: it is in the polyhedron, with the
// given weights of the points, and c.x >= |c|^2 for all x there.
func (p *polyhedron) holds(t *testing.T, s *nearestPoint, c, weights []float64) {
	t.Helper()
	sum, size := 0.0, 0.0
	rest := append([]float64(nil), c...) // c without the points
	for k, v := range p.points {
		if weights[k] < 0 {
			t.Errorf("weight %d is %v", k, weights[k])
		}
		sum += weights[k]
		addTo(rest, -weights[k], v)
		size = max(size, math.Sqrt(dotProduct(v, v)))
	}
	for i, b := range s.spaces {
		if total := s.totalShare(); !b.point {
			addTo(rest, -s.share[i]/total*b.length, b.normal)
		}
	}
	if math.Abs(sum-1) > 1e-12 || math.Sqrt(dotProduct(rest, rest)) > 1e-12*size {
		t.Errorf("c is not in the polyhedron: weights add up to %v, %v of %v is left", sum, rest, c)
	}
	square := dotProduct(c, c)
	for k, v := range p.points {
		if less := square - dotProduct(c, v); less > 1e-9*size*math.Sqrt(dotProduct(v, v)) {
			t.Errorf("c = %v is not nearest: point %d is before it by %v", c, k, less)
		}
	}
	for k, q := range p.directions {
		if along := dotProduct(c, q); along < -1e-9*size*math.Sqrt(dotProduct(q, q)) {
			t.Errorf("c = %v is not nearest: it could go along direction %d, slope %v", c, k, along)
		}
	}
}

func (s *nearestPoint) totalShare() (total float64) {
	for i, b := range s.spaces {
		if b.point {
			total += s.share[i]
		}
	}
	return total
}

// Random polyhedra, of all scales, with repeated points and more of them than
// dimensions, solved after every point, as cutting planes are, and at once.
func TestNearestPoint(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 4))
	for trial := range 3000 {
		r := 1 + rng.IntN(6)
		vector := func(size float64) []float64 {
			v := make([]float64, r)
			for k := range v {
				if v[k] = size * rng.NormFloat64(); trial%4 == 0 {
					v[k] = size * float64(rng.IntN(3)-1) // ties, zeros, dependent ones
				}
			}
			return v
		}
		var p polyhedron
		for len(p.directions) < rng.IntN(r+1) {
			if q := vector(1); dotProduct(q, q) > 0 {
				p.directions = append(p.directions, q)
			}
		}
		size := math.Pow(10, float64(rng.IntN(13)-6))
		centre := vector(size * float64(rng.IntN(3)))
		step := p.nearestOf(r)
		c, weights := make([]float64, r), make([]float64, 20)
		for range 1 + rng.IntN(12) {
			v := vector(size)
			addTo(v, 1, centre)
			if n := len(p.points); n > 0 && rng.IntN(6) == 0 {
				copy(v, p.points[rng.IntN(n)])
			}
			p.points = append(p.points, v)
			step.add(v, true)
			if !step.solve(c, weights[:len(p.points)]) {
				t.Fatalf("trial %d: no solution of %v", trial, p)
			}
			p.holds(t, step, c, weights)
		}
		whole, d := p.nearest(), make([]float64, r)
		if !whole.solve(d, weights[:len(p.points)]) {
			t.Fatalf("trial %d: no solution of %v", trial, p)
		}
		p.holds(t, whole, d, weights)
		if t.Failed() {
			t.Fatalf("trial %d: %v", trial, p)
		}
	}
}

// nearestOf has the directions only.
func (p *polyhedron) nearestOf(r int) *nearestPoint {
	s := newNearestPoint(r)
	for _, q := range p.directions {
		s.add(q, false)
	}
	return s
}

// A corner, an edge, the origin inside and as a point of its own.
func TestNearestPointKnown(t *testing.T) {
	for _, c := range []struct {
		p       polyhedron
		c, a    []float64
		comment string
	}{
		{polyhedron{points: [][]float64{{0, 1}}, directions: [][]float64{{1, 0}}}, []float64{0, 1}, []float64{1}, "on the boundary of a direction"},
		{polyhedron{points: [][]float64{{-3, 1}}, directions: [][]float64{{1, 0}}}, []float64{0, 1}, []float64{1}, "along a direction"},
		{polyhedron{points: [][]float64{{1, 3}, {1, -1}}}, []float64{1, 0}, []float64{0.25, 0.75}, "on an edge"},
		{polyhedron{points: [][]float64{{1, 0}, {-1, 1}, {-1, -1}}}, []float64{0, 0}, []float64{0.5, 0.25, 0.25}, "inside"},
		{polyhedron{points: [][]float64{{1, 0}, {0, 0}}}, []float64{0, 0}, []float64{0, 1}, "a point of its own"},
		{polyhedron{points: [][]float64{{-1, 0}}, directions: [][]float64{{1, 0}}}, []float64{0, 0}, []float64{1}, "reached by a direction"},
	} {
		s := c.p.nearest()
		got, weights := make([]float64, 2), make([]float64, len(c.a))
		if !s.solve(got, weights) {
			t.Fatalf("%s: no solution", c.comment)
		}
		for k, v := range append(append([]float64(nil), c.c...), c.a...) {
			if g := append(append([]float64(nil), got...), weights...)[k]; math.Abs(g-v) > 1e-15 {
				t.Errorf("%s: point %v, weights %v, want %v, %v", c.comment, got, weights, c.c, c.a)
				break
			}
		}
	}
}
