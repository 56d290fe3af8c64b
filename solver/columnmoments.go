package solver

import (
	"context"
	"fmt"
	"math"

	"multigrade/solver/internal/moments"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

const (
	// relaxationWork is the most that a relaxation may cost: about ten seconds of two cores
	// for 250 x 24, twice as much for 300 x 9. Of a budget that is larger than the default it is relaxationPart: grade 2 of
	// 300 points of elevation, rank 37, comes to a gap of 0.36 with 6e10, and to less with more.
	relaxationWork, relaxationPart = 1e11, 0.25
	// relaxationShare of what is left is the most that its own, rougher count may come to.
	relaxationShare = 0.6
	// branchingWork is what trees may cost after that, for a small gap: ten seconds of one core; branchingPart that of a
	// larger budget.
	branchingWork, branchingPart = 2e11, 0.5
	// withTreesShare of what is left is the most for both.
	withTreesShare = 0.85
	// relaxationRate is about how many of these operations are made in a second: half of
	// what two cores with AVX-512 did (4.1e9 to 5.8e9 for 400 x 10 to 10,000 x 5).
	relaxationRate = 2e9
	// usefulShare of the objective is a bound that says something. A search over pieces that will not come to it is left.
	usefulShare = 0.1
	// hopelessShare is what a relaxation without triangles must prove where only augmented Lagrangians are affordable for these. Of second
	// and third grades of tables, it is without them and with them: .071 and .56 (392 x 22), .094 and .70 (768 x 34), .22 and .89 (768 x 19),
	// but .0385 both times (392 x 68) after seven CPU seconds.
	hopelessShare = 0.05
	// piecesClose is the gap up to which a search over pieces is not followed by a
	// relaxation: at 0.27 (2225 x 9) one of twenty CPU seconds brought nothing.
	piecesClose = 0.5
)

// relax bounds the optimum by moments where the search for the largest neuron has not
// closed the gap: it has a dual point of its own. Where the context of the search has
// ended, a relaxation that the grace pays for is made even so.
func (g *everywhere) relax(outer context.Context) {
	primal := g.s.best.Objective
	enough := g.o.Tol
	if g.exact {
		enough = piecesClose
	}
	if g.s.p.Activation.Gated || g.o.BoundLeaves == 0 || program.RelGap(primal, g.globalBound) <= enough {
		return
	}
	left := g.s.p.Account.Left()
	most, mostOfTrees := relaxationWork, branchingWork
	if !math.IsInf(g.budget, 1) {
		most, mostOfTrees = max(most, relaxationPart*g.budget), max(mostOfTrees, branchingPart*g.budget)
	}
	work, withTrees := min(most, relaxationShare*left), min(most+mostOfTrees, withTreesShare*left)
	ctx := g.ctx
	if ctx.Err() != nil {
		work, withTrees = min(work, relaxationRate*g.lastGrace().Seconds()), 0
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(context.WithoutCancel(outer), g.lastGrace())
		defer cancel()
	}
	b, _, reach := moments.Best(ctx, moments.Problem{
		X: g.s.x, Slope: g.s.p.Activation.Slope, Loss: g.s.p.LossOrSquared(), Y: g.s.p.Y, Beta: g.s.p.Beta, Intercept: g.s.p.Intercept,
		Useful: g.globalBound, Enough: primal * (1 - g.o.Tol), Hopeless: hopelessShare * primal, Best: primal, Work: work, WithTrees: withTrees,
	})
	if reach <= hopelessShare*primal && g.history == nil && g.notAttempted == "" {
		g.notAttempted = fmt.Sprintf("row by row the relaxation by moments proves at most %.2g%% of the objective, and the work does not suffice for what couples rows", 100*max(reach, 0)/primal)
	}
	if b == nil {
		return
	}
	g.keepBound(&sphere.NeuronBound{Upper: b.Upper, Method: "moments",
		Certificate: sphere.GlobalCertificate{ParabolasPlus: b.Plus, ParabolasMinus: b.Minus, BranchesPlus: b.BranchesPlus, BranchesMinus: b.BranchesMinus}}, b.Nu)
	g.s.report(PhaseBound, program.RelGap(primal, g.globalBound))
}
