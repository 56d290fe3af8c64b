package dataset

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"multigrade/internal/schema"
)

// conventions are the ways in which the marks of a number can be meant: that
// between thousands and that before the decimals. A column is read by one that
// fits all its cells; they are numbered by bits of a mask.
var conventions = []struct{ group, decimal string }{
	{"", "."}, {",", "."}, {".", ","}, {" ", "."}, {" ", ","}, {"'", "."}, {"'", ","}, {"", ","},
}

// Bits of conventions with a meaning of their own.
const (
	plainNumbers   = 1 << 0
	commaThousands = 1 << 1
	pointThousands = 1 << 2
	commaDecimals  = 1 << 7
	allConventions = 1<<8 - 1
)

// fitting returns the conventions by which the cell is a number, none if it is not,
// and the affix it has.
func fitting(cell string) (mask int, affix string) {
	for _, a := range schema.Affixes {
		if strings.Contains(cell, a) {
			affix = a
			break
		}
	}
	for k, c := range conventions {
		f := schema.Form{Group: c.group, Decimal: strings.TrimPrefix(c.decimal, "."), Affix: affix}
		if _, err := f.Value(cell); err == nil {
			mask |= 1 << k
		}
	}
	return mask, affix
}

// formOf is the form of a column called name by convention k.
func formOf(name string, k int, affix string) schema.Form {
	c := conventions[k]
	return schema.Form{Column: name, Group: c.group, Decimal: strings.TrimPrefix(c.decimal, "."), Affix: affix}
}

// nearNumber are numbers with something about them that makes them none.
var nearNumber = regexp.MustCompile(`^\s*((?:[(<>~≈±≤≥\p{Sc}]|AUD|BRL|CAD|CHF|CNY|EUR|GBP|INR|JPY|USD)*)\s*[-+\x{2212}]?\s*[0-9][0-9.,'\x{a0}\x{202f} ]*([eEdD][-+]?[0-9]+)?\s*(.*)$`)

// twoNumbers are a number and its error, and a time of day or a duration.
var twoNumbers = regexp.MustCompile(`^[-+\x{2212}]?[0-9][0-9.,]*\s*(±|:)\s*[0-9][0-9.,:]*$`)

// foreignDigits are a number in other digits than 0 to 9.
var foreignDigits = regexp.MustCompile(`^[-+\x{2212}]?\p{Nd}[\p{Nd}.,\x{66b}\x{66c}]*$`)

// disguise is the mark that makes no number of a cell that is nearly one: a unit or a
// currency beside it, a bracket, a comparison, an underscore, a second number that is its
// error, digits of another script; "" where there is none.
func disguise(cell string) string {
	if foreignDigits.MatchString(cell) && strings.ContainsFunc(cell, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsDigit(r) }) {
		return "digits of another script"
	}
	if m := twoNumbers.FindStringSubmatch(cell); m != nil {
		return m[1]
	}
	m := nearNumber.FindStringSubmatch(cell)
	if m == nil {
		return ""
	}
	behind := strings.TrimSpace(m[3])
	switch {
	case m[1] != "":
		return m[1]
	case behind == "" && strings.ContainsAny(cell, ",'\u00a0\u202f"):
		rest := cell[strings.IndexAny(cell, ",'\u00a0\u202f"):]
		_, size := utf8.DecodeRuneInString(rest)
		return rest[:size]
	case behind == "" || strings.ContainsAny(behind, "0123456789") && !strings.HasPrefix(behind, "_"):
		return ""
	case strings.HasPrefix(behind, "_"):
		return "_"
	}
	return behind
}
