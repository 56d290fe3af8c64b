package byrows

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/internal/dense"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

// The largest deviation is one of few rows: at the optimum about as many bind as the network has free
// numbers. Over some of the rows the optimum is at most that over all, and a dual point of theirs, 0
// elsewhere, is one of all. So the program is solved over some rows, and those that deviate more
// join them until none does: cutting planes (Kelley 1960).

const (
	// firstPeaks is how many rows there are to begin with, at least; peaksPerColumn for each column
	// of the blocks that enter first.
	firstPeaks     = 1024
	peaksPerColumn = 2
	// peaksAdded is how many rows a pass adds on either side, at most.
	peaksAdded = 256
	// A row that is below idlePeak times the level in idlePeaks rounds, one after the other, leaves:
	// of 250,000 rows, 100 patterns, 2300 were kept at most, and 515 at the end.
	idlePeak  = 0.7
	idlePeaks = 3
	// The first rounds are solved to a relative gap of coarsestPeaks, the next ones to nextPeaks times
	// the gap that all rows leave, down to finestPeaks times the tolerance.
	coarsestPeaks = 1e-2
	nextPeaks     = 0.01
	finestPeaks   = 0.05
	// peakEntries is how often blocks enter for the same rows, at most.
	peakEntries = 30
)

// peaks is the program over some rows, k of them, in the course of its solution.
type peaks struct {
	*Search
	rows  []int
	data  []float64 // k x d
	x     *mat.Dense
	y     []float64
	idle  []int       // rounds
	diag  [][]float64 // P x k: A_p
	level float64     // of the point over these rows
	nu    []float64   // there
	best  dualPeaks
}

// dualPeaks is a dual point that is 0 but at some rows, and what it proves, scaled into the
// constraints.
type dualPeaks struct {
	bound float64
	rows  []int
	nu    []float64
}

// peakRounds are those of the largest deviation. The point is the best in all cones that was found.
func (s *Search) peakRounds(ctx context.Context) (end End, err error) {
	var p progress
	s.peaks = &peaks{Search: s}
	best, least := s.at, s.scale // without neurons
	defer func() { s.at = best }()
	if err := s.peaks.begin(ctx); err != nil {
		return Stopped, err
	}
	finest, last := finestPeaks*s.o.Tol, 0.0
	for accuracy := max(coarsestPeaks, finest); ; {
		if err := s.peaks.solve(ctx, accuracy); err != nil {
			return Stopped, err
		}
		outside, err := s.violated(ctx, s.at.blocks, s.at.u)
		if err != nil {
			return Stopped, err
		}
		largest, more, err := s.peaks.look(ctx)
		if err != nil {
			return Stopped, err
		}
		if primal := s.objective(largest); !outside && primal < least {
			best, least = s.at, primal
		}
		s.judge(least, s.peaks.best.bound)
		if s.dual > (1+risen)*last {
			last, p.since = s.dual, 0
		}
		if end, ended := s.ended(&p); ended && (end != Reached || accuracy == finest) {
			return end, nil
		}
		if !outside && !more {
			if accuracy == finest {
				return NoProgress, nil
			}
			accuracy *= nextPeaks
		}
		accuracy = max(finest, min(accuracy, nextPeaks*s.relGap))
	}
}

// Peaks is how many rows of d columns are looked at together for the largest deviation, about and at most.
func Peaks(d int) int { return peaksToBegin(d) + 2*peaksAdded*idlePeaks }

func peaksToBegin(d int) int { return max(firstPeaks, peaksPerColumn*firstBlocks*d) }

// risen is by what share the bound rises in a round that brings something.
const risen = 1e-3

// objective is that of the point with a largest deviation.
func (s *Search) objective(largest float64) float64 {
	return largest + s.lambda/float64(s.n)*s.at.cost()
}

// begin takes rows from all over, and those of the largest deviations of the null model.
func (k *peaks) begin(ctx context.Context) error {
	count := min(k.n, peaksToBegin(k.d))
	for i := range count {
		if err := k.add(i * k.n / count); err != nil {
			return err
		}
	}
	k.take()
	_, _, err := k.look(ctx)
	return err
}

// add lists a row, unless it is.
func (k *peaks) add(row int) error {
	if slices.Contains(k.rows, row) {
		return nil
	}
	x, y := make([]float64, k.d), make([]float64, 1)
	if err := k.p.Rows.Read(x, y, nil, row); err != nil {
		return err
	}
	k.rows, k.data, k.y, k.idle = append(k.rows, row), append(k.data, x...), append(k.y, y[0]), append(k.idle, 0)
	return nil
}

// take finds what the patterns are at the rows listed.
func (k *peaks) take() {
	k.x = mat.NewDense(len(k.rows), k.d, k.data)
	k.diag = make([][]float64, k.patterns())
	a := operator.Activation{Slope: k.run.Slope}
	operator.Parallel(len(k.diag), func(p int) {
		k.diag[p] = make([]float64, len(k.rows))
		a.Diagonal(k.diag[p], hyperplane.PatternOf(k.x, k.cones[p].gate))
	})
}

// look takes the pass for the rows that deviate more than those listed, which join them, and says
// what the largest deviation of all is, and whether there were any.
func (k *peaks) look(ctx context.Context) (largest float64, more bool, err error) {
	pass := &rowsum.Deviations{At: k.at.byPattern(k.d), Rows: peaksAdded}
	part, err := k.pass(ctx, pass)
	if err != nil {
		return 0, false, err
	}
	k.leave()
	kept := len(k.rows)
	for _, side := range part.Extreme {
		for _, r := range side {
			if -r.Key <= k.level {
				break
			}
			if err := k.add(r.Index); err != nil {
				return 0, false, err
			}
		}
	}
	k.take()
	return pass.Largest(part), len(k.rows) > kept, nil
}

// leave takes out the rows that are idle.
func (k *peaks) leave() {
	var kept int
	for i, z := range k.predict() {
		if k.idle[i]++; math.Abs(z-k.y[i]) >= idlePeak*k.level {
			k.idle[i] = 0
		}
		if k.idle[i] == idlePeaks {
			continue
		}
		k.rows[kept], k.y[kept], k.idle[kept] = k.rows[i], k.y[i], k.idle[i]
		copy(k.data[kept*k.d:], k.data[i*k.d:(i+1)*k.d])
		kept++
	}
	k.rows, k.y, k.idle, k.data = k.rows[:kept], k.y[:kept], k.idle[:kept], k.data[:kept*k.d]
}

// predict is the point's prediction at the rows.
func (k *peaks) predict() []float64 {
	z := make([]float64, len(k.rows))
	floats.AddConst(k.at.constant, z)
	for j, b := range k.at.blocks {
		u := operator.RowOf(k.at.u, j)
		for i := range z {
			z[i] += b.sign * k.diag[b.pattern][i] * floats.Dot(k.x.RawRowView(i), u)
		}
	}
	return z
}

// solve minimises over the rows to a relative gap, blocks entering while they are violated, and keeps
// the bound if it is the best.
func (k *peaks) solve(ctx context.Context, accuracy float64) error {
	for range peakEntries {
		entered := k.enter()
		k.neverEmpty()
		if err := k.minimise(ctx, accuracy); err != nil {
			return err
		}
		bound := min(1, loss.LargestScale(k.lambda, k.largest())) * floats.Dot(k.nu, k.y) / float64(k.n)
		if bound > k.best.bound {
			k.best = dualPeaks{bound, slices.Clone(k.rows), k.nu}
		}
		if !entered || program.RelGap(k.objective(k.level), bound) <= accuracy {
			break
		}
	}
	return nil
}

// minimise goes to the solution over the rows and the working set, and prices all blocks there. The
// loss counts k times, in the place of n.
func (k *peaks) minimise(ctx context.Context, accuracy float64) error {
	d, share := k.d, float64(len(k.rows))/float64(k.n)
	q := &interior.Quadratic{D: d, Lambda: share * k.lambda, Account: k.o.Account}
	q.Peaks = &interior.Peaks{F: mat.NewDense(len(k.rows), len(k.blocks)*d, nil), Y: k.y, Intercept: k.p.Intercept}
	turned := operator.NewGeneral(len(k.rows), d)
	for j, b := range k.blocks {
		f := k.frame(b.pattern)
		q.Frames = append(q.Frames, f)
		dense.Gemm(blas.NoTrans, blas.Trans, 1, k.x.RawMatrix(), f.R.RawMatrix(), 0, turned)
		for i, a := range k.diag[b.pattern] {
			floats.ScaleTo(q.Peaks.F.RawRowView(i)[j*d:(j+1)*d], b.sign*a, operator.RowOf(turned, i))
		}
	}
	size := k.scale
	if k.level > 0 {
		size = min(size, k.objective(k.level))
	}
	found := q.Solve(ctx, accuracy/2*size*float64(len(k.rows)), quadraticSteps)
	if err := ctx.Err(); err != nil {
		return err
	}
	k.at = k.pointOf(q.Frames, found.V, modelAccuracy*accuracy*size*float64(k.n))
	k.at.constant = found.C
	k.level = 0
	for i, z := range k.predict() {
		k.level = max(k.level, math.Abs(z-k.y[i]))
	}
	k.nu = found.Slopes
	floats.Scale(-1/share, k.nu)
	k.priceRows()
	return nil
}

// priceRows sets values at nu.
func (k *peaks) priceRows() {
	products := make([]float64, k.patterns()*k.d)
	operator.Parallel(k.patterns(), func(p int) {
		own := products[p*k.d : (p+1)*k.d]
		for i, v := range k.nu {
			floats.AddScaled(own, v*k.diag[p][i], k.x.RawRowView(i))
		}
	})
	k.price(products)
}

// dualPoint sets the column of nu to the best dual point, and returns what it is to be scaled with.
func (k *peaks) dualPoint(ctx context.Context) (t float64, err error) {
	at := make(map[int]float64, len(k.best.rows))
	for i, row := range k.best.rows {
		at[row] = k.best.nu[i]
	}
	err = k.through(ctx, k.Search.nu, func(first int, v []float64) (bool, bool) {
		for i := range v {
			v[i] = at[first+i]
		}
		return true, true
	})
	return 1 - domainRoom, err
}
