package operator

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
)

func randomMatrix(rng *rand.Rand, n, d int, density float64) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			if rng.Float64() < density {
				x.Set(i, j, rng.NormFloat64())
			}
		}
	}
	return x
}

// designsOf are x as it is and as a compressed sparse matrix.
func designsOf(t *testing.T, x *mat.Dense) map[string]Design {
	t.Helper()
	n, d := x.Dims()
	triplets := sparse.NewDOK(n, d)
	for i := range n {
		for j := range d {
			if v := x.At(i, j); v != 0 {
				triplets.Set(i, j, v)
			}
		}
	}
	all := make(map[string]Design)
	for name, m := range map[string]mat.Matrix{"dense": x, "sparse": triplets.ToCSR()} {
		var err error
		if all[name], err = NewDesign(m); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// naiveGram is X' diag(w) X entry by entry, and the sum of the sizes of its
// terms, to which rounding errors are in proportion.
func naiveGram(x *mat.Dense, w []float64, a, b int) (sum, size float64) {
	for i, v := range w {
		term := v * x.At(i, a) * x.At(i, b)
		sum += term
		size += math.Abs(term)
	}
	return sum, size
}

// All matrices together, one by one and entry by entry are the same to rounding,
// around the borders of blocks of rows and of pairs.
func TestGramsAreWeightedProducts(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, s := range [][3]int{{1, 1, 1}, {5, 3, 2}, {1023, 2, 7}, {1024, 9, 3}, {1025, 8, 1}, {2100, 30, 5}, {300, 70, 4}} {
		n, d, count := s[0], s[1], s[2]
		x := randomMatrix(rng, n, d, 0.7)
		w := NewGeneral(count, n)
		for i := range w.Data {
			w.Data[i] = rng.ExpFloat64()
		}
		for name, design := range designsOf(t, x) {
			together, one := NewGeneral(count, d*d), make([]float64, d*d)
			design.Grams(together, (*Weights)(&w))
			for j := range count {
				design.Gram(one, RowOf(w, j))
				for a := range d {
					for b := range d {
						want, size := naiveGram(x, RowOf(w, j), a, b)
						for _, got := range []float64{one[a*d+b], together.Data[j*d*d+a*d+b]} {
							if math.Abs(got-want) > 1e-14*math.Sqrt(float64(n))*size {
								t.Fatalf("%s %d x %d: entry (%d, %d) of %d is %v, want %v", name, n, d, a, b, j, got, want)
							}
						}
					}
				}
			}
		}
	}
}

// Pairs of cells give X'D_pD_qX, asked for at once or by and by.
func TestGramCacheHoldsPairs(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n, d, count = 1300, 4, 26 // 351 pairs: more than are computed at once
	x := randomMatrix(rng, n, d, 1)
	design := designsOf(t, x)["dense"]
	cells := make([]hyperplane.Cell, count)
	blocks := make([]Block, count)
	for p := range cells {
		gate := make([]float64, d)
		for k := range gate {
			gate[k] = rng.NormFloat64()
		}
		cells[p] = hyperplane.Cell{Pattern: hyperplane.PatternOf(x, gate)}
		blocks[p] = Block{Cell: p, Sign: 1}
	}
	whole := NewGramCache(design, ReLU, cells)
	whole.Require(blocks)
	grown := NewGramCache(design, ReLU, cells)
	grown.Require(blocks[:5])
	grown.Require(blocks)
	w := make([]float64, n)
	for p := range count {
		for q := range p + 1 {
			for i := range w {
				w[i] = 0
				if cells[p].Pattern.Active(i) && cells[q].Pattern.Active(i) {
					w[i] = 1
				}
			}
			for a := range d {
				for b := range d {
					want, size := naiveGram(x, w, a, b)
					for _, got := range []float64{whole.at(p, q)[a*d+b], grown.at(p, q)[a*d+b]} {
						if math.Abs(got-want) > 1e-12*size {
							t.Fatalf("pair (%d, %d), entry (%d, %d) is %v, want %v", p, q, a, b, got, want)
						}
					}
				}
			}
		}
	}
}

func BenchmarkGrams(b *testing.B) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, s := range [][3]int{{500, 3, 20}, {20000, 3, 40}, {20000, 10, 4}, {20000, 10, 40}, {20000, 20, 40}, {2000, 50, 60}, {2000, 100, 60}} {
		n, d, count := s[0], s[1], s[2]
		x, _ := NewDesign(randomMatrix(rng, n, d, 1))
		w, k := NewGeneral(count, n), NewGeneral(count, d*d)
		for i := range w.Data {
			w.Data[i] = rng.ExpFloat64()
		}
		one := func(j int) { x.Gram(RowOf(k, j), RowOf(w, j)) }
		for name, f := range map[string]func(){
			"one by one": func() { Parallel(count, one) },
			"together":   func() { x.Grams(k, (*Weights)(&w)) },
		} {
			b.Run(fmt.Sprintf("%dx%d/%d/%s", n, d, count, name), func(b *testing.B) {
				b.ReportAllocs()
				for range b.N {
					f()
				}
				b.ReportMetric(float64(n)*float64(d)*float64(d+1)*float64(count)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GF/s")
			})
		}
	}
}

var _ RowWeights = (*pairWeights)(nil)

// So they are with weights of any sign.
func TestGramsOfSignedWeights(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{{1030, 20, 3}, {1030, 4, 3}} {
		n, d, count := s[0], s[1], s[2]
		x := randomMatrix(rng, n, d, 0.7)
		w := NewGeneral(count, n)
		for i := range w.Data {
			if w.Data[i] = rng.NormFloat64(); i%n < gramRows && i < n {
				w.Data[i] = math.Abs(w.Data[i]) // one row begins with weights of one sign
			}
		}
		for name, design := range designsOf(t, x) {
			k := NewGeneral(count, d*d)
			design.Grams(k, (*Weights)(&w))
			for j := range count {
				for e, got := range RowOf(k, j) {
					if want, size := naiveGram(x, RowOf(w, j), e/d, e%d); math.Abs(got-want) > 1e-14*math.Sqrt(float64(n))*size {
						t.Fatalf("%s %v: entry %d of matrix %d is %v, want %v", name, s, e, j, got, want)
					}
				}
			}
		}
	}
}
