package dataset

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// File reads a regular file up to the limit.
func File(path string, l Limits) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, &Error{File: path, Want: "a regular file (- reads standard input)", Got: fileType(info.Mode()), Err: ErrFormat}
	}
	if err := l.bytes(path, info.Size(), false); err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return Stream(path, f, l)
}

// Stream reads all of a stream up to the limit.
func Stream(name string, in io.Reader, l Limits) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(in, l.Bytes+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return raw, l.bytes(name, int64(len(raw)), true)
}

func fileType(m os.FileMode) string {
	switch {
	case m.IsDir():
		return "a directory"
	case m&os.ModeDevice != 0:
		return "a device"
	case m&os.ModeNamedPipe != 0:
		return "a pipe"
	}
	return "none"
}

// IsColumnar reports whether the bytes are a Parquet file or an Arrow one (also
// called Feather, version 2).
func IsColumnar(raw []byte) bool {
	return bytes.HasPrefix(raw, []byte("PAR1")) || bytes.HasPrefix(raw, []byte("ARROW1\x00\x00"))
}
