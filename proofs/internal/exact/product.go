package exact

import "math"

// A product is the inner product x_i . w of one row with a vector.
type product struct {
	values []float64
	index  []int // nil: dense
	w      []float64
}

// Product of row i with w.
func (m Matrix) Product(i int, w []float64) product {
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

// Ball encloses the product; float64 arithmetic.
func (p product) Ball() Ball {
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
	return Ball{sum, SumError(len(p.values), magnitude)}
}

// sharp encloses the product nearly as well as twice the precision would.
func (p product) sharp() Ball {
	var sum Compensated
	var magnitude float64
	for e, v := range p.values {
		w := p.at(e)
		sum.Add(v, w)
		magnitude += math.Abs(v * w)
	}
	return sum.Ball(len(p.values), Outward(magnitude*(1+float64(len(p.values))*UnitRoundoff*2)))
}

// Exact is the product itself.
func (p product) Exact() *Dyadic {
	sum := new(Dyadic)
	for e, v := range p.values {
		if w := p.at(e); v != 0 && w != 0 {
			sum.AddProduct(v, w)
		}
	}
	return sum
}

// Sign returns the sign of the product, decided exactly; z is an enclosure the
// caller has already.
func (p product) Sign(z Ball) int {
	for _, b := range [...]func() Ball{func() Ball { return z }, p.sharp} {
		switch v := b(); {
		case v.Mid > v.Rad:
			return 1
		case v.Mid < -v.Rad:
			return -1
		}
	}
	return p.Exact().Sign()
}
