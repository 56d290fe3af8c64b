package cube

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"multigrade/proofs/internal/exact"
)

// A formula is a target in postfix order, a function of x1..xdim.
type formula struct {
	words []word
	dim   int
	deep  int // largest number of values on the stack
}

func newFormula(text string, dim int) (*formula, error) {
	words, err := readFormula(text)
	if err != nil {
		return nil, err
	}
	f := &formula{words: words, dim: dim}
	depth := 0
	for _, w := range words {
		if w.code == 'x' && w.index >= dim {
			return nil, formulaError{w.column, fmt.Sprintf("variable x%d in dimension %d", w.index+1, dim)}
		}
		depth += 1 - w.operands()
		f.deep = max(f.deep, depth)
	}
	return f, nil
}

func (w word) operands() int {
	switch w.code {
	case '#', 'x', 'p', 'e':
		return 0
	case '+', '-', '*', '/', '^', 'm', 'M':
		return 2
	}
	return 1
}

// A jet encloses values and partial derivatives over a box; a derivative that no
// variable reaches is exactly 0.
type jet struct {
	value exact.Bracket
	slope []exact.Bracket
}

// An evaluator is one goroutine's stack.
type evaluator struct {
	jumps  bool // a floor has met numbers on both sides of an integer
	f      *formula
	stack  []jet
	slopes bool // whether derivatives are wanted
}

func (f *formula) evaluator() *evaluator {
	e := &evaluator{f: f, stack: make([]jet, f.deep)}
	for i := range e.stack {
		e.stack[i].slope = make([]exact.Bracket, f.dim)
	}
	return e
}

// value encloses the formula on a box.
func (e *evaluator) value(box []exact.Bracket) (exact.Bracket, error) {
	e.slopes = false
	return e.run(box)
}

// jet encloses the formula and its (generalised) gradient; the slope is valid until the next call.
func (e *evaluator) jet(box []exact.Bracket) (jet, error) {
	e.slopes = true
	_, err := e.run(box)
	return e.stack[0], err
}

func (e *evaluator) run(box []exact.Bracket) (exact.Bracket, error) {
	top := -1
	for i := range e.f.words {
		w := &e.f.words[i]
		var err error
		switch w.operands() {
		case 0:
			top++
			e.leaf(&e.stack[top], w, box)
		case 1:
			err = e.unary(&e.stack[top], w)
		case 2:
			top--
			err = e.binary(&e.stack[top], &e.stack[top+1], w)
		}
		if err != nil {
			return exact.WholeLine, fmt.Errorf("column %d: %w", w.column, err)
		}
	}
	if v := e.stack[0].value; v.Lo != v.Lo || v.Hi != v.Hi {
		return exact.WholeLine, errors.New("no value")
	}
	return e.stack[0].value, nil
}

func (e *evaluator) leaf(t *jet, w *word, box []exact.Bracket) {
	clear(t.slope)
	switch w.code {
	case '#':
		t.value = w.value
	case 'p':
		t.value = exact.Bracket{Lo: math.Pi, Hi: math.Nextafter(math.Pi, 4)}
	case 'e':
		t.value = exact.Bracket{Lo: math.E, Hi: math.Nextafter(math.E, 4)}
	case 'x':
		t.value = box[w.index]
		t.slope[w.index] = exact.At(1)
	}
}

// chain multiplies the slope by an outer derivative.
func (e *evaluator) chain(t *jet, d exact.Bracket) {
	if !e.slopes {
		return
	}
	for j, s := range t.slope {
		if s != (exact.Bracket{}) {
			t.slope[j] = d.Times(s)
		}
	}
}

var (
	errPole      = errors.New("division by an interval that contains zero")
	errNegative  = errors.New("root of an interval with negative numbers")
	errLog       = errors.New("logarithm of an interval with numbers that are not positive")
	errUnbounded = errors.New("an operation on an unbounded interval")
	errPower     = errors.New("real power of an interval with numbers that are not positive")
)

func (e *evaluator) unary(t *jet, w *word) error {
	a := t.value
	switch w.code {
	case 's', 'c', 't', 'f':
		if a.Size() > math.MaxFloat64 {
			return errUnbounded
		}
	}
	switch w.code {
	case '~':
		t.value = a.Neg()
		e.chain(t, exact.At(-1))
	case 's':
		t.value = a.Sine(0)
		e.chain(t, a.Sine(1))
	case 'c':
		t.value = a.Sine(1)
		e.chain(t, a.Sine(0).Neg())
	case 't':
		c := a.Sine(1)
		if c.Has(0) {
			return errPole
		}
		t.value = a.Sine(0).Over(c)
		e.chain(t, t.value.Squared().Plus(exact.At(1)))
	case 'E':
		t.value = a.Exp()
		e.chain(t, t.value)
	case 'l':
		// At 0 it is minus infinity, which 1/(1 - log x) continues to 0; unbounded values are refused where that could not be.
		if !(a.Lo >= 0) {
			return errLog
		}
		if t.value = a.Log(); a.Hi == 0 {
			t.value = exact.At(-exact.Inf)
		}
		e.chain(t, inverse(a))
	case 'h':
		if !(a.Lo >= 0) {
			return errLog
		}
		t.value = entropyOf(a)
		e.chain(t, a.Log().Plus(exact.At(1)))
	case 'r':
		if !(a.Lo >= 0) {
			return errNegative
		}
		t.value = a.Root()
		e.chain(t, rootSlope(t.value))
	case 'a':
		t.value = a.Magnitude()
		switch {
		case a.Lo >= 0:
		case a.Hi <= 0:
			e.chain(t, exact.At(-1))
		default:
			e.chain(t, exact.Bracket{Lo: -1, Hi: 1})
		}
	case 'f':
		t.value = exact.Bracket{Lo: math.Floor(a.Lo), Hi: math.Floor(a.Hi)}
		if t.value.Lo != t.value.Hi {
			e.jumps = true
			e.chain(t, exact.WholeLine)
		} else {
			clear(t.slope)
		}
	}
	return nil
}

// inverse is 1/a for a.Lo >= 0.
func inverse(a exact.Bracket) exact.Bracket {
	if a.Lo > 0 {
		return exact.At(1).Over(a)
	}
	r := exact.Bracket{Lo: 0, Hi: exact.Inf}
	if a.Hi > 0 {
		r.Lo = exact.QuotientBelow(1, a.Hi)
	}
	return r
}

// entropyOf encloses s log s, which is convex, 0 at 0 and at least -1/e: it lies below the larger end, and above the smaller one
// where 1/e is not inside.
func entropyOf(a exact.Bracket) exact.Bracket {
	end := func(s float64) exact.Bracket {
		if s == 0 {
			return exact.At(0)
		}
		return exact.At(s).Times(exact.At(s).Log())
	}
	r := end(a.Lo).Join(end(a.Hi))
	const below, above = 0.3678794411714423, 0.36787944117144234 // of 1/e = 0.367879441171442321595..
	if a.Lo < above && a.Hi > below {
		r.Lo = -above
	}
	return r
}

// unbounded says that a value may have no bound; 0 times it, or it over another, may then be anything.
func unbounded(a exact.Bracket) bool { return a.Size() > math.MaxFloat64 }

func rootSlope(v exact.Bracket) exact.Bracket {
	r := exact.Bracket{Lo: 0, Hi: exact.Inf}
	if v.Hi > 0 {
		r.Lo = exact.QuotientBelow(0.5, v.Hi)
	}
	if v.Lo > 0 {
		r.Hi = exact.QuotientAbove(0.5, v.Lo)
	}
	return r
}

// binary replaces s by s op t.
func (e *evaluator) binary(s, t *jet, w *word) error {
	a, b := s.value, t.value
	switch w.code {
	case '+':
		s.value = a.Plus(b)
		e.blend(s, t, exact.At(1), exact.At(1))
	case '-':
		s.value = a.Minus(b)
		e.blend(s, t, exact.At(1), exact.At(-1))
	case '*':
		if unbounded(a) && b.Has(0) || unbounded(b) && a.Has(0) {
			return errUnbounded
		}
		s.value = a.Times(b)
		e.blend(s, t, b, a)
	case '/':
		if b.Has(0) {
			return errPole
		}
		if unbounded(a) && unbounded(b) {
			return errUnbounded
		}
		s.value = a.Over(b)
		inverse := exact.At(1).Over(b)
		e.blend(s, t, inverse, s.value.Times(inverse).Neg())
	case 'm', 'M':
		e.extremum(s, t, w.code == 'M')
	case '^':
		return e.power(s, t, w)
	}
	return nil
}

// blend sets s's slope to da s + db t.
func (e *evaluator) blend(s, t *jet, da, db exact.Bracket) {
	if !e.slopes {
		return
	}
	for j := range s.slope {
		p, q := s.slope[j], t.slope[j]
		if p != (exact.Bracket{}) {
			p = da.Times(p)
		}
		if q != (exact.Bracket{}) {
			p = p.Plus(db.Times(q))
		}
		s.slope[j] = p
	}
}

// extremum is max or min; where both operands can be the larger, the generalised
// gradient lies in the hull of both.
func (e *evaluator) extremum(s, t *jet, larger bool) {
	a, b := s.value, t.value
	first, second := a.Lo >= b.Hi, b.Lo >= a.Hi
	s.value = exact.Bracket{Lo: min(a.Lo, b.Lo), Hi: min(a.Hi, b.Hi)}
	if larger {
		s.value = exact.Bracket{Lo: max(a.Lo, b.Lo), Hi: max(a.Hi, b.Hi)}
	} else {
		first, second = second, first
	}
	for j := range s.slope {
		switch {
		case first:
		case second:
			s.slope[j] = t.slope[j]
		default:
			s.slope[j] = s.slope[j].Join(t.slope[j])
		}
	}
}

func (e *evaluator) power(s, t *jet, w *word) error {
	a, b := s.value, t.value
	n := w.power
	if n == realExponent && b.Lo == b.Hi && b.Lo == math.Floor(b.Lo) && math.Abs(b.Lo) <= 1024 {
		n = int(b.Lo)
	}
	switch {
	case n == 0:
		s.value = exact.At(1)
		clear(s.slope)
	case n > 0 && n != realExponent:
		s.value = a.Raised(n)
		e.chain(s, exact.At(float64(n)).Times(a.Raised(n-1)))
	case n != realExponent:
		if a.Has(0) {
			return errPole
		}
		s.value = exact.At(1).Over(a.Raised(-n))
		e.chain(s, exact.At(float64(n)).Over(a.Raised(1-n)))
	case unbounded(b) || unbounded(a) && b.Has(0):
		return errUnbounded
	case a.Lo < 0 || a.Lo == 0 && !(b.Lo > 0):
		return errPower
	default:
		s.value = a.RealPower(b)
		outer := exact.Bracket(exact.WholeLine)
		if a.Lo > 0 {
			outer = s.value.Times(a.Log())
		}
		e.blend(s, t, b.Times(a.RealPower(b.Minus(exact.At(1)))), outer)
	}
	return nil
}

// piecewiseLinear reports whether the formula is built from rational numbers, variables,
// sums, products and quotients with a constant, abs, min and max: it is then decided exactly.
func (f *formula) piecewiseLinear() bool {
	var constant []bool
	for _, w := range f.words {
		n := len(constant)
		switch w.code {
		case '#':
			constant = append(constant, true)
		case 'x':
			constant = append(constant, false)
		case '~', 'a':
		case '+', '-', 'm', 'M':
			constant = append(constant[:n-2], constant[n-2] && constant[n-1])
		case '*':
			if !constant[n-2] && !constant[n-1] {
				return false
			}
			constant = append(constant[:n-2], constant[n-2] && constant[n-1])
		case '/':
			if !constant[n-1] {
				return false
			}
			constant = constant[:n-1]
		default:
			return false
		}
	}
	return true
}

// exact evaluates a piecewise linear formula at several points at once. It stops at the first
// abs, min or max whose choice differs between the points and returns the linear function,
// by its values there, whose sign makes the choice.
func (f *formula) exact(points [][]*big.Rat) (values, kink []*big.Rat, err error) {
	var stack [][]*big.Rat
	for _, w := range f.words {
		n := len(stack)
		if w.operands() == 0 {
			stack = append(stack, exactLeaf(w, points))
			continue
		}
		a, b := stack[n-1], stack[n-1]
		if w.operands() == 2 {
			stack = stack[:n-1]
			a = stack[n-2]
		}
		choice := a
		if w.code == 'm' || w.code == 'M' {
			choice = exactEach(a, b, (*big.Rat).Sub)
		}
		if (w.code == 'a' || w.code == 'm' || w.code == 'M') && straddles(choice) {
			return nil, choice, nil
		}
		v, err := exactOperation(w, a, b)
		if err != nil {
			return nil, nil, fmt.Errorf("column %d: %w", w.column, err)
		}
		stack[len(stack)-1] = v
	}
	return stack[0], nil, nil
}

func exactLeaf(w word, points [][]*big.Rat) []*big.Rat {
	v := make([]*big.Rat, len(points))
	for i, p := range points {
		v[i] = w.number
		if w.code == 'x' {
			v[i] = p[w.index]
		}
	}
	return v
}

func exactEach(a, b []*big.Rat, op func(z, x, y *big.Rat) *big.Rat) []*big.Rat {
	v := make([]*big.Rat, len(a))
	for i := range a {
		v[i] = op(new(big.Rat), a[i], b[i])
	}
	return v
}

func straddles(v []*big.Rat) bool {
	up, down := false, false
	for _, r := range v {
		up, down = up || r.Sign() > 0, down || r.Sign() < 0
	}
	return up && down
}

func exactOperation(w word, a, b []*big.Rat) ([]*big.Rat, error) {
	switch w.code {
	case '~':
		return exactEach(a, a, func(z, x, _ *big.Rat) *big.Rat { return z.Neg(x) }), nil
	case 'a':
		return exactEach(a, a, func(z, x, _ *big.Rat) *big.Rat { return z.Abs(x) }), nil
	case '+':
		return exactEach(a, b, (*big.Rat).Add), nil
	case '-':
		return exactEach(a, b, (*big.Rat).Sub), nil
	case '*':
		return exactEach(a, b, (*big.Rat).Mul), nil
	case '/':
		for _, r := range b {
			if r.Sign() == 0 {
				return nil, errPole
			}
		}
		return exactEach(a, b, (*big.Rat).Quo), nil
	case 'm', 'M':
		larger := w.code == 'M'
		return exactEach(a, b, func(z, x, y *big.Rat) *big.Rat {
			if (x.Cmp(y) >= 0) == larger {
				return z.Set(x)
			}
			return z.Set(y)
		}), nil
	}
	return nil, errors.New("not a piecewise linear operation")
}
