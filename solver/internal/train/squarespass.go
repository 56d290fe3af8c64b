package train

import (
	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/internal/parallel"
	"multigrade/solver/internal/operator"
)

// squaresPass evaluates the training of squares on dense rows in one pass through X, block of
// rows by block: with the residuals r_b = c + phi(X_b W')a - y_b of a block
//
//	value = sum_b |r_b|^2,   c_j = sum_b X_b'(phi'(X_b w_j) o r_b),   h_j = sum_b phi(X_b w_j)'r_b
//
// need nothing of other blocks, and X_b W' stays in the cache. Blocks add up in slabs, whose
// number depends on n alone, so that the sums do not depend on the number of processors.
type squaresPass struct {
	blocks []operator.RowBlock
	slabs  []slab
	spaces parallel.FreeList[passSpace]
	of     *Descent
	v      []float64
}

// slab is what consecutive blocks add up to.
type slab struct {
	c            blas64.General // m x d
	outputs      []float64      // m: the h_j
	squares, sum float64        // of the residuals
}

// passSpace is the memory of a block: m x rows each.
type passSpace struct{ z, h []float64 }

const (
	largestPass = 256 // rows of a block: with 100 neurons z and h take 400 kB
	leastPass   = 64
	passBlocks  = 8  // for the processors, where there are rows enough
	passSlabs   = 16 // at most
)

// newSquaresPass is nil where x is not dense.
func newSquaresPass(x operator.Design, m int) *squaresPass {
	n, d := x.Dims()
	rows := max(leastPass, min(largestPass, (n+passBlocks-1)/passBlocks))
	p := &squaresPass{blocks: operator.RowBlocks(x, rows)}
	if p.blocks[0].Sparse() {
		return nil
	}
	p.slabs = make([]slab, min(passSlabs, len(p.blocks)))
	for i := range p.slabs {
		p.slabs[i].c, p.slabs[i].outputs = operator.NewGeneral(m, d), make([]float64, m)
	}
	return p
}

// evaluate sets t.Value and t.Grad at v, and t.R to the residuals.
func (p *squaresPass) evaluate(t *Descent, v []float64) {
	p.of, p.v = t, v
	operator.ParallelTask(len(p.slabs), p)
	w, a, inv := t.Weights(v), t.Outputs(v), 1/float64(t.N)
	gw, ga := t.Weights(t.Grad), t.Outputs(t.Grad)
	first := &p.slabs[0]
	for i := range p.slabs[1:] {
		s := &p.slabs[i+1]
		floats.Add(first.c.Data, s.c.Data)
		floats.Add(first.outputs, s.outputs)
		first.squares += s.squares
		first.sum += s.sum
	}
	t.Value = first.squares*inv/2 + t.Beta/2*(floats.Dot(w.Data, w.Data)+floats.Dot(a, a))
	for j, aj := range a {
		ga[j] = t.Beta*aj + inv*first.outputs[j]
		floats.ScaleTo(operator.RowOf(gw, j), aj*inv, operator.RowOf(first.c, j))
		floats.AddScaled(operator.RowOf(gw, j), t.Beta, operator.RowOf(w, j))
	}
	*t.Constant(t.Grad) = 0
	if t.Intercept {
		*t.Constant(t.Grad) = first.sum * inv
	}
}

// Part adds up the blocks of slab i.
func (p *squaresPass) Part(i int) {
	t, s := p.of, &p.slabs[i]
	room := p.spaces.Take()
	if room == nil {
		size := t.M * p.blocks[0].Rows()
		room = &passSpace{z: make([]float64, size), h: make([]float64, size)}
	}
	s.squares, s.sum = 0, 0
	first := i * len(p.blocks) / len(p.slabs)
	for b := first; b < (i+1)*len(p.blocks)/len(p.slabs); b++ {
		beta := 1.0
		if b == first {
			beta = 0
		}
		p.add(s, &p.blocks[b], beta, room)
	}
	p.spaces.Give(room)
}

// add sets s to the sums of block b plus beta times those there.
func (p *squaresPass) add(s *slab, b *operator.RowBlock, beta float64, room *passSpace) {
	t, n := p.of, b.Rows()
	z := blas64.General{Rows: t.M, Cols: n, Stride: n, Data: room.z[:t.M*n]}
	h := blas64.General{Rows: t.M, Cols: n, Stride: n, Data: room.h[:t.M*n]}
	b.Mul(z, t.Weights(p.v))
	t.p.Activation.Apply(h.Data, z.Data)
	r, c := t.R[b.Lo:b.Hi], *t.Constant(p.v)
	for i, y := range t.y[b.Lo:b.Hi] {
		r[i] = c - y
	}
	dense.Gemv(blas.Trans, 1, h, operator.Vector(t.Outputs(p.v)), 1, operator.Vector(r))
	s.squares += floats.Dot(r, r)
	s.sum += floats.Sum(r)
	dense.Gemv(blas.NoTrans, 1, h, operator.Vector(r), beta, operator.Vector(s.outputs))
	for j := range t.M {
		t.p.Activation.Chain(operator.RowOf(z, j), r)
	}
	b.AddTrans(beta, s.c, z)
}
