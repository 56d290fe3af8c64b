package run

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"os"

	"multigrade/internal/dataset"
)

// inflates reports whether the file is one of gzip that has more than so many bytes in it. What is
// wrong with it is said by who reads it.
func inflates(path string, most int64) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if head, _ := in.Peek(2); !dataset.IsGzip(head) {
		return false, nil
	}
	z, err := gzip.NewReader(in)
	if err != nil {
		return false, nil
	}
	n, _ := io.CopyN(io.Discard, z, most+1)
	return n > most, nil
}

// gzipped is what a file of gzip has in it.
type gzipped struct {
	name string
	z    *gzip.Reader
	file *counted
}

// counted counts what was read.
type counted struct {
	in io.Reader
	n  int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.in.Read(p)
	c.n += int64(n)
	return n, err
}

func newGzipped(name string, f io.Reader) (*gzipped, error) {
	g := &gzipped{name: name, file: &counted{in: f}}
	var err error
	if g.z, err = gzip.NewReader(g.file); err != nil {
		return nil, g.failed(err)
	}
	return g, nil
}

func (g *gzipped) failed(err error) error {
	return fmt.Errorf("%s: expected a complete gzip file, got %w", g.name, err)
}

// Read is io.Reader's.
func (g *gzipped) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	if err != nil && err != io.EOF {
		err = g.failed(err)
	}
	return n, err
}
