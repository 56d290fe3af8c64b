package hyperplane

import (
	"math"
	"math/big"
)

// strictSolution decides in rational arithmetic whether some w has b_i·w > 0 for all given rows b_i (not zero, of
// equal length d), and returns one.
//
// By Gordan's theorem there is none exactly when  Σ λ_i b_i = 0, Σ λ_i = 1, λ >= 0  has a solution. Phase one of the
// revised simplex method looks for it from an artificial basis, by Bland's rule (artificials first), which cannot cycle. If it ends with
// Σ artificials = y_t > 0, its dual (y, y_t) has y·b_i + y_t <= 0 for all i, so w = -y.
func strictSolution(b [][]float64) ([]*big.Rat, bool) {
	if len(b) == 0 {
		return nil, false
	}
	d := len(b[0])
	s := newPhaseOne(b, d)
	for {
		s.price()
		i := s.entering()
		if i < 0 {
			break
		}
		s.pivot(i)
	}
	if s.dual[d].Sign() <= 0 {
		return nil, false
	}
	w := s.dual[:d]
	for _, v := range w {
		v.Neg(v)
	}
	return w, true
}

// phaseOne is the simplex method's state; columns are (b_i, 1), basis entry -1 - k is the artificial of equation k.
type phaseOne struct {
	d       int
	column  [][]*big.Rat // n: the d entries of b_i, scaled by a power of two
	basis   []int        // d+1
	inverse [][]*big.Rat // (d+1) x (d+1)
	value   []*big.Rat   // d+1: the basic variables
	dual    []*big.Rat   // d+1
}

func newPhaseOne(b [][]float64, d int) *phaseOne {
	s := &phaseOne{d: d}
	for _, row := range b {
		top := 0.0
		for _, v := range row {
			top = math.Max(top, math.Abs(v))
		}
		_, e := math.Frexp(top)
		unit := new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(max(e, -e))))
		if e > 0 {
			unit.Inv(unit)
		}
		c := make([]*big.Rat, d)
		for j, v := range row {
			c[j] = new(big.Rat).SetFloat64(v)
			c[j].Mul(c[j], unit)
		}
		s.column = append(s.column, c)
	}
	for k := range d + 1 {
		s.basis = append(s.basis, -1-k)
		row := make([]*big.Rat, d+1)
		for j := range row {
			row[j] = new(big.Rat)
		}
		row[k].SetInt64(1)
		s.inverse = append(s.inverse, row)
		s.value = append(s.value, new(big.Rat))
		s.dual = append(s.dual, new(big.Rat))
	}
	s.value[d].SetInt64(1)
	return s
}

// price sets dual = c_B B^{-1}, artificials costing 1.
func (s *phaseOne) price() {
	for j := range s.dual {
		s.dual[j].SetInt64(0)
		for k, v := range s.basis {
			if v < 0 {
				s.dual[j].Add(s.dual[j], s.inverse[k][j])
			}
		}
	}
}

// times returns u·(b_i, 1).
func (s *phaseOne) times(u []*big.Rat, i int) *big.Rat {
	sum, t := new(big.Rat).Set(u[s.d]), new(big.Rat)
	for j, v := range s.column[i] {
		if v.Sign() != 0 && u[j].Sign() != 0 {
			sum.Add(sum, t.Mul(u[j], v))
		}
	}
	return sum
}

// entering returns the first column whose reduced cost is negative, or -1.
func (s *phaseOne) entering() int {
	for i := range s.column {
		if s.times(s.dual, i).Sign() > 0 {
			return i
		}
	}
	return -1
}

// pivot brings column i into the basis. The artificial objective is bounded, so some row limits it.
func (s *phaseOne) pivot(i int) {
	dir := make([]*big.Rat, s.d+1)
	out := -1
	var least *big.Rat
	for k := range dir {
		dir[k] = s.times(s.inverse[k], i)
		if dir[k].Sign() > 0 {
			q := new(big.Rat).Quo(s.value[k], dir[k])
			c := -1
			if out >= 0 {
				c = q.Cmp(least)
			}
			if c < 0 || c == 0 && s.basis[k] < s.basis[out] {
				out, least = k, q
			}
		}
	}
	t := new(big.Rat)
	inv := new(big.Rat).Inv(dir[out])
	for j := range s.inverse[out] {
		s.inverse[out][j].Mul(s.inverse[out][j], inv)
	}
	s.value[out].Set(least)
	for k := range dir {
		if k == out || dir[k].Sign() == 0 {
			continue
		}
		for j := range s.inverse[k] {
			s.inverse[k][j].Sub(s.inverse[k][j], t.Mul(dir[k], s.inverse[out][j]))
		}
		s.value[k].Sub(s.value[k], t.Mul(dir[k], least))
	}
	s.basis[out] = i
}
