package table

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"multigrade/proofs/internal/exact"
)

// finiteNumber reads a decimal number of a data file.
func finiteNumber(field string) (float64, error) { return Form{}.number(field) }

// number reads a cell as FORMAT.md says: character by character into the digits of
// a plain decimal, or as a date.
func (f Form) number(field string) (float64, error) {
	cell := strings.TrimSpace(field)
	if f == (Form{}) && strings.Trim(cell, "0123456789.+-eE") == "" {
		if v, err := strconv.ParseFloat(cell, 64); err == nil && exact.Finite(v) {
			return v, nil // a plain decimal, as most are
		}
	}
	wrong := func() (float64, error) { return 0, fmt.Errorf("%.60q, expected a finite decimal number", field) }
	if f.Date != "" {
		return f.day(cell)
	}
	if f.Affix != "" {
		before, after, found := strings.Cut(cell, f.Affix)
		switch {
		case found && strings.Trim(before, "+-\u2212 ") == "": // in front of the number, its sign before it or behind
			cell = strings.TrimSpace(before) + strings.TrimSpace(after)
		case found && strings.TrimSpace(after) == "":
			cell = strings.TrimSpace(before)
		case found || f.Affix == "%":
			return wrong()
		}
	}
	point := "."
	if f.Decimal != "" {
		point = f.Decimal
	}
	var plain strings.Builder
	signs, whole, since, marks := 0, true, 0, 0 // since: digits after the last mark between thousands
	digits := 0
	for k, c := range cell {
		s := string(c)
		if strings.ContainsAny(s, "\u00a0\u202f\u2009\u2007") {
			s = " "
		}
		if s == "\u2019" {
			s = "'"
		}
		switch {
		case s == "+" || s == "-" || s == "\u2212":
			if digits == 0 {
				if signs++; signs > 1 {
					return wrong()
				}
			}
			plain.WriteString(strings.ReplaceAll(s, "\u2212", "-"))
		case c >= '0' && c <= '9':
			digits++
			since++
			plain.WriteRune(c)
		case f.Group != "" && s == f.Group && whole:
			leading := strings.TrimLeft(plain.String(), "+-")
			if digits == 0 && s == " " {
				continue // between sign and number
			}
			if marks == 0 && (since < 1 || since > 3 || leading[0] == '0') || marks > 0 && since != 3 {
				return wrong()
			}
			marks, since = marks+1, 0
		case s == " " && digits == 0 && f != (Form{}):
		case s == point && whole:
			if marks > 0 && since != 3 {
				return wrong()
			}
			whole = false
			plain.WriteByte('.')
		case strings.ContainsAny(s, "eEdD") && k > 0:
			if whole && marks > 0 && since != 3 {
				return wrong()
			}
			whole = false
			marks = 0
			plain.WriteByte('e')
		default:
			return wrong()
		}
	}
	if whole && marks > 0 && since != 3 {
		return wrong()
	}
	v, err := strconv.ParseFloat(plain.String(), 64)
	if err != nil || !exact.Finite(v) {
		return wrong()
	}
	return v, nil
}

// day counts the days since 1970-01-01 00:00 UTC.
func (f Form) day(cell string) (float64, error) {
	wrong := fmt.Errorf("%.60q, expected a date like %s", cell, f.Date)
	year, month, day, rest, ok := takeDate(cell, f.Date)
	if !ok {
		return 0, wrong
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if date.Day() != day || int(date.Month()) != month {
		return 0, wrong
	}
	seconds, ok := takeTime(rest)
	if !ok {
		return 0, wrong
	}
	return (float64(date.Unix()) + seconds) / 86400, nil
}

// takeDate takes the pieces of the layout from the front of the cell.
func takeDate(cell, layout string) (year, month, day int, rest string, ok bool) {
	day = 1
	rest = cell
	for layout != "" {
		piece := 0
		switch {
		case strings.HasPrefix(layout, "yyyy"):
			year, rest, ok = takeDigits(rest, 4, 4)
			piece = 4
		case strings.HasPrefix(layout, "mon"):
			month, rest, ok = takeMonth(rest)
			piece = 3
		case strings.HasPrefix(layout, "mm"), strings.HasPrefix(layout, "dd"):
			least, v := 1, 0
			if strings.Trim(layout, "mdy") == "" && !strings.ContainsAny(cell[:min(8, len(cell))], "-/. ,") {
				least = 2 // no marks between the pieces
			}
			v, rest, ok = takeDigits(rest, least, 2)
			if layout[0] == 'm' {
				month = v
			} else {
				day = v
			}
			piece = 2
		default:
			ok = strings.HasPrefix(rest, layout[:1])
			rest = strings.TrimPrefix(rest, layout[:1])
			piece = 1
		}
		if !ok {
			return 0, 0, 0, "", false
		}
		layout = layout[piece:]
	}
	return year, month, day, rest, true
}

func takeDigits(s string, least, most int) (v int, rest string, ok bool) {
	n := 0
	for n < len(s) && n < most && s[n] >= '0' && s[n] <= '9' {
		v = 10*v + int(s[n]-'0')
		n++
	}
	return v, s[n:], n >= least
}

func takeMonth(s string) (month int, rest string, ok bool) {
	n := strings.IndexFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') })
	if n < 0 {
		n = len(s)
	}
	if n < 3 {
		return 0, s, false
	}
	for m := time.January; m <= time.December; m++ {
		if len(m.String()) >= n && strings.EqualFold(m.String()[:n], s[:n]) {
			return int(m), s[n:], true
		}
	}
	return 0, s, false
}

// takeTime reads a time of day, with the difference to UTC, as seconds of the day.
func takeTime(s string) (float64, bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != 'T' && s[0] != ' ' {
		return 0, false
	}
	hour, s, ok := takeDigits(s[1:], 1, 2)
	if !ok || hour > 24 || !strings.HasPrefix(s, ":") {
		return 0, false
	}
	minute, s, ok := takeDigits(s[1:], 2, 2)
	if !ok || minute > 59 {
		return 0, false
	}
	second := 0.0
	if strings.HasPrefix(s, ":") {
		s = s[1:]
		n := strings.IndexFunc(s, func(r rune) bool { return r != '.' && (r < '0' || r > '9') })
		if n < 0 {
			n = len(s)
		}
		v, err := strconv.ParseFloat(s[:n], 64)
		if err != nil || n < 2 || n > 2 && (n == 3 || s[2] != '.') || v >= 61 {
			return 0, false
		}
		second, s = v, s[n:]
	}
	if hour == 24 && (minute > 0 || second > 0) {
		return 0, false
	}
	s = strings.TrimLeft(s, " ")
	if len(s) >= 2 {
		half := strings.ToUpper(s[:2])
		if half == "AM" || half == "PM" {
			if hour < 1 || hour > 12 {
				return 0, false
			}
			if hour == 12 {
				hour = 0
			}
			if half == "PM" {
				hour += 12
			}
			s = strings.TrimLeft(s[2:], " ")
		}
	}
	shift := 0
	switch s {
	case "", "Z", "UTC", "GMT":
	default:
		sign := map[byte]int{'+': -1, '-': 1}[s[0]]
		h, rest, ok := takeDigits(s[1:], 2, 2)
		m := 0
		if rest != "" && ok {
			m, rest, ok = takeDigits(strings.TrimPrefix(rest, ":"), 2, 2)
		}
		if sign == 0 || !ok || rest != "" || m > 59 || h > 15 {
			return 0, false
		}
		shift = sign * (60*h + m)
	}
	return float64(3600*hour+60*(minute+shift)) + second, true
}
