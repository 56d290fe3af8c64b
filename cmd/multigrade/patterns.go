package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"

	"github.com/sbinet/npyio"
	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/mat"

	"multigrade/grade"
	"multigrade/hyperplane"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

func patternsCommand(s streams) *cli.Command {
	return &cli.Command{
		Name:      "patterns",
		Usage:     "count, sample or list the activation patterns of the inputs",
		ArgsUsage: "DATA",
		Description: "Patterns are the full-dimensional cells of the arrangement of the rows, standardised and\n" +
			"with a bias column as in solve. Gates are written one per row, as solve --gates reads them.\n\n" +
			"Example: multigrade patterns airfoil.csv --sample 500 --out gates.csv",
		Flags: append([]cli.Flag{
			&cli.StringSliceFlag{Name: "target", Usage: "target `COLUMN`, which is no input", DefaultText: "the last"},
			&cli.BoolFlag{Name: "count", Usage: "the exact number of patterns (the default)"},
			&cli.BoolFlag{Name: "enumerate", Usage: "all patterns, with a gate each"},
			&cli.IntFlag{Name: "sample", Usage: "the patterns of `N` Gaussian gates"},
			&cli.StringFlag{Name: "out", Usage: "`FILE` for the gates, CSV or, if its name ends so, .npy", DefaultText: "standard output"},
			&cli.BoolFlag{Name: "no-bias", Usage: "leave out the bias column"},
			&cli.BoolFlag{Name: "no-standardize", Usage: "use the inputs as they are"},
		}, readingFlags()...),
		Action: func(c *cli.Context) error { return patterns(c, s) },
	}
}

// patternsJSON is the JSON object of patterns.
type patternsJSON struct {
	Rows            int     `json:"rows"`
	Features        int     `json:"features"`
	Rank            int     `json:"rank"`
	Count           *string `json:"count"` // null when it was not asked for
	GeneralPosition string  `json:"general_position"`
	Sampled         *int    `json:"sampled"`
	WithoutGate     int     `json:"without_gate,omitempty"` // cells too thin for a float64 gate
}

func patterns(c *cli.Context, s streams) error {
	x, j, err := patternsInput(c, s)
	if err != nil {
		return err
	}
	a, err := hyperplane.NewArrangement(x)
	if err != nil {
		return exit.Bad(err)
	}
	j.Rank = a.Rank()
	j.GeneralPosition = hyperplane.Cover(j.Rows, j.Rank).String()
	if c.IsSet("sample") {
		err = samplePatterns(c, s, x, j)
	} else if c.Bool("enumerate") {
		err = enumeratePatterns(c, s, a, j)
	}
	if err == nil && (c.Bool("count") || !c.IsSet("sample") && !c.Bool("enumerate")) {
		err = countPatterns(c.Context, a, j)
	}
	if errors.Is(err, context.Canceled) {
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted")}
	}
	if err != nil {
		return exit.Failed(err)
	}
	return exit.Failed(j.show(c, s))
}

// patternsInput reads the inputs as solve would, all rows of them.
func patternsInput(c *cli.Context, s streams) (mat.Matrix, *patternsJSON, error) {
	args, err := arguments(c, 1, 1, "one data file")
	if err == nil {
		err = checkOutFile(c, args)
	}
	if err != nil {
		return nil, nil, err
	}
	if c.IsSet("sample") && (c.Int("sample") < 1 || c.Bool("enumerate")) {
		return nil, nil, exit.Bad(errors.New("--sample wants at least 1 gate, and not --enumerate with it"))
	}
	reading, err := readingOptions(c)
	if err != nil {
		return nil, nil, err
	}
	src, err := run.ReadSource(args[0], s.in, reading.Limits)
	if err != nil {
		return nil, nil, err
	}
	data, err := src.Parse(c.Context, reading, grade.Shares{})
	if err != nil {
		return nil, nil, err
	}
	return run.ProgramInput(data, !c.Bool("no-standardize"), !c.Bool("no-bias")),
		&patternsJSON{Rows: data.Rows(), Features: data.Features()}, nil
}

func countPatterns(ctx context.Context, a *hyperplane.Arrangement, j *patternsJSON) error {
	if j.Count != nil {
		return nil
	}
	n, err := a.Count(ctx)
	if err != nil {
		return err
	}
	count := n.String()
	j.Count = &count
	return nil
}

func samplePatterns(c *cli.Context, s streams, x mat.Matrix, j *patternsJSON) error {
	cells, err := hyperplane.SampleGaussian(c.Context, x, c.Int("sample"), c.Uint64("seed"))
	if err != nil {
		return err
	}
	n := len(cells)
	j.Sampled = &n
	_, err = writeGates(c, s, func(yield func(hyperplane.Cell, error) bool) {
		for _, cell := range cells {
			if !yield(cell, nil) {
				return
			}
		}
	})
	return err
}

func enumeratePatterns(c *cli.Context, s streams, a *hyperplane.Arrangement, j *patternsJSON) error {
	n, err := writeGates(c, s, a.Cells(c.Context))
	if err != nil {
		return err
	}
	count := fmt.Sprint(n.cells)
	j.Count, j.WithoutGate = &count, n.cells-n.gates
	return nil
}

// writeGates writes one gate per cell that has one to --out, else to standard
// output unless that belongs to the JSON object. The file appears under its name
// when it is complete; its name says whether it is CSV or .npy.
func writeGates(c *cli.Context, s streams, cells iter.Seq2[hyperplane.Cell, error]) (written, error) {
	path := c.String("out")
	switch {
	case path != "":
		return gatesFile(path, cells)
	case c.Bool("json"):
		return gateRows(io.Discard, cells)
	}
	return gateRows(s.out, cells)
}

func gatesFile(path string, cells iter.Seq2[hyperplane.Cell, error]) (n written, err error) {
	f, err := os.Create(path + ".partial")
	if err != nil {
		return n, exit.Bad(err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(f.Name())
			return
		}
		err = os.Rename(f.Name(), path)
	}()
	if strings.HasSuffix(path, ".npy") {
		return npyGates(f, cells)
	}
	return gateRows(f, cells)
}

func gateRows(out io.Writer, cells iter.Seq2[hyperplane.Cell, error]) (written, error) {
	w := bufio.NewWriter(out)
	var n written
	for cell, err := range cells {
		if err != nil {
			return n, err
		}
		if n.cells++; cell.Gate != nil {
			writeRow(w, cell.Gate)
			n.gates++
		}
	}
	return n, w.Flush()
}

// written counts cells, and those of them that have a gate: there is no float64
// vector inside of a cell that is too thin.
type written struct{ cells, gates int }

// npyGates writes the gates as a NumPy matrix (gates x d).
func npyGates(out io.Writer, cells iter.Seq2[hyperplane.Cell, error]) (written, error) {
	var n written
	var values []float64
	for cell, err := range cells {
		if err != nil {
			return n, err
		}
		if n.cells++; cell.Gate != nil {
			values = append(values, cell.Gate...)
			n.gates++
		}
	}
	if n.gates == 0 {
		return n, errors.New("no gate to write")
	}
	return n, npyio.Write(out, mat.NewDense(n.gates, len(values)/n.gates, values))
}

// show writes the numbers; where the gates went to standard output, to
// standard error.
func (j *patternsJSON) show(c *cli.Context, s streams) error {
	if c.Bool("json") {
		return writeJSON(s.out, j)
	}
	if c.Bool("quiet") {
		return nil
	}
	out := s.out
	if c.String("out") == "" && (j.Sampled != nil || c.Bool("enumerate")) {
		out = s.err
	}
	fmt.Fprintf(out, "%d rows, %d feature%s, rank %d\n", j.Rows, j.Features, plural(j.Features), j.Rank)
	if j.Sampled != nil {
		fmt.Fprintf(out, "%d distinct patterns sampled\n", *j.Sampled)
	}
	if j.Count != nil {
		fmt.Fprintf(out, "%s patterns\n", *j.Count)
	}
	if j.WithoutGate > 0 {
		fmt.Fprintf(out, "%d of them too thin for a gate in float64, not written\n", j.WithoutGate)
	}
	_, err := fmt.Fprintf(out, "%s in general position (2 sum_(k<%d) C(%d, k))\n", j.GeneralPosition, j.Rank, j.Rows-1)
	return err
}
