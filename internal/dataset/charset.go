package dataset

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"multigrade/internal/schema"
)

// utf8Mark is the mark that may begin a text in UTF-8.
var utf8Mark = []byte("\ufeff")

// decodeText makes UTF-8 of a text file, without a byte order mark and with lines
// that end in \n or \r\n. charset is the one asked for, "" to go by the mark, or UTF-8
// without one, but for texts that are plainly UTF-16. It returns the charset as a reading has it, "" for UTF-8.
func decodeText(name string, raw []byte, charset string) ([]byte, string, error) {
	text := raw
	marked := ""
	switch {
	case bytes.HasPrefix(raw, utf8Mark):
		text, marked = raw[len(utf8Mark):], schema.UTF8
	case bytes.HasPrefix(raw, []byte{0xff, 0xfe}):
		text, marked = raw[2:], schema.UTF16LE
	case bytes.HasPrefix(raw, []byte{0xfe, 0xff}):
		text, marked = raw[2:], schema.UTF16BE
	}
	if marked != "" && charset != "" && marked != charset {
		return nil, "", &Error{File: name, Want: charset + ", as --encoding says", Got: "the byte order mark of " + marked, Err: ErrCharset}
	}
	if charset == "" {
		if charset = marked; marked == "" {
			charset = unmarkedUTF16(raw)
		}
	}
	switch charset {
	case "", schema.UTF8:
		charset = ""
		if at := invalidUTF8(text); at >= 0 {
			line, column := position(text, at)
			return nil, "", &Error{File: name, Line: line, Want: "UTF-8 (--encoding windows-1252 or iso-8859-1 reads single bytes)",
				Got: fmt.Sprintf("the byte 0x%02X at character %d of the line", text[at], column), Err: ErrCharset}
		}
	case schema.UTF16LE, schema.UTF16BE:
		if marked == "" && bytes.IndexByte(text, 0) < 0 { // there are line feeds at least
			return nil, "", &Error{File: name, Want: charset + ", as --encoding says", Got: "a text without a zero byte", Err: ErrCharset}
		}
		var err error
		if text, err = fromUTF16(name, text, charset); err != nil {
			return nil, "", err
		}
	case schema.Windows1252, schema.Latin1:
		text = fromSingleBytes(text, charset)
	default:
		return nil, "", fmt.Errorf("--encoding %q: want one of %s", charset, strings.Join(schema.Charsets, ", "))
	}
	return onlyLineFeeds(text), charset, nil
}

// unmarkedUTF16 is the UTF-16 that a text without a byte order mark plainly is, "" for
// other texts: of each of its first units one byte, always the same, is zero, and the
// other one is not.
func unmarkedUTF16(raw []byte) string {
	const least, most = 8, 512 // bytes looked at
	if len(raw) < least || len(raw)%2 != 0 {
		return ""
	}
	zeros := [2]int{}
	first := raw[:min(len(raw), most)]
	for k, c := range first {
		if c == 0 {
			zeros[k%2]++
		}
	}
	switch zeros {
	case [2]int{0, len(first) / 2}:
		return schema.UTF16LE
	case [2]int{len(first) / 2, 0}:
		return schema.UTF16BE
	}
	return ""
}

// onlyLineFeeds makes line feeds of carriage returns where there is nothing else.
func onlyLineFeeds(text []byte) []byte {
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		return bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	return text
}

// invalidUTF8 is the place of the first byte that is not UTF-8, -1 without one.
func invalidUTF8(text []byte) int {
	if utf8.Valid(text) {
		return -1
	}
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return at
		}
		at += size
	}
	return -1
}

// position is line and character, from 1, of a byte.
func position(text []byte, at int) (line, column int) {
	text = onlyLineFeeds(text)
	before := text[:at]
	start := bytes.LastIndexByte(before, '\n') + 1
	return 1 + bytes.Count(before, []byte("\n")), 1 + utf8.RuneCount(before[start:])
}

func fromUTF16(name string, text []byte, charset string) ([]byte, error) {
	var order binary.ByteOrder = binary.LittleEndian
	if charset == schema.UTF16BE {
		order = binary.BigEndian
	}
	if len(text)%2 != 0 {
		return nil, &Error{File: name, Want: charset + ", two bytes a unit", Got: fmt.Sprintf("%d bytes", len(text)), Err: ErrCharset}
	}
	units := make([]uint16, len(text)/2)
	for k := range units {
		units[k] = order.Uint16(text[2*k:])
	}
	return []byte(string(utf16.Decode(units))), nil
}

// windows1252 are the characters of the bytes 0x80 to 0x9f; five of them are
// none and stand for the control characters of their number.
var windows1252 = []rune("\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
	"\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178")

func fromSingleBytes(text []byte, charset string) []byte {
	out := make([]byte, 0, len(text)+len(text)/8)
	for _, c := range text {
		r := rune(c)
		if charset == schema.Windows1252 && c >= 0x80 && c < 0xa0 {
			r = windows1252[c-0x80]
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

// canonicalCharset knows the usual names of the charsets.
func canonicalCharset(name string) (string, error) {
	other := map[string]string{"utf8": schema.UTF8, "utf-8-sig": schema.UTF8, "utf16le": schema.UTF16LE, "utf16be": schema.UTF16BE, "utf16": schema.UTF16LE, "utf-16": schema.UTF16LE,
		"cp1252": schema.Windows1252, "windows1252": schema.Windows1252, "latin1": schema.Latin1, "latin-1": schema.Latin1, "iso8859-1": schema.Latin1}
	name = strings.ToLower(name)
	if c, ok := other[name]; ok {
		name = c
	}
	if name != "" && !slices.Contains(schema.Charsets, name) {
		return "", fmt.Errorf("encoding %q, want one of %s", name, strings.Join(schema.Charsets, ", "))
	}
	return name, nil
}
