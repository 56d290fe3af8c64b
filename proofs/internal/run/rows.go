package run

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/table"
	"multigrade/proofs/internal/verdict"
)

// A run whose manifest has options.out_of_core is checked in passes over its data file, a NumPy array,
// of which one block of rows is in memory at a time: the claims are those of every run with one
// output, without rows held out.

// blockRows is a multiple of 64: with ten features and a hundred neurons a block is 15 MB.
const blockRows = 1 << 13

// outOfCore says that the run's data may be more than fits in memory; earlier versions say so by the
// memory allowed.
func (m *manifest) outOfCore() bool { return m.flag("out_of_core") || m.number("memory") > 0 }

// rowChecker follows such a run.
type rowChecker struct {
	*runChecker
	ctx  context.Context
	file *table.NpyRows
}

// rows checks the run; files have been read.
func (r *runChecker) rows(ctx context.Context, given string) error {
	if err := r.inBlocks(); err != nil {
		r.judge(ClaimData, verdict.ScopeFile, "", err)
		return nil
	}
	path, err := r.array(ctx, given)
	if path == "" || err != nil {
		return err
	}
	file, err := table.OpenNpyRows(path)
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
		return err
	}
	if err != nil {
		r.malformed("data", err)
		return nil
	}
	defer file.Close()
	c := &rowChecker{r, ctx, file}
	if ok, err := c.data(); !ok || err != nil {
		return err
	}
	r.settings()
	if err := c.standardisation(); err != nil {
		return err
	}
	r.budgets()
	r.zoned()
	if len(r.model.Grades) == 0 {
		if err := c.untrained(); err != nil {
			return err
		}
	}
	for k := range r.model.Grades {
		if err := c.grade(&r.model.Grades[k]); err != nil {
			return err
		}
	}
	r.scope()
	r.status()
	r.crossValidated()
	r.close()
	return nil
}

// inBlocks reports what of the model cannot be checked in blocks of rows.
func (r *runChecker) inBlocks() error {
	m := r.model
	for _, q := range []struct {
		what string
		has  bool
	}{
		{"a kind other than npy", m.Data.Kind != table.KindNpy}, {"data with a reading or encoding", m.Data.Reading != nil || m.Data.Encoding != nil},
		{"test data", m.Test != nil || r.manifest.Test != nil}, {"weights", m.Weights != nil}, {"several outputs", m.outputs() != 1},
		{"rows held out", m.Split.Holdout > 0 || m.Split.Validation > 0 || m.Split.Stride > 1 || m.Split.Fold != ""},
		{"loss " + m.Loss, m.Loss == certificate.Monotone},
	} {
		if q.has {
			return fmt.Errorf("manifest.json: options.out_of_core with %s, which cannot be checked in blocks of rows", q.what)
		}
	}
	for k := range m.Grades {
		for _, o := range m.Grades[k].Outputs {
			if o.Width != nil || o.Decomposed != nil || o.DeadZone != nil {
				return errors.New("model.json: a width, a decomposition or a dead zone, which cannot be checked in blocks of rows")
			}
		}
	}
	return nil
}

// locate is where a data file is, as for read.
func (m *manifestData) locate(dir, given string) (string, error) {
	if given != "" {
		return given, nil
	}
	for _, path := range m.places(dir) {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, nil
		}
	}
	return "", notThere(os.ErrNotExist)
}

// data compares the file with what the model says of it.
func (r *rowChecker) data() (bool, error) {
	m, f := r.model, r.file
	sum, err := f.Sha256(r.ctx)
	if err != nil {
		return false, err
	}
	switch {
	case sum != m.Data.SHA256 || sum != r.manifest.Data.SHA256:
		err = fmt.Errorf("sha256: the data file hashes to %s, model.json says %s, manifest.json %s", sum, m.Data.SHA256, r.manifest.Data.SHA256)
	case f.Rows != m.Data.Rows || f.Cols-1 != m.Data.Features:
		err = fmt.Errorf("the data file has %d rows and %d features, model.json says %d and %d", f.Rows, f.Cols-1, m.Data.Rows, m.Data.Features)
	case len(m.Data.Target) != 1 || len(m.Data.Columns) != f.Cols-1 || !differ(m.Data.Columns): // an array has no names, and one of a table the table's
		err = fmt.Errorf("columns: an array has %d features and a target, model.json has the names %.200q and %.200q", f.Cols-1, m.Data.Columns, m.Data.Target)
	}
	r.judge(ClaimData, verdict.ScopeFile, fmt.Sprintf("%d rows, %d features, sha256 %.16s..., in blocks of %d rows", f.Rows, f.Cols-1, sum, blockRows), err)
	return err == nil, nil
}

// differ reports whether the names are different ones, none of them empty.
func differ(names []string) bool {
	sorted := slices.Sorted(slices.Values(names))
	return len(slices.Compact(sorted)) == len(names) && !slices.Contains(names, "")
}

// each calls f for block after block of the file, whole rows with the target last.
func (r *rowChecker) each(f func(rows exact.Matrix) error) error {
	buffer := make([]float64, min(blockRows, r.file.Rows)*r.file.Cols)
	for first := 0; first < r.file.Rows; first += blockRows {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		rows := min(blockRows, r.file.Rows-first)
		now := buffer[:rows*r.file.Cols]
		if err := r.file.Read(now, first); err != nil {
			return err
		}
		if err := f(exact.Matrix{Rows: rows, Cols: r.file.Cols, Values: now}); err != nil {
			return err
		}
	}
	return nil
}

// columnMoments are the moments of a column that is seen number by number.
type columnMoments struct {
	first, least, largest, size float64
	seen                        bool
	exponent                    int
	sum, mean, squares          float64
}

func (c *columnMoments) spread(v float64) {
	if !c.seen {
		c.seen, c.first, c.least, c.largest = true, v, v, v
	}
	c.least, c.largest, c.size = math.Min(c.least, v), math.Max(c.largest, v), math.Max(c.size, math.Abs(v))
}

// scaled is v divided by the column's power of two.
func (c *columnMoments) scaled(v float64) float64 { return math.Ldexp(v, -c.exponent) }

// standardisation re-derives shifts and scales, in three passes, and those of carry in one more.
func (r *rowChecker) standardisation() error {
	m, cols := r.model, r.file.Cols
	c := make([]columnMoments, cols)
	all := func(f func(c *columnMoments, v float64)) error {
		return r.each(func(rows exact.Matrix) error {
			for k, v := range rows.Values {
				f(&c[k%cols], v)
			}
			return nil
		})
	}
	if err := all((*columnMoments).spread); err != nil {
		return err
	}
	n := float64(r.file.Rows)
	for j := range c {
		c[j].exponent = columnExponent(c[j].size)
	}
	if err := all(func(c *columnMoments, v float64) { c.sum += c.scaled(v) }); err != nil {
		return err
	}
	for j := range c {
		c[j].mean = c[j].sum / n
	}
	if err := all(func(c *columnMoments, v float64) { d := c.scaled(v) - c.mean; c.squares += float64(d * d) }); err != nil {
		return err
	}
	moments := func(from, to int) scaling {
		s := unitScaling(to - from)
		for j := range c[from:to] {
			k := &c[from+j]
			if s.Shift[j], s.Scale[j] = k.first, 0; !alike(k.least, k.largest, k.size) {
				s.Shift[j], s.Scale[j] = math.Ldexp(k.mean, k.exponent), math.Ldexp(math.Sqrt(k.squares/n), k.exponent)
			}
		}
		return s
	}
	input, output := unitScaling(m.Data.Features), unitScaling(1)
	if m.Standardize {
		input = moments(0, cols-1)
	}
	if m.Standardize && m.Task == table.TaskRegression {
		output = moments(cols-1, cols)
	}
	err := errors.Join(
		sameBits("input.shift", m.Input.Shift, recomputed, input.Shift), sameBits("input.scale", m.Input.Scale, recomputed, input.Scale),
		sameBits("output.shift", m.Output.Shift, recomputed, output.Shift), sameBits("output.scale", m.Output.Scale, recomputed, output.Scale))
	if m.carries() {
		below := make([]float64, m.Data.Features)
		if err := r.each(func(rows exact.Matrix) error {
			p, err := r.firstPart(rows)
			if err == nil {
				for j, v := range carryShifts(p.h) {
					below[j] = max(below[j], v)
				}
			}
			return err
		}); err != nil {
			return err
		}
		err = errors.Join(err, sameBits("carry_shift", m.CarryShift, recomputed, below))
	}
	r.judge(ClaimStandardisation, splitTrain, fmt.Sprintf("re-derived from %d rows, equal to the bit", r.file.Rows), oneLine(err))
	return nil
}

// part is a block of the file as the training rows of a grade.
func (r *rowChecker) part(g *modelGrade, rows exact.Matrix) (*part, error) {
	p, err := r.firstPart(rows)
	for k := 0; err == nil && k < g.Grade-1; k++ {
		before := &r.model.Grades[k]
		hidden := before.hidden(p.input(r.model))
		p.pass(before, before.networks(hidden), hidden)
	}
	return p, err
}

// firstPart is a block of the file as the training rows of the first grade.
func (r *rowChecker) firstPart(rows exact.Matrix) (*part, error) {
	d := rows.Cols - 1
	t := &table.Table{X: exact.Matrix{Rows: rows.Rows, Cols: d, Values: make([]float64, rows.Rows*d)}}
	y, every := make([]float64, rows.Rows), make([]int, rows.Rows)
	for i := range y {
		row, _ := rows.Row(i)
		copy(t.X.Values[i*d:], row[:d])
		y[i], every[i] = row[d], i
		if r.model.Task == table.TaskRegression {
			continue
		}
		var err error
		if y[i], err = r.model.Classes.Index(row[d]); err != nil {
			return nil, fmt.Errorf("y: %w", err)
		}
	}
	t.Y = [][]float64{y}
	t.ToLabels(r.model.Task, r.model.Classes)
	return newPart(splitTrain, t, r.model, every), nil
}

// decode reads the certificate of the grade but for what grows with the rows, which stays in its file,
// and judges its hash; nil if it is not one. The file is to be closed unless it is nil.
func (r *rowChecker) decode(g *modelGrade) (c *certificate.Certificate, parts certificate.Parts, file io.Closer, err error) {
	name := g.certificate(0)
	path, err := own(r.dir, name)
	if err != nil {
		r.malformed(name, err)
		return nil, nil, nil, nil
	}
	f, err := os.Open(path)
	if err != nil {
		r.malformed(name, err)
		return nil, nil, nil, nil
	}
	h := sha256.New()
	c, parts, err = certificate.DecodeParts(io.TeeReader(f, h), f)
	var malformed *certificate.MalformedError
	if err != nil && !errors.As(err, &malformed) {
		return nil, nil, f, err
	}
	if _, err := io.Copy(h, f); err != nil {
		return nil, nil, f, err
	}
	r.judge(verdict.ClaimFile, name, "sha256 as in manifest.json", r.manifest.Files.sameHash(name, hex.EncodeToString(h.Sum(nil))))
	if err == nil && c.Data != nil {
		err = errors.New("section data: a certificate in a run directory goes by the run's data")
	}
	if err != nil {
		r.malformed(name, err)
		return nil, nil, f, nil
	}
	return c, parts, f, nil
}

// grade checks the certificate and follows the rows through the grade.
func (r *rowChecker) grade(g *modelGrade) error {
	c, parts, file, err := r.decode(g)
	if file != nil {
		defer file.Close()
	}
	if err != nil {
		return err
	}
	var check *certificate.BlockCheck
	if c != nil {
		if check, err = certificate.NewBlockCheck(c, parts); err != nil {
			r.judge(certificate.ClaimProgram, g.scope(0), "", err)
			c = nil
		}
	}
	m := r.model
	var before, after measuring
	var right [2]int
	scales := make([]float64, g.width())
	err = r.each(func(rows exact.Matrix) error {
		p, err := r.part(g, rows)
		if err != nil {
			return err
		}
		x := p.input(m)
		hidden := g.hidden(x)
		if c != nil {
			if err := check.Add(x, p.target(m), p.offset(m, g)); err != nil {
				return err
			}
		}
		addSquares(scales, hidden)
		before.add(m, p, 0, p.e[0])
		right[0] += p.right(m)
		last := p.passLast(g, g.networks(hidden)) // the features are made anew in every pass
		after.add(m, p, 0, last[0])
		right[1] += p.right(m)
		return nil
	})
	again := []func(p *part){func(p *part) { check.Target(p.target(m)) }}
	if m.margins() && g.Grade > 1 {
		again = append(again, func(p *part) { check.Offset(p.offset(m, g)) })
	}
	for _, f := range again {
		if err != nil || c == nil {
			break
		}
		err = r.each(func(rows exact.Matrix) error {
			p, err := r.part(g, rows)
			if err == nil {
				f(p)
			}
			return err
		})
	}
	if err != nil {
		r.judge(ClaimData, "rows", "", err)
		return r.ctx.Err()
	}
	r.parts = []*part{{name: splitTrain}}
	if c != nil {
		r.certificateSettings(g, 0, c)
	}
	r.composition(g, []*certificate.Certificate{c}, rootMeanScales(scales, r.file.Rows))
	if c != nil {
		report := check.Report()
		for _, claim := range report.Claims {
			claim.Scope = g.scope(0) + " " + claim.Scope
			r.report.Claims = append(r.report.Claims, claim)
		}
	}
	for k, s := range []*measuring{&before, &after} {
		if k == 0 && g.Grade > 1 {
			continue // that behind the grade before
		}
		var program *programNumbers
		if programs := g.programs([]*certificate.Certificate{c}); k == 1 && programs != nil {
			program = &programs[0]
		}
		r.row(k*g.Grade, s, right[k], program)
	}
	if g.Grade == 1 {
		r.losses = []lossValue{before.loss.value(m)}
	}
	r.decreasingTo(g, []lossValue{after.loss.value(m)})
	return nil
}

// untrained follows the rows of a model without grades.
func (r *rowChecker) untrained() error {
	var s measuring
	right := 0
	err := r.each(func(rows exact.Matrix) error {
		p, err := r.firstPart(rows)
		if err == nil {
			s.add(r.model, p, 0, p.e[0])
			right += p.right(r.model)
		}
		return err
	})
	if err != nil {
		r.judge(ClaimData, "rows", "", err)
		return r.ctx.Err()
	}
	r.parts = []*part{{name: splitTrain}}
	r.row(0, &s, right, nil)
	return nil
}

// row compares the ledger's entry behind grade k.
func (r *rowChecker) row(k int, s *measuring, right int, program *programNumbers) {
	v := s.norms(r.model)
	v.accuracy = math.NaN()
	if r.model.Task != table.TaskRegression {
		v.accuracy = float64(right) / float64(r.file.Rows)
	}
	r.ledgerRow(k, splitTrain, r.file.Rows, "1", fmt.Sprintf("grade %d %s", k, splitTrain), v, program)
}

// target is what the grade's program has to come near.
func (p *part) target(m *model) []float64 {
	if m.margins() {
		return p.y[0]
	}
	return p.e[0]
}

// offset is what the grade's program of margins has before its part, nil for the first grade and other
// losses.
func (p *part) offset(m *model, g *modelGrade) []float64 {
	if !m.margins() || g.Grade == 1 {
		return nil
	}
	return p.total[0]
}

// right is how many rows are in the class predicted, of a task with classes.
func (p *part) right(m *model) int {
	if m.Task == table.TaskRegression {
		return 0
	}
	return int(math.Round(p.accuracy(m, 0, 1) * float64(len(p.y[0]))))
}
