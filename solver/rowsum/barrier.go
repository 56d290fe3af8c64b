package rowsum

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// newtonRow is the Newton step at one row, r + dr = g + target h + w dz, with the complementarity of its
// pairs.
type newtonRow struct{ r, g, h, w, complementarity float64 }

// rowStep is that of the prediction at a row, to a complementarity.
type rowStep struct{ dz, target float64 }

// Reach is the pass that finds the row which the Newton step reaches the bounds of first: its key
// is the length of step at which that is, 1 if no row does before.
type Reach struct {
	Barrier  *Box
	At, Step *Point
	Target   float64
}

func (p *Reach) Size() int               { return 0 }
func (p *Reach) Keep() (lists, rows int) { return 1, 1 }
func (p *Reach) Work(d int) float64 {
	return products(len(p.At.Patterns)+len(p.Step.Patterns), d) + rowWork
}

// Kept is Keeper's.
func (p *Reach) Kept() (columns []Column, read, set bool) { return p.Barrier.kept(), true, false }

func (p *Reach) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, dz := ws.take("z", m), ws.take("dz", m)
	b.predict(z, p.At, ws)
	b.step(dz, p.Step, ws)
	first := Row{b.First, 1}
	var pairs [4][2]float64
	for i, y := range b.Y {
		p.Barrier.pairs(&pairs, b.Kept, i, z[i], y, rowStep{dz[i], p.Target})
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
	Barrier *Box
	// Start > 0 puts the rows at the complementarity Start instead.
	Start       float64
	From, Step  *Point
	Length      float64
	Target      float64 // of the step
	At          *Point
	Columns     []int // patterns of the working set
	Patterns, D int
}

// Where the sums of Advance are: n L, n D(nu), of nu, of |nu|, of complementarity; then X'A_p nu for
// every p; then, for F = [A_p X .. | 1] of the working set, F'g, F'h and F'diag(w)F, where
// r + dr = g + target h + w dz.
const (
	BarrierLoss = iota
	BarrierDual
	BarrierNu
	BarrierAbsNu
	BarrierComplementarity
	BarrierProducts
)

func (p *Advance) columns() int { return len(p.Columns)*p.D + 1 }

// Gradients is where F'g, F'h and the Gram matrix begin.
func (p *Advance) Gradients() (g, h, gram int) {
	g = BarrierProducts + p.Patterns*p.D
	k := p.columns()
	return g, g + k, g + 2*k
}

func (p *Advance) Size() int {
	_, _, gram := p.Gradients()
	return gram + p.columns()*p.columns()
}

func (p *Advance) Keep() (lists, rows int) { return 0, 0 }
func (p *Advance) Work(d int) float64 {
	k := p.Patterns + 3*len(p.Columns) + len(p.At.Patterns)
	if p.Length > 0 {
		k += len(p.From.Patterns) + len(p.Step.Patterns)
	}
	return products(k, d) + rowWork + gramWork(p.columns(), 0)
}

// Kept is Keeper's.
func (p *Advance) Kept() (columns []Column, read, set bool) {
	return p.Barrier.kept(), !(p.Start > 0), p.Start > 0 || p.Length > 0
}

func (p *Advance) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	if p.Length > 0 && !(p.Start > 0) {
		p.advance(b, ws)
	}
	z, nu, w := ws.take("z", m), ws.take("nu", m), ws.take("w", m)
	g, h := ws.take("g", m), ws.take("h", m)
	b.predict(z, p.At, ws)
	if p.Start > 0 {
		p.Barrier.start(b.Kept, b.Y, p.Start)
	}
	of := ws.newton(m)
	p.Barrier.newton(of, b.Kept, z, b.Y)
	s := out.Sum
	for i, r := range of {
		nu[i], g[i], h[i], w[i] = -r.r, r.g, r.h, r.w
		s[BarrierComplementarity] += r.complementarity
		s[BarrierAbsNu] += math.Abs(r.r)
	}
	s[BarrierLoss] = float64(m) * p.Barrier.Loss.Value(z, b.Y)
	s[BarrierDual] = float64(m)*p.Barrier.Loss.Dual(nu, b.Y) - b.shiftedDual(nu)
	s[BarrierNu] = floats.Sum(nu)
	b.addProducts(s[BarrierProducts:BarrierProducts+p.Patterns*p.D], every(p.Patterns), nu, ws)
	atG, atH, gram := p.Gradients()
	for _, q := range []struct{ sum, rows []float64 }{{s[atG:atH], g}, {s[atH:gram], h}} {
		b.addProducts(q.sum, p.Columns, q.rows, ws)
		q.sum[len(q.sum)-1] = floats.Sum(q.rows)
	}
	b.addGram(s[gram:], p.Columns, 0, w, ws)
}

// advance takes the step.
func (p *Advance) advance(b *Block, ws *Workspace) {
	m := len(b.Y)
	z, dz := ws.take("z", m), ws.take("dz", m)
	b.predict(z, p.From, ws)
	b.step(dz, p.Step, ws)
	for i, y := range b.Y {
		p.Barrier.advance(b.Kept, i, z[i], y, rowStep{dz[i], p.Target}, p.Length)
	}
}
