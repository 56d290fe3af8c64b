package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"multigrade/internal/exit"
)

// A data file that is not a NumPy array is made into one beside it, once. Whether the array that
// is there is the one is decided by what is in both: a file beside the array has their hashes.

const (
	// converted is appended to the name of a file for that of the array made of it.
	converted = ".npy"
	// originName is appended to the name of the array.
	originName = ".origin.json"
)

// arrayOrigin says what an array was made of.
type arrayOrigin struct {
	Source string `json:"source_sha256"`
	Array  string `json:"array_sha256"`
	// Columns are the names that the table has for the array's, the target's last; none of an array.
	Columns []string `json:"columns,omitempty"`
}

func readOrigin(array string) (o arrayOrigin, ok bool) {
	raw, err := os.ReadFile(array + originName)
	if err != nil || json.Unmarshal(raw, &o) != nil {
		return o, false
	}
	return o, o.Source != "" && o.Array != ""
}

// made reports whether the array is there, made of what is in the file now, and its origin.
func (c *contents) made(ctx context.Context, array string) (o arrayOrigin, ok bool, err error) {
	o, known := readOrigin(array)
	if _, err := os.Lstat(array); !known || err != nil {
		return o, false, nil
	}
	if c.now == "" {
		if c.now, err = hashOf(ctx, c.file.Reader()); err != nil {
			return o, false, err
		}
	}
	return o, o.Source == c.now, nil
}

// whileOther is how often it is looked whether another process has made an array: what is gone through takes
// seconds.
const whileOther = 50 * time.Millisecond

// lock waits until the array is there, made of what is in the file now, or no other process makes it. Then
// none does until the function returned is called.
func (c *contents) lock(ctx context.Context, array string) (of arrayOrigin, there bool, unlock func() error, err error) {
	name := filepath.Join(filepath.Dir(array), "."+filepath.Base(array)+"."+LockFile)
	for {
		if of, there, err = c.made(ctx, array); there || err != nil {
			return of, there, nil, err
		}
		l, err := lockName(name)
		if err == nil {
			unlock = func() error {
				os.Remove(name) // one that is left locks nobody out
				return l.Unlock()
			}
			if of, there, err = c.made(ctx, array); there || err != nil { // by another, until it was locked
				return of, there, nil, errors.Join(err, unlock())
			}
			return of, false, unlock, nil
		}
		if !errors.Is(err, errInUse) {
			return of, false, nil, c.unwritable(array, err)
		}
		select {
		case <-ctx.Done():
			return of, false, nil, ctx.Err()
		case <-time.After(whileOther):
		}
	}
}

// make calls f to make the array, and name its columns, unless it is there, made of what is in the file
// now; what is returned is what the array is to be. While another process makes it, make waits for it.
func (c *contents) make(ctx context.Context, array string, f func(path string) ([]string, error)) (of arrayOrigin, err error) {
	of, there, unlock, err := c.lock(ctx, array)
	if there || err != nil {
		return of, err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if _, err := os.Lstat(array); err == nil {
		old, err := fileHash(ctx, array)
		if ctx.Err() != nil {
			return of, ctx.Err()
		}
		if o, known := readOrigin(array); err != nil || !known || old != o.Array {
			return of, fmt.Errorf("%s: expected no file of that name, or the array that was made of %s: remove it", array, c.path)
		}
	}
	dir, remove, err := WorkDir(filepath.Dir(array), "."+filepath.Base(array)+"-")
	if err != nil {
		return of, c.unwritable(array, err)
	}
	defer func() { err = errors.Join(err, remove()) }()
	made := filepath.Join(dir, "array")
	of, err = c.makeIn(ctx, made, f)
	if err == nil {
		if err = os.Remove(array); errors.Is(err, fs.ErrNotExist) { // an old one, which would have another's origin
			err = nil
		}
	}
	for _, name := range []string{originName, ""} { // the array last: without its origin it would be nobody's
		if err == nil {
			err = os.Rename(made+name, array+name)
		}
	}
	var at *fs.PathError
	if errors.As(err, &at) && filepath.Dir(at.Path) == dir {
		err = exit.Failed(fmt.Errorf("%s: %s: %w", array, at.Op, at.Err)) // it is the array that cannot be written
	}
	return of, err
}

// unwritable says that nothing can be written beside the file, if that is so.
func (c *contents) unwritable(array string, err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%s: its array %s is made beside it, where nothing can be written: name a link to it in a folder of your own", c.path, filepath.Base(array))
	}
	return exit.Failed(err)
}

// makeIn makes an array and what says what it was made of.
func (c *contents) makeIn(ctx context.Context, path string, f func(path string) ([]string, error)) (o arrayOrigin, err error) {
	if o.Columns, err = f(path); err != nil {
		return o, c.file.Failed(err)
	}
	if o.Array, err = fileHash(ctx, path); err != nil {
		return o, err
	}
	if o.Source, err = hashOf(ctx, c.file.Reader()); err != nil {
		return o, err
	}
	if err := c.file.Unchanged(); err != nil {
		return o, err
	}
	raw, err := json.Marshal(&o)
	if err == nil {
		err = os.WriteFile(path+originName, append(raw, '\n'), 0o666)
	}
	return o, err
}
