package table

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"multigrade/proofs/internal/exact"
)

// NpyRows is a NumPy array of two dimensions, row by row, that is read a part at a time.
type NpyRows struct {
	file       *os.File
	Rows, Cols int
	start      int64
	size       int
	number     func([]byte) float64
	buffer     []byte
}

// longestHeader is more than the header of a plain array has.
const longestHeader = 1 << 16

// OpenNpyRows reads the header. The error is that the file cannot be read, or what is wrong with it.
func OpenNpyRows(path string) (*NpyRows, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	a := &NpyRows{file: f}
	if err := a.header(); err != nil {
		f.Close()
		return nil, err
	}
	return a, nil
}

func (a *NpyRows) header() error {
	info, err := a.file.Stat()
	if err != nil {
		return err
	}
	text := make([]byte, min(longestHeader, info.Size()))
	if _, err := a.file.ReadAt(text, 0); err != nil {
		return err
	}
	header, body, err := npySections(text)
	if err != nil {
		return err
	}
	m := npyDictionary.FindSubmatch(header)
	if m == nil || len(m[4]) == 0 || string(m[2]) != "False" {
		return fmt.Errorf("npy header %q, expected a two-dimensional array of numbers, row by row", header)
	}
	if a.number, a.size, err = npyNumber(string(m[1])); err != nil {
		return err
	}
	a.Rows, _ = strconv.Atoi(string(m[3]))
	a.Cols, _ = strconv.Atoi(string(m[4]))
	a.start = int64(len(text) - len(body))
	left := info.Size() - a.start
	if a.Rows < 1 || a.Cols < 2 || int64(a.Rows) > left || int64(a.Cols) > left || int64(a.Rows)*int64(a.Cols)*int64(a.size) != left {
		return fmt.Errorf("npy shape (%d, %d) of %d-byte numbers in %d bytes, expected at least two columns", a.Rows, a.Cols, a.size, left)
	}
	return nil
}

// Close closes the file.
func (a *NpyRows) Close() error { return a.file.Close() }

// Sha256 is the hash of the file's bytes.
func (a *NpyRows) Sha256(ctx context.Context) (string, error) {
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	return Sha256Of(ctx, a.file)
}

// Sha256Of is the SHA-256 of a stream, which is read until ctx ends.
func Sha256Of(ctx context.Context, in io.Reader) (string, error) {
	h, block := sha256.New(), make([]byte, 1<<20)
	for {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := io.ReadFull(in, block)
		h.Write(block[:n])
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return hex.EncodeToString(h.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// Read reads rows into dst, which is as long as whole rows are.
func (a *NpyRows) Read(dst []float64, first int) error {
	if len(dst)%a.Cols != 0 {
		return errors.New("npy: not whole rows")
	}
	if need := len(dst) * a.size; len(a.buffer) < need {
		a.buffer = make([]byte, need)
	}
	raw := a.buffer[:len(dst)*a.size]
	if _, err := a.file.ReadAt(raw, a.start+int64(first)*int64(a.Cols)*int64(a.size)); err != nil {
		return err
	}
	for i := range dst {
		dst[i] = a.number(raw[i*a.size:])
	}
	return exact.FiniteAll("npy", dst)
}

// Index is the class of a number.
func (c Classes) Index(v float64) (float64, error) { return c.indexOf(v) }
