package rowsum

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"

	"multigrade/internal/dense"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/operator"
)

// Walls is the pass that finds, for every gate, the rows whose hyperplanes are nearest to it:
// the key is |x_i.g| / (|x_i| |g|). Zero rows have no hyperplane.
type Walls struct {
	Gates blas64.General // P x d
	Rows  int            // how many for each
}

func (p *Walls) Size() int               { return 0 }
func (p *Walls) Keep() (lists, rows int) { return p.Gates.Rows, p.Rows }
func (p *Walls) Work(d int) float64      { return products(p.Gates.Rows+1, d) }

func (p *Walls) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	norm, z := ws.take("norms", m), ws.matrix("walls", p.Gates.Rows, m)
	b.norms(norm)
	dense.Gemm(blas.NoTrans, blas.Trans, 1, p.Gates, b.X, 0, z)
	for k := range out.Extreme {
		l := nearest{keep: p.Rows}
		for i, v := range operator.RowOf(z, k) {
			if norm[i] > 0 {
				l.add(Row{b.First + i, math.Abs(v) / norm[i]})
			}
		}
		out.Extreme[k] = l.sorted()
	}
}

// Cones is the pass that finds, for every neuron, the rows that violate the cone of its
// pattern the most: the key is s_i x_i.w / |x_i|, and only negative ones count.
type Cones struct {
	W        blas64.General // J x d
	Patterns []int          // J
	Rows     int            // how many for each
}

func (p *Cones) Size() int               { return 0 }
func (p *Cones) Keep() (lists, rows int) { return p.W.Rows, p.Rows }
func (p *Cones) Work(d int) float64      { return products(p.W.Rows+1, d) }

func (p *Cones) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	norm, z := ws.take("norms", m), ws.matrix("cones", p.W.Rows, m)
	b.norms(norm)
	dense.Gemm(blas.NoTrans, blas.Trans, 1, p.W, b.X, 0, z)
	for k, pattern := range p.Patterns {
		l := nearest{keep: p.Rows}
		words := b.Words[pattern]
		for i, v := range operator.RowOf(z, k) {
			if words[i>>6]>>(i&63)&1 == 0 {
				v = -v
			}
			if v < 0 {
				l.add(Row{b.First + i, v / norm[i]})
			}
		}
		out.Extreme[k] = l.sorted()
	}
}

// nearest keeps the rows with the least keys.
type nearest struct {
	rows  []Row
	keep  int
	bound float64 // no key beyond it is kept, once there are enough
}

func (l *nearest) add(r Row) {
	if len(l.rows) >= l.keep && !(r.Key < l.bound) {
		return
	}
	l.rows = append(l.rows, r)
	if len(l.rows) >= 2*l.keep || len(l.rows) == l.keep {
		l.cut()
	}
}

func (l *nearest) cut() {
	slices.SortFunc(l.rows, func(a, b Row) int {
		if a.before(b) {
			return -1
		}
		return 1
	})
	l.rows = l.rows[:min(l.keep, len(l.rows))]
	if len(l.rows) == l.keep {
		l.bound = l.rows[l.keep-1].Key
	}
}

func (l *nearest) sorted() []Row {
	l.cut()
	return l.rows
}

// Exact is the pass that finds, for every neuron, the first row that violates the cone of its
// pattern in exact arithmetic.
type Exact struct {
	W        blas64.General // J x d
	Patterns []int          // J
}

func (p *Exact) Size() int               { return 0 }
func (p *Exact) Keep() (lists, rows int) { return p.W.Rows, 1 }
func (p *Exact) Work(d int) float64      { return 2 * products(p.W.Rows, d) }

func (p *Exact) Block(out *Part, b *Block, ws *Workspace) {
	m, d := len(b.Y), b.X.Cols
	z := ws.matrix("cones", p.W.Rows, m)
	dense.Gemm(blas.NoTrans, blas.Trans, 1, p.W, b.X, 0, z)
	for k, pattern := range p.Patterns {
		words := b.Words[pattern]
		w := operator.RowOf(p.W, k)
		for i, v := range operator.RowOf(z, k) {
			active := words[i>>6]>>(i&63)&1 != 0
			row := operator.RowOf(b.X, i)
			size := 0.0
			for j, x := range row {
				size += math.Abs(x * w[j])
			}
			if room := operator.Roundoff(d) * size; active && v > room || !active && v < -room {
				continue
			}
			if sign := signOf(row, w); active && sign < 0 || !active && sign > 0 {
				out.Extreme[k] = []Row{{b.First + i, float64(b.First + i)}}
				break
			}
		}
	}
}

// Above is the pass that bounds n L of a network from above, all rounding errors counted.
type Above struct {
	At   *Point
	Cost float64 // sum |alpha_j| |w_j|, at least
	Loss loss.Loss
	// Terms is how many numbers a prediction adds up, at most.
	Terms int
}

func (p *Above) Size() int               { return 1 }
func (p *Above) Keep() (lists, rows int) { return 1, 1 }
func (p *Above) Work(d int) float64      { return products(len(p.At.Patterns)+1, d) + rowWork }

// Value is the bound of n L.
func (p *Above) Value(out *Part, n int) float64 {
	if p.Loss == loss.LInf {
		return -out.Extreme[0][0].Key * float64(n)
	}
	return out.Sum[0]
}

func (p *Above) Block(out *Part, b *Block, ws *Workspace) {
	m := len(b.Y)
	z, e := ws.take("z", m), ws.take("norms", m)
	b.predict(z, p.At, ws)
	b.norms(e)
	for i, norm := range e {
		e[i] = operator.Roundoff(2*p.Terms+16) * (math.Abs(p.At.Constant) + norm*p.Cost)
	}
	if len(p.At.Patterns) == 0 && b.Offset == nil {
		clear(e) // a constant is as it is
	}
	for i, o := range b.Offset {
		e[i] += operator.Roundoff(2*p.Terms+16) * math.Abs(o)
	}
	value := p.Loss.ValueAbove(z, e, b.Y)
	if p.Loss == loss.LInf {
		out.Extreme[0] = []Row{{b.First, -value}}
		return
	}
	out.Sum[0] = float64(m) * value
}
