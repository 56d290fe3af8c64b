package grade

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Of m residuals 1, 2, ..., m the half width of a share q is the ceil((m+1)q)-th.
func TestHalfWidths(t *testing.T) {
	for _, c := range []struct {
		m    int
		q    float64
		want float64 // 0: too few rows
	}{{99, 0.9, 90}, {99, 0.905, 91}, {9, 0.9, 9}, {8, 0.9, 0}, {9, 0.7, 7}, {19, 0.95, 19}, {18, 0.95, 0}, {4, 1e-9, 1}, {1, 0.5, 1}} {
		h := &heldOut{unit: make([]int, c.m), residual: [][]float64{nil}}
		for i := range c.m { // in another order and of both signs
			h.residual[0] = append(h.residual[0], float64((i*7919%c.m)+1)*float64(1-2*(i%2)))
		}
		if c.m%7919 == 0 {
			t.Fatal("want all residuals")
		}
		half, err := newCalibration(OnCV, h).HalfWidths(c.q)
		if c.want == 0 {
			if !errors.Is(err, ErrCalibration) {
				t.Errorf("%d rows, share %v: %v", c.m, c.q, half)
			}
			continue
		}
		if err != nil || half[0] != c.want {
			t.Errorf("%d rows, share %v: %v (%v), want %v", c.m, c.q, half, err, c.want)
		}
	}
	if _, err := (*Calibration)(nil).HalfWidths(0.9); !errors.Is(err, ErrCalibration) {
		t.Error(err)
	}
}

// Of many residuals a part is kept: intervals are never narrower than by all, and
// wider by few ranks.
func TestThinnedResiduals(t *testing.T) {
	const m = 3*mostResiduals + 17
	rnd := rand.New(rand.NewPCG(1, 2))
	h := &heldOut{unit: make([]int, m), residual: [][]float64{nil}}
	for range m {
		h.residual[0] = append(h.residual[0], rnd.NormFloat64())
	}
	all := make([]float64, m)
	for i, r := range h.residual[0] {
		all[i] = math.Abs(r)
	}
	slices.Sort(all)
	c := newCalibration(OnCV, h)
	if err := c.validate(false, 1); err != nil {
		t.Fatal(err)
	}
	for range 2000 {
		q := rnd.Float64() * 0.9999
		k := int(math.Ceil((m+1)*q)) - 1
		half, err := c.HalfWidths(q)
		if err != nil {
			t.Fatal(err)
		}
		if rank := slices.Index(all, half[0]); rank < k || rank > k+ceilDiv(m, mostResiduals) {
			t.Fatalf("share %v: rank %d, want %d or little more", q, rank, k)
		}
	}
}

// Intervals by some rows cover the share of others that they are meant to, on average:
// with m exchangeable rows ceil((m+1)q)/(m+1).
func TestIntervalsCover(t *testing.T) {
	const m, trials, q = 30, 4000, 0.9
	rnd := rand.New(rand.NewPCG(3, 4))
	within := 0
	for range trials {
		h := &heldOut{unit: make([]int, m), residual: [][]float64{nil}}
		for range m {
			h.residual[0] = append(h.residual[0], rnd.ExpFloat64())
		}
		half, err := newCalibration(OnCV, h).HalfWidths(q)
		if err != nil {
			t.Fatal(err)
		}
		if rnd.ExpFloat64() <= half[0] {
			within++
		}
	}
	want := math.Ceil((m+1)*q) / (m + 1)
	if got := float64(within) / trials; math.Abs(got-want) > 4*math.Sqrt(want*(1-want)/trials) {
		t.Errorf("covered %v, want %v", got, want)
	}
}

// At the optimum of Platt's scaling both derivatives are 0, wherever the margins are,
// and margins that were log odds but for a factor and a shift become log odds.
func TestPlatt(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	const n = 20000
	for _, c := range []struct{ slope, offset, size, shift float64 }{{1, 0, 1, 0}, {0.3, -1, 5, 0}, {2e-6, -199.5, 1e6, 1e8}, {40, 2, 0.05, -0.1}} {
		z, y := make([]float64, n), make([]float64, n)
		for i := range z {
			z[i] = c.shift + c.size*rnd.NormFloat64()
			y[i] = -1
			if rnd.Float64() < sigmoid(c.slope*z[i]+c.offset) {
				y[i] = 1
			}
		}
		p := newPlatt(z, y)
		if math.Abs(p.Slope/c.slope-1) > 0.1 || math.Abs(p.of(c.shift)-(c.slope*c.shift+c.offset)) > 0.1 {
			t.Errorf("%+v, want slope %v offset %v", p, c.slope, c.offset)
		}
		target, _ := plattTargets(y)
		gs, gb, _, _, _ := plattFit{z, target}.derivatives(p)
		if math.Max(math.Abs(gs)/(c.size+math.Abs(c.shift)), math.Abs(gb)) > 1e-6*n {
			t.Errorf("derivatives %v and %v at %+v", gs, gb, p)
		}
	}
	// Margins that rank the rows the wrong way round, or not at all, tell nothing.
	for _, z := range [][]float64{{4, 3, 2, 1, 0}, {7, 7, 7, 7, 7}} {
		p := newPlatt(z, []float64{-1, -1, 1, 1, 1})
		if want := math.Log((2./4 + 3*4./5) / 5 / (1 - (2./4+3*4./5)/5)); p.Slope != 0 && math.Abs(p.Offset-want) > 1e-12 {
			t.Errorf("%v: %+v", z, p)
		}
	}
	// Classes told apart have a finite slope.
	if p := newPlatt([]float64{-2, -1, 1, 2}, []float64{-1, -1, 1, 1}); !(p.Slope > 0.1 && p.Slope < 10) {
		t.Errorf("%+v", p)
	}
}

// Probabilities sum to 1, in the order of the scores where the scaling
// is one, and numbers however far the scores are out.
func TestProbabilities(t *testing.T) {
	p := make([]float64, 2)
	Probabilities([]Platt{{2, 1}}, []float64{0.5}, p)
	if want := 1 / (1 + math.Exp(-2)); math.Abs(p[1]-want) > 1e-15 || math.Abs(p[0]+p[1]-1) > 1e-15 {
		t.Errorf("%v, want %v", p, want)
	}
	p = make([]float64, 3)
	sig := func(u float64) float64 { return 1 / (1 + math.Exp(-u)) }
	Probabilities(logOdds(3), []float64{1, -2, 0.5}, p)
	sum := sig(1) + sig(-2) + sig(0.5)
	for k, want := range []float64{sig(1) / sum, sig(-2) / sum, sig(0.5) / sum} {
		if math.Abs(p[k]-want) > 1e-15 {
			t.Errorf("%v, class %d: want %v", p, k, want)
		}
	}
	for _, far := range []float64{1e3, 1e6, 1e300} {
		Probabilities(logOdds(3), []float64{-far, -2 * far, -3 * far}, p)
		if !(math.Abs(p[0]-1) < 1e-12 && p[1] >= 0 && p[2] >= 0) {
			t.Errorf("%v: %v", far, p)
		}
	}
}

// The residuals of the validation rows are those of the model's own predictions.
func TestCalibrationByValidation(t *testing.T) {
	const n = 60
	rnd := rand.New(rand.NewPCG(7, 8))
	data := &Data{Source: Source{Name: "made up", Rows: n, Features: 2, Columns: []string{"a", "b"}, Target: []string{"y", "z"}}, X: mat.NewDense(n, 2, nil)}
	data.Y = [][]float64{make([]float64, n), make([]float64, n)}
	for i := range n {
		a, b := rnd.NormFloat64(), rnd.NormFloat64()
		data.X.(*mat.Dense).SetRow(i, []float64{a, b})
		data.Y[0][i], data.Y[1][i] = 3+math.Abs(a)+0.1*rnd.NormFloat64(), 100*b+5*rnd.NormFloat64()
	}
	o := DefaultOptions()
	o.Grades, o.Shares, o.Limits.Work = 1, Shares{Validation: 0.3, Holdout: 0.2}, 1
	run, err := Train(context.Background(), data, o)
	if err != nil {
		t.Fatal(err)
	}
	split := o.Shares.Split(data)
	y, err := run.Model.Predict(data.X)
	if err != nil {
		t.Fatal(err)
	}
	half, err := run.Model.Calibration.HalfWidths(ReportedInterval)
	if err != nil {
		t.Fatal(err)
	}
	within := 0
	for target := range data.Y {
		var want []float64
		for _, i := range split.Validation {
			want = append(want, math.Abs(data.Y[target][i]-y.At(i, target)))
		}
		slices.Sort(want)
		for k, r := range run.Model.Calibration.Residuals[target] {
			if math.Abs(r-want[k]) > 1e-9*(1+want[k]) {
				t.Fatalf("target %d, residual %d: %v, want %v", target, k, r, want[k])
			}
		}
		for _, i := range split.Test {
			if math.Abs(data.Y[target][i]-y.At(i, target)) <= half[target] {
				within++
			}
		}
	}
	if want := float64(within) / float64(2*len(split.Test)); run.Coverage.Covered != want {
		t.Errorf("covered %v, want %v", run.Coverage.Covered, want)
	}
}
