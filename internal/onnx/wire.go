package onnx

import "encoding/binary"

// Wire types of protobuf.
const (
	varint = 0
	sized  = 2
)

// message collects the fields of a protobuf message.
type message []byte

func (m *message) key(field, wire int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(wire))
}

// integer appends a varint; a negative one takes ten bytes.
func (m *message) integer(field int, v int64) {
	m.key(field, varint)
	*m = binary.AppendUvarint(*m, uint64(v))
}

// bytes appends a string, raw data or a nested message.
func (m *message) bytes(field int, v []byte) {
	m.key(field, sized)
	*m = binary.AppendUvarint(*m, uint64(len(v)))
	*m = append(*m, v...)
}

func (m *message) text(field int, v string) { m.bytes(field, []byte(v)) }

// nested appends a message that fill writes.
func (m *message) nested(field int, fill func(*message)) {
	var inner message
	fill(&inner)
	m.bytes(field, inner)
}
