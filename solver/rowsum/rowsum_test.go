package rowsum

import (
	"context"
	"math"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/loss"
)

// memory are rows in memory.
type memory struct {
	x *mat.Dense
	y []float64
}

func (m memory) Dims() (n, d int) { return m.x.Dims() }

func (m memory) Read(x, y, offset []float64, first int) error {
	for i := range y {
		y[i] = m.y[first+i]
		if offset != nil {
			offset[i] = math.Sin(float64(first + i))
		}
		copy(x[i*m.x.RawMatrix().Cols:], m.x.RawRowView(first+i))
	}
	return nil
}

func madeUp(n, d, patterns int, labels bool) (memory, *mat.Dense) {
	rng := rand.New(rand.NewPCG(1, 2))
	x, gates := mat.NewDense(n, d, nil), mat.NewDense(patterns, d, nil)
	for _, m := range []*mat.Dense{x, gates} {
		for i := range m.RawMatrix().Data {
			m.RawMatrix().Data[i] = rng.NormFloat64()
		}
	}
	y := make([]float64, n)
	for i := range y {
		if y[i] = rng.NormFloat64(); labels {
			y[i] = math.Copysign(1, y[i])
		}
	}
	return memory{x, y}, gates
}

func someScratch(t *testing.T) *Scratch {
	t.Helper()
	s, err := NewScratch(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func somePoint(gates *mat.Dense) *Point {
	_, d := gates.Dims()
	at := &Point{Constant: 0.25, Patterns: []int{0, 2}, V: blas64.General{Rows: 2, Cols: d, Stride: d, Data: make([]float64, 2*d)}}
	for i := range at.V.Data {
		at.V.Data[i] = math.Sin(float64(i))
	}
	return at
}

// passes are all there are, at some point. What they keep of the rows begins the same in every call.
func passes(t *testing.T, l loss.Loss, gates *mat.Dense, rows int) []Pass {
	t.Helper()
	p, d := gates.Dims()
	at, g := somePoint(gates), gates.RawMatrix()
	nu := make(Values, rows)
	for i := range nu {
		nu[i] = math.Cos(float64(i))
	}
	all := []Pass{
		&Walls{Gates: g, Rows: 5}, &Cones{W: at.V, Patterns: at.Patterns, Rows: 5}, &Exact{W: at.V, Patterns: at.Patterns},
		&Above{At: at, Cost: 3, Loss: l, Terms: d + 2}, &Products{Nu: nu, Loss: l, Patterns: p, D: d},
	}
	if c, ok := loss.NewCurved(l); ok {
		return append(all, &Prices{At: at, Loss: l, Curved: c, Patterns: p, D: d, Nu: make(Values, rows)}, &Line{At: at, Step: at, Lengths: []float64{0, 0.5, 1}, Curved: c},
			&Gram{At: at, Curved: c, Patterns: []int{0, 1}, D: d}, &Gram{At: at, Curved: c, Patterns: []int{0, 1}, D: d, First: d})
	}
	if l == loss.LInf {
		all = append(all, &Deviations{At: at, Rows: 5})
	}
	if b := NewBox(l, someScratch(t), rows); b != nil {
		next := &Point{Constant: 2 * at.Constant, Patterns: at.Patterns, V: at.V}
		all = append(all, &Advance{Barrier: b, Start: 0.1, At: at, Columns: []int{0, 3}, Patterns: p, D: d},
			&Reach{Barrier: b, At: at, Step: next, Target: 0.01},
			&Advance{Barrier: b, From: at, Step: next, Length: 0.01, Target: 0.01, At: at, Columns: []int{0, 3}, Patterns: p, D: d})
	}
	return all
}

// outcome is all that a pass leaves.
type outcome struct {
	part *Part
	kept [][]float64
}

// outcomes takes passes, one after the other, each by take.
func outcomes(t *testing.T, passes []Pass, n int, take func(p Pass) (*Part, error)) (all []outcome) {
	t.Helper()
	for _, p := range passes {
		part, err := take(p)
		if err != nil {
			t.Fatal(err)
		}
		o := outcome{part: part}
		if k, ok := p.(Keeper); ok {
			columns, _, _ := k.Kept()
			for _, c := range columns {
				v := make([]float64, n)
				if err := c.Read(v, 0); err != nil {
					t.Fatal(err)
				}
				o.kept = append(o.kept, v)
			}
		}
		all = append(all, o)
	}
	return all
}

// TestSameBits: no pass depends on the number of goroutines, on whether the bits are kept, found anew
// or given as patterns, or on how aligned blocks are shared among shards.
func TestSameBits(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	const n = 64*21 + 13
	for _, l := range []loss.Loss{loss.Squared, loss.L1, loss.LInf, loss.Logistic, loss.Hinge} {
		rows, gates := madeUp(n, 4, 5, l.Labels())
		var patterns []hyperplane.Pattern
		for p := range 5 {
			patterns = append(patterns, hyperplane.PatternOf(rows.x, gates.RawRowView(p)))
		}
		for _, shifted := range []bool{false, true} {
			if shifted && !l.Labels() {
				continue
			}
			runner := func() *Runner { return &Runner{Rows: rows, Gates: gates, BlockRows: 64, Shifted: shifted} }
			runtime.GOMAXPROCS(1)
			one := outcomes(t, passes(t, l, gates, n), n, func(p Pass) (*Part, error) { return runner().Run(t.Context(), p) })
			same := func(what string, got []outcome) {
				t.Helper()
				for k := range one {
					if !reflect.DeepEqual(got[k], one[k]) {
						t.Errorf("%s, shifted %v, pass %d: %s gives %v, one goroutine %v", l.Name(), shifted, k, what, got[k].part, one[k].part)
					}
				}
			}
			for _, threads := range []int{2, 5} {
				runtime.GOMAXPROCS(threads)
				kept, given := runner(), runner()
				given.Patterns = patterns
				if err := kept.SetBits(t.Context(), someScratch(t)); err != nil {
					t.Fatal(err)
				}
				same("kept bits", outcomes(t, passes(t, l, gates, n), n, func(p Pass) (*Part, error) { return kept.Run(t.Context(), p) }))
				same("given patterns", outcomes(t, passes(t, l, gates, n), n, func(p Pass) (*Part, error) { return given.Run(t.Context(), p) }))
			}
			for _, size := range []int{1, 4, 16} {
				same("shards", outcomes(t, passes(t, l, gates, n), n, func(p Pass) (*Part, error) {
					r := runner()
					var shards []*Part
					for from := 0; from < r.Blocks(); from += size {
						part, err := r.Shard(t.Context(), p, from, min(from+size, r.Blocks()))
						if err != nil {
							return nil, err
						}
						shards = append(shards, part)
					}
					return Combine(p, size, shards), nil
				}))
			}
		}
	}
}

// ending are rows whose context ends when a row is read.
type ending struct {
	memory
	row int
	end func()
}

func (e ending) Read(x, y, offset []float64, first int) error {
	if first >= e.row {
		e.end()
	}
	return e.memory.Read(x, y, offset, first)
}

// TestEnded: a pass that was ended by its context leaves nothing to the next one, of another size.
func TestEnded(t *testing.T) {
	const n = 64 * 40
	rows, gates := madeUp(n, 4, 5, false)
	all := passes(t, loss.Squared, gates, n)
	for k, p := range all {
		ctx, cancel := context.WithCancel(t.Context())
		r := &Runner{Rows: ending{rows, n / 2, cancel}, Gates: gates, BlockRows: 64}
		if _, err := r.Run(ctx, p); err == nil {
			t.Errorf("pass %d: was not ended", k)
		}
		next := all[(k+1)%len(all)]
		want, err := (&Runner{Rows: rows, Gates: gates, BlockRows: 64}).Run(t.Context(), next)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Run(t.Context(), next); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("the pass behind pass %d gives %v, want %v (%v)", k, got, want, err)
		}
	}
}

// TestPrices compares with the sums written out.
func TestPrices(t *testing.T) {
	for _, l := range []loss.Loss{loss.Squared, loss.Logistic} {
		rows, gates := madeUp(200, 3, 4, l.Labels())
		c, _ := loss.NewCurved(l)
		at, n := somePoint(gates), 200
		nu := make([]float64, n)
		part, err := (&Runner{Rows: rows, Gates: gates, BlockRows: 64, Slope: 0.1}).Run(t.Context(), &Prices{At: at, Loss: l, Curved: c, Patterns: 4, D: 3, Nu: Values(nu)})
		if err != nil {
			t.Fatal(err)
		}
		diagonal := func(p, i int) float64 {
			if mat.Dot(rows.x.RowView(i), gates.RowView(p)) > 0 {
				return 1
			}
			return 0.1
		}
		z := make([]float64, n)
		for i := range z {
			z[i] = at.Constant
			for k, p := range at.Patterns {
				z[i] += diagonal(p, i) * mat.Dot(rows.x.RowView(i), mat.NewVecDense(3, at.V.Data[3*k:3*k+3]))
			}
		}
		want := make([]float64, len(part.Sum))
		w := make([]float64, n)
		want[PriceLoss] = float64(n) * l.Value(z, rows.y)
		c.Slopes(make([]float64, n), w, z, rows.y)
		want[PriceDual] = float64(n) * l.Dual(nu, rows.y)
		for i, v := range nu {
			want[PriceNu] += v
			want[PriceWeight] += w[i]
			want[PriceNuY] += v * rows.y[i]
			want[PriceNuNu] += v * v
			for p := range 4 {
				for j := range 3 {
					want[PriceProducts+3*p+j] += diagonal(p, i) * v * rows.x.At(i, j)
				}
			}
		}
		for k, v := range want {
			if math.Abs(v-part.Sum[k]) > 1e-10*(1+math.Abs(v)) {
				t.Errorf("%s: sum %d is %v, want %v", l.Name(), k, part.Sum[k], v)
			}
		}
	}
}
