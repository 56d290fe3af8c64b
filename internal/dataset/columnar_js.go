package dataset

import (
	"context"
	"io"
)

// Text refuses a columnar file: the program in a browser has no reader for them, with
// which it would be twice as large.
func Text(_ context.Context, name string, _ []byte, _ func(column string) bool, _ Limits) ([]byte, error) {
	return nil, &Error{File: name, Want: "a table of text, .npy, .npz, libsvm or an image", Got: "a Parquet or Arrow file, which the program in a browser does not read", Err: ErrFormat}
}

// WriteText refuses likewise.
func WriteText(_ context.Context, name string, _ io.ReadSeeker, _ Limits, _ io.Writer) error {
	_, err := Text(context.Background(), name, nil, nil, Limits{})
	return err
}
