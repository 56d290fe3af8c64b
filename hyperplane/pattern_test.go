package hyperplane

import (
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/james-bowman/sparse"
	"gonum.org/v1/gonum/mat"
)

func TestPatternBits(t *testing.T) {
	p := NewPattern(70, []uint64{1 | 1<<63, 1 << 5})
	if p.Len() != 70 || p.Count() != 3 || !p.Active(0) || !p.Active(63) || !p.Active(69) || p.Active(1) || p.IsZero() {
		t.Errorf("%v", p)
	}
	if p.Sign(0) != 1 || p.Sign(1) != -1 {
		t.Error("signs")
	}
	q := NewPattern(70, []uint64{1 | 1<<63, 1 << 4})
	if p.Compare(q) != 1 || q.Compare(p) != -1 || p.Compare(p) != 0 || p.Equal(q) || !p.Equal(p) || p.Hash() == q.Hash() {
		t.Error("comparison")
	}
	if NewPattern(3, []uint64{6}).String() != "011" || !NewPattern(3, []uint64{0}).IsZero() {
		t.Error("string or zero")
	}
	if some := p.Among([]int{69, 1, 0, 63}); some.String() != "1011" {
		t.Errorf("among rows 69, 1, 0 and 63: %v", some)
	}
	if rows := p.Differences(q); !slices.Equal(rows, []int{68, 69}) || len(rows) != p.Distance(q) || len(p.Differences(p)) != 0 {
		t.Errorf("differences at rows %v", rows)
	}
	for _, bad := range []func(){
		func() { p.Among([]int{70}) }, func() { NewPattern(3, []uint64{8}) }, func() { NewPattern(65, []uint64{0}) }, func() { p.Active(70) }, func() { p.Active(-1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("accepted")
				}
			}()
			bad()
		}()
	}
}

// Vectors almost orthogonal to a row, over all exponents, against rational arithmetic.
func TestSignsAreExact(t *testing.T) {
	rng := rand.New(rand.NewPCG(51, 52))
	zeros := 0
	for trial := range 4000 {
		d := 2 + rng.IntN(4)
		a, b := gaussianVector(rng, d), gaussianVector(rng, d)
		if trial%3 == 0 {
			for k := range a {
				a[k], b[k] = float64(rng.IntN(9)-4), float64(rng.IntN(9)-4)
			}
		}
		s := 0.0
		for k := range d - 1 {
			s += a[k] * b[k]
		}
		if a[d-1] != 0 {
			b[d-1] = -s / a[d-1]
			for range rng.IntN(3) {
				b[d-1] = math.Nextafter(b[d-1], float64(1-2*rng.IntN(2)))
			}
		}
		if trial%5 == 0 {
			for k := range a {
				a[k] = math.Ldexp(a[k], -1060+rng.IntN(40))
			}
		}
		exact := new(big.Rat)
		for k := range a {
			x, y := new(big.Rat).SetFloat64(a[k]), new(big.Rat).SetFloat64(b[k])
			exact.Add(exact, x.Mul(x, y))
		}
		if got := dotSign(a, b); got != exact.Sign() {
			t.Fatalf("%v . %v: sign %d, want %d", a, b, got, exact.Sign())
		}
		if d == 2 && det2Sign(a[0], -a[1], b[1], b[0]) != exact.Sign() {
			t.Fatalf("determinant of %v, %v: want %d", a, b, exact.Sign())
		}
		if exact.Sign() == 0 {
			zeros++
		}
	}
	if zeros < 100 {
		t.Errorf("only %d zeros tried", zeros)
	}
}

func TestFromGates(t *testing.T) {
	x := mat.NewDense(5, 2, []float64{1, 0, 0, 1, 2, 0, 0, 0, -1, 0})
	gates := mat.NewDense(6, 2, []float64{
		1, 1, // 11100
		3, 2, // the same
		-1, 0, // on row 1: 00001, has a neighbourhood with row 1 inactive
		-1, -1, // the same
		0, -1, // on rows 0, 2 and 4: none active
		0, 1, // on rows 0 and 4, which are opposite: 01000 is flat
	})
	g, err := FromGates(x, gates)
	if err != nil {
		t.Fatal(err)
	}
	if g.Merged != 2 || g.Zero != 1 || g.Flat != 1 || len(g.Cells) != 3 {
		t.Fatalf("%+v", g)
	}
	for k, want := range []string{"11100", "00001", "01000"} {
		if g.Cells[k].Pattern.String() != want {
			t.Errorf("cell %d: %v, want %s", k, g.Cells[k].Pattern, want)
		}
	}
	r := newRows(x)
	if !r.inside(g.Cells[0].Pattern, g.Cells[0].Gate) || !r.inside(g.Cells[1].Pattern, g.Cells[1].Gate) {
		t.Error("a gate is not inside")
	}
	if !slices.Equal(g.Cells[2].Gate, []float64{0, 1}) {
		t.Errorf("the flat cell's gate became %v", g.Cells[2].Gate)
	}
	for _, bad := range []mat.Matrix{mat.NewDense(1, 3, nil), mat.NewDense(1, 2, []float64{1, math.Inf(1)})} {
		if _, err := FromGates(x, bad); err == nil {
			t.Errorf("%v accepted", bad)
		}
	}
	if _, err := FromGates(mat.NewDense(1, 2, []float64{1, math.NaN()}), gates); err == nil {
		t.Error("NaN accepted")
	}
}

// Gates on many hyperplanes at once, against the list of all cells.
func TestFromGatesFindsInteriors(t *testing.T) {
	rng := rand.New(rand.NewPCG(53, 54))
	moved, flat := 0, 0
	for trial := range 200 {
		n, d := 2+rng.IntN(8), 2+rng.IntN(3)
		x := degenerateRows(rng, []int{0, 2, 3, 4, 5, 7}[trial%6], n, d)
		gates := mat.NewDense(8, d, nil)
		for i := range 8 {
			for j := range d {
				gates.Set(i, j, float64(rng.IntN(3)-1))
			}
		}
		cells := bruteForce(x)
		g, err := FromGates(x, gates)
		if err != nil {
			t.Fatal(err)
		}
		r, count := newRows(x), 0
		for _, c := range g.Cells {
			if full := r.inside(c.Pattern, c.Gate); full != cells[c.Pattern.String()] {
				t.Fatalf("trial %d: %v has an interior: %v, found: %v", trial, c.Pattern, cells[c.Pattern.String()], full)
			} else if !full {
				count++
			}
		}
		if count != g.Flat {
			t.Fatalf("trial %d: %d flat cells, counted %d", trial, count, g.Flat)
		}
		moved += len(g.Cells) - count
		flat += count
		var csr sparse.DOK = *sparse.NewDOK(n, d)
		for i := range n {
			for j := range d {
				csr.Set(i, j, x.At(i, j))
			}
		}
		again, err := FromGates(csr.ToCSR(), gates)
		if err != nil || len(again.Cells) != len(g.Cells) || again.Flat != g.Flat || again.Merged != g.Merged || again.Zero != g.Zero {
			t.Fatalf("trial %d: sparse rows give another result", trial)
		}
	}
	if moved < 100 || flat < 20 {
		t.Errorf("%d full and %d flat cells tried", moved, flat)
	}
}

func TestCover(t *testing.T) {
	for _, c := range [][3]int64{{1000, 2, 2000}, {1000, 3, 999002}, {5, 5, 32}, {5, 9, 32}, {0, 3, 1}, {4, 0, 1}} {
		if got := Cover(int(c[0]), int(c[1])); got.Int64() != c[2] {
			t.Errorf("Cover(%d, %d) = %v, want %d", c[0], c[1], got, c[2])
		}
	}
}

func TestArrangementOfSparseRows(t *testing.T) {
	rng := rand.New(rand.NewPCG(55, 56))
	for trial := range 40 {
		x := degenerateRows(rng, trial, 8, 3)
		dok := sparse.NewDOK(8, 3)
		for i := range 8 {
			for j := range 3 {
				if v := x.At(i, j); v != 0 {
					dok.Set(i, j, v)
				}
			}
		}
		dense, _ := NewArrangement(x)
		thin, err := NewArrangement(dok.ToCSR())
		if err != nil || dense.Rank() != thin.Rank() || dense.Hyperplanes() != thin.Hyperplanes() {
			t.Fatalf("trial %d: %v", trial, err)
		}
		a, _ := dense.Count(t.Context())
		b, _ := thin.Count(t.Context())
		if a.Cmp(b) != 0 {
			t.Fatalf("trial %d: %v and %v cells", trial, a, b)
		}
	}
	if _, err := NewArrangement(mat.NewDense(2, 2, []float64{1, 2, 3, math.Inf(-1)})); err == nil {
		t.Error("infinity accepted")
	}
}

// The rank over the rationals where floating point sees less or more.
func TestRankIsExact(t *testing.T) {
	tiny := math.SmallestNonzeroFloat64
	for _, c := range []struct {
		x    *mat.Dense
		rank int
	}{
		{mat.NewDense(2, 2, []float64{1, 1, 1, math.Nextafter(1, 2)}), 2},
		{mat.NewDense(2, 2, []float64{1e300, 1e-300, 2e300, 2e-300}), 1},
		{mat.NewDense(2, 2, []float64{tiny, 0, 0, math.MaxFloat64}), 2},
		{mat.NewDense(3, 3, []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}), 2},
		{mat.NewDense(2, 3, nil), 0},
		{mat.NewDense(2, 2, []float64{1, 0x1p61, 1, 1}), 2}, // 2^61 = 1 modulo the prime used
		{mat.NewDense(3, 3, []float64{1, 1, 0, 0x1p61, 1, 0, 5, 5, 0}), 2},
		{mat.NewDense(3, 3, []float64{1, 0x1p61, 1, 1, 1, 0x1p61, 1, 1, 1}), 3},
	} {
		a, err := NewArrangement(c.x)
		if err != nil || a.Rank() != c.rank {
			t.Errorf("rank %d, %v, want %d\n%v", a.Rank(), err, c.rank, mat.Formatted(c.x))
		}
		if r, err := Rank(c.x); err != nil || r != c.rank {
			t.Errorf("rank alone %d, %v, want %d", r, err, c.rank)
		}
	}
}

func TestPatternDistance(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for _, n := range []int{1, 63, 64, 65, 200} {
		x := mat.NewDense(n, 3, nil)
		for i := range x.RawMatrix().Data {
			x.RawMatrix().Data[i] = rnd.NormFloat64()
		}
		p, q := PatternOf(x, []float64{1, 2, 3}), PatternOf(x, []float64{1, 2, -3})
		want := 0
		for i := range n {
			if p.Active(i) != q.Active(i) {
				want++
			}
		}
		if got := p.Distance(q); got != want || p.Distance(p) != 0 {
			t.Errorf("n = %d: distance %d, want %d", n, got, want)
		}
	}
}

// The rows against a vector are those with s_i x_i.w < 0: the cone is closed, rows on its walls belong to it,
// whatever the pattern says.
func TestAgainst(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	for range 50 {
		n, d := 1+rng.IntN(150), 1+rng.IntN(4)
		x := mat.NewDense(n, d, nil)
		for i := range n {
			for j := range d {
				x.Set(i, j, float64(rng.IntN(5)-2))
			}
		}
		gate, w := make([]float64, d), mat.NewDense(1, d, nil)
		for j := range d {
			gate[j] = rng.NormFloat64()
			w.Set(0, j, float64(rng.IntN(3)-1))
		}
		cell := PatternOf(x, gate)
		above, below := NewMarker(x).Sides(w)
		var want []int
		for i := range n {
			if z := mat.Dot(x.RowView(i), w.RowView(0)); cell.Sign(i)*z < 0 {
				want = append(want, i)
			}
		}
		if got := slices.Collect(cell.Against(above[0], below[0])); !slices.Equal(got, want) {
			t.Fatalf("%v, want %v", got, want)
		}
	}
	opposite := NewPattern(3, []uint64{0})
	for i := range opposite.Against(NewPattern(3, []uint64{7}), NewPattern(3, []uint64{0})) {
		if i > 0 {
			t.Fatal("it goes on when nobody looks")
		}
		break
	}
}
