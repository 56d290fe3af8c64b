package run

import (
	"multigrade/grade"
	"multigrade/hyperplane"
	"multigrade/proofs"
	"multigrade/solver"
)

// certificate puts the result of one output of a grade into the terms of package
// proofs, its loss being l: the claim over its patterns, and that over all patterns where there is
// a proof.
func certificate(s *grade.Solved, l solver.Loss, o *grade.Options) *proofs.Certificate {
	c := listedClaim(s, l, o)
	if b := &s.Evidence.Bound; o.Scope != grade.Restricted && b.Nu != nil {
		claimGlobal(c, b.Nu, b.Value, b.Evidence, s.Status.String())
	}
	return c
}

// listedClaim is the certificate over the patterns of the output's program, whose loss is l.
func listedClaim(s *grade.Solved, l solver.Loss, o *grade.Options) *proofs.Certificate {
	e, r := s.Evidence, s.Evidence.Result
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: e.Rows, Cols: e.Dim, Activation: o.Activation.String(), Loss: l.Name(),
			Intercept: o.Intercept, Beta: s.Output.Beta, Ridge: o.Penalty == grade.Ridge, SHA256: s.Hash},
		Network:  proofs.Network{Constant: r.Network.Constant, Primal: r.Primal, Objective: r.OwnObjective},
		Dual:     proofs.Dual{Scope: proofs.ScopeRestricted, Nu: r.Certificate.Nu, Bound: r.Dual},
		Patterns: make([]proofs.Pattern, e.Patterns()),
		Gap:      proofs.Gap{Rel: proofs.RelGap(r.Primal, r.Dual), Tol: o.Tol, Status: r.Status.String()},
	}
	c.Program.Threshold, _ = solver.Parameter(l)
	c.Program.Offset, c.Program.Shifted = e.Offset, e.Offset != nil || e.Shifted
	c.Program.Weights, c.Program.Weighted = e.Weight, e.Weight != nil
	for _, u := range r.Network.Neurons {
		c.Network.Neurons = append(c.Network.Neurons, proofs.Neuron{Pattern: u.Cell, Alpha: u.Alpha, W: u.W, Gate: u.Gate})
	}
	for k, cell := range e.Cells {
		c.Patterns[k].Words = cell.Pattern.Words()
	}
	for _, m := range r.Certificate.Multipliers {
		p := &c.Patterns[m.Cell]
		if m.Sign > 0 {
			p.Plus = multipliers(m.Mu)
		} else {
			p.Minus = multipliers(m.Mu)
		}
	}
	return c
}

func multipliers(mu []hyperplane.Multiplier) []proofs.Multiplier {
	out := make([]proofs.Multiplier, len(mu))
	for k, m := range mu {
		out[k] = proofs.Multiplier{Row: m.Row, Value: m.Value}
	}
	return out
}
