package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"multigrade/approx"
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
	Files    map[string]string `json:"files"` // sha256 of each
}

// construction is a run of approx to be written.
type construction struct {
	out         string         // the run directory, "" for runs/approx
	options     map[string]any // for the manifest
	command     []string
	save        func(dir string) error // writes what the scheme is
	dim, grades int
	network     func(k, layers int) (*approx.Network, error) // of grade k from 0, of so many layers at most; nil: not written
}

// write writes the run directory and returns its name.
func (r *construction) write() (string, error) {
	dir, err := newRunDir(r.out, "approx")
	if err != nil {
		return "", err
	}
	defer dir.discard()
	if err := r.save(dir.work); err != nil {
		return "", failed(err)
	}
	if r.network != nil {
		if err := r.writeNetworks(dir); err != nil {
			return "", err
		}
	}
	if err := r.writeManifest(dir); err != nil {
		return "", failed(err)
	}
	name, err := dir.publish()
	return name, failed(err)
}

func (r *construction) writeManifest(dir *runDir) error {
	m := approxManifest{Format: "multigrade-approx-run", Version: 1, Command: r.command, Versions: versions(),
		Options: r.options, Files: map[string]string{}}
	entries, err := os.ReadDir(dir.work)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if m.Files[e.Name()], err = fileHash(filepath.Join(dir.work, e.Name())); err != nil {
			return err
		}
	}
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return dir.write(manifestFile, append(raw, '\n'))
}

// maxNetworkLayers bounds what --network writes: about 60 bytes per channel and layer.
const maxNetworkLayers = 1 << 18

// networksJSON is the content of network.json: the networks of the grades in order, null for a trivial grade.
type networksJSON struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Dim      int               `json:"dim"`
	Networks []*approx.Network `json:"networks"`
}

func (r *construction) writeNetworks(dir *runDir) error {
	out := networksJSON{Format: "multigrade-network", Version: 1, Dim: r.dim, Networks: []*approx.Network{}}
	left := maxNetworkLayers
	for k := range r.grades {
		n, err := r.network(k, max(left, 1))
		if err != nil {
			return bad(fmt.Errorf("--network, grade %d: %w in all; ask for fewer grades", k+1, err))
		}
		if n != nil {
			left -= n.Depth()
		}
		out.Networks = append(out.Networks, n)
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return failed(err)
	}
	return failed(dir.write(networkFile, append(raw, '\n')))
}
