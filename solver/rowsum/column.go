package rowsum

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"unsafe"
)

// A Column is a number for every row. Its methods may be called from several goroutines.
type Column interface {
	// Read fills dst with the numbers of the rows from first on.
	Read(dst []float64, first int) error
	// Write sets them to src.
	Write(src []float64, first int) error
}

// Values is a column in memory.
type Values []float64

// Read is Column's.
func (v Values) Read(dst []float64, first int) error {
	copy(dst, v[first:first+len(dst)])
	return nil
}

// Write is Column's.
func (v Values) Write(src []float64, first int) error {
	copy(v[first:first+len(src)], src)
	return nil
}

// A Store is where columns are kept.
type Store interface {
	// Column is a further column for n rows, all 0.
	Column(n int) Column
	// Close frees what was made of it.
	Close() error
}

// Memory is a Store of Values.
type Memory struct{}

// Column is Store's.
func (Memory) Column(n int) Column { return make(Values, n) }

// Close is Store's.
func (Memory) Close() error { return nil }

// Scratch is a Store in a file for what is kept of every row between passes. It has no name in its folder, so
// that the system frees it when the process ends, however it does.
type Scratch struct {
	file    *os.File
	end     int64
	removed error // nil: it has no name any more
}

// scratchNames is what the names of such files look like, for as long as they have one.
const scratchNames = ".rows-*"

// RemoveScratch removes from a folder what processes have left there that were killed between making a
// Scratch and taking its name away. None may be about to do that.
func RemoveScratch(folder string) error {
	left, err := fs.Glob(os.DirFS(folder), scratchNames)
	for _, name := range left {
		err = errors.Join(err, os.Remove(filepath.Join(folder, name)))
	}
	return err
}

// NewScratch makes one in the folder, "" for that of temporary files.
func NewScratch(folder string) (*Scratch, error) {
	f, err := os.CreateTemp(folder, scratchNames)
	if err != nil {
		return nil, err
	}
	return &Scratch{file: f, removed: os.Remove(f.Name())}, nil
}

// Close is Store's: it ends the file.
func (s *Scratch) Close() error {
	err := s.file.Close()
	if s.removed != nil { // where an open file keeps its name
		err = errors.Join(err, os.Remove(s.file.Name()))
	}
	return err
}

// Column is Store's.
func (s *Scratch) Column(n int) Column { return scratchColumn{s, s.take(8 * int64(n))} }

// take is where so many further bytes begin.
func (s *Scratch) take(bytes int64) (at int64) {
	at, s.end = s.end, s.end+bytes
	return at
}

type scratchColumn struct {
	*Scratch
	at int64
}

func (c scratchColumn) Read(dst []float64, first int) error {
	_, err := c.file.ReadAt(bytesOf(dst), c.at+8*int64(first))
	return err
}

func (c scratchColumn) Write(src []float64, first int) error {
	_, err := c.file.WriteAt(bytesOf(src), c.at+8*int64(first))
	return err
}

// bytesOf is the memory of v: what is written to a file without a name is read by nobody else.
func bytesOf[T float64 | uint64](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 8*len(v))
}
