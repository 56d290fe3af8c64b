package main

import (
	"multigrade/grade"
	"multigrade/hyperplane"
	"multigrade/proofs"
)

// certificate puts a grade's result into the terms of package proofs: the claim
// over its patterns, and that over all patterns where the grade has a proof.
func certificate(g *grade.Trained, o *grade.Options) (*proofs.Certificate, error) {
	c := listedClaim(g, o)
	if g.Scope == grade.Restricted || g.Bound.Nu == nil {
		return c, nil
	}
	return c, claimGlobal(c, g.Bound.Nu, g.Bound.Evidence, g.Target, g.Status(o.Tol).String())
}

// listedClaim is the certificate over the patterns of the grade's program.
func listedClaim(g *grade.Trained, o *grade.Options) *proofs.Certificate {
	r := g.Result
	c := &proofs.Certificate{
		Program: proofs.Program{Rows: g.Rows, Cols: g.Dim, Activation: g.Grade.Activation, Loss: g.Grade.Loss,
			Intercept: o.Intercept, Beta: g.Grade.Outputs[0].Beta, SHA256: g.Hash},
		Network:  proofs.Network{Constant: r.Network.Constant, Primal: r.Primal, Objective: r.OwnObjective},
		Dual:     proofs.Dual{Scope: proofs.ScopeRestricted, Nu: r.Certificate.Nu, Bound: r.Dual},
		Patterns: make([]proofs.Pattern, len(g.Patterns.Cells)),
		Gap:      proofs.Gap{Rel: proofs.RelGap(r.Primal, r.Dual), Tol: o.Tol, Status: r.Status.String()},
	}
	for _, u := range r.Network.Neurons {
		c.Network.Neurons = append(c.Network.Neurons, proofs.Neuron{Pattern: u.Cell, Alpha: u.Alpha, W: u.W, Gate: u.Gate})
	}
	for k, cell := range g.Patterns.Cells {
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
