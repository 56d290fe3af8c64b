package run

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"multigrade/internal/exit"
)

// runDir is a run directory in the making. Until publish it has another name
// beside its final one.
type runDir struct {
	work    string  // where it is written, "" once published
	final   string  // wanted name
	fixed   bool    // the name was asked for; otherwise a number may be added
	made    bool    // the parent directory was made for it
	resumed string  // the directory with the run to take up, "" for a new one
	keep    bool    // there is something in it that is worth taking up
	lock    dirLock // of a training; nil when it has ended
	locked  string  // the directory that has the lock, under the name it has now
}

// newRunDir opens a run directory: out if it is not empty, else runs/NAME, with
// a number appended when that exists. An existing out must be empty or a run.
func newRunDir(out, name string) (*runDir, error) {
	d, err := nameRunDir(out, name)
	if err != nil {
		return nil, err
	}
	d.work, err = os.MkdirTemp(filepath.Dir(d.final), ".multigrade-")
	if err != nil {
		return nil, exit.Bad(err)
	}
	return d, os.Chmod(d.work, 0o755)
}

// nameRunDir decides on the name and makes the parent directory.
func nameRunDir(out, name string) (*runDir, error) {
	d := &runDir{final: out, fixed: out != ""}
	if !d.fixed {
		d.final = filepath.Join("runs", name)
	} else if err := CheckOut(out); err != nil {
		return nil, exit.Bad(err)
	}
	parent := filepath.Dir(d.final)
	if _, err := os.Stat(parent); err != nil {
		d.made = true
	}
	return d, exit.Bad(os.MkdirAll(parent, 0o777))
}

// Unfinished is appended to the name of a run that is not complete.
const Unfinished = ".unfinished"

// newTraining opens the directory of a training that can be taken up: until it is
// complete it has its name with .unfinished appended.
func newTraining(out, name string) (*runDir, error) {
	d, err := nameRunDir(out, name)
	if err != nil {
		return nil, err
	}
	base := d.final
	for k := 2; ; k++ {
		d.work = d.final + Unfinished
		_, taken := os.Lstat(d.final)
		if d.fixed || errors.Is(taken, os.ErrNotExist) {
			if err = os.Mkdir(d.work, 0o777); err == nil {
				err = d.take(d.work)
			}
			if !errors.Is(err, os.ErrExist) {
				return d, exit.Bad(err)
			}
			if d.fixed {
				return d, exit.Bad(d.abandoned())
			}
		}
		d.final = fmt.Sprintf("%s-%d", base, k)
	}
}

// abandoned opens the directory of an unfinished run that came to nothing; it is an
// error if the run is worth taking up or still going on.
func (d *runDir) abandoned() error {
	if err := d.take(d.work); err != nil {
		return err
	}
	entries, err := os.ReadDir(d.work)
	if err == nil && len(entries) > 1 { // more than the lock
		err = fmt.Errorf("%s holds an unfinished run: continue it with --resume, or remove it", d.work)
	}
	if err != nil {
		err = errors.Join(err, d.unlock())
	}
	return err
}

// oldTraining finds the run to take up under the name: unfinished, or complete
// but interrupted.
func oldTraining(out, name string) (*runDir, error) {
	d, err := nameRunDir(out, name)
	if err != nil {
		return nil, err
	}
	d.work, d.fixed, d.keep = d.final+Unfinished, true, true
	for _, folder := range []string{d.work, d.final} {
		if _, err := os.Stat(filepath.Join(folder, checkpointDir)); err == nil {
			d.resumed = folder
			return d, exit.Bad(d.take(folder))
		}
	}
	return nil, exit.Bad(fmt.Errorf("--resume: no unfinished or interrupted run in %s", d.final))
}

// takeUp gives the run to take up the name of an unfinished one and leaves of it
// the checkpoint and the certificates that belong to it.
func (d *runDir) takeUp(certificates map[string]string) error {
	if d.resumed == d.final {
		if err := os.Rename(d.final, d.work); err != nil {
			return err
		}
		d.locked = d.work
	}
	for _, name := range []string{ManifestFile, ModelFile, ledgerFile, ReportFile} {
		if err := os.Remove(filepath.Join(d.work, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	there, err := fs.Glob(os.DirFS(d.work), certificateDir+"/grade-*-output-*.cert*")
	for _, name := range there {
		if certificates[name] == "" {
			err = errors.Join(err, os.Remove(filepath.Join(d.work, name)))
		}
	}
	return err
}

// write creates the file name in the directory; it has the name when it is whole.
func (d *runDir) write(name string, content []byte) error {
	path := filepath.Join(d.work, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	if err := os.WriteFile(path+partial, content, 0o666); err != nil {
		return err
	}
	return os.Rename(path+partial, path)
}

// stream is write for a file that is made up as it is written; it returns its SHA-256.
func (d *runDir) stream(name string, content func(io.Writer) error) (sum string, err error) {
	path := filepath.Join(d.work, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return "", err
	}
	f, err := os.Create(path + partial)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	w := bufio.NewWriterSize(io.MultiWriter(f, h), 1<<16)
	if err = content(w); err == nil {
		err = w.Flush()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, os.Remove(f.Name()))
	}
	return hex.EncodeToString(h.Sum(nil)), os.Rename(f.Name(), path)
}

// remove removes a file or folder of the directory.
func (d *runDir) remove(name string) error { return os.RemoveAll(filepath.Join(d.work, name)) }

// publish gives the directory its final name and returns it. Where that cannot be,
// as where something of somebody else's has come into it, the run stays whole under
// the name it has.
func (d *runDir) publish() (string, error) {
	name := d.final
	var old string
	if d.fixed {
		var err error
		if old, err = d.retireOld(); err != nil {
			d.keep = true
			return "", fmt.Errorf("the run is in %s: %w", d.work, err)
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
	d.work, d.locked = "", name
	err := d.unlock()
	if old != "" {
		m, errOwner := readOwner(old)
		if errOwner == nil {
			errOwner = removeOwned(old, m)
		}
		err = errors.Join(err, errOwner)
	}
	return name, err
}

// retired ends the name of an earlier run while another one takes its place.
const retired = ".old"

// retireOld moves an earlier run of the same name away, so that there is never half
// of it under its name, and returns where to; "" if there was none or only an empty
// folder.
func (d *runDir) retireOld() (string, error) {
	entries, err := os.ReadDir(d.final)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", nil
	case err != nil:
		return "", err
	case len(entries) == 0:
		return "", os.Remove(d.final)
	}
	if err := replaceable(d.final); err != nil {
		return "", err
	}
	l, err := lockDir(d.final) // nobody is taking it up
	if err != nil {
		return "", err
	}
	old := d.work + retired
	return old, errors.Join(os.Rename(d.final, old), l.Unlock())
}

// take locks the directory.
func (d *runDir) take(name string) error {
	var err error
	d.lock, err = lockDir(name)
	d.locked = name
	return err
}

// unlock ends the lock.
func (d *runDir) unlock() error {
	if d.lock == nil {
		return nil
	}
	err := os.Remove(filepath.Join(d.locked, LockFile))
	if errors.Is(err, os.ErrNotExist) { // the directory is gone
		err = nil
	}
	err = errors.Join(err, d.lock.Unlock())
	d.lock = nil
	return err
}

// discard removes what was not published and is not worth taking up.
func (d *runDir) discard() {
	if d.work == "" {
		return
	}
	defer d.unlock()
	if d.keep {
		return
	}
	os.RemoveAll(d.work)
	if d.made {
		os.Remove(filepath.Dir(d.work)) // if nothing else came into it
	}
}

// Resumable reports whether the run in the directory can be taken up.
func Resumable(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, checkpointFile))
	return err == nil
}
