package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"multigrade/internal/chart"
	"multigrade/internal/exit"
	"multigrade/internal/run"
)

// plotFormat is the format of a plot by the extension of its file.
func plotFormat(name string) string { return strings.TrimPrefix(filepath.Ext(name), ".") }

func checkPlotName(name string) error {
	if slices.Contains(chart.Formats, plotFormat(name)) {
		return nil
	}
	return exit.Bad(fmt.Errorf("--plot %q: want a file name ending in .%s", name, strings.Join(chart.Formats, ", .")))
}

// plotPath draws two charts over beta/beta_max: the errors, and the number of
// neurons.
func plotPath(j *pathJSON, name string) error {
	if len(j.Points) == 0 {
		return fmt.Errorf("%s: no point of the path is done, nothing to draw", name)
	}
	errors, neurons := pathChart("root mean square error"), pathChart("neurons")
	for _, c := range []struct {
		name   string
		colour chart.Colour
		value  func(r pathRowJSON) *float64
	}{
		{"train", chart.Train, func(r pathRowJSON) *float64 { return &r.Train }},
		{"validation", chart.Validation, func(r pathRowJSON) *float64 { return r.Validation }},
		{"test", chart.Test, func(r pathRowJSON) *float64 { return r.Test }},
	} {
		errors.Line(c.name, c.colour, j.over(c.value))
	}
	neurons.Line("", chart.Ink, j.over(func(r pathRowJSON) *float64 { v := float64(r.Neurons); return &v }))
	return run.WriteWhole(name, func(w io.Writer) error { return chart.Write(w, plotFormat(name), errors, neurons) })
}

func pathChart(label string) *chart.Chart {
	return chart.New(chart.Half, "beta / beta_max", label).LogX().FromZero()
}

// over is one value of every point, where it is there, over beta/beta_max.
func (j *pathJSON) over(value func(pathRowJSON) *float64) []chart.XY {
	var xy []chart.XY
	for _, r := range j.Points {
		if v := value(r); v != nil {
			xy = append(xy, chart.XY{X: r.Beta / j.BetaMax, Y: *v})
		}
	}
	return xy
}
