package solver

import (
	"context"
	"errors"
	"math"
	"sort"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
)

// pricer evaluates the dual constraints of all listed blocks at a nu: for block
// (p, s) the value
//
//	max { s nu'D_pX w : |w| <= 1, S_pX w >= 0 } = | P_K(s X'D_p nu) | = | X'(s D_p nu + S_p mu) |
//
// with K the cone of p and mu its multipliers; |X'D_p nu| for gated blocks.
// It keeps the multipliers of the last call to start the next projections from.
type pricer struct {
	x          design
	n, d       int
	cells      []hyperplane.Cell
	blocks     []block
	relu       bool
	rowNorm    []float64
	projectors []*hyperplane.Projector

	corr   blas64.General // P x d: X'D_p nu
	argmax blas64.General // B x d: the maximising direction, times the value
	rows   blas64.General // chunk x n
	value  []float64      // per block, an upper bound including all rounding errors
	mu     [][]hyperplane.Multiplier
}

// pricingChunk is the number of patterns expanded to masks at a time.
const pricingChunk = 64

func newPricer(p *Problem, x design) *pricer {
	n, d := x.dims()
	pr := &pricer{x: x, n: n, d: d, cells: p.Cells, blocks: blocksOf(p), relu: p.Activation == ReLU}
	pr.rowNorm = rowNorms(x)
	pr.corr = newGeneral(len(p.Cells), d)
	if pr.relu {
		pr.argmax = newGeneral(len(pr.blocks), d)
	}
	pr.rows = newGeneral(min(pricingChunk, len(p.Cells)), n)
	pr.value = make([]float64, len(pr.blocks))
	pr.mu = make([][]hyperplane.Multiplier, len(pr.blocks))
	if pr.relu {
		pr.projectors = []*hyperplane.Projector{hyperplane.NewProjector(p.X)}
		for len(pr.projectors) < maxWorkers() {
			pr.projectors = append(pr.projectors, pr.projectors[0].Fork())
		}
	}
	return pr
}

// price sets value and mu of every block at nu. Blocks with |X'D_p nu| <= cutoff
// are not projected: their value is that norm, their mu empty. A projection ends
// when it is clearly below the cutoff; the value is an upper bound all the same.
func (pr *pricer) price(ctx context.Context, nu []float64, cutoff float64) error {
	const clearly = 0.9
	for _, p := range pr.projectors {
		p.StopAt(clearly * cutoff)
	}
	pr.correlations(nu)
	u, base := roundoff(pr.n+2), pr.magnitude(nu)
	errs := make([]error, len(pr.blocks))
	parallelWorkers(len(pr.blocks), func(w, j int) {
		b := pr.blocks[j]
		c := rowOf(pr.corr, b.cell)
		pr.value[j] = floats.Norm(c, 2) + u*base
		if !pr.relu || pr.value[j] <= cutoff {
			pr.mu[j] = pr.mu[j][:0]
			return
		}
		if errs[j] = ctx.Err(); errs[j] != nil {
			return
		}
		errs[j] = pr.project(pr.projectors[w], j, c, u, base)
	})
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// magnitude is sum |nu_i| |x_i|, with room for a change of every nu_i by a few
// units in the last place of the largest.
func (pr *pricer) magnitude(nu []float64) float64 {
	largest := floats.Norm(nu, math.Inf(1)) * 4 / float64(pr.n)
	sum := 0.0
	for i, v := range nu {
		sum += (math.Abs(v) + largest) * pr.rowNorm[i]
	}
	return sum
}

// project finds the multipliers of block j and evaluates |X'(s D nu + S mu)|
// from them.
func (pr *pricer) project(proj *hyperplane.Projector, j int, c []float64, u, base float64) error {
	b := pr.blocks[j]
	pattern := pr.cells[b.cell].Pattern
	sc, w := make([]float64, pr.d), rowOf(pr.argmax, j)
	floats.ScaleTo(sc, b.sign, c)
	mu, err := proj.Project(w, sc, pattern, pr.mu[j])
	if err != nil {
		return err
	}
	pr.mu[j] = append(pr.mu[j][:0], mu...)
	for _, m := range mu {
		s := -m.Value
		if pattern.Active(m.Row) {
			s = m.Value
		}
		pr.x.row(m.Row, func(col int, v float64) { sc[col] += s * v })
		base += m.Value * pr.rowNorm[m.Row]
	}
	if v := floats.Norm(sc, 2) + u*base; v < pr.value[j] {
		pr.value[j] = v
	} else {
		pr.mu[j] = pr.mu[j][:0]
	}
	return nil
}

// correlations sets corr to the rows X'D_p nu.
func (pr *pricer) correlations(nu []float64) {
	for lo := 0; lo < len(pr.cells); lo += pricingChunk {
		k := min(pricingChunk, len(pr.cells)-lo)
		parallel(k, func(j int) {
			row := rowOf(pr.rows, j)
			fillMask(row, pr.cells[lo+j].Pattern)
			floats.Mul(row, nu)
		})
		t := blas64.General{Rows: k, Cols: pr.n, Stride: pr.n, Data: pr.rows.Data[:k*pr.n]}
		c := blas64.General{Rows: k, Cols: pr.d, Stride: pr.d, Data: pr.corr.Data[lo*pr.d : (lo+k)*pr.d]}
		pr.x.mulTrans(c, t)
	}
}

// cosine is that of the angle between the best neurons of two blocks.
func (pr *pricer) cosine(j, k int) float64 {
	a, b := rowOf(pr.argmax, j), rowOf(pr.argmax, k)
	return floats.Dot(a, b) / math.Max(floats.Norm(a, 2)*floats.Norm(b, 2), math.SmallestNonzeroFloat64)
}

// priceLargest sets value such that its maximum is that of the projections:
// blocks are taken in the order of |X'D_p nu|, a few at a time, and need only be
// shown to be below the largest so far.
func (pr *pricer) priceLargest(ctx context.Context, nu []float64) error {
	if !pr.relu {
		return pr.price(ctx, nu, 0)
	}
	const atOnce = 16 // whatever the number of processors, for the same bits
	pr.correlations(nu)
	u, base := roundoff(pr.n+2), pr.magnitude(nu)
	order := make([]int, len(pr.blocks))
	for j, b := range pr.blocks {
		order[j], pr.value[j] = j, floats.Norm(rowOf(pr.corr, b.cell), 2)+u*base
	}
	sort.SliceStable(order, func(a, b int) bool { return pr.value[order[a]] > pr.value[order[b]] })
	best := 0.0
	for lo := 0; lo < len(order) && pr.value[order[lo]] > best; lo += atOnce {
		some := order[lo:min(lo+atOnce, len(order))]
		for _, p := range pr.projectors {
			p.StopAt(best)
		}
		errs := make([]error, len(some))
		parallelWorkers(len(some), func(w, k int) {
			if errs[k] = ctx.Err(); errs[k] == nil {
				errs[k] = pr.project(pr.projectors[w], some[k], rowOf(pr.corr, pr.blocks[some[k]].cell), u, base)
			}
		})
		if err := errors.Join(errs...); err != nil {
			return err
		}
		for _, j := range some {
			best = max(best, pr.value[j])
		}
	}
	return nil
}

// largest is max over the blocks of value, m(nu) over the listed patterns.
func (pr *pricer) largest() float64 {
	if len(pr.value) == 0 {
		return 0
	}
	return floats.Max(pr.value)
}

// grow adapts the pricer to cells that were appended to those of its problem.
func (pr *pricer) grow(p *Problem) {
	pr.cells, pr.blocks = p.Cells, blocksOf(p)
	pr.corr = resizeRows(pr.corr, len(pr.cells))
	if pr.relu {
		pr.argmax = resizeRows(pr.argmax, len(pr.blocks))
	}
	if k := min(pricingChunk, len(pr.cells)); k > pr.rows.Rows {
		pr.rows = newGeneral(k, pr.n)
	}
	more := len(pr.blocks) - len(pr.value)
	pr.value = append(pr.value, make([]float64, more)...)
	pr.mu = append(pr.mu, make([][]hyperplane.Multiplier, more)...)
}
