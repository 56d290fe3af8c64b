package strictjson_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"multigrade/internal/strictjson"
)

func TestDecode(t *testing.T) {
	type inner struct {
		Alpha float64 `json:"alpha"`
	}
	type outer struct {
		Name  string  `json:"name"`
		Units []inner `json:"units"`
	}
	for text, want := range map[string]string{
		`{"name":"a","units":[{"alpha":1.5}]}` + "\n": "",
		`{}`:                                "",
		`{"name":"a","name":"b"}`:           "duplicate",
		`{"name":"a","Name":"b"}`:           "unknown",
		`{"Name":"a"}`:                      "unknown",
		`{"units":[{"alpha":1,"Alpha":2}]}`: "unknown",
		`{"units":[{"alpha":1,"alpha":2}]}`: "duplicate",
		`{"more":1}`:                        "unknown",
		`{"name":"a"} {"name":"a"}`:         "after top-level value",
		`{"name":1}`:                        "string",
		`{"units":[{"alpha":1e999}]}`:       "float64",
		`{"units":[{"alpha":NaN}]}`:         "invalid character",
		"{\"name\":\"\xff\"}":               "UTF-8",
		``:                                  "EOF",
	} {
		err := strictjson.Decode([]byte(text), new(outer))
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", text, err, want)
		}
	}
}

// Only what is a file is read: no link, no device, no folder.
func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.json"), filepath.Join(dir, "b.json")
	if err := os.WriteFile(file, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Skip(err)
	}
	for path, ok := range map[string]bool{file: true, link: false, dir: false, file + "x": false} {
		if _, err := strictjson.ReadFile(path); (err == nil) != ok {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestOfVersion(t *testing.T) {
	for text, want := range map[string]bool{
		`{"format":"a","version":2}`:             true,
		`{"format":"a","version":2,"other":[1]}`: true,
		`{"format":"a","version":1,"other":[1]}`: false,
		`{"format":"b","version":2}`:             false,
		`{"format":"a"}`:                         false,
		`{"format":"a","version":2} {}`:          false,
		`[]`:                                     false,
	} {
		if err := strictjson.OfVersion([]byte(text), "a", 2); (err == nil) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
