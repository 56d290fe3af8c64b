package run

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockFile is there while a process works in a run directory. What counts is the
// lock that the system holds on it, which ends with its process, however that ends:
// a file that a killed process left is no lock.
const lockFile = "lock"

// errInUse says that another process works in a run directory.
var errInUse = errors.New("in use by another multigrade that is running")

// lockDir locks a run directory for this process. The lock stays with the directory
// when that is renamed.
func lockDir(dir string) (*flock.Flock, error) {
	l := flock.New(filepath.Join(dir, lockFile), flock.SetPermissions(0o666))
	ok, err := l.TryLock()
	if err != nil {
		return nil, err
	}
	if ok {
		held, err := l.Stat()
		there, errThere := os.Lstat(l.Path())
		if ok = err == nil && errThere == nil && os.SameFile(held, there); !ok {
			l.Unlock() // of a directory that was moved or ended meanwhile
		}
	}
	if !ok {
		return nil, fmt.Errorf("%s is %w", dir, errInUse)
	}
	return l, nil
}
