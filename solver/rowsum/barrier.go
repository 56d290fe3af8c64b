package rowsum

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
)

// Barrier is what the interior-point method keeps for the rows of a loss with kinks. It stays with
// the rows: the one state of passes there is. Of a block every method takes what is kept of it, the
// prediction z, the targets and a level tau.
type Barrier interface {
	// Slopes are r = -nu of n L at every row.
	Slopes() Column
	columns() []Column
	// start puts the rows at complementarity mu.
	start(kept [][]float64, z, y []float64, tau, mu float64)
	// newton sets the step of every row.
	newton(of []newtonRow, kept [][]float64, z, y []float64, tau float64)
	// pairs sets the numbers that stay positive, and their steps, for a step of row i.
	pairs(of *[4][2]float64, kept [][]float64, i int, z, y, tau float64, s rowStep)
	// advance goes the length of a step.
	advance(kept [][]float64, i int, z, y, tau float64, s rowStep, length float64)
	// value and dual are the block's parts of n L, or of one that is a maximum L itself, and of
	// n D(nu), nu being in its domain.
	value(z, y []float64) float64
	dual(nu, y []float64) float64
	maximum() bool
}

// newtonRow is the Newton step at one row,
//
//	r + dr = g + target h + w dz - v dtau,
//
// with the sums of its pairs' complementarity and, where there is a level, of 1/pair.
type newtonRow struct{ r, g, h, w, v, complementarity, inverse float64 }

// rowStep is that of the prediction at a row, and of the level, to a complementarity.
type rowStep struct{ dz, dtau, target float64 }

// NewBarrier keeps n rows in the store; nil for losses without kinks.
func NewBarrier(l loss.Loss, store Store, n int) Barrier {
	if l == loss.LInf {
		return &Peak{store.Column(n), store.Column(n), store.Column(n)}
	}
	if boxed, ok := loss.NewBoxed(l); ok {
		return &Box{l, boxed, store.Column(n), store.Column(n), store.Column(n)}
	}
	return nil
}

// Reach is the pass that finds the row which the Newton step reaches the bounds of first: its key
// is the length of step at which that is, 1 if no row does before.
type Reach struct {
	Barrier  Barrier
	At, Step *Point
	Target   float64
}

func (p *Reach) Size() int               { return 0 }
func (p *Reach) Keep() (lists, rows int) { return 1, 1 }
func (p *Reach) Work(d int) float64 {
	return products(len(p.At.Patterns)+len(p.Step.Patterns), d) + rowWork
}

// Kept is Keeper's.
func (p *Reach) Kept() (columns []Column, read, set bool) { return p.Barrier.columns(), true, false }

func (p *Reach) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, dz := ws.take("z", m), ws.take("dz", m)
	b.predict(z, p.At, ws)
	b.step(dz, p.Step, ws)
	first := Row{b.First, 1}
	var pairs [4][2]float64
	for i, y := range b.Y {
		p.Barrier.pairs(&pairs, b.Kept, i, z[i], y, p.At.Level, rowStep{dz[i], p.Step.Level, p.Target})
		for _, v := range pairs {
			if v[1] < 0 && first.Key*v[1] < -v[0] {
				first = Row{b.First + i, -v[0] / v[1]}
			}
		}
	}
	out.Extreme[0] = []Row{first}
}

// Advance is the pass that takes a step of the given length from From, to At, and then sums what
// the next one is made of.
type Advance struct {
	Barrier Barrier
	// Start > 0 puts the rows at the complementarity Start instead.
	Start       float64
	From, Step  *Point
	Length      float64
	Target      float64 // of the step
	At          *Point
	Columns     []int // patterns of the working set
	Patterns, D int
}

// Where the sums of Advance are: n D(nu), of nu, of |nu|, of complementarity, of 1/pair where there is a level; then
// X'A_p nu for every p; then, for F = [A_p X .. | 1] of the working set, F'g, F'h, F'v and
// F'diag(w)F, where r + dr = g + target h + w dz - v dtau.
const (
	BarrierDual = iota
	BarrierNu
	BarrierAbsNu
	BarrierComplementarity
	BarrierInverse
	BarrierProducts
)

func (p *Advance) columns() int { return len(p.Columns)*p.D + 1 }

// Gradients is where F'g, F'h, F'v and the Gram matrix begin.
func (p *Advance) Gradients() (g, h, v, gram int) {
	g = BarrierProducts + p.Patterns*p.D
	k := p.columns()
	return g, g + k, g + 2*k, g + 3*k
}

func (p *Advance) Size() int {
	_, _, _, gram := p.Gradients()
	return gram + p.columns()*p.columns() + 1
}

func (p *Advance) Keep() (lists, rows int) { return 1, 1 }
func (p *Advance) Work(d int) float64 {
	k := p.Patterns + 3*len(p.Columns) + len(p.At.Patterns)
	if p.Length > 0 {
		k += len(p.From.Patterns) + len(p.Step.Patterns)
	}
	return products(k, d) + rowWork + gramWork(p.columns(), 0)
}

// Kept is Keeper's.
func (p *Advance) Kept() (columns []Column, read, set bool) {
	return p.Barrier.columns(), !(p.Start > 0), p.Start > 0 || p.Length > 0
}

// Loss is n L at At.
func (p *Advance) Loss(out *Part, n int) float64 {
	return lossOf(p.Barrier.maximum(), out, p.Size()-1, n)
}

func (p *Advance) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	if p.Length > 0 && !(p.Start > 0) {
		p.advance(b, ws)
	}
	z, nu, w := ws.take("z", m), ws.take("nu", m), ws.take("w", m)
	g, h, v := ws.take("g", m), ws.take("h", m), ws.take("v", m)
	b.predict(z, p.At, ws)
	if p.Start > 0 {
		p.Barrier.start(b.Kept, z, b.Y, p.At.Level, p.Start)
	}
	of := ws.newton(m)
	p.Barrier.newton(of, b.Kept, z, b.Y, p.At.Level)
	s := out.Sum
	for i, r := range of {
		nu[i], g[i], h[i], v[i], w[i] = -r.r, r.g, r.h, r.v, r.w
		s[BarrierComplementarity] += r.complementarity
		s[BarrierInverse] += r.inverse
		s[BarrierAbsNu] += math.Abs(r.r)
	}
	keepLoss(p.Barrier.maximum(), out, len(s)-1, b, p.Barrier.value(z, b.Y))
	s[BarrierDual] = p.Barrier.dual(nu, b.Y) - b.shiftedDual(nu)
	s[BarrierNu] = floats.Sum(nu)
	b.addProducts(s[BarrierProducts:BarrierProducts+p.Patterns*p.D], every(p.Patterns), nu, ws)
	atG, atH, atV, gram := p.Gradients()
	vectors := []struct{ sum, rows []float64 }{{s[atG:atH], g}, {s[atH:atV], h}, {s[atV:gram], v}}
	if !p.Barrier.maximum() {
		vectors = vectors[:2] // v is 0
	}
	for _, q := range vectors {
		b.addProducts(q.sum, p.Columns, q.rows, ws)
		q.sum[len(q.sum)-1] = floats.Sum(q.rows)
	}
	b.addGram(s[gram:len(s)-1], p.Columns, 0, w, ws)
}

// advance takes the step.
func (p *Advance) advance(b *Block, ws *Workspace) {
	m := len(b.Y)
	z, dz := ws.take("z", m), ws.take("dz", m)
	b.predict(z, p.From, ws)
	b.step(dz, p.Step, ws)
	for i, y := range b.Y {
		p.Barrier.advance(b.Kept, i, z[i], y, p.From.Level, rowStep{dz[i], p.Step.Level, p.Target}, p.Length)
	}
}

// keepLoss puts a block's n L, or of a maximum L, into a part: the sum at the place, or as the key of
// its row.
func keepLoss(maximum bool, out *Part, place int, b *Block, value float64) {
	if maximum {
		out.Extreme[0] = []Row{{b.First, -value}}
		return
	}
	out.Sum[place] = value
}

// lossOf is n L of what keepLoss left.
func lossOf(maximum bool, out *Part, place, n int) float64 {
	if maximum {
		return -out.Extreme[0][0].Key * float64(n)
	}
	return out.Sum[place]
}
