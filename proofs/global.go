package proofs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
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

// Quadratic is the evidence of the closed form for one sign.
type Quadratic struct{ Scale, Mu, Tau float64 }

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

// treeLeaf marks a leaf; treeEdge + e the bisection of edge e.
const (
	treeLeaf = '.'
	treeEdge = '0'
)

// maxTreeRank bounds the columns a tree may have: it has 2^r orthants.
const maxTreeRank = 12

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
	if g.closed() {
		return k.closedForm(g)
	}
	x, r := k.x.nonzeroColumns()
	if r > maxTreeRank {
		return "", fmt.Errorf("trees: %d columns that are not zero, at most %d are possible", r, maxTreeRank)
	}
	leaves := 0
	for _, side := range []struct {
		name string
		s    float64
		text []byte
	}{{"tree+", 1, g.Plus}, {"tree-", -1, g.Minus}} {
		size, err := subtreeSizes(side.text, r)
		if err != nil {
			return "", fmt.Errorf("%s: %w", side.name, err)
		}
		t := k.newTreeCheck(side.text, size, x, r, side.s)
		if err := t.check(); err != nil {
			return "", fmt.Errorf("%s: %w", side.name, err)
		}
		leaves += t.leaves()
	}
	return fmt.Sprintf("all patterns, both signs: %d cones of rank %d", leaves, r), nil
}

// nonzeroColumns returns the columns with a nonzero entry as a dense matrix
// (n x r, by rows), or nil if there are too many for a tree.
func (m Matrix) nonzeroColumns() (x []float64, r int) {
	number := make(map[int]int)
	used := make([]bool, m.cols)
	each := func(f func(i, j int, v float64)) {
		for i := range m.rows {
			values, index := m.Row(i)
			for e, v := range values {
				j := e
				if index != nil {
					j = index[e]
				}
				if v != 0 {
					f(i, j, v)
				}
			}
		}
	}
	each(func(_, j int, _ float64) { used[j] = true })
	for j, u := range used {
		if u {
			number[j] = r
			r++
		}
	}
	if r > maxTreeRank {
		return nil, r
	}
	x = make([]float64, m.rows*r)
	each(func(i, j int, v float64) { x[i*r+number[j]] = v })
	return x, r
}

// rowMagnitude bounds sum_i |nu_i| max_k |x_ik| from above.
func rowMagnitude(x, nu []float64, r int) float64 {
	sum := 0.0
	for i, v := range nu {
		top := 0.0
		for _, a := range x[i*r : (i+1)*r] {
			top = max(top, math.Abs(a))
		}
		sum += math.Abs(v) * top
	}
	return outward(sum) + sumError(len(nu), sum)
}
