package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"
)

// wellFormed reads XML to its end.
func wellFormed(t *testing.T, text string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

// Whatever the data, a chart is drawn: nothing, a single point, values that are
// equal, not finite, zero on a logarithmic axis, or of any size.
func TestAwkwardData(t *testing.T) {
	for name, xy := range map[string][]XY{
		"nothing":     nil,
		"one point":   {{X: 1, Y: 2}},
		"equal":       {{X: 1, Y: 2}, {X: 1, Y: 2}},
		"flat":        {{X: 1, Y: 2}, {X: 3, Y: 2}},
		"not finite":  {{X: math.NaN(), Y: 1}, {X: 1, Y: math.Inf(1)}, {X: math.Inf(-1), Y: math.NaN()}},
		"zero":        {{X: 0, Y: 0}, {X: 1, Y: 0}, {X: 0, Y: 1}},
		"negative":    {{X: -1, Y: -5}, {X: -2, Y: -7}},
		"large":       {{X: -1e200, Y: 1e-300}, {X: 1e200, Y: 1e300}},
		"small steps": {{X: 1, Y: 1}, {X: 1 + 0x1p-52, Y: 1 + 0x1p-52}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, c := range []*Chart{New(Third, "x", "y"), New(Half, "x", "y").LogX().LogY(), New(Whole, "x", "y").WholeX().FromZero()} {
				c.Line("line <&>", Train, xy)
				c.Points("points", Test, xy, 2)
				c.Curve("", Ordered(0, 1), xy)
				c.Level("level", Target, 1, 1, 2)
				svg, err := c.SVG("a label")
				if err != nil {
					t.Fatal(err)
				}
				wellFormed(t, svg)
				if !strings.HasPrefix(svg, "<svg role") || strings.Contains(svg, "NaN") || strings.Contains(svg, "Inf") {
					t.Errorf("%.200s", svg)
				}
			}
		})
	}
}

// The same chart is the same bytes, as SVG and as PNG of its size.
func TestWrite(t *testing.T) {
	draw := func() *Chart {
		c := New(Third, "grade", "neurons").WholeX().FromZero()
		c.Bars("kept", Train, []float64{3, 5, 4}, 0, 2)
		c.Bars("all", Target, []float64{30, 50, 40}, 1, 2)
		return c
	}
	var first, second bytes.Buffer
	if err := errors.Join(Write(&first, "svg", draw()), Write(&second, "svg", draw())); err != nil {
		t.Fatal(err)
	}
	wellFormed(t, first.String())
	if !bytes.Equal(first.Bytes(), second.Bytes()) || !strings.Contains(first.String(), ">kept</text>") || !strings.Contains(first.String(), ">50</text>") {
		t.Errorf("%s", first.String())
	}
	var raster bytes.Buffer
	if err := Write(&raster, "png", draw(), draw()); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&raster)
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != 600 || b.Dy() != 920 {
		t.Errorf("%v, want 600 x 920, for two", b)
	}
}

// PDF is written, other formats are refused.
func TestFormats(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, "pdf", New(Third, "x", "y")); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF")) {
		t.Errorf("%v, %.20q", err, b.Bytes())
	}
	if err := Write(&b, "gif", New(Third, "x", "y")); err == nil {
		t.Error("gif is written")
	}
}

// Colours with an order go from the first to the last of the ramp; signs are told
// apart.
func TestColours(t *testing.T) {
	if Ordered(0, 5) != ramp[0] || Ordered(4, 5) != ramp[4] || Ordered(2, 5) != ramp[2] || Ordered(0, 1) != ramp[4] {
		t.Errorf("%v, %v, %v, %v", Ordered(0, 5), Ordered(4, 5), Ordered(2, 5), Ordered(0, 1))
	}
	if Signed(-7) != Train || Signed(1) != Test || Signed(0).R != 0xff || Several(1) == Several(2) || Several(0) != Several(7) {
		t.Errorf("%v, %v, %v", Signed(-7), Signed(1), Signed(0))
	}
}

// A curve that goes up and down at every point is drawn as PNG within a moment; at one
// stroke it would take minutes.
func TestZigzag(t *testing.T) {
	c := New(Whole, "x", "y")
	xy := make([]XY, 2000)
	for i := range xy {
		xy[i] = XY{X: float64(i), Y: math.Sin(2.9 * float64(i))}
	}
	c.Curve("", Train, xy)
	begun := time.Now()
	if err := Write(io.Discard, "png", c); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}

// A picture fills its rectangle, whatever its shape.
func TestImage(t *testing.T) {
	img := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	for i := range 4 {
		img.Set(i%2, i/2, color.NRGBA{0xff, 0, 0, 0xff})
	}
	c := New(Whole, "x", "y")
	c.Image(img, 0, 0, 10, 1)
	svg, err := c.SVG("picture")
	if err != nil || strings.Count(svg, `<image preserveAspectRatio="none" `) != 1 {
		t.Errorf("%v, %.2000s", err, svg)
	}
	wellFormed(t, svg)
	var b bytes.Buffer
	if err := Write(&b, "png", c); err != nil {
		t.Fatal(err)
	}
	raster, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	red := 0
	for x := range raster.Bounds().Dx() {
		if r, g, _, _ := raster.At(x, raster.Bounds().Dy()/2).RGBA(); r > 0xf000 && g < 0x1000 {
			red++
		}
	}
	if share := float64(red) / float64(raster.Bounds().Dx()); share < 0.9 {
		t.Errorf("%v of the width is red", share)
	}
}

// The points of a line can be asked for their values.
func TestHints(t *testing.T) {
	c := New(Half, "grade", "r.m.s. <mm>")
	c.Line("train \"a\"", Train, []XY{{X: 1, Y: 0.5}, {X: 2, Y: 0.25}})
	svg, err := c.SVG("decay: " + c.Says())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`aria-label="decay: r.m.s. &lt;mm&gt; over grade; train &#34;a&#34;"`, "<title>train &#34;a&#34;: grade 2, r.m.s. &lt;mm&gt; 0.25</title>"} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in\n%s", want, svg)
		}
	}
	if n := strings.Count(svg, `class="hint"`); n != 2 {
		t.Errorf("%d hints, want 2", n)
	}
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
		t.Error(err)
	}
}
