package dataset

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"multigrade/internal/schema"
)

// plan is what becomes of the columns of a sheet.
type plan struct {
	encoding schema.Encoding // of the features
	targets  []string
	group    string
	weights  string
	labels   bool // the target is text
	explicit bool // the encoding is part of the model even if all are numbers
}

// decider decides on the columns of a sheet and collects what is wrong with them.
type decider struct {
	*sheet
	o        *Options
	problems []*Error
}

// refuse notes a defect of a cell of column j.
func (d *decider) refuse(j int, at cell, kind error, want string, got string) {
	if got == "" {
		got = quote(at.text)
	}
	d.problems = append(d.problems, &Error{File: d.file, Line: at.line, Column: d.position(j), Name: d.names[j], Want: want, Got: got, Err: kind})
}

// position is the place of column j in a line of the file, from 1.
func (d *decider) position(j int) int {
	if d.reading.RowNames {
		j++
	}
	return j + 1
}

// first is the problem that comes first in the file.
func (d *decider) first() error {
	if len(d.problems) == 0 {
		return nil
	}
	return slices.MinFunc(d.problems, func(a, b *Error) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column)) })
}

// decide makes the plan of a table to train on.
func (s *sheet) decide(o *Options) (*plan, error) {
	d := &decider{sheet: s, o: o}
	p := new(plan)
	if err := d.checkAsked(); err != nil {
		return nil, err
	}
	if len(s.names) < 2 {
		return nil, &Error{File: s.file, Line: max(s.line, 1), Want: "at least two columns, a feature and the target, between commas, semicolons, tabs, bars or blanks", Got: fmt.Sprint(len(s.names)), Err: ErrTooFewColumns}
	}
	if p.targets = o.Targets; len(p.targets) == 0 {
		if p.targets = d.lastFree(); p.targets == nil {
			return nil, &Error{File: s.file, Line: s.line, Want: "a column that is neither ignored nor of groups or weights as the target", Got: "none", Err: ErrTooFewColumns}
		}
	}
	for _, target := range p.targets {
		if slices.Contains(o.Ignore, target) {
			return nil, &Error{File: s.file, Name: target, Want: "a target that --ignore does not name", Got: quote(target), Err: ErrUnknownColumn}
		}
	}
	for k, target := range p.targets {
		if slices.Contains(p.targets[:k], target) {
			return nil, &Error{File: s.file, Want: "targets that differ", Got: quote(target) + " twice", Err: ErrDuplicateColumn}
		}
		if d.target(slices.Index(s.names, target)) {
			p.labels = true
		}
	}
	if p.labels && len(p.targets) > 1 {
		return nil, cmp.Or(d.first(), error(&Error{File: s.file, Name: p.targets[0], Want: "numbers where there are several targets", Got: "text in " + quote(p.targets[0]), Err: ErrNotNumber}))
	}
	if slices.Contains(p.targets, o.Group) {
		return nil, &Error{File: s.file, Name: o.Group, Want: "a column of groups besides the target", Got: quote(o.Group), Err: ErrDuplicateColumn}
	}
	if slices.Contains(p.targets, o.Weights) || o.Weights != "" && o.Weights == o.Group {
		return nil, &Error{File: s.file, Name: o.Weights, Want: "a column of weights that is nothing else", Got: quote(o.Weights), Err: ErrDuplicateColumn}
	}
	for j, name := range s.names {
		if name == "" {
			continue // there is nothing in it
		}
		if name == o.Weights {
			p.weights = name
			d.weights(j)
			continue
		}
		if name == o.Group {
			p.group = name
			if c := d.columns[j]; c.missing > 0 {
				d.refuse(j, c.firstMissing, ErrMissing, "the group of the row, as in other rows", "")
			}
			continue
		}
		if slices.Contains(p.targets, name) || len(o.Columns) > 0 && !slices.Contains(o.Columns, name) || slices.Contains(o.Ignore, name) {
			continue
		}
		p.encoding = append(p.encoding, d.feature(j))
	}
	if err := d.first(); err != nil {
		return nil, err
	}
	if len(p.encoding) == 0 {
		return nil, &Error{File: s.file, Want: "a feature besides the targets", Got: "none", Err: ErrTooFewColumns}
	}
	if err := d.sameFeature(p.encoding); err != nil {
		return nil, err
	}
	p.explicit = !p.encoding.Plain() || len(p.encoding)+len(p.targets) < len(s.names)
	d.finishReading()
	return p, nil
}

// sameFeature refuses a column of which a feature has the name of one of another column.
func (d *decider) sameFeature(e schema.Encoding) error {
	from := map[string]string{} // column of a feature
	for k := range e {
		column := e[k].Name
		for _, feature := range e[k : k+1].Names() {
			if other, ok := from[feature]; ok {
				return &Error{File: d.file, Line: d.line, Column: d.inHeader(slices.Index(d.names, column)), Name: column, Want: fmt.Sprintf("features of different names (--ignore %q leaves the column out)", column),
					Got: fmt.Sprintf("%s, which is one of column %s, too", quote(feature), quote(other)), Err: ErrDuplicateColumn}
			}
			from[feature] = column
		}
	}
	return nil
}

// lastFree is the last column that nothing else is said of, nil where there is none.
func (d *decider) lastFree() []string {
	for j := len(d.names) - 1; j >= 0; j-- {
		if name := d.names[j]; name != "" && name != d.o.Weights && name != d.o.Group && !slices.Contains(d.o.Ignore, name) {
			return d.names[j : j+1]
		}
	}
	return nil
}

// checkAsked checks that the columns the options name are there.
func (d *decider) checkAsked() error {
	for _, asked := range []struct {
		what    string
		columns []string
	}{{"a target", d.o.Targets}, {"--columns", d.o.Columns}, {"--ignore", d.o.Ignore}, {"--categorical", d.o.Categorical}, {"--date", dateNames(d.o.Dates)}, {"--group", oneName(d.o.Group)}, {"--weights", oneName(d.o.Weights)}} {
		for _, name := range asked.columns {
			if !slices.Contains(d.names, name) {
				return &Error{File: d.file, Want: asked.what + " among " + list(d.names), Got: quote(name) + d.meant(name), Err: ErrUnknownColumn}
			}
		}
	}
	return nil
}

// meant says what may have been meant by a name that no column has: one written otherwise, or several.
func (d *decider) meant(name string) string {
	for _, known := range d.names {
		if strings.EqualFold(strings.TrimSpace(known), strings.TrimSpace(name)) {
			return ", did you mean " + quote(known) + "?"
		}
	}
	if parts := strings.Split(name, ","); len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !slices.Contains(d.names, strings.TrimSpace(p)) }) {
		return " (of several columns each has a flag of its own)"
	}
	return ""
}

func oneName(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// weights decides on column j of weights.
func (d *decider) weights(j int) {
	switch c := d.columns[j]; {
	case c.missing > 0:
		d.refuse(j, c.firstMissing, ErrMissing, wantWeight, "")
	case c.allNumbers():
		d.number(j)
	default:
		d.notNumber(j, wantWeight)
	}
}

// wantWeight says what a weight is.
const wantWeight = "a weight, a finite number > 0 (a row that is not to count has to be left out)"

func dateNames(dates []string) []string {
	var names []string
	for _, d := range dates {
		name, _ := dateColumn(d)
		names = append(names, name)
	}
	return names
}

// finishReading notes which signs stand for missing values.
func (d *decider) finishReading() {
	d.reading.Drop = d.o.Missing == Drop
	for _, c := range d.columns {
		for _, sign := range c.signs {
			if !slices.Contains(d.reading.Missing, sign) {
				d.reading.Missing = append(d.reading.Missing, sign)
			}
		}
	}
	slices.Sort(d.reading.Missing)
}

// target decides on target column j and reports whether it is text.
func (d *decider) target(j int) (labels bool) {
	c, name := d.columns[j], d.names[j]
	if d.o.Classes && (!c.plain() || c.missing > 0 && d.o.Missing != Drop) || slices.Contains(d.o.Categorical, name) {
		if k := slices.Index(c.signs, ""); k >= 0 && d.o.Missing != Drop {
			d.refuse(j, c.firstEmpty, ErrMissing, "a class", "nothing")
		}
		return true
	}
	if c.missing > 0 && d.o.Missing != Drop {
		d.refuse(j, c.firstMissing, ErrMissing, "a value of the target (--missing drop leaves its row out; of classes, --task says that any text is one)", "")
	}
	switch {
	case c.values() == 0:
		d.refuse(j, c.first, ErrMissing, "a value in the column of the target", "")
	case d.isDate(j):
		d.date(j, "")
	case c.allNumbers():
		d.number(j)
	case c.allDates():
		d.refuse(j, c.firstDate, ErrNotNumber, fmt.Sprintf("a target of numbers or classes (--target names another column, --date %s takes days)", name), "the date "+quote(c.firstDate.text))
	case c.texts == c.values() && c.disguised() && c.notFinite.line == 0:
		d.refuse(j, c.firstText, ErrNotNumber, "a finite number (--task multiclass for classes)", fmt.Sprintf("%s with %s", quote(c.firstText.text), quote(c.mark)))
	case c.texts == c.values() && c.notFinite.line == 0:
		if k := c.distinct(); k > 2 && 2*k >= c.values() {
			d.refuse(j, c.firstText, ErrIdentifier, "classes that recur (--target names another column, --task multiclass insists)",
				fmt.Sprintf("%d different texts in %d rows", k, c.values()))
		}
		return true
	default:
		d.mixed(j, "--task multiclass for classes")
	}
	return false
}

// savedIndex begins the name that pandas gives a column without one, as that of an index
// is that was written with a table.
const savedIndex = "Unnamed: "

// feature decides on feature column j.
func (d *decider) feature(j int) schema.Column {
	c, name := d.columns[j], d.names[j]
	f := schema.Column{Name: name}
	if c.missing > 0 {
		switch d.o.Missing {
		case Refuse:
			d.refuse(j, c.firstMissing, ErrMissing, "a finite number (--missing impute or drop)", "")
		case Impute:
			f.Indicator = true
		}
	}
	switch {
	case strings.HasPrefix(name, savedIndex) && c.counting && c.rows > 1 && !slices.Contains(d.o.Columns, name):
		d.refuse(j, c.first, ErrIdentifier, fmt.Sprintf("a column that is no index of the rows (--ignore %q leaves it out)", name), "numbers that count the rows")
	case c.values() == 0:
		d.refuse(j, c.first, ErrMissing, fmt.Sprintf("a value somewhere in the column (--ignore %s leaves it out)", name), "")
	case slices.Contains(d.o.Categorical, name):
		d.levels(j, &f)
	case d.isDate(j):
		f.Date = d.date(j, "")
	case c.allNumbers():
		d.number(j)
	case c.allDates():
		if !d.o.Encode {
			d.refuse(j, c.firstDate, ErrNotNumber, fmt.Sprintf("a finite number (--date %s takes days, --ignore %s leaves the column out)", name, name), "")
		}
		f.Date = d.date(j, "")
	case c.texts == c.values() && c.notFinite.line == 0:
		d.text(j, &f)
	default:
		d.mixed(j, fmt.Sprintf("--ignore %s leaves the column out, --categorical %s takes texts", name, name))
	}
	return f
}

// text decides on a column of nothing but texts.
func (d *decider) text(j int, f *schema.Column) {
	c, name := d.columns[j], d.names[j]
	switch k := c.distinct(); {
	case c.disguised() && (k > 2 || k == c.values()):
		d.refuse(j, c.firstText, ErrNotNumber, fmt.Sprintf("a finite number (--categorical %s takes texts, --ignore %s leaves the column out)", name, name),
			fmt.Sprintf("%s with %s", quote(c.firstText.text), quote(c.mark)))
	case !d.o.Encode:
		d.refuse(j, c.firstText, ErrNotNumber, fmt.Sprintf("a finite number (--categorical %s makes a feature of every text, --ignore %s leaves the column out)", name, name), "")
	case k > 2 && (k == c.values() || k > maxLevels):
		d.refuse(j, c.firstText, ErrIdentifier, fmt.Sprintf("texts that recur, or --ignore %s", name), fmt.Sprintf("%s in %d rows", different(k), c.values()))
	default:
		d.levels(j, f)
	}
}

func different(k int) string {
	if k > maxLevels {
		return fmt.Sprintf("more than %d different ones", maxLevels)
	}
	return fmt.Sprintf("%d different ones", k)
}

// Levels: a text in fewer rows than this share of them, or in a single one, is not a
// level of its own, and there are not more levels than that.
const (
	rareShare  = 0.005
	mostLevels = 64
)

// levels makes levels of the texts of column j: the frequent ones, in the order of
// their bytes; the others come under one heading.
func (d *decider) levels(j int, f *schema.Column) {
	c := d.columns[j]
	if c.manyLevel {
		d.refuse(j, c.first, ErrIdentifier, fmt.Sprintf("at most %d different texts in a column of texts (--ignore %s)", maxLevels, d.names[j]), "more")
		return
	}
	least := max(2, int(rareShare*float64(c.values())))
	for text, level := range c.levels {
		if level.cells >= least {
			f.Levels = append(f.Levels, text)
		}
	}
	slices.SortFunc(f.Levels, func(a, b string) int {
		return cmp.Or(cmp.Compare(c.levels[b].cells, c.levels[a].cells), strings.Compare(a, b))
	})
	f.Levels = f.Levels[:min(len(f.Levels), mostLevels)]
	if f.Other = len(f.Levels) < len(c.levels); f.Other { // a text that says so is one of them
		f.Levels = slices.DeleteFunc(f.Levels, func(level string) bool { return level == "other" })
	}
	if f.Indicator && slices.Contains(f.Levels, "missing") {
		d.refuse(j, c.firstMissing, ErrMissing, fmt.Sprintf("a text, as there is the text \"missing\", too (--missing-sign missing takes them for the same, --ignore %s leaves the column out)", d.names[j]), "")
	}
	if len(f.Levels) == 0 {
		d.refuse(j, c.first, ErrIdentifier, fmt.Sprintf("texts that recur, or --ignore %s", d.names[j]), fmt.Sprintf("%d different ones in %d rows", len(c.levels), c.values()))
	}
	slices.Sort(f.Levels)
}

// isDate reports whether column j was said to be dates.
func (d *decider) isDate(j int) bool { return slices.Contains(dateNames(d.o.Dates), d.names[j]) }

// date notes and returns the layout of a column of dates; of several the one that
// was said, or the one preferred.
func (d *decider) date(j int, preferred string) string {
	c, name := d.columns[j], d.names[j]
	for _, asked := range d.o.Dates {
		if column, layout := dateColumn(asked); column == name && layout != "" {
			preferred = layout
		}
	}
	layouts := c.layouts
	if slices.Contains(layouts, preferred) || preferred == schema.Digits && c.allNumbers() {
		layouts = []string{preferred}
	}
	switch {
	case !c.allDates() && len(layouts) != 1, c.values() == 0:
		at := cmp.Or(c.firstText, c.firstNumber, c.first)
		d.refuse(j, at, schema.ErrNotDate, fmt.Sprintf("a date (--date %s=LAYOUT, such as yyyymmdd)", name), "")
	case len(layouts) > 1:
		d.refuse(j, c.firstDate, ErrAmbiguous, fmt.Sprintf("a date with one meaning (--date %s=%s or --date %s=%s)", name, layouts[0], name, layouts[1]), "")
	default:
		d.reading.Forms = append(d.reading.Forms, schema.Form{Column: name, Date: layouts[0]})
		return layouts[0]
	}
	return ""
}

// number notes the form of a column of numbers, if it needs one.
func (d *decider) number(j int) {
	c, name := d.columns[j], d.names[j]
	mask := c.conventions
	if c.affixes {
		d.refuse(j, c.firstAffix, ErrNotNumber, "numbers of one unit", quote(c.firstAffix.text)+" and others")
		return
	}
	if c.affix == schema.Percent && c.affixed < c.values() {
		d.refuse(j, c.firstAffix, ErrAmbiguous, "a percent sign in every cell of the column or in none", "")
		return
	}
	affix := func(k int) {
		if k > 0 || c.affix != "" {
			d.reading.Forms = append(d.reading.Forms, formOf(name, k, c.affix))
		}
	}
	commas, points := d.decimalMarks()
	if c.said(d.o.Decimal) == 0 && mask != 0 {
		at := c.firstPoint
		if d.o.Decimal == "." {
			at = c.firstMark
		}
		d.refuse(j, at, ErrNotNumber, fmt.Sprintf("numbers with the decimals behind %q, as --decimal says", d.o.Decimal), "")
		return
	}
	switch {
	case mask == 0:
		d.refuse(j, c.firstNumber, ErrAmbiguous, "the same marks between thousands and before decimals in all of the column", "")
	case mask&plainNumbers != 0 && !(c.points && commas && mask&pointThousands != 0):
		affix(0)
	case mask&plainNumbers != 0 && !points && d.o.Decimal == "":
		d.refuse(j, c.firstNumber, ErrAmbiguous, "numbers whose points have one meaning (--decimal . or --decimal ,)", quote(c.firstNumber.text)+", beside decimal commas in other columns")
	case mask&plainNumbers != 0 && d.o.Decimal == ",":
		affix(2)
	case mask&plainNumbers != 0:
		affix(0)
	case mask&commaThousands != 0 && mask&commaDecimals != 0:
		switch {
		case commas && !points:
			affix(7)
		case points && !commas || d.reading.Separator == "" && !commas:
			affix(1)
		default:
			d.refuse(j, d.firstMarked(j), ErrAmbiguous, "numbers whose commas have one meaning (--decimal . or --decimal ,)", "")
		}
	default:
		for _, k := range []int{7, 1, 2, 3, 4, 5, 6} {
			if mask&(1<<k) != 0 {
				affix(k)
				return
			}
		}
	}
}

// firstMarked is a cell of the column that is not a plain number.
func (d *decider) firstMarked(j int) cell { return d.columns[j].firstMark }

// decimalMarks reports whether some column can only be read with decimal commas,
// and whether some can only be read with decimal points, or the options say so.
func (d *decider) decimalMarks() (commas, points bool) {
	if d.o.Decimal != "" {
		return d.o.Decimal == ",", d.o.Decimal == "."
	}
	for _, c := range d.columns {
		if c.allNumbers() && c.conventions != 0 {
			commas = commas || c.conventions&withPoint == 0
			points = points || c.points && c.conventions&withComma == 0
		}
	}
	return commas, points
}

// mixed refuses a column of numbers and texts at the first cell that is not like
// most.
func (d *decider) mixed(j int, remedy string) {
	c := d.columns[j]
	switch {
	case c.notFinite.line > 0:
		d.refuse(j, c.notFinite, ErrNotFinite, "a finite number ("+remedy+")", "")
	case c.texts > 0 && c.numbers > 0 && (2*c.numbers >= c.values() || c.disguised()):
		got := quote(c.firstText.text)
		if c.mark != "" {
			got += " with " + quote(c.mark)
		} else if !strings.ContainsAny(c.firstText.text, "0123456789") {
			remedy += ", --missing-sign " + quote(c.firstText.text) + " says that there is none"
		}
		d.refuse(j, c.firstText, ErrNotNumber, "a finite number, as in other rows ("+remedy+")", got)
	case c.numbers > 0:
		d.refuse(j, c.firstNumber, ErrNotText, "a text, as in other rows ("+remedy+")", "")
	case c.texts > 0 && c.texts <= c.dates:
		d.refuse(j, c.firstText, schema.ErrNotDate, "a date, as in other rows ("+remedy+")", "")
	default:
		d.refuse(j, c.firstDate, ErrNotText, "a text, as in other rows ("+remedy+")", "")
	}
}
