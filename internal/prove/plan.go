package prove

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"multigrade/internal/exit"
	"multigrade/internal/run"
	"multigrade/internal/strictjson"
	"multigrade/solver"
)

const (
	planFile    = "plan.json"
	planFormat  = "multigrade-proof"
	planVersion = 1
)

// A Plan is what is known of a proof and how the rest of it is shared out: open leaf k,
// counted through all outputs, is one of shard k mod Shards.
type Plan struct {
	Format   string            `json:"format"`
	Version  int               `json:"version"`
	Versions map[string]string `json:"versions"` // of the program that made the plan
	Grade    int               `json:"grade"`    // from 1
	Settings
	Round   int    `json:"round"` // from 1
	Outputs []Part `json:"outputs"`
}

// Settings say how a proof is shared out.
type Settings struct {
	Shards int `json:"shards"` // at most, >= 1
	Leaves int `json:"leaves"` // of the trees that a shard grows in a round, about, >= 2
}

// DefaultSettings are shards of some seconds to minutes.
func DefaultSettings() Settings { return Settings{Shards: 64, Leaves: 50_000} }

// Validate reports the first setting out of its range.
func (s *Settings) Validate() error {
	switch {
	case s.Shards < 1:
		return fmt.Errorf("shards are %d, want at least 1", s.Shards)
	case s.Leaves < 2:
		return fmt.Errorf("leaves are %d, want at least 2", s.Leaves)
	}
	return nil
}

// A Part is the proof of one output of the grade.
type Part struct {
	Output int              `json:"output"` // from 1
	SHA256 string           `json:"sha256"` // of the certificate that the proof begins from
	Nu     []float64        `json:"nu"`
	Target float64          `json:"target"` // m(nu) is to be at most this
	Plus   solver.ProofTree `json:"plus"`
	Minus  solver.ProofTree `json:"minus"`
}

func (p *Part) aim() *solver.Aim { return &solver.Aim{Nu: p.Nu, Target: p.Target} }

func (p *Part) proof() *solver.Proof { return &solver.Proof{Plus: p.Plus, Minus: p.Minus} }

// Dir is the directory of a proof of grade k of a run.
func Dir(runDir string, k int) string { return fmt.Sprintf("%s.proof-%d", filepath.Clean(runDir), k) }

// workDir is where a merge puts the run directory together.
func workDir(runDir string, k int) string { return filepath.Join(Dir(runDir, k), "run") }

// NewPlan begins the proof of grade k of a run: nil if its claims are proved already. The
// trees have some leaves for every shard from the beginning.
func NewPlan(ctx context.Context, from run.RunSource, k int, s Settings) (*Plan, error) {
	if err := s.Validate(); err != nil {
		return nil, exit.Bad(err)
	}
	r, err := run.OpenProvable(ctx, from, k)
	if err != nil || len(r.Outputs) == 0 {
		return nil, err
	}
	p := &Plan{Format: planFormat, Version: planVersion, Versions: run.Versions(), Grade: k, Settings: s, Round: 1}
	for _, o := range r.Outputs {
		part, err := newPart(ctx, o, s.Shards)
		if err != nil {
			return nil, failed(ctx, fmt.Errorf("%s: grade %d, output %d: %w", from.Dir, k, o.Number, err))
		}
		p.Outputs = append(p.Outputs, *part)
	}
	return p, nil
}

// failed says whose fault an error of a proof is.
func failed(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return &exit.Failure{Status: exit.StatusInterrupted, Err: errors.New("interrupted; the same command goes on")}
	case errors.Is(err, solver.ErrNoSearch):
		return exit.Bad(err)
	}
	return exit.Failed(err)
}

// leavesPerShard is how many leaves a shard has at first, where there are as many: some
// turn out to be much harder than others.
const leavesPerShard = 8

// newPart takes the output's dual point for all patterns or, where that is 0 or a neuron
// violates it, the one over the listed patterns.
func newPart(ctx context.Context, o *run.ProvableOutput, shards int) (*Part, error) {
	c := o.Certificate
	var seeds [][]float64
	for _, u := range c.Network.Neurons {
		seeds = append(seeds, u.W)
	}
	var first error
	for _, nu := range [][]float64{c.Global.Nu, c.Dual.Nu} {
		aim, err := solver.NewAim(o.Program.Problem, nu, c.Network.Primal, c.Gap.Tol)
		if err == nil {
			var prover *solver.Prover
			if prover, err = aim.Prover(ctx, o.Program.Problem, o.Program.Line, seeds); err == nil {
				var proof *solver.Proof
				if proof, err = spread(ctx, prover, shards*leavesPerShard); err == nil {
					return &Part{Output: o.Number, SHA256: o.SHA256, Nu: aim.Nu, Target: aim.Target, Plus: proof.Plus, Minus: proof.Minus}, nil
				}
			}
		}
		if first == nil || errors.Is(first, solver.ErrNoRoom) {
			first = err
		}
	}
	return nil, first
}

// spread branches the leaves in turn until so many are open, or none.
func spread(ctx context.Context, prover *solver.Prover, open int) (*solver.Proof, error) {
	proof := prover.Begin()
	for n := proof.Open(); n > 0 && n < open; n = proof.Open() {
		ways, err := proof.Ways()
		if err != nil {
			return nil, err
		}
		trees := make([]solver.ProofTree, len(ways))
		for k := range ways {
			if trees[k], err = prover.Grow(ctx, ways[k], 2); err != nil {
				return nil, err
			}
		}
		if proof, err = proof.Graft(trees); err != nil {
			return nil, err
		}
	}
	return proof, nil
}

// Open counts the open leaves.
func (p *Plan) Open() int {
	open := 0
	for k := range p.Outputs {
		open += p.Outputs[k].proof().Open()
	}
	return open
}

// Nodes counts the nodes of all trees.
func (p *Plan) Nodes() int {
	nodes := 0
	for k := range p.Outputs {
		nodes += p.Outputs[k].proof().Nodes()
	}
	return nodes
}

// Count is the number of shards in this round.
func (p *Plan) Count() int { return min(p.Shards, p.Open()) }

// Write writes the plan into its directory. A directory that has a plan of the same
// proof keeps it, whatever round it is in.
func (p *Plan) Write(dir string) error {
	if _, err := os.Lstat(filepath.Join(dir, planFile)); err == nil {
		there, _, err := ReadPlan(dir)
		if err == nil && !there.same(p) {
			err = fmt.Errorf("%s has another plan already: merge it or remove it", dir)
		}
		return exit.Bad(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return exit.Bad(err)
	}
	return exit.Failed(p.replace(dir))
}

// same says that both are plans of the same proof.
func (p *Plan) same(q *Plan) bool {
	if !reflect.DeepEqual(p.Versions, q.Versions) || p.Grade != q.Grade || p.Settings != q.Settings || len(p.Outputs) != len(q.Outputs) {
		return false
	}
	for k := range p.Outputs {
		a, b := &p.Outputs[k], &q.Outputs[k]
		if a.Output != b.Output || a.SHA256 != b.SHA256 || !reflect.DeepEqual(a.aim(), b.aim()) {
			return false
		}
	}
	return true
}

// replace writes the plan, whole.
func (p *Plan) replace(dir string) error {
	return run.WriteWhole(filepath.Join(dir, planFile), func(w io.Writer) error { return json.NewEncoder(w).Encode(p) })
}

// ReadPlan reads the plan of a proof directory; sum is the SHA-256 of its file.
func ReadPlan(dir string) (p *Plan, sum string, err error) {
	raw, err := strictjson.ReadFile(filepath.Join(dir, planFile))
	if _, there := os.Lstat(filepath.Join(dir, planFile)); errors.Is(there, os.ErrNotExist) {
		return nil, "", exit.Bad(fmt.Errorf("%s: %w: prove plan makes one", dir, err))
	}
	if err != nil {
		return nil, "", exit.Bad(fmt.Errorf("%s: %w", dir, err))
	}
	p = new(Plan)
	if err = strictjson.OfVersion(raw, planFormat, planVersion); err == nil {
		err = strictjson.Decode(raw, p)
	}
	if err == nil {
		err = p.Settings.Validate()
	}
	if err == nil {
		if err = run.OtherVersion(p.Versions, run.Versions()); err != nil {
			err = fmt.Errorf("planned by %w", err)
		}
	}
	if err != nil {
		return nil, "", planAgain(dir, err)
	}
	return p, run.Sha256Hex(raw), nil
}

// planAgain says what is wrong with the plan of a proof directory and what to do.
func planAgain(dir string, err error) error {
	return exit.Bad(fmt.Errorf("%s: %w; remove the directory to plan again", filepath.Join(dir, planFile), err))
}

// Check says whether there is a shard index.
func (p *Plan) Check(index int) error {
	if index < 0 || index >= p.Count() {
		return exit.Bad(fmt.Errorf("shard %d: want 0 to %d (round %d)", index, p.Count()-1, p.Round))
	}
	return nil
}
