package solver

import "multigrade/hyperplane"

// Result is what Solve found, with the proof of how good it is.
type Result struct {
	Status Status
	// Method names the inner method and the linear system it chose.
	Method string
	// Iterations of the inner method, summed over the rounds.
	Iterations int
	// Primal is an upper bound, proved with all rounding errors, of the
	// objective of Network in the program; Dual a proved lower bound of the
	// program's optimum; RelGap as the function of that name.
	Primal, Dual, RelGap float64
	// Violation is the largest violation of a cone constraint,
	// max over neurons and rows of (-s_i x_i.w)+ / (|x_i| |w|). It is 0: the
	// network returned is feasible in exact arithmetic.
	Violation float64
	// OwnObjective is the objective of Network as a network: its loss with
	// relu(Xw) evaluated from scratch and weight decay
	// beta/2 sum |w_j|^2 + alpha_j^2 (gated: beta sum |u_j|).
	OwnObjective float64
	// Network is the recovered two-layer network.
	Network Network
	// Certificate proves Dual.
	Certificate Certificate
}

// Network is a network with one hidden layer,
//
//	f(x) = Constant + sum_j Alpha_j relu(x.W_j)               (ReLU)
//	f(x) = Constant + sum_j Alpha_j 1[x.Gate_j > 0] (x.W_j)   (Gated, Alpha_j = 1)
type Network struct {
	Activation Activation
	Constant   float64
	Neurons    []Neuron
}

// Neuron is one hidden unit. For ReLU, |W| = |Alpha|, and W lies in the closed
// cone of the cell, exactly.
type Neuron struct {
	// Cell is the index of the unit's pattern in Problem.Cells.
	Cell int
	// Gate is the gate of a gated unit (d values), nil for ReLU.
	Gate []float64
	// W has d values.
	W     []float64
	Alpha float64
}

// Certificate is a feasible point of the dual program over the listed patterns:
// for every cell p and both signs s
//
//	| X'(s D_p nu + S_p mu) |_2 <= n beta
//
// with the mu >= 0 given for (p, s), or 0 where none is given; with an
// intercept also sum nu = 0 exactly. It proves that the optimum is at least
// D(nu) = nu'y/n - |nu|^2/(2n).
type Certificate struct {
	Nu          []float64
	Multipliers []CellMultipliers
}

// CellMultipliers are the multipliers mu of one cell and sign (+1 or -1).
type CellMultipliers struct {
	Cell, Sign int
	Mu         []hyperplane.Multiplier
}
