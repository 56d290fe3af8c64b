package proofs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// Global is the evidence that a dual point holds for all patterns, not only the
// listed ones: m(nu) = max_{||w|| <= 1} |nu'relu(Xw)| <= n beta, by a bisection
// tree for each sign or, where Plus and Minus are nil, in closed form. FORMAT.md
// states what both say.
type Global struct {
	Nu          []float64 // n
	Bound       float64   // claimed <= D(nu)
	Rel         float64   // equal to RelGap(Primal, Bound)
	Status      string    // StatusOptimal claims Rel <= Gap.Tol
	Plus, Minus []byte    // the trees for nu and -nu, one character a node, in preorder

	QuadraticPlus, QuadraticMinus Quadratic // for nu and -nu; closed form only
}

// ScopeGlobal says a claim is about all patterns.
const ScopeGlobal = "global"

// StatusPriced says that no violated neuron was found, and that the global gap
// proved is larger than tol.
const StatusPriced = "priced"

// Names of the claims of section global.
const (
	ClaimGlobalFeasible = "global-feasible" // m(nu) <= n beta, sum nu = 0
	ClaimGlobalDual     = "global-dual"     // Global.Bound <= D(nu)
	ClaimGlobalGap      = "global-gap"      // Global.Rel, and Global.Rel <= Gap.Tol if optimal
)

// closed says that the evidence is that of the closed form.
func (g *Global) closed() bool { return g.Plus == nil && g.Minus == nil }

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
	k := &checker{c: &Certificate{Program: c.Program, Dual: Dual{Nu: nu}}, y: y}
	return below(k.dualBall().lower()), nil
}

// globalClaims adds the claims of section global, if there is one.
func (k *checker) globalClaims(r *Report) {
	g := k.c.Global
	if g == nil {
		return
	}
	of := &checker{c: &Certificate{Program: k.c.Program, Network: k.c.Network, Gap: k.c.Gap, Dual: Dual{Nu: g.Nu, Bound: g.Bound}}, x: k.x, y: k.y}
	for _, claim := range []struct {
		name   string
		decide func() (string, error)
	}{
		{ClaimGlobalFeasible, func() (string, error) { return of.globalFeasible(g) }},
		{ClaimGlobalDual, func() (string, error) { return of.globalDual(g) }},
		{ClaimGlobalGap, func() (string, error) { return of.globalGap(g) }},
	} {
		if detail, err := claim.decide(); err != nil {
			r.add(claim.name, ScopeGlobal, Invalid, err.Error())
		} else {
			r.add(claim.name, ScopeGlobal, Valid, detail)
		}
	}
}

func (k *checker) globalDual(g *Global) (string, error) {
	if _, err := k.dual(); err != nil {
		return "", err
	}
	return fmt.Sprintf("optimum over all patterns >= %v", g.Bound), nil
}

func (k *checker) globalGap(g *Global) (string, error) {
	if want := RelGap(k.c.Network.Primal, g.Bound); g.Rel != want {
		return "", fmt.Errorf("rel_gap: %v claimed, primal and bound give %v", g.Rel, want)
	}
	if g.Status == StatusOptimal && !(g.Rel <= k.c.Gap.Tol) {
		return "", fmt.Errorf("status: optimal claimed with rel_gap %v > tol %v", g.Rel, k.c.Gap.Tol)
	}
	return fmt.Sprintf("%s over all patterns, rel_gap %v", g.Status, g.Rel), nil
}

// globalFeasible decides m(nu) <= n beta by the trees.
func (k *checker) globalFeasible(g *Global) (string, error) {
	if err := k.sumNu(); err != nil {
		return "", err
	}
	p := &k.c.Program
	of := inequality{x: k.x, nu: k.c.Dual.Nu, radius: point(float64(p.Rows)).mul(point(p.Beta))}
	if g.closed() {
		return of.byClosedForm(g.QuadraticPlus, g.QuadraticMinus)
	}
	return of.byTrees(g.Plus, g.Minus)
}
