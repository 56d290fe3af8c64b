package table

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"multigrade/proofs/internal/exact"
)

// Column is how one column of a file becomes features: a number itself, a text one
// feature per level.
type Column struct {
	Name      string   `json:"name"`
	Date      string   `json:"date"`
	Levels    []string `json:"levels"`
	Other     bool     `json:"other"`
	Impute    *float64 `json:"impute"`
	Indicator bool     `json:"indicator"`
}

// An imputed column's number stands in the rows where there is none.
type imputed struct {
	name    string
	feature int
	value   float64
	absent  []bool // by row
}

// numbers are the columns of plain numbers with these names.
func numbers(names []string) []Column {
	columns := make([]Column, len(names))
	for k, name := range names {
		columns[k].Name = name
	}
	return columns
}

// features names what the column becomes.
func (c *Column) features() []string {
	if len(c.Levels) == 0 {
		if c.Indicator {
			return []string{c.Name, c.Name + "=missing"}
		}
		return []string{c.Name}
	}
	var names []string
	for _, level := range c.Levels {
		names = append(names, c.Name+"="+level)
	}
	if c.Other {
		names = append(names, c.Name+"=other")
	}
	if c.Indicator {
		names = append(names, c.Name+"=missing")
	}
	return names
}

// form checks that the column makes sense.
func (c *Column) form() error {
	number := len(c.Levels) == 0
	switch {
	case number && c.Other:
		return fmt.Errorf("encoding of %q: other texts of a column of numbers", c.Name)
	case (c.Impute != nil) != (number && c.Indicator):
		return fmt.Errorf("encoding of %q: expected a number to impute where an indicator says that one is missing, and nowhere else", c.Name)
	case !number && c.Date != "":
		return fmt.Errorf("encoding of %q: texts that are dates", c.Name)
	}
	return nil
}

// indicator is 1 for true.
func indicator(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// values are the features of a cell.
func (c *Column) values(cell string, absent bool, f Form) ([]float64, error) {
	if absent && !c.Indicator {
		return nil, errors.New("no value, expected one")
	}
	var v []float64
	if len(c.Levels) == 0 {
		number := 0.0
		if absent {
			number = *c.Impute
		} else {
			var err error
			if number, err = f.number(cell); err != nil {
				return nil, err
			}
		}
		v = []float64{number}
	} else {
		for _, level := range c.Levels {
			v = append(v, indicator(!absent && level == cell))
		}
		if c.Other {
			v = append(v, indicator(!absent && !slices.Contains(c.Levels, cell)))
		}
	}
	if c.Indicator {
		v = append(v, indicator(absent))
	}
	return v, nil
}

// CheckImputed reports whether every imputed number is the mean of those that are
// there, over the given rows, summed from the first to the last.
func (t *Table) CheckImputed(rows []int) error {
	for _, c := range t.imputed {
		sum, count := 0.0, 0
		for _, i := range rows {
			if !c.absent[i] {
				sum += t.X.Values[i*t.X.Cols+c.feature]
				count++
			}
		}
		if mean := sum / float64(count); mean != c.value {
			return fmt.Errorf("encoding of %q: imputes %v, the mean over %d rows is %v", c.name, c.value, count, mean)
		}
	}
	return nil
}

// readText reads a text table by its reading and encoding.
func (t *Table) readText(ctx context.Context, raw []byte, f *File) error {
	reading := f.Reading
	if reading == nil {
		reading = new(Reading)
	}
	text, err := reading.characters(raw)
	if err != nil {
		return err
	}
	rows, err := reading.scanner(text)
	if err != nil {
		return err
	}
	cells, err := rows.row()
	if err != nil {
		return err
	}
	if cells == nil {
		return errors.New("no rows")
	}
	names := slices.Clone(cells)
	if reading.NoHeader {
		if reading.Trailing && len(cells) > 1 {
			cells = cells[:len(cells)-1]
		}
		names = nil
		for j := range cells[:max(0, len(cells)-1)] {
			names = append(names, fmt.Sprintf("x%d", j+1))
		}
		names = append(names, "y")
		wide := len(cells) > 1
		if rows, err = reading.scanner(text); err != nil {
			return err
		}
		rows.wide = wide
	} else {
		rows.wide = len(cells) > 1 || reading.RowNames
		if reading.Trailing && names[len(names)-1] == "" {
			names = names[:len(names)-1]
		}
		if reading.RowNames && len(names) > 0 && names[0] == "" {
			names = names[1:]
		}
	}
	return t.readRows(ctx, rows, reading, names, f)
}

// readRows reads what stands below the header.
func (t *Table) readRows(ctx context.Context, rows *scanner, reading *Reading, names []string, f *File) error {
	encoding := f.Encoding
	if encoding == nil {
		used := f.Wanted
		if used == nil {
			used = slices.DeleteFunc(slices.Clone(names), func(name string) bool {
				return slices.Contains(f.Targets, name) || name == f.Weights || name == f.Group
			})
		}
		encoding = numbers(used)
	}
	if len(encoding) == 0 {
		return fmt.Errorf("columns %q, expected a feature besides the targets %q", names, f.Targets)
	}
	place := func(name string) (int, error) {
		at := slices.Index(names, name)
		if at < 0 {
			return 0, fmt.Errorf("columns %.200q, expected %q among them", names, name)
		}
		if f.Wanted == nil && f.Encoding == nil && slices.Index(names[at+1:], name) >= 0 {
			return 0, fmt.Errorf("two columns %q", name)
		}
		return at, nil
	}
	at := make([]int, len(encoding))
	for k := range encoding {
		c := &encoding[k]
		if err := c.form(); err != nil {
			return err
		}
		var err error
		if at[k], err = place(c.Name); err != nil {
			return err
		}
		if c.Impute != nil {
			t.imputed = append(t.imputed, imputed{name: c.Name, feature: len(t.Columns), value: *c.Impute})
		}
		t.Columns = append(t.Columns, c.features()...)
	}
	targets := make([]int, len(f.Targets))
	for k, target := range f.Targets {
		var err error
		if targets[k], err = place(target); err != nil {
			return fmt.Errorf("expected the target: %w", err)
		}
		if slices.Contains(targets[:k], targets[k]) {
			return fmt.Errorf("the target %q twice", target)
		}
	}
	weights := -1
	if f.Weights != "" {
		var err error
		if weights, err = place(f.Weights); err != nil {
			return fmt.Errorf("expected the column of weights: %w", err)
		}
	}
	groups := -1
	if f.Group != "" {
		var err error
		if groups, err = place(f.Group); err != nil {
			return fmt.Errorf("expected the column of groups: %w", err)
		}
	}
	t.Y = make([][]float64, len(targets))
	var x []float64
	for {
		if rows.line%aLook == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		cells, err := rows.row()
		if err != nil {
			return err
		}
		if cells == nil {
			break
		}
		if cells, err = reading.trim(cells, len(names)); err != nil {
			return fmt.Errorf("line %d: %w", rows.line, err)
		}
		absent := func(j int) bool { return reading.missing(cells[j]) }
		if reading.Drop && (slices.ContainsFunc(at, absent) || slices.ContainsFunc(targets, func(j int) bool { return absent(j) && !slices.Contains(t.classes, cells[j]) })) {
			continue
		}
		if weights >= 0 {
			w, err := reading.form(f.Weights).number(cells[weights])
			if err == nil && !(w > 0) {
				err = fmt.Errorf("weight %v, expected a number > 0", w)
			}
			if err != nil {
				return fmt.Errorf("line %d column %d: %w", rows.line, weights+1, err)
			}
			t.Weights = append(t.Weights, w)
		}
		if groups >= 0 {
			t.Groups = append(t.Groups, strings.Clone(cells[groups]))
		}
		read := 0
		for k := range encoding {
			c := &encoding[k]
			v, err := c.values(cells[at[k]], absent(at[k]), reading.form(c.Name))
			if err != nil {
				return fmt.Errorf("line %d column %d: %w", rows.line, at[k]+1, err)
			}
			if c.Impute != nil {
				t.imputed[read].absent = append(t.imputed[read].absent, absent(at[k]))
				read++
			}
			x = append(x, v...)
		}
		for k, j := range targets {
			v, err := t.target(cells[j], reading.form(names[j]))
			if err != nil {
				return fmt.Errorf("line %d column %d: %w", rows.line, j+1, err)
			}
			t.Y[k] = append(t.Y[k], v)
		}
	}
	var err error
	t.X, err = exact.NewDense(len(x)/len(t.Columns), len(t.Columns), x)
	return err
}

// trim takes the cells that belong to columns.
func (r *Reading) trim(cells []string, columns int) ([]string, error) {
	if r.RowNames {
		cells = cells[1:]
	}
	if r.Trailing && len(cells) == columns+1 && cells[columns] == "" {
		cells = cells[:columns]
	}
	if len(cells) != columns {
		return nil, fmt.Errorf("wrong number of fields: %d, expected %d", len(cells), columns)
	}
	return cells, nil
}
