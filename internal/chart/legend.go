package chart

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawLegend writes the entries in lines from the top left and returns the height.
func (c *Chart) drawLegend(canvas draw.Canvas) vg.Length {
	if len(c.legend) == 0 {
		return 0
	}
	const line, swatch, gap, between = 13, 14, 4, 12
	style := text.Style{Color: Ink, Font: sans(9), YAlign: draw.YCenter, Handler: c.p.TextHandler}
	x, y := canvas.Min.X+6, canvas.Max.Y-line/2
	height := vg.Length(line)
	for _, e := range c.legend {
		width := swatch + gap + style.Width(e.name) + between
		if x+width > canvas.Max.X && x > canvas.Min.X+6 {
			x, y, height = canvas.Min.X+6, y-line, height+line
		}
		e.draw(canvas, x, y, swatch)
		canvas.FillText(style, vg.Point{X: x + swatch + gap, Y: y}, e.name)
		x += width
	}
	return height + 2
}

// draw shows a piece of what is drawn.
func (e entry) draw(canvas draw.Canvas, x, y, width vg.Length) {
	if e.glyph {
		canvas.SetColor(e.color)
		canvas.Fill(dot(vg.Point{X: x + width/2, Y: y}, 2.2))
		return
	}
	canvas.StrokeLine2(lineStyle(e.color, e.dash), x, y, x+width, y)
}
