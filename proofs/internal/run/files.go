package run

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/cube"
	"multigrade/proofs/internal/verdict"
)

// Files of a run directory.
const (
	manifestFile = "manifest.json"
	modelFile    = "model.json"
	ledgerFile   = "ledger.csv"
)

// A fileSet is files of a manifest: name in the run directory -> sha256.
type fileSet map[string]string

func (s fileSet) form() error {
	for name, hash := range s {
		if !filepath.IsLocal(name) || name != filepath.ToSlash(filepath.Clean(filepath.FromSlash(name))) || name == manifestFile {
			return fmt.Errorf("files: %q is not the path of another file inside the run directory", name)
		}
		if err := certificate.KnownHash("files "+name, hash); err != nil {
			return err
		}
	}
	return nil
}

// read reads a file of the run directory and compares its hash; raw is nil if it cannot be read.
func (s fileSet) read(dir, name string) (raw []byte, err error) {
	if raw, err = readOwn(dir, name); err != nil {
		return nil, err
	}
	sum := sha256.Sum256(raw)
	return raw, s.sameHash(name, hex.EncodeToString(sum[:]))
}

// sameHash compares the hash of a file of the run with the manifest's.
func (s fileSet) sameHash(name, got string) error {
	want, ok := s[name]
	if !ok {
		return fmt.Errorf("manifest.json has no hash for %s", name)
	}
	if got != want {
		return fmt.Errorf("sha256: the file hashes to %s, manifest.json says %s", got, want)
	}
	return nil
}

// silent are the files that claim nothing and are not listed.
var silent = []string{manifestFile, "trace.csv", "report.html"}

// claiming says that a file of this name says something of a run.
func claiming(name string) bool {
	return slices.Contains([]string{modelFile, ledgerFile, cube.ModelFile, cube.NodesFile, cube.TrainedFile, cube.NetworkFile}, name) || strings.HasPrefix(name, "certificates/")
}

// unlisted judges what stands in the run directory and manifest.json does not list:
// nothing may that claims something; of other files it is said that nobody checks them.
func (s fileSet) unlisted(dir string, r *verdict.Report) error {
	var others []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if _, listed := s[name]; listed || slices.Contains(silent, name) {
			return nil
		}
		if claiming(name) {
			r.Add(verdict.ClaimFile, name, verdict.Invalid, "manifest.json does not list it")
		} else if len(others) < 20 {
			others = append(others, fmt.Sprintf("%.60q", name))
		}
		return nil
	})
	if len(others) > 0 {
		r.Add(verdict.ClaimFile, "run", verdict.Unchecked, "not listed by manifest.json: "+strings.Join(others, ", "))
	}
	return err
}
