package schema

import (
	"fmt"
	"math"
	"slices"
)

// Encoding says which features the columns of a file become, column by column in
// this order.
type Encoding []Column

// Column is how one column of a file becomes features.
type Column struct {
	Name   string   `json:"name"`             // of the column in the file
	Date   string   `json:"date,omitempty"`   // of a number that is days: the layout of the training file
	Levels []string `json:"levels,omitempty"` // of a text, without spaces around them; none for a number
	Other  bool     `json:"other,omitempty"`  // a feature for all texts that are no level
	// Impute stands for a missing number: the mean over the rows that are not for
	// the test, of the numbers that are there. nil where none may be missing.
	Impute    *float64 `json:"impute,omitempty"`
	Indicator bool     `json:"indicator,omitempty"` // a feature that says what is missing
}

// The names of features end so.
const (
	missingSuffix = "=missing"
	otherSuffix   = "=other"
)

// IsText reports whether the cells are texts, not numbers.
func (c *Column) IsText() bool { return len(c.Levels) > 0 }

// Width is the number of features.
func (c *Column) Width() int {
	width := len(c.Levels)
	for _, one := range []bool{!c.IsText(), c.Other, c.Indicator} {
		if one {
			width++
		}
	}
	return width
}

func (c *Column) names() []string {
	var names []string
	if !c.IsText() {
		names = append(names, c.Name)
	}
	for _, level := range c.Levels {
		names = append(names, c.Name+"="+level)
	}
	if c.Other {
		names = append(names, c.Name+otherSuffix)
	}
	if c.Indicator {
		names = append(names, c.Name+missingSuffix)
	}
	return names
}

// Names are the names of the features: NAME of a number, NAME=LEVEL, NAME=other
// and NAME=missing.
func (e Encoding) Names() []string {
	var names []string
	for k := range e {
		names = append(names, e[k].names()...)
	}
	return names
}

// Columns are the names of the columns of the file.
func (e Encoding) Columns() []string {
	names := make([]string, len(e))
	for k := range e {
		names[k] = e[k].Name
	}
	return names
}

// Put writes the features of one cell to the front of dst and returns what is left
// of dst. missing says that there is no value; otherwise number is that of a
// number, text that of a text. A missing number is NaN where Impute is not yet
// known.
func (c *Column) Put(dst []float64, missing bool, number float64, text string) []float64 {
	width := c.Width()
	clear(dst[:width])
	at := len(c.Levels)
	switch {
	case !c.IsText():
		at = 1
		dst[0] = number
		if missing {
			dst[0] = math.NaN()
			if c.Impute != nil {
				dst[0] = *c.Impute
			}
		}
	case missing:
	default:
		if k := slices.Index(c.Levels, text); k >= 0 {
			dst[k] = 1
		} else if c.Other {
			dst[at] = 1
		}
	}
	if c.Other {
		at++
	}
	if c.Indicator && missing {
		dst[at] = 1
	}
	return dst[width:]
}

// Validate checks that the features have different names.
func (e Encoding) Validate() error {
	seen := map[string]bool{}
	for k := range e {
		c := &e[k]
		if c.Impute != nil && (c.IsText() || math.IsNaN(*c.Impute) || math.IsInf(*c.Impute, 0)) {
			return fmt.Errorf("encoding: column %q imputes %v, want a finite number in a column of numbers", c.Name, *c.Impute)
		}
		if c.Other && !c.IsText() {
			return fmt.Errorf("encoding: column %q has other texts but no levels", c.Name)
		}
	}
	for _, name := range e.Names() {
		if seen[name] {
			return fmt.Errorf("encoding: two features are called %q", name)
		}
		seen[name] = true
	}
	return nil
}

// Plain reports whether every column is a number and none may be missing.
func (e Encoding) Plain() bool {
	return !slices.ContainsFunc(e, func(c Column) bool { return c.IsText() || c.Indicator || c.Date != "" })
}
