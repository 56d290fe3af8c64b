package solver

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
)

// curvatureRoot is a factor of the curvature A (n x n) of the data term,
//
//	A = B B',   B = diag(w)^{1/2} S,   S = I - sum_k c_k q_k q_k',   |q_k| = 1, q_1'q_2 = 0.
//
// A itself is diag(w) - G G', w the weights of all sides together and G (n x at
// most 2) what the eliminated offsets take off: for a constant alone S takes off
// the weighted mean and is a projection, the centring for squares.
type curvatureRoot struct {
	root []float64    // n: w^{1/2}
	q    [2][]float64 // n
	c    [2]float64
	rank int
	tmp  []float64 // n
}

func newCurvatureRoot(n int) *curvatureRoot {
	r := &curvatureRoot{}
	for _, v := range []*[]float64{&r.root, &r.q[0], &r.q[1], &r.tmp} {
		*v = make([]float64, n)
	}
	return r
}

// of factors the curvature at the term's weights.
func (r *curvatureRoot) of(e *elimination) {
	clear(r.root)
	for _, s := range e.term.sides() {
		floats.Add(r.root, s.weight)
	}
	for i, w := range r.root {
		r.root[i] = math.Sqrt(w)
	}
	r.rank = e.takenOff(&r.q)
	for k := range r.rank {
		for i, root := range r.root {
			if root > 0 {
				r.q[k][i] /= root
			}
		}
	}
	r.orthogonalise()
}

// orthogonalise replaces the columns of Q = diag(w)^{-1/2} G by the
// eigenvectors of Q Q' and sets c = 1 - (1 - lambda)^{1/2}.
func (r *curvatureRoot) orthogonalise() {
	if r.rank == 2 {
		a, b, mixed := floats.Dot(r.q[0], r.q[0]), floats.Dot(r.q[1], r.q[1]), floats.Dot(r.q[0], r.q[1])
		angle := math.Atan2(2*mixed, a-b) / 2
		cos, sin := math.Cos(angle), math.Sin(angle)
		for i, u := range r.q[0] {
			v := r.q[1][i]
			r.q[0][i], r.q[1][i] = cos*u+sin*v, cos*v-sin*u
		}
	}
	for k := range r.rank {
		r.c[k] = 0
		if size := floats.Norm(r.q[k], 2); size > 0 {
			floats.Scale(1/size, r.q[k])
			r.c[k] = 1 - math.Sqrt(max(0, 1-size*size))
		}
	}
}

// project overwrites f with S f.
func (r *curvatureRoot) project(f []float64) {
	for k := range r.rank {
		floats.AddScaled(f, -r.c[k]*floats.Dot(r.q[k], f), r.q[k])
	}
}

// times overwrites f with B f.
func (r *curvatureRoot) times(f []float64) {
	r.project(f)
	floats.Mul(f, r.root)
}

// transposed overwrites f with B'f.
func (r *curvatureRoot) transposed(f []float64) {
	floats.Mul(f, r.root)
	r.project(f)
}

// projectBoth turns the upper triangle of a symmetric a (n x n) into that of S a S.
func (r *curvatureRoot) projectBoth(a blas64.Symmetric) {
	for k := range r.rank {
		q, t, c := r.q[k], r.tmp, r.c[k]
		blas64.Symv(1, a, vector(q), 0, vector(t))
		floats.Scale(-c, t)
		floats.AddScaled(t, -c*floats.Dot(q, t)/2, q)
		blas64.Syr2(1, vector(q), vector(t), a)
	}
}

// takenOff sets the columns of G, A = diag(w) - G G', and returns their number.
func (e *elimination) takenOff(g *[2][]float64) int {
	_, epigraph := e.term.(*maxTerm)
	sides := e.term.sides()
	switch {
	case e.intercept:
		for k, s := range sides {
			floats.ScaleTo(g[k], 1/math.Sqrt(floats.Sum(s.weight)), s.weight)
		}
		return len(sides)
	case epigraph:
		floats.SubTo(g[0], sides[0].weight, sides[1].weight)
		floats.Scale(1/math.Sqrt(floats.Sum(sides[0].weight)+floats.Sum(sides[1].weight)), g[0])
		return 1
	}
	return 0
}
