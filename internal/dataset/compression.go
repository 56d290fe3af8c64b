package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
)

// The first bytes of files.
const (
	gzipMagic = "\x1f\x8b"
	npyMagic  = "\x93NUMPY"
	zipMagic  = "PK\x03\x04" // of an archive that holds something
)

// IsGzip reports whether a file that begins so is one of gzip.
func IsGzip(head []byte) bool { return bytes.HasPrefix(head, []byte(gzipMagic)) }

// decompress undoes gzip, recognised by its magic number, up to the limit. The content is
// counted before memory is asked for it.
func decompress(ctx context.Context, name string, raw []byte, l Limits) ([]byte, error) {
	if !IsGzip(raw) {
		return raw, nil
	}
	var size int64
	err := inflate(ctx, raw, func(part []byte) error {
		size += int64(len(part))
		return l.bytes(name, size, true)
	})
	if err != nil {
		return nil, gzipError(ctx, name, err)
	}
	text := make([]byte, 0, size)
	err = inflate(ctx, raw, func(part []byte) error {
		text = append(text, part...)
		return nil
	})
	if err != nil {
		return nil, gzipError(ctx, name, err)
	}
	return text, nil
}

// errBehindGzip is something behind the end of a gzip file that is none.
var errBehindGzip = errors.New("something else behind its end")

// inflate hands the content over, part by part.
func inflate(ctx context.Context, raw []byte, take func(part []byte) error) error {
	in := bytes.NewReader(raw)
	z, err := gzip.NewReader(in)
	if err != nil {
		return err
	}
	z.Multistream(false)
	part := make([]byte, 1<<18)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := io.ReadFull(z, part)
		if n > 0 {
			if err := take(part[:n]); err != nil {
				return err
			}
		}
		if err == io.ErrUnexpectedEOF && n > 0 { // the last part, or a file that is cut off
			if _, err = z.Read(part); err == nil {
				err = io.ErrUnexpectedEOF
			}
		}
		switch {
		case err == io.EOF && in.Len() == 0:
			return nil
		case err == io.EOF: // what follows is another piece of the same
			if z.Reset(in) != nil {
				return errBehindGzip
			}
			z.Multistream(false)
		case err != nil:
			return err
		}
	}
}

func gzipError(ctx context.Context, name string, err error) error {
	var e *Error
	if errors.As(err, &e) || ctx.Err() != nil {
		return err
	}
	kind := ErrFormat
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		kind = ErrTruncated
	}
	return &Error{File: name, Want: "a complete gzip file", Got: err.Error(), Err: kind}
}
