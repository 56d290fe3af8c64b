package approx

import (
	"fmt"
	"math/big"
	"strings"
	"unicode"
)

// SyntaxError says where an expression stops being one. Columns count characters from 1.
type SyntaxError struct {
	Column  int
	Message string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("column %d: %s", e.Column, e.Message) }

type opcode uint8

const (
	opNumber opcode = iota
	opPi
	opE
	opVariable
	opNegate
	opAdd
	opSubtract
	opMultiply
	opDivide
	opPower
	opSin
	opCos
	opTan
	opExp
	opLog
	opSqrt
	opAbs
	opFloor
	opMin
	opMax
	opXLogX // t log t, 0 at 0; no function of its own: see product
)

// instruction is one node of the expression; its operands a and b are earlier instructions.
type instruction struct {
	op     opcode
	a, b   int
	column int
	number *big.Rat // opNumber
	index  int      // opVariable: from 0
}

var functions = map[string]opcode{
	"sin": opSin, "cos": opCos, "tan": opTan, "exp": opExp, "log": opLog, "sqrt": opSqrt,
	"abs": opAbs, "floor": opFloor, "min": opMin, "max": opMax, "pow": opPower,
}

const knownNames = "x, y, z, x1..x9, pi, e, sin, cos, tan, exp, log, sqrt, abs, min, max, pow, floor"

// oscillates says that a function has no limit at infinity.
func (op opcode) oscillates() bool { return op == opSin || op == opCos || op == opTan || op == opFloor }

func (op opcode) arity() int {
	switch op {
	case opMin, opMax, opPower, opAdd, opSubtract, opMultiply, opDivide:
		return 2
	case opNumber, opPi, opE, opVariable:
		return 0
	}
	return 1
}

// parser is a recursive descent over the grammar
//
//	sum     = product { ("+" | "-") product }
//	product = sign { ("*" | "/") sign }
//	sign    = ("-" | "+") sign | power
//	power   = atom [ "^" sign ]                 binds to the right: 2^3^2 = 2^9, -x^2 = -(x^2)
//	atom    = number | name | name "(" sum {"," sum} ")" | "(" sum ")"
type parser struct {
	text  []rune
	pos   int
	depth int
	code  []instruction
}

func parse(text string) ([]instruction, error) {
	p := &parser{text: []rune(text)}
	if _, err := p.sum(); err != nil {
		return nil, err
	}
	if c := p.peek(); c != 0 {
		return nil, p.fail("unexpected %q after the expression; expected an operator or the end", string(c))
	}
	return p.code, nil
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{Column: p.pos + 1, Message: fmt.Sprintf(format, args...)}
}

// peek skips blanks and returns the next character, 0 at the end.
func (p *parser) peek() rune {
	for p.pos < len(p.text) && strings.ContainsRune(" \t\r\n", p.text[p.pos]) {
		p.pos++
	}
	if p.pos == len(p.text) {
		return 0
	}
	return p.text[p.pos]
}

func (p *parser) emit(in instruction) int {
	p.code = append(p.code, in)
	return len(p.code) - 1
}

func (p *parser) sum() (int, error) {
	// Deep nesting would exhaust the stack before it says anything useful.
	if p.depth++; p.depth > 1000 {
		return 0, p.fail("more than 1000 nested parentheses")
	}
	defer func() { p.depth-- }()
	return p.leftAssociative("+-", []opcode{opAdd, opSubtract}, p.product)
}

func (p *parser) product() (int, error) {
	return p.leftAssociative("*/", []opcode{opMultiply, opDivide}, p.sign)
}

func (p *parser) leftAssociative(symbols string, ops []opcode, operand func() (int, error)) (int, error) {
	left, err := operand()
	for err == nil {
		k := strings.IndexRune(symbols, p.peek())
		if k < 0 || p.peek() == 0 {
			return left, nil
		}
		column := p.pos + 1
		p.pos++
		var right int
		if right, err = operand(); err == nil {
			left = p.operation(instruction{op: ops[k], a: left, b: right, column: column})
		}
	}
	return 0, err
}

// operation emits an instruction. The product t^q log t, q > 0 constant, which interval arithmetic can't enclose near 0, becomes
// (s log s)/q with s = t^q: the same for t > 0, and 0 at 0 by continuity.
func (p *parser) operation(in instruction) int {
	if in.op != opMultiply {
		return p.emit(in)
	}
	for _, pair := range [][2]int{{in.a, in.b}, {in.b, in.a}} {
		s, log := p.code[pair[0]], p.code[pair[1]]
		if log.op != opLog {
			continue
		}
		t, q := pair[0], big.NewRat(1, 1)
		switch {
		case s.op == opPower && p.code[s.b].op == opNumber && p.code[s.b].number.Sign() > 0:
			t, q = s.a, p.code[s.b].number
		case s.op == opSqrt:
			t, q = s.a, big.NewRat(1, 2)
		}
		if !p.same(t, log.a) {
			continue
		}
		r := p.emit(instruction{op: opXLogX, a: pair[0], column: in.column})
		return p.emit(instruction{op: opDivide, a: r, b: p.emit(instruction{op: opNumber, number: q, column: in.column}), column: in.column})
	}
	return p.emit(in)
}

// same says whether two instructions are of the same form.
func (p *parser) same(i, j int) bool {
	a, b := p.code[i], p.code[j]
	if i == j {
		return true
	}
	if a.op != b.op || a.index != b.index || a.op == opNumber && a.number.Cmp(b.number) != 0 {
		return false
	}
	switch a.op.arity() {
	case 1:
		return p.same(a.a, b.a)
	case 2:
		return p.same(a.a, b.a) && p.same(a.b, b.b)
	}
	return true
}

func (p *parser) sign() (int, error) {
	negative, column := false, 0
	for c := p.peek(); c == '-' || c == '+'; c = p.peek() {
		if column == 0 {
			column = p.pos + 1
		}
		negative = negative != (c == '-')
		p.pos++
	}
	operand, err := p.power()
	if err == nil && negative {
		operand = p.emit(instruction{op: opNegate, a: operand, column: column})
	}
	return operand, err
}

func (p *parser) power() (int, error) {
	base, err := p.atom()
	if err != nil || p.peek() != '^' {
		return base, err
	}
	column := p.pos + 1
	p.pos++
	if p.depth++; p.depth > 1000 {
		return 0, p.fail("more than 1000 nested powers")
	}
	defer func() { p.depth-- }()
	exponent, err := p.sign()
	if err != nil {
		return 0, err
	}
	return p.emit(instruction{op: opPower, a: base, b: exponent, column: column}), nil
}

func (p *parser) atom() (int, error) {
	switch c := p.peek(); {
	case c == 0:
		return 0, p.fail("the expression ends where a number, a name or \"(\" is expected")
	case c == '(':
		p.pos++
		inner, err := p.sum()
		if err != nil {
			return 0, err
		}
		return inner, p.closing()
	case unicode.IsDigit(c) || c == '.':
		return p.number()
	case unicode.IsLetter(c):
		return p.name()
	default:
		return 0, p.fail("unexpected %q; expected a number, a name or \"(\"", string(c))
	}
}

func (p *parser) closing() error {
	if p.peek() != ')' {
		return p.fail("missing \")\"")
	}
	p.pos++
	return nil
}

func (p *parser) number() (int, error) {
	start := p.pos
	digit := func() bool { return p.pos < len(p.text) && p.text[p.pos] >= '0' && p.text[p.pos] <= '9' }
	for digit() || p.pos < len(p.text) && p.text[p.pos] == '.' {
		p.pos++
	}
	if p.pos < len(p.text) && (p.text[p.pos] == 'e' || p.text[p.pos] == 'E') {
		mark := p.pos
		p.pos++
		if p.pos < len(p.text) && (p.text[p.pos] == '+' || p.text[p.pos] == '-') {
			p.pos++
		}
		if !digit() {
			p.pos = mark
		}
		for digit() {
			p.pos++
		}
	}
	text := string(p.text[start:p.pos])
	value, ok := new(big.Rat).SetString(text)
	if size := len(text); !ok || size > 400 || exponentTooLarge(text) {
		p.pos = start
		return 0, p.fail("%q is not a number of at most 400 characters and exponent at most 300", text)
	}
	return p.emit(instruction{op: opNumber, number: value, column: start + 1}), nil
}

func exponentTooLarge(text string) bool {
	k := strings.IndexAny(text, "eE")
	if k < 0 {
		return false
	}
	digits := strings.TrimLeft(text[k+1:], "+-0")
	return len(digits) > 3 || len(digits) == 3 && digits > "300"
}

func (p *parser) name() (int, error) {
	start := p.pos
	for p.pos < len(p.text) && (unicode.IsLetter(p.text[p.pos]) || unicode.IsDigit(p.text[p.pos]) || p.text[p.pos] == '_') {
		p.pos++
	}
	name := string(p.text[start:p.pos])
	if op, ok := functions[name]; ok {
		return p.call(op, name, start+1)
	}
	in := instruction{column: start + 1}
	switch {
	case name == "pi":
		in.op = opPi
	case name == "e":
		in.op = opE
	case name == "x":
		in.op = opVariable
	case name == "y":
		in.op, in.index = opVariable, 1
	case name == "z":
		in.op, in.index = opVariable, 2
	case len(name) == 2 && name[0] == 'x' && name[1] >= '1' && name[1] <= '9':
		in.op, in.index = opVariable, int(name[1]-'1')
	default:
		p.pos = start
		return 0, p.fail("unknown name %q; known are %s", name, knownNames)
	}
	return p.emit(in), nil
}

func (p *parser) call(op opcode, name string, column int) (int, error) {
	if p.peek() != '(' {
		return 0, p.fail("missing \"(\" after %s", name)
	}
	p.pos++
	args := [2]int{}
	for k := 0; k < op.arity(); k++ {
		if k > 0 {
			if p.peek() != ',' {
				return 0, p.fail("%s takes %d arguments; expected \",\"", name, op.arity())
			}
			p.pos++
		}
		arg, err := p.sum()
		if err != nil {
			return 0, err
		}
		args[k] = arg
	}
	if p.peek() == ',' {
		return 0, p.fail("%s takes %d argument(s); unexpected \",\"", name, op.arity())
	}
	if err := p.closing(); err != nil {
		return 0, err
	}
	return p.emit(instruction{op: op, a: args[0], b: args[1], column: column}), nil
}
