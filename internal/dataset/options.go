package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"multigrade/internal/schema"
)

// Options say what is known about a file beforehand, and what is wanted of it. The
// zero value with DefaultLimits reads a table of numbers with a header.
type Options struct {
	// Targets names the target columns, nil for the last one.
	Targets []string
	// Columns, if any, are the only features; Ignore are none.
	Columns, Ignore []string
	// Categorical columns are texts, whatever stands in them.
	Categorical []string
	// Dates are columns of dates, COLUMN or COLUMN=LAYOUT, a layout of
	// schema.Layouts.
	Dates []string
	// Group is a column that says which rows belong together, "" for none; it is no
	// feature.
	Group string
	// Weights is a column of the rows' weights, positive numbers, "" for none; it is no
	// feature.
	Weights string
	// Encode makes levels of texts and days of dates without being told which
	// columns are.
	Encode bool
	// Classes says that the target is classes: any text is one.
	Classes bool
	// Missing says what becomes of missing values, Signs stand for one besides the
	// usual ones.
	Missing Policy
	Signs   []string
	// NoHeader says that the first line is a row like the others.
	NoHeader bool
	// Charset, Separator and Decimal ("." or ",") are found from the file where they are "".
	Charset, Separator, Decimal string
	Limits                      Limits

	// Named says that the first line is a header, whatever it holds: the table was made of a file whose
	// rows are counted from 1, which errors name.
	Named bool

	// wanted are the only columns of interest; nil: all.
	wanted []string
	// features of them are no targets, which come last; 0: unknown.
	features int
}

// Validate reports the first option that is no option.
func (o *Options) Validate() error {
	if _, err := canonicalCharset(o.Charset); err != nil {
		return fmt.Errorf("--encoding: %w", err)
	}
	if o.Separator != "" && !slices.Contains(schema.Separators, o.Separator) {
		return fmt.Errorf("--separator %q: want one of %q", o.Separator, schema.Separators)
	}
	if o.Decimal != "" && o.Decimal != "." && o.Decimal != "," {
		return fmt.Errorf("--decimal %q: want a point or a comma", o.Decimal)
	}
	for _, d := range o.Dates {
		if _, layout := dateColumn(d); layout != "" && !slices.Contains(schema.Layouts, layout) {
			return fmt.Errorf("--date %q: want COLUMN or COLUMN=LAYOUT with a layout of %q", d, schema.Layouts)
		}
	}
	if len(o.Columns) > 0 && len(o.Ignore) > 0 {
		return fmt.Errorf("--columns and --ignore: want one of them")
	}
	return nil
}

// dateColumn splits COLUMN=LAYOUT.
func dateColumn(d string) (column, layout string) {
	if at := strings.LastIndex(d, "="); at > 0 {
		return d[:at], strings.ToLower(d[at+1:])
	}
	return d, ""
}

// inRows counts the rows where the lines of the table would be counted, its header among them.
func (o *Options) inRows(err error) error {
	var e *Error
	if !o.Named || !errors.As(err, &e) || e.Line == 0 {
		return err
	}
	row := *e
	row.Line--
	return &row
}

// Wants reports whether the column may become a feature or is a target, a group or a weight.
// Without --target, which is the last column, --columns leaves none out.
func (o *Options) Wants(column string) bool {
	if slices.Contains(o.Ignore, column) {
		return false
	}
	return len(o.Columns) == 0 || len(o.Targets) == 0 || slices.Contains(o.Columns, column) || slices.Contains(o.Targets, column) || column == o.Group || column == o.Weights
}
