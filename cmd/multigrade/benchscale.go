package main

import (
	"encoding/csv"
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
	axes, err := experiment.FindAxes(c.String("only"))
	if err != nil {
		return err
	}
	all, status, err := experiment.Scale(c.Context, axes, c.Int("repeat"), c.Uint64("seed"), o)
	if err != nil {
		return exit.Failed(err)
	}
	g := growths(all)
	if err := present(c, s.out, map[string]any{"status": status.String(), "axes": all}, g.writeCSV, g.table); err != nil {
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

// growths are the axes of the suite scale.
type growths []experiment.Growth

func (all growths) writeCSV(out io.Writer) error {
	w := csv.NewWriter(out)
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	w.Write([]string{"axis", "value", "rows", "columns", "patterns", "seconds", "iterations", "rel_gap", "neurons", "status", "exponent", "cpu_seconds"})
	for _, g := range all {
		for k, r := range g.Rows {
			w.Write([]string{g.Axis, strconv.Itoa(g.Values[k]), strconv.Itoa(r.Rows), strconv.Itoa(r.Columns), strconv.Itoa(r.Patterns), number(r.Seconds),
				strconv.Itoa(r.Iterations), number(r.RelGap), strconv.Itoa(r.Neurons), r.Status, number(g.Exponent), processorSeconds(&r, "%g")})
		}
	}
	w.Flush()
	return w.Error()
}

func (all growths) table(out io.Writer) error {
	w := terminal.NewTable(out, terminal.Right)
	fmt.Fprint(w, "axis\tvalue\tsize\tpatterns\tseconds\tCPU seconds\titerations\tneurons\tstatus\texponent\t\n")
	for _, g := range all {
		for k, r := range g.Rows {
			slope := ""
			if k == len(g.Rows)-1 {
				slope = fmt.Sprintf("%.2f", g.Exponent)
			}
			fmt.Fprintf(w, "%s\t%d\t%d x %d\t%d\t%.3f\t%s\t%d\t%d\t%s\t%s\t\n", g.Axis, g.Values[k], r.Rows, r.Columns, r.Patterns, r.Seconds, processorSeconds(&r, "%.3f"), r.Iterations, r.Neurons, r.Status, slope)
		}
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
