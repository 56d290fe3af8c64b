package hyperplane

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/dense"
)

// Multiplier is one entry of a sparse multiplier mu of a cone {w : s_i x_i·w >= 0}: mu_Row = Value > 0.
type Multiplier struct {
	Row   int
	Value float64
}

// ErrProjection reports that a projection did not settle: rounding errors kept the active set moving.
var ErrProjection = errors.New("hyperplane: cone projection did not settle")

// Projector projects on the cones of the patterns of one X (n x d):
//
//	P_K(c) = argmin ‖w - c‖  over  K = {w : s_i x_i·w >= 0, i = 1..n}
//	       = c + X'S mu,  where  mu = argmin ‖c + X'S mu‖  over  mu >= 0
//
// by the active set method of Lawson and Hanson (Solving Least Squares Problems, 1974, chapter 23) on the second
// form, with the active rows kept as a QR factorisation that is updated row by row, and dst with it. In high dimensions
// the product with all of X, for the most violated row, is shared by many steps (see mostViolated). It is a workspace:
// one per goroutine (see Fork), nothing is allocated once it has grown.
type Projector struct {
	x       *rows
	uniform *uniform  // x, nil where it is not
	inverse []float64 // n: 1/‖x_i‖, 0 for zero rows
	terms   []float64 // d: of the product with a uniform x
	price   []float64 // n: X dst

	// The active rows s_i x_i, as columns of a d x k matrix, are Q R.
	active []int        // k row indices, in the order of the columns
	at     []bool       // n: is the row active
	mu     []float64    // k, matching active
	next   []float64    // k: the unconstrained mu of the active rows
	q      []float64    // column j is q[j*d : (j+1)*d], orthonormal
	r      []float64    // column j is r[j*d : j*d+j+1], upper triangular
	t      []float64    // k: Q'c
	coeff  []float64    // k: scratch of push
	likely []Multiplier // rows to choose from before all are looked at again, with their violations then
	floor  float64      // the violation below which they are not chosen
	barred []Multiplier // rows that must not be chosen now, with their violations
	enough float64
	factor *Factor         // of the next call, nil: none
	near   *nearby         // of the call, nil where X has few rows
	own    nearby          // of a call without a factor
	few    bool            // price was last set for the rows near only
	ctx    context.Context // nil: goes on
	out    []Multiplier

	operations int // since they were last asked for
}

// NewProjector returns a projector for the rows of x (n x d), which it reads but does not copy when it is a
// *mat.Dense or a *sparse.CSR. Entries must be finite.
func NewProjector(x mat.Matrix) *Projector { return newProjector(newRows(x)) }

func newProjector(r *rows) *Projector {
	p := &Projector{x: r, uniform: r.uniformColumns(), inverse: make([]float64, r.n)}
	for i := range p.inverse {
		if v := r.norm(i); v > 0 {
			p.inverse[i] = 1 / v
		}
	}
	return p.Fork()
}

// Fork returns a projector for the same X with its own workspace.
func (p *Projector) Fork() *Projector {
	f := &Projector{x: p.x, uniform: p.uniform, inverse: p.inverse, price: make([]float64, p.x.n), at: make([]bool, p.x.n)}
	if p.uniform != nil {
		f.terms = make([]float64, p.x.d)
	}
	return f
}

// Project sets dst = P_K(c) (both d; they may be the same slice) for the cone of the pattern pat and returns the
// multiplier mu > 0, rows ascending, at most d of them, with
//
//	dst = c + X'S mu,   s_i x_i·dst >= 0,   mu_i s_i x_i·dst = 0     to rounding relative to ‖c‖ (and ‖x_i‖).
//
// ‖dst‖ is the maximum of c·w over {w in K, ‖w‖ <= 1}. A projection that is zero to rounding is returned as zero.
// warm, if not nil, holds the rows to start from, usually the multiplier of a nearby c or of the same cone.
// The result is valid until the next call and may be passed as warm. The error is that a length or pattern does not
// fit, c is not finite, or ErrProjection.
func (p *Projector) Project(dst, c []float64, pat Pattern, warm []Multiplier) ([]Multiplier, error) {
	d := p.x.d
	f := p.factor
	p.factor = nil
	if len(dst) != d || len(c) != d || pat.Len() != p.x.n {
		return nil, fmt.Errorf("hyperplane: projection of %d numbers to %d in the cone of a pattern of %d rows, expected %d, %d and %d",
			len(c), len(dst), pat.Len(), d, d, p.x.n)
	}
	if err := checkFinite("vector to project", c); err != nil {
		return nil, err
	}
	p.grow()
	p.nearbyOf(f)
	c = p.keep(c)
	tol := 4 * unitRoundoff * (8 + math.Sqrt(float64(d))) * norm2(c)
	p.start(pat, warm, f)
	p.residual(dst, c)
	p.settle(dst)
	if err := p.descend(dst, c, pat, tol); err != nil {
		return nil, err
	}
	return p.result(dst, tol), nil
}

// Face is an orthonormal basis (k x d, a vector per row) of the span of the rows x_i active at the last projection:
// near its c the projection is that on the complement, I - Face'Face, where no multiplier is 0. It is valid until the next
// call of Project.
func (p *Projector) Face() blas64.General {
	k, d := len(p.active), p.x.d
	return blas64.General{Rows: k, Cols: d, Stride: d, Data: p.q[:k*d]}
}

// StopAt lets later calls of Project end as soon as ‖dst‖ <= norm, for those who only ask whether the projection is
// that small: then dst = c + X'S mu with mu >= 0 still, so ‖P_K(c)‖ <= ‖dst‖ <= norm, but dst need not lie in K. It
// saves most of the work in high dimensions. 0, as at first, asks for projections.
func (p *Projector) StopAt(norm float64) { p.enough = norm }

// Factor is the QR factorisation of the rows of one pattern that a projection started from: the next one of the same
// cone starts from the same rows more often than not, and copies it.
type Factor struct {
	asked  []int // the rows of warm
	active []int // those of them that are independent
	q, r   []float64
	near   nearby // a point of the cone, mostly
}

// nearbyOf is that of f, or else one that begins anew.
func (p *Projector) nearbyOf(f *Factor) {
	p.near = nil
	switch {
	case p.x.n < manyRows:
	case f != nil:
		p.near = &f.near
	default:
		p.near = &p.own
		p.own.radius = 0
	}
}

// Grow makes room for d rows of d columns in advance.
func (f *Factor) Grow(d int) {
	f.asked, f.active = slices.Grow(f.asked, d), slices.Grow(f.active, d)
	f.q, f.r = slices.Grow(f.q, d*d), slices.Grow(f.r, d*d)
}

// is reports whether the rows of warm are those of f.
func (f *Factor) is(warm []Multiplier) bool {
	return slices.EqualFunc(f.asked, warm, func(i int, m Multiplier) bool { return i == m.Row && m.Value > 0 })
}

// Reuse lets the next call of Project start from f, if that is of the same rows, or else keep there what it starts from.
// All calls with f must be with the same pattern. The result is the same, to the last bit, as without.
func (p *Projector) Reuse(f *Factor) { p.factor = f }

// Within lets later calls of Project end with the error of ctx when it has ended.
func (p *Projector) Within(ctx context.Context) { p.ctx = ctx }

// Operations is about how many floating-point operations were done since the last call: those of the products with X,
// whose entries are read from memory, and of the factor.
func (p *Projector) Operations() float64 {
	done := p.operations
	p.operations = 0
	return float64(done)
}

// descend adds the most violated row until there is none; ‖dst‖ falls with every row.
func (p *Projector) descend(dst, c []float64, pat Pattern, tol float64) error {
	d := p.x.d
	best := math.Inf(1)
	p.likely = p.likely[:0]
	defer p.unbar()
	for range 100 + 20*d + p.x.n {
		if p.ctx != nil && p.ctx.Err() != nil {
			return p.ctx.Err()
		}
		size := norm2(dst)
		if len(p.active) == d {
			clear(dst)
			return nil
		}
		if size <= max(tol, p.enough) {
			p.residual(dst, c)
			return nil
		}
		if size < best {
			p.unbar()
			best = size
		}
		i, violation := p.mostViolated(dst, c, pat)
		if violation <= tol {
			if p.worstBarred(violation) > 1e4*tol {
				return ErrProjection
			}
			return nil
		}
		if !p.push(i, pat.Sign(i), 0) {
			p.bar(i, violation)
			continue
		}
		p.deflate(dst)
		p.settle(dst)
		if !p.at[i] {
			p.bar(i, violation)
		}
	}
	return ErrProjection
}

// bar keeps row i from being chosen until ‖dst‖ falls: adding it changed nothing, so its violation is rounding.
func (p *Projector) bar(i int, violation float64) {
	p.at[i] = true
	p.barred = append(p.barred, Multiplier{i, violation})
}

func (p *Projector) unbar() {
	for _, b := range p.barred {
		p.at[b.Row] = slices.Contains(p.active, b.Row)
	}
	p.barred = p.barred[:0]
}

func (p *Projector) worstBarred(v float64) float64 {
	for _, b := range p.barred {
		v = math.Max(v, b.Value)
	}
	return v
}

// grow makes room for d active rows and the copy of c.
func (p *Projector) grow() {
	d := p.x.d
	k := min(d, p.x.n) + 1
	if p.t == nil {
		p.active = make([]int, 0, k)
		p.mu = make([]float64, 0, k)
		p.next = make([]float64, k)
		p.q = make([]float64, k*d+d)
		p.r = make([]float64, k*d)
		p.t = make([]float64, k)
		p.coeff = make([]float64, k)
		p.likely = make([]Multiplier, 0, 8*mostLikely)
		p.out = make([]Multiplier, 0, k)
	}
}

// keep copies c to the spare column of q, so that dst may be c.
func (p *Projector) keep(c []float64) []float64 {
	spare := p.q[len(p.q)-p.x.d:]
	copy(spare, c)
	return spare
}

// start makes the rows of warm active, by the factorisation f if that is theirs.
func (p *Projector) start(pat Pattern, warm []Multiplier, f *Factor) {
	for _, i := range p.active {
		p.at[i] = false
	}
	p.active, p.mu = p.active[:0], p.mu[:0]
	if f != nil && len(warm) > 0 && f.is(warm) {
		p.take(f, warm)
		return
	}
	for _, m := range warm {
		if m.Row >= 0 && m.Row < p.x.n && m.Value > 0 && len(p.active) < p.x.d && !p.at[m.Row] && p.inverse[m.Row] > 0 {
			p.push(m.Row, pat.Sign(m.Row), m.Value)
		}
	}
	if f != nil {
		p.give(f, warm)
	}
}

// take copies the factorisation f of the rows of warm.
func (p *Projector) take(f *Factor, warm []Multiplier) {
	p.active = append(p.active, f.active...)
	copy(p.q, f.q)
	copy(p.r, f.r)
	p.operations += len(f.q) + len(f.r)
	for _, m := range warm {
		if len(p.mu) < len(f.active) && f.active[len(p.mu)] == m.Row {
			p.at[m.Row] = true
			p.mu = append(p.mu, m.Value)
		}
	}
}

// give copies the factorisation of the active rows, which are of warm, to f.
func (p *Projector) give(f *Factor, warm []Multiplier) {
	f.asked = f.asked[:0]
	for _, m := range warm {
		row := m.Row
		if m.Value <= 0 {
			row = -1 // was left out
		}
		f.asked = append(f.asked, row)
	}
	f.active = append(f.active[:0], p.active...)
	k := len(p.active) * p.x.d
	f.q, f.r = append(f.q[:0], p.q[:k]...), append(f.r[:0], p.r[:k]...)
}

// From sharedFrom columns, or manyRows, on the rows whose violation is at least a fifth of the largest, at most mostLikely
// of them, are remembered: the next rows are chosen among them as long as one is violated by at least that much.
const (
	sharedFrom = 16
	manyRows   = 4096
	mostLikely = 128
)

// mostViolated returns a row that is not active with a large -s_i x_i·dst/‖x_i‖, and that number: the largest of the
// likely rows or, if none of them is violated enough, of all. dst is recomputed before all are looked at.
func (p *Projector) mostViolated(dst, c []float64, pat Pattern) (row int, violation float64) {
	row, violation = -1, p.floor
	for _, m := range p.likely {
		if v := -pat.Sign(m.Row) * p.x.dot(m.Row, dst) * p.inverse[m.Row]; v > violation && !p.at[m.Row] {
			row, violation = m.Row, v
		}
	}
	if row >= 0 {
		return row, violation
	}
	if len(p.likely) > 0 {
		p.residual(dst, c)
	}
	row, violation = p.violations(dst, pat)
	if p.x.d >= sharedFrom || p.x.n >= manyRows {
		p.remember(violation / 5)
	}
	return row, violation
}

// violations sets price to -s_i x_i·dst/‖x_i‖, of all rows or of those that may be violated, and returns the largest entry of
// the rows that are not active, if it is positive.
func (p *Projector) violations(dst []float64, pat Pattern) (row int, violation float64) {
	if p.few = p.near != nil && p.near.covers(dst); p.few {
		return p.violationsOf(p.near.rows, dst, pat)
	}
	p.operations += 12*p.x.n + 8*p.x.stored()
	p.product(dst)
	row = -1
	price, inverse := p.price, p.inverse
	for k, word := range pat.words {
		lo := k * 64
		hi := min(lo+64, len(price))
		for i := lo; i < hi; i++ {
			// an active row's sign bit is 1: -s_i v = -v, otherwise v
			v := math.Float64frombits(math.Float64bits(price[i]*inverse[i]) ^ (word&1)<<63)
			word >>= 1
			price[i] = v
			if v > violation && !p.at[i] {
				row, violation = i, v
			}
		}
	}
	if p.near != nil {
		p.near.set(dst, price)
	}
	return row, violation
}

// product sets price = X w.
func (p *Projector) product(w []float64) {
	if p.uniform == nil {
		p.x.product(p.price, w)
		return
	}
	p.uniform.terms(p.terms, w)
	for i := range p.price {
		p.price[i] = p.uniform.sum(p.terms, p.x.ptr[i], p.x.ptr[i+1])
	}
}

// productOf sets the given entries of price = X w, ascending.
func (p *Projector) productOf(rows []int, w []float64) {
	if p.uniform == nil {
		p.x.productOf(rows, p.price, w)
		return
	}
	p.uniform.terms(p.terms, w)
	for _, i := range rows {
		p.price[i] = p.uniform.sum(p.terms, p.x.ptr[i], p.x.ptr[i+1])
	}
}

// violationsOf is violations of the given rows.
func (p *Projector) violationsOf(rows []int, dst []float64, pat Pattern) (row int, violation float64) {
	p.operations += len(rows) * (12 + 8*p.x.stored()/p.x.n)
	p.productOf(rows, dst)
	row = -1
	for _, i := range rows {
		v := -pat.Sign(i) * (p.price[i] * p.inverse[i])
		p.price[i] = v
		if v > violation && !p.at[i] {
			row, violation = i, v
		}
	}
	return row, violation
}

// remember makes likely of the rows that are violated by at least floor > 0, the most violated of them.
func (p *Projector) remember(floor float64) {
	p.floor, p.likely = floor, p.likely[:0]
	if floor <= 0 {
		return
	}
	least := floor
	take := func(i int) {
		v := p.price[i]
		if !(v >= least) || p.at[i] {
			return
		}
		if p.likely = append(p.likely, Multiplier{i, v}); len(p.likely) == cap(p.likely) {
			least = p.mostOf()
		}
	}
	if p.few {
		for _, i := range p.near.rows {
			take(i)
		}
	} else {
		for i := range p.price {
			take(i)
		}
	}
	if len(p.likely) > mostLikely {
		p.mostOf()
	}
}

// mostOf leaves the mostLikely most violated of the likely rows and returns the least of their violations.
func (p *Projector) mostOf() float64 {
	slices.SortFunc(p.likely, func(a, b Multiplier) int { return cmp.Or(cmp.Compare(b.Value, a.Value), a.Row-b.Row) })
	p.likely = p.likely[:mostLikely]
	return p.likely[mostLikely-1].Value
}

// leftOnce is the share of a column's norm that is to be left of it when the components along the others have been taken off once:
// then what is left of these is at most twice the unit roundoff, and taking them off again, which is most of the work in
// many columns, changes no more than that (Daniel, Gragg, Kaufman and Stewart 1976): 35 instead of 44 CPU seconds for 2000 x 100
// with 100 gates. In few columns both cost little.
const leftOnce = 0.5

// push appends the column s x_i to Q R with multiplier mu; it returns false, changing nothing, when the column is a
// combination of the others to rounding.
func (p *Projector) push(i int, s, mu float64) bool {
	d, k := p.x.d, len(p.active)
	q := p.q[k*d : (k+1)*d]
	r := p.r[k*d : (k+1)*d]
	clear(q)
	clear(r)
	p.x.addTo(q, s, i)
	p.orthogonalise(q, r)
	rest := norm2(q)
	if d < sharedFrom || rest*p.inverse[i] < leftOnce {
		p.orthogonalise(q, r) // twice is enough
		rest = norm2(q)
	}
	if rest*p.inverse[i] <= 64*unitRoundoff {
		return false
	}
	scale(q, 1/rest)
	r[k] = rest
	p.active = append(p.active, i)
	p.mu = append(p.mu, mu)
	p.at[i] = true
	return true
}

// orthogonalise takes off v its components along the active columns of Q and adds them to coeff.
func (p *Projector) orthogonalise(v, coeff []float64) {
	d, k := p.x.d, len(p.active)
	if k == 0 {
		return
	}
	p.operations += 8 * k * d
	q := blas64.General{Rows: k, Cols: d, Stride: d, Data: p.q[:k*d]}
	part := blas64.Vector{N: k, Inc: 1, Data: p.coeff[:k]}
	whole := blas64.Vector{N: d, Inc: 1, Data: v}
	dense.Gemv(blas.NoTrans, 1, q, whole, 0, part)
	dense.Gemv(blas.Trans, -1, q, part, 1, whole)
	floats.Add(coeff[:k], part.Data)
}

// deflate takes off dst its component along the last column of Q, which becomes that of t.
func (p *Projector) deflate(dst []float64) {
	d, k := p.x.d, len(p.active)-1
	q := p.q[k*d : (k+1)*d]
	p.t[k] = dot(q, dst)
	axpy(dst, -p.t[k], q)
}

// settle moves mu to the minimiser over the active rows, dropping rows whose multiplier would become negative on
// the way; dst = c + X'S mu, the component of c orthogonal to the active rows, follows.
func (p *Projector) settle(dst []float64) {
	for {
		k := len(p.active)
		next := p.next[:k]
		p.solve(next)
		step, drop := 1.0, -1
		for j, v := range next {
			if v <= 0 {
				a := 0.0
				if p.mu[j] > 0 {
					a = p.mu[j] / (p.mu[j] - v)
				}
				if a < step || drop < 0 {
					step, drop = a, j
				}
			}
		}
		if drop < 0 {
			copy(p.mu, next)
			return
		}
		for j, v := range next {
			p.mu[j] = math.Max(0, p.mu[j]+step*(v-p.mu[j]))
		}
		p.drop(drop)
		last := len(p.active)
		axpy(dst, p.t[last], p.q[last*p.x.d:(last+1)*p.x.d])
	}
}

// residual sets t = Q'c and dst = c - Q t, orthogonalised twice.
func (p *Projector) residual(dst, c []float64) {
	d, k := p.x.d, len(p.active)
	copy(dst, c)
	clear(p.t[:k])
	if k == d {
		for j := range k {
			p.t[j] = dot(p.q[j*d:(j+1)*d], c)
		}
		clear(dst)
		return
	}
	for range 2 {
		p.orthogonalise(dst, p.t)
	}
}

// solve sets mu = -R^{-1} t.
func (p *Projector) solve(mu []float64) {
	d := p.x.d
	p.operations += 4 * len(mu) * len(mu)
	for j := range mu {
		mu[j] = -p.t[j]
	}
	for j := len(mu) - 1; j >= 0; j-- {
		col := p.r[j*d : j*d+j+1]
		mu[j] /= col[j]
		axpy(mu[:j], -mu[j], col[:j])
	}
}

// drop removes column j from Q R: the columns behind move up and plane rotations restore the triangle, t follows. The
// direction that is lost remains as the column of Q behind the last, with its component in t.
func (p *Projector) drop(j int) {
	d, k := p.x.d, len(p.active)
	p.operations += 12 * (k - j) * d
	p.at[p.active[j]] = false
	p.active = slices.Delete(p.active, j, j+1)
	p.mu = slices.Delete(p.mu, j, j+1)
	for c := j; c < k-1; c++ {
		copy(p.r[c*d:c*d+c+2], p.r[(c+1)*d:(c+1)*d+c+2])
	}
	for c := j; c < k-1; c++ {
		col := p.r[c*d : c*d+c+2]
		h := math.Hypot(col[c], col[c+1])
		cs, sn := col[c]/h, col[c+1]/h
		for m := c; m < k-1; m++ {
			a, b := p.r[m*d+c], p.r[m*d+c+1]
			p.r[m*d+c] = cs*a + sn*b
			p.r[m*d+c+1] = cs*b - sn*a
		}
		p.t[c], p.t[c+1] = cs*p.t[c]+sn*p.t[c+1], cs*p.t[c+1]-sn*p.t[c]
		qa, qb := p.q[c*d:(c+1)*d], p.q[(c+1)*d:(c+2)*d]
		for m, a := range qa {
			b := qb[m]
			qa[m] = cs*a + sn*b
			qb[m] = cs*b - sn*a
		}
	}
}

// result lists the multipliers by row; a dst that is zero to rounding becomes zero.
func (p *Projector) result(dst []float64, tol float64) []Multiplier {
	if norm2(dst) <= tol {
		clear(dst)
	}
	p.out = p.out[:0]
	for j, i := range p.active {
		if p.mu[j] > 0 {
			p.out = append(p.out, Multiplier{Row: i, Value: p.mu[j]})
		}
	}
	slices.SortFunc(p.out, func(a, b Multiplier) int { return a.Row - b.Row })
	return p.out
}

func norm2(v []float64) float64 { return floats.Norm(v, 2) }

func dot(a, b []float64) float64 {
	return floats.Dot(a, b)
}

func axpy(y []float64, a float64, x []float64) {
	if len(x) > 0 {
		floats.AddScaled(y, a, x)
	}
}

func scale(v []float64, a float64) {
	for i := range v {
		v[i] *= a
	}
}
