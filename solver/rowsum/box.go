package rowsum

import (
	"math"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/loss"
)

// Box is what the interior-point method keeps for the rows of a boxed loss: the slopes
// r = -nu of n L, strictly inside their boxes, and multipliers low, high > 0 of the bounds,
//
//	e = z - y - q r = high - low,   low (r - a) = high (b - r) = mu     on the central path.
//
// It stays with the rows: the one state of passes there is.
type Box struct {
	Loss         loss.Loss
	Boxed        loss.Boxed // of Loss
	R, Low, High Column     // n
}

// NewBox keeps n rows in the file.
func NewBox(l loss.Loss, boxed loss.Boxed, file *Scratch, n int) *Box {
	return &Box{l, boxed, file.Column(n), file.Column(n), file.Column(n)}
}

func (x *Box) columns() []Column { return []Column{x.R, x.Low, x.High} }

// boxRows are those of a block.
type boxRows struct {
	loss.Boxed
	r, low, high []float64
}

func (x *Box) of(b *Block) *boxRows { return &boxRows{x.Boxed, b.Kept[0], b.Kept[1], b.Kept[2]} }

// row is the Newton step at one row: with h = 1/(r - a) and k = 1/(b - r)
//
//	w  = 1/(q + low h + high k)
//	r + dr = r + w (e + target (h - k) + dz)
type row struct{ above, below, w, e float64 }

func (x *boxRows) row(i int, z, y float64) row {
	a, b := x.Box(y)
	r := row{above: x.r[i] - a, below: b - x.r[i], e: z - y - x.Q*x.r[i]}
	r.w = 1 / (x.Q + x.low[i]/r.above + x.high[i]/r.below)
	return r
}

// step is dr, dlow and dhigh for the step dz of the prediction.
func (x *boxRows) step(i int, r row, dz, target float64) (dr, dlow, dhigh float64) {
	dr = r.w * (r.e + target*(1/r.above-1/r.below) + dz)
	dlow = target/r.above - x.low[i] - x.low[i]/r.above*dr
	dhigh = target/r.below - x.high[i] + x.high[i]/r.below*dr
	return dr, dlow, dhigh
}

// Reach is the pass that finds the row which the Newton step reaches the bounds of first: its key
// is the length of step at which that is, 1 if no row does before.
type Reach struct {
	Box      *Box
	At, Step *Point
	Target   float64
}

func (p *Reach) Size() int               { return 0 }
func (p *Reach) Keep() (lists, rows int) { return 1, 1 }

// Kept is Keeper's.
func (p *Reach) Kept() (columns []Column, read, set bool) { return p.Box.columns(), true, false }

func (p *Reach) Block(out *Part, b *Block, ws *Workspace) {
	m, x := len(b.Y), p.Box.of(b)
	z, dz := ws.take("z", m), ws.take("dz", m)
	b.predict(z, p.At, ws)
	b.predict(dz, p.Step, ws)
	first := Row{b.First, 1}
	for i, y := range b.Y {
		r := x.row(i, z[i], y)
		dr, dlow, dhigh := x.step(i, r, dz[i], p.Target)
		for _, v := range [4][2]float64{{x.low[i], dlow}, {x.high[i], dhigh}, {r.above, dr}, {r.below, -dr}} {
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
	Box *Box
	// Start > 0 puts the rows at the complementarity Start instead.
	Start       float64
	From, Step  *Point
	Length      float64
	Target      float64 // of the step
	At          *Point
	Columns     []int // patterns of the working set
	Patterns, D int
}

// Where the sums of Advance are: of phi, n D(nu), of nu, of |nu|, of low (r - a) + high (b - r); then X'A_p nu for every p; then, for
// F = [A_p X .. | 1] of the working set, F'g, F'h and F'diag(w)F, where
// r + dr = g + target h + w dz.
const (
	BoxLoss = iota
	BoxDual
	BoxNu
	BoxAbsNu
	BoxComplementarity
	BoxProducts
)

func (p *Advance) columns() int { return len(p.Columns)*p.D + 1 }

// Gradients is where F'g, F'h and the Gram matrix begin.
func (p *Advance) Gradients() (g, h, gram int) {
	g = BoxProducts + p.Patterns*p.D
	return g, g + p.columns(), g + 2*p.columns()
}

func (p *Advance) Size() int {
	_, _, gram := p.Gradients()
	return gram + p.columns()*p.columns()
}

func (p *Advance) Keep() (lists, rows int) { return 0, 0 }

// Kept is Keeper's.
func (p *Advance) Kept() (columns []Column, read, set bool) {
	return p.Box.columns(), !(p.Start > 0), p.Start > 0 || p.Length > 0
}

func (p *Advance) Block(out *Part, b *Block, ws *Workspace) {
	m, x := len(b.Y), p.Box.of(b)
	if p.Start > 0 {
		p.start(b)
	} else if p.Length > 0 {
		p.advance(b, ws)
	}
	z, nu, w := ws.take("z", m), ws.take("nu", m), ws.take("w", m)
	g, h := ws.take("g", m), ws.take("h", m)
	b.predict(z, p.At, ws)
	s := out.Sum
	for i, y := range b.Y {
		r := x.row(i, z[i], y)
		nu[i], w[i] = -x.r[i], r.w
		g[i], h[i] = x.r[i]+r.w*r.e, r.w*(1/r.above-1/r.below)
		s[BoxComplementarity] += x.low[i]*r.above + x.high[i]*r.below
		s[BoxAbsNu] += math.Abs(nu[i])
	}
	s[BoxLoss] = float64(m) * p.Box.Loss.Value(z, b.Y)
	s[BoxDual] = float64(m) * p.Box.Loss.Dual(nu, b.Y)
	s[BoxNu] = floats.Sum(nu)
	b.addProducts(s[BoxProducts:BoxProducts+p.Patterns*p.D], every(p.Patterns), nu, ws)
	atG, atH, gram := p.Gradients()
	b.addProducts(s[atG:atH], p.Columns, g, ws)
	b.addProducts(s[atH:gram], p.Columns, h, ws)
	s[atH-1], s[gram-1] = floats.Sum(g), floats.Sum(h)
	b.addGram(s[gram:], p.Columns, 0, w, ws)
}

// start puts the rows of a block at complementarity Start, with slopes inside.
func (p *Advance) start(b *Block) {
	x := p.Box.of(b)
	for i, y := range b.Y {
		lo, hi := x.Box(y)
		x.r[i] = x.Inside(y)
		x.low[i], x.high[i] = p.Start/(x.r[i]-lo), p.Start/(hi-x.r[i])
	}
}

// advance takes the step.
func (p *Advance) advance(b *Block, ws *Workspace) {
	m, x := len(b.Y), p.Box.of(b)
	z, dz := ws.take("z", m), ws.take("dz", m)
	b.predict(z, p.From, ws)
	b.predict(dz, p.Step, ws)
	for i, y := range b.Y {
		dr, dlow, dhigh := x.step(i, x.row(i, z[i], y), dz[i], p.Target)
		lo, hi := x.Box(y)
		// r by the nearer bound, so that its distance from it keeps its digits
		if above, below := x.r[i]-lo, hi-x.r[i]; above < below {
			x.r[i] = lo + (above + p.Length*dr)
		} else {
			x.r[i] = hi - (below - p.Length*dr)
		}
		x.r[i] = min(max(x.r[i], math.Nextafter(lo, hi)), math.Nextafter(hi, lo))
		x.low[i] += p.Length * dlow
		x.high[i] += p.Length * dhigh
	}
}
