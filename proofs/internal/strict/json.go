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
	w := walk{raw: raw, d: json.NewDecoder(bytes.NewReader(raw))}
	w.d.UseNumber()
	if err := w.value(reflect.TypeOf(into).Elem(), 0); err != nil {
		return w.place(err)
	}
	if _, err := w.d.Token(); err != io.EOF {
		return w.place(errors.New("something follows the value"))
	}
	if err := json.Unmarshal(raw, into); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return fmt.Errorf("line %d, %s: %s, expected %s", w.line(wrong.Offset), wrong.Field, wrong.Value, wrong.Type.Kind())
		}
		return err
	}
	return nil
}

// A walk goes through the tokens beside the type that they are read into.
type walk struct {
	raw  []byte
	d    *json.Decoder
	path []string
}

func (w *walk) line(offset int64) int {
	return 1 + bytes.Count(w.raw[:min(max(offset, 0), int64(len(w.raw)))], []byte("\n"))
}

func (w *walk) place(err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	where := fmt.Sprintf("line %d", w.line(w.d.InputOffset()))
	if len(w.path) > 0 {
		where += ", " + strings.Join(w.path, ".")
	}
	return fmt.Errorf("%s: %w", where, err)
}

// value goes through one value that is read into a t; t is nil below an any.
func (w *walk) value(t reflect.Type, depth int) error {
	token, err := w.d.Token()
	if err != nil {
		return err
	}
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
	switch token {
	case json.Delim('{'):
		return w.object(t, depth)
	case json.Delim('['):
		return w.list(t, depth)
	case nil:
		if t != nil && !pointer && t.Kind() != reflect.Slice && t.Kind() != reflect.Map {
			return fmt.Errorf("null, expected %s", t.Kind())
		}
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
	for w.d.More() {
		token, err := w.d.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok {
			return errors.New("expected a key")
		}
		w.path = append(w.path, key)
		if seen[key] {
			return errors.New("a second field of this name")
		}
		seen[key] = true
		of := each
		if known != nil {
			if of, ok = known[key]; !ok {
				return errors.New("unknown field")
			}
		}
		if err := w.value(of, depth+1); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
	_, err := w.d.Token()
	return err
}

func (w *walk) list(t reflect.Type, depth int) error {
	var each reflect.Type
	if t != nil {
		if t.Kind() != reflect.Slice {
			return fmt.Errorf("a list, expected %s", t.Kind())
		}
		each = t.Elem()
	}
	for k := 0; w.d.More(); k++ {
		w.path = append(w.path, fmt.Sprint(k+1))
		if err := w.value(each, depth+1); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
	_, err := w.d.Token()
	return err
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
