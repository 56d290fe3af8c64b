package chart

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"io"
	"regexp"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are the kinds of files that Write makes: png with 144 dots per inch.
var Formats = []string{"png", "svg", "pdf"}

// repair gives readers without Liberation Sans other fonts, of the same widths first,
// and pictures, which are PNG, the shape of their place.
var repair = strings.NewReplacer("font-family:Liberation Sans", "font-family:Liberation Sans, Arial, Helvetica, sans-serif",
	"<image ", `<image preserveAspectRatio="none" `, "data:image/jpg;", "data:image/png;")

// Write writes charts, one below the other, in one of the Formats.
func Write(w io.Writer, format string, charts ...*Chart) error {
	width, height := stack(charts)
	switch format {
	case "png":
		canvas := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(144))}
		return render(w, canvas, charts)
	case "pdf":
		return render(w, vgpdf.New(width, height), charts)
	case "svg":
		var b bytes.Buffer
		if err := render(&b, vgsvg.New(width, height), charts); err != nil {
			return err
		}
		_, err := repair.WriteString(w, b.String())
		return err
	}
	return fmt.Errorf("chart: format %q, want one of %q", format, Formats)
}

// stack is the size of charts one below the other.
func stack(charts []*Chart) (width, height vg.Length) {
	for _, c := range charts {
		width, height = max(width, c.Width), height+c.Height
	}
	return width, height
}

// canvas is what can be drawn on and written.
type canvas interface {
	vg.CanvasSizer
	io.WriterTo
}

// render draws the charts from the top of the canvas and writes it.
func render(w io.Writer, on canvas, charts []*Chart) error {
	all := draw.New(on)
	top := all.Max.Y
	for _, c := range charts {
		c.Draw(draw.Canvas{Canvas: all.Canvas, Rectangle: vg.Rectangle{Min: vg.Point{X: 0, Y: top - c.Height}, Max: vg.Point{X: c.Width, Y: top}}})
		top -= c.Height
	}
	_, err := on.WriteTo(w)
	return err
}

// prolog is what a file has before the picture's element and a page has not.
var prolog = regexp.MustCompile(`(?s)^.*?<svg width="[^"]*" height="[^"]*"`)

// themed leaves the background to the page, and the colours it may choose for dark
// screens.
var themed = strings.NewReplacer(
	"fill:#FFFFFF", "fill:none", hex(Ink), "var(--ink,"+hex(Ink)+")",
	hex(muted), "var(--muted,"+hex(muted)+")", hex(faint), "var(--faint,"+hex(faint)+")")

func hex(c color.NRGBA) string { return fmt.Sprintf("#%02X%02X%02X", c.R, c.G, c.B) }

// SVG returns the element for a page, as wide as there is room; label says what it is
// to those who do not see it. Marked points of lines have their values as titles.
func (c *Chart) SVG(label string) (string, error) {
	var b strings.Builder
	if err := Write(&b, "svg", c); err != nil {
		return "", err
	}
	label = html.EscapeString(label)
	svg := prolog.ReplaceAllLiteralString(b.String(), `<svg role="img" aria-label="`+label+`"`)
	body, _ := strings.CutSuffix(strings.TrimSpace(themed.Replace(svg)), "</svg>")
	var hints strings.Builder
	for _, h := range c.hints {
		fmt.Fprintf(&hints, `<circle class="hint" cx="%.5g" cy="%.5g" r="6"><title>%s</title></circle>`+"\n", h.at.X, c.Height-h.at.Y, html.EscapeString(h.text))
	}
	return body + hints.String() + "</svg>\n", nil
}

// Says says in words what is drawn over what.
func (c *Chart) Says() string {
	text := c.y + " over " + c.x
	for k, e := range c.legend {
		text += map[bool]string{true: "; ", false: ", "}[k == 0] + e.name
	}
	return text
}
