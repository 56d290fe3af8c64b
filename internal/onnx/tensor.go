package onnx

import (
	"encoding/binary"
	"math"
)

// Type of the entries of a tensor, with ONNX's numbers.
type Type int32

const (
	Float32 Type = 1
	Int64   Type = 7
	Text    Type = 8
	Float64 Type = 11
)

// Tensor is a constant of the graph, row by row; Float32 rounds its values, Int64 has
// whole ones.
type Tensor struct {
	Name   string
	Type   Type
	Shape  []int
	Values []float64
	Texts  []string // in the place of values, of type Text
}

func (t *Tensor) fill(b *message) {
	for _, d := range t.Shape {
		b.integer(1, int64(d))
	}
	b.integer(2, int64(t.Type))
	b.text(8, t.Name)
	if t.Type == Text {
		for _, text := range t.Texts {
			b.text(6, text)
		}
		return
	}
	b.bytes(9, t.raw())
}

// raw is the values, little-endian.
func (t *Tensor) raw() []byte {
	raw := make([]byte, 0, 8*len(t.Values))
	for _, v := range t.Values {
		switch t.Type {
		case Float32:
			raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(float32(v)))
		case Int64:
			raw = binary.LittleEndian.AppendUint64(raw, uint64(int64(v)))
		default:
			raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
		}
	}
	return raw
}
