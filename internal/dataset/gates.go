package dataset

import (
	"bytes"
	"fmt"
	"os"

	"gonum.org/v1/gonum/mat"
)

// OpenGates reads gate vectors from the file path. See ParseGates.
func OpenGates(path string, d int) (*mat.Dense, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return ParseGates(path, raw, d)
}

// ParseGates reads gate vectors, one per row, each of d numbers: CSV without a
// header or .npy, gzip of these. The result has one gate per row.
func ParseGates(name string, raw []byte, d int) (*mat.Dense, error) {
	text, err := decompress(name, raw)
	if err != nil {
		return nil, err
	}
	gates, err := parseGates(name, text)
	if err != nil {
		return nil, err
	}
	if _, c := gates.Dims(); c != d {
		return nil, &Error{File: name, Want: fmt.Sprintf("gates of %d numbers, one for each input of the grade", d),
			Got: fmt.Sprint(c), Err: ErrRagged}
	}
	return gates, nil
}

func parseGates(name string, text []byte) (*mat.Dense, error) {
	if bytes.HasPrefix(text, []byte("\x93NUMPY")) {
		return npyMatrix(name, text)
	}
	rows := csvRows{file: name, label: -1}
	if err := rows.read(newCSVReader(text)); err != nil {
		return nil, err
	}
	if len(rows.values) == 0 {
		return nil, &Error{File: name, Want: "gate vectors", Got: "nothing", Err: ErrEmpty}
	}
	return mat.NewDense(len(rows.values)/rows.width, rows.width, rows.values), nil
}
