package approx

import (
	"errors"
	"fmt"
	"math"
	"math/big"
)

// Expr is a target given by a formula in x1..x9 (x = x1, y = x2). It is immutable and may be shared.
type Expr struct {
	text      string
	dim       int
	lipschitz float64 // given by the caller for the max-norm; 0 if not
	code      []instruction
	depends   []uint16   // per instruction: bit j set if it depends on x_(j+1)
	exponent  []int      // opPower with an integer constant: that integer, else notInteger
	constant  []Interval // values of the instructions that depend on no variable
}

const notInteger = math.MinInt

// DomainError says that a formula is not defined, or cannot be shown to be defined, on a box.
type DomainError struct {
	Column  int // of the operator or function in the formula, from 1
	Message string
	Box     []Interval
}

func (e *DomainError) Error() string {
	s := fmt.Sprintf("column %d: %s", e.Column, e.Message)
	for j, b := range e.Box {
		if j == 0 {
			s += " for "
		} else {
			s += ", "
		}
		if b.Lo == b.Hi {
			s += fmt.Sprintf("x%d = %g", j+1, b.Lo)
		} else {
			s += fmt.Sprintf("x%d in [%g, %g]", j+1, b.Lo, b.Hi)
		}
	}
	return s
}

// ParseExpr reads a formula. dim is the dimension of the cube; 0 takes the largest variable that occurs (at least 1).
// Errors are *SyntaxError, or *DomainError for a constant part without value such as 1/0.
func ParseExpr(text string, dim int) (*Expr, error) {
	if dim < 0 || dim > 9 {
		return nil, fmt.Errorf("dimension %d: expected 1 to 9, or 0 to take it from the expression", dim)
	}
	code, err := parse(text)
	if err != nil {
		return nil, err
	}
	e := &Expr{text: text, dim: max(dim, 1), code: code}
	for _, in := range code {
		if in.op != opVariable {
			continue
		}
		if dim != 0 && in.index >= dim {
			return nil, &SyntaxError{in.column, fmt.Sprintf("variable x%d, but the dimension is %d", in.index+1, dim)}
		}
		e.dim = max(e.dim, in.index+1)
	}
	return e, e.prepare()
}

// WithLipschitz returns the same target with a Lipschitz constant (max-norm) that the caller vouches for.
func (e *Expr) WithLipschitz(l float64) *Expr {
	c := *e
	c.lipschitz = l
	return &c
}

// prepare finds what each instruction depends on and evaluates the constant ones.
func (e *Expr) prepare() error {
	n := len(e.code)
	e.depends, e.exponent, e.constant = make([]uint16, n), make([]int, n), make([]Interval, n)
	w := &evaluation{e: e, value: e.constant}
	for i, in := range e.code {
		switch in.op.arity() {
		case 1:
			e.depends[i] = e.depends[in.a]
		case 2:
			e.depends[i] = e.depends[in.a] | e.depends[in.b]
		}
		if in.op == opVariable {
			e.depends[i] = 1 << in.index
			continue
		}
		if in.op == opPower {
			e.exponent[i] = e.integerExponent(in.b)
		}
		if e.depends[i] == 0 {
			if err := w.step(i, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *Expr) integerExponent(i int) int {
	c := e.constant[i]
	if e.depends[i] != 0 || c.Lo != c.Hi || c.Lo != math.Floor(c.Lo) || math.Abs(c.Lo) > 1024 {
		return notInteger
	}
	return int(c.Lo)
}

// String returns the formula as it was given.
func (e *Expr) String() string { return e.text }

// Dim returns the dimension of the cube.
func (e *Expr) Dim() int { return e.dim }

// Lipschitz returns an upper bound of the Lipschitz constant in the max-norm on the box, from an enclosure of
// the gradient: +Inf if there is none.
func (e *Expr) Lipschitz(box []Interval) (float64, error) {
	w := e.newEvaluation()
	_, err := w.gradient(box)
	if err != nil {
		return 0, err
	}
	l := 0.0
	for _, g := range w.slope(len(e.code) - 1) {
		l = addUp(l, g.Mag())
	}
	return l, nil
}

// Float evaluates the formula in float64 arithmetic; NaN where it is undefined.
func (e *Expr) Float(x []float64) float64 {
	v := make([]float64, len(e.code))
	for i, in := range e.code {
		a, b := v[in.a], v[in.b]
		switch in.op {
		case opNumber:
			v[i], _ = in.number.Float64()
		case opVariable:
			v[i] = x[in.index]
		case opPi:
			v[i] = math.Pi
		case opE:
			v[i] = math.E
		default:
			v[i] = floatOperation(in.op, a, b)
		}
	}
	return v[len(v)-1]
}

func floatOperation(op opcode, a, b float64) float64 {
	switch op {
	case opNegate:
		return -a
	case opAdd:
		return a + b
	case opSubtract:
		return a - b
	case opMultiply:
		return a * b
	case opDivide:
		return a / b
	case opPower:
		return math.Pow(a, b)
	case opSin:
		return math.Sin(a)
	case opCos:
		return math.Cos(a)
	case opTan:
		return math.Tan(a)
	case opExp:
		return math.Exp(a)
	case opLog:
		return math.Log(a)
	case opSqrt:
		return math.Sqrt(a)
	case opAbs:
		return math.Abs(a)
	case opFloor:
		return math.Floor(a)
	case opMin:
		return math.Min(a, b)
	case opMax:
		return math.Max(a, b)
	case opXLogX:
		if a == 0 {
			return 0
		}
		return a * math.Log(a)
	}
	panic("approx: operation without value")
}

var errNotRational = errors.New("the formula is not rational")

// Rat evaluates the formula exactly. It fails where the formula uses pi, e, a transcendental function, a root
// or a power other than an integer one, and where it divides by zero.
func (e *Expr) Rat(x []*big.Rat) (*big.Rat, error) {
	v := make([]*big.Rat, len(e.code))
	for i, in := range e.code {
		var err error
		switch in.op {
		case opNumber:
			v[i] = in.number
		case opVariable:
			v[i] = x[in.index]
		case opPower:
			v[i], err = ratPower(v[in.a], e.exponent[i])
		default:
			v[i], err = ratOperation(in.op, v[in.a], v[in.b])
		}
		if err != nil {
			return nil, fmt.Errorf("column %d: %w", in.column, err)
		}
	}
	return v[len(v)-1], nil
}

func ratOperation(op opcode, a, b *big.Rat) (*big.Rat, error) {
	r := new(big.Rat)
	switch op {
	case opNegate:
		return r.Neg(a), nil
	case opAdd:
		return r.Add(a, b), nil
	case opSubtract:
		return r.Sub(a, b), nil
	case opMultiply:
		return r.Mul(a, b), nil
	case opDivide:
		if b.Sign() == 0 {
			return nil, errors.New("division by zero")
		}
		return r.Quo(a, b), nil
	case opAbs:
		return r.Abs(a), nil
	case opFloor:
		// Int.Div rounds to minus infinity for the positive denominators of a Rat.
		return r.SetInt(new(big.Int).Div(a.Num(), a.Denom())), nil
	case opMin, opMax:
		if (a.Cmp(b) <= 0) == (op == opMin) {
			return a, nil
		}
		return b, nil
	}
	return nil, errNotRational
}

func ratPower(a *big.Rat, n int) (*big.Rat, error) {
	if n == notInteger {
		return nil, errNotRational
	}
	if n < 0 {
		if a.Sign() == 0 {
			return nil, errors.New("division by zero")
		}
		a, n = new(big.Rat).Inv(a), -n
	}
	k := big.NewInt(int64(n))
	return new(big.Rat).SetFrac(new(big.Int).Exp(a.Num(), k, nil), new(big.Int).Exp(a.Denom(), k, nil)), nil
}
