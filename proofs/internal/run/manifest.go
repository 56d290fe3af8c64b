package run

import (
	"errors"
	"fmt"
	"multigrade/proofs/internal/certificate"
	"multigrade/proofs/internal/strict"
	"os"
	"path/filepath"
	"strings"
)

// A manifest is manifest.json of a training run. Options are settings by name:
// what the checker derives from elsewhere is compared, the rest is not checked.
type manifest struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Command  []string          `json:"command"`
	Options  map[string]any    `json:"options"`
	Seed     uint64            `json:"seed"`
	Plan     any               `json:"plan"` // how beta was chosen
	Versions map[string]string `json:"versions"`
	Data     manifestData      `json:"data"`
	Test     *manifestData     `json:"test"`    // nil without test data of their own
	Status   string            `json:"status"`  // of the run, "" if it claims none
	Stopped  string            `json:"stopped"` // why there are fewer grades than asked for
	// Unchecked says that the run was published before a checker had accepted it.
	Unchecked bool    `json:"unchecked"`
	Files     fileSet `json:"files"`
}

// manifestData says where a data file is.
type manifestData struct {
	Path     string `json:"path"`     // as given, or embedded:NAME
	Absolute string `json:"absolute"` // or empty
	SHA256   string `json:"sha256"`
	// MadeOf is, of a run out of core, the file that the array was made of, or nil.
	MadeOf *manifestData `json:"made_of"`
}

const (
	manifestFormat  = "multigrade-run"
	manifestVersion = 2
	embeddedPrefix  = "embedded:"
)

func readManifest(raw []byte) (*manifest, error) {
	m := new(manifest)
	if err := strict.JSON(raw, m); err != nil {
		return nil, err
	}
	if m.Format != manifestFormat || m.Version != manifestVersion {
		return nil, fmt.Errorf("format %q version %d, expected %q version %d", m.Format, m.Version, manifestFormat, manifestVersion)
	}
	if err := m.Files.form(); err != nil {
		return nil, err
	}
	if of := m.Data.MadeOf; of != nil {
		if !m.outOfCore() || of.MadeOf != nil {
			return nil, errors.New("data.made_of: expected that of a run out of core, once")
		}
		if err := certificate.KnownHash("data.made_of.sha256", of.SHA256); err != nil {
			return nil, err
		}
	}
	if m.Test != nil && m.Test.MadeOf != nil {
		return nil, errors.New("test.made_of: expected that of the data alone")
	}
	return m, certificate.KnownHash("data.sha256", m.Data.SHA256)
}

// read finds a data file's bytes: where given says, else embedded, else at the
// absolute path, else relative to the run directory.
func (m *manifestData) read(dir, given string, embedded func(string) ([]byte, bool)) ([]byte, error) {
	if given != "" {
		return readData(given)
	}
	if name, ok := strings.CutPrefix(m.Path, embeddedPrefix); ok {
		if embedded != nil {
			if raw, ok := embedded(name); ok {
				return raw, nil
			}
		}
		return nil, fmt.Errorf("manifest.json: data.path: no embedded data set %q", name)
	}
	var err error
	for _, path := range m.places(dir) {
		var raw []byte
		if raw, err = readData(path); err == nil || path == m.Absolute && !errors.Is(err, os.ErrNotExist) {
			return raw, err
		}
	}
	return nil, notThere(err)
}

// places are where a data file may be, by its names in the manifest.
func (m *manifestData) places(dir string) []string {
	path := m.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(dir, path)
	}
	if m.Absolute != "" {
		return []string{m.Absolute, path}
	}
	return []string{path}
}

func notThere(err error) error {
	return fmt.Errorf("the data file is not where manifest.json says (give its path): %w", err)
}
