package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"
)

// LockFile is there while a process works in a run directory. What counts is the
// lock that the system holds on it, which ends with its process, however that ends:
// a file that a killed process left is no lock.
const LockFile = "lock"

// errInUse says that another process works in a run directory.
var errInUse = errors.New("in use by another multigrade that is running")

// dirLock is the lock of a run directory.
type dirLock interface{ Unlock() error }

// soleProcess is that of a process which alone has its files, in the memory of a page.
type soleProcess struct{}

func (soleProcess) Unlock() error { return nil }

// lockDir locks a run directory for this process. The lock stays with the directory
// when that is renamed.
func lockDir(dir string) (dirLock, error) {
	l, err := lockName(filepath.Join(dir, LockFile))
	if errors.Is(err, errInUse) {
		return nil, fmt.Errorf("%s is %w", dir, errInUse)
	}
	return l, err
}

// lockName locks a file of that name, which is made where there is none; the error is errInUse where another
// process has it.
func lockName(name string) (dirLock, error) {
	if runtime.GOOS == "js" {
		return soleProcess{}, os.WriteFile(name, nil, 0o666)
	}
	l := flock.New(name, flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	if err != nil {
		return nil, err
	}
	if ok {
		held, err := l.Stat()
		there, errThere := os.Lstat(l.Path())
		if ok = err == nil && errThere == nil && os.SameFile(held, there); !ok {
			l.Unlock() // of a file or directory that was moved or ended meanwhile
		}
	}
	if !ok {
		return nil, errInUse
	}
	return l, nil
}
