package dataset

import (
	"bytes"
	"encoding/binary"
)

// orientation is how a JPEG picture is to be turned: the number 1 to 8 of its Exif
// segment (tag 0x0112 of the first directory), 1 where it says nothing.
func orientation(raw []byte) int {
	if !bytes.HasPrefix(raw, []byte{0xff, 0xd8}) {
		return 1
	}
	for at := 2; at+4 <= len(raw) && raw[at] == 0xff; {
		marker, length := raw[at+1], int(binary.BigEndian.Uint16(raw[at+2:]))
		if marker == 0xda || length < 2 || at+2+length > len(raw) {
			break
		}
		segment := raw[at+4 : at+2+length]
		if marker == 0xe1 && bytes.HasPrefix(segment, []byte("Exif\x00\x00")) {
			return exifOrientation(segment[6:])
		}
		at += 2 + length
	}
	return 1
}

// exifOrientation reads the tag from a TIFF structure.
func exifOrientation(tiff []byte) int {
	const tag, short = 0x0112, 3
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	at := int(order.Uint32(tiff[4:]))
	if at < 8 || at+2 > len(tiff) {
		return 1
	}
	for range int(order.Uint16(tiff[at:])) {
		if at+2+12 > len(tiff) {
			break
		}
		entry := tiff[at+2:]
		if order.Uint16(entry) == tag && order.Uint16(entry[2:]) == short {
			if v := int(order.Uint16(entry[8:])); v >= 1 && v <= 8 {
				return v
			}
		}
		at += 12
	}
	return 1
}
