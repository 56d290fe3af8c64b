package main

import (
	"fmt"
	"image/color"
	"io"
	"path/filepath"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// plotFormats are the pictures that --plot writes, by the extension of the file.
var plotFormats = []string{"png", "svg", "pdf"}

func plotFormat(name string) string { return strings.TrimPrefix(filepath.Ext(name), ".") }

func checkPlotName(name string) error {
	for _, f := range plotFormats {
		if plotFormat(name) == f {
			return nil
		}
	}
	return bad(fmt.Errorf("--plot %q: want a file name ending in .%s", name, strings.Join(plotFormats, ", .")))
}

// plotPath draws two panels over beta/beta_max: the errors, and the number of
// neurons.
func plotPath(j *pathJSON, name string) error {
	if len(j.Points) == 0 {
		return fmt.Errorf("%s: no point of the path is done, nothing to draw", name)
	}
	errors, neurons := pathPanel("root mean square error"), pathPanel("neurons")
	for _, c := range []struct {
		name  string
		color color.Color
		value func(r pathRowJSON) *float64
	}{
		{"train", color.RGBA{0x1f, 0x77, 0xb4, 0xff}, func(r pathRowJSON) *float64 { return &r.Train }},
		{"validation", color.RGBA{0x2c, 0xa0, 0x2c, 0xff}, func(r pathRowJSON) *float64 { return r.Validation }},
		{"test", color.RGBA{0xd6, 0x27, 0x28, 0xff}, func(r pathRowJSON) *float64 { return r.Test }},
	} {
		if err := addCurve(errors, c.name, c.color, j, c.value); err != nil {
			return err
		}
	}
	count := func(r pathRowJSON) *float64 { v := float64(r.Neurons); return &v }
	if err := addCurve(neurons, "", color.Black, j, count); err != nil {
		return err
	}
	return savePanels(name, errors, neurons)
}

func pathPanel(label string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = "beta / beta_max", label
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	return p
}

// addCurve draws one value of every point; nothing where it is missing.
func addCurve(p *plot.Plot, name string, c color.Color, j *pathJSON, value func(pathRowJSON) *float64) error {
	var xy plotter.XYs
	for _, r := range j.Points {
		if v := value(r); v != nil {
			xy = append(xy, plotter.XY{X: r.Beta / j.BetaMax, Y: *v})
		}
	}
	if len(xy) == 0 {
		return nil
	}
	line, points, err := plotter.NewLinePoints(xy)
	if err != nil {
		return err
	}
	line.Color, points.Color, points.Radius, points.Shape = c, c, vg.Points(1.5), draw.CircleGlyph{}
	p.Add(line, points)
	if name != "" {
		p.Legend.Add(name, line)
	}
	return nil
}

// savePanels draws panels one above the other.
func savePanels(name string, panels ...*plot.Plot) error {
	canvas, err := draw.NewFormattedCanvas(16*vg.Centimeter, 18*vg.Centimeter, plotFormat(name))
	if err != nil {
		return err
	}
	rows := make([][]*plot.Plot, len(panels))
	for k, p := range panels {
		rows[k] = []*plot.Plot{p}
	}
	tiles := draw.Tiles{Rows: len(panels), Cols: 1, PadY: 5 * vg.Millimeter, PadTop: 3 * vg.Millimeter, PadRight: 3 * vg.Millimeter}
	for k, row := range plot.Align(rows, tiles, draw.New(canvas)) {
		panels[k].Draw(row[0])
	}
	return writeWhole(name, func(w io.Writer) error {
		_, err := canvas.WriteTo(w)
		return err
	})
}
