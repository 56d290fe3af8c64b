package certificate

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"multigrade/proofs/internal/exact"
)

// A loss is the data term of a program: L(z) is the mean of phi(z_i, y_i), or
// for linf the maximum of |z_i - y_i|. It is judged as 2L per sample, which
// keeps the halves of squares and huber out of exact arithmetic, and always from
// the residual r_i = y_i - z_i; for labels y_i = +1 or -1 the margin is
// y_i z_i = 1 - y_i r_i, and an offset of z is taken off r_i.
type loss struct {
	// twice encloses 2 phi for every residual in r.
	twice func(p *Program, r exact.Ball, y float64) exact.Ball
	// Exact is 2 phi itself; nil where it is not a dyadic number (logistic).
	Exact func(p *Program, r *exact.Dyadic, y float64) *exact.Dyadic
	// dual encloses -2 w phi*(-nu/w) for nu/w in the interval.
	dual func(p *Program, nu, y, w float64) exact.Ball
	// exactDual is -2 w phi*(-nu/w) itself, nil like exact. Squares and huber have it for
	// w = 1 alone (linear is false): otherwise it is no dyadic number.
	exactDual func(p *Program, nu, y float64) *exact.Dyadic
	linear    bool // exactDual does not depend on w
	// interval is the domain of dual for w = 1, nil for the whole line.
	interval func(p *Program, y float64) (lo, hi float64)
	Labels   bool // the targets are +1 and -1
	Weights  bool // the samples may have weights
	Maximum  bool // linf
	// parameter says what is wrong with the loss's number; nil for losses without.
	parameter func(t float64) error
	// Term is phi in float64, as a ledger has it, of the residual e = y - z for numbers
	// and of the margin for labels, t being the loss's number; Halved: twice that. Nil
	// where it is no such number (logistic).
	Term   func(e, t float64) float64
	Halved bool
}

// Losses is the one list of them.
var Losses = map[string]loss{
	Squared:  {twice: twiceSquare, Weights: true, Exact: exactSquare, dual: dualQuadratic, exactDual: exactQuadratic, Term: squareTerm, Halved: true},
	Huber:    {twice: twiceHuber, Weights: true, Exact: exactHuber, dual: dualQuadratic, exactDual: exactQuadratic, interval: thresholds, parameter: positive, Term: huberTerm},
	L1:       {twice: twiceAbsolute, Weights: true, Exact: exactAbsolute, dual: dualLinear, exactDual: exactLinear, linear: true, interval: unitInterval, Term: absoluteTerm},
	LInf:     {twice: twiceAbsolute, Exact: exactAbsolute, dual: dualLinear, exactDual: exactLinear, linear: true, Maximum: true, Term: absoluteTerm},
	Quantile: {twice: twiceQuantile, Weights: true, Exact: exactQuantile, dual: dualLinear, exactDual: exactLinear, linear: true, interval: levels, parameter: level, Term: quantileTerm},
	Logistic: {twice: twiceSoftplus, Weights: true, dual: dualEntropy, interval: labelInterval, Labels: true},
	Monotone: {twice: twiceSquare, Exact: exactSquare, dual: dualBoxed, exactDual: exactBoxed, Term: squareTerm, Halved: true},
	Hinge:    {twice: twiceHinge, Weights: true, Exact: exactHinge, dual: dualLinear, exactDual: exactLinear, linear: true, interval: labelInterval, Labels: true, Term: hingeTerm},
}

// LossNames are the names of Losses, sorted.
var LossNames = slices.Sorted(maps.Keys(Losses))

// FormParameter says what is wrong with the number t of a loss of Losses, which is
// 0 where the loss has none.
func FormParameter(name string, t float64) error {
	check := Losses[name].parameter
	switch {
	case check == nil && t != 0:
		return fmt.Errorf("threshold: %v for loss %s, expected none", t, name)
	case check != nil:
		return check(t)
	}
	return nil
}

func level(q float64) error {
	if !(q > 0 && q < 1) {
		return fmt.Errorf("threshold: %v, expected a level between 0 and 1", q)
	}
	return nil
}

func levels(p *Program, _ float64) (lo, hi float64) {
	lo = p.Threshold - 1 // nearest; the interval must not be wider than the real one
	if new(exact.Dyadic).Add(exact.Of(p.Threshold), exact.Of(-1)).Compare(exact.Of(lo)) > 0 {
		lo = math.Nextafter(lo, 0)
	}
	return lo, p.Threshold
}

func exactQuantile(p *Program, r *exact.Dyadic, _ float64) *exact.Dyadic {
	slope := exact.Of(p.Threshold)
	if r.Sign() < 0 {
		slope.Add(slope, exact.Of(-1))
	}
	slope.Mul(slope, r)
	return slope.Mul(slope, exact.Of(2))
}

// twiceQuantile is (2q - 1) r + |r|.
func twiceQuantile(p *Program, r exact.Ball, _ float64) exact.Ball {
	return exact.Point(2 * p.Threshold).Sub(exact.Point(1)).Mul(r).Add(r.Magnitude())
}

func quantileTerm(e, q float64) float64 {
	if e < 0 {
		q--
	}
	return float64(q * e)
}

func positive(t float64) error {
	if !(t > 0 && exact.Finite(t)) {
		return fmt.Errorf("threshold: %v, expected a finite number > 0", t)
	}
	return nil
}

func squareTerm(e, _ float64) float64 { return float64(e * e) }

func absoluteTerm(e, _ float64) float64 { return math.Abs(e) }

func hingeTerm(m, _ float64) float64 { return max(0, 1-m) }

// huberTerm is e^2/2 up to the threshold t and t (|e| - t/2) beyond.
func huberTerm(e, t float64) float64 {
	if a := math.Abs(e); a > t {
		return float64(t * (a - t/2))
	}
	return float64(e*e) / 2
}

func (k *Checker) Kind() loss { return Losses[k.C.Program.Loss] }

func twiceSquare(_ *Program, r exact.Ball, _ float64) exact.Ball { return r.Square() }

func exactSquare(_ *Program, r *exact.Dyadic, _ float64) *exact.Dyadic {
	return new(exact.Dyadic).Mul(r, r)
}

func twiceAbsolute(_ *Program, r exact.Ball, _ float64) exact.Ball {
	return r.Magnitude().Mul(exact.Point(2))
}

func exactAbsolute(_ *Program, r *exact.Dyadic, _ float64) *exact.Dyadic {
	return new(exact.Dyadic).Mul(Absolute(r), exact.Of(2))
}

func Absolute(r *exact.Dyadic) *exact.Dyadic {
	if r.Sign() < 0 {
		return new(exact.Dyadic).Neg(r)
	}
	return new(exact.Dyadic).Copy(r)
}

// twiceHinge: max(0, 1 - y z) = max(0, y r).
func twiceHinge(_ *Program, r exact.Ball, y float64) exact.Ball {
	return r.TimesLabel(y).Relu().Mul(exact.Point(2))
}

func exactHinge(_ *Program, r *exact.Dyadic, y float64) *exact.Dyadic {
	m := new(exact.Dyadic).Mul(r, exact.Of(2*y))
	if m.Sign() < 0 {
		return new(exact.Dyadic)
	}
	return m
}

// twiceHuber is r^2 up to the threshold t and 2 t |r| - t^2 beyond; it grows with
// |r|, so its values at the ends enclose the others.
func twiceHuber(p *Program, r exact.Ball, _ float64) exact.Ball {
	t := exact.Point(p.Threshold)
	at := func(a float64) exact.Ball {
		if a <= p.Threshold {
			return exact.Point(a).Square()
		}
		return t.Mul(exact.Point(2).Mul(exact.Point(a)).Sub(t))
	}
	a := r.Magnitude()
	return Spanning(at(max(a.Lower(), 0)).Lower(), at(a.Upper()).Upper())
}

// Spanning is a ball with all numbers from lo to hi.
func Spanning(lo, hi float64) exact.Ball {
	mid := lo + (hi-lo)/2
	return exact.Ball{Mid: mid, Rad: exact.Outward(max(hi-mid, mid-lo)) + exact.UnitRoundoff*math.Abs(mid)}
}

func exactHuber(p *Program, r *exact.Dyadic, _ float64) *exact.Dyadic {
	a, t := Absolute(r), exact.Of(p.Threshold)
	if a.Compare(t) <= 0 {
		return a.Mul(a, a)
	}
	a.Mul(a, exact.Of(2)).Add(a, new(exact.Dyadic).Neg(t))
	return a.Mul(a, t)
}

// twiceSoftplus is 2 log(1 + exp(-y z)), which grows with -y z = y r - 1.
func twiceSoftplus(_ *Program, r exact.Ball, y float64) exact.Ball {
	t := r.TimesLabel(y).Sub(exact.Point(1))
	return Spanning(2*Softplus(t.Lower()).Lo, 2*Softplus(t.Upper()).Hi)
}

// Softplus encloses log(1 + e^t) = max(t, 0) + log(1 + e^-|t|).
func Softplus(t float64) exact.Bracket {
	if t != t || math.IsInf(t, 0) {
		return exact.WholeLine
	}
	e := exact.At(-math.Abs(t)).Exp()
	small := e.Log1p()
	small.Lo = max(small.Lo, 0)
	small.Hi = min(small.Hi, e.Hi) // log(1+e) <= e
	return exact.At(max(t, 0)).Plus(small)
}

// quotient encloses nu/w.
func quotient(nu, w float64) exact.Ball {
	if w == 1 {
		return exact.Point(nu)
	}
	return exact.Point(nu).Div(w)
}

// dualQuadratic is nu (2 y - nu/w).
func dualQuadratic(_ *Program, nu, y, w float64) exact.Ball {
	return exact.Point(nu).Mul(exact.Point(2 * y).Sub(quotient(nu, w)))
}

func exactQuadratic(_ *Program, nu, y float64) *exact.Dyadic {
	t := exact.Of(y)
	t.Mul(t, exact.Of(2)).Add(t, exact.Of(-nu))
	return t.Mul(t, exact.Of(nu))
}

// dualLinear is 2 nu y, whatever w is.
func dualLinear(_ *Program, nu, y, _ float64) exact.Ball {
	return exact.Point(2 * nu).Mul(exact.Point(y))
}

func exactLinear(_ *Program, nu, y float64) *exact.Dyadic {
	t := new(exact.Dyadic).Product(nu, y)
	return t.Mul(t, exact.Of(2))
}

// dualEntropy is -2 w (s log s + (1-s) log(1-s)) for s = nu y/w.
func dualEntropy(_ *Program, nu, y, w float64) exact.Ball {
	if t := nu * y; t <= 0 || t >= w {
		return exact.Ball{}
	}
	s := exact.At(nu * y)
	if w != 1 {
		if s = s.Over(exact.At(w)).Meet(exact.Bracket{Lo: 0, Hi: 1}); !(s.Lo > 0 && s.Hi < 1) {
			return Spanning(0, 2*w) // next to an end: the entropy is at most log 2
		}
	}
	rest := exact.At(1).Minus(s)
	h := s.Times(s.Log()).Plus(rest.Times(s.Neg().Log1p())).Neg()
	h = exact.Bracket{Lo: max(h.Lo, 0), Hi: h.Hi}
	if w != 1 {
		h = h.Times(exact.At(w))
	}
	return Spanning(2*h.Lo, 2*h.Hi)
}

func unitInterval(*Program, float64) (lo, hi float64) { return -1, 1 }

func thresholds(p *Program, _ float64) (lo, hi float64) { return -p.Threshold, p.Threshold }

func labelInterval(_ *Program, y float64) (lo, hi float64) { return min(0, y), max(0, y) }

// targetsFit: labels are +1 or -1, weights positive.
func (k *Checker) targetsFit() error {
	for i, w := range k.C.Program.Weights {
		if !(w > 0) {
			return fmt.Errorf("weights: %v at row %d, expected a number > 0", w, i)
		}
	}
	if !k.Kind().Labels {
		return nil
	}
	for i, v := range k.Y {
		if v != 1 && v != -1 {
			return fmt.Errorf("y: label %d is %v, loss %s is for +1 and -1", i, v, k.C.Program.Loss)
		}
	}
	return nil
}

// inDomain: nu lies where the conjugate of the loss is finite.
func (k *Checker) inDomain() error {
	l := k.Kind()
	if l.Maximum {
		sum := new(exact.Dyadic)
		for _, v := range k.C.Dual.Nu {
			sum.Add(sum, exact.Of(math.Abs(v)))
		}
		if err := absoluteSum(sum, len(k.Y)); err != nil {
			return err
		}
	}
	if l.interval == nil {
		return nil
	}
	for i, v := range k.C.Dual.Nu {
		lo, hi := l.interval(&k.C.Program, k.Y[i])
		w := k.weight(i)
		if within := lo <= v && v <= hi; w == 1 && !within || w != 1 && !(productAtMost(w, lo, v) && productAtMost(-w, hi, -v)) {
			return fmt.Errorf("nu: %v at row %d, the dual function of %s is -infinite outside [%v, %v]", v, i, k.C.Program.Loss, w*lo, w*hi)
		}
	}
	return nil
}

// absoluteSum decides sum |nu_i| <= n.
func absoluteSum(sum *exact.Dyadic, n int) error {
	if sum.Compare(exact.Of(float64(n))) > 0 {
		return fmt.Errorf("nu: the absolute values sum to %.17g, the dual function of linf is -infinite beyond n = %d", sum.Float(), n)
	}
	return nil
}

// productAtMost decides a b <= c.
func productAtMost(a, b, c float64) bool {
	return new(exact.Dyadic).Product(a, b).Compare(exact.Of(c)) <= 0
}

// LossBall encloses L.
func (k *Checker) LossBall(residual func(RowResult) exact.Ball) exact.Ball {
	l := k.Kind()
	var sum exact.Ball
	for i, r := range k.rows {
		v := l.twice(&k.C.Program, residual(r), k.Y[i])
		if w := k.weight(i); w != 1 {
			v = v.Mul(exact.Point(w))
		}
		if !l.Maximum {
			sum = sum.Add(v)
		} else if i == 0 {
			sum = v
		} else {
			sum = Spanning(max(sum.Lower(), v.Lower()), max(sum.Upper(), v.Upper()))
		}
	}
	if l.Maximum {
		return sum.Div(2)
	}
	return sum.Div(2 * float64(len(k.rows)))
}

// exactTwice is 2n L itself from the samples' 2 phi.
func (l loss) exactTwice(phi []exact.Dyadic) *exact.Dyadic {
	sum := new(exact.Dyadic)
	for i := range phi {
		if !l.Maximum {
			sum.Add(sum, &phi[i])
		} else if phi[i].Compare(sum) > 0 {
			sum.Copy(&phi[i])
		}
	}
	if l.Maximum {
		sum.Mul(sum, exact.Of(float64(len(phi))))
	}
	return sum
}
