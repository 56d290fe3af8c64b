package refit

import (
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/train"
)

// TestMasses: the objective is that of the masses' network, and at the end no mass nor the constant
// can be moved to its profit.
func TestMasses(t *testing.T) {
	const n, d, k = productRows + 300, 3, 6
	rng := rand.New(rand.NewPCG(1, 2))
	x := mat.NewDense(n, d, nil)
	x.Apply(func(_, j int, _ float64) float64 { return rng.NormFloat64() }, x)
	design, err := operator.NewDesign(x)
	if err != nil {
		t.Fatal(err)
	}
	p := &program.Problem{X: x, Y: make([]float64, n), Activation: program.ReLU, Beta: 0.02, Intercept: true}
	net := &program.Network{Activation: p.Activation, Constant: 0.3}
	for range k {
		w := []float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		net.Neurons = append(net.Neurons, program.Neuron{Cell: train.NoCell, W: w, Alpha: rng.NormFloat64()})
	}
	for i := range p.Y {
		p.Y[i] = math.Abs(x.At(i, 0)) + 0.1*rng.NormFloat64()
	}
	units := Units(net)
	fit := NewMasses(p, units, NewProducts(p, design, units), net.Constant)
	check := func() float64 {
		t.Helper()
		net := fit.Network(p.Activation)
		above, _ := program.ObjectivesAbove(p, design, &net)
		if got := fit.Objective(); math.Abs(got-above) > 1e-12*above {
			t.Errorf("objective %v, that of the network is at most %v", got, above)
		}
		return above
	}
	before := check()
	fit.Run(t.Context())
	after := check()
	if !(after < before) {
		t.Errorf("objective %v, %v before", after, before)
	}
	best := fit.Network(p.Activation)
	for j := range best.Neurons {
		for _, factor := range []float64{0.999, 1.001} {
			moved := best
			moved.Neurons = append([]program.Neuron(nil), best.Neurons...)
			u := &moved.Neurons[j]
			u.W = floats.ScaleTo(make([]float64, d), factor, u.W)
			if now, _ := program.ObjectivesAbove(p, design, &moved); now < after*(1-1e-9) {
				t.Errorf("mass %d times %v: %v, before %v", j, factor, now, after)
			}
		}
	}
	for _, by := range []float64{-1e-3, 1e-3} {
		moved := best
		moved.Constant += by
		if now, _ := program.ObjectivesAbove(p, design, &moved); now < after*(1-1e-9) {
			t.Errorf("the constant %v away: %v, before %v", by, now, after)
		}
	}
}
