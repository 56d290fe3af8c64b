package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/internal/exit"
	"multigrade/internal/export"
	"multigrade/internal/run"
	"multigrade/proofs"
)

// The formats of export that write a certificate and not a network.
const (
	coqFormat      = "coq"
	integersFormat = "integers"
)

var certificateFormats = []string{coqFormat, integersFormat}

// checkedBy is the command that checks a file of a format.
var checkedBy = map[string]string{
	coqFormat:      "make -C proofs/coq && coqc -Q proofs/coq Multigrade",
	integersFormat: "make -C proofs/coq checker && proofs/coq/extracted/multigrade-coq-checker",
}

// theorem is the JSON object of export --format coq and integers.
type theorem struct {
	File   string `json:"file"`
	Format string `json:"format"`
	Grade  int    `json:"grade"`
	Output int    `json:"output"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// exportTheorem writes the certificate of a grade of a run, or of a file that carries its
// data, as a theorem, or as the integers of one.
func exportTheorem(c *cli.Context, s streams, path, format string) error {
	k, t := 1, c.Int("output")
	if c.IsSet("grade") {
		k = c.Int("grade")
	}
	stated, err := statedBy(c, path, k, t)
	if err != nil {
		return err
	}
	content, err := stated.write(format)
	if err != nil {
		return exit.Bad(fmt.Errorf("%s: --format %s: %w", path, format, err))
	}
	out := c.String("out")
	if out == "" || out == stdout {
		_, err := s.out.Write(content)
		return exit.Failed(err)
	}
	if err := run.WriteWhole(out, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		return exit.Bad(err)
	}
	e := theorem{File: out, Format: format, Grade: k, Output: t, Bytes: len(content), SHA256: run.Sha256Hex(content)}
	return exit.Failed(present(c, s.out, e, nil, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "%s: %d bytes. Check it with: %s %s\n", e.File, e.Bytes, checkedBy[format], e.File)
		return err
	}))
}

// A stated certificate has the rows and targets that it is about, and says where it is from.
type stated struct {
	*proofs.Certificate
	row func(i int) []float64
	y   []float64
	of  string
}

func (s stated) write(format string) ([]byte, error) {
	if format == integersFormat {
		return export.Integers(s.Certificate, s.row, s.y)
	}
	return export.Coq(s.Certificate, s.row, s.y, s.of)
}

func statedBy(c *cli.Context, path string, k, t int) (stated, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stated{}, exit.Bad(err)
	}
	if !info.IsDir() {
		s, err := statedByFile(path)
		if err != nil {
			err = exit.Bad(fmt.Errorf("%s: %w", path, err))
		}
		return s, err
	}
	o, err := run.OpenOutput(c.Context, run.RunSource{Dir: path, Data: c.String("data"), Test: c.String("test")}, k, t)
	if err != nil {
		return stated{}, err
	}
	row := func(i int) []float64 { return mat.Row(nil, i, o.Program.X) }
	cert := *o.Certificate
	cert.Program.Offset, cert.Program.Weights = o.Program.Offset, o.Program.Weight // which are not in the file
	return stated{&cert, row, o.Program.Y, fmt.Sprintf("%s, grade %d, output %d", path, k, t)}, nil
}

// statedByFile is of a certificate with its data.
func statedByFile(path string) (stated, error) {
	file, err := os.Open(path)
	if err != nil {
		return stated{}, err
	}
	defer file.Close()
	cert, err := proofs.Decode(file)
	if err != nil {
		return stated{}, err
	}
	if cert.Data == nil {
		return stated{}, errors.New("the certificate has no data: name its run directory")
	}
	return stated{cert, export.RowsOf(cert.Data.X), cert.Data.Y, path}, nil
}
