package chart

import (
	"image/color"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Bars draws a group of bars over 1, 2, ...; part is the number of this group, from
// 0, of so many that share the space. Every bar has its value above it.
func (c *Chart) Bars(name string, col color.Color, values []float64, part, parts int) {
	if len(values) == 0 {
		return
	}
	c.add(name, col, false, true, &bars{values, col, part, parts})
}

type bars struct {
	values      []float64
	color       color.Color
	part, parts int
}

var (
	_ plot.Plotter    = (*bars)(nil)
	_ plot.DataRanger = (*bars)(nil)
)

// share of the distance from one bar to the next that is filled.
const share = 0.7

func (b *bars) Plot(canvas draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&canvas)
	width := share / float64(b.parts)
	style := text.Style{Color: muted, Font: sans(8), XAlign: draw.XCenter, YAlign: draw.YBottom, Handler: p.TextHandler}
	for k, v := range b.values {
		left := float64(k+1) - share/2 + width*float64(b.part)
		r := vg.Rectangle{Min: vg.Point{X: x(left), Y: y(0)}, Max: vg.Point{X: x(left + 0.94*width), Y: y(v)}}
		canvas.SetColor(b.color)
		canvas.Fill(r.Path())
		if len(b.values)*b.parts <= markedPoints {
			canvas.FillText(style, vg.Point{X: (r.Min.X + r.Max.X) / 2, Y: r.Max.Y + 2}, Number(v))
		}
	}
}

// DataRange leaves room for the values above the bars.
func (b *bars) DataRange() (xmin, xmax, ymin, ymax float64) {
	return 0.5, float64(len(b.values)) + 0.5, 0, 1.1*slices.Max(b.values) + 0.1
}
