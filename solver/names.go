package solver

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"multigrade/solver/internal/admm"
	"multigrade/solver/internal/auglag"
	"multigrade/solver/internal/interior"
	"multigrade/solver/internal/loss"
	"multigrade/solver/internal/moments"
	"multigrade/solver/internal/operator"
	"multigrade/solver/internal/program"
	"multigrade/solver/internal/sphere"
	"multigrade/solver/internal/train"
)

// The program of a grade and its solutions.
type (
	// Problem is the convex program of one grade and one output.
	Problem = program.Problem
	// Shared is a matrix whose preparation several problems share.
	Shared = operator.Shared
	// Activation says which convex program is meant.
	Activation = program.Activation
	// Network is a network with one hidden layer.
	Network = program.Network
	// Neuron is one hidden unit.
	Neuron = program.Neuron
	// Certificate proves a lower bound of the optimum over the listed patterns.
	Certificate = program.Certificate
	// CellMultipliers are the multipliers of one cell and sign.
	CellMultipliers = program.CellMultipliers
)

// Share prepares the matrix X of several problems.
func Share(x mat.Matrix) *Shared { return operator.Share(x) }

// The activations.
var (
	ReLU     = operator.ReLU
	Gated    = operator.Gated
	Absolute = operator.Absolute
)

// Leaky is the leaky relu of a slope between 0 and 1; slope 0 is ReLU.
func Leaky(slope float64) Activation { return operator.Leaky(slope) }

// ParseActivation is the inverse of Activation.String.
func ParseActivation(name string) (Activation, error) { return operator.ParseActivation(name) }

// RelGap is (primal - dual) / max(|primal|, |dual|, tiny).
func RelGap(primal, dual float64) float64 { return program.RelGap(primal, dual) }

// NullDual is a dual point that goes with the best network without neurons, a
// constant or nothing: an element of -n dL there (n values). The network is
// optimal from beta = m(nu)/n on.
func NullDual(p *Problem) []float64 {
	_, nu := p.NullModel()
	return nu
}

// Loss is the data term of a program.
type Loss = loss.Loss

// The losses without a parameter.
var (
	Squared  = loss.Squared
	L1       = loss.L1
	LInf     = loss.LInf
	Logistic = loss.Logistic
	Hinge    = loss.Hinge
	Monotone = loss.Monotone
)

// DefaultThreshold is the threshold of "huber" where none is given.
const DefaultThreshold = loss.DefaultThreshold

// Huber is the mean of r^2/2 up to |r| = delta and of delta (|r| - delta/2) beyond.
func Huber(delta float64) Loss { return loss.Huber(delta) }

// Quantile is the mean of max(q r, (q-1) r), r = y - z, for the level 0 < q < 1.
func Quantile(q float64) Loss { return loss.Quantile(q) }

// Parameter is the number of a loss that has one, as the threshold of huber.
func Parameter(l Loss) (t float64, ok bool) { return loss.Parameter(l) }

// Shifted is a loss of labels with a given offset (n values) added to every prediction.
func Shifted(l Loss, offset []float64) (Loss, error) { return loss.Shifted(l, offset) }

// Weighted is a loss that is a sum over the samples, with weights > 0 of them (n
// values): (1/n) sum_i w_i phi(z_i). It is an error for LInf and Monotone; where all
// weights are 1 it is l.
func Weighted(l Loss, weight []float64) (Loss, error) { return loss.Weighted(l, weight) }

// ParseLoss is the loss of a name or NAME:T, as LossUsage lists them.
func ParseLoss(text string) (Loss, error) { return loss.ParseLoss(text) }

// LossUsage says what ParseLoss reads.
func LossUsage() string { return loss.Usage() }

// LossOf is the loss that a file states by name and number, 0 where it has none.
func LossOf(name string, t float64) (Loss, error) { return loss.WithParameter(name, t) }

// ADMMOptions are the settings of the method ADMM.
type ADMMOptions = admm.Options

// DefaultADMMOptions are the settings of ADMM used when nothing is said.
func DefaultADMMOptions() ADMMOptions { return admm.DefaultOptions() }

// InteriorOptions are the settings of the method Interior.
type InteriorOptions = interior.Options

// DefaultInteriorOptions are the settings of Interior used when nothing is said.
func DefaultInteriorOptions() InteriorOptions { return interior.DefaultOptions() }

// NewtonOptions are the settings of the method Newton, the augmented Lagrangian.
type NewtonOptions = auglag.Options

// DefaultNewtonOptions are the settings of Newton used when nothing is said.
func DefaultNewtonOptions() NewtonOptions { return auglag.DefaultOptions() }

// The bound of m(nu) = max |nu'phi(Xw)| over the unit ball.
type (
	// BoundOptions are the settings of MaxNeuron.
	BoundOptions = sphere.BoundOptions
	// NeuronBound is an enclosure of m(nu) with what proves it.
	NeuronBound = sphere.NeuronBound
	// SearchPoint is how far a search had come.
	SearchPoint = sphere.SearchPoint
	// GlobalCertificate proves an upper bound of m(nu).
	GlobalCertificate = sphere.GlobalCertificate
	// Parabolas prove such a bound by a parabola for every row.
	Parabolas = moments.Parabolas
	// BranchNode is a node of a tree of GlobalCertificate.
	BranchNode = moments.BranchNode
	// PiecesCertificate proves such a bound piece by piece.
	PiecesCertificate = sphere.PiecesCertificate
	// Quadratic is the closed form of one sign.
	Quadratic = sphere.Quadratic
)

// DefaultBoundOptions are the settings used when nothing is said.
func DefaultBoundOptions() BoundOptions { return sphere.DefaultBoundOptions() }

// MaxNeuron bounds m(nu) = max over |w| <= 1 of |nu'phi(Xw)| from both sides, for an
// activation phi that is not gated. nu has a finite number for every row of x.
func MaxNeuron(ctx context.Context, x mat.Matrix, a Activation, nu []float64, o BoundOptions) (*NeuronBound, error) {
	design, err := operator.NewDesign(x)
	if err != nil {
		return nil, err
	}
	if n, _ := design.Dims(); len(nu) != n || floats.HasNaN(nu) {
		return nil, fmt.Errorf("solver: nu has %d entries or NaN, want %d numbers", len(nu), n)
	}
	if err := o.Fits(design, nu); err != nil {
		return nil, err
	}
	r := inRankEverywhere(&program.Problem{X: x, Activation: a}, design, o.Line)
	if r == nil {
		return sphere.NewStack(x, design, a, o.Line).MaxNeuron(ctx, nu, o)
	}
	seeds := o.Seeds
	o.Seeds, o.Line = make([][]float64, len(seeds)), nil
	for k, w := range seeds {
		o.Seeds[k] = r.c.Down(w)
	}
	b, err := sphere.NewStack(r.c.Z, r.z, a, nil).MaxNeuron(ctx, nu, o)
	return r.bound(b), err
}

// Training without convexity: starts, and networks of limited width.
type (
	// FixedWidth trains networks of at most a given number of neurons.
	FixedWidth = train.FixedWidth
	// WidthOptions are the settings of FixedWidth.
	WidthOptions = train.WidthOptions
	// WidthStart says where FixedWidth begins.
	WidthStart = train.WidthStart
	// MinimaxOptions are the settings of Minimax.
	MinimaxOptions = train.MinimaxOptions
	// Sketch trains networks quickly and without a claim.
	Sketch = train.Sketch
	// SketchOptions say how long.
	SketchOptions = train.SketchOptions
)

// Where FixedWidth begins, and the cell of a neuron that belongs to none.
const (
	Chosen = train.Chosen
	Drawn  = train.Drawn
	NoCell = train.NoCell
)

// DefaultWidthOptions are the settings for a width of m neurons.
func DefaultWidthOptions(m int) WidthOptions { return train.DefaultWidthOptions(m) }

// NewFixedWidth prepares training under a width for the ReLU program p.
func NewFixedWidth(p *Problem, o WidthOptions) (*FixedWidth, error) {
	return train.NewFixedWidth(p, o)
}

// Minimax looks for a ReLU network of few neurons with a small largest error on the
// rows of x (n x d, a bias among the columns) and targets y of size about 1.
func Minimax(ctx context.Context, x *mat.Dense, y []float64, o MinimaxOptions) (*Network, error) {
	return train.Minimax(ctx, x, y, o)
}

// StepWork is the number of floating-point operations of one step of training
// by the rows, the weights and the Krylov form of its linear system.
func StepWork(n, d, m int) (rows, weights, krylov float64) { return train.StepWork(n, d, m) }

// NewSketch sketches the program p, not of gated units; its cells and beta are ignored.
func NewSketch(p *Problem, seed uint64) (*Sketch, error) { return train.NewSketch(p, seed) }

// IterationWork is about the number of floating-point operations of an iteration of a
// sketch on n rows of d columns from a network with so many neurons, 0 for random ones.
func IterationWork(n, d, neurons int) float64 { return train.IterationWork(n, d, neurons) }

// NewDraft is NewSketch for short trainings, without rank coordinates.
func NewDraft(p *Problem, seed uint64) (*Sketch, error) { return train.NewDraft(p, seed) }

// AscentWork is about the number of floating-point operations of an ascent from one start
// on n rows of d columns.
func AscentWork(n, d int) float64 { return sphere.AscentWork(float64(n), float64(n)*float64(d)) }
