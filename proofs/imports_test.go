package proofs

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestStandardLibraryOnly: a checker must not trust what it checks, so neither the
// packages under proofs nor their tests import anything but the standard library and
// each other.
func TestStandardLibraryOnly(t *testing.T) {
	paths, err := sources()
	if err != nil || len(paths) < 100 {
		t.Fatal("found no source files", err)
	}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(name, "/")
			if strings.Contains(first, ".") || first == "multigrade" && name != "multigrade/proofs" && !strings.HasPrefix(name, "multigrade/proofs/") {
				t.Errorf("%s imports %s", path, name)
			}
		}
	}
}

// sources are the Go files under the folder of proofs.
func sources() (paths []string, err error) {
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".go" {
			paths = append(paths, path)
		}
		return err
	})
	return paths, err
}
