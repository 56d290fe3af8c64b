package operator

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// ofRank is a random n x d matrix of the given rank.
func ofRank(rng *rand.Rand, n, d, rank int) *mat.Dense {
	a, b := mat.NewDense(n, rank, nil), mat.NewDense(rank, d, nil)
	for _, m := range []*mat.Dense{a, b} {
		m.Apply(func(_, _ int, _ float64) float64 { return rng.NormFloat64() }, m)
	}
	var x mat.Dense
	x.Mul(a, b)
	return &x
}

// checkCoordinates: X = Z Q' row by row, whatever their norms, and Q has orthonormal
// columns.
func checkCoordinates(t *testing.T, name string, x mat.Matrix, rank int) {
	t.Helper()
	design, err := NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	c := CoordinatesOf(design)
	if c == nil {
		t.Fatalf("%s: none", name)
	}
	n, d := x.Dims()
	if rows, r := c.Z.Dims(); rows != n || r != rank {
		t.Fatalf("%s: Z is %d x %d, want %d x %d", name, rows, r, n, rank)
	}
	if Columns(c.Design(nil)) != d {
		t.Errorf("%s: evidence about %d columns, want %d", name, Columns(c.Design(nil)), d)
	}
	for i, norm := range RowNorms(design) {
		w := c.Up(c.Z.RawRowView(i))
		design.Row(i, func(j int, v float64) { w[j] -= v })
		if off := floats.Norm(w, 2); off > 4*Roundoff(d)*norm {
			t.Errorf("%s: row %d is off by %g of its norm", name, i, off/norm)
		}
	}
	rng := rand.New(rand.NewPCG(1, 1))
	z := make([]float64, rank)
	for i := range z {
		z[i] = rng.NormFloat64()
	}
	w := c.Up(z)
	if a, b := floats.Norm(w, 2), floats.Norm(z, 2); math.Abs(a-b) > 1e-14*b {
		t.Errorf("%s: |w| = %v, |z| = %v", name, a, b)
	}
	if back := c.Down(w); floats.Distance(back, z, 2) > 1e-14*floats.Norm(z, 2) {
		t.Errorf("%s: Q'Q z is off by %g", name, floats.Distance(back, z, 2))
	}
}

func TestCoordinates(t *testing.T) {
	rng := rand.New(rand.NewPCG(91, 92))
	checkCoordinates(t, "wide", ofRank(rng, 12, 40, 12), 12)
	checkCoordinates(t, "wide and dependent", ofRank(rng, 30, 40, 5), 5)
	checkCoordinates(t, "tall and dependent", ofRank(rng, 600, 20, 7), 7)

	scaled := ofRank(rng, 50, 30, 9)
	for i := range 50 {
		floats.Scale(math.Ldexp(1, 20*(i%5)-40), scaled.RawRowView(i))
	}
	checkCoordinates(t, "rows of many sizes", scaled, 9)

	// A row that hardly leaves the span of the others has a cone of its own.
	near := ofRank(rng, 30, 20, 4)
	near.Set(17, 3, near.At(17, 3)*(1+1e-9))
	checkCoordinates(t, "nearly dependent", near, 5)

	integers := mat.NewDense(40, 16, nil)
	for i := range 40 {
		a, b := float64(rng.IntN(9)-4), float64(rng.IntN(9)-4)
		for j := range 16 {
			integers.Set(i, j, a*float64(j%3)+b*float64(j%5))
		}
	}
	checkCoordinates(t, "dependent integers, zero rows", integers, 2)

	coo := sparse.NewCOO(10, 500, nil, nil, nil)
	for k := range 60 {
		coo.Set(k%10, rng.IntN(500), rng.NormFloat64())
	}
	checkCoordinates(t, "sparse", coo.ToCSR(), 10)
}

// Where the rank is not much smaller than the columns there are none.
func TestNoCoordinates(t *testing.T) {
	rng := rand.New(rand.NewPCG(93, 94))
	for name, x := range map[string]mat.Matrix{
		"few columns": ofRank(rng, 5, 12, 2), "full rank": ofRank(rng, 100, 20, 20), "square": ofRank(rng, 30, 30, 30),
		"nearly full": ofRank(rng, 100, 20, 15), "zero": mat.NewDense(5, 30, nil),
	} {
		design, err := NewDesign(x)
		if err != nil {
			t.Fatal(err)
		}
		if c := CoordinatesOf(design); c != nil {
			t.Errorf("%s: rank %d", name, c.q.Rows)
		}
	}
}
