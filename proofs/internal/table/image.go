package table

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"multigrade/proofs/internal/exact"

	_ "image/jpeg"

	// a format of Decode
	_ "image/png"
)

// likewise

// readImage reads a PNG or JPEG file: a row per pixel from the top left, line by
// line, features column/width and line/height, targets the 16-bit channels over
// 65535: intensity where they are equal in every pixel, else red, green and blue. Exif data
// turn a JPEG picture.
func (t *Table) readImage(raw []byte, rows int) error {
	size, _, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	if rows > 0 && (size.Width < 1 || size.Height != rows/size.Width) {
		return fmt.Errorf("an image of %d x %d pixels, expected %d", size.Width, size.Height, rows)
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return err
	}
	turn := turned(raw)
	b := img.Bounds()
	t.Width = b.Dx()
	height := b.Dy()
	if turn >= 5 {
		t.Width, height = height, t.Width
	}
	t.Columns = []string{"x", "y"}
	channels := make([][]float64, 3)
	grey := true
	var x []float64
	for line := range height {
		for column := range t.Width {
			u, v := source(turn, column, line, t.Width, height)
			c := color.NRGBA64Model.Convert(img.At(b.Min.X+u, b.Min.Y+v)).(color.NRGBA64)
			if c.A != 0xffff {
				return errors.New("a transparent pixel")
			}
			x = append(x, float64(column)/float64(t.Width), float64(line)/float64(height))
			for k, level := range []uint16{c.R, c.G, c.B} {
				channels[k] = append(channels[k], float64(level)/65535)
			}
			grey = grey && c.R == c.G && c.G == c.B
		}
	}
	t.targets, t.Y = []string{"red", "green", "blue"}, channels
	if grey {
		t.targets, t.Y = []string{"intensity"}, channels[:1]
	}
	t.X, err = exact.NewDense(len(x)/2, 2, x)
	return err
}

// source is the stored pixel seen at (column, line) of a picture of width x height
// with the Exif orientation: 2 mirrored, 3 upside down, 4 both, 5 to 8 the same with
// stored lines as columns.
func source(orientation, column, line, width, height int) (u, v int) {
	switch orientation {
	case 2, 3:
		column = width - 1 - column
	}
	switch orientation {
	case 3, 4:
		line = height - 1 - line
	case 5:
		return line, column
	case 6:
		return line, width - 1 - column
	case 7:
		return height - 1 - line, width - 1 - column
	case 8:
		return height - 1 - line, column
	}
	return column, line
}

// turned is the orientation in the Exif data of a JPEG file, 1 without one.
func turned(raw []byte) int {
	if len(raw) < 4 || raw[0] != 0xff || raw[1] != 0xd8 {
		return 1
	}
	for rest := raw[2:]; len(rest) >= 4 && rest[0] == 0xff && rest[1] != 0xda; {
		length := int(rest[2])<<8 | int(rest[3])
		if length < 2 || length+2 > len(rest) {
			return 1
		}
		if tiff, ok := bytes.CutPrefix(rest[4:2+length], []byte("Exif\x00\x00")); ok && rest[1] == 0xe1 {
			return orientationTag(tiff)
		}
		rest = rest[2+length:]
	}
	return 1
}

// orientationTag reads tag 274, a short, of the first directory of a TIFF header.
func orientationTag(tiff []byte) int {
	number := func(at, size int) int {
		if at < 0 || at+size > len(tiff) {
			return 0
		}
		v := 0
		for k := range size {
			b := tiff[at+k]
			if tiff[0] == 'I' {
				b = tiff[at+size-1-k]
			}
			v = v<<8 | int(b)
		}
		return v
	}
	if len(tiff) < 8 || string(tiff[:2]) != "II" && string(tiff[:2]) != "MM" {
		return 1
	}
	directory := number(4, 4)
	if directory < 8 {
		return 1
	}
	for k := range number(directory, 2) {
		entry := directory + 2 + 12*k
		if v := number(entry+8, 2); number(entry, 2) == 274 && number(entry+2, 2) == 3 && v >= 1 && v <= 8 {
			return v
		}
		if entry+12 > len(tiff) {
			break
		}
	}
	return 1
}
