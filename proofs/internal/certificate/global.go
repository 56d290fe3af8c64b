package certificate

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/pieces"
	"multigrade/proofs/internal/sphere"
	"multigrade/proofs/internal/verdict"
)

// Global is the evidence that a dual point holds for all patterns, not only the
// listed ones: m(nu) = max_{||w|| <= 1} |nu'phi(Xw)| <= n beta, by a bisection
// tree for each sign, by a parabola for every row, on the whole ball or on parts of it, by pieces, or, where all of these
// are nil, in closed form. FORMAT.md states what they say.
type Global struct {
	Nu          []float64 // n
	Bound       float64   // claimed <= D(nu)
	Rel         float64   // equal to RelGap(Primal, Bound)
	Status      string    // StatusOptimal claims Rel <= Gap.Tol
	Plus, Minus []byte    // the trees for nu and -nu, one character a node, in preorder

	QuadraticPlus, QuadraticMinus sphere.Quadratic // for nu and -nu; closed form only

	ParabolasPlus, ParabolasMinus *sphere.Parabolas // for nu and -nu, instead of all of these

	BranchesPlus, BranchesMinus []sphere.BranchNode // trees of parts with parabolas of their own, for nu and -nu, instead of all of these

	Pieces *pieces.Evidence // groups of rows and trees over them, instead of all of these
}

// ScopeGlobal says a claim is about all patterns.
const ScopeGlobal = "global"

// Names of the claims of section global.
const (
	ClaimGlobalFeasible = "global-feasible" // m(nu) <= n beta, sum nu = 0
	ClaimGlobalDual     = "global-dual"     // Global.Bound <= D(nu)
	ClaimGlobalGap      = "global-gap"      // Global.Rel, and Global.Rel <= Gap.Tol if optimal
)

// closed says that the evidence is that of the closed form.
func (g *Global) closed() bool {
	return g.Plus == nil && g.Minus == nil && g.Pieces == nil && !g.rowwise() && !g.branched()
}

// rowwise says that it is a parabola for every row.
func (g *Global) rowwise() bool { return g.ParabolasPlus != nil && g.ParabolasMinus != nil }

// branched says that it is one on parts of the ball.
func (g *Global) branched() bool { return g.BranchesPlus != nil && g.BranchesMinus != nil }

// treeHash is the hash of both trees that the file carries.
func treeHash(g *Global) string {
	h := sha256.New()
	h.Write(g.Plus)
	h.Write([]byte{' '})
	h.Write(g.Minus)
	return hex.EncodeToString(h.Sum(nil))
}

// EncloseGlobal returns a lower bound of D(nu) for a global dual point that a
// producer can claim.
func EncloseGlobal(c *Certificate, nu, y []float64) (float64, error) {
	if err := vector("nu", nu, len(y)); err != nil {
		return 0, err
	}
	k := &Checker{C: &Certificate{Program: c.Program, Dual: Dual{Nu: nu}}, Y: y}
	return k.claimable(), nil
}

// globalClaims adds the claims of section global, if there is one.
func (k *Checker) globalClaims(r *verdict.Report) {
	g := k.C.Global
	if g == nil {
		return
	}
	of := &Checker{C: &Certificate{Program: k.C.Program, Network: k.C.Network, Gap: k.C.Gap, Dual: Dual{Nu: g.Nu, Bound: g.Bound}}, X: k.X, Y: k.Y}
	for _, claim := range []struct {
		name   string
		decide func() (string, error)
	}{
		{ClaimGlobalFeasible, func() (string, error) { return of.globalFeasible(g) }},
		{ClaimGlobalDual, func() (string, error) { return of.globalDual(g) }},
		{ClaimGlobalGap, func() (string, error) { return of.globalGap(g) }},
	} {
		if detail, err := claim.decide(); err != nil {
			r.Add(claim.name, ScopeGlobal, verdict.Invalid, err.Error())
		} else {
			r.Add(claim.name, ScopeGlobal, verdict.Valid, detail)
		}
	}
}

func (k *Checker) globalDual(g *Global) (string, error) {
	if _, err := k.dual(exact.Ball{}); err != nil {
		return "", err
	}
	return fmt.Sprintf("optimum over all patterns >= %v", g.Bound), nil
}

func (k *Checker) globalGap(g *Global) (string, error) {
	if want := RelGap(k.C.Network.Primal, g.Bound); g.Rel != want {
		return "", fmt.Errorf("rel_gap: %v claimed, primal and bound give %v", g.Rel, want)
	}
	if g.Status == StatusOptimal && !(g.Rel <= k.C.Gap.Tol) {
		return "", fmt.Errorf("status: optimal claimed with rel_gap %v > tol %v", g.Rel, k.C.Gap.Tol)
	}
	if g.Status == StatusOptimal && k.C.Gap.Tol > MaxTol {
		return "", fmt.Errorf("tol: %v, at most %v can be called optimal", k.C.Gap.Tol, MaxTol)
	}
	return fmt.Sprintf("%s over all patterns, rel_gap %v", g.Status, g.Rel), nil
}

// globalFeasible decides m(nu) <= n beta by the trees.
func (k *Checker) globalFeasible(g *Global) (string, error) {
	if err := k.sumNu(); err != nil {
		return "", err
	}
	if g.Pieces != nil {
		return k.pieces(g)
	}
	var of sphere.Inequality
	of.X, of.Nu, of.Radius = k.stacked()
	if g.rowwise() {
		return of.ByRows(g.ParabolasPlus, g.ParabolasMinus)
	}
	if g.branched() {
		return of.ByBranches(g.BranchesPlus, g.BranchesMinus)
	}
	if g.closed() {
		return of.ByClosedForm(g.QuadraticPlus, g.QuadraticMinus)
	}
	return of.ByTrees(g.Plus, g.Minus)
}
