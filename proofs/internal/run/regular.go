package run

import (
	"fmt"
	"os"
	"path/filepath"
)

// own is the path of a file of the run directory, which must be a regular file: no
// device that never ends, no link to what is not the run's.
func own(dir, name string) (string, error) {
	path := filepath.Join(dir, filepath.FromSlash(name))
	for part := filepath.FromSlash(name); part != "."; part = filepath.Dir(part) {
		info, err := os.Lstat(filepath.Join(dir, part))
		if err != nil {
			return "", err
		}
		if whole := part == filepath.FromSlash(name); whole && !info.Mode().IsRegular() || !whole && !info.IsDir() {
			return "", fmt.Errorf("%s: expected a regular file of the run, got %v", name, info.Mode())
		}
	}
	return path, nil
}

// readOwn reads a file of the run directory.
func readOwn(dir, name string) ([]byte, error) {
	path, err := own(dir, name)
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// readData reads a data file, a regular file or a link to one.
func readData(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: expected a regular file, got %v", path, info.Mode())
	}
	return os.ReadFile(path)
}
