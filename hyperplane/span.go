package hyperplane

import (
	"context"
	"math"
	"math/big"
	"runtime"
	"slices"

	"multigrade/internal/parallel"
)

// span is the linear span of some columns of a matrix (n x d) that are independent on the given rows. Whether another
// column lies in it is decided exactly:
//
//	zero, or a multiple of one of them: by comparing entries;
//	otherwise by its coefficients z, the solution of A z = b on those rows (A k x k), which Dixon's method (Exact
//	solution of linear equations using p-adic expansions, 1982) finds in few digits when they are short, and which
//	are then verified on all rows.
type span struct {
	at   func(i, j int) float64
	n, d int
	cols []int
	on   []int // the rows

	scale   []int    // A_q 2^-scale is of integers
	factors *factors // of A 2^-scale modulo p, nil if it has no inverse
}

func newSpan(at func(i, j int) float64, n, d int, cols, on []int) *span {
	return &span{at: at, n: n, d: d, cols: cols, on: on}
}

// holdsAll reports whether all columns lie in the span; if not, it names a column and a row where it leaves it.
func (s *span) holdsAll() (row, col int, ok bool) {
	in := make([]bool, s.d)
	for _, c := range s.cols {
		in[c] = true
	}
	var left []int
	for c := range s.d {
		if !in[c] && !s.isMultiple(c) {
			left = append(left, c)
		}
	}
	if len(left) == 0 {
		return 0, 0, true
	}
	s.prepare()
	for some := range slices.Chunk(left, 4*runtime.GOMAXPROCS(0)) {
		rows, held := make([]int, len(some)), make([]bool, len(some))
		parallel.Each(context.Background(), nil, len(some), runtime.GOMAXPROCS(0), func() func(k int) {
			return func(k int) { rows[k], held[k] = s.holds(some[k]) }
		})
		if k := slices.Index(held, false); k >= 0 {
			return rows[k], some[k], false
		}
	}
	return 0, 0, true
}

// isMultiple reports whether column c is zero or certainly a multiple of one of the columns.
func (s *span) isMultiple(c int) bool {
	first := 0
	for first < s.n && s.at(first, c) == 0 {
		first++
	}
	if first == s.n {
		return true
	}
	b := s.at(first, c)
next:
	for _, p := range s.cols {
		a := s.at(first, p)
		if a == 0 {
			continue
		}
		for i := range s.n {
			if !equalProducts(s.at(i, c), a, s.at(i, p), b) {
				continue next
			}
		}
		return true
	}
	return false
}

// equalProducts reports whether x a = y b for certain: where a product leaves the range in which its rounding error is
// a number it says no.
func equalProducts(x, a, y, b float64) bool {
	if x == 0 || y == 0 {
		return x == y
	}
	const least, most = 1e-290, 1e290
	p, q := x*a, y*b
	if size := math.Abs(p); p != q || !(size > least) || !(size < most) {
		return false
	}
	return math.FMA(x, a, -p) == math.FMA(y, b, -q)
}

// A combination is sum num_j x_(cols_j) = den x_c of columns, without those of num_j = 0.
type combination struct {
	cols []int
	num  []big.Int
	den  *big.Int
}

// holds decides about one column; if it is not in the span, row is one on which it leaves it.
func (s *span) holds(c int) (row int, ok bool) {
	z := s.coefficients(c)
	for i := range s.n {
		if !s.combines(i, c, z) {
			return i, false
		}
	}
	return 0, true
}

// prepare scales A to integers, row by row, and factorises it modulo p.
func (s *span) prepare() {
	mod := make([][]uint64, len(s.on))
	s.scale = make([]int, len(s.on))
	for q, i := range s.on {
		low := math.MaxInt
		for _, c := range s.cols {
			if v := s.at(i, c); v != 0 {
				_, e := integerParts(v)
				low = min(low, e)
			}
		}
		mod[q] = make([]uint64, len(s.cols))
		for j, c := range s.cols {
			mod[q][j] = residueScaled(s.at(i, c), low)
		}
		s.scale[q] = low
	}
	s.factors = factorise(mod)
}

// setScaled sets z = v 2^-low, low at most the exponent of v's last digit.
func setScaled(z *big.Int, v float64, low int) {
	if v == 0 {
		z.SetInt64(0)
		return
	}
	m, e := integerParts(v)
	z.SetInt64(m)
	z.Lsh(z, uint(e-low))
}

// coefficients returns z = num/den with A z = b exactly, b column c on the rows of A. The digits of z to the base p
// are found one after the other; at 1, 2, 4, .. of them the shortest fractions they belong to are tried. A is
// invertible, so a solution is the solution, and with enough digits it is found.
//
// Should the determinant of A be a multiple of p, rational elimination serves.
func (s *span) coefficients(c int) combination {
	if s.factors == nil {
		return s.eliminated(c)
	}
	k := len(s.cols)
	// A row times 2^-scale is integer; b may need more.
	left := make([]big.Int, k)
	more := 0
	for q, i := range s.on {
		if v := s.at(i, c); v != 0 {
			_, e := integerParts(v)
			more = max(more, s.scale[q]-e)
		}
	}
	for q, i := range s.on { // z 2^more is what is looked for
		setScaled(&left[q], s.at(i, c), s.scale[q]-more)
	}
	b := make([]big.Int, k)
	for q := range b {
		b[q].Set(&left[q])
	}
	p, power := big.NewInt(mersenne), big.NewInt(1)
	z, digits, rest := make([]big.Int, k), make([]uint64, k), make([]uint64, k)
	var t, u big.Int
	for count := 1; ; count++ {
		for q := range left {
			rest[q] = t.Mod(&left[q], p).Uint64()
		}
		s.factors.solve(digits, rest)
		for j, v := range digits {
			t.SetUint64(v)
			z[j].Add(&z[j], u.Mul(&t, power))
		}
		power.Mul(power, p)
		if count&(count-1) == 0 {
			if num, den, ok := fractions(z, power); ok {
				if found := s.combination(num, den); s.solves(found, b) {
					found.den.Lsh(found.den, uint(more))
					return found
				}
			}
		}
		for j, v := range digits { // left = (left - A digits)/p
			if v == 0 {
				continue
			}
			t.SetUint64(v)
			for q, i := range s.on {
				if x := s.at(i, s.cols[j]); x != 0 {
					setScaled(&u, x, s.scale[q])
					left[q].Sub(&left[q], u.Mul(&u, &t))
				}
			}
		}
		for q := range left {
			left[q].Quo(&left[q], p)
		}
	}
}

// combination of the columns of the span.
func (s *span) combination(num []big.Int, den *big.Int) combination {
	z := combination{den: den}
	for j := range num {
		if num[j].Sign() != 0 {
			z.cols, z.num = append(z.cols, s.cols[j]), append(z.num, num[j])
		}
	}
	return z
}

// eliminated is coefficients by Gauss-Jordan elimination.
func (s *span) eliminated(c int) combination {
	k := len(s.cols)
	a := make([][]*big.Rat, k)
	for q, i := range s.on {
		for _, p := range s.cols {
			a[q] = append(a[q], new(big.Rat).SetFloat64(s.at(i, p)))
		}
		a[q] = append(a[q], new(big.Rat).SetFloat64(s.at(i, c)))
	}
	gaussJordan(a, k)
	num, den := make([]big.Int, k), big.NewInt(1)
	for q := range a {
		den.Mul(den, a[q][k].Denom())
	}
	var t big.Int
	for q := range a {
		num[q].Mul(a[q][k].Num(), t.Quo(den, a[q][k].Denom()))
	}
	return s.combination(num, den)
}

// fractions finds num and den, all below sqrt(m/2) in size as far as they are found one by one, with num = den z
// modulo m.
func fractions(z []big.Int, m *big.Int) (num []big.Int, den *big.Int, ok bool) {
	bound := new(big.Int).Rsh(m, 1)
	bound.Sqrt(bound)
	num, den = make([]big.Int, len(z)), big.NewInt(1)
	var rest, n, d, t big.Int
	for j := range z {
		rest.Mod(t.Mul(&z[j], den), m)
		if !fraction(&n, &d, &rest, m, bound) {
			return nil, nil, false
		}
		if d.Cmp(big.NewInt(1)) != 0 {
			for i := range j {
				num[i].Mul(&num[i], &d)
			}
			den.Mul(den, &d)
		}
		num[j].Set(&n)
	}
	return num, den, true
}

// fraction finds n and d, |n| and 0 < d at most bound, with n = d x modulo m by the Euclidean algorithm.
func fraction(n, d, x, m, bound *big.Int) bool {
	r0, r1 := new(big.Int).Set(m), new(big.Int).Set(x)
	s0, s1 := new(big.Int), big.NewInt(1)
	var q, t big.Int
	for r1.Cmp(bound) > 0 {
		q.QuoRem(r0, r1, &t)
		r0.Set(r1)
		r1.Set(&t)
		t.Sub(s0, q.Mul(&q, s1))
		s0.Set(s1)
		s1.Set(&t)
	}
	if s1.CmpAbs(bound) > 0 || s1.Sign() == 0 {
		return false
	}
	n.Set(r1)
	d.Set(s1)
	if d.Sign() < 0 {
		n.Neg(n)
		d.Neg(d)
	}
	return true
}

// solves reports whether A num = den b.
func (s *span) solves(z combination, b []big.Int) bool {
	var sum, t big.Int
	for q, i := range s.on {
		sum.Mul(z.den, &b[q])
		for j, p := range z.cols {
			if x := s.at(i, p); x != 0 {
				setScaled(&t, x, s.scale[q])
				sum.Sub(&sum, t.Mul(&t, &z.num[j]))
			}
		}
		if sum.Sign() != 0 {
			return false
		}
	}
	return true
}

// combines reports whether row i fulfils z = x_c.
func (s *span) combines(i, c int, z combination) bool {
	if equal, sure := s.combinesShort(i, c, z); sure {
		return equal
	}
	low := math.MaxInt
	note := func(v float64) {
		if v != 0 {
			_, e := integerParts(v)
			low = min(low, e)
		}
	}
	note(s.at(i, c))
	for _, p := range z.cols {
		note(s.at(i, p))
	}
	var sum, v, t big.Int
	setScaled(&v, s.at(i, c), low)
	sum.Mul(z.den, &v)
	for j, p := range z.cols {
		if x := s.at(i, p); x != 0 {
			setScaled(&v, x, low)
			sum.Sub(&sum, t.Mul(&v, &z.num[j]))
		}
	}
	return sum.Sign() == 0
}

// combinesShort is combines where all numbers are so short integers that float64 does not round; sure says whether
// they are.
func (s *span) combinesShort(i, c int, z combination) (equal, sure bool) {
	const exact = 1 << 53
	if !z.den.IsInt64() {
		return false, false
	}
	x := s.at(i, c)
	sum := x * float64(z.den.Int64())
	size := math.Abs(sum)
	if x != math.Trunc(x) {
		return false, false
	}
	for j, p := range z.cols {
		x := s.at(i, p)
		if x == 0 {
			continue
		}
		if !z.num[j].IsInt64() || x != math.Trunc(x) {
			return false, false
		}
		term := x * float64(z.num[j].Int64())
		sum -= term
		size += math.Abs(term)
	}
	return sum == 0, size < exact && z.den.Int64() < exact
}
