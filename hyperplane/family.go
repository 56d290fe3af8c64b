package hyperplane

import (
	"math"
	"math/big"
)

// family is an arrangement of m distinct hyperplanes that span R^r (rows 0..m-1), followed by passive rows, of which
// only the signs are wanted. Each row is known exactly, as integers, up to a positive factor, and approximately:
// |val - true| <= err in every entry, for the same true multiple of the integers.
type family struct {
	r, m  int
	val   []float64 // total x r
	err   []float64 // total
	exact func(i int) []big.Int
}

func (f *family) total() int { return len(f.err) }

// tiny is added to every error bound to cover underflow; rows are scaled to about 1.
const tiny = 0x1p-960

// familyOf returns the family of the given integer rows, the first m of which are hyperplanes.
func familyOf(r, m int, ints [][]big.Int) *family {
	f := &family{r: r, m: m, val: make([]float64, len(ints)*r), err: make([]float64, len(ints))}
	for i, v := range ints {
		f.err[i] = approximate(f.val[i*r:(i+1)*r], v)
	}
	f.exact = func(i int) []big.Int { return ints[i] }
	return f
}

// approximate sets val to ints times a power of two, largest entry about 1, and returns the error bound.
func approximate(val []float64, ints []big.Int) float64 {
	top := 0
	for k := range ints {
		top = max(top, ints[k].BitLen())
	}
	var cut big.Int
	for k := range ints {
		shift := max(0, ints[k].BitLen()-62)
		cut.Rsh(&ints[k], uint(shift))
		val[k] = math.Ldexp(float64(cut.Int64()), max(shift-top, -1000))
	}
	return 2*unitRoundoff + tiny
}

// integers returns the entries of v, times a power of two, as integers.
func integers(v []float64) []big.Int {
	out := make([]big.Int, len(v))
	low := math.MaxInt
	for _, a := range v {
		if a != 0 {
			_, e := integerParts(a)
			low = min(low, e)
		}
	}
	for k, a := range v {
		if a != 0 {
			m, e := integerParts(a)
			out[k].SetInt64(m)
			out[k].Lsh(&out[k], uint(e-low))
		}
	}
	reduceContent(out)
	return out
}

// reduceContent divides v by the greatest common divisor of its entries.
func reduceContent(v []big.Int) {
	var g, abs big.Int
	for k := range v {
		if v[k].Sign() != 0 {
			g.GCD(nil, nil, &g, abs.Abs(&v[k]))
		}
	}
	if g.BitLen() > 1 {
		for k := range v {
			v[k].Quo(&v[k], &g)
		}
	}
}

// cross sets z = (a_o h_c - a_c h_o) sign(h_c), the entry o of row a eliminated with row h at column c.
func cross(z, tmp *big.Int, a, h []big.Int, o, c int) {
	z.Mul(&a[o], &h[c])
	z.Sub(z, tmp.Mul(&a[c], &h[o]))
	if h[c].Sign() < 0 {
		z.Neg(z)
	}
}

// restrictInts returns row a restricted to the hyperplane h, parametrised by the coordinates other than c.
func restrictInts(a, h []big.Int, c int) []big.Int {
	out := make([]big.Int, 0, len(a)-1)
	var tmp big.Int
	for o := range a {
		if o != c {
			out = append(out, big.Int{})
			cross(&out[len(out)-1], &tmp, a, h, o, c)
		}
	}
	reduceContent(out)
	return out
}

// largest returns the position of the entry of largest magnitude.
func largest(v []big.Int) int {
	c := 0
	for k := range v {
		if v[k].CmpAbs(&v[c]) > 0 {
			c = k
		}
	}
	return c
}

// determinantSign returns the sign of the determinant of the square integer matrix a, which it overwrites.
func determinantSign(a [][]big.Int) int { return determinant(a).Sign() }

// determinantBits returns the length in bits of the determinant of a, which it overwrites.
func determinantBits(a [][]big.Int) int { return determinant(a).BitLen() }

// determinant computes in integers (Bareiss 1968).
func determinant(a [][]big.Int) *big.Int {
	n, sign := len(a), 1
	prev := big.NewInt(1)
	var tmp big.Int
	for k := range n {
		p := k
		for p < n && a[p][k].Sign() == 0 {
			p++
		}
		if p == n {
			return new(big.Int)
		}
		if p != k {
			a[p], a[k] = a[k], a[p]
			sign = -sign
		}
		for i := k + 1; i < n; i++ {
			for j := k + 1; j < n; j++ {
				a[i][j].Mul(&a[i][j], &a[k][k])
				a[i][j].Sub(&a[i][j], tmp.Mul(&a[i][k], &a[k][j]))
				a[i][j].Quo(&a[i][j], prev)
			}
		}
		prev = &a[k][k]
	}
	if sign < 0 {
		a[n-1][n-1].Neg(&a[n-1][n-1])
	}
	return &a[n-1][n-1]
}
