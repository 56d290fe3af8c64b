package cube

import (
	"fmt"
	"math/big"
	"multigrade/proofs/internal/exact"
	"slices"
)

// The grammar of targets, read here a second time, independently of the code that
// made the model: numbers, x, y, z, x1..x9, pi, e, the functions below, + - * / ^ and
// parentheses. ^ binds to the right and stronger than a sign before it.

// A word is one operation of a formula in postfix order.
type word struct {
	code   rune          // '#' number, 'x' variable, 'p' pi, 'e' e, '~' negation, + - * / ^, or a function's letter
	column int           // from 1; 'h' is s log s (entropy)
	number *big.Rat      // '#'
	value  exact.Bracket // its enclosure
	index  int           // 'x': from 0
	power  int           // '^' with a constant integer exponent: that exponent; else realExponent
}

const realExponent = -1 << 30

var cubeFunctions = map[string]struct {
	code  rune
	arity int
}{
	"sin": {'s', 1}, "cos": {'c', 1}, "tan": {'t', 1}, "exp": {'E', 1}, "log": {'l', 1}, "sqrt": {'r', 1},
	"abs": {'a', 1}, "floor": {'f', 1}, "min": {'m', 2}, "max": {'M', 2}, "pow": {'^', 2},
}

type formulaReader struct {
	text  string
	at    int
	depth int
	words []word
}

type formulaError struct {
	column  int
	message string
}

func (e formulaError) Error() string { return fmt.Sprintf("column %d: %s", e.column, e.message) }

func readFormula(text string) (words []word, err error) {
	r := &formulaReader{text: text}
	defer func() {
		if f, ok := recover().(formulaError); ok {
			words, err = nil, f
		}
	}()
	r.climb(1)
	if r.next() != 0 {
		r.fail("expected an operator or the end")
	}
	return r.words, nil
}

// fail leaves the recursion; readFormula turns it into an error.
func (r *formulaReader) fail(message string) { panic(formulaError{r.at + 1, message}) }

func (r *formulaReader) next() byte {
	for r.at < len(r.text) && (r.text[r.at] == ' ' || r.text[r.at] == '\t' || r.text[r.at] == '\n' || r.text[r.at] == '\r') {
		r.at++
	}
	if r.at == len(r.text) {
		return 0
	}
	return r.text[r.at]
}

func (r *formulaReader) push(w word) { r.words = append(r.words, w) }

func strength(c byte) int {
	switch c {
	case '+', '-':
		return 1
	case '*', '/':
		return 2
	case '^':
		return 4
	}
	return 0
}

// climb reads operands joined by operators of at least the given strength
// (precedence climbing); a sign has strength 3.
func (r *formulaReader) climb(least int) {
	if r.depth++; r.depth > 100000 {
		r.fail("nested too deeply")
	}
	defer func() { r.depth-- }()
	left := len(r.words)
	r.operand()
	for {
		c := r.next()
		s := strength(c)
		if s == 0 || s < least {
			return
		}
		column := r.at + 1
		r.at++
		start := len(r.words)
		if c == '^' {
			r.climb(3)
		} else {
			r.climb(s + 1)
		}
		if c == '*' && r.entropy(left, start, column) {
			continue
		}
		r.push(word{code: rune(c), column: column, power: integerOf(r.words[start:])})
	}
}

// entropy recognises the product of log t with t, t^q or sqrt t, in either order, its operands being the words from left and from
// start. With s = t^q, q > 0 a numeral, it is (s log s) / q for t > 0 and, continued, 0 at t = 0: near there the product of the enclosures is unbounded.
func (r *formulaReader) entropy(left, start, column int) bool {
	one, two := r.words[left:start], r.words[start:]
	for range 2 {
		n := len(two)
		if n > 1 && two[n-1].code == 'l' {
			if q := rootOf(one, two[:n-1]); q != nil {
				s := append([]word(nil), one...)
				r.words = append(append(r.words[:left], s...), word{code: 'h', column: column},
					word{code: '#', column: column, number: q, value: exact.BracketRat(q)}, word{code: '/', column: column})
				return true
			}
		}
		one, two = two, one
	}
	return false
}

// rootOf is the q > 0 for which s is t^q, nil if there is none.
func rootOf(s, t []word) *big.Rat {
	n := len(s)
	switch last := s[n-1]; {
	case sameWords(s, t):
		return big.NewRat(1, 1)
	case last.code == 'r' && sameWords(s[:n-1], t):
		return big.NewRat(1, 2)
	case last.code == '^' && n > 2 && s[n-2].code == '#' && s[n-2].number.Sign() > 0 && sameWords(s[:n-2], t):
		return s[n-2].number
	}
	return nil
}

// sameWords: the same operations in the same order.
func sameWords(a, b []word) bool {
	return slices.EqualFunc(a, b, func(v, w word) bool {
		return v.code == w.code && v.index == w.index && v.power == w.power && (v.code != '#' || v.number.Cmp(w.number) == 0)
	})
}

// integerOf recognises an exponent that is an integer literal, perhaps signed. Any other
// constant is treated as real, or by its exact value in cubeformula.go.
func integerOf(words []word) int {
	sign := 1
	for len(words) > 1 && words[len(words)-1].code == '~' {
		sign, words = -sign, words[:len(words)-1]
	}
	if len(words) != 1 || words[0].code != '#' || !words[0].number.IsInt() {
		return realExponent
	}
	n := words[0].number.Num()
	if !n.IsInt64() || n.Int64() > 1024 {
		return realExponent
	}
	return sign * int(n.Int64())
}

func (r *formulaReader) operand() {
	c := r.next()
	switch {
	case c == '-' || c == '+':
		column := r.at + 1
		r.at++
		r.climb(3)
		if c == '-' {
			r.push(word{code: '~', column: column})
		}
	case c == '(':
		r.at++
		r.climb(1)
		r.expect(')')
	case c >= '0' && c <= '9' || c == '.':
		r.numeral()
	case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
		r.identifier()
	default:
		r.fail("expected a number, a name or \"(\"")
	}
}

func (r *formulaReader) expect(c byte) {
	if r.next() != c {
		r.fail(fmt.Sprintf("expected %q", c))
	}
	r.at++
}

func (r *formulaReader) numeral() {
	start := r.at
	digits := func() (n int) {
		for r.at < len(r.text) && r.text[r.at] >= '0' && r.text[r.at] <= '9' {
			r.at++
			n++
		}
		return n
	}
	n := digits()
	if r.at < len(r.text) && r.text[r.at] == '.' {
		r.at++
		n += digits()
	}
	if mark := r.at; n > 0 && mark < len(r.text) && (r.text[mark] == 'e' || r.text[mark] == 'E') {
		r.at++
		if r.at < len(r.text) && (r.text[r.at] == '-' || r.text[r.at] == '+') {
			r.at++
		}
		exponent := r.at
		if digits() == 0 {
			r.at = mark
		} else if r.at-exponent > 3 {
			r.fail("exponent of more than three digits")
		}
	}
	v, ok := new(big.Rat).SetString(r.text[start:r.at])
	if n == 0 || n > 400 || !ok {
		r.at = start
		r.fail("not a number")
	}
	r.push(word{code: '#', column: start + 1, number: v, value: exact.BracketRat(v)})
}

func (r *formulaReader) identifier() {
	start := r.at
	for r.at < len(r.text) {
		c := r.text[r.at]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_') {
			break
		}
		r.at++
	}
	name := r.text[start:r.at]
	w := word{column: start + 1}
	switch {
	case name == "pi":
		w.code = 'p'
	case name == "e":
		w.code = 'e'
	case name == "x":
		w.code = 'x'
	case name == "y":
		w.code, w.index = 'x', 1
	case name == "z":
		w.code, w.index = 'x', 2
	case len(name) == 2 && name[0] == 'x' && name[1] > '0' && name[1] <= '9':
		w.code, w.index = 'x', int(name[1]-'1')
	default:
		r.application(name, start)
		return
	}
	r.push(w)
}

func (r *formulaReader) application(name string, start int) {
	f, ok := cubeFunctions[name]
	if !ok {
		r.at = start
		r.fail("unknown name " + name)
	}
	r.expect('(')
	r.climb(1)
	second := len(r.words)
	if f.arity == 2 {
		r.expect(',')
		second = len(r.words)
		r.climb(1)
	}
	r.expect(')')
	w := word{code: f.code, column: start + 1}
	if f.code == '^' {
		w.power = integerOf(r.words[second:])
	}
	r.push(w)
}
