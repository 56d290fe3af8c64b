package run

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"multigrade/proofs"
	"multigrade/solver"
)

// Evidence on parts of the ball is claimed node by node, and a checker finds it true: for one
// row x = 1 and nu = 1/2 the part where x.w >= 0 needs t/2 <= n beta, the others nothing.
func TestBranchesAreClaimed(t *testing.T) {
	leaf := func(slope, mu, tau float64) *solver.Parabolas {
		return &solver.Parabolas{Mu: mu, Tau: tau, Slope: []float64{slope}, Curvature: []float64{0}, Signs: []float64{0.25, 0.125}}
	}
	// t/2 + (t/4 - t^2/8) <= t^2/2 + 0.3
	evidence := solver.GlobalCertificate{
		BranchesPlus:  []solver.BranchNode{{Row: 0}, {Leaf: leaf(1, 0.5, 0.3)}, {Leaf: leaf(0, 0.5, 0.3)}},
		BranchesMinus: []solver.BranchNode{{Row: 0}, {Leaf: leaf(1, 0.5, 0.3)}, {Leaf: leaf(0, 0.5, 0.3)}},
	}
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: 1, Cols: 1, Activation: proofs.ReLU, Loss: proofs.Squared, Beta: 1},
		Dual:    proofs.Dual{Scope: proofs.ScopeRestricted, Nu: []float64{0}},
		Network: proofs.Network{Primal: 0.5},
		Gap:     proofs.Gap{Tol: 1e-6, Status: proofs.StatusLimit},
	}
	x, y := proofs.Matrix{Rows: 1, Cols: 1, Values: []float64{1}}, []float64{1}
	c.Program.SHA256 = proofs.ProgramHash(x, y)
	claimGlobal(c, []float64{0.5}, 0.375, evidence, proofs.StatusPriced)
	for k, node := range evidence.BranchesPlus {
		got := c.Global.BranchesPlus[k]
		if got.Row != node.Row || (got.Leaf == nil) != (node.Leaf == nil) {
			t.Fatalf("node %d: %+v of %+v", k, got, node)
		}
		if node.Leaf != nil && !cmp.Equal(got.Leaf.Signs, node.Leaf.Signs) {
			t.Errorf("node %d: %+v of %+v", k, got.Leaf, node.Leaf)
		}
	}
	feasible := func() bool {
		for _, claim := range proofs.CheckCertificate(c, x, y).Claims {
			if claim.Name == "global-feasible" {
				t.Log(claim.Detail)
				return claim.Verdict == proofs.Valid
			}
		}
		t.Fatal("no claim")
		return false
	}
	if !feasible() {
		t.Error("the evidence is refused")
	}
	if c.Global.BranchesPlus[1].Leaf.Tau = 0.05; feasible() {
		t.Error("a lie is not refused")
	}
}
