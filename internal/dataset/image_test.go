package dataset

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func pngBytes(t testing.TB, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A pixel of 8 bits is v/255 to the bit, one of 16 bits v/65535, at
// (column/width, line/height).
func TestImagePixels(t *testing.T) {
	grey := image.NewGray(image.Rect(0, 0, 16, 16))
	deep := image.NewGray16(image.Rect(0, 0, 2, 3))
	rgb := image.NewNRGBA(image.Rect(0, 0, 4, 2))
	for k := range grey.Pix {
		grey.Pix[k] = uint8(k)
	}
	deep.SetGray16(1, 2, color.Gray16{Y: 12345})
	rgb.SetNRGBA(3, 1, color.NRGBA{10, 20, 30, 255})
	for k := range 8 {
		if k != 7 {
			rgb.SetNRGBA(k%4, k/4, color.NRGBA{0, 0, 255, 255})
		}
	}
	d, err := parse("g.png", pngBytes(t, grey), nil)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 256 {
		if d.Y[0][k] != float64(k)/255 || d.X.At(k, 0) != float64(k%16)/16 || d.X.At(k, 1) != float64(k/16)/16 {
			t.Fatalf("pixel %d: %v at %v, %v", k, d.Y[0][k], d.X.At(k, 0), d.X.At(k, 1))
		}
	}
	if d.Kind != Image || d.Width != 16 || !slices.Equal(d.Columns, []string{"x", "y"}) || !slices.Equal(d.Target, []string{"intensity"}) {
		t.Errorf("%+v", d)
	}
	if d, err = parse("d.png", pngBytes(t, deep), nil); err != nil || d.Y[0][5] != 12345.0/65535 || d.Width != 2 || d.Rows() != 6 {
		t.Errorf("16 bits: %+v, %v", d, err)
	}
	d, err = parse("c.png", pngBytes(t, rgb), nil)
	if err != nil || len(d.Y) != 3 || d.Y[0][7] != 10.0/255 || d.Y[1][7] != 20.0/255 || d.Y[2][7] != 30.0/255 || d.Y[2][0] != 1 {
		t.Errorf("colours: %+v, %v", d, err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, grey, nil); err != nil {
		t.Fatal(err)
	}
	if d, err = parse("g.jpg", b.Bytes(), nil); err != nil || len(d.Y) != 1 || d.Rows() != 256 {
		t.Errorf("JPEG: %+v, %v", d, err)
	}
}

func TestImageRefuses(t *testing.T) {
	clear := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	whole := pngBytes(t, image.NewGray(image.Rect(0, 0, 20, 20)))
	for name, c := range map[string]struct {
		raw     []byte
		targets []string
		err     error
	}{
		"transparent":   {pngBytes(t, clear), nil, ErrFormat},
		"cut":           {whole[:len(whole)-20], nil, ErrFormat},
		"header only":   {whole[:8], nil, ErrFormat},
		"other targets": {whole, []string{"red"}, ErrUnknownColumn},
	} {
		if _, err := parse("f.png", c.raw, c.targets); !errors.Is(err, c.err) {
			t.Errorf("%s: error %v, want %v", name, err, c.err)
		}
	}
	if _, err := features(CSV, whole, []string{"a"}); !errors.Is(err, ErrUnknownColumn) {
		t.Error("an image has the feature a:", err)
	}
}

// Further rows have the features and targets of the first, by name.
func TestReadLike(t *testing.T) {
	first, err := parse("a.csv", []byte("a,b,y\n1,2,3\n4,5,6\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	d, err := like("b.csv", []byte("z,y,b,a\nword,3,2,1\nword,6,5,4\n"), first)
	if err != nil || d.X.At(1, 0) != 4 || d.X.At(1, 1) != 5 || !slices.Equal(d.Y[0], first.Y[0]) {
		t.Errorf("%+v, %v", d, err)
	}
	for name, text := range map[string]string{"no feature": "a,y\n1,2\n3,4\n", "no target": "a,b\n1,2\n3,4\n", "other kind": "1 1:2\n2 1:3\n"} {
		if _, err := like("b", []byte(text), first); err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}

// A picture of the values of an image is the image, other values are cut off.
func TestPicture(t *testing.T) {
	for _, channels := range []int{1, 3} {
		values := mat.NewDense(6, channels, nil)
		values.Apply(func(i, j int, _ float64) float64 { return float64(40*i+5*j) / 255 }, values) // never grey in three channels
		var b bytes.Buffer
		if err := png.Encode(&b, Picture(values, 3)); err != nil {
			t.Fatal(err)
		}
		d, err := parse("picture.png", b.Bytes(), nil)
		if err != nil || d.Width != 3 || len(d.Y) != channels {
			t.Fatalf("%v, %v", d, err)
		}
		for j := range channels {
			if !slices.Equal(d.Y[j], mat.Col(nil, j, values)) {
				t.Errorf("channel %d: %v, want %v", j, d.Y[j], mat.Col(nil, j, values))
			}
		}
	}
	if p := Picture(mat.NewDense(2, 1, []float64{-1, 7}), 2).(*image.Gray).Pix; p[0] != 0 || p[1] != 255 {
		t.Errorf("levels %v", p)
	}
}

// turnedJPEG puts an Exif segment with an orientation behind the start of a JPEG file.
func turnedJPEG(raw []byte, orientation byte) []byte {
	exif := "Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00" + string([]byte{orientation}) + "\x00\x00\x00\x00\x00\x00\x00"
	length := len(exif) + 2
	return []byte("\xff\xd8\xff\xe1" + string([]byte{byte(length >> 8), byte(length)}) + exif + string(raw[2:]))
}

// Turned and mirrored as the camera says, the picture is the same one: bright at the
// top left.
func TestOrientation(t *testing.T) {
	const w, h = 24, 16
	seen := func(column, line int) uint8 { // the picture as it is to be looked at, w x h
		if column < w/2 && line < h/2 {
			return 255
		}
		if column < w/2 {
			return 120
		}
		return 0
	}
	// where the pixel seen at (column, line) is stored
	stored := map[byte]func(c, l int) (x, y int){
		1: func(c, l int) (int, int) { return c, l }, 2: func(c, l int) (int, int) { return w - 1 - c, l }, 3: func(c, l int) (int, int) { return w - 1 - c, h - 1 - l },
		4: func(c, l int) (int, int) { return c, h - 1 - l }, 5: func(c, l int) (int, int) { return l, c }, 6: func(c, l int) (int, int) { return l, w - 1 - c },
		7: func(c, l int) (int, int) { return h - 1 - l, w - 1 - c }, 8: func(c, l int) (int, int) { return h - 1 - l, c },
	}
	for orientation, place := range stored {
		img := image.NewGray(image.Rect(0, 0, w, h))
		if orientation >= 5 {
			img = image.NewGray(image.Rect(0, 0, h, w))
		}
		for line := range h {
			for column := range w {
				x, y := place(column, line)
				img.SetGray(x, y, color.Gray{Y: seen(column, line)})
			}
		}
		var b bytes.Buffer
		if err := jpeg.Encode(&b, img, &jpeg.Options{Quality: 100}); err != nil {
			t.Fatal(err)
		}
		d, err := parse("t.jpg", turnedJPEG(b.Bytes(), orientation), nil)
		if err != nil || d.Width != w || d.Rows() != w*h {
			t.Fatalf("orientation %d: %+v, %v", orientation, d, err)
		}
		for i, v := range d.Y[0] {
			if want := float64(seen(i%w, i/w)) / 255; v < want-0.1 || v > want+0.1 {
				t.Fatalf("orientation %d: pixel %d is %v, want %v", orientation, i, v, want)
			}
		}
	}
}

// Grey pixels are one target, however they are stored.
func TestGreyInColours(t *testing.T) {
	rgb := image.NewNRGBA(image.Rect(0, 0, 2, 2))
	for k := range 4 {
		rgb.SetNRGBA(k%2, k/2, color.NRGBA{uint8(50 * k), uint8(50 * k), uint8(50 * k), 255})
	}
	d, err := parse("g.png", pngBytes(t, rgb), nil)
	if err != nil || !slices.Equal(d.Target, []string{"intensity"}) || d.Y[0][3] != 150.0/255 {
		t.Errorf("%+v, %v", d, err)
	}
}

func grey(side int) image.Image { return image.NewGray(image.Rect(0, 0, side, side)) }
