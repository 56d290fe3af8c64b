package dataset

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"multigrade/internal/schema"
)

// The kinds of defects a file can have, for errors.Is.
var (
	ErrEmpty           = errors.New("empty file")
	ErrNoHeader        = errors.New("no header line")
	ErrRagged          = errors.New("rows of different length")
	ErrNotNumber       = schema.ErrNotNumber
	ErrNotFinite       = schema.ErrNotFinite
	ErrNotText         = errors.New("not a text")
	ErrDuplicateColumn = errors.New("duplicate column name")
	ErrUnknownColumn   = errors.New("unknown column")
	ErrTooFewRows      = errors.New("too few rows")
	ErrTooFewColumns   = errors.New("too few columns")
	ErrIndex           = errors.New("bad feature index")
	ErrTruncated       = errors.New("truncated file")
	ErrFormat          = errors.New("unsupported or damaged format")
	ErrMissing         = errors.New("missing value")
	ErrNotPositive     = errors.New("not a positive number")
	ErrCharset         = errors.New("characters in another encoding")
	ErrAmbiguous       = errors.New("more than one meaning")
	ErrIdentifier      = errors.New("texts that do not recur")
	ErrTooLarge        = errors.New("too large")
)

// Error says what is wrong with a file and where. It is a single line of text.
type Error struct {
	File   string
	Line   int    // from 1; 0 when the defect has no line
	Column int    // field of the line, from 1; 0 when the defect has no column
	Name   string // name of that column, where there is one
	Want   string // what was expected
	Got    string // what was found
	Err    error  // the kind of defect, one of the Err variables
}

// Error returns "FILE:LINE: column N (NAME): expected ..., got ...".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	b.WriteString(": ")
	if e.Column > 0 {
		fmt.Fprintf(&b, "column %d", e.Column)
		if e.Name != "" {
			fmt.Fprintf(&b, " (%s)", shorten(e.Name))
		}
		b.WriteString(": ")
	}
	fmt.Fprintf(&b, "%v: expected %s, got %s", e.Err, e.Want, e.Got)
	return oneLine(b.String())
}

// Unwrap returns the kind of defect.
func (e *Error) Unwrap() error { return e.Err }

// quote shows a piece of the file on one line, cut to a readable length.
func quote(s string) string { return strconv.Quote(shorten(s)) }

// shorten cuts s to a readable length and to one line.
func shorten(s string) string {
	const most = 40
	s = oneLine(s)
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}

// oneLine makes blanks of line breaks and other control characters, such as names of
// columns can have.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
}
