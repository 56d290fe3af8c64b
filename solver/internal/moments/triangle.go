package moments

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// Transfer moves Weight > 0 from a row to others: with d = x_Row - sum_k Factor_k x_k,
//
//	max(x_Row.w, 0) <= sum_k max(Factor_k x_k.w, 0) + max(d.w, 0),
//
// where max(d.w, 0) <= d.w/2 + Curvature (d.w)^2 + 1/(16 Curvature).
type Transfer struct {
	Row               int
	Weight, Curvature float64
	Terms             []Term
}

// Term is a multiple of a row.
type Term struct {
	Row    int
	Factor float64
}

// triangle is the inequality e(x_row) <= sum |a_k| e(x_k) + e(x_row - sum a_k x_k) of the
// seminorm e(x) = sum_j tau_j |x.w_j|.
type triangle struct {
	row        int
	terms      []Term
	rest       []float64 // d: x_row - sum a_k x_k
	square     float64   // of its norm
	multiplier float64
	slack      float64 // of the interior-point method, 0 before that has seen it
}

// nearby looks for the triangle with the least right side of a row,
//
//	min over a of  sum_k |a_k| cost_k + radius |z_row - sum_k a_k z_k|,
//
// by squares of that norm, |r| <= (|r|^2/s + s)/2 with s the norm before, each a lasso
// that is solved by an active set. It is a workspace.
type nearby struct {
	k         int
	active    []int
	sign, a   []float64
	next      []float64
	gram, rhs []float64
	rest      []float64
	products  []float64      // of all vectors with rest
	near      []int          // the vectors that were, or nearly, worth it when all were looked at last
	nearest   blas64.General // these, as columns
	bestTerms []Term
}

// newNearby is for n vectors of k entries.
func newNearby(n, k int) *nearby {
	m := k + 1 // one more than are needed, before one leaves
	return &nearby{k: k, next: make([]float64, m), gram: make([]float64, m*m), rhs: make([]float64, m), rest: make([]float64, k), products: make([]float64, n)}
}

const (
	// maxSquares limits the lassos of a search. The next one of the row goes on: with 40, 7 were made and relaxations proved no more.
	maxSquares = 4
	// maxPivots limits the changes of an active set.
	maxPivots = 40
	// nearShare of what a vector costs is what one must be worth to be looked at until all are again.
	nearShare = 0.8
	// leastNorm is the norm, as a share of the row's, that a search begins with at least: from 0 the squares do not leave.
	leastNorm = 1e-3
	// nothing of the row's norm counts as 0.
	nothing = 1e-9
)

// search returns the terms, which the next call overwrites, and the right side, for the
// n vectors z (n x k), which are also the columns of across (k x n). It begins with the terms of an earlier search.
func (s *nearby) search(z []float64, across blas64.General, cost []float64, row int, radius float64, from []Term) ([]Term, float64) {
	k := s.k
	target := z[row*k : (row+1)*k]
	size := floats.Norm(target, 2)
	best := radius * size
	s.bestTerms, s.active, s.sign, s.a, s.near = s.bestTerms[:0], s.active[:0], s.sign[:0], s.a[:0], s.near[:0]
	all := true
	if size == 0 {
		return nil, 0
	}
	for _, t := range from {
		s.active, s.sign, s.a = append(s.active, t.Row), append(s.sign, math.Copysign(1, t.Factor)), append(s.a, t.Factor)
	}
	s.leave(z, target)
	for norm, step := max(leastNorm*size, floats.Norm(s.rest, 2)), 0; step < maxSquares; step++ {
		s.lasso(z, across, cost, row, norm/radius, all)
		now := floats.Norm(s.rest, 2)
		value := radius * now
		for j, i := range s.active {
			value += math.Abs(s.a[j]) * cost[i]
		}
		if value < best {
			best = value
			s.bestTerms = s.bestTerms[:0]
			for j, i := range s.active {
				if s.a[j] != 0 {
					s.bestTerms = append(s.bestTerms, Term{i, s.a[j]})
				}
			}
		}
		if now <= 2*nothing*size {
			break
		}
		next := s.fixed(cost, norm, now, radius)
		settled := next == 0 || math.Abs(next-norm) <= 1e-3*norm
		switch {
		case !settled:
			norm = next
		case all && next > 0:
			return s.bestTerms, best
		case all:
			norm = nothing * size
		}
		all = settled
	}
	return s.bestTerms, best
}

// fixed is the norm that is |rest| of its own lasso, as long as the active set is that of norm, which left now: as
// rest is what no a of it leaves less of, and w times Z G^{-1} c for the weight w = norm/radius, G = Z'Z and the signed costs c,
//
//	|rest|^2 = p + w^2 c'G^{-1}c.
//
// It is 0 where p is: then the active set is that of every smaller norm, too.
func (s *nearby) fixed(cost []float64, norm, now, radius float64) float64 {
	const most = 10 // times norm, or the part of it that it becomes
	m := len(s.active)
	square := 0.0
	for p, i := range s.active { // L^{-1} c, with the factor that refit has left
		row := s.gram[p*m : p*m+p+1]
		v := (cost[i]*s.sign[p] - floats.Dot(row[:p], s.rhs[:p])) / row[p]
		s.rhs[p] = v
		square += v * v
	}
	share := square / (radius * radius)
	if share >= 1 { // the norm is larger for sure
		return most * norm
	}
	left := now*now - share*norm*norm
	if left <= 1e-8*now*now {
		return 0
	}
	return min(max(math.Sqrt(left/(1-share)), norm/most), most*norm)
}

// lasso minimises |target - sum a z|^2/2 + weight sum |a| cost from the active set over those that are near or,
// once none of these is left, over all vectors.
func (s *nearby) lasso(z []float64, across blas64.General, cost []float64, row int, weight float64, all bool) {
	k := s.k
	target := z[row*k : (row+1)*k]
	least := 1e-9 * floats.Dot(target, target)
	s.refit(z, cost, row, weight)
	for range maxPivots {
		s.leave(z, target)
		if len(s.active) > k {
			return
		}
		enter, sign := s.mostOfNear(cost, weight, least)
		if enter < 0 && all {
			enter, sign = s.mostOfAll(across, cost, row, weight, least)
		}
		if enter < 0 {
			return
		}
		s.active, s.sign, s.a = append(s.active, enter), append(s.sign, sign), append(s.a, 0)
		s.refit(z, cost, row, weight)
	}
}

// leave sets rest to what is left of target.
func (s *nearby) leave(z, target []float64) {
	copy(s.rest, target)
	for j, i := range s.active {
		floats.AddScaled(s.rest, -s.a[j], z[i*s.k:(i+1)*s.k])
	}
}

// mostOfAll is the vector whose product with rest exceeds what it costs by most, and more than
// over, with the sign of the product, -1 where there is none. It keeps those that are near.
func (s *nearby) mostOfAll(across blas64.General, cost []float64, row int, weight, over float64) (enter int, sign float64) {
	products := s.products[:across.Cols]
	dense.Gemv(blas.Trans, 1, across, operator.Vector(s.rest), 0, operator.Vector(products))
	enter, s.near = -1, s.near[:0]
	for i, c := range cost {
		g := math.Abs(products[i])
		if g <= nearShare*weight*c || i == row {
			continue
		}
		s.near = append(s.near, i)
		if v := g - weight*c; v > over && !s.has(i) {
			enter, over, sign = i, v, math.Copysign(1, products[i])
		}
	}
	s.nearest = blas64.General{Rows: s.k, Cols: len(s.near), Stride: len(s.near), Data: resized(s.nearest.Data, s.k*len(s.near))}
	for j := range s.k {
		from, to := operator.RowOf(across, j), operator.RowOf(s.nearest, j)
		for p, i := range s.near {
			to[p] = from[i]
		}
	}
	return enter, sign
}

// mostOfNear is mostOfAll of those that are near.
func (s *nearby) mostOfNear(cost []float64, weight, over float64) (enter int, sign float64) {
	enter = -1
	if len(s.near) == 0 {
		return enter, sign
	}
	products := s.products[:len(s.near)]
	dense.Gemv(blas.Trans, 1, s.nearest, operator.Vector(s.rest), 0, operator.Vector(products))
	for p, g := range products {
		if i := s.near[p]; math.Abs(g)-weight*cost[i] > over && !s.has(i) {
			enter, over, sign = i, math.Abs(g)-weight*cost[i], math.Copysign(1, g)
		}
	}
	return enter, sign
}

func (s *nearby) has(i int) bool {
	for _, j := range s.active {
		if i == j {
			return true
		}
	}
	return false
}

// refit moves to the least value over the active set with the signs it has, and drops
// those that would change theirs.
func (s *nearby) refit(z, cost []float64, row int, weight float64) {
	k := s.k
	for len(s.active) > 0 {
		m := len(s.active)
		trace := 0.0
		for p, i := range s.active {
			zi := z[i*k : (i+1)*k]
			for q := range p + 1 {
				j := s.active[q]
				s.gram[p*m+q] = floats.Dot(zi, z[j*k:(j+1)*k])
			}
			trace += s.gram[p*m+p]
			s.rhs[p] = floats.Dot(zi, z[row*k:(row+1)*k]) - weight*cost[i]*s.sign[p]
		}
		for p := range m {
			s.gram[p*m+p] += 1e-13 * trace
		}
		if !solveInPlace(s.gram[:m*m], s.rhs[:m], s.next[:m]) {
			s.drop(m - 1)
			continue
		}
		step, out := 1.0, -1
		for p := range m {
			if s.next[p]*s.sign[p] < 0 {
				f := 0.0
				if s.a[p] != s.next[p] {
					f = s.a[p] / (s.a[p] - s.next[p])
				}
				if f < step || out < 0 {
					step, out = f, p
				}
			}
		}
		for p := range m {
			s.a[p] += step * (s.next[p] - s.a[p])
		}
		if out < 0 {
			return
		}
		s.drop(out)
	}
}

func (s *nearby) drop(p int) {
	s.active = append(s.active[:p], s.active[p+1:]...)
	s.sign = append(s.sign[:p], s.sign[p+1:]...)
	s.a = append(s.a[:p], s.a[p+1:]...)
}

// solveInPlace solves the positive definite system of which g has the lower triangle by
// Cholesky's method, in the place of g; false where a pivot is not positive.
func solveInPlace(g, rhs, x []float64) bool {
	m := len(rhs)
	copy(x, rhs)
	for p := range m {
		row := g[p*m : p*m+p+1]
		for q := range p {
			row[q] = (row[q] - floats.Dot(row[:q], g[q*m:q*m+q])) / g[q*m+q]
		}
		pivot := row[p] - floats.Dot(row[:p], row[:p])
		if !(pivot > 0) {
			return false
		}
		row[p] = math.Sqrt(pivot)
		x[p] = (x[p] - floats.Dot(row[:p], x[:p])) / row[p]
	}
	for p := m - 1; p >= 0; p-- {
		x[p] /= g[p*m+p]
		for q := range p {
			x[q] -= g[p*m+q] * x[p]
		}
	}
	return true
}
