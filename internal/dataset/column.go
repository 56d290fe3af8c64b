package dataset

import (
	"errors"
	"math"
	"slices"
	"strings"

	"multigrade/internal/schema"
)

// cell is a place in the file and what stands there.
type cell struct {
	line int
	text string
}

// column is what the cells of one column, as they stand in the file, have in
// common.
type column struct {
	rows    int
	missing int
	signs   []string // that stand for the missing ones
	numbers int
	dates   int
	texts   int

	first, firstMissing, firstEmpty, firstNumber, firstPoint, firstDate, firstText, firstMark, notFinite cell

	// of the numbers
	conventions int    // that fit all of them
	points      bool   // some have a point
	years       bool   // all are years
	affix       string // that some have
	affixed     int
	affixes     bool // there are different ones
	firstAffix  cell

	layouts []string // of dates, that fit all of them

	// of the texts
	mark      string // that keeps the first text from being a number
	sameMark  bool   // it is that of all
	measured  bool   // the marks of all are units
	levels    map[string]*levelCount
	last      *levelCount // of the last cell, where that is a plain number
	manyLevel bool        // there are more than maxLevels, levels has some

	// of whole numbers in order
	counting bool
	start    float64

	recurs int // line in which the cell of the header stands again, 0: nowhere
}

// maxLevels bounds the different texts of a column that are told apart.
const maxLevels = 1024

func newColumn() *column {
	return &column{conventions: allConventions, sameMark: true, measured: true, counting: true, years: true, levels: map[string]*levelCount{}}
}

// dateLayouts are the layouts a date is recognised by; eight digits are a number
// unless they are said to be a date.
var dateLayouts = schema.Layouts[:len(schema.Layouts)-1]

// see takes in the cell of the next row.
func (c *column) see(text string, line int, isMissing func(string) bool) {
	if c.last != nil && c.last.text == text { // the same once more: nothing new but that it does not count up
		c.rows++
		c.numbers++
		c.last.cells++
		c.counting = false
		return
	}
	c.last = nil
	at := cell{line, text}
	row := c.rows
	if c.rows++; c.rows == 1 {
		c.first = at.kept()
	}
	if isMissing(text) {
		if c.missing++; c.missing == 1 {
			c.firstMissing = at.kept()
		}
		if text == "" && c.firstEmpty.line == 0 {
			c.firstEmpty = at
		}
		if !slices.Contains(c.signs, text) {
			c.signs = append(c.signs, strings.Clone(text))
		}
		c.counting = false
		return
	}
	same := c.countLevel(text)
	v, err := schema.PlainNumber(text)
	if errors.Is(err, schema.ErrNotFinite) && c.notFinite.line == 0 {
		c.notFinite = at.kept()
	}
	if err != nil || v != math.Trunc(v) || v != c.start+float64(row) {
		if c.counting = c.counting && row == 0 && err == nil; c.counting {
			c.start = v
		}
	}
	switch {
	case err == nil:
		c.last = same
		c.seeNumber(at)
		c.years = c.years && isYear(text, v)
		if strings.Contains(text, ".") {
			if !c.points {
				c.points, c.firstPoint = true, at.kept()
			}
			c.seePoint(text)
		}
	case !c.seeMarked(at) && !c.seeDate(at):
		c.seeText(at)
	}
}

// seePoint leaves of the conventions with a comma before the decimals what a plain number with a point allows: that
// the point is between thousands.
func (c *column) seePoint(text string) {
	if c.conventions&withComma == 0 {
		return
	}
	kept := 0
	if f := (schema.Form{Group: ".", Decimal: ","}); fits(&f, text) {
		kept = pointThousands
	}
	c.conventions &^= withComma &^ kept
}

func fits(f *schema.Form, text string) bool { _, err := f.Value(text); return err == nil }

// kept is the cell with a text of its own.
func (c cell) kept() cell { return cell{c.line, strings.Clone(c.text)} }

// levelCount is a text of a column, and in how many of its cells.
type levelCount struct {
	text  string
	cells int
}

// countLevel returns the level of the cell, nil where there are too many.
func (c *column) countLevel(text string) *levelCount {
	at := c.levels[text]
	if at == nil {
		if c.manyLevel = len(c.levels) >= maxLevels; c.manyLevel {
			return nil
		}
		at = &levelCount{text: strings.Clone(text)}
		c.levels[at.text] = at
	}
	at.cells++
	return at
}

func (c *column) seeNumber(at cell) {
	if c.numbers++; c.numbers == 1 {
		c.firstNumber = at.kept()
	}
}

// seeMarked takes in a number with marks.
func (c *column) seeMarked(at cell) bool {
	if !strings.ContainsAny(at.text, "0123456789") {
		return false
	}
	mask, affix := fitting(at.text)
	if mask == 0 {
		return false
	}
	c.seeNumber(at)
	c.years = false
	if c.firstMark.line == 0 {
		c.firstMark = at.kept()
	}
	c.conventions &= mask
	if affix != "" {
		if c.affixed++; c.affixed == 1 {
			c.affix, c.firstAffix = affix, at.kept()
		}
		c.affixes = c.affixes || affix != c.affix
	}
	return true
}

func (c *column) seeDate(at cell) bool {
	if c.dates == 0 {
		for _, layout := range dateLayouts {
			if _, err := schema.Days(at.text, layout); err == nil {
				c.layouts = append(c.layouts, layout)
			}
		}
		if len(c.layouts) == 0 {
			return false
		}
		c.dates, c.firstDate = 1, at.kept()
		return true
	}
	var fitting []string
	for _, layout := range c.layouts {
		if _, err := schema.Days(at.text, layout); err == nil {
			fitting = append(fitting, layout)
		}
	}
	if len(fitting) == 0 {
		return false
	}
	c.layouts = fitting
	c.dates++
	return true
}

func (c *column) seeText(at cell) {
	if c.texts++; c.texts == 1 {
		c.firstText, c.mark = at.kept(), strings.Clone(disguise(at.text))
		c.measured = c.measured && slices.Contains(units, c.mark)
		return
	}
	if c.mark == "" || !c.sameMark && !c.measured { // the column is not disguised, whatever follows
		return
	}
	mark := disguise(at.text)
	c.sameMark = c.sameMark && mark == c.mark
	c.measured = c.measured && slices.Contains(units, mark)
}

// empty reports whether there is nothing in any cell.
func (c *column) empty() bool { return c.values() == 0 && len(c.signs) == 1 && c.signs[0] == "" }

// disguised reports whether the texts are numbers but for a mark that all have, or for units.
func (c *column) disguised() bool { return c.mark != "" && (c.sameMark || c.measured) }

// values is the number of cells that are not missing.
func (c *column) values() int { return c.rows - c.missing }

// distinct is the number of different cells, at least.
func (c *column) distinct() int {
	if c.manyLevel {
		return maxLevels + 1
	}
	return len(c.levels)
}

// allNumbers reports whether every cell that is not missing is a number.
func (c *column) allNumbers() bool { return c.numbers > 0 && c.numbers == c.values() }

func (c *column) allDates() bool { return c.dates > 0 && c.dates == c.values() }

// said are the conventions that fit all numbers of the column and have the mark before the decimals, "" for any.
func (c *column) said(decimal string) int {
	mask := c.conventions
	if decimal == "." {
		mask &= withPoint
	}
	if decimal == "," {
		if mask &= withComma | plainNumbers; c.points {
			mask &^= plainNumbers
		}
	}
	return mask
}

// plainNumbers reports whether they need no form.
func (c *column) plain() bool {
	return c.allNumbers() && c.affix == "" && c.conventions&plainNumbers != 0
}
