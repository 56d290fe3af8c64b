package solver

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// The search for a proof in parts.
type (
	// Prover grows a Proof from its open leaves, each by itself.
	Prover = sphere.Prover
	// Proof is a proof of m(nu) <= target in the making.
	Proof = sphere.Proof
	// ProofTree is a tree of a Proof.
	ProofTree = sphere.Tree
	// Way leads to a leaf of a Proof.
	Way = sphere.Way
	// ViolatedError says that a neuron exceeds the target.
	ViolatedError = sphere.ViolatedError
)

// Errors of a Prover.
var (
	ErrNoSearch   = sphere.ErrNoSearch
	ErrNoProgress = sphere.ErrNoProgress
	ErrNoWay      = sphere.ErrNoWay
)

// ErrNoRoom says that not even a dual point that is feasible for all patterns would
// prove the objective within the tolerance.
var ErrNoRoom = errors.New("the gap over the listed patterns leaves no room within the tolerance")

// Aim is what there is to prove of a program: m(Nu) <= Target, which shows that an
// objective is within a tolerance of the optimum over all patterns.
type Aim struct {
	Nu     []float64
	Target float64
}

// targetRoom is the part of the tolerance that is left to roundings, as of whoever
// encloses the bound again.
const targetRoom = 1e-3

// NewAim finds the largest target for the dual point nu (n) with which the bound is within
// the relative gap tol of the objective primal; ErrNoRoom where there is none.
func NewAim(p *Problem, nu []float64, primal, tol float64) (*Aim, error) {
	if p.Activation.Gated {
		return nil, errors.New("gated units have no bound over all patterns to search for")
	}
	lambda := p.Beta * float64(len(nu))
	proves := func(target float64) bool {
		_, _, bound := GlobalDual(p, nu, &sphere.NeuronBound{Upper: target})
		return program.RelGap(primal, bound) <= tol*(1-targetRoom)
	}
	// A dual point of a certificate is at most 1e6 times too small, and a target within
	// 2^-50 of the largest is as good.
	low, high := lambda*1e-6, lambda*2
	if !(lambda > 0) || !proves(low) {
		return nil, ErrNoRoom
	}
	return &Aim{slices.Clone(nu), largest(low, high, proves)}, nil
}

// largest is about the largest number between low and high that will do, low where none will, where those above one that
// will not do neither.
func largest(low, high float64, does func(float64) bool) float64 {
	for range 80 {
		middle := low + (high-low)/2
		if does(middle) {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}

// Prover prepares the proof of the aim. The rows' places on a line are those of
// BoundOptions.Line, and near the seeds large values are expected: one above the target
// is a ViolatedError.
func (a *Aim) Prover(ctx context.Context, p *Problem, line []float64, seeds [][]float64) (*Prover, error) {
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	if p.Activation.Gated || !(a.Target > 0) {
		return nil, fmt.Errorf("solver: nothing to prove of %v units with target %v", p.Activation, a.Target)
	}
	return sphere.NewStack(p.X, x, p.Activation, line).NewProver(ctx, a.Nu, a.Target, seeds)
}

// Proved is the dual point for all patterns that a proof without open leaves makes
// feasible, with its evidence, as GlobalDual.
func (a *Aim) Proved(p *Problem, prover *Prover, proof *Proof) (nu []float64, evidence GlobalCertificate, err error) {
	b, err := prover.Bound(proof)
	if err != nil {
		return nil, evidence, err
	}
	nu, evidence, _ = GlobalDual(p, a.Nu, b)
	return nu, evidence, nil
}
