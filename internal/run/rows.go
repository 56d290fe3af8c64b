package run

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/parallel"
	"multigrade/internal/rowfile"
)

// RowSource is a data file whose rows are only read block by block.
type RowSource struct {
	*Source
	Data  *grade.RowData
	file  *rowfile.Npy
	table *rowfile.Opened // closed, of an array what it was made of, nil for others
}

// InMemory is how many bytes a run in memory takes for each of the data's, about: the file's
// bytes, the numbers, standardised, with a bias, by columns, and in the checker.
const InMemory = 8

// OpenRows opens the data for a run with room for so many bytes of them: nil where they fit into that,
// other than as rows; 0: none do. A text table, a Parquet file, or what is in a file of gzip is made into a NumPy
// array beside it first, once: converting is told what of the file has been read.
func OpenRows(ctx context.Context, path string, room int64, o dataset.Options, task string, converting func(path string, read, size int64)) (*RowSource, error) {
	if path == Embedded {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil
	}
	if info.Size() <= room/InMemory {
		if large, err := inflates(path, room/InMemory); err != nil || !large {
			return nil, exit.Bad(err)
		}
	}
	table, err := rowfile.Open(path)
	if err != nil {
		return nil, exit.Bad(err)
	}
	defer table.Close()
	array, of, err := asArray(ctx, table, path, room, &o, converting)
	if err != nil {
		return nil, readError(err)
	}
	r, err := openArray(array)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if err = r.describe(ctx, o, task, of.Columns); err == nil && of.Array != "" && r.Data.SHA256 != of.Array {
		err = fmt.Errorf("%s: expected the array that was made of %s, which has changed since: remove it", array, path)
	}
	if err == nil && of.Array != "" {
		r.table, r.madeOf = table, &manifestData{Path: path, SHA256: of.Source}
		r.madeOf.Absolute, err = filepath.Abs(path)
	}
	if err != nil {
		r.Close()
		return nil, readError(err)
	}
	return r, nil
}

// asArray is the path of the array that is in the file or was made of it, now or before, and of one
// that was made its origin; the options then say no more than what an array has.
func asArray(ctx context.Context, f *rowfile.Opened, path string, room int64, o *dataset.Options, converting func(string, int64, int64)) (array string, of arrayOrigin, err error) {
	head := make([]byte, len(rowfile.Magic))
	if n, err := io.ReadFull(f, head); err != nil {
		return "", of, fmt.Errorf("%s: expected data, got %d bytes", path, n)
	}
	if bytes.Equal(head, []byte(rowfile.Magic)) {
		return path, of, nil
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", of, err
	}
	c := &contents{path: path, file: f, in: f, head: head, converting: converting}
	if dataset.IsGzip(head) {
		if err := c.unpack(); err != nil {
			return "", of, err
		}
	}
	if bytes.HasPrefix(c.head, []byte(rowfile.Magic)) {
		array = path + converted
		of, err = c.make(ctx, array, func(made string) ([]string, error) {
			return nil, rowfile.Copy(ctx, c.in, made, func() { c.progress(array, 0) })
		})
		return array, of, err
	}
	for _, other := range []string{"PK", "ARROW1", "BZh"} {
		if bytes.HasPrefix(c.head, []byte(other)) || dataset.IsGzip(c.head) {
			return "", of, fmt.Errorf("%s: expected a NumPy array (.npy), a text table, gzip of these, or a Parquet file, which is what can be read out of core", path)
		}
	}
	array = path + converted
	target := ""
	switch {
	case len(o.Targets) > 1:
		return "", of, fmt.Errorf("%s: %d targets, and out of core there is one", path, len(o.Targets))
	case len(o.Targets) == 1:
		target = o.Targets[0]
		array = path + "." + url.PathEscape(target) + converted
	}
	o.Targets = nil
	if flag := o.OfText(); flag != "" {
		return "", of, fmt.Errorf("%s: out of core %s is not possible", path, flag)
	}
	limits := o.Limits
	if room > 0 {
		limits.Bytes = room
	}
	of, err = c.make(ctx, array, func(made string) ([]string, error) { return c.convert(ctx, array, made, target, limits) })
	return array, of, err
}

// contents is a data file that is made into an array.
type contents struct {
	path       string
	file       *rowfile.Opened
	packed     *gzipped // nil for a file that is not
	in         io.Reader
	head       []byte // the first bytes of in
	now        string // the hash of the file, once it was asked for
	converting func(path string, read, size int64)
}

// unpack goes on with what is in a file of gzip.
func (c *contents) unpack() (err error) {
	if c.packed, err = newGzipped(c.path, c.file); err != nil {
		return err
	}
	in := bufio.NewReader(c.packed)
	if c.head, err = in.Peek(len(rowfile.Magic)); err != nil && err != io.EOF {
		return err
	}
	c.in = in
	if bytes.HasPrefix(c.head, []byte("PAR1")) {
		return fmt.Errorf("%s: expected a Parquet file as it is, which is compressed by itself, not within one of gzip", c.path)
	}
	return nil
}

// progress says how much was read: so many bytes, of gzip those of the file.
func (c *contents) progress(array string, read int64) {
	if c.packed != nil {
		read = c.packed.file.n
	}
	c.converting(array, read, c.file.Size())
}

// convert makes the array of a text table or a Parquet file and names its columns.
func (c *contents) convert(ctx context.Context, array, made, target string, l dataset.Limits) ([]string, error) {
	text := &rowfile.Text{Name: c.path, In: c.in, Target: target, Progress: func(read int64) { c.progress(array, read) }}
	if c.packed == nil && bytes.HasPrefix(c.head, []byte("PAR1")) {
		pipe, out := io.Pipe()
		writer := parallel.Group{Stop: func() { out.CloseWithError(io.ErrUnexpectedEOF) }}
		writer.Go(func() { out.CloseWithError(dataset.WriteText(ctx, c.path, c.file.File, l, out)) })
		defer writer.Wait()
		defer pipe.Close() // which ends the writer
		text.In = pipe
	}
	err := text.Convert(ctx, made)
	return text.Columns, err
}

func openArray(path string) (*RowSource, error) {
	file, err := rowfile.OpenNpy(path)
	if err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	return &RowSource{Source: &Source{Path: path, absolute: absolute, Name: path}, file: file}, err
}

// describe hashes the file, names its columns, as those of an array where there are no names, and
// decides on the task.
func (r *RowSource) describe(ctx context.Context, o dataset.Options, task string, names []string) error {
	if err := o.OnlyCSV(r.Name, dataset.Npy); err != nil {
		return err
	}
	if len(o.Targets) > 0 && !slices.Equal(o.Targets, []string{"y"}) {
		return fmt.Errorf("%s: expected the target y, which is the last column of an array, got --target %q", r.Name, o.Targets)
	}
	n, cols := r.file.Dims()
	if cols < 2 {
		return fmt.Errorf("%s: expected at least two columns, a feature and the target, got %d", r.Name, cols)
	}
	if cols > o.Limits.Columns {
		return fmt.Errorf("%s: expected at most %d columns (--max-columns), got %d", r.Name, o.Limits.Columns, cols)
	}
	sum, err := hashOf(ctx, r.file.Reader())
	if err != nil {
		return err
	}
	if err := r.file.Unchanged(); err != nil {
		return err
	}
	source := grade.Source{Name: filepath.Base(r.Name), Kind: string(dataset.Npy), SHA256: sum, Rows: n, Features: cols - 1, Target: []string{"y"}}
	if len(names) == cols {
		source.Columns, source.Target = names[:cols-1], names[cols-1:]
	} else {
		for j := 1; j < cols; j++ {
			source.Columns = append(source.Columns, fmt.Sprintf("x%d", j))
		}
	}
	r.Data, err = grade.NewRowData(ctx, source, r.file, task)
	if grade.Refused(err) {
		err = fmt.Errorf("%s: %w", r.Name, err)
	}
	return err
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	in  io.Reader
}

func (r *contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.in.Read(p)
}

// Close closes the file.
func (r *RowSource) Close() error { return r.file.Close() }

// Unchanged is an error if the file, or what its array was made of, is no longer what it was.
func (r *RowSource) Unchanged() error {
	if r.table != nil {
		if err := r.table.Unchanged(); err != nil {
			return err
		}
	}
	return r.file.Unchanged()
}

// Meta is what a run directory says of the data, without their rows.
func (r *RowSource) Meta() *grade.Data {
	return &grade.Data{Source: r.Data.Source, Labels: grade.Labels{Task: r.Data.Labels.Task, Classes: r.Data.Labels.Classes}}
}
