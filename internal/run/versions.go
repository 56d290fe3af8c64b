package run

import (
	"cmp"
	"fmt"
	"maps"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"multigrade/internal/dense"
	"multigrade/internal/strictjson"
)

// Version of the program.
const Version = "0.6.0"

const kernelsKey = "kernels"

// VersionsAndKernels are Versions and the kernels that did the work, on which no number
// depends: a run can be taken up with others.
func VersionsAndKernels() map[string]string {
	v := Versions()
	v[kernelsKey] = dense.Kernels()
	return v
}

// Versions names what the numbers of the run may depend on.
func Versions() map[string]string {
	v := map[string]string{"multigrade": Version, "go": runtime.Version(), "arch": runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, d := range info.Deps {
			if d.Path == "gonum.org/v1/gonum" {
				v["gonum"] = d.Version
			}
		}
	}
	return v
}

// Origin says how a run came about.
type Origin struct {
	Versions map[string]string // Versions of the program
	Command  []string          // its arguments, itself first
	MadeOf   string            // SHA-256 of the file that the array of the data was made of, "" if it was of none
}

// OriginOf is what the manifest of a run directory says; nothing else of it is read.
func OriginOf(dir string) (*Origin, error) {
	raw, err := strictjson.ReadFile(filepath.Join(dir, ManifestFile))
	if err != nil {
		return nil, err
	}
	m := new(manifest)
	if err = strictjson.OfVersion(raw, runFormat, runVersion); err == nil {
		err = strictjson.Decode(raw, m)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ManifestFile, err)
	}
	o := &Origin{Versions: m.versions(), Command: m.Command}
	if of := m.Data.MadeOf; of != nil {
		o.MadeOf = of.SHA256
	}
	return o, nil
}

// versions are the Versions that made the run.
func (m *manifest) versions() map[string]string {
	v := maps.Clone(m.Versions)
	delete(v, kernelsKey)
	return v
}

// OtherVersion is nil where two Versions are the same, and else says in what made differs
// from wanted: "another version of the program, with go go1.24 in the place of go1.25".
func OtherVersion(made, wanted map[string]string) error {
	var differ []string
	parts := slices.AppendSeq(slices.Collect(maps.Keys(made)), maps.Keys(wanted))
	slices.Sort(parts)
	for _, part := range slices.Compact(parts) {
		if a, b := made[part], wanted[part]; a != b {
			differ = append(differ, fmt.Sprintf("%s %s in the place of %s", part, cmp.Or(a, "unknown"), cmp.Or(b, "unknown")))
		}
	}
	if differ == nil {
		return nil
	}
	return fmt.Errorf("another version of the program, with %s", strings.Join(differ, ", "))
}
