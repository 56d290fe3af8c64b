package run

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// WriteWhole writes a file that appears under its name when it is complete.
func WriteWhole(name string, write func(io.Writer) error) error {
	f, err := os.Create(name + ".partial")
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), name)
}

// SyncDir has the system write a directory and all that is in it to the disk: what
// counts from then on does so after a power failure, too, and a disk that is full says
// so now.
func SyncDir(dir string) error {
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		return errors.Join(f.Sync(), f.Close())
	})
}
