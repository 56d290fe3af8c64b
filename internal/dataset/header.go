package dataset

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"multigrade/internal/schema"
)

// noHeader is the remedy where the first line is none, numberNames that where it is one of numbers.
const (
	noHeader    = "column names (--no-header where there are none)"
	numberNames = "column names (--no-header where there are none, --target NAME where these numbers are names)"
)

// checkHeader refuses a first line that cannot be a header: one of numbers only,
// with a text that recurs below in its column, a missing value, a date above dates,
// or a number above numbers unless the numbers are names as spreadsheets have them.
// A line that holds the columns that were named is one, and so is one of numbers that count the columns
// behind the empty name of an index.
func (s *sheet) checkHeader(o *Options) error {
	bad := func(j int, got string, kind error) error {
		return &Error{File: s.file, Line: s.line, Column: s.inHeader(j), Name: s.names[j], Want: noHeader, Got: got, Err: kind}
	}
	named := slices.Concat(o.Targets, o.Columns, o.Ignore, o.Categorical, dateNames(o.Dates), oneName(o.Group), oneName(o.Weights))
	if o.Named || known(s.names, named) || known(s.names, o.wanted) {
		return s.checkNames(o)
	}
	var numbers []int // of columns whose name is a number above numbers
	worded := s.index // some column of numbers has a name that is none, or there is an index without one
	for j, name := range s.names {
		c := s.columns[j]
		_, err := schema.PlainNumber(name)
		number := err == nil
		switch {
		case name == "" && c.empty(): // nothing is lost with it
		case name == "":
			return bad(j, "a column without a name", ErrNoHeader)
		case slices.Contains(missingSigns, name):
			return bad(j, "the missing value "+quote(name), ErrNoHeader)
		case c.recurs > 0 && !number:
			return bad(j, fmt.Sprintf("%s, which stands in line %d, too", quote(name), c.recurs), ErrNoHeader)
		case number && (c.numbers > 0 || c.values() == 0):
			numbers = append(numbers, j)
		case c.allNumbers() && !number:
			if mask, affix := fitting(name); mask != 0 && (affix != "" || c.affix == affix) {
				return bad(j, quote(name)+" above numbers", ErrNoHeader)
			}
			worded = true
		case c.allDates():
			if slices.ContainsFunc(c.layouts, func(l string) bool { _, err := schema.Days(name, l); return err == nil }) {
				return bad(j, quote(name)+" above dates", ErrNoHeader)
			}
		}
	}
	if len(numbers) == len(s.names) && !(s.index && s.countUp(numbers, worded)) {
		return &Error{File: s.file, Line: s.line, Want: "a line of " + numberNames, Got: "only numbers", Err: ErrNoHeader}
	}
	if len(numbers) > 0 && !s.countUp(numbers, worded) {
		j := numbers[0]
		return &Error{File: s.file, Line: s.line, Column: s.inHeader(j), Name: s.names[j], Want: numberNames, Got: quote(s.names[j]) + " above numbers", Err: ErrNoHeader}
	}
	return s.checkNames(o)
}

// surelyCounted is how many numbers that go up by the same step are names where nothing else
// says that the line is a header: a row of two can be that by chance.
const surelyCounted = 3

// countUp reports whether the names of the columns are whole numbers that can be
// names: years above numbers that are not all years, or several that go up by the same step.
func (s *sheet) countUp(columns []int, worded bool) bool {
	years, steps := true, len(columns) >= surelyCounted || worded && len(columns) > 1
	var values []float64
	for k, j := range columns {
		v, _ := schema.PlainNumber(s.names[j])
		if v != math.Trunc(v) || strings.ContainsAny(s.names[j], ".eEdD+-") {
			return false
		}
		values = append(values, v)
		years = years && isYear(s.names[j], v) && !s.columns[j].years
		steps = steps && (k == 0 || v-values[k-1] == values[1]-values[0] && v > values[k-1])
	}
	slices.Sort(values)
	return steps || years && len(slices.Compact(values)) == len(columns)
}

// inHeader is the place of the name of column j in its line, from 1.
func (s *sheet) inHeader(j int) int {
	if s.index {
		j++
	}
	return j + 1
}

// isYear reports whether a number is a year of modern times, written as one.
func isYear(text string, v float64) bool {
	return len(text) == 4 && v == math.Trunc(v) && v >= 1500 && v < 2500
}

// checkNames refuses a name that two columns have, if anybody wants one of them.
func (s *sheet) checkNames(o *Options) error {
	seen := map[string]int{}
	for j, name := range s.names {
		if first, ok := seen[name]; ok && name != "" && (o.wanted == nil || slices.Contains(o.wanted, name)) {
			return &Error{File: s.file, Line: s.line, Column: s.inHeader(j), Name: name, Want: "names that differ",
				Got: fmt.Sprintf("the name of column %d again", first), Err: ErrDuplicateColumn}
		}
		seen[name] = s.inHeader(j)
	}
	return nil
}

// known reports whether there are wanted names and all of them are in names.
func known(names, wanted []string) bool {
	for _, w := range wanted {
		if !slices.Contains(names, w) {
			return false
		}
	}
	return len(wanted) > 0
}
