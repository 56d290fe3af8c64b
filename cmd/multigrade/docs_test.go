package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"multigrade/internal/docs"
)

// The command lines of the guides do what the guides say.
func TestGuides(t *testing.T) {
	scripts, err := docs.Scripts()
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) < 4 {
		t.Errorf("%d guides have commands", len(scripts))
	}
	dir := t.TempDir()
	for name, script := range scripts {
		if err := os.WriteFile(filepath.Join(dir, name+".txtar"), []byte(script), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	testscript.Run(t, testscript.Params{Dir: dir, Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits}})
}
