package solver

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/byrows"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
)

// A program of many rows and few columns is solved by passes over blocks of its rows, in memory
// as out of core: nothing is kept for every row and block of the program.

// fewestRows is from how many rows on Auto does so, if there are rowsPerPair for each pair of columns,
// too: the models of the rounds have as many unknowns as columns times active blocks, which are
// several for each column. Measured on planted problems, 100 patterns, CPU time over that of the
// method otherwise taken: squares 5 columns, 1000 to 10,000 rows 0.7 to 0.15; 10 columns, 1000 to
// 10,000 rows 1.6, 0.9, 0.33 and 0.19; 20 columns, 1000 to 10,000 rows 5.7, 4.5, 3.8 and 1.7; 10
// columns, 5000 and 20,000 rows, the logistic loss 0.09 and less than 0.16, huber 0.44 and less
// than 0.2, l1 and hinge less than 0.55; 7 columns, 5000 rows, 30 patterns and 30,000 rows, 10
// patterns, linf 0.14 and 0.06.
const (
	fewestRows  = 5000
	rowsPerPair = 40
)

// rowsPerUnknown is how many rows there are at least for an unknown of a network with a loss with kinks, whose models
// each have the Gram matrix of all unknowns; with fewer Auto goes on by the method otherwise taken. Measured on planted
// problems, 5000 rows, 10 columns, CPU seconds and those of ADMM, quantile 0.2: 30 patterns at 0.02 and 0.003 beta_max,
// 22 and 16 rows for an unknown, 0.5, 1.5 and 3.6, 24; 100 patterns at 0.1, 0.02, 0.007 and 0.003, 16, 7, 6 and 5 rows,
// 2.1, 2.0; 5.8, 7.4; 11, 10; a gap of 5e-4 after 20, 8.5.
const rowsPerUnknown = 5

// manyRows says that n rows are many for d columns.
func manyRows(n, d int) bool { return n >= max(fewestRows, rowsPerPair*d*d) }

// byRows is p for passes over its rows, nil where it is not solved so.
func byRows(p *program.Problem) *byrows.Problem {
	x, dense := p.X.(*mat.Dense)
	n, d := p.X.Dims()
	if !dense || !manyRows(n, d) || len(p.Cells) == 0 {
		return nil
	}
	_, curved := loss.NewCurved(p.LossOrSquared())
	if _, boxed := loss.NewBoxed(p.LossOrSquared()); !curved && !boxed && p.LossOrSquared() != loss.LInf {
		return nil
	}
	q := &byrows.Problem{Rows: byrows.DenseRows{X: x, Y: p.Y}, Gates: mat.NewDense(len(p.Cells), d, nil), Patterns: make([]hyperplane.Pattern, len(p.Cells)),
		Activation: p.Activation, Loss: p.LossOrSquared(), Intercept: p.Intercept}
	for j, c := range p.Cells {
		q.Gates.SetRow(j, c.Gate)
		q.Patterns[j] = c.Pattern
	}
	return q
}

// rowsWork is about what the passes before the first round and those of the certificate take.
func rowsWork(q *byrows.Problem) float64 {
	const passes = 12
	n, d := q.Rows.Dims()
	return passes * float64(n) * float64(len(q.Patterns)) * (2*float64(d) + operator.PassWork)
}

// solveByRows is Solve; nil where the program is to be solved otherwise: what passes over the
// rows come to nothing with, too, and what they are stopped in before there is a neuron, for which
// the usual search has gates.
func (l *Restricted) solveByRows(ctx context.Context, o Options) (*Result, error) {
	p, _ := l.program()
	q := byRows(p)
	if q == nil || o.Method != Auto || p.Account.Left() < rowsWork(q) {
		return nil, nil
	}
	so := byrows.Options{Tol: o.Tol, Rounds: min(o.MaxIter, DefaultRowOptions().Rounds), Account: p.Account}
	if loss.Everywhere(p.LossOrSquared()) {
		so.Unknowns = len(p.Y) / rowsPerUnknown
	}
	if o.Progress != nil {
		so.Progress = func(at byrows.Progress) {
			o.Progress(Progress{Phase: "rows", Iteration: at.Round, Primal: at.Primal, Dual: at.Dual, RelGap: at.RelGap, Active: at.Active})
		}
	}
	if l.rows == nil {
		_, err := l.betaMaxByRows(ctx, q, so) // whose pricing the search begins with
		if err != nil && ctx.Err() != nil {   // which the usual search tells
			return nil, nil
		}
		if l.rows == nil || err != nil {
			return nil, err
		}
	}
	s := l.rows
	l.rows = nil // it is of one beta from here on
	s.SetOptions(so)
	out, err := solvedByRows(ctx, s, p, o.Tol)
	return out, errors.Join(err, s.Close())
}

// solvedByRows solves p by a search behind its BetaMax; nil where it comes to nothing.
func solvedByRows(ctx context.Context, s *byrows.Search, p *program.Problem, tol float64) (*Result, error) {
	r, err := s.Solve(ctx, p.Beta)
	if err != nil {
		return nil, err
	}
	out := resultByRows(ctx, r, tol)
	if out.Status == Stalled || r.End == byrows.Stopped && len(out.Network.Neurons) == 0 {
		return nil, nil
	}
	out.Certificate.Nu = make([]float64, len(p.Y))
	return out, r.Nu.Read(out.Certificate.Nu, 0)
}

// resultByRows is a Result without Nu.
func resultByRows(ctx context.Context, r *byrows.Result, tol float64) *Result {
	out := &Result{Method: fmt.Sprintf("%d passes over the rows", r.Passes), Iterations: r.Rounds,
		Primal: r.Primal, Dual: r.Dual, RelGap: program.RelGap(r.Primal, r.Dual), OwnObjective: r.Own,
		Network: r.Network, Certificate: program.Certificate{Multipliers: r.Multipliers}}
	switch {
	case out.RelGap <= tol:
		out.Status = Optimal
	case r.End == byrows.Stopped:
		out.Status = endedBy(ctx)
	case r.End == byrows.OutOfRounds:
		out.Status = Limit
	default:
		out.Status = Stalled
	}
	return out
}
