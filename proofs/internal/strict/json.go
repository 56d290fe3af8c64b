// Package strict reads JSON so that it says the same to every reader: a key has
// the case of its field, stands once and is known, text is UTF-8, null stands for
// nothing but an absent pointer, list or map, and nothing follows the value.
// (encoding/json takes keys of any case, the last of several, and replaces bytes that
// are no UTF-8.)
package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep values are nested; what is read here nests to 8.
const maxDepth = 64

// JSON reads the one value of raw into the value into points to. An error names line and field.
func JSON(raw []byte, into any) error {
	if !utf8.Valid(raw) {
		return errors.New("text that is not UTF-8")
	}
	w := walk{raw: raw}
	if err := w.value(reflect.TypeOf(into).Elem(), 0); err != nil {
		return w.place(err)
	}
	if w.next() != 0 {
		return w.place(errors.New("something follows the value"))
	}
	err := json.Unmarshal(raw, into)
	var wrong *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrong):
		return fmt.Errorf("line %d, %s: %s, expected %s", w.line(int(wrong.Offset)), wrong.Field, wrong.Value, wrong.Type.Kind())
	case errors.As(err, &syntax):
		return fmt.Errorf("line %d: %w", w.line(int(syntax.Offset)), err)
	}
	return err
}

// A walk goes through a text beside the type that it is read into. Of the syntax it sees as
// much as it needs; encoding/json sees the rest. (Its tokens cost eight times as much.)
type walk struct {
	raw  []byte
	at   int
	path []step
}

// A step leads into a value: to an element of a list, counted from 1, or to the field with the key.
type step struct {
	key   string
	index int
}

func (w *walk) line(offset int) int {
	return 1 + bytes.Count(w.raw[:min(max(offset, 0), len(w.raw))], []byte("\n"))
}

func (w *walk) place(err error) error {
	where := fmt.Sprintf("line %d", w.line(w.at))
	for k, s := range w.path {
		separator := "."
		if k == 0 {
			separator = ", "
		}
		if s.index > 0 {
			where += separator + strconv.Itoa(s.index)
		} else {
			where += separator + s.key
		}
	}
	return fmt.Errorf("%s: %w", where, err)
}

// next is the byte at which the next token begins, 0 at the end.
func (w *walk) next() byte {
	for ; w.at < len(w.raw); w.at++ {
		switch c := w.raw[w.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// literal passes a number or a word.
func (w *walk) literal() []byte {
	from := w.at
	for ; w.at < len(w.raw); w.at++ {
		switch w.raw[w.at] {
		case ' ', '\t', '\n', '\r', ',', ':', ']', '}', '[', '{', '"':
			return w.raw[from:w.at]
		}
	}
	return w.raw[from:]
}

// quoted passes a string, with its quotes.
func (w *walk) quoted() ([]byte, error) {
	from := w.at
	for w.at++; w.at < len(w.raw); w.at++ {
		switch w.raw[w.at] {
		case '\\':
			w.at++
		case '"':
			w.at++
			return w.raw[from:w.at], nil
		}
	}
	w.at = len(w.raw)
	return nil, io.ErrUnexpectedEOF
}

// value goes through one value that is read into a t; t is nil below an any.
func (w *walk) value(t reflect.Type, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("values nested more than %d deep", maxDepth)
	}
	pointer := false
	for t != nil && t.Kind() == reflect.Pointer {
		t, pointer = t.Elem(), true
	}
	if t != nil && t.Kind() == reflect.Interface {
		t = nil
	}
	switch w.next() {
	case 0:
		return io.ErrUnexpectedEOF
	case '{':
		return w.object(t, depth)
	case '[':
		return w.list(t, depth)
	case '"':
		_, err := w.quoted()
		return err
	}
	word := w.literal()
	if len(word) == 0 {
		return fmt.Errorf("%q, expected a value", w.raw[w.at])
	}
	if t != nil && !pointer && t.Kind() != reflect.Slice && t.Kind() != reflect.Map && string(word) == "null" {
		return fmt.Errorf("null, expected %s", t.Kind())
	}
	return nil
}

func (w *walk) object(t reflect.Type, depth int) error {
	var known map[string]reflect.Type
	var each reflect.Type
	switch {
	case t == nil:
	case t.Kind() == reflect.Struct:
		known = make(map[string]reflect.Type)
		fields(t, known)
	case t.Kind() == reflect.Map:
		each = t.Elem()
	default:
		return fmt.Errorf("an object, expected %s", t.Kind())
	}
	seen := make(map[string]bool)
	return w.members('}', func(int) error {
		if w.next() != '"' {
			return errors.New("expected a key")
		}
		quoted, err := w.quoted()
		if err != nil {
			return err
		}
		var key string
		if err := json.Unmarshal(quoted, &key); err != nil {
			return err
		}
		w.path = append(w.path, step{key: key})
		if seen[key] {
			return errors.New("a second field of this name")
		}
		seen[key] = true
		of, ok := each, true
		if known != nil {
			if of, ok = known[key]; !ok {
				return errors.New("unknown field")
			}
		}
		if w.next() != ':' {
			return errors.New("expected a colon")
		}
		w.at++
		if err := w.value(of, depth+1); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
		return nil
	})
}

func (w *walk) list(t reflect.Type, depth int) error {
	var each reflect.Type
	if t != nil {
		if t.Kind() != reflect.Slice {
			return fmt.Errorf("a list, expected %s", t.Kind())
		}
		each = t.Elem()
	}
	return w.members(']', func(k int) error {
		w.path = append(w.path, step{index: k + 1})
		if err := w.value(each, depth+1); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
		return nil
	})
}

// members passes what stands between brackets, of which the last is end; each passes the
// member k, counted from 0.
func (w *walk) members(end byte, each func(k int) error) error {
	w.at++
	if w.next() == end {
		w.at++
		return nil
	}
	for k := 0; ; k++ {
		if err := each(k); err != nil {
			return err
		}
		switch w.next() {
		case ',':
			w.at++
		case end:
			w.at++
			return nil
		case 0:
			return io.ErrUnexpectedEOF
		default:
			return fmt.Errorf("%q, expected a comma or %q", w.raw[w.at], end)
		}
	}
}

// fields adds the keys of a struct with the types of their values, those of
// embedded structs among them.
func fields(t reflect.Type, known map[string]reflect.Type) {
	for k := range t.NumField() {
		f := t.Field(k)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous && name == "":
			fields(f.Type, known)
		case !f.IsExported() || name == "-":
		case name == "":
			known[f.Name] = f.Type
		default:
			known[name] = f.Type
		}
	}
}
