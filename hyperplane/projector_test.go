package hyperplane

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

func gaussian(rng *rand.Rand, n, d int) *mat.Dense {
	x := mat.NewDense(n, d, nil)
	for i := range n {
		for j := range d {
			x.Set(i, j, rng.NormFloat64())
		}
	}
	return x
}

func gaussianVector(rng *rand.Rand, d int) []float64 {
	return gaussian(rng, 1, d).RawRowView(0)
}

// checkProjection tests the conditions that characterise the projection and its multiplier.
func checkProjection(t *testing.T, x mat.Matrix, c, dst []float64, pat Pattern, mu []Multiplier, tol float64) {
	t.Helper()
	r := newRows(x)
	size := norm2(c)
	for i := range r.n {
		if v := pat.Sign(i) * r.dot(i, dst); v < -tol*size*r.norm(i) {
			t.Fatalf("row %d of %d: s x.dst = %g, outside the cone (|c| = %g)", i, r.n, v, size)
		}
	}
	sum := append([]float64(nil), c...)
	scaled := size
	last := -1
	for _, m := range mu {
		if m.Value <= 0 || m.Row <= last {
			t.Fatalf("multiplier %v after row %d", m, last)
		}
		last = m.Row
		if v := r.dot(m.Row, dst); math.Abs(v) > tol*size*r.norm(m.Row) {
			t.Fatalf("row %d: mu = %g but x.dst = %g", m.Row, m.Value, v)
		}
		r.addTo(sum, m.Value*pat.Sign(m.Row), m.Row)
		scaled += m.Value * r.norm(m.Row)
	}
	for j := range sum {
		if math.Abs(sum[j]-dst[j]) > tol*scaled {
			t.Fatalf("entry %d: c + X'S mu = %g, dst = %g", j, sum[j], dst[j])
		}
	}
	if len(mu) > r.d {
		t.Fatalf("%d multipliers for %d columns", len(mu), r.d)
	}
}

func TestProjectionConditions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for trial := range 600 {
		n, d := 1+rng.IntN(60), 1+rng.IntN(12)
		x := gaussian(rng, n, d)
		switch trial % 4 {
		case 1: // duplicates and opposites
			for i := n / 2; i < n; i++ {
				for j := range d {
					x.Set(i, j, x.At(i-n/2, j)*float64(1-2*(i%2)))
				}
			}
		case 2: // small integers
			for i := range n {
				for j := range d {
					x.Set(i, j, float64(rng.IntN(5)-2))
				}
			}
		}
		p := NewProjector(x)
		var warm []Multiplier
		c := gaussianVector(rng, d)
		for range 5 {
			pat := PatternOf(x, gaussianVector(rng, d))
			if trial%8 >= 4 { // any signs: usually no interior
				for k := range pat.words {
					pat.words[k] ^= rng.Uint64() & (1<<min(63, n-64*k) - 1)
				}
			}
			dst := make([]float64, d)
			mu, err := p.Project(dst, c, pat, warm)
			if err != nil {
				t.Fatal(err)
			}
			checkProjection(t, x, c, dst, pat, mu, 1e-12)
			again := make([]float64, d)
			if _, err := p.Fork().Project(again, dst, pat, nil); err != nil {
				t.Fatal(err)
			}
			for j := range dst {
				if math.Abs(dst[j]-again[j]) > 1e-13*norm2(c) {
					t.Fatalf("projecting twice moves entry %d from %g to %g", j, dst[j], again[j])
				}
			}
			warm = append(warm[:0], mu...)
		}
	}
}

// Rows that are equal, opposite, dependent or parallel to the last digits, many more than columns.
func TestProjectionOnDegenerateRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for trial := range 450 {
		n, d := 20+rng.IntN(200), 1+rng.IntN(8)
		x := degenerateRows(rng, trial, n, d)
		p := NewProjector(x)
		for range 4 {
			pat := PatternOf(x, gaussianVector(rng, d))
			c := gaussianVector(rng, d)
			if rng.IntN(2) == 0 { // outside the cone by a hair, or on its boundary
				copy(c, x.RawRowView(rng.IntN(n)))
			}
			dst := make([]float64, d)
			mu, err := p.Project(dst, c, pat, nil)
			if err != nil {
				t.Fatalf("trial %d (%d x %d): %v", trial, n, d, err)
			}
			checkProjection(t, x, c, dst, pat, mu, 1e-12)
		}
	}
}

func TestProjectionLargeSparseAndAliased(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	x := gaussian(rng, 800, 150)
	csr := sparse.NewDOK(800, 150)
	for i := range 800 {
		for j := range 150 {
			if rng.IntN(4) == 0 {
				csr.Set(i, j, x.At(i, j))
			}
		}
	}
	for _, x := range []mat.Matrix{x, csr.ToCSR()} {
		p := NewProjector(x)
		pat := PatternOf(x, gaussianVector(rng, 150))
		c := gaussianVector(rng, 150)
		dst := append([]float64(nil), c...)
		mu, err := p.Project(dst, dst, pat, nil)
		if err != nil {
			t.Fatal(err)
		}
		checkProjection(t, x, c, dst, pat, mu, 1e-12)
	}
}

func TestProjectorDoesNotAllocate(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	x := gaussian(rng, 200, 10)
	pat := PatternOf(x, gaussianVector(rng, 10))
	c, dst := gaussianVector(rng, 10), make([]float64, 10)
	p := NewProjector(x)
	var warm []Multiplier
	if a := testing.AllocsPerRun(20, func() { warm, _ = p.Project(dst, c, pat, warm) }); a != 0 {
		t.Fatalf("%v allocations per projection", a)
	}
}

func BenchmarkProject(b *testing.B) {
	rng := rand.New(rand.NewPCG(7, 8))
	for _, size := range [][2]int{{1000, 20}, {1000, 100}, {400, 5}} {
		n, d := size[0], size[1]
		x := gaussian(rng, n, d)
		pats := make([]Pattern, 50)
		for k := range pats {
			pats[k] = PatternOf(x, gaussianVector(rng, d))
		}
		c, dst := gaussianVector(rng, d), make([]float64, d)
		p := NewProjector(x)
		b.Run("cold/"+itoa(n)+"x"+itoa(d), func(b *testing.B) {
			b.ReportAllocs()
			for k := 0; b.Loop(); k++ {
				if _, err := p.Project(dst, c, pats[k%50], nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("warm/"+itoa(n)+"x"+itoa(d), func(b *testing.B) {
			b.ReportAllocs()
			warm := make([][]Multiplier, 50)
			near := append([]float64(nil), c...)
			for k := range pats {
				mu, _ := p.Project(dst, c, pats[k], nil)
				warm[k] = append(warm[k], mu...)
			}
			near[0] += 1e-3
			for k := 0; b.Loop(); k++ {
				if _, err := p.Project(dst, near, pats[k%50], warm[k%50]); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Reusing a factorisation changes no bit, whatever the point moves to, also where rows are repeated and where other cones
// are projected on in between.
func TestReuseChangesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, 10))
	for _, size := range [][2]int{{60, 3}, {80, 9}, {70, 20}, {manyRows, 5}} {
		n, d := size[0], size[1]
		x := gaussian(rng, n, d)
		for i := range n / 4 {
			x.SetRow(i, x.RawRowView(n-1-i))
		}
		pats := []Pattern{PatternOf(x, gaussianVector(rng, d)), PatternOf(x, gaussianVector(rng, d))}
		var factors [2]Factor
		var warm [2][]Multiplier
		plain, reusing := NewProjector(x), NewProjector(x)
		c, reused := gaussianVector(rng, d), 0
		for range 200 {
			for j := range c {
				c[j] += 0.02 * rng.NormFloat64()
			}
			for k, pat := range pats {
				want, got := make([]float64, d), make([]float64, d)
				wantMu, err := plain.Project(want, c, pat, warm[k])
				if err != nil {
					t.Fatal(err)
				}
				if factors[k].is(warm[k]) && len(warm[k]) > 0 {
					reused++
				}
				reusing.Reuse(&factors[k])
				mu, err := reusing.Project(got, c, pat, warm[k])
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(mu, wantMu) || !slices.Equal(got, want) {
					t.Fatalf("%d x %d: %v and %v with a factorisation, %v and %v without", n, d, got, mu, want, wantMu)
				}
				warm[k] = append([]Multiplier(nil), mu...)
			}
		}
		if reused < 20 {
			t.Errorf("%d x %d: reused %d times of 400", n, d, reused)
		}
	}
}
