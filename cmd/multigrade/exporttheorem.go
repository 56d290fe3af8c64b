package main

import (
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

// coqFormat is the format of export that writes a certificate and not a network.
const coqFormat = "coq"

// theorem is the JSON object of export --format coq.
type theorem struct {
	File   string `json:"file"`
	Format string `json:"format"`
	Grade  int    `json:"grade"`
	Output int    `json:"output"`
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// exportTheorem writes the certificate of a grade of a run, or of a file that carries its
// data, as a theorem.
func exportTheorem(c *cli.Context, s streams, path string) error {
	k, t := 1, c.Int("output")
	if c.IsSet("grade") {
		k = c.Int("grade")
	}
	content, err := theoremOf(c, path, k, t)
	if err != nil {
		return err
	}
	out := c.String("out")
	if out == "" || out == stdout {
		_, err := s.out.Write(content)
		return exit.Failed(err)
	}
	if err := run.WriteWhole(out, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		return exit.Bad(err)
	}
	e := theorem{File: out, Format: coqFormat, Grade: k, Output: t, Bytes: len(content), SHA256: run.Sha256Hex(content)}
	return exit.Failed(present(c, s.out, e, nil, func(out io.Writer) error {
		_, err := fmt.Fprintf(out, "%s: %d bytes. Check it with: make -C proofs/coq && coqc -Q proofs/coq Multigrade %s\n", e.File, e.Bytes, e.File)
		return err
	}))
}

func theoremOf(c *cli.Context, path string, k, t int) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, exit.Bad(err)
	}
	if !info.IsDir() {
		content, err := theoremOfFile(path)
		return content, badTheorem(path, err)
	}
	o, err := run.OpenOutput(c.Context, run.RunSource{Dir: path, Data: c.String("data"), Test: c.String("test")}, k, t)
	if err != nil {
		return nil, err
	}
	row := func(i int) []float64 { return mat.Row(nil, i, o.Program.X) }
	content, err := export.Coq(o.Certificate, row, o.Program.Y, fmt.Sprintf("%s, grade %d, output %d", path, k, t))
	return content, badTheorem(path, err)
}

func badTheorem(path string, err error) error {
	if err == nil {
		return nil
	}
	return exit.Bad(fmt.Errorf("%s: --format coq: %w", path, err))
}

// theoremOfFile is of a certificate with its data.
func theoremOfFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	cert, err := proofs.Decode(file)
	if err != nil {
		return nil, err
	}
	return export.CoqOfData(cert, path)
}
