package train

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// Sketch follows the training problem over all patterns in beta by non-convex
// training, each point from where the last one ended, with the violated neurons
// that ascent finds there. It is a cheap look at the path before a beta is
// chosen: its networks are good, come without any proof, and are a start for
// SolveGlobal (GlobalOptions.Start).
type Sketch struct {
	p       program.Problem
	outside *sphere.Pricing
	net     *program.Network
	start   *Descent // the first training, nil later
	v       []float64
}

const (
	// sketchNeurons are the neurons a sketch begins with.
	sketchNeurons = 64
	// sketchCosine is that of directions which a sketch joins.
	sketchCosine = 0.99
)

// NewSketch sketches the program p, not of gated units; its cells and beta are ignored.
func NewSketch(p *program.Problem, seed uint64) (*Sketch, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.Activation.Gated {
		return nil, fmt.Errorf("solver: no sketch for activation %s", p.Activation)
	}
	x, err := operator.NewDesign(p.X)
	if err != nil {
		return nil, err
	}
	s := &Sketch{p: *p, outside: sphere.NewPricing(x, p.Activation, seed)}
	s.start = NewDescent(x, &s.p, sketchNeurons)
	s.v = s.start.Start(seed)
	return s, nil
}

// At trains at beta > 0, best called for falling beta, and returns the network,
// neurons of nearly one direction joined. When ctx ends, it is as far as it came.
func (s *Sketch) At(ctx context.Context, beta float64) (*program.Network, error) {
	if !(beta > 0) || math.IsInf(beta, 0) {
		return nil, errors.New("solver: a sketch wants a finite beta > 0")
	}
	s.p.Beta = beta
	t, v := s.begin()
	t.Sharpening(func() { v = t.Run(ctx, v, sketchIterations(t)) })
	for range sketchRounds(t) {
		nu := t.Residual(v)
		more := s.outside.Entering(ctx, t.Weights(v), nu, beta*float64(len(nu)))
		if len(more) == 0 {
			break
		}
		t, v = t.Extended(v, more, nu)
		v = t.Run(ctx, v, sketchIterations(t))
	}
	s.net = t.network(v)
	s.net.Neurons = program.JoinNear(s.net.Neurons, sketchCosine)
	return s.net, nil
}

// begin is the training to go on with: from the last network, if it has neurons.
func (s *Sketch) begin() (*Descent, []float64) {
	if s.net != nil && len(s.net.Neurons) > 0 {
		return DescentOf(s.outside.X, &s.p, s.net)
	}
	s.start.Beta = s.p.Beta
	return s.start, slices.Clone(s.v)
}

// sketchIterations is the number that about 1 GFlop pays for.
func sketchIterations(t *Descent) int {
	const paid, least, most = 1e9, 40, 400
	return max(least, min(most, int(paid/(4*float64(t.N)*float64(t.D)*float64(t.M)))))
}

// sketchRounds is how often violated neurons are looked for at one beta: twice
// where training is cheap. With too few neurons to choose from, networks for small
// beta end in minima that generalise worse than the optimum.
func sketchRounds(t *Descent) int {
	const cheap = 100
	if sketchIterations(t) < cheap {
		return 1
	}
	return 2
}

// network is the network of the variables, balanced, without what is next to
// nothing.
func (t *Descent) network(v []float64) *program.Network {
	net := &program.Network{Activation: t.p.Activation, Constant: *t.Constant(v)}
	strength := t.Strength(v)
	for j, size := range strength {
		if size <= 1e-4*floats.Max(strength) {
			continue
		}
		w := slices.Clone(operator.RowOf(t.Weights(v), j))
		root := math.Sqrt(size)
		floats.Scale(root/floats.Norm(w, 2), w)
		net.Neurons = append(net.Neurons, program.Neuron{W: w, Alpha: math.Copysign(root, t.Outputs(v)[j])})
	}
	return net
}
