package schema

import (
	"fmt"
	"slices"
)

// The encodings of characters that a text file can have.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252"
	Latin1      = "iso-8859-1"
)

// Charsets lists the encodings of characters.
var Charsets = []string{UTF8, UTF16LE, UTF16BE, Windows1252, Latin1}

// Separators lists what can stand between the cells of a line; a blank stands for
// any number of blanks and tabs.
var Separators = []string{",", ";", "\t", "|", " "}

// Reading says how the bytes of a text file become cells, and how the cells of
// its columns become numbers. The zero value reads UTF-8 text with a header and
// commas whose cells are plain numbers.
type Reading struct {
	Charset   string   `json:"charset,omitempty"`   // one of Charsets, "" for UTF-8
	Separator string   `json:"separator,omitempty"` // one of Separators, "" for a comma
	Hint      bool     `json:"hint,omitempty"`      // the first line is sep=SEPARATOR and no part of the table
	Comments  bool     `json:"comments,omitempty"`  // lines that begin with # are no part of it
	NoHeader  bool     `json:"no_header,omitempty"` // columns are called x1, x2, ..., the last one y
	RowNames  bool     `json:"row_names,omitempty"` // every row has a cell before the first column
	Trailing  bool     `json:"trailing,omitempty"`  // every line ends with an empty cell behind a separator
	Missing   []string `json:"missing,omitempty"`   // texts that stand for no value, less spaces around them
	Drop      bool     `json:"drop,omitempty"`      // rows with a missing value in a column used are left out
	Forms     []Form   `json:"forms,omitempty"`     // of the columns that are more than plain numbers
}

// Plain reports whether the reading is the zero value.
func (r *Reading) Plain() bool {
	return r == nil || r.Charset == "" && r.Separator == "" && !r.Hint && !r.Comments && !r.NoHeader &&
		!r.RowNames && !r.Trailing && len(r.Missing) == 0 && !r.Drop && len(r.Forms) == 0
}

// Form is the form of the column called name, nil for plain numbers.
func (r *Reading) Form(name string) *Form {
	if r != nil {
		for k := range r.Forms {
			if r.Forms[k].Column == name {
				return &r.Forms[k]
			}
		}
	}
	return nil
}

// IsMissing reports whether the cell, less spaces around it, stands for no value.
func (r *Reading) IsMissing(cell string) bool { return r != nil && slices.Contains(r.Missing, cell) }

// Validate reports the first word that is not known.
func (r *Reading) Validate() error {
	switch {
	case r == nil:
		return nil
	case r.Charset != "" && !slices.Contains(Charsets, r.Charset):
		return fmt.Errorf("reading: charset %q, want one of %q", r.Charset, Charsets)
	case r.Separator != "" && !slices.Contains(Separators, r.Separator):
		return fmt.Errorf("reading: separator %q, want one of %q", r.Separator, Separators)
	case r.NoHeader && r.RowNames:
		return fmt.Errorf("reading: row names without a header, want one of them")
	}
	for k := range r.Forms {
		if err := r.Forms[k].validate(); err != nil {
			return fmt.Errorf("reading: column %q: %w", r.Forms[k].Column, err)
		}
	}
	return nil
}
