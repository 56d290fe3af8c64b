package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mat"

	"multigrade/hyperplane"
	"multigrade/solver/internal/program"
)

// BenchmarkGrowth solves planted problems to a gap of 1e-6 while one size grows
// and the others stay, and reports the exponent of the processor time: the slope
// of a straight line through log time over log size. README.md says how to read it.
func BenchmarkGrowth(b *testing.B) {
	type size struct{ n, d, p int }
	base := size{1000, 10, 100}
	curves := []struct {
		name  string
		sizes []int
		set   func(s *size, v int)
	}{
		{"n", upTo(250, 16_000, 1000), func(s *size, v int) { s.n = v }},
		{"d", upTo(5, 160, 20), func(s *size, v int) { s.d = v }},
		{"P", upTo(50, 5000, 200), func(s *size, v int) { s.p = v }},
	}
	for _, a := range []program.Activation{program.ReLU, program.Gated} {
		for _, c := range curves {
			b.Run(a.String()+"/"+c.name, func(b *testing.B) {
				for range b.N {
					var lx, ly []float64
					for _, v := range c.sizes {
						s := base
						c.set(&s, v)
						seconds := plantedSeconds(b, s.n, s.d, s.p, a)
						b.ReportMetric(seconds, fmt.Sprintf("cpu-s/%s=%d", c.name, v))
						lx, ly = append(lx, math.Log(float64(v))), append(ly, math.Log(seconds))
					}
					b.ReportMetric(slope(lx, ly), "exponent")
				}
			})
		}
	}
}

// upTo doubles from first to last, with -long; else to short.
func upTo(first, last, short int) []int {
	if !*long {
		last = short
	}
	var v []int
	for s := first; s < last; s *= 2 {
		v = append(v, s)
	}
	return append(v, last)
}

// slope is that of the least-squares line.
func slope(x, y []float64) float64 {
	mx, my := 0.0, 0.0
	for i := range x {
		mx += x[i] / float64(len(x))
		my += y[i] / float64(len(x))
	}
	num, den := 0.0, 0.0
	for i := range x {
		num += (x[i] - mx) * (y[i] - my)
		den += (x[i] - mx) * (x[i] - mx)
	}
	return num / den
}

// plantedSeconds is the processor time to solve a problem planted by a network
// of five neurons, at a tenth of beta_max.
func plantedSeconds(b *testing.B, n, d, gates int, a program.Activation) float64 {
	b.Helper()
	ctx := context.Background()
	rnd := rand.New(rand.NewPCG(uint64(n), uint64(d)))
	x, y := mat.NewDense(n, d, nil), make([]float64, n)
	for i := range n {
		for j := range d {
			x.Set(i, j, rnd.NormFloat64())
		}
		y[i] = 0.1 * rnd.NormFloat64()
	}
	for k := range 5 {
		w := make([]float64, d)
		for j := range w {
			w[j] = rnd.NormFloat64() / math.Sqrt(float64(d))
		}
		for i := range n {
			y[i] += float64(1-2*(k%2)) * max(0, mat.Dot(x.RowView(i), mat.NewVecDense(d, w)))
		}
	}
	cells, err := hyperplane.SampleGaussian(ctx, x, gates, 1)
	if err != nil {
		b.Fatal(err)
	}
	p := &program.Problem{X: x, Y: y, Cells: cells, Activation: a, Intercept: true}
	largest, err := BetaMax(ctx, p)
	if err != nil {
		b.Fatal(err)
	}
	p.Beta = 0.1 * largest
	start := processorSeconds()
	r, err := Solve(ctx, p, DefaultOptions())
	if err != nil {
		b.Fatal(err)
	}
	if r.Status != Optimal {
		b.Errorf("n = %d, d = %d, %d gates, %v: %v, gap %v", n, d, gates, a, r.Status, r.RelGap)
	}
	return processorSeconds() - start
}
