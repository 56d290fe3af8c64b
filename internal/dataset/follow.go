package dataset

import (
	"slices"

	"multigrade/internal/schema"
)

// Description is what a model knows of the data it was trained on, for reading
// further data.
type Description struct {
	Kind     Kind
	Columns  []string        // names of the features
	Target   []string        // names of the targets
	Encoding schema.Encoding // nil: every feature is a column of numbers
	Labels   bool            // the target is text
	// Reading is that of the training file, nil for plain numbers: what is a percentage in one table is in another.
	Reading *schema.Reading
	// Group and Weights are columns of the training file that are no features, "" for none.
	Group, Weights string
}

// Describe is the description of the data.
func (d *Data) Describe() Description {
	return Description{Kind: d.Kind, Columns: d.Columns, Target: d.Target, Encoding: d.Encoding, Labels: d.Labels != nil, Reading: d.Reading}
}

// columns are the columns of a text table that become features.
func (m *Description) columns() schema.Encoding {
	if m.Encoding != nil {
		return m.Encoding
	}
	return numbersOnly(m.Columns)
}

// Wants reports whether the column is one of a feature or a target.
func (m *Description) Wants(column string) bool {
	return slices.Contains(m.columns().Columns(), column) || slices.Contains(m.Target, column)
}

// numbersOnly is the encoding of columns of numbers.
func numbersOnly(names []string) schema.Encoding {
	e := make(schema.Encoding, len(names))
	for j, name := range names {
		e[j].Name = name
	}
	return e
}

// follow makes the plan of a further table of the same kind, with the targets or
// without.
func (s *sheet) follow(m *Description, withTargets bool, o *Options) (*plan, error) {
	d := &decider{sheet: s, o: o}
	p := &plan{encoding: m.columns(), explicit: m.Encoding != nil}
	for k := range p.encoding {
		f := &p.encoding[k]
		j := slices.Index(s.names, f.Name)
		if j < 0 {
			return nil, &Error{File: s.file, Line: s.line, Want: "a column called " + quote(f.Name), Got: list(s.names), Err: ErrUnknownColumn}
		}
		d.likeFeature(j, f)
		d.likePercent(j, m)
	}
	if withTargets {
		p.targets, p.labels = m.Target, m.Labels
		for _, target := range m.Target {
			j := slices.Index(s.names, target)
			if j < 0 {
				return nil, &Error{File: s.file, Line: s.line, Want: "a target among " + list(s.names), Got: quote(target), Err: ErrUnknownColumn}
			}
			d.likeTarget(j, m.Labels)
			d.likePercent(j, m)
		}
	}
	if err := d.first(); err != nil {
		return nil, err
	}
	d.finishReading()
	return p, nil
}

// likeFeature finds the form of column j, which becomes f.
func (d *decider) likeFeature(j int, f *schema.Column) {
	c := d.columns[j]
	if c.missing > 0 && !f.Indicator && d.o.Missing != Drop {
		d.refuse(j, c.firstMissing, ErrMissing, "a value, as in all rows of the training", "")
	}
	switch {
	case f.IsText() || c.values() == 0:
	case f.Date != "":
		d.date(j, f.Date)
	case c.allNumbers():
		d.number(j)
	default:
		d.notNumber(j, "a finite number")
	}
}

// likePercent refuses numbers of column j with percent signs where the training had none, and the other way
// round, which would be a hundred times as large or as small; a file that is no text has no signs.
func (d *decider) likePercent(j int, m *Description) {
	c := d.columns[j]
	form := m.Reading.Form(d.names[j])
	had := form != nil && form.Affix == schema.Percent
	switch {
	case !c.allNumbers():
	case c.affix == schema.Percent && !had:
		d.refuse(j, c.firstAffix, ErrAmbiguous, "numbers without percent signs, as in the training", "")
	case had && c.affix == "" && !d.o.Named:
		d.refuse(j, c.firstNumber, ErrAmbiguous, "numbers with percent signs, as in the training", "")
	}
}

// notNumber refuses the first cell of column j that is no number.
func (d *decider) notNumber(j int, want string) {
	at, kind := cell{}, ErrNotNumber
	c := d.columns[j]
	for _, other := range []cell{c.notFinite, c.firstText, c.firstDate} {
		if other.line > 0 && (at.line == 0 || other.line < at.line) {
			at = other
		}
	}
	if at == c.notFinite {
		kind = ErrNotFinite
	}
	d.refuse(j, at, kind, want, "")
}

func (d *decider) likeTarget(j int, labels bool) {
	c := d.columns[j]
	if c.missing > 0 && !labels && d.o.Missing != Drop {
		d.refuse(j, c.firstMissing, ErrMissing, "a value of the target", "")
	}
	switch {
	case labels || c.values() == 0:
	case c.allNumbers():
		d.number(j)
	case d.isDate(j):
		d.date(j, "")
	default:
		d.notNumber(j, "a finite number, as in the training")
	}
}
