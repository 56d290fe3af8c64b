package hyperplane

import (
	"math"
	"math/big"
	"math/rand/v2"
)

// Gates of slivers: cells between hyperplanes that agree in nearly all digits, as decimal data that are collinear before
// rounding make them. A vector inside is known in rational numbers; wanted is one of float64 numbers, that is, with a
// common exponent, an integer point with entries up to 2^53 in the cone. A simplex in the cone spans a cone in whose
// coordinates the cell is round; there the integer points are a lattice, which is reduced, so that the lattice
// point nearest to the middle can be found (Lenstra, Lenstra and Lovász 1982; Babai 1986).

// mostSliver is the largest dimension in which that is tried.
const mostSliver = 12

// sliverInside looks for a float64 vector strictly inside the cell of p, in which w lies.
func (r *rows) sliverInside(p Pattern, w []*big.Rat) ([]float64, bool) {
	if r.d > mostSliver {
		return nil, false
	}
	rng := rand.New(rand.NewPCG(uint64(r.n), uint64(r.d)))
	for range 2 {
		rays, ok := r.simplexInside(p, w, rng)
		if !ok {
			continue
		}
		exponent := balanceRays(rays, w)
		k, ok := middleOf(rays)
		if !ok {
			continue
		}
		g := make([]float64, r.d)
		for j := range g {
			g[j] = math.Ldexp(k[j], exponent[j])
		}
		if r.inside(p, g) {
			return g, true
		}
	}
	return nil, false
}

// balanceRays divides coordinate j by 2^exponent[j], the size of w there, so that float64 numbers of that size are
// integers of one size.
func balanceRays(rays [][]big.Int, w []*big.Rat) (exponent []int) {
	exponent = make([]int, len(w))
	top := math.MinInt
	for j, v := range w {
		exponent[j] = v.Num().BitLen() - v.Denom().BitLen()
		if v.Sign() != 0 {
			top = max(top, exponent[j])
		}
	}
	for j, v := range w {
		if exponent[j] -= top; v.Sign() == 0 || exponent[j] < -40 {
			exponent[j] = -40
		}
		for _, ray := range rays {
			ray[j].Lsh(&ray[j], uint(41-max(exponent[j], -40)))
		}
	}
	return exponent
}

// simplexInside returns d independent integer vectors in the closed cone of p: w, a point of a wall reached from w in a
// random direction, a point of a second wall reached from there along the first, and so on to an extreme ray.
func (r *rows) simplexInside(p Pattern, w []*big.Rat, rng *rand.Rand) ([][]big.Int, bool) {
	x := clearDenominators(w)
	points := [][]big.Int{x}
	var walls [][]big.Int
	for len(points) < r.d {
		v := randomInNullSpace(walls, r.d, rng)
		next, wall := r.toWall(p, x, v)
		if next == nil {
			for k := range v {
				v[k].Neg(&v[k])
			}
			if next, wall = r.toWall(p, x, v); next == nil {
				return nil, false
			}
		}
		x = next
		points = append(points, x)
		walls = append(walls, wall)
	}
	return points, true
}

// toWall returns the point where x + t v, t > 0, leaves the cone of p, and the row of the wall; nil if it never does.
func (r *rows) toWall(p Pattern, x, v []big.Int) (point, wall []big.Int) {
	var bestX, bestV, s, t big.Int // x + (bestX/-bestV) v
	for i := range r.n {
		b := integers(r.signedRow(p, i))
		bx, bv := intDot(b, x), intDot(b, v)
		if bv.Sign() >= 0 || bx.Sign() <= 0 {
			continue
		}
		// bx / -bv < bestX / -bestV
		if wall == nil || s.Mul(bx, &bestV).Cmp(t.Mul(&bestX, bv)) > 0 {
			bestX.Set(bx)
			bestV.Set(bv)
			wall = b
		}
	}
	if wall == nil {
		return nil, nil
	}
	point = make([]big.Int, r.d)
	bestV.Neg(&bestV)
	for k := range point {
		point[k].Mul(&x[k], &bestV)
		point[k].Add(&point[k], s.Mul(&v[k], &bestX))
	}
	reduceContent(point)
	return point, wall
}

func intDot(a, b []big.Int) *big.Int {
	sum, t := new(big.Int), new(big.Int)
	for k := range a {
		sum.Add(sum, t.Mul(&a[k], &b[k]))
	}
	return sum
}

// clearDenominators returns a positive multiple of w with integer entries.
func clearDenominators(w []*big.Rat) []big.Int {
	common := big.NewInt(1)
	var g big.Int
	for _, v := range w {
		g.GCD(nil, nil, common, v.Denom())
		common.Mul(common, new(big.Int).Quo(v.Denom(), &g))
	}
	out := make([]big.Int, len(w))
	for k, v := range w {
		out[k].Mul(v.Num(), new(big.Int).Quo(common, v.Denom()))
	}
	reduceContent(out)
	return out
}

// randomInNullSpace returns a random integer vector orthogonal to the independent rows.
func randomInNullSpace(rows [][]big.Int, d int, rng *rand.Rand) []big.Int {
	// Eliminate every row from a random start: restrict to its hyperplane, then back.
	if len(rows) == 0 {
		v := make([]big.Int, d)
		for k := range v {
			v[k].SetInt64(rng.Int64N(2001) - 1000)
		}
		return v
	}
	h := rows[0]
	c := largest(h)
	rest := make([][]big.Int, 0, len(rows)-1)
	for _, row := range rows[1:] {
		rest = append(rest, restrictInts(row, h, c))
	}
	u := randomInNullSpace(rest, d-1, rng)
	v := make([]big.Int, d)
	var t big.Int
	at := 0
	for k := range v {
		if k != c {
			v[k].Mul(&u[at], &h[c])
			v[c].Sub(&v[c], t.Mul(&u[at], &h[k]))
			at++
		}
	}
	reduceContent(v)
	return v
}

// middleOf returns the integer point, as float64, near the middle of the simplex with corners 0 and the rays scaled to
// 2^53. In the coordinates lambda = P^{-1} k, P the rays as columns, the middle is (1, .., 1)/d. It gives up when the
// volume of the simplex leaves little hope that there is any integer point.
func middleOf(rays [][]big.Int) ([]float64, bool) {
	d := len(rays)
	const size, digits = 53, 200 // of a ray, and how many are kept
	p := make([][]*big.Rat, d)
	columns := make([][]big.Int, d)
	for i := range p {
		p[i] = make([]*big.Rat, 2*d)
	}
	for k, ray := range rays {
		top := 0
		for i := range ray {
			top = max(top, ray[i].BitLen())
		}
		columns[k] = make([]big.Int, d)
		for i := range ray {
			e := &columns[k][i]
			e.Lsh(&ray[i], digits)
			e.Rsh(e, uint(top))
			p[i][k] = new(big.Rat).SetFrac(e, new(big.Int).Lsh(big.NewInt(1), digits-size))
			p[i][d+k] = new(big.Rat)
		}
	}
	for i := range p {
		p[i][d+i].SetInt64(1)
	}
	if determinantBits(columns)-d*(digits-size) < 0 || !gaussJordan(p, d) {
		return nil, false
	}
	const precision = 100 // binary digits kept of lambda, where the simplex has size 1
	basis := make([][]big.Int, d)
	for j := range basis { // the image of the unit vector j, then of the coordinates
		basis[j] = make([]big.Int, 2*d)
		for i := range d {
			v := new(big.Int).Lsh(p[i][d+j].Num(), precision)
			basis[j][i].Quo(v, p[i][d+j].Denom())
		}
		basis[j][d+j].SetInt64(1)
	}
	reduceLattice(basis, d)
	target := make([]big.Int, d)
	for i := range target {
		target[i].Lsh(big.NewInt(1), precision)
		target[i].Quo(&target[i], big.NewInt(int64(d)))
	}
	k := nearestPlane(basis, target)
	g := make([]float64, d)
	for i := range g {
		if k[d+i].BitLen() > 62 {
			return nil, false
		}
		g[i] = float64(k[d+i].Int64())
	}
	return g, true
}

// gramSchmidt keeps mu_ij and |b*_i|^2 of the first d entries of the basis vectors, in enough digits.
type gramSchmidt struct {
	mu   [][]*big.Float
	size []*big.Float
	star [][]*big.Float
}

const latticePrecision = 600

func newFloat() *big.Float { return new(big.Float).SetPrec(latticePrecision) }

func newGramSchmidt(basis [][]big.Int, d int) *gramSchmidt {
	g := &gramSchmidt{}
	for range basis {
		mu, star := make([]*big.Float, d), make([]*big.Float, d)
		for i := range d {
			mu[i], star[i] = newFloat(), newFloat()
		}
		g.mu, g.star, g.size = append(g.mu, mu), append(g.star, star), append(g.size, newFloat())
	}
	for i := range basis {
		g.update(basis, i)
	}
	return g
}

// update recomputes row i from the rows before.
func (g *gramSchmidt) update(basis [][]big.Int, i int) {
	t, s, b := newFloat(), newFloat(), newFloat()
	d := len(g.star[i])
	for c := range d {
		g.star[i][c].SetInt(&basis[i][c])
	}
	for j := range i {
		s.SetInt64(0)
		for c := range d {
			s.Add(s, t.Mul(b.SetInt(&basis[i][c]), g.star[j][c]))
		}
		g.mu[i][j].Quo(s, g.size[j])
		for c := range d {
			g.star[i][c].Sub(g.star[i][c], t.Mul(g.mu[i][j], g.star[j][c]))
		}
	}
	g.size[i].SetInt64(0)
	for c := range d {
		g.size[i].Add(g.size[i], t.Mul(g.star[i][c], g.star[i][c]))
	}
}

// reduceLattice makes the basis LLL-reduced in its first d entries.
func reduceLattice(basis [][]big.Int, d int) {
	g := newGramSchmidt(basis, d)
	left, right, t := newFloat(), newFloat(), newFloat()
	for k := 1; k < len(basis); {
		for j := k - 1; j >= 0; j-- {
			q := round(g.mu[k][j])
			if q.Sign() == 0 {
				continue
			}
			subtract(basis[k], q, basis[j])
			f := newFloat().SetInt(q)
			for i := range j {
				g.mu[k][i].Sub(g.mu[k][i], t.Mul(f, g.mu[j][i]))
			}
			g.mu[k][j].Sub(g.mu[k][j], f)
		}
		left.Copy(g.size[k])
		right.Mul(g.mu[k][k-1], g.mu[k][k-1])
		right.Sub(newFloat().SetFloat64(0.75), right)
		right.Mul(right, g.size[k-1])
		if left.Cmp(right) >= 0 {
			k++
			continue
		}
		basis[k], basis[k-1] = basis[k-1], basis[k]
		g.update(basis, k-1)
		g.update(basis, k)
		for i := k + 1; i < len(basis); i++ {
			g.update(basis, i)
		}
		k = max(k-1, 1)
	}
}

// nearestPlane returns Babai's lattice vector near target (d entries), all entries of it.
func nearestPlane(basis [][]big.Int, target []big.Int) []big.Int {
	d := len(target)
	g := newGramSchmidt(basis, d)
	rest := make([]big.Int, len(basis[0]))
	for i := range target {
		rest[i].Set(&target[i])
	}
	sum, t, b := newFloat(), newFloat(), newFloat()
	for j := len(basis) - 1; j >= 0; j-- {
		sum.SetInt64(0)
		for c := range d {
			sum.Add(sum, t.Mul(b.SetInt(&rest[c]), g.star[j][c]))
		}
		subtract(rest, round(sum.Quo(sum, g.size[j])), basis[j])
	}
	for i := range rest { // the coordinates part of rest is minus the vector's
		rest[i].Neg(&rest[i])
	}
	return rest
}

// subtract sets a -= q b.
func subtract(a []big.Int, q *big.Int, b []big.Int) {
	var t big.Int
	for i := range a {
		a[i].Sub(&a[i], t.Mul(q, &b[i]))
	}
}

// round returns the integer nearest to v.
func round(v *big.Float) *big.Int {
	half := big.NewFloat(0.5)
	if v.Sign() < 0 {
		half.Neg(half)
	}
	z, _ := newFloat().Add(v, half).Int(nil)
	return z
}
