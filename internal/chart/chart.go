package chart

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Sizes of a chart that has a third, a half and the whole of a page's width.
var (
	Third = Size{300, 230}
	Half  = Size{455, 290}
	Whole = Size{920, 320}
)

// Size of a chart in points.
type Size struct{ Width, Height vg.Length }

// XY is a point to draw; one that is not finite, or not positive on a logarithmic
// axis, is left out.
type XY = plotter.XY

// Chart is one plot. Set the scales before adding data.
type Chart struct {
	Size
	p          *plot.Plot
	x, y       string // what the axes are
	legend     []entry
	logX, logY bool
	drawn      bool // any data
	hints      []hint
}

// hint is a text at a place of the canvas, for readers that can point at it.
type hint struct {
	at   vg.Point
	text string
}

// entry is a line of the legend.
type entry struct {
	name  string
	color color.Color
	dash  bool
	glyph bool
}

// New returns an empty chart with named axes.
func New(size Size, x, y string) *Chart {
	p := plot.New()
	c := &Chart{Size: size, p: p, x: x, y: y}
	p.BackgroundColor = color.White
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.Tick.Label.Font, axis.Tick.Label.Color = sans(9), muted
		axis.Tick.LineStyle = draw.LineStyle{Color: muted, Width: 0.5}
		axis.Tick.Length = 3
		axis.LineStyle = draw.LineStyle{Color: muted, Width: 0.6}
		axis.Tick.Marker = linearTicks{}
		axis.Padding = 4
	}
	grid := plotter.NewGrid()
	grid.Vertical, grid.Horizontal = draw.LineStyle{Color: faint, Width: 0.6}, draw.LineStyle{Color: faint, Width: 0.6}
	p.Add(grid)
	return c
}

// sans is the font of all text.
func sans(size vg.Length) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: size}
}

// LogX and LogY make an axis logarithmic.
func (c *Chart) LogX() *Chart { c.logX = true; setLog(&c.p.X); return c }
func (c *Chart) LogY() *Chart { c.logY = true; setLog(&c.p.Y); return c }

func setLog(a *plot.Axis) { a.Scale, a.Tick.Marker = plot.LogScale{}, logTicks{} }

// WholeX labels whole numbers only, as for grades.
func (c *Chart) WholeX() *Chart { c.p.X.Tick.Marker = wholeTicks{}; return c }

// Across makes the x axis reach from least to most, whatever is drawn.
func (c *Chart) Across(least, most float64) *Chart { c.p.X.Min, c.p.X.Max = least, most; return c }

// From sets the range of the y axis.
func (c *Chart) From(least, most float64) *Chart { c.p.Y.Min, c.p.Y.Max = least, most; return c }

// FromZero makes the y axis begin at 0.
func (c *Chart) FromZero() *Chart { c.p.Y.Min = 0; return c }

// Empty reports whether nothing was drawn.
func (c *Chart) Empty() bool { return !c.drawn }

// visible are the points that can be drawn.
func (c *Chart) visible(xy []XY) plotter.XYs {
	var kept plotter.XYs
	for _, p := range xy {
		if finite(p.X) && finite(p.Y) && (p.X > 0 || !c.logX) && (p.Y > 0 || !c.logY) {
			kept = append(kept, p)
		}
	}
	return kept
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (c *Chart) add(name string, col color.Color, dash, glyph bool, p plot.Plotter) {
	c.p.Add(p)
	c.drawn = true
	if name != "" {
		c.legend = append(c.legend, entry{name, col, dash, glyph})
	}
}

// settle gives axes over next to a single value, or no data at all, some width.
func (c *Chart) settle() {
	for _, a := range []struct {
		axis *plot.Axis
		log  bool
	}{{&c.p.X, c.logX}, {&c.p.Y, c.logY}} {
		least, most := &a.axis.Min, &a.axis.Max
		switch {
		case !finite(*least) || !finite(*most) || *least > *most:
			*least, *most = 0.1, 1
		case a.log && *most/(*least) < 1.02:
			*least, *most = *least/1.5, *most*1.5
		case *most-*least <= 1e-12*math.Max(math.Abs(*least), math.Abs(*most)):
			room := math.Max(math.Abs(*least)/10, 0.5)
			*least, *most = *least-room, *most+room
		}
	}
}

// Draw draws the chart: the legend on top, the plot below.
func (c *Chart) Draw(canvas draw.Canvas) {
	c.settle()
	c.hints = nil
	canvas.SetColor(color.White)
	canvas.Fill(canvas.Rectangle.Path())
	const margin = 4
	inner := draw.Crop(canvas, margin, -3*margin, margin, -margin)
	inner = draw.Crop(inner, 0, 0, 0, -c.drawLegend(inner))
	c.p.Draw(c.drawLabels(inner))
}

// drawLabels writes what the axes are and returns what is left of the canvas. (The
// plot itself would give the labels of logarithmic axes room in the wrong place.)
func (c *Chart) drawLabels(canvas draw.Canvas) draw.Canvas {
	const height = 14
	style := text.Style{Color: Ink, Font: sans(10), XAlign: draw.XCenter, YAlign: draw.YBottom, Handler: c.p.TextHandler}
	inner := draw.Crop(canvas, height, 0, height, 0)
	canvas.FillText(style, vg.Point{X: inner.Center().X, Y: canvas.Min.Y}, c.x)
	style.Rotation, style.YAlign = math.Pi/2, draw.YTop
	canvas.FillText(style, vg.Point{X: canvas.Min.X, Y: inner.Center().Y}, c.y)
	return inner
}
