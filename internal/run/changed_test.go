package run

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/rowfile"
)

// changes are what may become of a file that is read.
var changes = map[string]func(path string) error{
	"cut":     func(path string) error { return os.Truncate(path, 1000) },
	"longer":  func(path string) error { return appendTo(path, "1,2\n") },
	"deleted": os.Remove,
	"replaced": func(path string) error {
		raw, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(path+"-new", raw, 0o666), os.Rename(path+"-new", path))
	},
	"written in place": func(path string) error {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = f.WriteAt([]byte{1}, 500)
		later := time.Now().Add(time.Second) // file systems differ in how fine their times are
		return errors.Join(err, f.Close(), os.Chtimes(path, later, later))
	},
}

func appendTo(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func mustHaveChanged(t *testing.T, err error) {
	t.Helper()
	var f *exit.Failure
	if !errors.Is(err, rowfile.ErrChanged) || !errors.As(err, &f) || f.Status != exit.StatusBadCall {
		t.Errorf("%v", err)
	}
}

func skipWhereOpenFilesStay(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("an open file is neither deleted nor replaced")
	}
}

// TestChangedRows: data that change in a run out of core, while it trains or before it is checked, are bad
// input, and nothing is published; so is the table that an array was made of.
func TestChangedRows(t *testing.T) {
	skipWhereOpenFilesStay(t)
	const rows = 200
	text := []byte("x,y\n")
	raw := []byte(fmt.Sprintf("%s\x01\x00\x76\x00%-117s\n", rowfile.Magic, fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 2), }", rows)))
	for i := range rows {
		x := float64(i)/20 - 5
		y := math.Abs(x) + 0.1*math.Sin(40*x)
		for _, v := range []float64{x, y} {
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
		text = fmt.Appendf(text, "%v,%v\n", x, y)
	}
	changedRows(t, "a.npy", raw)
	changedRows(t, "a.csv", text)
}

// changedRows changes a file of that name in every way at either stage of a run.
func changedRows(t *testing.T, name string, raw []byte) {
	t.Helper()
	for what, change := range changes {
		for stage := range 2 {
			path := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(path, raw, 0o666); err != nil {
				t.Fatal(err)
			}
			data, err := OpenRows(t.Context(), path, 0, dataset.Options{Limits: dataset.DefaultLimits()}, "", func(string, int64, int64) {})
			if err != nil {
				t.Fatal(err)
			}
			o := grade.DefaultOptions()
			o.Grades, o.Scope, o.Patterns, o.Loss = 1, grade.Restricted, 5, data.Data.Labels.Task.Loss()
			tr := &Training{Out: filepath.Join(t.TempDir(), "run"), Source: data.Source, Data: data.Meta(), Rows: data, Options: o, Command: []string{"test"}}
			changed := false
			now := func() {
				if !changed {
					changed = true
					if err := change(path); err != nil {
						t.Error(err)
					}
				}
			}
			if stage == 0 {
				tr.Progress = func(p grade.Progress) {
					if p.Iteration == 4 {
						now()
					}
				}
			} else {
				tr.Trained = func(*grade.Trained, float64) { now() }
			}
			_, err = tr.Run(t.Context())
			t.Run(fmt.Sprint(name, " ", what, stage), func(t *testing.T) { mustHaveChanged(t, err) })
			if _, err := os.Stat(tr.Out); !os.IsNotExist(err) {
				t.Errorf("%s %s: there is a run", name, what)
			}
			data.Close()
		}
	}
}

// TestChangedTable: so are tables that change while they are made into an array, of which nothing is left.
func TestChangedTable(t *testing.T) {
	skipWhereOpenFilesStay(t)
	table := "a,b\n" + strings.Repeat("1.25,2.5\n3.5,4.75\n", 1<<15)
	for what, change := range changes {
		folder := t.TempDir()
		path := filepath.Join(folder, "a.csv")
		if err := os.WriteFile(path, []byte(table), 0o666); err != nil {
			t.Fatal(err)
		}
		changed := false
		_, err := OpenRows(t.Context(), path, 0, dataset.Options{Limits: dataset.DefaultLimits()}, "", func(_ string, read, _ int64) {
			if !changed && read > 0 {
				changed = true
				if err := change(path); err != nil {
					t.Error(err)
				}
			}
		})
		t.Run(what, func(t *testing.T) { mustHaveChanged(t, err) })
		if left, err := filepath.Glob(filepath.Join(folder, "*npy*")); err != nil || left != nil {
			t.Errorf("%s: %v is left (%v)", what, left, err)
		}
	}
}
