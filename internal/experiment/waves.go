package experiment

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/mathext/prng"

	"multigrade/grade"
	"multigrade/internal/elementary"
)

// waves is sum_j amplitude_j(x) sin(2 pi kappa_j x + phi_j).
type waves struct {
	kappa, phi []float64
	amplitude  func(j int, x float64) float64 // j from 0
}

func (w *waves) at(x float64) float64 {
	sum := 0.0
	for j, kappa := range w.kappa {
		sum += w.amplitude(j, x) * math.Sin(2*math.Pi*kappa*x+w.phi[j])
	}
	return sum
}

func one(int, float64) float64 { return 1 }

// linspace is n points from a to b, both included.
func linspace(a, b float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = a + (b-a)*float64(i)/float64(n-1)
	}
	return out
}

// twister draws as numpy's RandomState(seed).uniform(0, high, n) does.
func twister(seed uint64, high float64, n int) []float64 {
	source := prng.NewMT19937()
	source.Seed(seed)
	out := make([]float64, n)
	for i := range out {
		a, b := source.Uint32()>>5, source.Uint32()>>6
		out[i] = high * (float64(a)*(1<<26) + float64(b)) / (1 << 53)
	}
	return out
}

// curve is the trial of a function of one variable, with linear interpolation
// of the training points as what to beat; embed maps the variable to the inputs.
func curve(f func(float64) float64, train, test []float64, columns []string, embed func(float64) []float64) *trial {
	t := &trial{columns: columns, baselineName: "linear interpolation"}
	t.x, t.y = sampled(f, train, embed)
	t.testX, t.testY = sampled(f, test, embed)
	for _, x := range test {
		t.baseline = append(t.baseline, interpolated(train, t.y, x))
	}
	return t
}

func sampled(f func(float64) float64, at []float64, embed func(float64) []float64) (*mat.Dense, []float64) {
	x, y := mat.NewDense(len(at), len(embed(0)), nil), make([]float64, len(at))
	for i, v := range at {
		x.SetRow(i, embed(v))
		y[i] = f(v)
	}
	return x, y
}

func itself(x float64) []float64 { return []float64{x} }

// interpolated is the value at v of the line between the two points around it,
// extended beyond the last; x ascends.
func interpolated(x, y []float64, v float64) float64 {
	k := min(max(sort.SearchFloat64s(x, v), 1), len(x)-1)
	return y[k-1] + (y[k]-y[k-1])*(v-x[k-1])/(x[k]-x[k-1])
}

// budget sets what is common to the experiments at a fixed width: no part of the
// data is held out, and the convex program is solved as far as a small count of
// operations goes, for the bound that the network is held against.
func budget(width, grades int, beta grade.RelativeBeta, widthWork float64) func(*grade.Options) {
	return func(o *grade.Options) {
		o.Width, o.Grades, o.Beta = &grade.Budget{Neurons: width, Work: widthWork}, grades, beta
		o.Limits.Work, o.Limits.Iterations, o.Limits.BoundLeaves = 6, 3, 0
	}
}

// folded is budget with the kinks of the first grade spread for the next to fold.
func folded(width, grades int, beta grade.RelativeBeta, widthWork float64) func(*grade.Options) {
	return func(o *grade.Options) {
		budget(width, grades, beta, widthWork)(o)
		o.Width.Spread = true
	}
}

const deepLearning = "Why multi-grade deep learning outperforms single-grade"

func synthetic1() Experiment {
	w := waves{[]float64{1, 5.5, 10}, []float64{6.0652933, 1.9772031, 3.9774444}, one}
	return Experiment{Name: "synthetic1", Title: "three sines, up to 10 periods", Source: deepLearning, Measure: halfMSE,
		prepare: func(string) (*trial, error) { return synthetic(&w), nil },
		full:    budget(32, 4, 3e-6, 1000), quick: budget(32, 2, 3e-6, 100),
		Published: []Published{{"MGDL, 4 grades of 32", 8.38e-5, 2680}, {"SGDL, multi-scale", 3.6e-2, 53757}},
		perGrade:  []float64{0.4404, 0.1117, 3.19e-3, 8.38e-5}}
}

func synthetic2() Experiment {
	w := waves{[]float64{1, 8.25, 15.5, 22.75, 30}, []float64{3.6096928, 0.6263458, 2.4702985, 5.618288, 3.7483382}, one}
	return Experiment{Name: "synthetic2", Title: "five sines, up to 30 periods", Source: deepLearning, Measure: halfMSE,
		prepare: func(string) (*trial, error) { return synthetic(&w), nil },
		full:    folded(32, 4, 1e-7, 1000), quick: folded(32, 3, 1e-7, 100),
		Published: []Published{{"SGDL", 0.284, 4836}}}
}

func synthetic(w *waves) *trial {
	return curve(w.at, linspace(0, 1, 1024), linspace(0, 1, 10000), []string{"x", "y"}, itself)
}

const spectralBias = "Addressing spectral bias of deep neural networks by multi-grade deep learning"

// spectralPhases are those of the first 20 sines: RandomState(0).uniform(0, 2 pi).
func spectralPhases(n int) []float64 { return twister(0, 2*math.Pi, n) }

// spectral is setting 1 to 4 of the amplitudes.
func spectral(setting int) Experiment {
	falling, rising := linspace(1, 0.05, 20), linspace(0.05, 1, 20)
	amplitude := []func(int, float64) float64{
		one,
		func(j int, _ float64) float64 { return falling[j] },
		func(j int, x float64) float64 { return elementary.Exp(-x) * math.Cos(float64(j)*x) },
		func(j int, _ float64) float64 { return rising[j] },
	}[setting-1]
	w := waves{phi: spectralPhases(20), amplitude: amplitude}
	for j := range 20 {
		w.kappa = append(w.kappa, float64(10*(j+1)))
	}
	grades := 4
	if setting == 4 {
		grades = 5
	}
	e := Experiment{Name: "spectral" + string(rune('0'+setting)), Title: "twenty sines, up to 200 periods", Source: spectralBias, Measure: rse,
		prepare: func(string) (*trial, error) {
			train := make([]float64, 6000)
			for i := range train {
				train[i] = float64(i) / 6000
			}
			test := twister(1, 1, 2000)
			return curve(w.at, train, test, []string{"x", "y"}, itself), nil
		},
		full: folded(256, grades, 1e-7, 4000), quick: folded(32, 2, 1e-7, 100)}
	switch setting {
	case 1:
		e.Published = []Published{{"SGDL", 0.118, 0}}
	case 2:
		e.Published = []Published{{"MGDL, 4 grades of 2 x 256", 6.54e-6, 27629}, {"SGDL", 5.8e-3, 32054}}
		e.perGrade = []float64{0.666, 0.0806, 1.96e-4, 6.54e-6}
	}
	return e
}

// manifold is the setting "increase" on the circle (q = 0).
func manifold() Experiment {
	w := waves{phi: spectralPhases(40)}
	rising := linspace(0.025, 1, 40)
	w.amplitude = func(j int, _ float64) float64 { return rising[j] }
	for j := range 40 {
		w.kappa = append(w.kappa, float64(10*(j+1)))
	}
	circle := func(t float64) []float64 { return []float64{math.Cos(2 * math.Pi * t), math.Sin(2 * math.Pi * t)} }
	return Experiment{Name: "manifold", Title: "forty sines of the angle on a circle, up to 400 periods", Source: spectralBias, Measure: rse,
		prepare: func(string) (*trial, error) {
			train := make([]float64, 12000)
			for i := range train {
				train[i] = float64(i) / 12000
			}
			return curve(w.at, train, twister(1, 1, 4000), []string{"c", "s", "y"}, circle), nil
		},
		full: budget(256, 4, 1e-6, 4000), quick: budget(32, 2, 1e-6, 100),
		Published: []Published{{"MGDL", 2.11e-4, 15969}, {"SGDL", 0.543, 0}}}
}
