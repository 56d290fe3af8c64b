package naive

import (
	"math/big"
	"strconv"
)

// Transfer is a line of section global rows: Weight goes from Row to the Rows, times the
// sizes of Factors, and to what is left of the row.
type Transfer struct {
	Row               int
	Weight, Curvature *big.Rat
	Rows              []int
	Factors           []*big.Rat
}

func (l *naiveLines) transfers(sign string, rows int) (all []Transfer) {
	if !l.peek("transfers" + sign) {
		return nil
	}
	count := l.integer(l.exactly("transfers"+sign, 1)[0], 1, 8*rows)
	for k := 0; k < count && !l.bad; k++ {
		f := l.line("transfer", 4)
		t := Transfer{Row: l.integer(f[0], 0, rows-1), Weight: l.number(f[1]), Curvature: l.number(f[2])}
		if terms := l.integer(f[3], 1, rows); strconv.Itoa((len(f)-4)/2) != f[3] || len(f) != 4+2*terms {
			l.fail()
			return nil
		}
		for j := 4; j < len(f); j += 2 {
			t.Rows = append(t.Rows, l.integer(f[j], 0, rows-1))
			t.Factors = append(t.Factors, l.number(f[j+1]))
		}
		all = append(all, t)
	}
	return all
}

// Left are the weights of the rows when the transfers are made.
func (c *Certificate) Left(side int, e Rowwise) []*big.Rat {
	w := Times(c.Nu, RatInt(1-2*side))
	for _, t := range e.Transfers {
		w[t.Row] = RatSub(w[t.Row], t.Weight)
		for k, i := range t.Rows {
			w[i] = ratAdd(w[i], RatMul(t.Weight, new(big.Rat).Abs(t.Factors[k])))
		}
	}
	return w
}

func ratsSub(x, y []*big.Rat) (out []*big.Rat) {
	for k, v := range x {
		out = append(out, RatSub(v, y[k]))
	}
	return out
}
