//go:build !js

package dataset

import (
	"encoding/binary"
	"errors"

	flatbuffers "github.com/google/flatbuffers/go"
)

// Places of an Arrow file, of its footer and schema, and of a field in the table of
// offsets that a flatbuffer begins with (Arrow columnar format, File.fbs, Schema.fbs).
const (
	arrowMagic     = "ARROW1"
	footerSchema   = 4 + 2*1
	schemaFields   = 4 + 2*1
	schemaMetadata = 4 + 2*2
	fieldChildren  = 4 + 2*5
	fieldMetadata  = 4 + 2*6
)

// errFooter is why a footer is refused: the library would ask for the memory of as
// many fields as it names.
var errFooter = errors.New("the footer names more fields than fit in the file")

// checkFooter walks the schema in the footer of an Arrow file and refuses one whose
// lists are longer than the file, or that has more fields in all than it has bytes. A
// footer that is damaged otherwise makes it panic, as it does the library.
func checkFooter(raw []byte) error {
	end := len(raw) - len(arrowMagic) - 4
	if end < 0 {
		return errors.New("the file is cut off")
	}
	length := int(binary.LittleEndian.Uint32(raw[end:]))
	if length > end || length < 4 {
		return errors.New("the length of the footer is wrong")
	}
	w := fieldWalk{left: len(raw), depth: deepestField}
	footer := raw[end-length : end]
	root := flatbuffers.Table{Bytes: footer, Pos: flatbuffers.GetUOffsetT(footer)}
	schema := root.Offset(footerSchema)
	if schema == 0 {
		return errors.New("the footer has no schema")
	}
	t := flatbuffers.Table{Bytes: footer, Pos: root.Indirect(root.Pos + flatbuffers.UOffsetT(schema))}
	return w.table(t, schemaFields, schemaMetadata)
}

// deepestField is how deep fields may be in each other; columns of numbers, texts and
// dates have none in them.
const deepestField = 64

// fieldWalk counts what may still come.
type fieldWalk struct{ left, depth int }

// table walks the fields in a list of a table, and takes note of its metadata.
func (w *fieldWalk) table(t flatbuffers.Table, fields, metadata flatbuffers.VOffsetT) error {
	if at := t.Offset(metadata); at != 0 {
		if err := w.take(t.VectorLen(flatbuffers.UOffsetT(at))); err != nil {
			return err
		}
	}
	at := flatbuffers.UOffsetT(t.Offset(fields))
	if at == 0 {
		return nil
	}
	n := t.VectorLen(at)
	if err := w.take(n); err != nil {
		return err
	}
	if w.depth--; w.depth < 0 {
		return errFooter
	}
	defer func() { w.depth++ }()
	start := t.Vector(at)
	for k := range n {
		child := flatbuffers.Table{Bytes: t.Bytes, Pos: t.Indirect(start + flatbuffers.UOffsetT(4*k))}
		if err := w.table(child, fieldChildren, fieldMetadata); err != nil {
			return err
		}
	}
	return nil
}

func (w *fieldWalk) take(n int) error {
	if n < 0 || n > w.left {
		return errFooter
	}
	w.left -= n
	return nil
}
