package approx

import "math"

// evaluation is the workspace of one goroutine for enclosing an Expr and its gradient on boxes.
type evaluation struct {
	e     *Expr
	value []Interval // one per instruction
	grad  []Interval // dim per instruction
	curve []Interval // one per instruction: its second derivative along the direction of the last bend
	point []Interval // the box of a point
}

func (e *Expr) newEvaluation() *evaluation {
	w := &evaluation{e: e, value: make([]Interval, len(e.code)), grad: make([]Interval, len(e.code)*e.dim),
		curve: make([]Interval, len(e.code)), point: make([]Interval, e.dim)}
	copy(w.value, e.constant)
	return w
}

// enclose returns an interval that contains f on the box.
func (w *evaluation) enclose(box []Interval) (Interval, error) {
	for i := range w.e.code {
		if w.e.depends[i] == 0 {
			continue
		}
		if err := w.step(i, box); err != nil {
			return entire, err
		}
	}
	return w.value[len(w.value)-1], nil
}

// gradient is enclose, and leaves enclosures of Clarke's generalised gradient in slope(last instruction).
func (w *evaluation) gradient(box []Interval) (Interval, error) {
	for i := range w.e.code {
		if w.e.depends[i] == 0 {
			continue
		}
		if err := w.step(i, box); err != nil {
			return entire, err
		}
		w.differentiate(i)
	}
	return w.value[len(w.value)-1], nil
}

func (w *evaluation) slope(i int) []Interval { return w.grad[i*w.e.dim : (i+1)*w.e.dim] }

// step encloses the value of instruction i, whose operands are known.
func (w *evaluation) step(i int, box []Interval) error {
	in := &w.e.code[i]
	a, b := w.value[in.a], w.value[in.b]
	undefined := func(message string) error {
		return &DomainError{Column: in.column, Message: message, Box: append([]Interval(nil), box...)}
	}
	if in.op.oscillates() && !a.finite() {
		return undefined("function of " + a.String() + ", which is unbounded,")
	}
	var r Interval
	switch in.op {
	case opNumber:
		r = RatInterval(in.number)
	case opPi:
		r = Interval{math.Pi, above(math.Pi)}
	case opE:
		r = Interval{math.E, above(math.E)}
	case opVariable:
		r = box[in.index]
	case opNegate:
		r = a.neg()
	case opAdd:
		r = a.add(b)
	case opSubtract:
		r = a.sub(b)
	case opMultiply:
		// What is unbounded stands for its values near a place where it has none, so 0 times it may be anything.
		if !a.finite() && b.Contains(0) || !b.finite() && a.Contains(0) {
			return undefined("product of " + a.String() + " and " + b.String())
		}
		r = a.mul(b)
		if in.a == in.b {
			r = a.sqr()
		}
	case opDivide:
		if b.Contains(0) {
			return undefined("division by " + b.String() + ", which contains zero,")
		}
		if !a.finite() && !b.finite() {
			return undefined("quotient of " + a.String() + " and " + b.String())
		}
		r = a.div(b)
	case opPower:
		return w.power(i, undefined)
	case opSin:
		r = a.sin()
	case opCos:
		r = a.cos()
	case opTan:
		c := a.cos()
		if c.Contains(0) {
			return undefined("tangent of " + a.String() + ", which may contain a pole,")
		}
		r = a.sin().div(c)
	case opExp:
		r = a.exp()
	case opLog:
		// At 0 it is minus infinity: 1/(1-log(x)) is 0 there, by continuity. A value that ends so is refused (at).
		if a.Lo < 0 {
			return undefined("logarithm of " + a.String() + ", which is not positive,")
		}
		r = a.log()
	case opSqrt:
		if a.Lo < 0 {
			return undefined("square root of " + a.String() + ", which is not nonnegative,")
		}
		r = a.sqrt()
	case opAbs:
		r = a.abs()
	case opFloor:
		r = a.floor()
	case opMin:
		r = a.min(b)
	case opMax:
		r = a.max(b)
	case opXLogX:
		if a.Lo < 0 {
			return undefined("logarithm of " + a.String() + ", which is not positive,")
		}
		r = a.xLogX()
	}
	w.value[i] = r
	return nil
}

func (w *evaluation) power(i int, undefined func(string) error) error {
	in := &w.e.code[i]
	a, b := w.value[in.a], w.value[in.b]
	n := w.e.exponent[i]
	switch {
	case n != notInteger:
		if n < 0 && a.Contains(0) {
			return undefined("division by a power of " + a.String() + ", which contains zero,")
		}
		w.value[i] = a.powInt(n)
	case !a.finite() && b.Contains(0) || !b.finite():
		return undefined("power of " + a.String() + " with the exponent " + b.String())
	case a.Lo < 0:
		return undefined("power of " + a.String() + ", which is not nonnegative, with a real exponent")
	case a.Lo == 0 && b.Lo <= 0:
		return undefined("power of " + a.String() + ", which contains zero, with an exponent that is not positive")
	default:
		w.value[i] = a.powReal(b)
	}
	return nil
}

// differentiate applies the chain rule to instruction i: slope = da * slope(a) + db * slope(b).
func (w *evaluation) differentiate(i int) {
	in := &w.e.code[i]
	if in.op == opVariable {
		s := w.slope(i)
		clear(s)
		s[in.index] = Point(1)
		return
	}
	da, db := w.partials(i)
	out, sa, sb := w.slope(i), w.slope(in.a), w.slope(in.b)
	ma, mb := w.e.depends[in.a], w.e.depends[in.b]
	if in.op.arity() == 1 {
		mb = 0
	}
	for j := range out {
		r := Point(0)
		if ma>>j&1 == 1 {
			r = da.mul(sa[j])
		}
		if mb>>j&1 == 1 {
			r = r.add(db.mul(sb[j]))
		}
		out[j] = r
	}
}

// partials encloses the derivatives of instruction i by its operands (generalised at kinks; the whole line or
// an infinite end where they are unbounded). The product of 0 and an infinite end is 0.
func (w *evaluation) partials(i int) (da, db Interval) {
	in := &w.e.code[i]
	a, b, v := w.value[in.a], w.value[in.b], w.value[i]
	one := Point(1)
	switch in.op {
	case opNegate:
		return Point(-1), db
	case opAdd:
		return one, one
	case opSubtract:
		return one, Point(-1)
	case opMultiply:
		return b, a
	case opDivide:
		da = one.div(b)
		return da, v.mul(da).neg()
	case opSin:
		return a.cos(), db
	case opCos:
		return a.sin().neg(), db
	case opTan:
		return one.add(v.sqr()), db
	case opExp:
		return v, db
	case opLog:
		return a.reciprocal(), db
	case opXLogX:
		return a.log().add(one), db
	case opSqrt:
		if v.Lo == 0 {
			if v.Hi == 0 {
				return Interval{0, math.Inf(1)}, db
			}
			return Interval{divDown(0.5, v.Hi), math.Inf(1)}, db
		}
		return Point(0.5).div(v), db
	case opAbs:
		return signOf(a), db
	case opFloor:
		if v.Lo == v.Hi {
			return Point(0), db
		}
		return entire, db
	case opMin:
		s := choice(a.sub(b))
		return one.sub(s), s
	case opMax:
		s := choice(a.sub(b))
		return s, one.sub(s)
	case opPower:
		return w.powerPartials(i)
	}
	return entire, entire
}

func (w *evaluation) powerPartials(i int) (da, db Interval) {
	in := &w.e.code[i]
	a, b, v := w.value[in.a], w.value[in.b], w.value[i]
	switch n := w.e.exponent[i]; {
	case n == 0:
		return Point(0), db
	case n != notInteger:
		return Point(float64(n)).mul(a.powInt(n - 1)), db
	}
	da = b.mul(a.powReal(b.sub(Point(1))))
	if w.e.depends[in.b] != 0 {
		db = entire
		if a.Lo > 0 {
			db = v.mul(a.log())
		}
	}
	return da, db
}

// signOf encloses the derivative of the absolute value.
func signOf(a Interval) Interval {
	switch {
	case a.Lo > 0:
		return Point(1)
	case a.Hi < 0:
		return Point(-1)
	case a.Lo == 0 && a.Hi > 0:
		return Point(1) // one-sided: the box lies on the right of the kink
	case a.Hi == 0 && a.Lo < 0:
		return Point(-1)
	}
	return Interval{-1, 1}
}

// choice encloses the weight of the first operand in max(a, b), given a - b.
func choice(d Interval) Interval {
	switch {
	case d.Lo >= 0:
		return Point(1)
	case d.Hi <= 0:
		return Point(0)
	}
	return Interval{0, 1}
}
