package run

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Only regular files are read, and of the run only its own.
func TestRegularFiles(t *testing.T) {
	dir := t.TempDir()
	outside := filepath.Join(t.TempDir(), "outside")
	write := func(path string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), os.WriteFile(path, []byte("text"), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	write(outside)
	write(filepath.Join(dir, "certificates", "one"))
	if err := errors.Join(os.Symlink(outside, filepath.Join(dir, "link")), os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder")), os.Symlink(os.DevNull, filepath.Join(dir, "null"))); err != nil {
		t.Fatal(err)
	}
	if raw, err := readOwn(dir, "certificates/one"); err != nil || string(raw) != "text" {
		t.Errorf("%q, %v", raw, err)
	}
	for _, name := range []string{"link", "folder/outside", "null", "certificates"} {
		if raw, err := readOwn(dir, name); err == nil {
			t.Errorf("%s is read: %q", name, raw)
		}
	}
	if _, err := readOwn(dir, "nowhere"); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
	if raw, err := readData(filepath.Join(dir, "link")); err != nil || string(raw) != "text" {
		t.Errorf("%q, %v", raw, err)
	}
	for _, path := range []string{os.DevNull, dir} {
		if _, err := readData(path); err == nil {
			t.Errorf("%s is read", path)
		}
	}
}
