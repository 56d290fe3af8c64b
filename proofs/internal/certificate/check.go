package certificate

import (
	"errors"
	"fmt"
	"slices"

	"multigrade/proofs/internal/exact"
	"multigrade/proofs/internal/verdict"
)

// Names of the claims of a certificate, in the order of the report.
const (
	ClaimProgram        = "program"         // X and y are the ones hashed
	ClaimPrimalFeasible = "primal-feasible" // every neuron lies in the cone of its pattern
	ClaimPrimal         = "primal"          // Network.Primal >= F
	ClaimObjective      = "objective"       // Network.Objective >= the network's own objective
	ClaimMultipliers    = "multipliers"     // mu >= 0
	ClaimDualFeasible   = "dual-feasible"   // the norm inequality for every pattern and sign, sum nu = 0 (of ridge only that)
	ClaimDual           = "dual"            // Dual.Bound <= D(nu)
	ClaimGap            = "gap"             // Gap.Rel, and Gap.Rel <= Gap.Tol if optimal
)

// Check decides every claim of c for the given matrix (n x d) and
// target (n); offset and weights are in c. It does not modify its arguments, uses all processors, and gives
// the same report whatever their number. All claims valid means: over the listed
// patterns the optimum lies in [c.Dual.Bound, c.Network.Primal].
func Check(c *Certificate, x exact.Matrix, y []float64) verdict.Report {
	var r verdict.Report
	if err := wellFormed(c); err != nil {
		r.Add(ClaimProgram, ScopeRestricted, verdict.Malformed, err.Error())
		return r
	}
	if err := Shapes(c, x, y); err != nil {
		r.Add(ClaimProgram, ScopeRestricted, verdict.Invalid, err.Error())
		return r
	}
	k := &Checker{C: c, X: x, Y: y}
	pass := k.newListedPass()
	pass.add(c.Patterns)
	k.claims(&r, pass)
	return r
}

// claims adds a line per claim. Of the listed patterns it needs those of the
// neurons only; pass has seen all of them.
func (k *Checker) claims(r *verdict.Report, pass *listedPass) {
	k.claim(r, ClaimProgram, k.program)
	k.Evaluate()
	k.claim(r, ClaimPrimalFeasible, k.primalFeasible)
	k.claim(r, ClaimPrimal, k.primal)
	k.claim(r, ClaimObjective, k.objective)
	k.claim(r, ClaimMultipliers, pass.multipliersClaim)
	k.claim(r, ClaimDualFeasible, pass.dualFeasible)
	k.claim(r, ClaimDual, func() (string, error) { return k.dual(pass.squares) })
	k.claim(r, ClaimGap, k.gap)
	k.globalClaims(r)
}

// Enclose returns proven bounds that a producer can claim for the network and
// the dual point of c: primal >= F, objective >= the network's own objective,
// dual <= D(nu). It reads Program, Network (not its claims), Patterns and
// Dual.Nu; feasibility is not part of it. The bounds are a relative 1e-13 or so
// from the exact values, 0 where these are 0, and Inf or NaN where float64 overflows.
func Enclose(c *Certificate, x exact.Matrix, y []float64) (primal, objective, dual float64, err error) {
	if err := Shapes(c, x, y); err != nil {
		return 0, 0, 0, err
	}
	if err := errors.Join(formLoss(&c.Program), formNetwork(c), formPatterns(c), formMultipliers(c), vector("nu", c.Dual.Nu, c.Program.Rows)); err != nil {
		return 0, 0, 0, err
	}
	k := &Checker{C: c, X: x, Y: y}
	k.Evaluate()
	if k.costsNothing() {
		return 0, 0, k.claimable(), nil
	}
	// one number further out, so that the check need not go beyond float64
	return exact.Above(k.primalBall().Upper()), exact.Above(k.objectiveBall().Upper()), k.claimable(), nil
}

// costsNothing says that F and the network's own objective are 0: no neurons, and
// no loss at any row. The balls would show that only to within what underflow can
// lose, which beside a bound of 0 is the whole of the primal.
func (k *Checker) costsNothing() bool {
	return len(k.C.Network.Neurons) == 0 && k.Kind().Exact != nil &&
		k.primalBall().Lower() <= 0 && k.ExactLoss(false).Sign() == 0
}

func Shapes(c *Certificate, x exact.Matrix, y []float64) error {
	rows, cols := x.Dims()
	if c.Program.Rows != rows || c.Program.Cols != cols {
		return fmt.Errorf("rows, cols: certificate is for %d x %d, the data are %d x %d", c.Program.Rows, c.Program.Cols, rows, cols)
	}
	if len(y) != rows {
		return fmt.Errorf("y: %d targets for %d rows", len(y), rows)
	}
	if err := exact.FiniteAll("x", x.Values); err != nil {
		return err
	}
	if c.Program.Shifted != (c.Program.Offset != nil) {
		return fmt.Errorf("offset: certificate says %v, %d numbers are given", c.Program.Shifted, len(c.Program.Offset))
	}
	if c.Program.Shifted {
		if err := vector("offset", c.Program.Offset, rows); err != nil {
			return err
		}
	}
	if c.Program.Weighted != (c.Program.Weights != nil) {
		return fmt.Errorf("weights: certificate says %v, %d numbers are given", c.Program.Weighted, len(c.Program.Weights))
	}
	if c.Program.Weighted {
		if err := vector("weights", c.Program.Weights, rows); err != nil {
			return err
		}
	}
	return exact.FiniteAll("y", y)
}

// A checker holds one certificate, its data, and what the pass over the rows found.
type Checker struct {
	C *Certificate
	X exact.Matrix
	Y []float64

	rows []RowResult // one per row of x
	loss struct{ listed, scratch *exact.Dyadic }
}

// offset is what the prediction had at row i before the program's part.
func (k *Checker) offset(i int) float64 {
	if k.C.Program.Offset == nil {
		return 0
	}
	return k.C.Program.Offset[i]
}

// weight is that of row i in the loss.
func (k *Checker) weight(i int) float64 {
	if k.C.Program.Weights == nil {
		return 1
	}
	return k.C.Program.Weights[i]
}

// claim records the outcome of one decision: detail says what was shown, an
// error where and by how much it fails.
func (k *Checker) claim(r *verdict.Report, name string, decide func() (detail string, err error)) {
	detail, err := decide()
	if err != nil {
		r.Add(name, ScopeRestricted, verdict.Invalid, err.Error())
		return
	}
	r.Add(name, ScopeRestricted, verdict.Valid, detail)
}

func (k *Checker) program() (string, error) {
	if got := ProgramHash(k.X, slices.Concat(k.Y, k.C.Program.Offset, k.C.Program.Weights)); got != k.C.Program.SHA256 {
		return "", fmt.Errorf("sha256: the data hash to %s, certificate says %s", got, k.C.Program.SHA256)
	}
	if err := k.targetsFit(); err != nil {
		return "", err
	}
	p := &k.C.Program
	if !p.Intercept && k.C.Network.Constant != 0 {
		return "", fmt.Errorf("constant: %v in a program without intercept", k.C.Network.Constant)
	}
	ridge := ""
	if p.Ridge {
		ridge = ", " + ridgeWord
	}
	return fmt.Sprintf("%d x %d, %s, %d patterns, beta %v%s", p.Rows, p.Cols, p.Activation, len(k.C.Patterns), p.Beta, ridge), nil
}

func (k *Checker) gap() (string, error) {
	g := &k.C.Gap
	if want := RelGap(k.C.Network.Primal, k.C.Dual.Bound); g.Rel != want {
		return "", fmt.Errorf("rel_gap: %v claimed, primal and bound give %v", g.Rel, want)
	}
	if g.Status == StatusOptimal && !(g.Rel <= g.Tol) {
		return "", fmt.Errorf("status: optimal claimed with rel_gap %v > tol %v", g.Rel, g.Tol)
	}
	if g.Status == StatusOptimal && g.Tol > MaxTol {
		return "", fmt.Errorf("tol: %v, at most %v can be called optimal", g.Tol, MaxTol)
	}
	return fmt.Sprintf("%s, rel_gap %v, tol %v", g.Status, g.Rel, g.Tol), nil
}
