package byrows

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/rowsum"
)

// Result is what a search found.
type Result struct {
	End          End
	Rounds       int
	Passes       int
	Primal, Dual float64 // proved bounds
	Own          float64 // objective of the network with weight decay, from above
	Network      program.Network
	Multipliers  []program.CellMultipliers
	Gates        *mat.Dense // of the patterns
	// Nu is the dual point and Words fills dst with a pattern's words from word first on: until the
	// search is closed.
	Nu    rowsum.Column
	Words func(dst []uint64, pattern, first int) error
}

const (
	// claimRoom is the relative room that the claims leave for a checker that adds up in blocks
	// of float64 what it cannot hold exactly: a thousandth of the usual tolerance.
	claimRoom = 1e-9
	// sumRoom is the room for the products X'A_p nu as a share of the sum of their terms' sizes: where
	// beta is small, that is many times n beta.
	sumRoom = 1e-12
	// domainRoom is how far inside the domain of the dual function nu is left, for what SumToZero
	// adds to make its sum 0.
	domainRoom = 16e-9
	// unbalanced is how large the sum of nu may be as a share of that of |nu|, to be made 0.
	unbalanced = 1e-8
	// centrings is how many passes bring the sum of nu to 0 at most.
	centrings = 12
	// pulls is how often a neuron is pulled towards its gate at most.
	pulls = 60
)

// certify makes the network and the dual point of the search's point, and proves their bounds.
func (s *Search) certify(ctx context.Context, beta float64, end End) (*Result, error) {
	r := &Result{End: end, Rounds: s.round, Gates: s.p.Gates, Words: s.run.Words}
	if err := s.dualOf(ctx, r); err != nil { // which is about the point as it is
		return nil, err
	}
	r.Nu = s.nu
	whole := s.at
	s.dropSmall()
	if err := s.primalOf(ctx, r, beta); err != nil {
		return nil, err
	}
	if len(s.at.blocks) < len(whole.blocks) && program.RelGap(r.Primal, r.Dual) > s.o.Tol { // they were more than that to kinks
		few := *r
		s.at = whole
		if err := s.primalOf(ctx, r, beta); err != nil {
			return nil, err
		}
		if few.Primal <= r.Primal {
			*r = few
		}
	}
	r.Passes = s.passes
	s.primal, s.dual, s.relGap = r.Primal, r.Dual, program.RelGap(r.Primal, r.Dual)
	s.report()
	return r, nil
}

// primalOf sets the network and the bounds of its objectives; a network that is no better than
// the constant alone is replaced by that.
func (s *Search) primalOf(ctx context.Context, r *Result, beta float64) error {
	if err := s.toNetwork(ctx, r); err != nil {
		return err
	}
	if err := s.above(ctx, r, beta); err != nil {
		return err
	}
	if len(r.Network.Neurons) == 0 {
		return nil
	}
	alone := Result{Network: program.Network{Activation: s.p.Activation, Constant: s.null}}
	if err := s.above(ctx, &alone, beta); err != nil {
		return err
	}
	if alone.Primal <= r.Primal {
		r.Network, r.Primal, r.Own = alone.Network, alone.Primal, alone.Own
	}
	return nil
}

// smallest is the share of the tolerance that the blocks dropped may cost: without them the
// objective is larger by twice what they add to the norms, at most and to first order.
const smallest = 0.02

// dropSmall drops the smallest blocks of the point, what the interior-point method leaves of
// those that are 0.
func (s *Search) dropSmall() {
	q := &s.at
	room := smallest * s.o.Tol * s.primal * float64(s.n) / s.lambda
	order := make([]int, len(q.blocks))
	for k := range order {
		order[k] = k
	}
	norm := make([]float64, len(q.blocks))
	operator.Norms(norm, q.u)
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(norm[a], norm[b]) })
	kept := point{constant: q.constant, u: blas64.General{Cols: s.d, Stride: s.d}}
	drop := make(map[int]bool)
	for _, k := range order {
		if room -= norm[k]; room < 0 {
			break
		}
		drop[k] = true
	}
	for k, b := range q.blocks {
		if !drop[k] {
			kept.blocks, kept.u.Data = append(kept.blocks, b), append(kept.u.Data, operator.RowOf(q.u, k)...)
		}
	}
	kept.u.Rows = len(kept.blocks)
	s.at = kept
}

// toNetwork balances the blocks' neurons and puts them into their cones, exactly.
func (s *Search) toNetwork(ctx context.Context, r *Result) error {
	q := &s.at
	w := operator.NewGeneral(len(q.blocks), s.d)
	alpha := make([]float64, len(q.blocks))
	for k, b := range q.blocks {
		u := operator.RowOf(q.u, k)
		alpha[k] = 1
		if !s.p.Activation.Gated {
			alpha[k] = math.Sqrt(floats.Norm(u, 2))
		}
		floats.ScaleTo(operator.RowOf(w, k), 1/alpha[k], u)
		alpha[k] *= b.sign
	}
	if err := s.intoCones(ctx, q.blocks, w); err != nil {
		return err
	}
	r.Network = program.Network{Activation: s.p.Activation, Constant: q.constant}
	for k, b := range q.blocks {
		nr := program.Neuron{Cell: b.pattern, W: operator.RowOf(w, k), Alpha: alpha[k]}
		if s.p.Activation.Gated {
			nr.Gate = s.cones[b.pattern].gate
		}
		r.Network.Neurons = append(r.Network.Neurons, nr)
	}
	return nil
}

// intoCones pulls neurons that violate a row in exact arithmetic towards their gates, which are
// inside: first by rounding, then farther.
func (s *Search) intoCones(ctx context.Context, blocks []block, w blas64.General) error {
	if s.p.Activation.Gated || len(blocks) == 0 {
		return nil
	}
	share := make([]float64, len(blocks))
	for range pulls {
		part, err := s.pass(ctx, &rowsum.Exact{W: w, Patterns: patternsOf(blocks)})
		if err != nil {
			return err
		}
		inside := true
		for k, rows := range part.Extreme {
			if len(rows) == 0 {
				continue
			}
			inside = false
			share[k] = min(1, max(4*share[k], 0x1p-50))
			g, own := s.cones[blocks[k].pattern].gate, operator.RowOf(w, k)
			size := floats.Norm(own, 2)
			floats.Scale(1-share[k], own)
			floats.AddScaled(own, share[k]*size/floats.Norm(g, 2), g)
			floats.Scale(size/floats.Norm(own, 2), own)
		}
		if inside {
			return nil
		}
	}
	return fmt.Errorf("solver: a neuron beside its gate violates a row of its cone")
}

// above bounds the network's objectives from above.
func (s *Search) above(ctx context.Context, r *Result, beta float64) error {
	norms, decay := 0.0, 0.0
	q := point{constant: r.Network.Constant}
	for _, nr := range r.Network.Neurons {
		size := floats.Norm(nr.W, 2)
		norms += math.Abs(nr.Alpha) * size
		decay += (size*size + nr.Alpha*nr.Alpha) / 2
		q.blocks = append(q.blocks, block{nr.Cell, 1})
		for _, v := range nr.W {
			q.u.Data = append(q.u.Data, nr.Alpha*v)
		}
	}
	q.u.Rows, q.u.Cols, q.u.Stride = len(q.blocks), s.d, s.d
	if s.p.Activation.Gated {
		decay = norms
	}
	pass := &rowsum.Above{At: q.byPattern(s.d), Cost: norms, Loss: s.p.Loss, Terms: (s.d + 2) * (len(q.blocks) + 1)}
	part, err := s.pass(ctx, pass)
	if err != nil {
		return err
	}
	data := pass.Value(part, s.n) / float64(s.n)
	r.Primal = (data + beta*norms) * (1 + claimRoom)
	r.Own = (data + beta*decay) * (1 + claimRoom)
	return nil
}

// dualOf sets the certificate: nu at the point, its sum 0 where there is an intercept, scaled
// into the constraints of all patterns, and its bound.
func (s *Search) dualOf(ctx context.Context, r *Result) error {
	t, err := s.dualPoint(ctx)
	if err != nil {
		return err
	}
	if s.p.Intercept {
		size := 0.0
		sum, err := s.sum(ctx, s.nu, func(v []float64) float64 { size += floats.Norm(v, 1); return floats.Sum(v) })
		if err != nil {
			return err
		}
		if math.Abs(sum) > unbalanced*size {
			t = 0 // it is not centred, which only the end of the context leaves
		}
	}
	for range centrings {
		if err := s.change(ctx, s.nu, func(v []float64) { floats.Scale(t, v) }); err != nil {
			return err
		}
		if s.p.Intercept {
			if err := s.sumToZero(ctx, s.nu); err != nil {
				return err
			}
		}
		part, err := s.pass(ctx, &rowsum.Products{Nu: s.nu, Loss: s.p.Loss, Patterns: s.patterns(), D: s.d})
		if err != nil {
			return err
		}
		multipliers, most := s.multipliers(part.Sum[rowsum.ProductProducts:])
		rounding := sumRoom * part.Sum[rowsum.ProductSize]
		inside := s.p.Loss != loss.LInf || part.Sum[rowsum.ProductAbsNu]*(1+claimRoom) <= float64(s.n)
		if most*(1+claimRoom/2)+rounding <= s.lambda && inside {
			bound := part.Sum[rowsum.ProductDual] - part.Sum[rowsum.ProductError]
			bound = bound/float64(s.n) - claimRoom*math.Abs(bound)/float64(s.n)
			if bound > 0 {
				r.Multipliers, r.Dual = multipliers, bound
				return nil
			}
			break
		}
		t = min(1, s.lambda/(most+2*rounding)) * (1 - claimRoom)
	}
	return s.change(ctx, s.nu, func(v []float64) { clear(v) })
}

// dualPoint sets nu at the point, its sum nearly 0 where there is an intercept, and returns what it
// is to be scaled with.
func (s *Search) dualPoint(ctx context.Context) (t float64, err error) {
	switch {
	case s.peaks != nil:
		return s.peaks.dualPoint(ctx)
	case s.kinks != nil:
		return s.barrierDualPoint(ctx)
	}
	sum, err := s.centred(ctx)
	if err != nil {
		return 0, err
	}
	s.price(sum[rowsum.PriceProducts:])
	t = s.multiple(sum) * (1 - claimRoom)
	if !s.curved.Quadratic() {
		t = min(t, 1-domainRoom)
	}
	return t, nil
}

// centred sets nu to the slopes at the point with the constant for which they sum to 0, nearly,
// where there is an intercept, and returns the sums of Prices there.
func (s *Search) centred(ctx context.Context) ([]float64, error) {
	at := s.at
	for k := 0; ; k++ {
		part, err := s.pass(ctx, s.pricing(&at, s.nu))
		if err != nil {
			return nil, err
		}
		sum := part.Sum
		size := math.Sqrt(sum[rowsum.PriceNuNu] * float64(s.n))
		if !s.p.Intercept || k == centrings || math.Abs(sum[rowsum.PriceNu]) <= 0x1p-40*size {
			return sum, nil
		}
		at.constant += sum[rowsum.PriceNu] / sum[rowsum.PriceWeight]
	}
}

// multipliers are those of all blocks at the products of nu, and the largest norm that is left.
func (s *Search) multipliers(products []float64) ([]program.CellMultipliers, float64) {
	var all []program.CellMultipliers
	most := 0.0
	q, sum := make([]float64, s.d), make([]float64, s.d)
	for p := range s.patterns() {
		for _, sign := range []int{1, -1} {
			floats.ScaleTo(q, float64(sign), products[p*s.d:(p+1)*s.d])
			norm := floats.Norm(q, 2)
			var mu []hyperplane.Multiplier
			if !s.p.Activation.Gated && norm*(1+claimRoom) > s.lambda {
				norm, mu = s.cones[p].project(sum, q)
			}
			most = max(most, norm)
			if len(mu) > 0 {
				all = append(all, program.CellMultipliers{Cell: p, Sign: sign, Mu: mu})
			}
		}
	}
	return all, most
}
