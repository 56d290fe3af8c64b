package strict

import (
	"strings"
	"testing"
)

type inner struct {
	A float64 `json:"a"`
	L []int   `json:"l"`
}

type outer struct {
	inner
	Status string            `json:"status"`
	In     *inner            `json:"in"`
	Files  map[string]string `json:"files"`
	Any    map[string]any    `json:"any"`
	Lists  [][]float64       `json:"lists"`
	hidden float64
}

func TestJSON(t *testing.T) {
	var o outer
	if err := JSON([]byte(`{"a":1.5,"l":[1,2],"status":"x","in":{"a":2},"files":{"f":"g"},"any":{"k":{"m":[1]}},"lists":[[1],null]}`), &o); err != nil {
		t.Fatal(err)
	}
	if o.hidden != 0 || o.A != 1.5 || o.In.A != 2 || o.Files["f"] != "g" || len(o.Lists) != 2 {
		t.Errorf("%+v", o)
	}
	for text, want := range map[string]string{
		`{"A":1}`:                     "A: unknown field",
		`{"Status":"x"}`:              "unknown field",
		"{\"a\":1,\n\"a\":1}":         "line 2, a: a second field",
		`{"in":{"b":1}}`:              "in.b: unknown field",
		`{"files":{"f":"g","f":"h"}}`: "files.f: a second",
		`{"any":{"k":{"m":1,"m":2}}}`: "any.k.m: a second",
		`{"a":null}`:                  "null, expected float64",
		`{"a":"1"}`:                   "expected float64",
		`{"a":[1]}`:                   "a list, expected float64",
		`{"l":{}}`:                    "an object, expected slice",
		`{"a":1e400}`:                 "expected float64",
		`{"hidden":1}`:                "unknown field",
		`{} {}`:                       "something follows",
		`{"a":1`:                      "unexpected EOF",
		``:                            "unexpected EOF",
		"{\"status\":\"\xff\"}":       "not UTF-8",
		`{"any":{"k":` + strings.Repeat("[", 100): "nested more than",
	} {
		if err := JSON([]byte(text), new(outer)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func FuzzJSON(f *testing.F) {
	f.Add([]byte(`{"a":1.5,"l":[1,2],"status":"x","in":{"a":2},"files":{"f":"g"},"any":{"k":{"m":[1]}},"lists":[[1],null]}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var one, two outer
		if JSON(raw, &one) == nil && JSON(raw, &two) != nil {
			t.Error("not the same twice")
		}
	})
}
