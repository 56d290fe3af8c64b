package run

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"

	"multigrade/internal/dense"
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
