package solver

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/hyperplane"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// ranked is a program about X (n x d) and the same in rank coordinates X = Z Q', of
// r < d columns, in which it is solved: nothing is d x d then. What is returned is about
// X: the neurons w = Q z are moved into their cones again, values and bounds are
// computed with X, and rounding is paid for there. The dual point and its multipliers
// belong to rows and are the same.
type ranked struct {
	p *program.Problem // about X
	x operator.Design
	c *operator.Coordinates
	q *program.Problem // about Z
	z operator.Design
}

// roomForX is the part of the tolerance that is left for the return to X.
const roomForX = 0.01

// inRank is p in rank coordinates, nil where these are not worth it.
func inRank(p *program.Problem, x operator.Design) *ranked {
	c := operator.CoordinatesOf(x)
	if c == nil {
		return nil
	}
	r := &ranked{p: p, x: x, c: c, z: c.Design(x.Account())}
	r.q = r.of(p)
	return r
}

// inRankEverywhere is inRank for what is about all patterns; nil where rows lie on
// pieces of planes, whose knots are rows of X.
func inRankEverywhere(p *program.Problem, x operator.Design, line []float64) *ranked {
	r := inRank(p, x)
	if r != nil && !p.Activation.Gated && sphere.NewStack(p.X, x, p.Activation, line).HasPieces() {
		return nil
	}
	return r
}

// of is a program about X, about Z.
func (r *ranked) of(p *program.Problem) *program.Problem {
	q := *p
	q.X = r.c.Z
	q.Cells = make([]hyperplane.Cell, len(p.Cells))
	for k, c := range p.Cells {
		q.Cells[k] = hyperplane.Cell{Pattern: c.Pattern, Gate: r.c.Down(c.Gate)}
	}
	return &q
}

// options are those for the program about Z.
func (r *ranked) options(o Options) Options {
	o.Tol *= 1 - roomForX
	return o
}

// result is one of q as one of p, whose cells are those of q, with the tolerance tol. Where
// ctx has ended neurons are moved towards the gates of their cells, which is quicker.
func (r *ranked) result(ctx context.Context, p, q *program.Problem, res *Result, tol float64) (*Result, error) {
	out := *res
	rec := &program.Recoverer{P: p, X: r.x, RowNorm: operator.RowNorms(r.x), Zero: operator.ZeroRows(r.x)}
	pt := program.Point{Net: program.Network{Activation: res.Network.Activation, Constant: res.Network.Constant}}
	pt.Net.Neurons = r.neurons(rec, q, res.Network.Neurons, r.room(ctx))
	rec.Evaluate(&pt)
	if pt = fit(rec, pt); math.IsInf(pt.Objective, 1) {
		pt = zeroPoint(p)
		rec.Evaluate(&pt)
	}
	out.Network, out.Primal, out.OwnObjective = pt.Net, pt.Objective, pt.Own
	pr := program.NewPricer(p, r.x)
	if err := pr.PriceWith(context.Background(), &res.Certificate); err != nil {
		return nil, err
	}
	out.Certificate, out.Dual = program.Certify(p, pr, res.Certificate.Nu)
	out.RelGap = program.RelGap(out.Primal, out.Dual)
	if out.Status == Optimal && out.RelGap > tol {
		out.Status = Stalled
	}
	return &out, nil
}

// room is for how many neurons there are centres to move them towards; where ctx has ended there are none.
func (r *ranked) room(ctx context.Context) float64 {
	if ctx.Err() != nil {
		return 0
	}
	n, d := r.z.Dims()
	return r.q.Account.Left() / centreWork(n, d)
}

// neurons are those of q as neurons of p, without those of whose cells no point could be reached. Fewer than room are moved towards
// centres, others towards the gates of their cells.
func (r *ranked) neurons(rec *program.Recoverer, q *program.Problem, of []program.Neuron, room float64) []program.Neuron {
	up := slices.Clone(of)
	for k := range up {
		up[k].W = r.c.Up(up[k].W)
		if q.Activation.Gated {
			up[k].Gate = rec.P.Cells[up[k].Cell].Gate
		}
	}
	ok := rec.RepairEach(up, func(k int) []float64 {
		if float64(k+1) < room {
			return r.c.Up(program.Centre(context.Background(), r.z, q.Cells[up[k].Cell], rec.Zero))
		}
		return r.c.Up(q.Cells[up[k].Cell].Gate) // inside, too, but nearer to walls
	})
	var reached []program.Neuron
	for k, nr := range up {
		if ok[k] && !q.Activation.Gated {
			nr.Alpha = math.Copysign(floats.Norm(nr.W, 2), nr.Alpha)
		}
		if ok[k] {
			reached = append(reached, nr)
		}
	}
	return reached
}

// cells are those of a program about Z as cells of X, with the gates that the caller
// gave for them.
func (r *ranked) cells(found []hyperplane.Cell) ([]hyperplane.Cell, error) {
	given := make(map[uint64][]hyperplane.Cell)
	for _, c := range r.p.Cells {
		h := c.Pattern.Hash()
		given[h] = append(given[h], c)
	}
	out := make([]hyperplane.Cell, len(found))
	var fresh []int
	for k, c := range found {
		for _, g := range given[c.Pattern.Hash()] {
			if g.Pattern.Equal(c.Pattern) {
				out[k] = g
			}
		}
		if out[k].Gate == nil {
			out[k].Gate, fresh = r.c.Up(c.Gate), append(fresh, k)
		}
	}
	some := make([]hyperplane.Cell, len(fresh))
	for j, k := range fresh {
		some[j] = out[k]
	}
	markEach(r.p.Marker(), some)
	for j, k := range fresh {
		if out[k] = some[j]; !out[k].Pattern.Equal(found[k].Pattern) {
			return nil, fmt.Errorf("solver: cell %d is one of the rows in rank coordinates but not of X", k)
		}
	}
	return out, nil
}

// global is a result of SolveGlobal for q as one for p.
func (r *ranked) global(ctx context.Context, g *GlobalResult, tol float64) (*GlobalResult, error) {
	cells, err := r.cells(g.Cells)
	if err != nil {
		return nil, err
	}
	p, q := *r.p, *r.q
	p.Cells, q.Cells = cells, g.Cells
	res, err := r.result(ctx, &p, &q, &g.Result, tol)
	if err != nil {
		return nil, err
	}
	out := *g
	out.Result, out.Cells = *res, cells
	out.Global = r.bound(g.Global)
	out.GlobalRelGap = program.RelGap(out.Primal, out.GlobalBound)
	if out.GlobalStatus == Optimal && out.GlobalRelGap > tol {
		out.GlobalStatus = Stalled
	}
	return &out, nil
}

// bound is one of m(nu) for Z as one for X.
func (r *ranked) bound(b *sphere.NeuronBound) *sphere.NeuronBound {
	if b == nil {
		return nil
	}
	out := *b
	if b.W != nil {
		out.W = r.c.Up(b.W)
	}
	out.Found = make([][]float64, len(b.Found))
	for k, w := range b.Found {
		out.Found[k] = r.c.Up(w)
	}
	return &out
}

// tooLateForRank says that ctx has ended, when little is solved: rank coordinates, which may take
// seconds to find, are then for data with more columns than rows.
func tooLateForRank(ctx context.Context, x operator.Design) bool {
	n, d := x.Dims()
	return ctx.Err() != nil && d <= n
}
