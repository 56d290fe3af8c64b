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

	// those with a point and with a comma before the decimals
	withPoint = plainNumbers | commaThousands | 1<<3 | 1<<5
	withComma = pointThousands | 1<<4 | 1<<6 | commaDecimals
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
var nearNumber = regexp.MustCompile(`^\s*((?:[(\[{<>~≈±≤≥=#'’‘\x60"“\x{2013}\x{2014}\x{2010}\x{2011}]|[A-Z]{0,3}\p{Sc}|AUD|BRL|CAD|CHF|CNY|EUR|GBP|INR|JPY|USD|kr\.?|Kr\.?|Rs\.?|SFr\.?|Fr\.)*)\s*([-+\x{2212}]?)(\s*)[0-9][0-9.,'\x{a0}\x{202f} ]*([eEdD][-+]?[0-9]+)?\s*(.*)$`)

// disguises are the shapes of cells that are nearly numbers or dates, and what to call
// what keeps them from being one: the first group of the pattern where the name is empty.
var disguises = []struct {
	shape *regexp.Regexp
	mark  string
}{
	{regexp.MustCompile(`^[-+\x{2212}]?[0-9][0-9.,]*\s*(±|:)\s*[0-9][0-9.,:]*(?:\s*[aApP]\.?[mM]\.?)?$`), ""}, // a number and its error, a time of day or a duration
	{regexp.MustCompile(`^[-+]?(0[xXbBoO])[0-9a-fA-F]+$`), ""},
	{regexp.MustCompile(`^[-+]?[0-9][0-9.]*\s*((?:[*·×xX]\s*)10\s*\^)\s*[-+]?[0-9]+$`), ""},
	{regexp.MustCompile(`^[-+]?(?:[0-9]+ )?[0-9]+\s*(/)\s*[0-9]+$`), ""},
	{regexp.MustCompile(`^[-+]?[0-9][0-9.eE]*[-+][0-9][0-9.eE]*([ij])$`), ""},
	{regexp.MustCompile(`^-?P(?:[0-9.]+[YMWD])*(?:T(?:[0-9.]+[HMS])+)?$`), "a duration"},
	{regexp.MustCompile(`^[0-9][0-9.]*\s*(?:d|days?|h|hrs?|hours?|m|min|minutes?),?\s*[0-9][0-9.:]*\s*(?:h|hours?|m|min|minutes?|s|sec|seconds?)?(?:\s*[0-9.]+\s*(?:s|sec|seconds?))?$`), "a duration"},
	{regexp.MustCompile(`^(?:[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2}|[0-9]{1,2}[- ]?` + monthName + `[- ]?[0-9]{2})(?:[T ,].*)?$`), "a year of two digits"},
	{regexp.MustCompile(`^(?:[0-9]{4}[- ]?[qQwW][0-9]{1,2}(?:-[0-9])?|[qQ][1-4][- /][0-9]{4})$`), "a quarter or a week"},
	{regexp.MustCompile(`^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? .*[0-9]{4}.*|[0-9]{8}T?[0-9]{6}.*|[0-9]{4}[-/.][0-9]{1,3}.*|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{4}.*|[0-9]{1,2}[- ]?` + monthName +
		`[- ]?[0-9]{4}.*|` + monthName + `[-. ]+(?:[0-9]{1,2}(?:st|nd|rd|th)?,?\s+)?[0-9]{4}.*|[12][0-9]{3}年.*|/Date\(.*\)/)$`), "a date of another layout than --date has"},
}

// monthName are the beginnings of the months' names in English.
const monthName = `(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)[a-z]*\.?`

// foreignDigits are a number in other digits than 0 to 9.
var foreignDigits = regexp.MustCompile(`^[-+\x{2212}]?\p{N}[\p{N}.,\x{66b}\x{66c}]*$`)

// ordinal is what stands behind a number that counts: 1st, 2nd.
var ordinal = regexp.MustCompile(`^(?:st|nd|rd|th)$`)

// units are what stands behind numbers of several sizes in one column, where different marks do not tell
// that texts are classes.
var units = []string{"k", "K", "M", "B", "bn", "m", "mm", "cm", "km", "in", "ft", "g", "kg", "mg", "t", "lb", "lbs", "oz", "s", "ms", "min", "h", "d", "l", "ml", "L", "V", "mV", "W", "kW", "MW", "Hz", "kHz", "MHz", "GHz",
	"kB", "KB", "MB", "GB", "TB", "°C", "°F", "°", "%", "€", "$", "£", "EUR", "USD", "GBP", "CHF", "JPY", "a duration"}

// disguise is the mark that makes no number of a cell that is nearly one: a unit or a
// currency beside it, a bracket, a comparison, an underscore, a second number that is its
// error, digits of another script; "" where there is none.
func disguise(cell string) string {
	if foreignDigits.MatchString(cell) && strings.ContainsFunc(cell, func(r rune) bool { return r > unicode.MaxASCII && unicode.IsNumber(r) }) {
		return "digits of another script"
	}
	for _, d := range disguises {
		if m := d.shape.FindStringSubmatch(cell); m != nil {
			if d.mark == "" {
				return m[1]
			}
			return d.mark
		}
	}
	m := nearNumber.FindStringSubmatch(cell)
	if m == nil {
		return ""
	}
	behind := strings.TrimSpace(m[5])
	switch {
	case m[1] != "":
		return m[1]
	case m[2] != "" && m[3] != "" && behind == "":
		return "a blank behind the sign"
	case behind == "" && strings.ContainsAny(cell, ",'\u00a0\u202f"):
		rest := cell[strings.IndexAny(cell, ",'\u00a0\u202f"):]
		_, size := utf8.DecodeRuneInString(rest)
		return rest[:size]
	case strings.HasPrefix(behind, "_"), strings.HasPrefix(behind, "["):
		return behind[:1]
	case behind == "" || strings.ContainsAny(behind, "0123456789") || ordinal.MatchString(behind):
		return ""
	}
	return behind
}
