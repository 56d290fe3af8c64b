package solver

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// GlobalBound is a lower bound of the optimum of the training problem over all
// activation patterns, not only the listed ones, from the certificate's nu
// alone. With cones it scales nu by the closed-form bound of
// m(nu) = max_{|w| <= 1} |nu'phi(Xw)| (see Quadratic and Stack). For gated units
// |X'D nu| <= sqrt(lambda_max(X'X)) |nu| is used. It always holds and is loose:
// gaps of tens of percent are common.
func GlobalBound(p *program.Problem, nu []float64) (float64, error) {
	x, err := p.Design()
	if err != nil {
		return 0, err
	}
	if r := inRank(p, x); r != nil {
		p, x = r.q, r.z
	}
	return globalBound(p, x, nu), nil
}

// globalBound is GlobalBound with the design of p.X.
func globalBound(p *program.Problem, x operator.Design, nu []float64) float64 {
	n := len(nu)
	var m float64
	if !p.Activation.Gated {
		m = sphere.NewStack(p.X, x, p.Activation, nil).ClosedForm(nu)
	} else {
		m = operator.SpectralNorm(x) * floats.Norm(nu, 2)
	}
	limit := loss.LargestScale(p.Beta*float64(n)/(1+0x1p-40), m)
	_, bound := program.ScaledDual(p, nu, loss.BestMultiple(p.LossOrSquared(), nu, p.Y, limit).T)
	return math.Max(0, bound)
}

// leavesPerCone of the start a search over cones has at least; with fewer it ends before it
// brings anything. Measured on made-up programs of 20 to 60 rows, tol 1e-4, 20,000
// leaves: in rank 8, 39 for each cone, it closed both gaps tried; in rank 9, 20, it lowered
// one of four; in rank 10, 9.8, it closed one of four; in rank 11, 4.9, it brought nothing in
// two; nor did it on b_diabetes, rank 11, 3.3, in a fifth of the time of the run.
const leavesPerCone = 8

// hopeless says why no search for the bound over all patterns is attempted, "" where it is.
func (g *everywhere) hopeless() string {
	if g.o.BoundLeaves == 0 || g.s.p.Activation.Gated {
		return ""
	}
	cones := g.stack.Cones()
	if cones <= fewCones || g.o.BoundLeaves >= leavesPerCone*cones || g.stack.HasPieces() {
		return ""
	}
	return fmt.Sprintf("%d leaves are allowed, and a search over the %d cones that it begins with wants %d", g.o.BoundLeaves, cones, leavesPerCone*cones)
}

// fewCones is the number of cones of five columns: up to there a search over cones mostly
// ends.
const fewCones = 2 << 5

// overFewCones says that a search for the bound is one over the cones of few columns, which
// mostly ends. Pieces have been searched by exact pricing.
func (g *everywhere) overFewCones() bool {
	cones := g.stack.Cones()
	return !g.exact && !g.s.p.Activation.Gated && 0 < cones && cones <= fewCones
}

// globalMargin is the relative room between a scaled dual point and n beta: for
// the rounding errors of whoever checks the trees again.
const globalMargin = 1e-9

// GlobalDual scales nu into feasibility for all patterns, given a bound of
// m(nu): it returns t nu with t m(nu) <= n beta, summing to zero exactly where
// the problem has an intercept, the certificate of that, and the proved lower
// bound D(t nu) of the optimum over all patterns, at least 0.
func GlobalDual(p *program.Problem, nu []float64, b *sphere.NeuronBound) (scaled []float64, cert sphere.GlobalCertificate, bound float64) {
	lambda := p.Beta * float64(len(nu)) / (1 + globalMargin)
	cert = b.Certificate
	ofZero := sphere.Quadratic{Scale: 1, Mu: lambda / 4, Tau: lambda / 4} // enough for 0
	if t := loss.BestMultiple(p.LossOrSquared(), nu, p.Y, loss.LargestScale(lambda, b.Upper)).T; t > 0 {
		var room float64
		t, room, scaled, bound = balanced(p, cert, nu, t, lambda)
		up := t * (1 + globalMargin/4)
		cert.Pieces = cert.Pieces.Times(t)
		cert.QuadraticPlus, cert.QuadraticMinus = cert.QuadraticPlus.Times(up), cert.QuadraticMinus.Times(up)
		if b.Upper == 0 { // nu is at rows of zeros
			cert.QuadraticPlus, cert.QuadraticMinus = ofZero, ofZero
		}
		cert.ParabolasPlus, cert.ParabolasMinus = cert.ParabolasPlus.Times(t, up), cert.ParabolasMinus.Times(t, up)
		cert.BranchesPlus, cert.BranchesMinus = cert.BranchesPlus.Times(t, up), cert.BranchesMinus.Times(t, up)
		if room > 0 && cert.BranchesPlus != nil {
			cert.BranchesPlus.Widen(room)
			cert.BranchesMinus.Widen(room)
		} else if room > 0 {
			cert.ParabolasPlus.Widen(room)
			cert.ParabolasMinus.Widen(room)
		}
	}
	if !(bound > 0) {
		cert.QuadraticPlus, cert.QuadraticMinus = ofZero, ofZero
		cert.Plus, cert.Minus, cert.Pieces = nil, nil, nil
		cert.ParabolasPlus, cert.ParabolasMinus = nil, nil
		cert.BranchesPlus, cert.BranchesMinus = nil, nil
		return make([]float64, len(nu)), cert, 0
	}
	return scaled, cert, bound
}

// balanced is program.ScaledDual of t nu, with t so much smaller that what the entries that sum
// to zero exactly change, room, fits below lambda four times. That counts for rows of sizes
// far apart.
func balanced(p *program.Problem, cert sphere.GlobalCertificate, nu []float64, t, lambda float64) (smaller, room float64, scaled []float64, bound float64) {
	allowed := globalMargin / 4 * lambda
	for smaller = t; ; smaller = max(t*(1-allowed/lambda), 0) {
		scaled, bound = program.ScaledDual(p, nu, smaller)
		room = balancingRoom(p, cert, nu, scaled, smaller)
		if 4*room <= allowed || smaller == 0 {
			return smaller, room, scaled, bound
		}
		allowed = 8 * room
	}
}

// balancingRoom is what the parabolas of t nu may be off by for scaled, which is t nu but
// for entries that sum to zero exactly: 0 where there are no parabolas or no intercept.
func balancingRoom(p *program.Problem, cert sphere.GlobalCertificate, nu, scaled []float64, t float64) float64 {
	if cert.ParabolasPlus == nil && cert.BranchesPlus == nil || !p.Intercept {
		return 0
	}
	x, err := operator.NewDesign(p.X)
	if err != nil {
		return math.Inf(1)
	}
	delta := make([]float64, len(nu))
	for i, v := range nu {
		delta[i] = scaled[i] - t*v
	}
	slope := p.Activation.Slope
	if cert.BranchesPlus != nil {
		return max(cert.BranchesPlus.Room(x, delta, slope), cert.BranchesMinus.Room(x, delta, slope))
	}
	return max(cert.ParabolasPlus.Room(x, delta, slope), cert.ParabolasMinus.Room(x, delta, slope))
}
