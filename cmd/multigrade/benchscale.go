package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"multigrade/internal/exit"
	"multigrade/internal/experiment"
	"multigrade/internal/terminal"
	"multigrade/solver"
)

// benchScale times how the effort grows.
func benchScale(c *cli.Context, s streams, o solver.Options) error {
	for _, flag := range []string{"patterns", "each-method", "loss", "intercept"} {
		if c.IsSet(flag) {
			return exit.Bad(fmt.Errorf("--%s is not for the suite %s", flag, scaleSuite))
		}
	}
	axes, aims, err := experiment.FindScale(c.String("only"), c.Bool("long"), c.String("data"))
	if err != nil {
		return err
	}
	if len(axes) == 0 && c.String("plot") != "" {
		return exit.Bad(errors.New("--plot draws axes, --only names none"))
	}
	tell := tellScale(c, s)
	all, status, err := experiment.Scale(c.Context, axes, c.Int("repeat"), c.Uint64("seed"), o, tell.axis)
	rows := []experiment.Timing{}
	if err == nil && status != solver.Interrupted {
		var worst solver.Status
		rows, worst, err = experiment.TimeAims(c.Context, aims, c.Int("repeat"), c.Uint64("seed"), o, tell.aim)
		status = max(status, worst)
	}
	if err = errors.Join(err, tell.end()); err != nil {
		return exit.Failed(err)
	}
	if !c.Bool("csv") {
		g := scaling{all, rows}
		if err := present(c, s.out, map[string]any{"status": status.String(), "axes": all, "aims": rows}, nil, g.table); err != nil {
			return exit.Failed(err)
		}
	}
	if name := c.String("plot"); name != "" && status != solver.Interrupted {
		if err := drawCharts(name, experiment.GrowthCharts(all)); err != nil {
			return exit.Failed(err)
		}
	}
	if status == solver.Interrupted {
		return &exit.Failure{Status: exit.StatusInterrupted}
	}
	return nil
}

// scaling is what the suite scale measured: the axes, and the aims beside them.
type scaling struct {
	axes []experiment.Growth
	aims []experiment.Timing
}

// telling is of the lines as they are done: as CSV those themselves, so that a suite that is broken
// off leaves what was timed, otherwise that they are.
type telling struct {
	csv  *csv.Writer // nil: not as CSV
	done io.Writer
}

func tellScale(c *cli.Context, s streams) telling {
	t := telling{done: s.err}
	if c.Bool("quiet") {
		t.done = io.Discard
	}
	if c.Bool("csv") {
		t.csv = csv.NewWriter(s.out)
		t.csv.Write([]string{"axis", "value", "rows", "columns", "patterns", "seconds", "iterations", "rel_gap", "neurons", "status", "exponent", "cpu_seconds", "peak_bytes"})
	}
	return t
}

func (t telling) line(name, value string, r *experiment.Timing, exponent string) {
	if t.csv == nil {
		fmt.Fprintf(t.done, "%s: %s, %.3g s\n", strings.TrimSpace(name+" "+value), r.Status, r.Seconds)
		return
	}
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	t.csv.Write([]string{name, value, strconv.Itoa(r.Rows), strconv.Itoa(r.Columns), strconv.Itoa(r.Patterns), number(r.Seconds),
		strconv.Itoa(r.Iterations), number(r.RelGap), strconv.Itoa(r.Neurons), r.Status, exponent, processorSeconds(r, "%g"), strconv.FormatUint(r.Peak, 10)})
	t.csv.Flush()
}

func (t telling) axis(g experiment.Growth) {
	for k := range g.Rows {
		t.line(g.Axis, strconv.Itoa(g.Values[k]), &g.Rows[k], strconv.FormatFloat(g.Exponent, 'g', -1, 64))
	}
}

func (t telling) aim(r experiment.Timing) { t.line(r.Problem, "", &r, "") }

func (t telling) end() error {
	if t.csv == nil {
		return nil
	}
	t.csv.Flush()
	return t.csv.Error()
}

func (all scaling) table(out io.Writer) error {
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "axis\tvalue\tsize\tpatterns\tseconds\tCPU seconds\tMB\tgap\tneurons\tstatus\texponent\t\n")
	row := func(name, value string, r *experiment.Timing, exponent string) {
		fmt.Fprintf(w, "%s\t%s\t%d x %d\t%d\t%.3f\t%s\t%.0f\t%.1e\t%d\t%s\t%s\t\n", name, value, r.Rows, r.Columns, r.Patterns, r.Seconds, processorSeconds(r, "%.3f"), float64(r.Peak)/1e6, r.RelGap, r.Neurons, r.Status, exponent)
	}
	for _, g := range all.axes {
		for k := range g.Rows {
			slope := ""
			if k == len(g.Rows)-1 {
				slope = fmt.Sprintf("%.2f", g.Exponent)
			}
			row(g.Axis, strconv.Itoa(g.Values[k]), &g.Rows[k], slope)
		}
	}
	for k := range all.aims {
		row(all.aims[k].Problem, "", &all.aims[k], "")
	}
	return w.Flush()
}

// processorSeconds is the processor time of r as the format has it, "" where it is unknown.
func processorSeconds(r *experiment.Timing, format string) string {
	if r.Processor == nil {
		return ""
	}
	return fmt.Sprintf(format, *r.Processor)
}
