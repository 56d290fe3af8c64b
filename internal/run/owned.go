package run

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"

	"multigrade/approx"
	"multigrade/internal/strictjson"
)

// owned are the entries of a run directory that the program writes, as patterns of
// package path; each may also be there unfinished, with .partial behind it. What
// came from standard input is one of them only where the manifest lists it.
var owned = []string{
	ManifestFile, ModelFile, ledgerFile, ReportFile, traceFile, LockFile,
	networkFile, approx.ModelFile, approx.ValuesFile, approx.TrainedFile,
	certificateDir + "/grade-[0-9]*-output-[0-9]*.cert",
	checkpointFile, planFile, checkpointDir + "/grade-[0-9]*-output-[0-9]*.json",
}

// ownedFolders are those among them that are folders.
var ownedFolders = []string{certificateDir, checkpointDir}

const (
	runFormat     = "multigrade-run" // of a training
	runVersion    = 2
	approxFormat  = "multigrade-approx-run" // of a construction
	approxVersion = 1
	partial       = ".partial" // ends the name of a file that is not whole
)

// CheckOut says whether a run may be written to out: it is not there, empty, or an
// earlier run with nothing of anybody else's in it, and it is neither the folder the
// program is in nor one around the inputs (names of files; "-" and data without a
// file are passed over). An empty out, which is a new name, may.
func CheckOut(out string, inputs ...string) error {
	if out == "" {
		return nil
	}
	abs, err := filepath.Abs(out)
	if err != nil {
		return err
	}
	if here, err := os.Getwd(); err == nil && inside(here, abs) {
		return fmt.Errorf("--out %s: the folder you are in, want a folder for the run alone", out)
	}
	if err := replaceable(out); err != nil {
		return err
	}
	for _, name := range inputs {
		if name == "" || name == Stdin || strings.HasPrefix(name, embeddedPrefix) {
			continue
		}
		if input, err := filepath.Abs(name); err == nil && inside(input, abs) {
			return fmt.Errorf("--out %s: %s is in it, want another run directory or the data elsewhere", out, name)
		}
	}
	return nil
}

// PartOfRun reports whether the name is that of a file that a run consists of, which something
// else in its place would spoil. Its report is none.
func PartOfRun(name string) bool {
	abs, err := filepath.Abs(name)
	if err != nil {
		return false
	}
	dir, base := filepath.Dir(abs), filepath.Base(abs)
	for _, at := range []struct{ dir, name string }{{dir, base}, {filepath.Dir(dir), filepath.Base(dir) + "/" + base}} {
		if m, err := readOwner(at.dir); err == nil && at.name != ReportFile && isOwned(at.name, m) {
			return true
		}
	}
	return false
}

// inside reports whether path is dir or in it, both absolute, links followed where
// they lead somewhere.
func inside(path, dir string) bool {
	real := func(p string) string {
		if q, err := filepath.EvalSymlinks(p); err == nil {
			return q
		}
		return p
	}
	rel, err := filepath.Rel(real(dir), real(path))
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// replaceable reports whether dir may be written over: it is not there, empty, or
// an earlier run that holds nothing but what the program wrote.
func replaceable(dir string) error {
	info, err := os.Lstat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s exists and is not a folder", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) == 0 {
		return err
	}
	m, err := readOwner(dir)
	if err != nil {
		return err
	}
	others, err := foreign(dir, m)
	if err != nil {
		return err
	}
	if len(others) > 0 {
		return fmt.Errorf("%s holds %s, which is not the program's: move it away or choose another run directory", dir, filepath.Join(dir, others[0]))
	}
	return nil
}

// owner is what of a manifest says whose directory it is.
type owner struct {
	Format string            `json:"format"`
	Files  map[string]string `json:"files"`
}

// readOwner reads the manifest of a run directory, of whatever version.
func readOwner(dir string) (*owner, error) {
	raw, err := strictjson.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, fmt.Errorf("%s exists and is not a run directory: %w", dir, err)
	}
	m := new(owner)
	if err := json.Unmarshal(raw, m); err != nil || m.Format != runFormat && m.Format != approxFormat {
		return nil, fmt.Errorf("%s exists and is not a run directory: its %s is not multigrade's", dir, ManifestFile)
	}
	return m, nil
}

// foreign lists what is in a run directory and not the program's.
func foreign(dir string, m *owner) ([]string, error) {
	var others []string
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || name == dir {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch {
		case e.IsDir() && slices.Contains(ownedFolders, rel):
		case e.IsDir():
			others = append(others, rel)
			return fs.SkipDir
		case !e.Type().IsRegular() || !isOwned(rel, m):
			others = append(others, rel)
		}
		return nil
	})
	return others, err
}

// isOwned reports whether a file of a run directory is the program's by its name.
func isOwned(rel string, m *owner) bool {
	rel = strings.TrimSuffix(rel, partial)
	if rel == stdinFile || rel == testFile {
		_, listed := m.Files[rel]
		return listed
	}
	return slices.ContainsFunc(owned, func(pattern string) bool {
		ok, err := path.Match(pattern, rel)
		return ok && err == nil
	})
}

// removeOwned removes what the program wrote in dir, and dir if nothing else is in
// it; the error names what is.
func removeOwned(dir string, m *owner) error {
	others, err := foreign(dir, m)
	if err != nil {
		return err
	}
	if len(others) == 0 {
		return os.RemoveAll(dir)
	}
	return fmt.Errorf("%s is kept: it holds %s, which is not the program's", dir, others[0])
}
