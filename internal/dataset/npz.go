package dataset

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// parseNpz reads an archive of NumPy arrays: either a single array, as an .npy
// file, or two called X (or x) and y, features and targets.
func parseNpz(name string, raw []byte, l Limits, missing bool) (*Data, error) {
	files, err := npzFiles(name, raw, l)
	if err != nil {
		return nil, err
	}
	var names []string
	for array := range files {
		names = append(names, array)
	}
	slices.Sort(names)
	switch {
	case len(names) == 1:
		return parseNpy(name+"/"+names[0], files[names[0]], l, missing)
	case len(names) == 2 && strings.EqualFold(names[0], "x") && strings.EqualFold(names[1], "y"):
	default:
		return nil, &Error{File: name, Want: "one array, or two called X and y", Got: list(names), Err: ErrFormat}
	}
	var arrays [2]*mat.Dense
	for k, array := range names {
		a, err := openNpy(name+"/"+array, files[array])
		if err != nil {
			return nil, err
		}
		if arrays[k], err = a.matrix(l, k == 1, missing); err != nil {
			return nil, err
		}
	}
	n, _ := arrays[0].Dims()
	m, targets := arrays[1].Dims()
	if n != m {
		return nil, &Error{File: name, Want: fmt.Sprintf("as many rows in %s as in %s, %d", names[1], names[0], n), Got: fmt.Sprint(m), Err: ErrRagged}
	}
	y := make([][]float64, targets)
	for t := range y {
		y[t] = mat.Col(nil, t, arrays[1])
	}
	return npyData(arrays[0], y), nil
}

// npzFiles unpacks the arrays of the archive, up to the limit.
func npzFiles(name string, raw []byte, l Limits) (map[string][]byte, error) {
	bad := func(got string) error {
		return &Error{File: name, Want: "an archive of .npy arrays", Got: got, Err: ErrFormat}
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, bad(err.Error())
	}
	files := map[string][]byte{}
	left := l.Bytes
	for _, f := range z.File {
		array, ok := strings.CutSuffix(f.Name, ".npy")
		switch {
		case strings.HasPrefix(f.Name, "xl/"), f.Name == "[Content_Types].xml", f.Name == "mimetype":
			return nil, bad("an Office file (" + saveSheet + ")")
		case !ok:
			return nil, bad("one with " + quote(f.Name) + " (" + unpack + ")")
		}
		if _, twice := files[array]; twice {
			return nil, bad(quote(f.Name) + " twice")
		}
		in, err := f.Open()
		if err != nil {
			return nil, bad(err.Error())
		}
		content, err := io.ReadAll(io.LimitReader(in, left+1))
		if err != nil {
			return nil, bad(err.Error())
		}
		if left -= int64(len(content)); left < 0 {
			return nil, l.bytes(name, l.Bytes+1, true)
		}
		files[array] = content
	}
	if len(files) == 0 {
		return nil, bad("one with nothing in it")
	}
	return files, nil
}
