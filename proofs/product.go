package proofs

import "math"

// A product is the inner product x_i . w of one row with a vector.
type product struct {
	values []float64
	index  []int // nil: dense
	w      []float64
}

// product of row i with w.
func (m Matrix) product(i int, w []float64) product {
	values, index := m.Row(i)
	return product{values, index, w}
}

// at returns the factor that stored entry e meets.
func (p product) at(e int) float64 {
	if p.index == nil {
		return p.w[e]
	}
	return p.w[p.index[e]]
}

// ball encloses the product; float64 arithmetic.
func (p product) ball() ball {
	var sum, magnitude float64
	if p.index == nil {
		w := p.w[:len(p.values)]
		for e, v := range p.values {
			t := v * w[e]
			sum += t
			magnitude += math.Abs(t)
		}
	} else {
		for e, v := range p.values {
			t := v * p.w[p.index[e]]
			sum += t
			magnitude += math.Abs(t)
		}
	}
	return ball{sum, sumError(len(p.values), magnitude)}
}

// sharp encloses the product nearly as well as twice the precision would.
func (p product) sharp() ball {
	var sum compensated
	var magnitude float64
	for e, v := range p.values {
		w := p.at(e)
		sum.add(v, w)
		magnitude += math.Abs(v * w)
	}
	return sum.ball(len(p.values), outward(magnitude*(1+float64(len(p.values))*unitRoundoff*2)))
}

// exact is the product itself.
func (p product) exact() *dyadic {
	sum := new(dyadic)
	for e, v := range p.values {
		if w := p.at(e); v != 0 && w != 0 {
			sum.addProduct(v, w)
		}
	}
	return sum
}

// sign returns the sign of the product, decided exactly; z is an enclosure the
// caller has already.
func (p product) sign(z ball) int {
	for _, b := range [...]func() ball{func() ball { return z }, p.sharp} {
		switch v := b(); {
		case v.mid > v.rad:
			return 1
		case v.mid < -v.rad:
			return -1
		}
	}
	return p.exact().sign()
}
