package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// runDir is a run directory in the making. Until publish it has a temporary
// name beside its final one.
type runDir struct {
	work  string // temporary directory, "" once published
	final string // wanted name
	fixed bool   // the name was asked for; otherwise a number may be added
	made  bool   // the parent directory was made for it
}

// newRunDir opens a run directory: out if it is not empty, else runs/NAME, with
// a number appended when that exists. An existing out must be empty or a run.
func newRunDir(out, name string) (*runDir, error) {
	d := &runDir{final: out, fixed: out != ""}
	if !d.fixed {
		d.final = filepath.Join("runs", name)
	} else if err := replaceable(out); err != nil {
		return nil, bad(err)
	}
	parent := filepath.Dir(d.final)
	if _, err := os.Stat(parent); err != nil {
		d.made = true
	}
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, bad(err)
	}
	work, err := os.MkdirTemp(parent, ".multigrade-")
	if err != nil {
		return nil, bad(err)
	}
	d.work = work
	return d, os.Chmod(work, 0o755)
}

// replaceable reports whether dir may be written over: it is not there, empty,
// or an earlier run.
func replaceable(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); err != nil {
		return fmt.Errorf("%s exists and is not a run directory (no %s in it)", dir, manifestFile)
	}
	return nil
}

// write creates the file name in the directory.
func (d *runDir) write(name string, content []byte) error {
	path := filepath.Join(d.work, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}

// publish gives the directory its final name and returns it.
func (d *runDir) publish() (string, error) {
	name := d.final
	if d.fixed {
		if err := d.retireOld(); err != nil {
			return "", err
		}
	}
	for k := 2; !d.fixed; k++ {
		if _, err := os.Lstat(name); errors.Is(err, os.ErrNotExist) {
			break
		}
		name = fmt.Sprintf("%s-%d", d.final, k)
	}
	if err := os.Rename(d.work, name); err != nil {
		return "", err
	}
	d.work = ""
	return name, nil
}

// retireOld removes an earlier run of the same name, moved away first so that
// there is never half of it under its name.
func (d *runDir) retireOld() error {
	old := d.work + ".old"
	if err := os.Rename(d.final, old); errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return os.RemoveAll(old)
}

// discard removes what was not published.
func (d *runDir) discard() {
	if d.work == "" {
		return
	}
	os.RemoveAll(d.work)
	if d.made {
		os.Remove(filepath.Dir(d.work)) // if nothing else came into it
	}
}
