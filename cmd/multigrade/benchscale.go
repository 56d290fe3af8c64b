package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"

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
	axes, aims, err := experiment.FindScale(c.String("only"))
	if err != nil {
		return err
	}
	if len(axes) == 0 && c.String("plot") != "" {
		return exit.Bad(errors.New("--plot draws axes, --only names none"))
	}
	all, status, err := experiment.Scale(c.Context, axes, c.Int("repeat"), c.Uint64("seed"), o)
	if err != nil {
		return exit.Failed(err)
	}
	rows := []experiment.Timing{}
	if status != solver.Interrupted {
		var worst solver.Status
		if rows, worst, err = experiment.TimeAims(c.Context, aims, c.Int("repeat"), c.Uint64("seed"), o); err != nil {
			return exit.Failed(err)
		}
		status = max(status, worst)
	}
	g := scaling{all, rows}
	if err := present(c, s.out, map[string]any{"status": status.String(), "axes": all, "aims": rows}, g.writeCSV, g.table); err != nil {
		return exit.Failed(err)
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

func (all scaling) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	row := func(name, value string, r *experiment.Timing, exponent string) {
		w.Write([]string{name, value, strconv.Itoa(r.Rows), strconv.Itoa(r.Columns), strconv.Itoa(r.Patterns), number(r.Seconds),
			strconv.Itoa(r.Iterations), number(r.RelGap), strconv.Itoa(r.Neurons), r.Status, exponent, processorSeconds(r, "%g"), strconv.FormatUint(r.Peak, 10)})
	}
	w.Write([]string{"axis", "value", "rows", "columns", "patterns", "seconds", "iterations", "rel_gap", "neurons", "status", "exponent", "cpu_seconds", "peak_bytes"})
	for _, g := range all.axes {
		for k := range g.Rows {
			row(g.Axis, strconv.Itoa(g.Values[k]), &g.Rows[k], number(g.Exponent))
		}
	}
	for k := range all.aims {
		row(all.aims[k].Problem, "", &all.aims[k], "")
	}
	w.Flush()
	return w.Error()
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
