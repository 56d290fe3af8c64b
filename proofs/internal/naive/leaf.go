package naive

import (
	"fmt"
	"math/big"
)

// A naiveLeaf looks for the largest value on a cone and the unit ball of
//
//	g(w) = sum_j l_j T_j - sum_i max(z_i.w, 0),   w = sum_j l_j v_j, l >= 0
//
// with z_i = |nu_i| x_i for the rows with s nu_i < 0 and T_j what the other rows
// have at vertex j. For any theta_i in [0, 1] and excess_j >= 0 the vector
//
//	c = V^-T (T + excess) - sum_i theta_i z_i
//
// has c.v_j = U_j + excess_j, so ||c|| is an upper bound; every w gives a lower one,
// and at the least ||c|| the two meet in w = c. The search moves one theta or excess
// at a time, in float64; the bounds are exact for whatever it has found.
type naiveLeaf struct {
	vertex, inverse [][]*big.Rat // row j of inverse gives l_j from w
	top             []*big.Rat   // T
	z               [][]*big.Rat
	theta, excess   []float64
}

func (w *Walk) NewLeaf(v [][]*big.Rat) *naiveLeaf {
	l := &naiveLeaf{vertex: v, inverse: naiveInverse(v), excess: make([]float64, w.R)}
	for range v {
		l.top = append(l.top, new(big.Rat))
	}
	for i, x := range w.x {
		if w.nu[i].Sign() < 0 {
			l.z, l.theta = append(l.z, Times(x, new(big.Rat).Abs(w.nu[i]))), append(l.theta, 0.5)
			continue
		}
		for j := range v {
			if z := RatDot(x, v[j]); z.Sign() > 0 {
				l.top[j].Add(l.top[j], z.Mul(z, w.nu[i]))
			}
		}
	}
	return l
}

// Enclose encloses the square of the largest value, ever more closely, until that
// is enough.
func (l *naiveLeaf) Enclose(enough func(Range) bool) Range {
	for sweeps := 1; sweeps < 1<<18; sweeps *= 2 {
		l.descend(sweeps)
		if square := (Range{l.refutation(), l.proof()}); enough(square) {
			return square
		}
	}
	panic(fmt.Sprintf("a leaf with vertices %v is neither proved nor refuted", l.vertex))
}

func Times(v []*big.Rat, by *big.Rat) []*big.Rat {
	var out []*big.Rat
	for _, x := range v {
		out = append(out, RatMul(x, by))
	}
	return out
}

// naiveInverse returns the rows q_j with q_j.v_k = 1 for j = k and 0 otherwise, nil
// if there are none.
func naiveInverse(v [][]*big.Rat) [][]*big.Rat {
	r := len(v)
	a := make([][]*big.Rat, r) // V with the vertices as columns, beside the unit matrix
	for k := range a {
		for j := range r {
			a[k] = append(a[k], v[j][k])
		}
		a[k] = append(a[k], Orthant(r, 0)[k]...)
	}
	for p := range a {
		for s := p; a[p][p].Sign() == 0; s++ {
			if s == r {
				return nil
			}
			a[p], a[s] = a[s], a[p]
		}
		a[p] = Times(a[p], new(big.Rat).Inv(a[p][p]))
		for k := range a {
			if k != p {
				for e, by := len(a[k])-1, a[k][p]; e >= 0; e-- {
					a[k][e] = RatSub(a[k][e], RatMul(by, a[p][e]))
				}
			}
		}
	}
	for k := range a {
		a[k] = a[k][r:]
	}
	return a
}

// c is the vector of the present theta and excess.
func (l *naiveLeaf) c() []*big.Rat {
	c := make([]*big.Rat, len(l.vertex))
	for k := range c {
		c[k] = new(big.Rat)
		for j, q := range l.inverse {
			c[k].Add(c[k], RatMul(q[k], ratAdd(l.top[j], new(big.Rat).SetFloat64(l.excess[j]))))
		}
		for i, z := range l.z {
			c[k].Sub(c[k], RatMul(z[k], new(big.Rat).SetFloat64(l.theta[i])))
		}
	}
	return c
}

// proof is ||c||^2.
func (l *naiveLeaf) proof() *big.Rat { return RatDot(l.c(), l.c()) }

// A naiveVariable is a theta or an excess: value, at least 0 and at most most, moves
// c along a vector.
type naiveVariable struct {
	value *float64
	most  float64
	along []*big.Rat
}

func (l *naiveLeaf) variables() (list []naiveVariable) {
	for i, z := range l.z {
		list = append(list, naiveVariable{&l.theta[i], 1, Times(z, RatInt(-1))})
	}
	for j, q := range l.inverse {
		list = append(list, naiveVariable{&l.excess[j], 0x1p1000, q})
	}
	return list
}

// descend minimises ||c|| over one variable after the other, many times over, and
// then over all that are not at an end of their interval.
func (l *naiveLeaf) descend(sweeps int) {
	c := Floats(l.c())
	variables := l.variables()
	var along [][]float64
	for _, v := range variables {
		along = append(along, Floats(v.along))
	}
	for range sweeps {
		for k, v := range variables {
			if square := floatDot(along[k], along[k]); square > 0 {
				to := min(max(*v.value-floatDot(c, along[k])/square, 0), v.most)
				naiveAddTo(c, to-*v.value, along[k])
				*v.value = to
			}
		}
	}
	l.solve(variables)
}

// solve goes towards the least ||c|| over the variables inside their intervals, and
// again without the one that first reaches an end, until none does.
func (l *naiveLeaf) solve(variables []naiveVariable) {
	for range variables {
		var free []naiveVariable
		for _, v := range variables {
			if *v.value > 0 && *v.value < v.most {
				free = append(free, v)
			}
		}
		step, first, end := 1.0, -1, 0.0
		to := l.leastSquares(free)
		for k, value := range to {
			bound := min(max(value, 0), free[k].most)
			if part := (bound - *free[k].value) / (value - *free[k].value); bound != value && part < step {
				step, first, end = part, k, bound
			}
		}
		for k, value := range to {
			moved := *free[k].value + step*(value-*free[k].value)
			*free[k].value = min(max(moved, 0), free[k].most)
		}
		if first < 0 {
			return
		}
		*free[first].value = end
	}
}

// leastSquares returns the values of the variables that make ||c|| least, nil if
// they are not unique.
func (l *naiveLeaf) leastSquares(free []naiveVariable) (to []float64) {
	c, gram := l.c(), make([][]*big.Rat, len(free))
	var slope []*big.Rat
	for k, v := range free {
		for _, w := range free {
			gram[k] = append(gram[k], RatDot(v.along, w.along))
		}
		slope = append(slope, RatDot(v.along, c))
	}
	for k, row := range naiveInverse(gram) {
		value, _ := RatSub(new(big.Rat).SetFloat64(*free[k].value), RatDot(row, slope)).Float64()
		to = append(to, value)
	}
	return to
}

func Floats(v []*big.Rat) []float64 {
	var out []float64
	for _, x := range v {
		f, _ := x.Float64()
		out = append(out, f)
	}
	return out
}

// refutation is (g(w)/||w||)^2 for the w of the cone nearest to c in l, 0 if g is not positive.
func (l *naiveLeaf) refutation() *big.Rat {
	c := make([]*big.Rat, len(l.vertex))
	for k, v := range Floats(l.c()) {
		c[k] = new(big.Rat).SetFloat64(v)
	}
	w, g := make([]*big.Rat, len(c)), new(big.Rat)
	for k := range w {
		w[k] = new(big.Rat)
	}
	for j, q := range l.inverse {
		if length := RatDot(q, c); length.Sign() > 0 {
			g.Add(g, RatMul(length, l.top[j]))
			for k := range w {
				w[k].Add(w[k], RatMul(length, l.vertex[j][k]))
			}
		}
	}
	for _, z := range l.z {
		if active := RatDot(z, w); active.Sign() > 0 {
			g.Sub(g, active)
		}
	}
	if g.Sign() <= 0 {
		return g.SetInt64(0)
	}
	return g.Quo(g.Mul(g, g), RatDot(w, w))
}

func floatDot(a, b []float64) float64 {
	s := 0.0
	for j, v := range a {
		s += v * b[j]
	}
	return s
}

// naiveAddTo sets dst to dst + a v.
func naiveAddTo(dst []float64, a float64, v []float64) {
	for j, x := range v {
		dst[j] += a * x
	}
}
