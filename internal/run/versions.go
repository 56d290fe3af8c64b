package run

import (
	"runtime"
	"runtime/debug"

	"multigrade/internal/dense"
)

// Version of the program.
const Version = "0.5.0"

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

// VersionsOf are the Versions that a run directory was made by.
func VersionsOf(dir string) (map[string]string, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, err
	}
	delete(m.Versions, kernelsKey)
	return m.Versions, nil
}
