package run

import (
	"errors"
	"os"
	"path/filepath"
)

// WorkDir makes a directory in a folder for work that is to be seen whole or not at all, under a name
// that begins with prefix, and locks it until it is removed by the function returned. What runs that
// were killed have left of such directories goes first.
func WorkDir(folder, prefix string) (dir string, remove func() error, err error) {
	left, err := filepath.Glob(filepath.Join(escapeGlob(folder), escapeGlob(prefix)+"*"))
	if err != nil {
		return "", nil, err
	}
	for _, old := range left {
		unlock, err := LockDir(old)
		if err != nil {
			continue // of work that goes on
		}
		if err := errors.Join(os.RemoveAll(old), unlock()); err != nil {
			return "", nil, err
		}
	}
	if dir, err = os.MkdirTemp(folder, prefix+"*"); err != nil {
		return "", nil, err
	}
	unlock, err := LockDir(dir)
	if err != nil {
		return "", nil, err
	}
	dir = filepath.Clean(dir)
	return dir, func() error { return errors.Join(os.RemoveAll(dir), unlock()) }, nil
}

// escapeGlob is a pattern for the text itself.
func escapeGlob(text string) string {
	var all []rune
	for _, c := range text {
		switch c {
		case '*', '?', '[', '\\':
			all = append(all, '\\')
		}
		all = append(all, c)
	}
	return string(all)
}
