package loss

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// CurvatureRoot is a factor of the curvature A (n x n) of the data term,
//
//	A = B B',   B = diag(w)^{1/2} S,   S = I - sum_k c_k q_k q_k',   |q_k| = 1, q_1'q_2 = 0.
//
// A itself is diag(w) - G G', w the weights of all sides together and G (n x at
// most 2) what the eliminated offsets take off: for a constant alone S takes off
// the weighted mean and is a projection, the centring for squares.
type CurvatureRoot struct {
	Root []float64    // n: w^{1/2}
	q    [2][]float64 // n
	c    [2]float64
	rank int
	tmp  []float64 // n
}

func NewCurvatureRoot(n int) *CurvatureRoot {
	r := &CurvatureRoot{}
	for _, v := range []*[]float64{&r.Root, &r.q[0], &r.q[1], &r.tmp} {
		*v = make([]float64, n)
	}
	return r
}

// Of factors the curvature at the term's weights.
func (r *CurvatureRoot) Of(e *ReducedHessian) {
	clear(r.Root)
	for _, s := range e.Term.Sides() {
		floats.Add(r.Root, s.Weight)
	}
	for i, w := range r.Root {
		r.Root[i] = math.Sqrt(w)
	}
	r.rank = e.takenOff(&r.q)
	for k := range r.rank {
		for i, root := range r.Root {
			if root > 0 {
				r.q[k][i] /= root
			}
		}
	}
	r.orthogonalise()
}

// orthogonalise replaces the columns of Q = diag(w)^{-1/2} G by the
// eigenvectors of Q Q' and sets c = 1 - (1 - lambda)^{1/2}.
func (r *CurvatureRoot) orthogonalise() {
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
func (r *CurvatureRoot) project(f []float64) {
	for k := range r.rank {
		floats.AddScaled(f, -r.c[k]*floats.Dot(r.q[k], f), r.q[k])
	}
}

// Times overwrites f with B f.
func (r *CurvatureRoot) Times(f []float64) {
	r.project(f)
	floats.Mul(f, r.Root)
}

// Transposed overwrites f with B'f.
func (r *CurvatureRoot) Transposed(f []float64) {
	floats.Mul(f, r.Root)
	r.project(f)
}

// ProjectBoth turns the upper triangle of a symmetric a (n x n) into that of S a S.
func (r *CurvatureRoot) ProjectBoth(a blas64.Symmetric) {
	for k := range r.rank {
		q, t, c := r.q[k], r.tmp, r.c[k]
		dense.Symv(1, a, operator.Vector(q), 0, operator.Vector(t))
		floats.Scale(-c, t)
		floats.AddScaled(t, -c*floats.Dot(q, t)/2, q)
		dense.Syr2(1, operator.Vector(q), operator.Vector(t), a)
	}
}

// takenOff sets the columns of G, A = diag(w) - G G', and returns their number.
func (e *ReducedHessian) takenOff(g *[2][]float64) int {
	_, epigraph := e.Term.(*maxTerm)
	sides := e.Term.Sides()
	switch {
	case e.intercept:
		for k, s := range sides {
			floats.ScaleTo(g[k], 1/math.Sqrt(floats.Sum(s.Weight)), s.Weight)
		}
		return len(sides)
	case epigraph:
		floats.SubTo(g[0], sides[0].Weight, sides[1].Weight)
		floats.Scale(1/math.Sqrt(floats.Sum(sides[0].Weight)+floats.Sum(sides[1].Weight)), g[0])
		return 1
	}
	return 0
}
