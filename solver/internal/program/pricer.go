package program

import (
	"context"
	"errors"
	"math"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
)

// Pricer evaluates the dual constraints of all listed blocks at a nu: for block
// (p, s) the value
//
//	max { s nu'A_pX w : |w| <= 1, S_pX w >= 0 } = | P_K(s X'A_p nu) | = | X'(s A_p nu + S_p mu) |
//
// with K the cone of p and mu its multipliers; |X'D_p nu| for gated blocks. A_p is
// the activation's diagonal.
// It keeps the multipliers of the last call to start the next projections from.
type Pricer struct {
	x          operator.Design
	N, D       int
	Cells      []hyperplane.Cell
	Blocks     []operator.Block
	Coned      bool // there are cones: the units are not gated
	activation Activation
	RowNorm    []float64
	projectors []*hyperplane.Projector

	corr   blas64.General // P x d: X'A_p nu
	Argmax blas64.General // B x d: the maximising direction, times the value
	rows   blas64.General // chunk x n
	Value  []float64      // per block, an upper bound including all rounding errors
	Rough  []bool         // per block: the value is much more than it would be if it were projected, or may be
	Mu     [][]hyperplane.Multiplier
}

// pricingChunk is the number of patterns expanded to masks at a time, with many rows as few as leastChunk.
const pricingChunk, leastChunk = 64, 8

func NewPricer(p *Problem, x operator.Design) *Pricer {
	n, d := x.Dims()
	pr := &Pricer{x: x, N: n, D: d, Cells: p.Cells, Blocks: BlocksOf(p), Coned: !p.Activation.Gated, activation: p.Activation}
	pr.RowNorm = operator.RowNorms(x)
	pr.corr = operator.NewGeneral(len(p.Cells), d)
	if pr.Coned {
		pr.Argmax = operator.NewGeneral(len(pr.Blocks), d)
	}
	pr.Value = make([]float64, len(pr.Blocks))
	pr.Rough = make([]bool, len(pr.Blocks))
	pr.Mu = make([][]hyperplane.Multiplier, len(pr.Blocks))
	if pr.Coned {
		pr.projectors = []*hyperplane.Projector{hyperplane.NewProjector(p.X)}
		for len(pr.projectors) < operator.MaxWorkers() {
			pr.projectors = append(pr.projectors, pr.projectors[0].Fork())
		}
	}
	return pr
}

// Price sets value and mu of every block at nu. Blocks with |X'A_p nu| <= cutoff
// are not projected: their value is that norm, their mu empty. A projection ends
// when it is clearly below the cutoff; the value is an upper bound all the same.
func (pr *Pricer) Price(ctx context.Context, nu []float64, cutoff float64) error {
	return pr.PriceSome(ctx, nu, cutoff, nil, len(pr.Blocks))
}

// PriceSome is Price that leaves blocks out: those given are projected, and of the others, in the order of
// |X'A_p nu|, as many as it takes to find so many above the cutoff. Those left out are rough, with that norm for their
// value.
func (pr *Pricer) PriceSome(ctx context.Context, nu []float64, cutoff float64, given []int, enough int) error {
	const clearly = 0.9
	for _, p := range pr.projectors {
		p.StopAt(clearly * cutoff)
		p.Within(ctx)
	}
	if err := pr.correlations(ctx, nu); err != nil {
		return err
	}
	u, base := operator.Roundoff(pr.N+2), pr.magnitude(nu)
	first := make(map[int]bool, len(given))
	for _, j := range given {
		first[j] = true
	}
	var own, others []int
	for j, b := range pr.Blocks {
		pr.Value[j], pr.Rough[j] = floats.Norm(operator.RowOf(pr.corr, b.Cell), 2)+u*base, false
		switch {
		case !pr.Coned || pr.Value[j] <= cutoff:
			pr.Mu[j] = pr.Mu[j][:0]
		case first[j]:
			own = append(own, j)
		default:
			others = append(others, j)
		}
	}
	atOnce := len(others)
	if enough < len(others) {
		sort.SliceStable(others, func(a, b int) bool { return pr.Value[others[a]] > pr.Value[others[b]] })
		atOnce = min(projectedAtOnce, enough)
	}
	for found := 0; len(own) > 0 || found < enough && len(others) > 0; {
		some := others[:min(atOnce, len(others))]
		if err := pr.projectAll(ctx, append(own, some...), u, base); err != nil {
			return err
		}
		for _, j := range some {
			if pr.Value[j] > cutoff {
				found++
			}
		}
		own, others = nil, others[len(some):]
	}
	for _, j := range others {
		pr.Mu[j], pr.Rough[j] = pr.Mu[j][:0], true
	}
	return nil
}

// projectAll projects blocks.
func (pr *Pricer) projectAll(ctx context.Context, blocks []int, u, base float64) error {
	errs := make([]error, len(blocks))
	operator.ParallelWorkers(len(blocks), func(w, k int) {
		if errs[k] = ctx.Err(); errs[k] == nil {
			j := blocks[k]
			pr.Rough[j], errs[k] = false, pr.project(pr.projectors[w], j, operator.RowOf(pr.corr, pr.Blocks[j].Cell), u, base)
		}
	})
	return errors.Join(errs...)
}

// projectionWork is about the cost of a projection: as many rows become active as can, or
// half of them twice, each after a product with X, and the factor of those before takes it in.
func (pr *Pricer) projectionWork() float64 {
	steps := float64(min(pr.N, pr.D) + 1)
	return steps * (8*float64(pr.x.Stored()) + 12*float64(pr.N) + 16*steps*float64(pr.D))
}

// ProjectionWork is about the cost of the projections of a pricing.
func (pr *Pricer) ProjectionWork() float64 {
	if !pr.Coned {
		return 0
	}
	return float64(len(pr.Blocks)) * pr.projectionWork()
}

// magnitude is sum |nu_i| |x_i|, with room for a change of every nu_i by a few
// units in the last place of the largest.
func (pr *Pricer) magnitude(nu []float64) float64 {
	largest := floats.Norm(nu, math.Inf(1)) * 4 / float64(pr.N)
	sum := 0.0
	for i, v := range nu {
		sum += (math.Abs(v) + largest) * pr.RowNorm[i]
	}
	return sum
}

// project finds the multipliers of block j and evaluates |X'(s A nu + S mu)|
// from them.
func (pr *Pricer) project(proj *hyperplane.Projector, j int, c []float64, u, base float64) error {
	b := pr.Blocks[j]
	pattern := pr.Cells[b.Cell].Pattern
	sc, w := make([]float64, pr.D), operator.RowOf(pr.Argmax, j)
	floats.ScaleTo(sc, b.Sign, c)
	mu, err := proj.Project(w, sc, pattern, pr.Mu[j])
	pr.x.Book(proj.Operations())
	if err != nil {
		return err
	}
	pr.Mu[j] = append(pr.Mu[j][:0], mu...)
	pr.evaluate(j, sc, u, base)
	return nil
}

// evaluate adds S mu X of block j to sc = s X'A nu and takes its norm for the value if
// that is less than without mu.
func (pr *Pricer) evaluate(j int, sc []float64, u, base float64) {
	pattern := pr.Cells[pr.Blocks[j].Cell].Pattern
	for _, m := range pr.Mu[j] {
		s := -m.Value
		if pattern.Active(m.Row) {
			s = m.Value
		}
		pr.x.Row(m.Row, func(col int, v float64) { sc[col] += s * v })
		base += m.Value * pr.RowNorm[m.Row]
	}
	if v := floats.Norm(sc, 2) + u*base; v < pr.Value[j] {
		pr.Value[j] = v
	} else {
		pr.Mu[j] = pr.Mu[j][:0]
	}
}

// PriceWith sets value of every block at the nu of c with the multipliers of c, without
// looking for others.
func (pr *Pricer) PriceWith(ctx context.Context, c *Certificate) error {
	if err := pr.correlations(ctx, c.Nu); err != nil {
		return err
	}
	index := make(map[operator.Block]int, len(pr.Blocks))
	u, base := operator.Roundoff(pr.N+2), pr.magnitude(c.Nu)
	for j, b := range pr.Blocks {
		index[b] = j
		pr.Value[j], pr.Mu[j] = floats.Norm(operator.RowOf(pr.corr, b.Cell), 2)+u*base, pr.Mu[j][:0]
	}
	sc := make([]float64, pr.D)
	for _, m := range c.Multipliers {
		j := index[operator.Block{Cell: m.Cell, Sign: float64(m.Sign)}]
		pr.Mu[j] = append(pr.Mu[j], m.Mu...)
		floats.ScaleTo(sc, float64(m.Sign), operator.RowOf(pr.corr, m.Cell))
		pr.evaluate(j, sc, u, base)
	}
	return nil
}

// correlations sets corr to the rows X'A_p nu.
func (pr *Pricer) correlations(ctx context.Context, nu []float64) error {
	chunk := min(pricingChunk, max(leastChunk, operator.RowsAtOnce(pr.N)))
	if k := min(chunk, len(pr.Cells)); k > pr.rows.Rows {
		pr.rows = operator.NewGeneral(k, pr.N)
	}
	for lo := 0; lo < len(pr.Cells); lo += chunk {
		if err := ctx.Err(); err != nil {
			return err
		}
		k := min(chunk, len(pr.Cells)-lo)
		pr.x.Book(2 * operator.PassWork * float64(k*pr.N))
		operator.Parallel(k, func(j int) {
			row := operator.RowOf(pr.rows, j)
			pr.activation.Diagonal(row, pr.Cells[lo+j].Pattern)
			floats.Mul(row, nu)
		})
		t := blas64.General{Rows: k, Cols: pr.N, Stride: pr.N, Data: pr.rows.Data[:k*pr.N]}
		c := blas64.General{Rows: k, Cols: pr.D, Stride: pr.D, Data: pr.corr.Data[lo*pr.D : (lo+k)*pr.D]}
		pr.x.MulTrans(c, t)
	}
	return nil
}

// Correlation is X'A_p nu of cell p at the nu priced last, a view.
func (pr *Pricer) Correlation(p int) []float64 { return operator.RowOf(pr.corr, p) }

// Direction is that of the best neuron of block j.
func (pr *Pricer) Direction(j int) direction.Signed {
	w := operator.RowOf(pr.Argmax, j)
	return direction.Signed{W: w, Norm: floats.Norm(w, 2), Sign: pr.Blocks[j].Sign}
}

// projectedAtOnce blocks are projected before the largest value is looked at again, fewer where
// the work does not suffice for that, but one.
const projectedAtOnce = 16

// PriceLargest sets value such that its maximum is that of the projections:
// blocks are taken in the order of |X'A_p nu|, a few at a time, and need only be
// shown to be below the largest so far. After so much work the rest stay upper bounds.
func (pr *Pricer) PriceLargest(ctx context.Context, nu []float64, work float64) error {
	if !pr.Coned {
		return pr.Price(ctx, nu, 0)
	}
	atOnce := int(max(1, min(projectedAtOnce, work/pr.projectionWork()))) // whatever the number of processors, for the same bits
	if err := pr.correlations(ctx, nu); err != nil {
		return err
	}
	u, base := operator.Roundoff(pr.N+2), pr.magnitude(nu)
	order := make([]int, len(pr.Blocks))
	for j, b := range pr.Blocks {
		order[j], pr.Value[j], pr.Rough[j] = j, floats.Norm(operator.RowOf(pr.corr, b.Cell), 2)+u*base, true
	}
	sort.SliceStable(order, func(a, b int) bool { return pr.Value[order[a]] > pr.Value[order[b]] })
	best, begun := 0.0, pr.x.Account().Booked()
	for lo := 0; lo < len(order) && pr.Value[order[lo]] > best && pr.x.Account().Booked()-begun < work; lo += atOnce {
		some := order[lo:min(lo+atOnce, len(order))]
		for _, p := range pr.projectors {
			p.StopAt(best)
			p.Within(ctx)
		}
		if err := pr.projectAll(ctx, some, u, base); err != nil {
			return err
		}
		for _, j := range some {
			best = max(best, pr.Value[j])
		}
	}
	return nil
}

// Largest is max over the blocks of value, m(nu) over the listed patterns.
func (pr *Pricer) Largest() float64 {
	if len(pr.Value) == 0 {
		return 0
	}
	return floats.Max(pr.Value)
}

// Grow adapts the pricer to cells that were appended to those of its problem.
func (pr *Pricer) Grow(p *Problem) {
	pr.Cells, pr.Blocks = p.Cells, BlocksOf(p)
	pr.corr = operator.ResizeRows(pr.corr, len(pr.Cells))
	if pr.Coned {
		pr.Argmax = operator.ResizeRows(pr.Argmax, len(pr.Blocks))
	}
	more := len(pr.Blocks) - len(pr.Value)
	pr.Value = append(pr.Value, make([]float64, more)...)
	pr.Rough = append(pr.Rough, make([]bool, more)...)
	pr.Mu = append(pr.Mu, make([][]hyperplane.Multiplier, more)...)
}
