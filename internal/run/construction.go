package run

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"multigrade/approx"
	"multigrade/internal/exit"
	"multigrade/proofs"
)

// networkFile is what is in the run directory of approx besides what package approx
// writes.
const networkFile = "network.json"

// approxManifest is the account of how a run of approx came about.
type approxManifest struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Command  []string          `json:"command"`
	Options  map[string]any    `json:"options"`
	Versions map[string]string `json:"versions"`
	// Unchecked says that the end came before the checker had accepted the run.
	Unchecked bool              `json:"unchecked,omitempty"`
	Files     map[string]string `json:"files"` // sha256 of each
}

// Construction is a run of approx to be written.
type Construction struct {
	Out         string         // the run directory, "" for runs/approx
	Options     map[string]any // for the manifest
	Command     []string
	Save        func(dir string) error // writes what the scheme is
	Dim, Grades int
	Network     func(k, layers int) (*approx.Network, error) // of grade k from 0, of so many layers at most; nil: not written
	// Unchecked says, after Write, that an interruption came before the checker had
	// accepted the run.
	Unchecked bool
}

// Write writes the run directory and returns its name, once the checker accepts it or the context has ended.
func (r *Construction) Write(ctx context.Context) (string, error) {
	dir, err := newRunDir(r.Out, "approx")
	if err != nil {
		return "", err
	}
	defer dir.discard()
	if err := r.Save(dir.work); err != nil {
		return "", exit.Failed(err)
	}
	if r.Network != nil {
		if err := r.writeNetworks(dir); err != nil {
			return "", err
		}
	}
	m, err := r.writeManifest(dir)
	if err != nil {
		return "", exit.Failed(err)
	}
	var checked *proofs.Report
	if r.Unchecked = ctx.Err() != nil; !r.Unchecked {
		checked, err = accept(ctx, dir.work, "", "")
		if r.Unchecked = errors.Is(err, context.Canceled); err != nil && !r.Unchecked {
			return "", exit.Failed(err)
		}
	}
	if m.Unchecked = r.Unchecked; m.Unchecked {
		if err := dir.writeManifest(m); err != nil {
			return "", exit.Failed(err)
		}
	}
	name, err := dir.publish()
	if err != nil {
		return "", exit.Failed(err)
	}
	c, err := ReadSubject(ctx, name, "", "", checked)
	if err != nil {
		return "", err
	}
	return name, exit.Failed(writeReport(name, c))
}

// writeManifest lists the files that are there, and returns what it wrote.
func (r *Construction) writeManifest(dir *runDir) (*approxManifest, error) {
	m := &approxManifest{Format: approxFormat, Version: approxVersion, Command: r.Command, Versions: VersionsAndKernels(),
		Options: r.Options, Files: map[string]string{}}
	entries, err := os.ReadDir(dir.work)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if m.Files[e.Name()], err = FileHash(filepath.Join(dir.work, e.Name())); err != nil {
			return nil, err
		}
	}
	return m, dir.writeManifest(m)
}

// maxNetworkLayers bounds what --network writes: about 60 bytes per channel and layer.
const maxNetworkLayers = 1 << 18

// NetworksJSON is the content of network.json: the networks of the grades in order, null for a trivial grade.
type NetworksJSON struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Dim      int               `json:"dim"`
	Networks []*approx.Network `json:"networks"`
}

func (r *Construction) writeNetworks(dir *runDir) error {
	out := NetworksJSON{Format: "multigrade-network", Version: 1, Dim: r.Dim, Networks: []*approx.Network{}}
	left := maxNetworkLayers
	for k := range r.Grades {
		n, err := r.Network(k, max(left, 1))
		if err != nil {
			return exit.Bad(fmt.Errorf("--network, grade %d: %w in all; ask for fewer grades", k+1, err))
		}
		if n != nil {
			left -= n.Depth()
		}
		out.Networks = append(out.Networks, n)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return exit.Failed(err)
	}
	return exit.Failed(dir.write(networkFile, append(raw, '\n')))
}
