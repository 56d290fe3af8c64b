package dataset

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"

	"multigrade/internal/schema"
)

// use is a column of the file that is read: of the features or of the targets.
type use struct {
	at     int // cell of a row
	name   string
	form   *schema.Form
	column *schema.Column // nil: a target
	labels bool           // of the target: text
}

// fill reads the table by the reading and the plan.
func (s *sheet) fill(ctx context.Context, p *plan, limits Limits) (*Data, error) {
	d := &Data{Kind: CSV, Target: slices.Clone(p.targets)}
	d.Columns = p.encoding.Names()
	width := len(d.Columns)
	if err := limits.columns(s.file, 0, width); err != nil {
		return nil, err
	}
	if err := limits.numbers(s.file, s.rows, width+len(p.targets)); err != nil {
		return nil, err
	}
	uses := s.uses(p)
	group := -1
	if p.group != "" {
		group = s.use(p.group).at
		d.Group = p.group
	}
	var weights use
	if p.weights != "" {
		weights = s.use(p.weights)
		d.Weight = p.weights
	}
	values := make([]float64, s.rows*width)
	d.Y = make([][]float64, len(p.targets))
	rows := newRecords(ctx, s.file, s.text, &s.reading)
	rows.wide = s.wide || !s.reading.NoHeader
	if !s.reading.NoHeader {
		if _, _, err := rows.next(); err != nil {
			return nil, err
		}
		rows.wide = s.wide
	}
	n := 0
	for {
		cells, line, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if s.reading.Drop && s.drops(uses, cells) {
			d.Dropped++
			continue
		}
		if p.weights != "" {
			v, err := weights.form.Value(cells[weights.at])
			if err != nil || !(v > 0) {
				return nil, s.wrong(weights, line, cmp.Or(err, ErrNotPositive), wantWeight, cells[weights.at])
			}
			d.Weights = append(d.Weights, v)
		}
		if group >= 0 {
			d.Groups = append(d.Groups, strings.Clone(cells[group]))
		}
		dst := values[n*width : (n+1)*width]
		target := 0
		for _, u := range uses {
			if u.column != nil {
				if dst, err = s.put(dst, u, cells[u.at], line); err != nil {
					return nil, err
				}
				continue
			}
			if err := s.putTarget(d, target, u, cells[u.at], line); err != nil {
				return nil, err
			}
			target++
		}
		n++
	}
	if n == 0 {
		return nil, &Error{File: s.file, Want: "a row without a missing value", Got: "none", Err: ErrTooFewRows}
	}
	if d.X = mat.NewDense(n, width, values[:n*width]); p.labels {
		d.Y = nil
	}
	if p.explicit {
		d.Encoding = p.encoding
	}
	if !s.reading.Plain() {
		d.Reading = &s.reading
	}
	return d, nil
}

// uses are the columns of the encoding, then the targets.
func (s *sheet) uses(p *plan) []use {
	var all []use
	for k := range p.encoding {
		u := s.use(p.encoding[k].Name)
		u.column = &p.encoding[k]
		all = append(all, u)
	}
	for _, target := range p.targets {
		u := s.use(target)
		u.labels = p.labels
		all = append(all, u)
	}
	return all
}

// use is the column of that name.
func (s *sheet) use(name string) use {
	u := use{at: slices.Index(s.names, name), name: name, form: s.reading.Form(name)}
	if s.reading.RowNames {
		u.at++
	}
	return u
}

// drops reports whether a value used is missing.
func (s *sheet) drops(uses []use, cells []string) bool {
	return slices.ContainsFunc(uses, func(u use) bool { return s.reading.IsMissing(cells[u.at]) })
}

// put writes the features of a cell and returns what is left of dst.
func (s *sheet) put(dst []float64, u use, text string, line int) ([]float64, error) {
	if s.reading.IsMissing(text) {
		if !u.column.Indicator {
			return nil, s.wrong(u, line, ErrMissing, "a value", text)
		}
		return u.column.Put(dst, true, 0, ""), nil
	}
	if u.column.IsText() {
		return u.column.Put(dst, false, 0, text), nil
	}
	v, err := u.form.Value(text)
	if err != nil {
		return nil, s.wrong(u, line, err, "a finite number", text)
	}
	return u.column.Put(dst, false, v, ""), nil
}

// putTarget adds the cell to target t.
func (s *sheet) putTarget(d *Data, t int, u use, text string, line int) error {
	if u.labels {
		if text == "" {
			return s.wrong(u, line, ErrMissing, "a class", text)
		}
		d.Labels = append(d.Labels, strings.Clone(text))
		return nil
	}
	if s.reading.IsMissing(text) {
		return s.wrong(u, line, ErrMissing, "a value of the target", text)
	}
	v, err := u.form.Value(text)
	if err != nil {
		return s.wrong(u, line, err, "a finite number", text)
	}
	d.Y[t] = append(d.Y[t], v)
	return nil
}

func (s *sheet) wrong(u use, line int, kind error, want, text string) error {
	return &Error{File: s.file, Line: line, Column: u.at + 1, Name: u.name, Want: want, Got: quote(text), Err: kind}
}

// Impute sets what stands for the missing numbers of every column, the mean over
// the given rows of those that are there, and puts it in their place.
func (d *Data) Impute(rows []int) error {
	x, dense := d.X.(*mat.Dense)
	if d.Encoding == nil || !dense {
		return nil
	}
	n, _ := x.Dims()
	at := 0
	for k := range d.Encoding {
		c := &d.Encoding[k]
		if c.Indicator && !c.IsText() {
			if c.Impute == nil {
				mean, ok := meanOf(x, rows, at)
				if !ok {
					return &Error{File: d.Source, Name: c.Name, Want: fmt.Sprintf("a value in the training rows of column %s", quote(c.Name)), Got: "none", Err: ErrMissing}
				}
				c.Impute = &mean
			}
			missing := Imputed{Column: at}
			for i := range n {
				if v := x.At(i, at); v != v {
					x.Set(i, at, *c.Impute)
					missing.Rows = append(missing.Rows, i)
				}
			}
			d.Imputed = append(d.Imputed, missing)
		}
		at += c.Width()
	}
	return nil
}

// meanOf is (sum v)/n over the rows where v is there, from the first row on.
func meanOf(x *mat.Dense, rows []int, j int) (float64, bool) {
	sum, count := 0.0, 0
	for _, i := range rows {
		if v := x.At(i, j); v == v {
			sum += v
			count++
		}
	}
	return sum / float64(count), count > 0
}
