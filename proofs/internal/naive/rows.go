package naive

import "math/big"

// Rowwise is the evidence of section global rows for one sign.
type Rowwise struct {
	MuTau            []*big.Rat
	Slope, Curvature []*big.Rat
	Transfers        []Transfer
	Known            map[int]Known // rows whose sign is known; nil outside of section global branches
}

// RowsHold decides that every row's parabola is on its side and that both signs'
// matrices are semidefinite.
func (c *Certificate) RowsHold() Answer {
	worst := Holds
	for side, e := range c.Global.Rows {
		worst = max(worst, c.rowwiseHolds(side, e))
	}
	return worst
}

// rowwiseHolds decides it for one sign.
func (c *Certificate) rowwiseHolds(side int, e Rowwise) Answer {
	mu, tau := e.MuTau[0], e.MuTau[1]
	for _, t := range e.Transfers {
		if t.Weight.Sign() <= 0 || t.Curvature.Sign() <= 0 {
			return Fails
		}
	}
	worst := max(c.parabolasFit(side, e), c.knownFit(e))
	if worst == Fails || mu.Sign() < 0 {
		return Fails
	}
	f := c.RowForm(side, e)
	most := RatMul(RatInt(c.n), c.Beta)
	total := ratAdd(ratAdd(mu, tau), f.Constant)
	room := RatMul(RatMul(ratDecimal("1e-15"), RatInt(4*(len(c.X)+len(e.Transfers)+c.d+32)*(c.d+1))), ratAdd(ratAdd(ratAdd(total, most), most), f.Size))
	switch {
	case total.Cmp(most) > 0 || naiveDefinite(f.Matrix(mu, tau)) < 0:
		return Fails
	case ratAdd(total, room).Cmp(most) > 0 || naiveDefinite(f.Matrix(RatSub(mu, room), RatSub(tau, room))) <= 0:
		worst = max(worst, Room)
	}
	return worst
}

// parabolasFit compares squares, so that no root is taken.
func (c *Certificate) parabolasFit(side int, e Rowwise) Answer {
	worst := Holds
	for i, nu := range c.Left(side, e) {
		if _, known := e.Known[i]; known {
			continue
		}
		a, g := e.Slope[i], e.Curvature[i]
		least := a
		if rest := RatSub(RatInt(1), a); rest.Cmp(a) < 0 {
			least = rest
		}
		height := RatDot(c.X[i], c.X[i])
		wide := RatMul(RatMul(g, g), height)
		slim := RatMul(least, least)
		switch {
		case height.Sign() == 0 || nu.Sign() == 0:
		case g.Sign() < 0 || nu.Sign() > 0 && g.Sign() == 0:
			return Fails
		case nu.Sign() > 0:
		case least.Sign() < 0 || wide.Cmp(slim) > 0:
			return Fails
		case g.Sign() > 0 && RatMul(wide, ratDecimal("1.000000002")).Cmp(slim) > 0:
			worst = Room
		}
	}
	return worst
}

// RowForm has the matrix -X' diag(s nu g) X and the column -sum s nu_i a_i x_i/2.
func (c *Certificate) RowForm(side int, e Rowwise) *Form {
	f := &Form{Constant: new(big.Rat), Size: new(big.Rat)}
	for range c.d {
		f.c = append(f.c, new(big.Rat))
		row := make([]*big.Rat, c.d)
		for k := range row {
			row[k] = new(big.Rat)
		}
		f.g = append(f.g, row)
	}
	for i, nu := range c.Left(side, e) {
		x, a, g := c.X[i], e.Slope[i], e.Curvature[i]
		height := RatDot(x, x)
		if height.Sign() == 0 {
			continue
		}
		known, signed := e.Known[i]
		if signed {
			f.Size.Add(f.Size, ratAdd(RatMul(known.A, naiveRoot(height)), RatMul(known.B, height)))
			f.put(x, RatMul(RatInt(known.Sign), known.A), new(big.Rat).Neg(known.B))
		}
		if nu.Sign() > 0 && !signed {
			rest := RatSub(RatInt(1), a)
			above := RatMul(a, a)
			if other := RatMul(rest, rest); other.Cmp(above) > 0 {
				above = other
			}
			f.Constant.Add(f.Constant, RatMul(nu, new(big.Rat).Quo(above, RatMul(RatInt(4), g))))
		}
		f.Size.Add(f.Size, new(big.Rat).Abs(RatMul(RatMul(nu, g), height)))
		f.Size.Add(f.Size, new(big.Rat).Abs(RatMul(RatMul(nu, a), naiveRoot(height))))
		f.put(x, RatMul(nu, a), RatMul(nu, g))
	}
	for _, t := range e.Transfers {
		d := c.X[t.Row]
		size := naiveRoot(RatDot(d, d))
		for k, i := range t.Rows {
			a := t.Factors[k]
			d = ratsSub(d, Times(c.X[i], a))
			size = ratAdd(size, RatMul(new(big.Rat).Abs(a), naiveRoot(RatDot(c.X[i], c.X[i]))))
			if a.Sign() < 0 { // max(a t, 0) = |a| max(t, 0) + a t
				f.put(c.X[i], RatMul(t.Weight, a), new(big.Rat))
			}
		}
		height := RatDot(d, d)
		f.Size.Add(f.Size, RatMul(t.Weight, ratAdd(size, RatMul(t.Curvature, height))))
		f.Constant.Add(f.Constant, new(big.Rat).Quo(t.Weight, RatMul(RatInt(16), t.Curvature)))
		f.put(d, RatMul(t.Weight, big.NewRat(1, 2)), RatMul(t.Weight, t.Curvature))
	}
	return f
}

// put adds linear x.w + square (x.w)^2.
func (f *Form) put(x []*big.Rat, linear, square *big.Rat) {
	for j, v := range x {
		f.c[j].Add(f.c[j], RatMul(linear, v))
		for k, w := range x {
			f.g[j][k].Add(f.g[j][k], RatMul(RatMul(square, v), w))
		}
	}
}
