package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/internal/dataset"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

func predictCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "predict",
		Usage:     "apply a trained model; CSV on standard output",
		ArgsUsage: "RUN [DATA]",
		Description: "RUN is a run directory or a model.json; DATA has the columns the model was trained on\n" +
			"(by name in a CSV; the target need not be there), or - for CSV on standard input.\n" +
			"With --image a model of an image needs no DATA.\n" +
			"--interval and --proba need a model with rows held out: one that fit made, or solve --validation.\n\n" +
			"Example: multigrade predict runs/airfoil airfoil.csv --grade 2",
		Flags: append([]cli.Flag{
			&cli.IntFlag{Name: "grade", Usage: "use the first `K` grades", DefaultText: "all"},
			&cli.BoolFlag{Name: "features", Usage: "write the hidden features of the grade instead"},
			&cli.Float64Flag{Name: "interval", Usage: "with each prediction lower and upper, between which a share `Q` of new rows is, by the residuals of rows held out"},
			&cli.BoolFlag{Name: "proba", Usage: "of classes: their probabilities, calibrated on rows held out, in the place of scores"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` for what would go to standard output", DefaultText: "standard output"},
			&cli.StringFlag{Name: "image", Usage: "write the model's picture to `FILE.png` instead"},
			&cli.StringFlag{Name: "size", Usage: "its size, `WIDTHxHEIGHT`", DefaultText: "that of the image trained on"},
		}, fileFlags(dataset.DefaultLimits())...),
		Action: func(c *cli.Context) error { return predict(c, s) },
	}
}

func predict(c *cli.Context, s streams) error {
	least, most, what := 2, 2, "a run and a data file"
	if c.IsSet("image") {
		least, most, what = 1, 1, "a run and, with --image, no data"
	}
	args, err := arguments(c, least, most, what)
	if err == nil {
		err = checkOutFile(c, args)
	}
	if err != nil {
		return err
	}
	model, err := run.OpenModel(args[0])
	if err != nil {
		return exit.Bad(err)
	}
	k := gradesAsked(c, model)
	if err := certaintyAsked(c, model, k); err != nil {
		return exit.Bad(err)
	}
	if c.IsSet("image") {
		if c.IsSet("out") {
			return exit.Bad(errors.New("--image and --out given, want one of them"))
		}
		return predictImage(c, model, k)
	}
	reading, err := fileOptions(c)
	if err != nil {
		return err
	}
	src, err := run.ReadSource(args[1], s.in, reading.Limits)
	if err != nil {
		return err
	}
	data, err := src.Features(c.Context, model, reading)
	if err != nil {
		return err
	}
	names, values, err := evaluate(model, data.X, k, c.Bool("features"))
	if err != nil {
		return exit.Bad(err)
	}
	var class func(i int) string // of a row, where there are classes
	if model.Classes != nil && !c.Bool("features") {
		scores := values
		class = func(i int) string { return model.Class(scores, i) }
	}
	p := &prediction{Grade: k}
	switch {
	case c.IsSet("interval"):
		names, values, err = p.intervals(model, c.Float64("interval"), names, values)
	case c.Bool("proba"):
		names, values, err = p.probabilities(model, k, values)
		if err == nil && !*p.Calibrated {
			fmt.Fprintln(s.err, uncalibrated(model))
		}
	}
	if err != nil {
		return exit.Bad(err)
	}
	write := func(out io.Writer) error { return writeColumns(out, names, values) }
	switch {
	case c.Bool("json"):
		p.fill(names, values, class)
		write = func(out io.Writer) error { return writeJSON(out, p) }
	case class != nil:
		write = func(out io.Writer) error { return writeClasses(out, model.Data.Target[0], class, names, values) }
	}
	if out := c.String("out"); out != "" && out != stdout {
		return exit.Failed(run.WriteWhole(out, write))
	}
	return exit.Failed(write(s.out))
}

// evaluate returns the prediction with k grades, or the features of grade k,
// with column names.
func evaluate(m *grade.Model, x mat.Matrix, k int, features bool) ([]string, *mat.Dense, error) {
	if k < 0 || k > len(m.Grades) {
		return nil, nil, fmt.Errorf("--grade %d: the model has %d", k, len(m.Grades))
	}
	if !features {
		y, err := m.PredictGrades(x, k)
		if err != nil {
			return nil, nil, err
		}
		return m.OutputNames(), y, nil
	}
	if k == 0 {
		return nil, nil, errors.New("--features: want a grade from 1 on")
	}
	z, err := m.Features(x, k)
	if err != nil {
		return nil, nil, err
	}
	g := &m.Grades[k-1]
	var names []string
	for j := range g.Neurons() {
		names = append(names, fmt.Sprintf("h%d_%d", k, j+1))
	}
	if g.Carry {
		names = append(names, m.Data.Columns...)
	}
	return names, z, nil
}

// writeColumns writes a CSV with a header.
func writeColumns(out io.Writer, names []string, values *mat.Dense) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, header(names))
	writeRows(w, values)
	return w.Flush()
}

// writeClasses writes the same with the class of every row before it.
func writeClasses(out io.Writer, target string, class func(i int) string, names []string, values *mat.Dense) error {
	w := bufio.NewWriter(out)
	fmt.Fprintln(w, header(append([]string{target}, names...)))
	n, _ := values.Dims()
	for i := range n {
		w.WriteString(header([]string{class(i)}))
		w.WriteByte(',')
		writeRow(w, values.RawRowView(i))
	}
	return w.Flush()
}

// header writes texts as a line of CSV.
func header(names []string) string {
	quoted := make([]string, len(names))
	for j, n := range names {
		quoted[j] = n
		if strings.ContainsAny(n, "\",\n\r") {
			quoted[j] = `"` + strings.ReplaceAll(n, `"`, `""`) + `"`
		}
	}
	return strings.Join(quoted, ",")
}

func writeRows(w *bufio.Writer, values *mat.Dense) {
	n, _ := values.Dims()
	for i := range n {
		writeRow(w, values.RawRowView(i))
	}
}

func writeRow(w *bufio.Writer, row []float64) {
	var buf [32]byte
	for j, v := range row {
		if j > 0 {
			w.WriteByte(',')
		}
		w.Write(strconv.AppendFloat(buf[:0], v, 'g', -1, 64))
	}
	w.WriteByte('\n')
}

// prediction is the JSON object of predict.
type prediction struct {
	Grade   int         `json:"grade"`
	Columns []string    `json:"columns"`
	Rows    [][]float64 `json:"rows"`
	Classes []string    `json:"classes,omitempty"` // of the rows, where the target is classes
	// Interval is the share of new rows meant to be between lower and upper.
	Interval *float64 `json:"interval,omitempty"`
	// Calibrated says whether the probabilities are, by rows held out.
	Calibrated *bool `json:"calibrated,omitempty"`
}

func (p *prediction) fill(names []string, values *mat.Dense, class func(i int) string) {
	n, _ := values.Dims()
	p.Columns, p.Rows = names, make([][]float64, n)
	for i := range p.Rows {
		p.Rows[i] = values.RawRowView(i)
		if class != nil {
			p.Classes = append(p.Classes, class(i))
		}
	}
}
