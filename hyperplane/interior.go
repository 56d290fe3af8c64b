package hyperplane

import (
	"math"
	"math/big"
	"slices"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

// interior returns a vector strictly inside the cell of the pattern p. It returns false when there is none, or (for a
// cell whose walls agree in nearly all digits) none made of float64 was found.
//
// The widest one is tried first: projecting (0, 1) on {(w, t) : s_i x_i·w >= t ‖x_i‖ for all i} gives the w with
// the largest margin t over the unit ball, up to a factor. It counts only if it passes the exact test; otherwise
// linear programming in rational arithmetic decides.
func (r *rows) interior(p Pattern) ([]float64, bool) {
	v, near := r.widest(p)
	if v != nil && r.inside(p, v) {
		return v, true
	}
	w, ok := r.exactInterior(p, near)
	if !ok {
		return nil, false
	}
	return r.roundInside(p, w)
}

// exactInterior decides in rational arithmetic whether the cell of p is not empty, by linear programming on few rows,
// first those of near, to which the most violated one is added as long as there is one.
func (r *rows) exactInterior(p Pattern, near []Multiplier) ([]*big.Rat, bool) {
	var all, some [][]float64
	in := make([]bool, r.n)
	for i := range r.n {
		b := r.signedRow(p, i)
		all = append(all, b)
		if r.isZero(i) {
			in[i] = true
			if p.Active(i) {
				return nil, false
			}
		} else if len(near) == 0 && len(some) <= r.d {
			some, in[i] = append(some, b), true
		}
	}
	for _, m := range near {
		some, in[m.Row] = append(some, all[m.Row]), true
	}
	for {
		w, ok := strictSolution(some)
		if !ok {
			return nil, false
		}
		worst, least := -1, new(big.Rat)
		for i, b := range all {
			if in[i] {
				continue
			}
			if v := ratDot(b, w); v.Sign() <= 0 {
				size := new(big.Rat).SetFloat64(norm2(b))
				if v.Quo(v, size); worst < 0 || v.Cmp(least) < 0 {
					worst, least = i, v
				}
			}
		}
		if worst < 0 {
			return w, true
		}
		some, in[worst] = append(some, all[worst]), true
	}
}

func ratDot(b []float64, w []*big.Rat) *big.Rat {
	sum, t := new(big.Rat), new(big.Rat)
	for j, v := range b {
		if v != 0 {
			sum.Add(sum, t.Mul(t.SetFloat64(v), w[j]))
		}
	}
	return sum
}

// interiorNear is interior for the pattern p of a vector g that is not zero: only the rows Z with x_i·g = 0 matter,
// since from g any direction strictly inside their cone leads into the cell.
func (r *rows) interiorNear(p Pattern, g []float64) ([]float64, bool) {
	var z [][]float64
	for i := range r.n {
		if !r.isZero(i) && r.sign(i, g) == 0 {
			z = append(z, r.signedRow(p, i))
		}
	}
	local := newRows(mat.NewDense(len(z), r.d, slices.Concat(z...)))
	ones := make([]uint64, wordsFor(len(z)))
	for i := range z {
		ones[i/64] |= 1 << (i % 64)
	}
	if q, _ := local.widest(Pattern{len(z), ones}); q != nil {
		if w, ok := r.stepInside(p, g, q); ok {
			return w, true
		}
	}
	if w, _ := r.widest(p); w != nil && r.inside(p, w) {
		return w, true
	}
	q, ok := strictSolution(z)
	if !ok {
		return nil, false
	}
	return r.roundInside(p, r.exactStep(p, g, q))
}

func (r *rows) signedRow(p Pattern, i int) []float64 {
	v := r.denseRow(i)
	scale(v, p.Sign(i))
	return v
}

// stepInside looks for a vector g + t q strictly inside the cell of p, t falling from half way to the next wall.
func (r *rows) stepInside(p Pattern, g, q []float64) ([]float64, bool) {
	t := norm2(g) / norm2(q)
	for i := range r.n {
		if a, b := r.dot(i, g), r.dot(i, q); a*b < 0 && r.sign(i, g) != 0 {
			t = math.Min(t, math.Abs(a/b))
		}
	}
	w := make([]float64, r.d)
	for range 16 {
		t /= 2
		for j := range w {
			w[j] = g[j] + t*q[j]
		}
		if r.inside(p, w) {
			return w, true
		}
	}
	return nil, false
}

// exactStep returns g + t q, t half way to the next wall.
func (r *rows) exactStep(p Pattern, g []float64, q []*big.Rat) []*big.Rat {
	t := big.NewRat(1, 1)
	for i := range r.n {
		a, b := new(big.Rat), new(big.Rat)
		for j, v := range r.denseRow(i) {
			if v != 0 {
				x := new(big.Rat).SetFloat64(v)
				b.Add(b, new(big.Rat).Mul(x, q[j]))
				a.Add(a, x.Mul(x, new(big.Rat).SetFloat64(g[j])))
			}
		}
		if a.Sign()*b.Sign() < 0 {
			if a.Quo(a, b.Neg(b)); a.Cmp(t) < 0 {
				t = a
			}
		}
	}
	t.Mul(t, big.NewRat(1, 2))
	w := make([]*big.Rat, r.d)
	for j := range w {
		w[j] = new(big.Rat).Mul(t, q[j])
		w[j].Add(w[j], new(big.Rat).SetFloat64(g[j]))
	}
	return w
}

// roundInside looks for a float64 vector strictly inside the cell of p, in which w lies: multiples of w, rounded, then
// the methods for slivers.
func (r *rows) roundInside(p Pattern, w []*big.Rat) ([]float64, bool) {
	top := new(big.Rat)
	for _, v := range w {
		if a := new(big.Rat).Abs(v); a.Cmp(top) > 0 {
			top = a
		}
	}
	g := make([]float64, len(w))
	for k := range 20 {
		f := new(big.Rat).SetFloat64(1 + float64(k)*0.6180339887498949/20)
		f.Quo(f, top)
		for j, v := range w {
			g[j], _ = new(big.Rat).Mul(v, f).Float64()
		}
		if r.inside(p, g) {
			return g, true
		}
	}
	return r.sliverInside(p, w)
}

// widest returns the direction of largest margin in floating point, nil if that fails, and the multipliers of the rows
// that bind it.
func (r *rows) widest(p Pattern) ([]float64, []Multiplier) {
	all := make([]uint64, wordsFor(r.n))
	for k := range all {
		all[k] = math.MaxUint64
	}
	if m := r.n % 64; m != 0 {
		all[len(all)-1] >>= 64 - m
	}
	apex := make([]float64, r.d+1)
	apex[r.d] = 1
	w := make([]float64, r.d+1)
	mu, err := NewProjector(r.margins(p)).Project(w, apex, Pattern{r.n, all}, nil)
	if err != nil || norm2(w[:r.d]) == 0 {
		return nil, mu
	}
	return w[:r.d], mu
}

// margins is the matrix with rows (s_i x_i/‖x_i‖, -1), zero for zero rows (n x (d+1)).
func (r *rows) margins(p Pattern) mat.Matrix {
	if r.ptr == nil {
		m := mat.NewDense(r.n, r.d+1, nil)
		for i := range r.n {
			if v := r.norm(i); v > 0 {
				r.addTo(m.RawRowView(i), p.Sign(i)/v, i)
				m.Set(i, r.d, -1)
			}
		}
		return m
	}
	ptr, ind, val := []int{0}, []int{}, []float64{}
	for i := range r.n {
		if v := r.norm(i); v > 0 {
			at, x := r.row(i)
			for k, j := range at {
				ind, val = append(ind, j), append(val, p.Sign(i)*x[k]/v)
			}
			ind, val = append(ind, r.d), append(val, -1)
		}
		ptr = append(ptr, len(ind))
	}
	return sparse.NewCSR(r.n, r.d+1, ptr, ind, val)
}
