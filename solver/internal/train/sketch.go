package train

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"

	"multigrade/solver/internal/direction"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
)

// Sketch trains networks of the training problem over all patterns without
// convexity, each from another one or from nothing, with the violated neurons that
// ascent finds there: a cheap look at many beta before one is chosen. Its networks
// are good, come without any proof, and are a start for SolveGlobal
// (GlobalOptions.Start).
type Sketch struct {
	p       program.Problem // in rank coordinates if there are
	outside *sphere.Pricing
	seed    uint64
	ranks   *operator.Coordinates // nil: those of X
}

// SketchOptions say how long a Sketch trains.
type SketchOptions struct {
	// Iterations of L-BFGS in each of the trainings, at least 1.
	Iterations int
	// Rounds >= 0 in which violated neurons are looked for, each followed by another
	// training.
	Rounds int
	// Neurons to begin with where there is no network, 0: 64.
	Neurons int
}

const (
	// sketchNeurons are the neurons a sketch begins with.
	sketchNeurons = 64
)

// NewSketch sketches the program p, not of gated units; its cells and beta are ignored.
func NewSketch(p *program.Problem, seed uint64) (*Sketch, error) {
	return newSketch(p, seed, true)
}

// NewDraft is NewSketch for trainings so short that rank coordinates would take longer to
// find than they save.
func NewDraft(p *program.Problem, seed uint64) (*Sketch, error) { return newSketch(p, seed, false) }

func newSketch(p *program.Problem, seed uint64, ranks bool) (*Sketch, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	if p.Activation.Gated {
		return nil, fmt.Errorf("solver: no sketch for activation %s", p.Activation)
	}
	x, err := p.Design()
	if err != nil {
		return nil, err
	}
	s := &Sketch{p: *p, seed: seed}
	if ranks {
		s.ranks = operator.CoordinatesOf(x)
	}
	if s.ranks != nil {
		s.p.X, x = s.ranks.Z, s.ranks.Design(x.Account())
	}
	s.outside = sphere.NewPricing(x, p.Activation, seed, math.Inf(1))
	return s, nil
}

// At trains at beta > 0 from a network, or from random neurons where it is nil or
// has none, and returns the network, neurons of nearly one direction joined. When
// ctx ends, it is as far as it came.
func (s *Sketch) At(ctx context.Context, beta float64, from *program.Network, o SketchOptions) (*program.Network, error) {
	if !(beta > 0) || math.IsInf(beta, 0) || o.Iterations < 1 || o.Rounds < 0 || o.Neurons < 0 {
		return nil, fmt.Errorf("solver: a sketch wants a finite beta > 0, iterations >= 1, rounds >= 0 and neurons >= 0, got %v and %+v", beta, o)
	}
	p := s.p
	p.Beta = beta
	if from != nil && s.ranks != nil {
		from = from.Mapped(s.ranks.Down)
	}
	t, v := s.begin(&p, from, o.Neurons)
	t.Sharpening(func() { v = t.Run(ctx, v, o.Iterations) })
	for range o.Rounds {
		nu := t.Residual(v)
		more := s.outside.Entering(ctx, t.Weights(v), nu, beta*float64(len(nu)))
		if len(more) == 0 {
			break
		}
		t, v = t.Extended(v, more, nu)
		v = t.Run(ctx, v, o.Iterations)
	}
	net := t.Network(v)
	net.Neurons = program.JoinNear(net.Neurons, direction.Start)
	if s.ranks != nil {
		net = net.Mapped(s.ranks.Up)
	}
	return net, nil
}

// BetaMax is a lower bound of the beta from which on the network without neurons is
// optimal: the most that an ascent from so many random neurons meets.
func (s *Sketch) BetaMax(ctx context.Context, starts int) float64 {
	_, nu := s.p.NullModel()
	_, d := s.outside.X.Dims()
	value := s.outside.Ascent.Climb(ctx, s.outside.RandomStarts(starts, operator.NewGeneral(0, d)), nu)
	return floats.Max(value) / float64(len(nu))
}

// begin is the training of p from a network or from so many random neurons.
func (s *Sketch) begin(p *program.Problem, from *program.Network, neurons int) (*Descent, []float64) {
	if from != nil && len(from.Neurons) > 0 {
		return DescentOf(s.outside.X, p, from)
	}
	if neurons == 0 {
		neurons = sketchNeurons
	}
	t := NewDescent(s.outside.X, p, neurons)
	return t, t.Start(s.seed)
}

// IterationWork is about the number of floating-point operations of an iteration on
// n rows of d columns from a network with so many neurons, 0 for random ones.
func IterationWork(n, d, neurons int) float64 {
	if neurons == 0 {
		neurons = sketchNeurons
	}
	return float64(n) * float64(neurons) * float64(4*d+activationWork)
}

// Network is that of the variables, balanced, without what is next to
// nothing.
func (t *Descent) Network(v []float64) *program.Network {
	net := &program.Network{Activation: t.p.Activation, Constant: *t.Constant(v)}
	strength := t.Strength(v)
	for j, size := range strength {
		if size <= 1e-4*floats.Max(strength) {
			continue
		}
		w := slices.Clone(operator.RowOf(t.Weights(v), j))
		root := math.Sqrt(size)
		floats.Scale(root/floats.Norm(w, 2), w)
		net.Neurons = append(net.Neurons, program.Neuron{Cell: NoCell, W: w, Alpha: math.Copysign(root, t.Outputs(v)[j])})
	}
	return net
}
