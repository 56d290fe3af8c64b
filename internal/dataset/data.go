package dataset

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/schema"
)

// Kind is the format of a data file.
type Kind string

// The formats that can be read.
const (
	CSV    Kind = "csv" // and other separated text
	Libsvm Kind = "libsvm"
	Npy    Kind = "npy" // and npz
	Image  Kind = "image"
)

// Data is one file, read.
type Data struct {
	Source  string      // base name of the file
	Kind    Kind        // format
	SHA256  string      // hash of the raw bytes of the file, hex
	Columns []string    // names of the d features
	Target  []string    // names of the targets
	X       mat.Matrix  // n x d features, *mat.Dense or *sparse.CSR; NaN where a number is missing, until Impute
	Y       [][]float64 // Y[t][i] is target t of row i; nil where the target is text
	Labels  []string    // the target as text, one per row; nil where it is numbers
	Width   int         // pixels in a line of an image, 0 otherwise
	Group   string      // name of the column of groups, "" without one
	Groups  []string    // of each row, nil without a column of groups
	Imputed []Imputed   // what Impute put in the place of missing numbers
	Weight  string      // name of the column of weights, "" without one
	Weights []float64   // of each row, > 0; nil without a column of weights
	Dropped int         // rows that were left out for a missing value

	Reading  *schema.Reading // of a CSV; nil for plain numbers, commas and a header
	Encoding schema.Encoding // nil where every column but the targets is a feature
}

// Imputed are the rows of feature Column where a number was missing.
type Imputed struct {
	Column int
	Rows   []int
}

// Rows returns n, the number of rows.
func (d *Data) Rows() int { n, _ := d.X.Dims(); return n }

// Strata are the first target of every row or, where it is text, the places of its texts
// in their order.
func (d *Data) Strata() []float64 {
	if d.Labels == nil {
		return d.Y[0]
	}
	texts := slices.Compact(slices.Sorted(slices.Values(d.Labels)))
	strata := make([]float64, len(d.Labels))
	for i, text := range d.Labels {
		at, _ := slices.BinarySearch(texts, text)
		strata[i] = float64(at)
	}
	return strata
}

// Features returns d, the number of features.
func (d *Data) Features() int { _, c := d.X.Dims(); return c }

// Read reads a file to train on from its raw bytes; name is its name in messages.
// It returns an *Error when the file is not a table of at least two rows with a
// feature and a target, or one of the options does not fit it.
func Read(ctx context.Context, name string, raw []byte, o Options) (*Data, error) {
	d, err := read(ctx, name, raw, o)
	if err != nil {
		return nil, err
	}
	if d.Rows() < 2 {
		return nil, &Error{File: name, Want: "at least two rows of data", Got: "1", Err: ErrTooFewRows}
	}
	return d, nil
}

func read(ctx context.Context, name string, raw []byte, o Options) (*Data, error) {
	c, err := open(ctx, name, raw, o.Limits)
	if err != nil {
		return nil, err
	}
	var d *Data
	if c.kind == CSV {
		var s *sheet
		var p *plan
		if s, err = scan(ctx, name, c.content, &o); err == nil {
			if p, err = s.decide(&o); err == nil {
				d, err = s.fill(ctx, p, o.Limits)
			}
		}
	} else if err = o.OnlyCSV(name, c.kind); err == nil {
		d, err = c.read(ctx, o.Limits)
		if err == nil {
			err = o.onlyTargets(name, c.kind, d.Target)
		}
	}
	if err != nil {
		return nil, o.inRows(err)
	}
	d.Source, d.SHA256 = filepath.Base(name), hashOf(raw)
	return d, nil
}

// onlyTargets refuses others than those of the file.
func (o *Options) onlyTargets(name string, kind Kind, targets []string) error {
	if len(o.Targets) > 0 && !slices.Equal(o.Targets, targets) {
		return wrongTarget(name, kind, targets, o.Targets)
	}
	return nil
}

// OfArray makes the options those of the text table of an array with these targets, and refuses what
// is not for an array.
func (o *Options) OfArray(name string, targets []string) error {
	if err := cmp.Or(o.OnlyCSV(name, Npy), o.onlyTargets(name, Npy, targets)); err != nil {
		return err
	}
	o.Targets = targets
	return nil
}

func wrongTarget(name string, kind Kind, targets, asked []string) error {
	return &Error{File: name, Want: fmt.Sprintf("the target of a file of kind %s, %s", kind, list(targets)), Got: quote(strings.Join(asked, ", ")), Err: ErrUnknownColumn}
}

// ReadLike reads a further file with the features and targets of a model: by name
// in a CSV, which may have other columns besides.
func ReadLike(ctx context.Context, name string, raw []byte, m Description, o Options) (*Data, error) {
	c, err := open(ctx, name, raw, o.Limits)
	if err != nil {
		return nil, err
	}
	if c.kind != m.Kind {
		return nil, &Error{File: name, Want: "a file of kind " + string(m.Kind) + ", as the training data", Got: string(c.kind), Err: ErrFormat}
	}
	var d *Data
	if c.kind == CSV {
		d, err = c.follow(ctx, &m, true, o)
	} else if d, err = c.read(ctx, o.Limits); err == nil {
		if err = d.likeModel(name, &m); err == nil && !slices.Equal(d.Target, m.Target) {
			err = wrongTarget(name, d.Kind, d.Target, m.Target)
		}
	}
	if err != nil {
		return nil, o.inRows(err)
	}
	d.Source, d.SHA256 = filepath.Base(name), hashOf(raw)
	return d, nil
}

// ReadFeatures reads a file to predict on: the features of a model, by name in a CSV
// wherever they stand; other columns, among them the targets, may be there or not, and hold
// anything. In an npy file the features are the first columns, and at most the
// target may follow.
func ReadFeatures(ctx context.Context, name string, raw []byte, m Description, o Options) (*Data, error) {
	c, err := open(ctx, name, raw, o.Limits)
	if err != nil {
		return nil, err
	}
	var d *Data
	switch {
	case c.kind == CSV:
		o.Missing = Refuse
		d, err = c.follow(ctx, &m, false, o)
	case m.Encoding != nil:
		err = &Error{File: name, Want: "a table with " + list(m.Encoding.Columns()), Got: "a file of kind " + string(c.kind), Err: ErrFormat}
	case c.kind == Npy:
		d, err = c.readNpyFeatures(m.Columns, o.Limits, false)
	default:
		if d, err = c.read(ctx, o.Limits); err == nil {
			err = d.likeModel(name, &m)
		}
	}
	if err != nil {
		return nil, o.inRows(err)
	}
	d.Source, d.SHA256, d.Target = filepath.Base(name), hashOf(raw), nil
	return d, nil
}

// Reread reads the file a model was trained or tested on again, by its reading.
func Reread(ctx context.Context, name string, raw []byte, m Description, r *schema.Reading, l Limits) (*Data, error) {
	if m.Kind != CSV {
		return ReadLike(ctx, name, raw, m, Options{Limits: l})
	}
	c, err := open(ctx, name, raw, l)
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = new(schema.Reading)
	}
	o := Options{Limits: l, NoHeader: r.NoHeader, Charset: r.Charset, Separator: r.Separator, wanted: slices.Concat(m.columns().Columns(), m.Target, oneName(m.Group), oneName(m.Weights))}
	s, err := scan(ctx, name, c.content, &o)
	if err != nil {
		return nil, err
	}
	s.reading = *r
	p := &plan{encoding: m.columns(), targets: m.Target, labels: m.Labels, explicit: m.Encoding != nil, group: m.Group, weights: m.Weights}
	for _, column := range o.wanted {
		if !slices.Contains(s.names, column) {
			return nil, &Error{File: name, Line: s.line, Want: "a column called " + quote(column), Got: list(s.names), Err: ErrUnknownColumn}
		}
	}
	d, err := s.fill(ctx, p, l)
	if err != nil {
		return nil, err
	}
	d.Source, d.SHA256 = filepath.Base(name), hashOf(raw)
	return d, nil
}

// follow reads a text table by the description.
func (c *container) follow(ctx context.Context, m *Description, withTargets bool, o Options) (*Data, error) {
	o.wanted = m.columns().Columns()
	o.features = len(o.wanted)
	if withTargets {
		o.wanted = slices.Concat(o.wanted, m.Target)
	}
	s, err := scan(ctx, c.name, c.content, &o)
	if err != nil {
		return nil, err
	}
	p, err := s.follow(m, withTargets, &o)
	if err != nil {
		return nil, err
	}
	return s.fill(ctx, p, o.Limits)
}

// likeModel makes the features those of the model: those of a libsvm file by their
// indices, those of another file if they are the same already.
func (d *Data) likeModel(name string, m *Description) error {
	if x, ok := d.X.(*sparse.CSR); ok && m.Kind == Libsvm {
		return d.likeIndices(name, x, m.Columns)
	}
	if !slices.Equal(d.Columns, m.Columns) {
		return &Error{File: name, Want: "the features " + list(m.Columns), Got: fmt.Sprintf("a file of kind %s with %s", d.Kind, list(d.Columns)), Err: ErrUnknownColumn}
	}
	return nil
}

// OnlyCSV refuses options that are about the cells of a text table.
func (o *Options) OnlyCSV(name string, kind Kind) error {
	if flag := o.OfText(); flag != "" {
		return &Error{File: name, Want: "a table of text for " + flag, Got: "a file of kind " + string(kind), Err: ErrFormat}
	}
	return nil
}

// OfText is the first flag given that is about the cells of a text table, "" where there is none.
func (o *Options) OfText() string {
	for _, f := range []struct {
		flag  string
		given bool
	}{{"--columns", len(o.Columns) > 0}, {"--ignore", len(o.Ignore) > 0}, {"--categorical", len(o.Categorical) > 0}, {"--date", len(o.Dates) > 0}, {"--group", o.Group != ""}, {"--weights", o.Weights != ""},
		{"--no-header", o.NoHeader}, {"--encoding", o.Charset != ""}, {"--separator", o.Separator != ""}, {"--decimal", o.Decimal != ""}} {
		if f.given {
			return f.flag
		}
	}
	return ""
}

func hashOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// list writes column names on one line.
func list(names []string) string {
	const most = 12
	shown := make([]string, min(most, len(names)))
	for j := range shown {
		shown[j] = shorten(names[j])
	}
	if len(names) > most {
		return fmt.Sprintf("%s, ... (%d columns)", strings.Join(shown, ", "), len(names))
	}
	return strings.Join(shown, ", ")
}

// container is a file without its compression, and its kind.
type container struct {
	name    string
	kind    Kind
	content []byte
	zipped  bool // of several npy arrays
}

// readable are the formats that can be read.
const readable = "CSV, libsvm, .npy, .npz, Parquet, Arrow, PNG or JPEG"

// open tells the formats apart by the first bytes, text by its first lines.
func open(ctx context.Context, name string, raw []byte, l Limits) (*container, error) {
	if l == (Limits{}) {
		l = DefaultLimits()
	}
	if err := l.bytes(name, int64(len(raw)), false); err != nil {
		return nil, err
	}
	content, err := decompress(ctx, name, raw, l)
	if err != nil {
		return nil, err
	}
	c := &container{name: name, content: content, kind: CSV}
	if format, remedy := foreignFormat(content); format != "" {
		return nil, &Error{File: name, Want: readable, Got: format + " (" + remedy + ")", Err: ErrFormat}
	}
	switch {
	case looksLikeImage(content):
		c.kind = Image
	case len(bytes.TrimSpace(content)) == 0:
		return nil, &Error{File: name, Want: "a table of numbers", Got: "nothing", Err: ErrEmpty}
	case bytes.HasPrefix(content, []byte(npyMagic)):
		c.kind = Npy
	case bytes.HasPrefix(content, []byte(zipMagic)), bytes.HasPrefix(content, []byte("PK\x05\x06")):
		c.kind, c.zipped = Npy, true
	case isBinary(content) && isText(content[:bytes.IndexByte(content, 0)]):
		at := bytes.IndexByte(content, 0)
		line, column := position(content, at)
		return nil, &Error{File: name, Line: line, Want: "text without zero bytes", Got: fmt.Sprintf("one at character %d of the line", column), Err: ErrFormat}
	case isBinary(content):
		return nil, &Error{File: name, Want: readable, Got: "some other binary format", Err: ErrFormat}
	case looksLikeLibsvm(content):
		c.kind = Libsvm
	}
	return c, nil
}

// isText reports whether what is before a zero byte is text of some length.
func isText(content []byte) bool {
	control := func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }
	return len(content) > 0 && utf8.Valid(content) && bytes.IndexFunc(content, control) < 0
}

// isBinary reports whether there is a zero byte, but for UTF-16.
func isBinary(content []byte) bool {
	return bytes.IndexByte(content, 0) >= 0 && !bytes.HasPrefix(content, []byte{0xff, 0xfe}) && !bytes.HasPrefix(content, []byte{0xfe, 0xff}) && unmarkedUTF16(content) == ""
}

// read reads what is no text table.
func (c *container) read(ctx context.Context, l Limits) (*Data, error) {
	switch {
	case c.kind == Image:
		return parseImage(ctx, c.name, c.content, l)
	case c.kind == Libsvm:
		return parseLibsvm(ctx, c.name, c.content, l)
	}
	return c.readNpy(l, false)
}
