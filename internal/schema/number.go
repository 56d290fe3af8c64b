package schema

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// The defects of a cell.
var (
	ErrNotNumber = errors.New("not a number")
	ErrNotFinite = errors.New("not a finite number")
	ErrNotDate   = errors.New("not a date")
)

// minus is the sign that typesetters use.
const minus = "\u2212"

// PlainNumber reads a decimal number, the float64 nearest to it: an optional sign
// (+, - or U+2212), digits with an optional point, and an optional exponent after
// e, E or, as Fortran writes it, d or D. What overflows or is infinite or NaN is
// ErrNotFinite, all else ErrNotNumber.
func PlainNumber(cell string) (float64, error) {
	cell = strings.TrimSpace(cell)
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		other := strings.NewReplacer(minus, "-", "d", "e", "D", "e").Replace(cell)
		if other == cell || strings.IndexFunc(other, letter) >= 0 {
			return 0, ErrNotNumber
		}
		v, err = strconv.ParseFloat(other, 64)
	}
	switch {
	case hexadecimal(cell), strings.IndexByte(cell, '_') >= 0: // which is not what a table means
		return 0, ErrNotNumber
	case errors.Is(err, strconv.ErrRange), err == nil && (math.IsNaN(v) || math.IsInf(v, 0)):
		return 0, ErrNotFinite
	case err != nil:
		return 0, ErrNotNumber
	}
	return v, nil
}

func hexadecimal(cell string) bool {
	if cell != "" && (cell[0] == '-' || cell[0] == '+') {
		cell = cell[1:]
	}
	return len(cell) > 1 && cell[0] == '0' && (cell[1] == 'x' || cell[1] == 'X')
}

// letter is a letter that is not the mark of an exponent.
func letter(r rune) bool {
	return r > 127 || (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') && r != 'e' && r != 'E'
}
