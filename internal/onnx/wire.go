package onnx

import "google.golang.org/protobuf/encoding/protowire"

// message collects the fields of a protobuf message.
type message []byte

// integer appends a varint; a negative one takes ten bytes.
func (m *message) integer(field int, v int64) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, protowire.Number(field), protowire.VarintType), uint64(v))
}

// bytes appends a string, raw data or a nested message.
func (m *message) bytes(field int, v []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, protowire.Number(field), protowire.BytesType), v)
}

func (m *message) text(field int, v string) { m.bytes(field, []byte(v)) }

// nested appends a message that fill writes.
func (m *message) nested(field int, fill func(*message)) {
	var inner message
	fill(&inner)
	m.bytes(field, inner)
}
