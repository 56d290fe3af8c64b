package certificate

import (
	"fmt"
	"math"

	"multigrade/proofs/internal/exact"
	"slices"
)

// dual decides Dual.Bound <= D(nu) = -L*(-nu/n), nu'y/n - ||nu||^2/(2n) for
// squares; an offset o takes off nu'o/n. With weights a sample counts as w times its
// term at nu/w. Of ridge the blocks take off more: squares is their sum over the patterns.
func (k *Checker) dual(squares exact.Ball) (string, error) {
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	if err := k.inDomain(); err != nil {
		return "", err
	}
	claimed := k.C.Dual.Bound
	if idle(k.C.Dual.Nu) && claimed <= 0 {
		return fmt.Sprintf("optimum over the listed patterns >= %v, as no loss is negative", claimed), nil
	}
	value := k.dualBall()
	if k.C.Program.Ridge {
		value = k.ridgeDual(squares)
	}
	switch exact.Point(claimed).Compare(value) {
	case exact.LessOrEqual:
		return fmt.Sprintf("optimum over the listed patterns >= %v", claimed), nil
	case exact.Undecided:
		if !k.C.Program.Ridge && k.exactDualAtLeast(claimed) {
			return fmt.Sprintf("optimum over the listed patterns >= %v (decided exactly)", claimed), nil
		}
	}
	return "", fmt.Errorf("bound: %v claimed, D(nu) is %v, %s", claimed, value.Mid, Excess(claimed-value.Mid))
}

// idle says that nu = 0, where D is exactly 0: no loss is ever less.
func idle(nu []float64) bool {
	return !slices.ContainsFunc(nu, func(v float64) bool { return v != 0 })
}

// claimable is the largest bound that the check finds without going beyond float64.
func (k *Checker) claimable() float64 {
	if idle(k.C.Dual.Nu) {
		return 0
	}
	if k.C.Program.Ridge {
		pass := k.newListedPass()
		pass.add(k.C.Patterns)
		return exact.Below(k.ridgeDual(pass.squares).Lower())
	}
	return exact.Below(k.dualBall().Lower())
}

func (k *Checker) dualBall() exact.Ball {
	var sum exact.Ball
	if idle(k.C.Dual.Nu) {
		return sum
	}
	for i, v := range k.C.Dual.Nu {
		sum = sum.Add(k.Kind().dual(&k.C.Program, v, k.Y[i], k.weight(i)))
		if o := k.offset(i); o != 0 {
			sum = sum.Sub(exact.Point(2 * v).Mul(exact.Point(o)))
		}
	}
	return sum.Div(2 * float64(len(k.Y)))
}

// exactDualAtLeast decides 2n D(nu) >= 2n claimed, for squares
// sum_i nu_i (2 y_i - nu_i). What needs a logarithm, or a division by a weight, is left
// to dualBall, but for nu = 0, where every term is 0.
func (k *Checker) exactDualAtLeast(claimed float64) bool {
	term := k.Kind().exactDual
	if term == nil || k.C.Program.Weighted && !k.Kind().linear {
		return claimed <= 0 && !slices.ContainsFunc(k.C.Dual.Nu, func(v float64) bool { return v != 0 })
	}
	sum := new(exact.Dyadic)
	for i, v := range k.C.Dual.Nu {
		sum.Add(sum, term(&k.C.Program, v, k.Y[i])).Add(sum, new(exact.Dyadic).Product(-2*v, k.offset(i)))
	}
	return sum.Compare(new(exact.Dyadic).Product(2*float64(len(k.Y)), claimed)) >= 0
}

// A side is one sign s of a pattern's dual inequality with its multipliers.
type side struct {
	sign rune // '+' or '-'
	s    float64
	mu   []Multiplier
}

func (p *Pattern) sides() [2]side {
	return [2]side{{'+', 1, p.Plus}, {'-', -1, p.Minus}}
}

// sumNu decides sum_i nu_i = 0, which an intercept requires.
func (k *Checker) sumNu() error {
	if !k.C.Program.Intercept {
		return nil
	}
	sum := new(exact.Dyadic)
	for _, v := range k.C.Dual.Nu {
		sum.Add(sum, exact.Of(v))
	}
	return balanced(sum)
}

// balanced is an error about a sum of nu that is not 0.
func balanced(sum *exact.Dyadic) error {
	if sum.Sign() != 0 {
		return fmt.Errorf("nu: sums to %.6g, expected exactly 0 with an intercept", sum.Float())
	}
	return nil
}

// tinyProduct is where the product of two float64 is no longer the sum of two.
const tinyProduct = 0x1p-960

// blocks decides the norm inequalities of all patterns.
type blocks struct {
	*Checker
	x           exact.Matrix // without columns that store nothing, which add nothing to a norm
	slope       float64
	nuMagnitude []float64  // d: upper bounds of sum_i |nu_i x_ij|, whatever the pattern
	radius      exact.Ball // (n beta)^2
}

func (k *Checker) newBlocks() *blocks {
	b := &blocks{Checker: k, x: k.X.StoredColumns(), slope: k.C.Program.slope()}
	b.nuMagnitude = make([]float64, b.x.Cols)
	b.radius = exact.Point(float64(k.C.Program.Rows)).Mul(exact.Point(k.C.Program.Beta)).Square()
	for i, v := range k.C.Dual.Nu {
		b.addRow(b.nuMagnitude, i, math.Abs(v), math.Abs)
	}
	for j, m := range b.nuMagnitude {
		b.nuMagnitude[j] = exact.Outward(m) + exact.SumError(k.C.Program.Rows, m)
	}
	if b.slope != 0 && slices.ContainsFunc(k.C.Dual.Nu, func(v float64) bool { return v != 0 && math.Abs(b.slope*v) < tinyProduct }) {
		for j := range b.nuMagnitude {
			b.nuMagnitude[j] = math.Inf(1) // nothing is known before all is decided exactly
		}
	}
	return b
}

// addRow adds a * f(x_i) to v.
func (b *blocks) addRow(v []float64, i int, a float64, f func(float64) float64) {
	values, index := b.x.Row(i)
	for e, x := range values {
		j := e
		if index != nil {
			j = index[e]
		}
		v[j] += a * f(x)
	}
}

// blockScratch is one worker's space, d numbers each.
type blockScratch struct {
	nu        []float64 // X' A_p nu
	total     []float64 // X' (s A_p nu + S_p mu)
	magnitude []float64 // sum of the absolute values of what total adds up
	sharp     []exact.Compensated
}

func newBlockScratch(cols int) *blockScratch {
	return &blockScratch{make([]float64, cols), make([]float64, cols), make([]float64, cols), make([]exact.Compensated, cols)}
}

// check decides both signs of pattern number p.
func (b *blocks) check(p int, pattern *Pattern, w *blockScratch) error {
	clear(w.nu)
	for i, v := range b.C.Dual.Nu {
		if pattern.Active(i) {
			b.axpy(w.nu, i, v)
		} else if b.slope != 0 {
			b.axpy(w.nu, i, b.slope*v) // one rounding more, for which SumError has room
		}
	}
	for _, side := range pattern.sides() {
		if norm := b.norm(pattern, side, w); b.exceeds(pattern, side, w, norm) {
			radius := float64(b.C.Program.Rows) * b.C.Program.Beta
			return fmt.Errorf("pattern %d sign %c: ||X'(s A nu + S mu)|| = %.17g exceeds n beta = %.17g", p, side.sign, math.Sqrt(norm.Mid), radius)
		}
	}
	return nil
}

// axpy adds a x_i to v.
func (b *blocks) axpy(v []float64, i int, a float64) {
	values, index := b.x.Row(i)
	if index == nil {
		v = v[:len(values)]
		for j, x := range values {
			v[j] += a * x
		}
		return
	}
	for e, x := range values {
		v[index[e]] += a * x
	}
}

// norm encloses ||X'(s A_p nu + S_p mu)||^2 in float64. It leaves w.magnitude.
func (b *blocks) norm(pattern *Pattern, side side, w *blockScratch) exact.Ball {
	for j, v := range w.nu {
		w.total[j] = side.s * v
	}
	copy(w.magnitude, b.nuMagnitude)
	for _, m := range side.mu {
		b.axpy(w.total, m.Row, pattern.coneSign(m.Row)*m.Value)
		b.addRow(w.magnitude, m.Row, math.Abs(m.Value), math.Abs)
	}
	terms := b.C.Program.Rows + len(side.mu)
	var sum exact.Ball
	for j, v := range w.total {
		sum = sum.Add(exact.Ball{Mid: v, Rad: exact.SumError(terms, w.magnitude[j])}.Square())
	}
	return sum
}

// coneSign is the diagonal of S = 2D - I.
func (p *Pattern) coneSign(i int) float64 {
	if p.Active(i) {
		return 1
	}
	return -1
}

// exceeds decides the inequality: by the enclosure norm, else by compensated
// sums, else exactly.
func (b *blocks) exceeds(pattern *Pattern, side side, w *blockScratch, norm exact.Ball) bool {
	for _, enclose := range [...]func() exact.Ball{func() exact.Ball { return norm }, func() exact.Ball { return b.sharpNorm(pattern, side, w) }} {
		switch enclose().Compare(b.radius) {
		case exact.LessOrEqual:
			return false
		case exact.Greater:
			return true
		}
	}
	radius := new(exact.Dyadic).Product(float64(b.C.Program.Rows), b.C.Program.Beta)
	return b.exactNorm(pattern, side).Compare(radius.Mul(radius, radius)) > 0
}

// terms calls f with every row of s A_p nu + S_p mu and its coefficient, the product
// of two numbers.
func (b *blocks) terms(pattern *Pattern, side side, f func(i int, a, by float64)) {
	for i, v := range b.C.Dual.Nu {
		switch {
		case v == 0:
		case pattern.Active(i):
			f(i, side.s*v, 1)
		case b.slope != 0:
			f(i, side.s*v, b.slope)
		}
	}
	for _, m := range side.mu {
		f(m.Row, pattern.coneSign(m.Row)*m.Value, 1)
	}
}

func (b *blocks) sharpNorm(pattern *Pattern, side side, w *blockScratch) exact.Ball {
	clear(w.sharp)
	b.terms(pattern, side, func(i int, a, by float64) {
		values, index := b.x.Row(i)
		high := a * by
		low := math.FMA(a, by, -high) // exact, as the product is not tiny
		for e, x := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			w.sharp[j].Add(high, x)
			if low != 0 {
				w.sharp[j].Add(low, x)
			}
		}
	})
	terms := 2*b.C.Program.Rows + len(side.mu)
	var sum exact.Ball
	for j := range w.sharp {
		magnitude := w.magnitude[j] + exact.SumError(terms, w.magnitude[j])
		sum = sum.Add(w.sharp[j].Ball(terms, magnitude).Square())
	}
	return sum
}

func (b *blocks) exactNorm(pattern *Pattern, side side) *exact.Dyadic {
	columns := make(map[int]*exact.Dyadic)
	b.terms(pattern, side, func(i int, a, by float64) {
		values, index := b.x.Row(i)
		for e, x := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			if columns[j] == nil {
				columns[j] = new(exact.Dyadic)
			}
			if by == 1 {
				columns[j].AddProduct(a, x)
				continue
			}
			term := new(exact.Dyadic).Product(a, by)
			columns[j].Add(columns[j], term.Mul(term, exact.Of(x)))
		}
	})
	sum := new(exact.Dyadic)
	for _, v := range columns {
		sum.Add(sum, v.Mul(v, v))
	}
	return sum
}
