package proofs

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestStepsListed: the list of the checker's steps in coq/README.md, which says what of
// them is proved, has every file of the packages that it goes through by file.
func TestStepsListed(t *testing.T) {
	text, err := os.ReadFile("coq/README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, list, ok := strings.Cut(string(text), "## The steps of the Go checker")
	if !ok {
		t.Fatal("coq/README.md has no list of the steps")
	}
	list, _, _ = strings.Cut(list, "\n## ")
	for _, dir := range []string{"certificate", "sphere", "pieces", "cube", "run", "exact"} {
		files, err := filepath.Glob(filepath.Join("internal", dir, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(dir, err)
		}
		for _, file := range files {
			name := filepath.Base(file)
			if name != "doc.go" && !strings.HasSuffix(name, "_test.go") && !strings.Contains(list, name) {
				t.Errorf("%s is not in the list of steps of coq/README.md", file)
			}
		}
	}
}
