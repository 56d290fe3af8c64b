package chart

import (
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// markedPoints is the most points of a line that are marked one by one.
const markedPoints = 40

func lineStyle(c color.Color, dash bool) draw.LineStyle {
	s := draw.LineStyle{Color: c, Width: 1.4}
	if dash {
		s.Dashes = []vg.Length{4, 3}
	}
	return s
}

// Line joins points; a name, if not empty, goes into the legend.
func (c *Chart) Line(name string, col color.Color, xy []XY) { c.line(name, col, xy, false, true) }

// Dashed is Line with dashes.
func (c *Chart) Dashed(name string, col color.Color, xy []XY) { c.line(name, col, xy, true, true) }

// Curve is Line without marks at the points.
func (c *Chart) Curve(name string, col color.Color, xy []XY) { c.line(name, col, xy, false, false) }

// DashedCurve is Dashed without marks at the points.
func (c *Chart) DashedCurve(name string, col color.Color, xy []XY) {
	c.line(name, col, xy, true, false)
}

func (c *Chart) line(name string, col color.Color, xy []XY, dash, marked bool) {
	kept := c.visible(xy)
	if len(kept) == 0 {
		return
	}
	c.add(name, col, dash, false, &polyline{kept, lineStyle(col, dash)})
	if marked && len(kept) <= markedPoints {
		c.p.Add(&dots{kept, col, 2})
		c.p.Add(&marks{c, name, kept})
	}
}

// Level draws a dashed horizontal line through the whole chart, from least to most.
func (c *Chart) Level(name string, col color.Color, y, least, most float64) {
	c.line(name, col, []XY{{X: least, Y: y}, {X: most, Y: y}}, true, false)
}

// Points draws dots of the given radius.
func (c *Chart) Points(name string, col color.Color, xy []XY, radius float64) {
	if kept := c.visible(xy); len(kept) > 0 {
		c.add(name, col, false, true, &dots{kept, col, vg.Length(radius)})
	}
}

// polyline joins points.
type polyline struct {
	plotter.XYs
	style draw.LineStyle
}

var (
	_ plot.Plotter    = (*polyline)(nil)
	_ plot.DataRanger = (*polyline)(nil)
)

// strokePoints are the points of a line drawn at one stroke. The time that a stroke
// takes as PNG grows with the square of its crossings of itself.
const strokePoints = 16

func (l *polyline) Plot(canvas draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&canvas)
	points := make([]vg.Point, len(l.XYs))
	for i, v := range l.XYs {
		points[i] = vg.Point{X: x(v.X), Y: y(v.Y)}
	}
	for _, line := range canvas.ClipLinesXY(points) {
		step := strokePoints
		if l.style.Dashes != nil { // dashes begin anew with every stroke
			step = len(line)
		}
		for i := 0; i < len(line)-1; i += step {
			canvas.StrokeLines(l.style, line[i:min(i+step+1, len(line))])
		}
	}
}

// DataRange is the range of the points.
func (l *polyline) DataRange() (xmin, xmax, ymin, ymax float64) { return plotter.XYRange(l.XYs) }

// dots are points drawn as one path, which keeps files small.
type dots struct {
	plotter.XYs
	color  color.Color
	radius vg.Length
}

var (
	_ plot.Plotter    = (*dots)(nil)
	_ plot.DataRanger = (*dots)(nil)
)

func (d *dots) Plot(canvas draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&canvas)
	var path vg.Path
	for _, v := range d.XYs {
		if at := (vg.Point{X: x(v.X), Y: y(v.Y)}); canvas.Contains(at) {
			path = append(path, dot(at, d.radius)...)
		}
	}
	if len(path) > 0 {
		canvas.SetColor(d.color)
		canvas.Fill(path)
	}
}

// DataRange is the range of the points.
func (d *dots) DataRange() (xmin, xmax, ymin, ymax float64) { return plotter.XYRange(d.XYs) }

// dot is a disc.
func dot(at vg.Point, radius vg.Length) vg.Path {
	var p vg.Path
	p.Move(vg.Point{X: at.X + radius, Y: at.Y})
	p.Arc(at, radius, 0, 2*math.Pi)
	p.Close()
	return p
}

// marks hints at the values of points.
type marks struct {
	of   *Chart
	name string // of the line, empty where it has none
	plotter.XYs
}

func (m *marks) Plot(canvas draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&canvas)
	for _, v := range m.XYs {
		text := fmt.Sprintf("%s %.4g, %s %.4g", m.of.x, v.X, m.of.y, v.Y)
		if m.name != "" {
			text = m.name + ": " + text
		}
		m.of.hints = append(m.of.hints, hint{vg.Point{X: x(v.X), Y: y(v.Y)}, text})
	}
}
