package grade

import (
	"slices"

	"multigrade/hyperplane"
	"multigrade/solver"
)

// Account tells in numbers how the program of one output of one grade was
// solved.
type Account struct {
	Rank          int    // of X_k, exact; out of core of a thousand of its rows or more
	Patterns      int    // listed at the end
	PatternsTotal string // number of all patterns in decimal, "" where it was not counted
	Complete      bool   // all patterns are listed, but for the one without an active row
	// BetaMax is the regularisation from which on the zero network is optimal, of Ridge
	// solver.RidgeScale.
	BetaMax float64
	Method  string // of the solver
	// Iterations of the solver, and rounds of pricing in scope global.
	Iterations, Rounds int
	// Work is what all of it took, in 1e9 floating-point operations (solver.Account).
	Work float64
	// Primal is an upper bound of the network's objective, Dual a lower bound of
	// the optimum over the listed patterns, RelGap their solver.RelGap.
	Primal, Dual, RelGap float64
	// Listed is how the solve over the listed patterns ended, Status how the
	// output ended at the scope asked for.
	Listed, Status solver.Status
	// GlobalBound is a lower bound of the optimum over all patterns,
	// GlobalRelGap its gap to Primal, GlobalMethod how it was found.
	GlobalBound, GlobalRelGap float64
	GlobalMethod              string
	// NotAttempted says why there was no search for GlobalBound, as GlobalResult has it.
	NotAttempted string
	Violation    float64 // solver.ConeViolation of the convex program's network
	// Replaced says that the solver's network would have raised the training loss
	// or, of labels, their squares: Multiple of it is in its place, 0 the zero network.
	Replaced bool
	Multiple float64
	// Kept is nil without a budget of neurons.
	Kept *Kept
	// Decomposition is nil unless gated networks become ReLU networks.
	Decomposition *Decomposition
	// DeadZone is nil without one.
	DeadZone *DeadZone
}

// Solved is one output of one grade: its part of the model, the account, and
// what proves the account.
type Solved struct {
	Account
	Output   Output
	Hash     string    // ProgramHash of X_k, Target, Offset and Weight
	Evidence *Evidence // nil of one that an earlier run finished
}

// Evidence proves an Account.
type Evidence struct {
	Rows, Dim int       // n and d_k of X_k
	Target    []float64 // e_{k-1} on the training rows, of a loss of margins the labels
	Offset    []float64 // f_1 + ... + f_{k-1} of a loss of margins for k > 1, else nil
	Weight    []float64 // of the rows in the loss, nil without
	Cells     []hyperplane.Cell
	// Shifted says, out of core, that the program has an Offset.
	Shifted bool
	// Rowwise has, out of core, the patterns in the place of Cells, and nu of Result: while Solved
	// is called.
	Rowwise *solver.RowEvidence
	// Result as the solver returned it, its neurons gathered; when Replaced,
	// with the network kept and the values that belong to it.
	Result *solver.Result
	Bound  Bound // of the optimum over all patterns, in either scope
}

// Patterns is how many the program has.
func (e *Evidence) Patterns() int {
	if e.Rowwise != nil {
		_, patterns := e.Rowwise.Dims()
		return patterns
	}
	return len(e.Cells)
}

// Trained is the account of one grade.
type Trained struct {
	Grade   *Grade
	Scope   Scope
	Outputs []*Solved // one per target
	Choice  *Choice   // of beta, nil where it was given
}

// Status is the worst of the outputs'.
func (g *Trained) Status() solver.Status {
	return g.worst(func(s *Solved) solver.Status { return s.Status })
}

// cut says that the time or an interruption ended an output.
func (g *Trained) cut() bool {
	return slices.ContainsFunc(g.Outputs, func(s *Solved) bool { return cutShort(s.Status) })
}

// cutShort says that the clock or an interruption was the end.
func cutShort(s solver.Status) bool { return s == solver.TimeLimit || s == solver.Interrupted }

func (g *Trained) worst(of func(*Solved) solver.Status) solver.Status {
	status := solver.Optimal
	for _, s := range g.Outputs {
		status = max(status, of(s))
	}
	return status
}

// Sum is the account of the grade as a whole: sums over the outputs, the gaps
// those of the sums, the largest violation, the worst status.
func (g *Trained) Sum() Account {
	if len(g.Outputs) == 1 {
		return g.Outputs[0].Account
	}
	first := g.Outputs[0]
	a := Account{Rank: first.Rank, PatternsTotal: first.PatternsTotal, Complete: true, Method: first.Method, GlobalMethod: first.GlobalMethod,
		Status: g.Status(), NotAttempted: first.NotAttempted, Listed: g.worst(func(s *Solved) solver.Status { return s.Listed })}
	for _, s := range g.Outputs {
		a.Patterns += s.Patterns
		a.BetaMax += s.BetaMax
		a.Iterations += s.Iterations
		a.Rounds += s.Rounds
		a.Work += s.Work
		a.Primal += s.Primal
		a.Dual += s.Dual
		a.GlobalBound += s.GlobalBound
		a.Complete = a.Complete && s.Complete
		a.Replaced = a.Replaced || s.Replaced
		a.Violation = max(a.Violation, s.Violation)
		a.Kept = a.Kept.plus(s.Kept)
		a.Decomposition = a.Decomposition.plus(s.Decomposition)
		a.DeadZone = a.DeadZone.plus(s.DeadZone)
		if s.Method != a.Method {
			a.Method = "several"
		}
		if s.GlobalMethod != a.GlobalMethod {
			a.GlobalMethod = "several"
		}
	}
	a.RelGap = solver.RelGap(a.Primal, a.Dual)
	a.GlobalRelGap = solver.RelGap(a.Primal, a.GlobalBound)
	if a.Decomposition != nil {
		a.Decomposition.RelGap = solver.RelGap(a.Decomposition.Objective, a.Dual)
	}
	if a.DeadZone != nil {
		a.DeadZone.Open /= float64(len(g.Outputs))
	}
	if a.Kept != nil {
		a.Kept.RelGap, a.Kept.GlobalRelGap = solver.RelGap(a.Kept.Objective, a.Dual), solver.RelGap(a.Kept.Objective, a.GlobalBound)
	}
	return a
}
