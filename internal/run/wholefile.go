package run

import (
	"errors"
	"io"
	"os"
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
