package hyperplane

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"
)

// exactRank is the rank by rational elimination.
func exactRank(x *mat.Dense) int {
	n, d := x.Dims()
	a := make([][]*big.Rat, n)
	for i := range a {
		for j := range d {
			a[i] = append(a[i], new(big.Rat).SetFloat64(x.At(i, j)))
		}
	}
	rank := 0
	for c := 0; c < d && rank < n; c++ {
		p := rank
		for p < n && a[p][c].Sign() == 0 {
			p++
		}
		if p == n {
			continue
		}
		a[rank], a[p] = a[p], a[rank]
		for i := rank + 1; i < n; i++ {
			f := new(big.Rat).Quo(a[i][c], a[rank][c])
			for j := c; j < d; j++ {
				a[i][j].Sub(a[i][j], new(big.Rat).Mul(f, a[rank][j]))
			}
		}
		rank++
	}
	return rank
}

// dependentMatrix is n x d with columns of which some are zero, multiples or
// short or long combinations of others, in any order.
func dependentMatrix(rng *rand.Rand, n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for k, j := range rng.Perm(d) {
		kind := rng.IntN(6)
		from := func() int { return rng.IntN(d) }
		p, q := from(), from()
		f := math.Ldexp(float64(rng.IntN(7)-3), rng.IntN(9)-4)
		for i := range n {
			switch v := 0.0; {
			case k == 0 || kind < 2:
				x.Set(i, j, float64(rng.IntN(2000)-1000)/8)
			case kind == 2: // zero
			case kind == 3:
				x.Set(i, j, f*x.At(i, p))
			case kind == 4:
				x.Set(i, j, x.At(i, p)-f*x.At(i, q))
			default:
				for l := range d {
					v += float64(l%5-2) * x.At(i, l)
				}
				x.Set(i, j, v)
			}
		}
	}
	return x
}

func TestRankOfCombinationsIsExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		n, d := 1+rng.IntN(12), 1+rng.IntN(12)
		x := dependentMatrix(rng, n, d)
		if rng.IntN(2) == 0 { // combinations of rows instead
			x = mat.DenseCopyOf(x.T())
		}
		cols, basis := newRows(x).independentColumns()
		if want := exactRank(x); len(cols) != want || len(basis) != want {
			t.Fatalf("rank %d on %d rows, want %d, of\n%v", len(cols), len(basis), want, mat.Formatted(x))
		}
	}
}

// One unit in the last place makes a dependent column independent.
func TestRankSeesTheLastDigit(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	const n, d = 40, 8
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d - 1 {
			x.Set(i, j, float64(rng.IntN(100)))
		}
		x.Set(i, d-1, 3*x.At(i, 0)-x.At(i, 5))
	}
	if cols, _ := newRows(x).independentColumns(); len(cols) != d-1 {
		t.Fatalf("rank %d, want %d", len(cols), d-1)
	}
	x.Set(n-1, d-1, math.Nextafter(x.At(n-1, d-1), 1e9))
	if cols, _ := newRows(x).independentColumns(); len(cols) != d {
		t.Fatalf("rank %d, want %d", len(cols), d)
	}
}

// A determinant that is a multiple of the prime hides independence from the
// elimination modulo the prime, and the system that then stands without an
// inverse is eliminated in fractions.
func TestRankWhereThePrimeDividesTheDeterminant(t *testing.T) {
	// 2^31 2^30 - 1 1 is the prime.
	x := mat.NewDense(3, 3, []float64{
		1 << 31, 1, 1<<31 + 1,
		1, 1 << 30, 1<<30 + 1,
		5, 7, 12,
	})
	cols, _ := newRows(x).independentColumns()
	if len(cols) != exactRank(x) {
		t.Fatalf("rank %d, want %d", len(cols), exactRank(x))
	}
	span := newSpan(newRows(x).at, 3, 3, []int{0, 1}, []int{0, 1})
	span.prepare()
	if span.factors != nil {
		t.Fatal("the determinant is no multiple of the prime")
	}
	if row, ok := span.holds(2); !ok {
		t.Fatalf("the sum of the columns is not in their span on row %d", row)
	}
}

// Columns that repeat, dummies that add up to the constant and long combinations
// cost next to nothing.
func TestRankOfDependentColumnsIsQuick(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for name, x := range quickRanks(rng) {
		start := time.Now()
		n, d := x.Dims()
		cols, _ := newRows(x).independentColumns()
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: rank %d of %d x %d took %v", name, len(cols), n, d, took)
		}
		if len(cols) >= min(n, d) {
			t.Errorf("%s: rank %d of %d x %d", name, len(cols), n, d)
		}
	}
}

func quickRanks(rng *rand.Rand) map[string]*mat.Dense {
	repeat := mat.NewDense(400, 105, nil)
	dummies := mat.NewDense(400, 60, nil)
	long := mat.NewDense(300, 60, nil)
	wide := mat.NewDense(24, 1000, nil)
	for i := range 400 {
		for j := range 100 {
			repeat.Set(i, j, rng.NormFloat64())
		}
		for j := range 5 {
			repeat.Set(i, 100+j, repeat.At(i, 3*j))
		}
		dummies.Set(i, i%20, 1)
		for j := 20; j < 59; j++ {
			dummies.Set(i, j, rng.NormFloat64())
		}
		dummies.Set(i, 59, 1)
	}
	for i := range 300 {
		sum := 0.0
		for j := range 59 {
			v := math.Ldexp(float64(rng.IntN(1<<20)), -20)
			long.Set(i, j, v)
			sum += float64(j+1) * v
		}
		long.Set(i, 59, sum)
	}
	for i := range 24 {
		for j := range 1000 {
			wide.Set(i, j, rng.NormFloat64())
		}
	}
	for j := range 1000 {
		wide.Set(7, j, 2*wide.At(3, j))
	}
	return map[string]*mat.Dense{"repeated": repeat, "dummies": dummies, "long": long, "wide": wide}
}

func BenchmarkRank(b *testing.B) {
	for name, x := range quickRanks(rand.New(rand.NewPCG(3, 3))) {
		n, d := x.Dims()
		b.Run(fmt.Sprintf("%s/%dx%d", name, n, d), func(b *testing.B) {
			for range b.N {
				newRows(x).independentColumns()
			}
		})
	}
}
