package certificate

import (
	"multigrade/proofs/internal/exact"
)

// A Certificate is everything needed to check what one grade's solve claims,
// given the program's matrix X (n x d) and target y (n). FORMAT.md states the
// exact meaning of every field; Encode and Decode are its textual form.
type Certificate struct {
	Program  Program
	Data     *Data // X and y themselves in a standalone certificate, otherwise nil
	Network  Network
	Dual     Dual
	Patterns []Pattern // the listed patterns, which define the restricted program
	Gap      Gap
	Global   *Global // the claim for all patterns, if there is one
}

// Loss names known to version 1 of the format.
const (
	Squared  = "squared"
	Huber    = "huber"
	Quantile = "quantile" // slopes q and q - 1 of the residual; 1 - q is the real number, not a float64
	L1       = "l1"
	LInf     = "linf"
	Logistic = "logistic"
	Hinge    = "hinge"
	Monotone = "monotone"
)

// ScopeRestricted says a bound holds for the program over the listed patterns only.
const ScopeRestricted = "restricted"

// Program identifies the convex program: its shape, its constants and the hash
// of its numbers (see ProgramHash).
type Program struct {
	Rows, Cols int
	Activation string  // a name that Slope knows
	Loss       string  // a key of Losses
	Threshold  float64 // the number of the loss, 0 where it has none
	// Shifted says that the loss is of a prediction that was begun elsewhere,
	// L(z + o), for Logistic and Hinge. Offset is o (n): of a standalone
	// certificate in its data section, otherwise given with X and y.
	Shifted bool
	Offset  []float64
	// Weighted says that the samples have weights, L(z) = (1/n) sum_i w_i phi(z_i), of
	// losses that are sums. Weights is w (n, > 0), which is where Offset is.
	Weighted  bool
	Weights   []float64
	Intercept bool    // a free constant c is part of the prediction
	Beta      float64 // >= 0, absolute, in the program's units
	// Ridge says that the blocks cost beta/2 sum ||u_p||^2, one for every listed pattern, in
	// the place of beta sum ||u_j||: of Gated and Squared without weights, for beta > 0.
	Ridge  bool
	SHA256 string // ProgramHash of X, y, the offset if shifted and the weights if weighted, 64 lower-case hex digits
}

// Data is the program's matrix and target (not its offset and weights), carried inside a standalone certificate.
type Data struct {
	X exact.Matrix
	Y []float64
}

// Network is the primal point and the two values claimed for it.
type Network struct {
	Constant  float64
	Neurons   []Neuron
	Primal    float64 // claimed >= program's objective, cost |alpha| ||w||, of Ridge alpha^2 ||w||^2/2
	Objective float64 // claimed >= network's own objective, cost (||w||^2+alpha^2)/2, but for gated
}

// A Neuron contributes alpha * phi(w.x), or alpha * (w.x) where gate.x > 0
// (Gated). Pattern is the index of the listed pattern whose block it fills.
type Neuron struct {
	Pattern int
	Alpha   float64
	W       []float64 // d
	Gate    []float64 // d for Gated, else nil
}

// Dual is the dual point and the lower bound claimed for it.
type Dual struct {
	Scope string    // ScopeRestricted
	Nu    []float64 // n
	Bound float64   // claimed <= D(nu)
}

// A Pattern is n bits, row i being bit i%64 of word i/64, with the multipliers
// mu that show dual feasibility for its cone, one sparse vector per sign.
// Spare bits are zero. Gated programs have no multipliers.
type Pattern struct {
	Words       []uint64
	Plus, Minus []Multiplier // rows ascending
}

// Active reports bit i.
func (p Pattern) Active(i int) bool { return p.Words[i/64]>>(i%64)&1 == 1 }

// A Multiplier is one entry of a sparse mu: Value >= 0 at row Row (from 0).
type Multiplier struct {
	Row   int
	Value float64
}

// Gap is the claimed relative gap and what is concluded from it.
type Gap struct {
	Rel    float64 // equal to RelGap(Primal, Bound)
	Tol    float64 // > 0
	Status string
}

// MaxTol is the largest tolerance for which a certificate may say optimal: a tenth
// of the objective is not near the optimum by anybody's measure.
const MaxTol = 0.1

// smallestNormal is the `tiny` of the relative gap, 2^-1022.
const smallestNormal = 0x1p-1022

// RelGap returns (primal - dual) / max(|primal|, |dual|, 2^-1022), each
// operation rounded to nearest.
func RelGap(primal, dual float64) float64 {
	return (primal - dual) / max(Abs(primal), Abs(dual), smallestNormal)
}

func Abs(x float64) float64 {
	if x < 0 {
		return -x
	}
	return x
}
