package run

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/rowfile"
)

// RowSource is a data file whose rows are only read block by block.
type RowSource struct {
	*Source
	Data *grade.RowData
	file *rowfile.Npy
}

// inMemory is how many bytes a run in memory takes for each of the data's, about: the file's
// bytes, the numbers, standardised, with a bias, by columns, and in the checker.
const inMemory = 8

// OpenRows opens the data for a run within so many bytes of memory: nil where they fit into it,
// other than as rows.
func OpenRows(ctx context.Context, path string, memory int64, o dataset.Options, task string) (*RowSource, error) {
	if path == Stdin || path == Embedded {
		return nil, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if !info.Mode().IsRegular() || info.Size() <= memory/inMemory {
		return nil, nil
	}
	r, err := openRows(path)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if err := r.describe(ctx, o, task); err != nil {
		r.Close()
		return nil, readError(err)
	}
	return r, nil
}

func openRows(path string) (*RowSource, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	head := make([]byte, len(rowfile.Magic))
	_, err = io.ReadFull(f, head)
	f.Close()
	if err != nil || !bytes.Equal(head, []byte(rowfile.Magic)) {
		return nil, fmt.Errorf("%s: expected a NumPy file (.npy), which is what can be read out of core, for it is too large for the memory allowed", path)
	}
	r := new(RowSource)
	if r.file, err = rowfile.OpenNpy(path); err != nil {
		return nil, err
	}
	absolute, err := filepath.Abs(path)
	r.Source = &Source{Path: path, absolute: absolute, Name: path}
	return r, err
}

// describe hashes the file, names its columns and decides on the task.
func (r *RowSource) describe(ctx context.Context, o dataset.Options, task string) error {
	if err := o.OnlyCSV(r.Name, dataset.Npy); err != nil {
		return err
	}
	n, cols := r.file.Dims()
	if cols < 2 {
		return fmt.Errorf("%s: expected at least two columns, a feature and the target, got %d", r.Name, cols)
	}
	if cols > o.Limits.Columns {
		return fmt.Errorf("%s: expected at most %d columns (--max-columns), got %d", r.Name, o.Limits.Columns, cols)
	}
	h := sha256.New()
	if _, err := io.Copy(h, &contextReader{ctx, r.file.Reader()}); err != nil {
		return err
	}
	source := grade.Source{Name: filepath.Base(r.Name), Kind: string(dataset.Npy), SHA256: hex.EncodeToString(h.Sum(nil)), Rows: n, Features: cols - 1, Target: []string{"y"}}
	for j := 1; j < cols; j++ {
		source.Columns = append(source.Columns, fmt.Sprintf("x%d", j))
	}
	var err error
	r.Data, err = grade.NewRowData(ctx, source, r.file, task)
	if err != nil {
		return fmt.Errorf("%s: %w", r.Name, err)
	}
	return nil
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

// Unchanged is an error if the file is no longer what it was.
func (r *RowSource) Unchanged() error { return r.file.Unchanged() }

// Meta is what a run directory says of the data, without their rows.
func (r *RowSource) Meta() *grade.Data {
	return &grade.Data{Source: r.Data.Source, Labels: grade.Labels{Task: r.Data.Labels.Task, Classes: r.Data.Labels.Classes}}
}
