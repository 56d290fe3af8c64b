package onnx

import (
	"bytes"
	"testing"
)

// Fields as the protobuf documentation writes them: 150 in field 1 is 08 96 01,
// "testing" in field 2 is 12 07 and its bytes.
func TestMessage(t *testing.T) {
	for _, c := range []struct {
		fill func(*message)
		want []byte
	}{
		{func(m *message) { m.integer(1, 150) }, []byte{0x08, 0x96, 0x01}},
		{func(m *message) { m.integer(20, -1) }, append([]byte{0xa0, 0x01}, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01)},
		{func(m *message) { m.text(2, "testing") }, append([]byte{0x12, 0x07}, "testing"...)},
		{func(m *message) { m.nested(3, func(in *message) { in.integer(1, 150) }) }, []byte{0x1a, 0x03, 0x08, 0x96, 0x01}},
		{func(m *message) { m.text(6, "") }, []byte{0x32, 0x00}},
	} {
		var m message
		c.fill(&m)
		if !bytes.Equal(m, c.want) {
			t.Errorf("% x, want % x", []byte(m), c.want)
		}
	}
}

// Values are stored little-endian, in single precision rounded to nearest.
func TestTensorRaw(t *testing.T) {
	v := Tensor{Type: Float64, Values: []float64{1, -2}}
	if want := []byte{0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0xc0}; !bytes.Equal(v.raw(), want) {
		t.Errorf("% x, want % x", v.raw(), want)
	}
	v = Tensor{Type: Float32, Values: []float64{1 + 0x1p-30, -2}}
	if want := []byte{0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}; !bytes.Equal(v.raw(), want) {
		t.Errorf("% x, want % x", v.raw(), want)
	}
}
