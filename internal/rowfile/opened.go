package rowfile

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrChanged says that a file is not what it was when it was opened.
var ErrChanged = errors.New("the file has changed since it was opened")

// Opened is a file that is read for as long as it stays as it is.
type Opened struct {
	*os.File
	info os.FileInfo
}

// Open opens the file for reading.
func Open(name string) (*Opened, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &Opened{file, info}, nil
}

// Size is how long it was.
func (o *Opened) Size() int64 { return o.info.Size() }

// Reader reads the whole file from its beginning, for its hash.
func (o *Opened) Reader() io.Reader { return io.NewSectionReader(o, 0, o.Size()) }

// Unchanged is ErrChanged if the file is longer, shorter or later than when it was opened, or its name
// is that of another one, or of none.
func (o *Opened) Unchanged() error {
	info, err := os.Stat(o.Name())
	if err == nil && os.SameFile(info, o.info) && info.Size() == o.info.Size() && info.ModTime().Equal(o.info.ModTime()) {
		return nil
	}
	if err == nil || errors.Is(err, os.ErrNotExist) {
		err = ErrChanged
	}
	return fmt.Errorf("%s: %w", o.Name(), err)
}

// Failed is ErrChanged where that is why reading the file came to the error.
func (o *Opened) Failed(err error) error {
	if changed := o.Unchanged(); err != nil && changed != nil {
		return changed
	}
	return err
}
