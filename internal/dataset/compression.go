package dataset

import (
	"bytes"
	"compress/gzip"
	"io"
)

// decompress undoes gzip, recognised by its magic number, up to the limit.
func decompress(name string, raw []byte, l Limits) ([]byte, error) {
	if !bytes.HasPrefix(raw, []byte{0x1f, 0x8b}) {
		return raw, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err == nil {
		var text []byte
		if text, err = io.ReadAll(io.LimitReader(z, l.Bytes+1)); err == nil {
			return text, l.bytes(name, int64(len(text)), true)
		}
	}
	kind := ErrFormat
	if err == io.ErrUnexpectedEOF || err == io.EOF {
		kind = ErrTruncated
	}
	return nil, &Error{File: name, Want: "a complete gzip file", Got: err.Error(), Err: kind}
}
