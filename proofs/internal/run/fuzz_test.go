package run

import (
	"os"
	"path/filepath"
	"testing"
)

// seeds adds the files of that name of the valid runs.
func seeds(f *testing.F, name string) {
	f.Helper()
	paths, err := filepath.Glob(filepath.Join("../../testdata/runs/valid/*", name))
	if err != nil || len(paths) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
}

func FuzzModel(f *testing.F) {
	seeds(f, modelFile)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, err := readModel(raw); err == nil && len(m.Grades) > 0 && len(m.Grades[0].Outputs) != m.outputs() {
			t.Error("shapes do not fit together")
		}
	})
}

func FuzzManifest(f *testing.F) {
	seeds(f, manifestFile)
	f.Fuzz(func(t *testing.T, raw []byte) {
		if m, err := readManifest(raw); err == nil && m.Files.form() != nil {
			t.Error("paths outside the run")
		}
	})
}
