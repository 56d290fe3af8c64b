package train

import (
	"context"
	"math"
	"math/rand/v2"
	"time"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/floats"

	"multigrade/internal/dense"
	"multigrade/solver/internal/operator"
)

// Candidates are that many neurons to choose from, one per row: with two columns,
// where a neuron is its kink, kinks at rows of X, both ways; otherwise
// random ones, w = R^{-1} g with X'X/n + tau I = R'R and Gaussian g. Such an Xw
// is white in the span of X, of which tau cuts off more or less: the features of
// a grade are strongly correlated, and w Gaussian would only find the smoothest.
func (t *FixedWidth) Candidates(count int) blas64.General {
	_, d := t.X.Dims()
	pool := operator.NewGeneral(count, d)
	if d == 2 {
		t.kinks(pool)
	} else {
		t.white(pool)
	}
	return pool
}

// kinks sets the rows of w to neurons orthogonal to evenly spaced rows of X.
func (t *FixedWidth) kinks(w blas64.General) {
	n, _ := t.X.Dims()
	for k := range w.Rows {
		sign := float64(1 - 2*(k%2))
		t.X.Row(k/2*2*n/(w.Rows+1), func(col int, v float64) {
			w.Data[k*w.Stride+1-col] = sign * v * float64(1-2*col)
		})
	}
}

// white draws the rows of w.
func (t *FixedWidth) white(w blas64.General) {
	_, d := t.X.Dims()
	rng := rand.New(rand.NewPCG(t.o.Seed, 0x706f6f6c))
	gram, mean := gramOf(t.X)
	for part, tau := range []float64{0, 1e-6, 1e-2} {
		r, ok := dense.Potrf(raised(gram, d, tau*mean))
		for k := part; k < w.Rows; k += 3 {
			wk := operator.RowOf(w, k)
			for c := range wk {
				wk[c] = rng.NormFloat64()
			}
			if ok {
				dense.Trsv(blas.NoTrans, r, operator.Vector(wk))
			}
		}
	}
}

// raised is the symmetric d x d matrix a + tau I.
func raised(a []float64, d int, tau float64) blas64.Symmetric {
	s := blas64.Symmetric{N: d, Stride: d, Data: append([]float64(nil), a...), Uplo: blas.Upper}
	for k := range d {
		s.Data[k*d+k] += tau
	}
	return s
}

// Pursue chooses at most m of the candidates by orthogonal least squares (Chen,
// Billings and Luo 1989): one at a time the neuron that explains most of the
// residual with its part orthogonal to those chosen before. It works on the
// matrix of inner products, whose pivoted Cholesky factor grows by a column with
// every choice. It returns the variables of the network with output weights and
// constant fitted.
func (t *FixedWidth) Pursue(pool blas64.General, m int) []float64 {
	s := t.newPursuit(pool)
	for len(s.chosen) < m && s.choose() {
	}
	a := s.outputs()
	_, d := t.X.Dims()
	v := make([]float64, 0, len(a)*(d+1)+1)
	for _, j := range s.chosen {
		v = append(v, operator.RowOf(pool, j)...)
	}
	return append(append(v, a...), s.constant(a))
}

// pursuitWork is the cost of the inner products of c candidates over n rows.
func pursuitWork(n, c int) float64 {
	return float64(n) * float64(c) * float64(c+4*operator.PassWork)
}

// pursuitRate is how many such operations a second there are at least (measured: 4e9 on two cores).
const pursuitRate = 2e9

// inTime says that a pursuit of c candidates comes to its end before ctx.
func (t *FixedWidth) inTime(ctx context.Context, c int) bool {
	n, _ := t.X.Dims()
	end, limited := ctx.Deadline()
	return ctx.Err() == nil && (!limited || time.Until(end).Seconds()*pursuitRate > pursuitWork(n, c))
}

// pursuit is the state of orthogonal least squares.
type pursuit struct {
	h        blas64.General // candidates x n: relu, centred with an intercept, length 1
	gram     blas64.General // h h'
	scale    []float64      // the lengths
	mean     []float64      // the means taken off
	target   float64        // mean of y
	b, left  []float64      // inner product with the residual and squared length, of the orthogonal parts
	column   [][]float64    // of the factor, one per choice
	explains []float64      // coefficient of each choice in the orthogonal basis
	chosen   []int
}

func (t *FixedWidth) newPursuit(pool blas64.General) *pursuit {
	n, _ := t.X.Dims()
	c := pool.Rows
	s := &pursuit{h: operator.NewGeneral(c, n), gram: operator.NewGeneral(c, c), scale: make([]float64, c), mean: make([]float64, c), b: make([]float64, c), left: make([]float64, c)}
	t.X.Book(pursuitWork(n, c))
	t.X.Mul(s.h, pool)
	if t.P.Intercept {
		s.target = floats.Sum(t.P.Y) / float64(n)
	}
	y := append([]float64(nil), t.P.Y...)
	floats.AddConst(-s.target, y)
	operator.Parallel(c, func(j int) {
		hj := operator.RowOf(s.h, j)
		for i, z := range hj {
			hj[i] = math.Max(z, 0)
		}
		if t.P.Intercept {
			s.mean[j] = floats.Sum(hj) / float64(n)
			floats.AddConst(-s.mean[j], hj)
		}
		if s.scale[j] = floats.Norm(hj, 2); s.scale[j] > 0 {
			floats.Scale(1/s.scale[j], hj)
			s.b[j], s.left[j] = floats.Dot(hj, y), 1
		}
	})
	dense.Syrk(blas.NoTrans, 1, s.h, 0, blas64.Symmetric{N: c, Stride: c, Data: s.gram.Data, Uplo: blas.Upper})
	return s
}

// choose takes the best candidate; false if none explains anything.
func (s *pursuit) choose() bool {
	const independent = 1e-9
	best, most := -1, 0.0
	for j, l := range s.left {
		if l > independent && s.b[j]*s.b[j] > most*l {
			best, most = j, s.b[j]*s.b[j]/l
		}
	}
	if best < 0 {
		return false
	}
	root := math.Sqrt(s.left[best])
	column := s.products(best)
	for _, c := range s.column {
		floats.AddScaled(column, -c[best], c)
	}
	floats.Scale(1/root, column)
	explains := s.b[best] / root
	for j, l := range column {
		s.b[j] -= explains * l
		s.left[j] -= l * l
	}
	s.left[best] = 0
	s.column, s.explains, s.chosen = append(s.column, column), append(s.explains, explains), append(s.chosen, best)
	return true
}

// products is column j of the symmetric gram, whose upper triangle is there.
func (s *pursuit) products(j int) []float64 {
	out := make([]float64, s.gram.Rows)
	for i := range j {
		out[i] = s.gram.Data[i*s.gram.Stride+j]
	}
	copy(out[j:], operator.RowOf(s.gram, j)[j:])
	return out
}

// outputs are the output weights of the chosen, by back substitution.
func (s *pursuit) outputs() []float64 {
	a := append([]float64(nil), s.explains...)
	for k := len(a) - 1; k >= 0; k-- {
		for q := k + 1; q < len(a); q++ {
			a[k] -= s.column[k][s.chosen[q]] * a[q]
		}
		a[k] /= s.column[k][s.chosen[k]]
	}
	for k, j := range s.chosen {
		a[k] /= s.scale[j]
	}
	return a
}

// constant is the free constant that belongs to the output weights a.
func (s *pursuit) constant(a []float64) float64 {
	c := s.target
	for k, j := range s.chosen {
		c -= a[k] * s.mean[j]
	}
	return c
}
