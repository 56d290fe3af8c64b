package experiment

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/solver"
)

// A folderAim is an Aim on a data set that is no part of the program: the file of that path in a folder of data sets.
type folderAim struct {
	path string
	Aim
	source func(file string) source
	set    func(o *grade.Options)
}

// folderAims are those of FolderAims.
var folderAims = []folderAim{
	{filepath.Join("yacht", "yacht.csv"), Aim{Name: "cross-validated and refitted, yacht", Takes: 70}, fileSource, refitted},
	{filepath.Join("airfoil", "airfoil.csv"), Aim{Name: "three grades, airfoil", Takes: 60}, fileSource, func(*grade.Options) {}},
	{filepath.Join("a9a", "a9a"), Aim{Name: "logistic, a9a, 100 gates", Takes: 75}, fileSource, func(o *grade.Options) {
		hundredGates(o)
		o.Loss, o.Standardize = solver.Logistic, false
	}},
	{filepath.Join("a9a", "a9a"), Aim{Name: "logistic, a9a standardised, 100 gates", Takes: 40}, fileSource, func(o *grade.Options) {
		hundredGates(o)
		o.Loss = solver.Logistic
	}},
	{filepath.Join("mnist", "train-images-idx3-ubyte.gz"), Aim{Name: "squares, MNIST 3 against the rest, 100 gates", Takes: 30}, digitSource, hundredGates},
}

// FolderLines are the files that FolderAims looks for, and the lines there may be.
func FolderLines() (files []string, lines []Aim) {
	for _, f := range folderAims {
		if lines = append(lines, f.Aim); !slices.Contains(files, f.path) {
			files = append(files, f.path)
		}
	}
	return files, lines
}

// FolderAims are lines of the scale suite for the data sets of a folder, NAME/FILE each.
func FolderAims(folder string) ([]Aim, error) {
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return nil, exit.Bad(fmt.Errorf("%s: want a folder of data sets", folder))
	}
	var aims []Aim
	for _, f := range folderAims {
		file := filepath.Join(folder, f.path)
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		f.task = trained(f.source(file), f.set)
		aims = append(aims, f.Aim)
	}
	if files, _ := FolderLines(); len(aims) == 0 {
		return nil, exit.Bad(fmt.Errorf("%s: want one of %q in it", folder, files))
	}
	return aims, nil
}

// refitted chooses beta by a share of the rows after another, and trains on all.
func refitted(o *grade.Options) {
	o.Shares.Validation, o.Shares.Refit = 0.15, true
	o.Beta = grade.DefaultCrossValidation()
}

// hundredGates is one grade over 100 sampled gates.
func hundredGates(o *grade.Options) {
	o.Grades, o.Scope, o.Patterns = 1, grade.Restricted, 100
}

// fileSource is a data set as it would be read for a run.
func fileSource(file string) source {
	return func(context.Context, uint64) (*grade.Data, error) {
		s, err := run.ReadSource(file, nil, dataset.DefaultLimits())
		if err != nil {
			return nil, err
		}
		table, err := s.PlainTable()
		if err != nil {
			return nil, err
		}
		return run.TrainingData(table, "")
	}
}

// digitSource is the digit 3 of MNIST, 1, against the others, -1: images as 784 numbers from 0 to 1. The labels lie beside the
// images, both in the format of their publication: a big-endian header of a magic number and the sizes, then bytes.
func digitSource(images string) source {
	return func(context.Context, uint64) (*grade.Data, error) {
		const digit, side = 3, 28
		pixels, err := unzipped(images)
		if err != nil {
			return nil, err
		}
		labels, err := unzipped(filepath.Join(filepath.Dir(images), "train-labels-idx1-ubyte.gz"))
		if err != nil {
			return nil, err
		}
		const imagesHeader, labelsHeader = 16, 8
		if len(pixels) < imagesHeader || len(labels) <= labelsHeader {
			return nil, exit.Bad(fmt.Errorf("%s: ends within its header", images))
		}
		n := int(binary.BigEndian.Uint32(labels[4:]))
		if len(labels) != labelsHeader+n || len(pixels) != imagesHeader+n*side*side {
			return nil, exit.Bad(fmt.Errorf("%s: %d bytes for %d images of %d x %d pixels", images, len(pixels), n, side, side))
		}
		x, y := mat.NewDense(n, side*side, nil), make([]float64, n)
		for k, b := range pixels[imagesHeader:] {
			x.RawMatrix().Data[k] = float64(b) / 255
		}
		for i, label := range labels[labelsHeader:] {
			if y[i] = -1; label == digit {
				y[i] = 1
			}
		}
		return tableOf(x, y), nil
	}
}

// unzipped is what a gzip file holds.
func unzipped(file string) ([]byte, error) {
	raw, err := dataset.File(file, dataset.DefaultLimits())
	if err != nil {
		return nil, exit.Bad(err)
	}
	r, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", file, err))
	}
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, exit.Bad(fmt.Errorf("%s: %w", file, err))
	}
	return all, nil
}
