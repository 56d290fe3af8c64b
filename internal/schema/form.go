package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Form says how the cells of a column are written, where they are more than plain
// numbers: either numbers with marks, or dates.
type Form struct {
	Column  string `json:"column"`
	Group   string `json:"group,omitempty"`   // mark between thousands: one of Groups
	Decimal string `json:"decimal,omitempty"` // mark before the decimals, "" for a point
	Affix   string `json:"affix,omitempty"`   // one of Affixes, before or behind the number, in every cell if it is a percent sign
	Date    string `json:"date,omitempty"`    // one of Layouts
}

// Groups lists the marks between thousands; a blank stands for no-break spaces
// and thin ones, too, an apostrophe for a typographic one.
var Groups = []string{",", ".", " ", "'"}

// Percent is the affix that must not be left out in some of the cells: 3% reads as
// the number 3.
const Percent = "%"

// Affixes lists what may stand before or behind a number.
var Affixes = []string{"$", "€", "£", "¥", Percent}

func (f *Form) validate() error {
	switch {
	case f.Date != "" && (f.Group != "" || f.Decimal != "" || f.Affix != ""):
		return fmt.Errorf("a date with marks of a number")
	case f.Date != "" && !slices.Contains(Layouts, f.Date):
		return fmt.Errorf("date %q, want one of %q", f.Date, Layouts)
	case f.Group != "" && (!slices.Contains(Groups, f.Group) || f.Group == f.DecimalMark()):
		return fmt.Errorf("group %q with decimal %q, want one of %q, and two different marks", f.Group, f.Decimal, Groups)
	case f.Decimal != "" && f.Decimal != ",":
		return fmt.Errorf("decimal %q, want a comma or nothing", f.Decimal)
	case f.Affix != "" && !slices.Contains(Affixes, f.Affix):
		return fmt.Errorf("affix %q, want one of %q", f.Affix, Affixes)
	}
	return nil
}

// DecimalMark is the mark before the decimals.
func (f *Form) DecimalMark() string {
	if f == nil || f.Decimal == "" {
		return "."
	}
	return f.Decimal
}

// Value reads a cell: a finite number, or for dates the days since 1970-01-01.
// Errors are ErrNotNumber, ErrNotFinite or ErrNotDate.
func (f *Form) Value(cell string) (float64, error) {
	cell = strings.TrimSpace(cell)
	if f == nil {
		return PlainNumber(cell)
	}
	if f.Date != "" {
		return Days(cell, f.Date)
	}
	sign, body := "", cell
	affixed := f.Affix == ""
	// a sign may stand before or behind the affix, and a blank between affix and number
	for {
		before := body
		if sign == "" {
			if sign, body = cutSign(body); f.Affix != "" {
				body = strings.TrimLeft(body, " ")
			}
		}
		if f.Affix != "" && !affixed {
			if rest, ok := strings.CutPrefix(body, f.Affix); ok {
				body, affixed = strings.TrimSpace(rest), true
			} else if rest, ok := strings.CutSuffix(body, f.Affix); ok {
				body, affixed = strings.TrimSpace(rest), true
			}
		}
		if body == before {
			break
		}
	}
	if !affixed && f.Affix == Percent {
		return 0, ErrNotNumber
	}
	if f.Group != "" {
		var ok bool
		if body, ok = ungroup(body, f.Group, f.DecimalMark()); !ok {
			return 0, ErrNotNumber
		}
	}
	if f.Decimal != "" {
		if strings.Contains(body, ".") {
			return 0, ErrNotNumber
		}
		body = strings.Replace(body, f.Decimal, ".", 1)
	}
	if _, more := cutSign(body); more != body { // a second sign
		return 0, ErrNotNumber
	}
	return PlainNumber(sign + body)
}

// cutSign takes a sign from the front, as + or -.
func cutSign(s string) (sign, rest string) {
	for _, mark := range []string{"-", "+", minus} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			if mark == minus {
				mark = "-"
			}
			return mark, rest
		}
	}
	return "", s
}

// ungroup takes the marks between thousands out of a number without a sign. Its
// whole part must be one to three digits, not beginning with 0, and then groups of
// three; or have no marks.
func ungroup(body, group, decimal string) (string, bool) {
	switch group {
	case " ":
		body = blanks.Replace(body)
	case "'":
		body = strings.ReplaceAll(body, "\u2019", group)
	}
	whole, rest := body, ""
	if at := strings.Index(body, decimal); at >= 0 {
		whole, rest = body[:at], body[at:]
	} else if at := strings.IndexAny(body, "eEdD"); at >= 0 {
		whole, rest = body[:at], body[at:]
	}
	if strings.Contains(rest, group) {
		return "", false
	}
	parts := strings.Split(whole, group)
	if len(parts) == 1 {
		return body, true
	}
	for k, p := range parts {
		if k == 0 && (len(p) < 1 || len(p) > 3 || p[0] == '0') || k > 0 && len(p) != 3 || !digits(p) {
			return "", false
		}
	}
	return strings.Join(parts, "") + rest, true
}

// blanks turns the spaces that group thousands into plain ones: no-break, narrow
// no-break, thin, figure.
var blanks = strings.NewReplacer("\u00a0", " ", "\u202f", " ", "\u2009", " ", "\u2007", " ")

func digits(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
