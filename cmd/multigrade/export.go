package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/grade"
	"multigrade/internal/exit"
	"multigrade/internal/export"
	"multigrade/internal/onnx"
	"multigrade/internal/run"
)

// exportFormats are the formats of export, and exportExtensions those of the files
// whose extension is not the format's name.
var (
	exportFormats    = []string{"onnx", "json", "go", "sklearn", coqFormat, integersFormat}
	exportExtensions = map[string]string{"py": "sklearn", "v": coqFormat}
)

func exportCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "export",
		Usage:     "write a trained network for use elsewhere: ONNX, JSON, Go source or scikit-learn; or a certificate as a theorem of Coq",
		ArgsUsage: "RUN",
		Description: "RUN is a run directory or a model.json. What is written is one network, from raw inputs to\n" +
			"predictions in the target's units; of classes scores, label and probabilities. Intervals for new rows\n" +
			"(of a model with rows held out) are in json, go and sklearn.\n" +
			"As json (internal/export/FORMAT.md says how to evaluate it) and go it computes what predict does\n" +
			"to the bit, as onnx up to rounding, in double precision. As sklearn it is a Python module: the\n" +
			"network for numpy, and estimators of scikit-learn that train by this program. As coq it is the\n" +
			"certificate of a grade, whose lower bound is a theorem that Coq checks with the library proofs/coq;\n" +
			"as integers the same for the program that is extracted from that library.\n\n" +
			"Example: multigrade export runs/airfoil --format onnx --out airfoil.onnx",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "format", Usage: "`FORMAT`: " + strings.Join(exportFormats, ", "), DefaultText: "by the extension of --out"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` to write, - for standard output", DefaultText: "standard output; of onnx NAME.onnx, named after the run"},
			&cli.IntFlag{Name: "grade", Usage: "only the first `K` grades; of coq and integers: grade K", DefaultText: "all; of coq and integers 1"},
			&cli.IntFlag{Name: "output", Usage: "of coq and integers: output `T` of the grade, which has one per target or class", Value: 1},
			&cli.StringFlag{Name: "data", Usage: "of coq and integers: data `FILE` of the run", DefaultText: "where the manifest says"},
			&cli.StringFlag{Name: "test", Usage: "of coq and integers: `FILE` with the test rows of the run", DefaultText: "where the manifest says"},
			&cli.BoolFlag{Name: "float32", Usage: "of onnx: single precision; prints the largest difference to double"},
			&cli.Float64Flag{Name: "tolerance", Usage: "with --float32: the largest difference that is not refused, `T` of the output's scale", Value: defaultTolerance},
			&cli.StringFlag{Name: "package", Usage: "of go: `NAME` of the package", DefaultText: "model"},
		},
		Action: func(c *cli.Context) error { return exportNetwork(c, s) },
	}
}

// defaultTolerance is small beside the errors of a model, and a hundred times what
// single precision costs a network whose columns are about as large as their spread.
const defaultTolerance = 1e-3

// exported is the JSON object of export.
type exported struct {
	File    string   `json:"file"`
	Format  string   `json:"format"`
	Grades  int      `json:"grades"`
	Inputs  []string `json:"inputs"`
	Outputs []string `json:"outputs"`
	Bytes   int      `json:"bytes"`
	SHA256  string   `json:"sha256"`
	// Float32 is there with single precision.
	Float32 *singleJSON `json:"float32,omitempty"`
}

// singleJSON is the largest difference of an output to double precision, in its units
// and over its scale, at so many inputs.
type singleJSON struct {
	Inputs   int     `json:"inputs"`
	Absolute float64 `json:"difference"`
	Relative float64 `json:"relative"`
}

func exportNetwork(c *cli.Context, s streams) error {
	args, err := arguments(c, 1, 1, "a run directory or a model.json")
	if err == nil {
		err = checkOutFile(c, args)
	}
	if err != nil {
		return err
	}
	format, err := exportFormat(c)
	if err != nil {
		return err
	}
	if slices.Contains(certificateFormats, format) {
		return exportTheorem(c, s, args[0], format)
	}
	model, err := run.OpenModel(args[0])
	if err != nil {
		return exit.Bad(err)
	}
	k := gradesAsked(c, model)
	flat, err := model.Flatten(k)
	if err != nil {
		return exit.Bad(fmt.Errorf("--grade %d: the model has %d", k, len(model.Grades)))
	}
	single, err := singlePrecision(c, s, flat)
	if err != nil {
		return err
	}
	content, err := exportContent(c, flat, format)
	if err != nil {
		return exit.Failed(err)
	}
	out := exportFile(c, args[0], format)
	if out == stdout {
		_, err := s.out.Write(content)
		return exit.Failed(err)
	}
	if err := run.WriteWhole(out, func(w io.Writer) error { _, err := w.Write(content); return err }); err != nil {
		return exit.Bad(err)
	}
	return exit.Failed(tellExported(c, s, &exported{File: out, Format: format, Grades: k, Inputs: flat.Data.Columns, Outputs: flat.Outputs,
		Bytes: len(content), SHA256: run.Sha256Hex(content), Float32: single}))
}

// singlePrecision measures what --float32 costs, says it and refuses what is beyond
// --tolerance; it is nil without --float32.
func singlePrecision(c *cli.Context, s streams, flat *grade.Flat) (*singleJSON, error) {
	if !c.Bool("float32") {
		return nil, nil
	}
	d := export.SinglePrecision(flat)
	said := fmt.Sprintf("the largest difference to double precision at %d inputs within 3 standard deviations is %.2g, %.2g of the output's scale",
		d.Inputs, d.Absolute, d.Relative)
	if tolerance := c.Float64("tolerance"); !(d.Relative <= tolerance) {
		return nil, exit.Failed(fmt.Errorf("--float32: %s, more than --tolerance %v; export without --float32", said, tolerance))
	}
	if !c.Bool("quiet") {
		fmt.Fprintf(s.err, "In single precision %s.\n", said)
	}
	return &singleJSON{d.Inputs, d.Absolute, d.Relative}, nil
}

// stdout as the name of a file stands for standard output.
const stdout = "-"

// exportFormat is the format asked for; it checks what is only for some.
func exportFormat(c *cli.Context) (string, error) {
	format := c.String("format")
	if format == "" {
		format = strings.TrimPrefix(filepath.Ext(c.String("out")), ".")
		if named, ok := exportExtensions[format]; ok {
			format = named
		}
	}
	name := c.String("package")
	toStdout := c.String("out") == stdout || !c.IsSet("out") && format != "onnx"
	switch {
	case format == "" && !c.IsSet("format"):
		return "", exit.Bad(fmt.Errorf("export: want --format %s", strings.Join(exportFormats, ", ")))
	case !slices.Contains(exportFormats, format):
		return "", exit.Bad(fmt.Errorf("--format %q: want %s", format, strings.Join(exportFormats, ", ")))
	case !slices.Contains(certificateFormats, format) && (c.IsSet("output") || c.IsSet("data") || c.IsSet("test")):
		return "", exit.Bad(fmt.Errorf("--output, --data and --test are for --format %s, the format is %s", strings.Join(certificateFormats, " and "), format))
	case c.Bool("float32") && format != "onnx":
		return "", exit.Bad(fmt.Errorf("--float32 is for --format onnx, the format is %s", format))
	case c.IsSet("tolerance") && !c.Bool("float32"):
		return "", exit.Bad(errors.New("--tolerance is for --float32"))
	case !(c.Float64("tolerance") > 0) || math.IsInf(c.Float64("tolerance"), 0):
		return "", exit.Bad(fmt.Errorf("--tolerance %v: want a number > 0", c.Float64("tolerance")))
	case c.IsSet("package") && format != "go":
		return "", exit.Bad(fmt.Errorf("--package is for --format go, the format is %s", format))
	case c.IsSet("package") && (!token.IsIdentifier(name) || name == "_"):
		return "", exit.Bad(fmt.Errorf("--package %q: want a name that a Go package can have", name))
	case c.Bool("json") && toStdout:
		return "", exit.Bad(errors.New("--json: the network goes to standard output, want --out FILE"))
	}
	return format, nil
}

func exportContent(c *cli.Context, flat *grade.Flat, format string) ([]byte, error) {
	switch format {
	case "onnx":
		precision := onnx.Float64
		if c.Bool("float32") {
			precision = onnx.Float32
		}
		return export.ONNX(flat, precision, run.Version), nil
	case "go":
		name := "model"
		if c.IsSet("package") {
			name = c.String("package")
		}
		return export.Go(flat, name)
	case "sklearn":
		return export.Sklearn(flat, run.Version)
	}
	var b bytes.Buffer
	err := export.JSON(&b, flat)
	return b.Bytes(), err
}

// exportFile is --out or, without it, standard output or for onnx a file named
// after the run.
func exportFile(c *cli.Context, from, format string) string {
	switch {
	case c.IsSet("out"):
		return c.String("out")
	case format != "onnx":
		return stdout
	}
	path, err := filepath.Abs(from)
	if err != nil {
		path = from
	}
	if info, err := os.Stat(path); err == nil && !info.IsDir() && filepath.Base(path) == run.ModelFile {
		path = filepath.Dir(path)
	}
	return strings.TrimSuffix(filepath.Base(path), ".json") + ".onnx"
}

func tellExported(c *cli.Context, s streams, e *exported) error {
	if c.Bool("json") {
		return writeJSON(s.out, e)
	}
	if c.Bool("quiet") {
		return nil
	}
	_, err := fmt.Fprintf(s.out, "%s: %d grade%s, %d input%s, %d output%s, %d bytes\n", e.File, e.Grades, plural(e.Grades),
		len(e.Inputs), plural(len(e.Inputs)), len(e.Outputs), plural(len(e.Outputs)), e.Bytes)
	return err
}
