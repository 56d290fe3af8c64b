package run

import (
	"multigrade/proofs"
	"multigrade/solver"
)

// claimGlobal adds to c the claim for all patterns: the dual point nu, a lower bound of D
// there and the evidence for it that solver.GlobalDual returned. c.Network.Primal is final.
// The status is optimal where the gap is within c.Gap.Tol, else the one given.
func claimGlobal(c *proofs.Certificate, nu []float64, bound float64, evidence solver.GlobalCertificate, otherwise string) {
	g := &proofs.Global{Nu: nu, Bound: bound, Rel: proofs.RelGap(c.Network.Primal, bound), Status: otherwise}
	if g.Rel <= c.Gap.Tol {
		g.Status = proofs.StatusOptimal
	}
	switch {
	case evidence.Pieces != nil:
		g.Pieces = claimPieces(evidence.Pieces)
	case evidence.ParabolasPlus != nil:
		g.ParabolasPlus, g.ParabolasMinus = claimParabolas(evidence.ParabolasPlus), claimParabolas(evidence.ParabolasMinus)
	case evidence.BranchesPlus != nil:
		g.BranchesPlus, g.BranchesMinus = claimBranches(evidence.BranchesPlus), claimBranches(evidence.BranchesMinus)
	case evidence.Plus != nil:
		g.Plus, g.Minus = evidence.Plus, evidence.Minus
	default:
		g.QuadraticPlus, g.QuadraticMinus = proofs.Quadratic(evidence.QuadraticPlus), proofs.Quadratic(evidence.QuadraticMinus)
	}
	c.Global = g
}

func claimParabolas(p *solver.Parabolas) *proofs.Parabolas {
	out := &proofs.Parabolas{Mu: p.Mu, Tau: p.Tau, Slope: p.Slope, Curvature: p.Curvature, Signs: p.Signs}
	for _, t := range p.Transfers {
		moved := proofs.Transfer{Row: t.Row, Weight: t.Weight, Curvature: t.Curvature}
		for _, a := range t.Terms {
			moved.Terms = append(moved.Terms, proofs.Term(a))
		}
		out.Transfers = append(out.Transfers, moved)
	}
	return out
}

func claimBranches(tree []solver.BranchNode) (out []proofs.BranchNode) {
	for _, node := range tree {
		n := proofs.BranchNode{Row: node.Row}
		if node.Leaf != nil {
			n.Leaf = claimParabolas(node.Leaf)
		}
		out = append(out, n)
	}
	return out
}

func claimPieces(c *solver.PiecesCertificate) *proofs.Pieces {
	out := &proofs.Pieces{Knots: c.Knots}
	for _, g := range c.Groups {
		out.Groups = append(out.Groups, proofs.PieceGroup(g))
	}
	for _, n := range c.Plus {
		out.Plus = append(out.Plus, proofs.PieceNode(n))
	}
	for _, n := range c.Minus {
		out.Minus = append(out.Minus, proofs.PieceNode(n))
	}
	return out
}
