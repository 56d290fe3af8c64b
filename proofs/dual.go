package proofs

import (
	"fmt"
	"math"
)

// dual decides Dual.Bound <= D(nu) = -L*(-nu/n), nu'y/n - ||nu||^2/(2n) for
// squares; an offset o takes off nu'o/n.
func (k *checker) dual() (string, error) {
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	if err := k.inDomain(); err != nil {
		return "", err
	}
	claimed := k.c.Dual.Bound
	value := k.dualBall()
	switch point(claimed).compare(value) {
	case lessOrEqual:
		return fmt.Sprintf("optimum over the listed patterns >= %v", claimed), nil
	case undecided:
		if k.exactDualAtLeast(claimed) {
			return fmt.Sprintf("optimum over the listed patterns >= %v (decided exactly)", claimed), nil
		}
	}
	return "", fmt.Errorf("bound: %v claimed, D(nu) is %v, %s", claimed, value.mid, excess(claimed-value.mid))
}

func (k *checker) dualBall() ball {
	var sum ball
	for i, v := range k.c.Dual.Nu {
		sum = sum.add(k.kind().dual(&k.c.Program, v, k.y[i]))
		if o := k.offset(i); o != 0 {
			sum = sum.sub(point(2 * v).mul(point(o)))
		}
	}
	return sum.div(2 * float64(len(k.y)))
}

// exactDualAtLeast decides 2n D(nu) >= 2n claimed, for squares
// sum_i nu_i (2 y_i - nu_i). What needs a logarithm is left to dualBall.
func (k *checker) exactDualAtLeast(claimed float64) bool {
	term := k.kind().exactDual
	if term == nil {
		return false
	}
	sum := new(dyadic)
	for i, v := range k.c.Dual.Nu {
		sum.add(sum, term(&k.c.Program, v, k.y[i])).add(sum, new(dyadic).product(-2*v, k.offset(i)))
	}
	return sum.compare(new(dyadic).product(2*float64(len(k.y)), claimed)) >= 0
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
func (k *checker) sumNu() error {
	if !k.c.Program.Intercept {
		return nil
	}
	sum := new(dyadic)
	for _, v := range k.c.Dual.Nu {
		sum.add(sum, exact(v))
	}
	if sum.sign() != 0 {
		return fmt.Errorf("nu: sums to %.6g, expected exactly 0 with an intercept", sum.float())
	}
	return nil
}

// blocks decides the norm inequalities of all patterns.
type blocks struct {
	*checker
	x           Matrix    // without columns that store nothing, which add nothing to a norm
	nuMagnitude []float64 // d: upper bounds of sum_i |nu_i x_ij|, whatever the pattern
	radius      ball      // (n beta)^2
}

func (k *checker) newBlocks() *blocks {
	b := &blocks{checker: k, x: k.x.storedColumns()}
	b.nuMagnitude = make([]float64, b.x.cols)
	b.radius = point(float64(k.c.Program.Rows)).mul(point(k.c.Program.Beta)).square()
	for i, v := range k.c.Dual.Nu {
		b.addRow(b.nuMagnitude, i, math.Abs(v), math.Abs)
	}
	for j, m := range b.nuMagnitude {
		b.nuMagnitude[j] = outward(m) + sumError(k.c.Program.Rows, m)
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
	nu        []float64 // X' D_p nu
	total     []float64 // X' (s D_p nu + S_p mu)
	magnitude []float64 // sum of the absolute values of what total adds up
	sharp     []compensated
}

func newBlockScratch(cols int) *blockScratch {
	return &blockScratch{make([]float64, cols), make([]float64, cols), make([]float64, cols), make([]compensated, cols)}
}

// check decides both signs of pattern number p.
func (b *blocks) check(p int, pattern *Pattern, w *blockScratch) error {
	clear(w.nu)
	for i, v := range b.c.Dual.Nu {
		if pattern.Active(i) {
			b.axpy(w.nu, i, v)
		}
	}
	for _, side := range pattern.sides() {
		if norm := b.norm(pattern, side, w); b.exceeds(pattern, side, w, norm) {
			radius := float64(b.c.Program.Rows) * b.c.Program.Beta
			return fmt.Errorf("pattern %d sign %c: ||X'(s D nu + S mu)|| = %.17g exceeds n beta = %.17g", p, side.sign, math.Sqrt(norm.mid), radius)
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

// norm encloses ||X'(s D_p nu + S_p mu)||^2 in float64. It leaves w.magnitude.
func (b *blocks) norm(pattern *Pattern, side side, w *blockScratch) ball {
	for j, v := range w.nu {
		w.total[j] = side.s * v
	}
	copy(w.magnitude, b.nuMagnitude)
	for _, m := range side.mu {
		b.axpy(w.total, m.Row, pattern.coneSign(m.Row)*m.Value)
		b.addRow(w.magnitude, m.Row, math.Abs(m.Value), math.Abs)
	}
	terms := b.c.Program.Rows + len(side.mu)
	var sum ball
	for j, v := range w.total {
		sum = sum.add(ball{v, sumError(terms, w.magnitude[j])}.square())
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
func (b *blocks) exceeds(pattern *Pattern, side side, w *blockScratch, norm ball) bool {
	for _, enclose := range [...]func() ball{func() ball { return norm }, func() ball { return b.sharpNorm(pattern, side, w) }} {
		switch enclose().compare(b.radius) {
		case lessOrEqual:
			return false
		case greater:
			return true
		}
	}
	radius := new(dyadic).product(float64(b.c.Program.Rows), b.c.Program.Beta)
	return b.exactNorm(pattern, side).compare(radius.mul(radius, radius)) > 0
}

// terms calls f with every row and coefficient of s D_p nu + S_p mu.
func (b *blocks) terms(pattern *Pattern, side side, f func(i int, a float64)) {
	for i, v := range b.c.Dual.Nu {
		if v != 0 && pattern.Active(i) {
			f(i, side.s*v)
		}
	}
	for _, m := range side.mu {
		f(m.Row, pattern.coneSign(m.Row)*m.Value)
	}
}

func (b *blocks) sharpNorm(pattern *Pattern, side side, w *blockScratch) ball {
	clear(w.sharp)
	b.terms(pattern, side, func(i int, a float64) {
		values, index := b.x.Row(i)
		for e, x := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			w.sharp[j].add(a, x)
		}
	})
	terms := b.c.Program.Rows + len(side.mu)
	var sum ball
	for j := range w.sharp {
		magnitude := w.magnitude[j] + sumError(terms, w.magnitude[j])
		sum = sum.add(w.sharp[j].ball(terms, magnitude).square())
	}
	return sum
}

func (b *blocks) exactNorm(pattern *Pattern, side side) *dyadic {
	columns := make(map[int]*dyadic)
	b.terms(pattern, side, func(i int, a float64) {
		values, index := b.x.Row(i)
		for e, x := range values {
			j := e
			if index != nil {
				j = index[e]
			}
			if columns[j] == nil {
				columns[j] = new(dyadic)
			}
			columns[j].addProduct(a, x)
		}
	})
	sum := new(dyadic)
	for _, v := range columns {
		sum.add(sum, v.mul(v, v))
	}
	return sum
}
